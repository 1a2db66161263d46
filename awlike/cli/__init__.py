"""The command `awe`: the prompt, scripts with the prompt's names, and what an operator runs.

Each module of this package has some commands. A command imports slow modules when it runs, so that help and the completion
of a shell are there at once.
"""

import gc
import io
import sys
from collections.abc import Callable
from typing import Any

import typer

from awlike.cli import (
    collectcells,
    config,
    data,
    database,
    doctor,
    grade,
    headers,
    intervention,
    job,
    judge,
    keeping,
    look,
    night,
    notices,
    pipeline,
    processing,
    project,
    quality,
    refcat,
    release,
    selection,
    sources,
    user,
    watch,
    web,
)
from awlike.cli.group import Commands
from awlike.cli.options import check_project
from awlike.cli.script import run_script
from awlike.remedies import typed_in_shell
from awlike.terminal import say

app = typer.Typer(cls=Commands, add_completion=True, rich_markup_mode=None, pretty_exceptions_enable=False)
for _module in (data, watch, refcat, look, web, sources, night, selection, release, pipeline, processing, collectcells,
                headers, job, intervention, judge, grade, quality, keeping, notices, project, user, database, config, doctor):
    _module.add_to(app)


def main(begin: Callable[[], Any] = lambda: None) -> None:
    """Entry point: ``awe``, ``awe script.py ...``, ``awe COMMAND ...``.

    The exit status is 0 when all is well, 1 when some targets failed or a check found a problem, 2 after wrong use, 130
    after an interruption. `begin` is called right before a command or a script runs.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors='backslashreplace')  # a character that the terminal cannot show is no failure
    arguments = sys.argv[1:]
    if arguments and arguments[0].endswith('.py'):
        begin()
        sys.exit(run_script(arguments))
    app(prog_name='awe', obj=begin)


@app.callback(invoke_without_command=True,
              epilog='\b\nExamples:\n  awe\n  awe night.py 2012-05-31\n  awe ingest --project NIGHT /data/2012-05-31')
def prompt(context: typer.Context,
           version: bool = typer.Option(False, '--version', help='Show the version and exit.')) -> None:
    """awlike: ask for a product, walk back to the raw files.

    Without a command, awe starts the prompt. With a file SCRIPT.py and its arguments, awe runs the script with the names of
    the prompt.

    Exit status: 0 all is well; 1 some targets or files failed, or a check found a problem; 2 wrong use.
    """
    if version:
        from awlike import __version__
        say(f'awlike {__version__}')
    elif context.invoked_subcommand is not None:
        check_project(context.invoked_subcommand, sys.argv)
    else:
        gc.disable()  # imported modules stay: to look for garbage among them takes a tenth of the start
        from awlike.prompt.shell import start
        gc.freeze()
        gc.enable()
        with typed_in_shell(False):
            start()
