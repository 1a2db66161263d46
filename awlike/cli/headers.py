"""The commands for processors that users write, and for what these make: process, previews, headers undo, headers log."""

import dataclasses
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperCommand

from awlike.cli import complete
from awlike.cli.group import Commands
from awlike.cli.options import (
    ChipOption,
    DateOption,
    FilterOption,
    InstrumentOption,
    JsonOption,
    ObjectOption,
    command,
    write_json,
)
from awlike.spelling import counted
from awlike.terminal import say, tell

if TYPE_CHECKING:
    from typer._click.core import Context

headers = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                      help='Show and undo changes of headers.')


class Passing(TyperCommand):
    """A command whose words behind the first one belong to a script, options such as ``--help`` included."""

    def parse_args(self, ctx: 'Context', args: list[str]) -> list[str]:
        """Read the words of the command."""
        if args and not args[0].startswith('-'):
            args = [args[0], '--', *args[1:]]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    command(app, 'Processing', "awe process headers.py 'plates/*.fits'",
            'awe process headers.py:PlateHeaders plates/q.toml --apply', 'awe process headers.py --test', cls=Passing)(process)
    command(app, 'Files in and out', 'awe previews ReducedScienceFrame --into previews --date 2012-05-31 --instrument OMEGACAM',
            'awe previews RawScienceFrame --into previews --format webp --size 400')(previews)
    app.add_typer(headers, name='headers', rich_help_panel='Processing')


def process(script: Annotated[str, typer.Argument(
                metavar='SCRIPT[:CLASS]', help='Script with a processor; with its class, where it has several.')],
            words: Annotated[list[str] | None, typer.Argument(
                metavar='[OPTION | TARGET] ...', help='Options of the processor, and files, folders, patterns, or one '
                                                      'descriptor such as plates/q.toml.')] = None) -> None:
    """Run a processor of your own on files.

    A processor of headers shows what would change (--diff), and changes nothing; exit status 1: something would change.
    With --compute it writes headers beside the files, with --apply it changes the files, with --undo it takes the last change
    back, with --status it counts. Any other processor processes the files. awe process SCRIPT --help lists all options.
    """
    from awlike.processors.command import process as run
    sys.exit(run(script, words or []))


def previews(kind: Annotated[str, typer.Argument(metavar='CLASS', help='Class of the frames, as ReducedScienceFrame.',
                                                 autocompletion=complete.kinds)],
             into: Annotated[Path, typer.Option(metavar='FOLDER', help='Folder for the pictures.')],
             instrument: InstrumentOption = None, chip: ChipOption = None, filter: FilterOption = None, date: DateOption = None,
             object: ObjectOption = None,
             size: Annotated[int, typer.Option(metavar='PIXELS', min=1, help='Length of the longer side, at most.')] = 200,
             format: Annotated[Literal['jpeg', 'png', 'webp'], typer.Option(help='Format of the pictures.')] = 'jpeg',
             force: Annotated[bool, typer.Option('--force', help='Make pictures anew that are there.')] = False,
             as_json: JsonOption = False) -> None:
    """Make small pictures of frames of the archive.

    The pictures are named as the files of the frames. Those that are there are left alone. Exit status 1: some frames have no
    image that can be read; the others have pictures.
    """
    from awlike.cli.look import frame_class
    from awlike.processors.previews.frames import write_previews
    query = frame_class(kind).select(instrument=instrument, chip=chip or None, filter=filter or None, date=date, object=object)
    done = write_previews(query, into, size, f'.{format}', force)
    if as_json:
        write_json(dataclasses.asdict(done))
    else:
        for name, reason in done.failed:
            say(f'{name}: {reason}', file=sys.stderr)
        say(f'{counted(len(done.made), "preview")} made, {done.present} there already')
    if done.failed:
        sys.exit(1)


@command(headers, 'Commands', 'awe headers undo plates/data/plate1.fits')
def undo(files: Annotated[list[Path], typer.Argument(metavar='FILE ...', help='Files whose header a processor changed.')],
         all_: Annotated[bool, typer.Option('--all', help='Undo all changes, not just the last one.')] = False) -> None:
    """Undo the last change of the header of files.

    A file is then byte for byte as it was before. A change that is undone stays in the log. Exit status 1: some files could
    not be changed back.
    """
    from awlike.errors import AwlikeError
    failed = False
    for file in files:
        try:
            for undone in _undone(file, all_):
                say(f'{file}: the change of {undone.time} by {undone.made.script or "hand"} is undone')
        except AwlikeError as error:
            failed = True
            say(f'awe: {error}', file=sys.stderr)
    if failed:
        sys.exit(1)


def _undone(file: Path, all_: bool) -> list[Any]:
    from awlike.processors.headers.undo_log import standing
    from awlike.processors.headers.writing import made_here, undo_change
    number = max(1, len(standing(_changes(file)))) if all_ else 1
    return [undo_change(file, made_here('awe headers undo')) for _ in range(number)]


@command(headers, 'Commands', 'awe headers log plates/data/plate1.fits')
def log(file: Annotated[Path, typer.Argument(metavar='FILE', help='A file whose header processors changed.')],
        as_json: JsonOption = False) -> None:
    """Show the changes of the header of a file.

    For each change, in order: when, by whom, by which script, and the cards that went (-) and came (+).
    """
    from awlike.processors.headers.undo_log import standing
    changes = _changes(file)
    stand = standing(changes)
    if as_json:
        return write_json([dataclasses.asdict(one) | {'stands': one in stand} for one in changes])
    for number, one in enumerate(changes, 1):
        state = f'undoes {one.undoes}' if one.undoes else '' if one in stand else 'undone'
        head = '  '.join(part for part in (str(number), one.time, one.made.user, one.made.script, state) if part)
        tell('\n'.join([head, *(f'   {sign} {card}' for sign, card in one.cards)]))


def _changes(file: Path) -> list[Any]:
    from awlike.processors.headers.writing import changes_of
    return changes_of(file)
