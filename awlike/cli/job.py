"""The commands for jobs: tasks that run on a cluster."""

import sys
from typing import TYPE_CHECKING, Annotated

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
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from awlike.dpu import DPU, Job

jobs = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None, help='Manage jobs: tasks that run on a cluster.')
JobArgument = Annotated[int, typer.Argument(metavar='JOB', help='Number of the job.')]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(jobs, name='job', rich_help_panel='Processing')


@command(jobs, 'Commands', 'awe job list', name='list')
def list_(as_json: JsonOption = False) -> None:
    """Show your jobs, the latest last."""
    found = _dpu().get_status(all_sessions=True)
    write_json(found.to_dict()) if as_json else tell(found)


@command(jobs, 'Commands', 'awe job status 3')
def status(job: JobArgument, as_json: JsonOption = False) -> None:
    """Show how far a job is, and what failed.

    Exit status: 0 the job runs or is done; 1 it failed, was cancelled, or is lost.
    """
    show(_dpu().get_status(job), as_json)


@command(jobs, 'Commands', 'awe job logs 3', 'awe job logs 3 --follow')
def logs(job: JobArgument,
         follow: Annotated[bool, typer.Option('--follow', help='Show new lines until the job ends.')] = False,
         as_json: JsonOption = False) -> None:
    """Show the log of a job, from all its workers."""
    import awlike.names  # noqa: F401 -- who asks, and the classes
    from awlike.dpu import jobs, logs, status
    row = jobs.of_number(job)
    if follow and not as_json:
        return logs.follow(lambda after: logs.lines_of(row.id, after), lambda: status.job(job).is_over,
                           lambda lines: tell(logs.as_text(lines)))
    log = logs.Log(logs.lines_of(row.id))
    write_json(log.to_dict()) if as_json else tell(log)


@command(jobs, 'Commands', 'awe job cancel 3')
def cancel(job: JobArgument, as_json: JsonOption = False) -> None:
    """Cancel a job.

    The job makes and keeps nothing more. Products that it kept before stay. A job that is over stays as it is.
    """
    before = _dpu().get_status(job)
    _dpu().cancel_job(job)
    if as_json:
        return write_json(_dpu().get_status(job).to_dict())
    say(f'job {job} is cancelled' if before.can_be_cancelled else
        f'job {job} is over, {before.status}: there is nothing to cancel')


@command(jobs, 'Commands', 'awe job wait 3', 'awe job wait 3 --timeout 3600')
def wait(job: JobArgument,
         timeout: Annotated[float | None, typer.Option(metavar='SECONDS', help='Longest wait. Default: no limit.')] = None,
         as_json: JsonOption = False) -> None:
    """Wait until a job has ended, with a progress bar.

    At the end, the command shows the job.

    Exit status: 0 the job is done, or goes on after the timeout; 1 it failed, was cancelled, or is lost.
    """
    show(_dpu().wait(job, timeout), as_json)


@command(jobs, 'Commands', 'awe job result 3')
def result(job: JobArgument, as_json: JsonOption = False) -> None:
    """Show the products of a job, one per line."""
    products = _dpu().get_result(job)
    if as_json:
        return write_json([{'class': type(product).__name__, 'object_id': product.object_id, 'filename': product.filename}
                           for product in products])
    say(*products, sep='\n')


@command(jobs, 'Commands', 'awe job again 3')
def again(job: JobArgument, project: ProjectOption = '', privileges: PrivilegesOption = None,
          as_json: JsonOption = False) -> None:
    """Submit a job again.

    The new job reuses what was made, and makes the rest.
    """
    set_project(project, privileges)
    submitted(_dpu().run_again(job), as_json=as_json)


def submitted(number: int, wait: bool = False, as_json: bool = False) -> None:
    """Tell of the new job `number`; wait for the job when asked, or when it would end with this command."""
    from awlike.config import settings
    if not wait and settings().dpu:
        if as_json:
            return show(_dpu().get_status(number), True)
        return say(f'job {number} is submitted: awe job wait {number} waits for its end')
    if not wait:
        say(f'job {number} runs on this machine, as long as this command; set AWLIKE_DPU to use a cluster that stays',
              file=sys.stderr)
    show(_dpu().wait(number), as_json)


def show(job: 'Job', as_json: bool) -> None:
    """Show a job. The exit status is 1 when the job ended without being done."""
    write_json(job.to_dict()) if as_json else tell(job)
    if job.is_over and job.status != 'done':
        raise typer.Exit(1)


def _dpu() -> 'DPU':
    from awlike.names import dpu
    return dpu
