"""Jobs: tasks that run on a cluster."""

import sys
from typing import Annotated, Optional

import typer

from awlike.cli.group import Commands
from awlike.cli.options import (
    JsonOption,
    PrivilegesOption,
    ProjectOption,
    command,
    set_project,
    write_json,
)
from awlike.terminal import tell

jobs = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None, help='Jobs: tasks that run on a cluster.')
JobArgument = Annotated[int, typer.Argument(metavar='JOB', help='Number of the job.')]


def add_to(app) -> None:
    """Add these commands to `app`."""
    app.add_typer(jobs, name='job', rich_help_panel='Processing')


@command(jobs, 'Commands', 'awe job list', name='list')
def list_(as_json: JsonOption = False):
    """Show your jobs, the latest last."""
    found = _dpu().get_status()
    write_json(found.to_dict()) if as_json else tell(found)


@command(jobs, 'Commands', 'awe job status 3')
def status(job: JobArgument, as_json: JsonOption = False):
    """Show how far a job is, and what failed.

    Exit status: 0 it runs or is done; 1 it failed, was cancelled, or is lost.
    """
    show(_dpu().get_status(job), as_json)


@command(jobs, 'Commands', 'awe job logs 3', 'awe job logs 3 --follow')
def logs(job: JobArgument,
         follow: Annotated[bool, typer.Option('--follow', help='Go on until the job ends.')] = False,
         as_json: JsonOption = False):
    """Show what a job said, from all its workers."""
    if follow and not as_json:
        return _dpu().get_logs(job, follow=True)
    found = _dpu().get_logs(job)
    write_json(found.to_dict()) if as_json else tell(found)


@command(jobs, 'Commands', 'awe job cancel 3')
def cancel(job: JobArgument, as_json: JsonOption = False):
    """Call a job off.

    It makes nothing more, and what is being made is not kept. What was kept before stays.
    """
    _dpu().cancel_job(job)
    if as_json:
        return write_json(_dpu().get_status(job).to_dict())
    print(f'job {job} is cancelled')


@command(jobs, 'Commands', 'awe job wait 3', 'awe job wait 3 --timeout 3600')
def wait(job: JobArgument,
         timeout: Annotated[Optional[float], typer.Option(metavar='SECONDS', help='Wait no longer than that.')] = None,
         as_json: JsonOption = False):
    """Wait until a job has ended, with a progress bar.

    What became of it is shown at the end.

    Exit status: 0 it is done, or goes on after the timeout; 1 it failed, was cancelled, or is lost.
    """
    show(_dpu().wait(job, timeout), as_json)


@command(jobs, 'Commands', 'awe job result 3')
def result(job: JobArgument, as_json: JsonOption = False):
    """Show the products that a job was asked for, a line each."""
    products = _dpu().get_result(job)
    if as_json:
        return write_json([{'class': type(one).__name__, 'object_id': one.object_id, 'filename': one.filename}
                           for one in products])
    sys.stdout.writelines(f'{product}\n' for product in products)


@command(jobs, 'Commands', 'awe job again 3')
def again(job: JobArgument, project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False):
    """Submit the same once more.

    What was made is found, and the rest is made.
    """
    set_project(project, privileges)
    submitted(_dpu().run_again(job), as_json=as_json)


def submitted(number: int, wait: bool = False, as_json: bool = False) -> None:
    """Tell of the new job `number`; wait for it when asked, or when it would end with this command."""
    from awlike.config import settings
    if not wait and settings().dpu:
        if as_json:
            return show(_dpu().get_status(number), True)
        return print(f'job {number} is submitted: awe job wait {number} waits for it')
    if not wait:
        print(f'job {number} runs on this machine while this command does; AWLIKE_DPU sends jobs to a cluster that stays',
              file=sys.stderr)
    show(_dpu().wait(number), as_json)


def show(job, as_json: bool) -> None:
    """Show a job; one that ended badly makes the exit status 1."""
    write_json(job.to_dict()) if as_json else tell(job)
    if job.is_over and job.status != 'done':
        raise typer.Exit(1)


def _dpu():
    from awlike.names import dpu
    return dpu
