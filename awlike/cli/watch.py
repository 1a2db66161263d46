"""The command watch: take files as they come into a folder."""

import json
import signal
import sys
import threading
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from awlike.cli.options import JsonOption, PrivilegesOption, ProjectOption, command, set_project
from awlike.terminal import say


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    command(app, 'Data', 'awe watch /data/incoming --project NIGHT',
            'awe watch /data/incoming --chain Reduce --how link --project NIGHT')(watch)


def watch(folder: Annotated[Path, typer.Argument(metavar='FOLDER', help='Folder into which the files come.')],
          chain: Annotated[str, typer.Option(metavar='STEPS', help="Steps to run on the science frames of each file, as Reduce "
                                             "or 'Reduce>SourceList'; the products are kept.", show_default='none')] = '',
          how: Annotated[Literal['copy', 'link', 'refer'], typer.Option(
              help='Whether to keep a copy, a hard link, or only a reference to the place of each file.')] = 'copy',
          settle: Annotated[float, typer.Option(metavar='SECONDS', help='Time for which a file must stay unchanged.')] = 5.0,
          every: Annotated[float, typer.Option(metavar='SECONDS', help='Time between two looks into the folder.')] = 2.0,
          once: Annotated[bool, typer.Option('--once', help='End when each file that is there was taken.')] = False,
          project: ProjectOption = '', privileges: PrivilegesOption = None, as_json: JsonOption = False) -> None:
    """Take raw files as they come into a folder.

    The command takes each FITS file once its size has settled, and says in a line what became of it; with --json each line is
    JSON. It goes on until Ctrl-C or SIGTERM, and finishes the file at hand first
    (a second Ctrl-C does not wait). After a crash, the same command goes on:
    each file is taken once. A refused file is tried again when it changes. Only one process watches a folder for a project.
    """
    set_project(project, privileges)
    import awlike.names  # noqa: F401 -- declares the classes of products
    from awlike.watching import Arrived, Watch
    stop = threading.Event()

    def end(*_: Any) -> None:
        if stop.is_set():  # asked again
            raise KeyboardInterrupt
        stop.set()

    def tell(found: Arrived) -> None:
        say(json.dumps(found.to_dict()) if as_json else found)
        sys.stdout.flush()

    watching = Watch(folder, chain, how, settle, every)
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        watching.run(tell, stop, once)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
