"""The commands for the database: make it ready, upgrade it, show its state."""

import contextlib
import importlib
import os
import sys
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from awlike.cli.database_checks import looking
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, write_json
from awlike.spelling import counted
from awlike.terminal import say

if TYPE_CHECKING:
    from awlike.database.sessions import Database
    from awlike.database.status import Status
    from awlike.ingest.cards import FilledCards
    from awlike.ingest.setups import Filled

databases = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                        help='Prepare, upgrade and check the database.')
_FROM_FILES = {'column dbobject.setup_id', 'column dbobject.exposure'}  # columns whose values only the stored files tell
ModuleOption = Annotated[list[str] | None, typer.Option(
    '--module', metavar='MODULE', help='Python module that declares your own classes; may be repeated.')]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(databases, name='db', rich_help_panel='Setting up')


@command(databases, 'Commands', 'awe db init')
def init() -> None:
    """Make an empty database ready.

    An SQLite file needs no such command: the first use makes it ready. On PostgreSQL, the account in AWLIKE_DATABASE becomes
    the owner of the tables; use the account of an administrator, not one that people work with.
    """
    import awlike.names  # noqa: F401 -- declares the classes
    from awlike.database.schema import HEAD
    from awlike.database.upgrade import make_ready
    from awlike.errors import ConfigError
    with opened() as database:
        number = make_ready(database)
    if not number:
        raise ConfigError(f'{_name()} is ready already: awe db status shows its state')
    say(f'{_name()} is ready: {number} tables, version {HEAD}')


@command(databases, 'Commands', 'awe db upgrade', 'awe db upgrade --module my_frames', 'awe db upgrade --dry-run')
def upgrade(module: ModuleOption = None,
            dry_run: Annotated[bool, typer.Option('--dry-run', help='Try all changes, and undo them at the end.')] = False
            ) -> None:
    """Bring the database to the version of this awlike.

    The command also makes tables for your own classes and columns for their new attributes; for these, everybody may run
    it. It makes all changes or none. Back up the database before you upgrade to a new version.
    """
    from awlike.database.schema import HEAD
    from awlike.database.upgrade import upgrade
    from awlike.errors import NotAllowed
    from awlike.ingest.cards import files_without_cards
    from awlike.ingest.setups import number_without
    _declare(module)
    steps: list[str] = []

    def tell(step: str) -> None:
        say(step)
        steps.append(step)

    with opened() as database:
        changed = upgrade(database, tell, dry_run)
        lacking = number_without(database) if not dry_run and not _FROM_FILES.isdisjoint(steps) else 0
        unread = 0
        if not dry_run:
            with contextlib.suppress(NotAllowed):  # the owner is told
                unread = files_without_cards(database)
    if lacking:
        say(f'{counted(lacking, "raw frame has", "raw frames have")} no setup, or no name of the exposure: '
            'awe db setups reads them from the stored files')
    if unread:
        say(f'the cards of {counted(unread, "raw file")} cannot be queried yet: '
            'awe db cards reads the headers of the stored files')
    if not changed:
        say(f'{_name()} is of version {HEAD} and has all that is declared: nothing to do')
    else:
        say('all changes can be made; they were undone' if dry_run else f'{_name()} is of version {HEAD}')


@command(databases, 'Commands', 'awe db setups')
def setups(module: ModuleOption = None, as_json: JsonOption = False) -> None:
    """Fill in setups of frames that an older awlike ingested.

    The command reads the headers of the stored raw files of frames that have no setup, no name of their exposure, or no
    temperature, and gives the frames what their cameras name now. A window that counted as a whole frame is known as a
    window from then on. Products get the setup of the frames from which they were made. What a frame has stays, so the
    command may be repeated. Only the owner of the database may run it. Files that cannot be read are listed with the
    reason, and the exit status is 1.
    """
    from awlike.ingest.setups import fill_in_setups
    _declare(module)
    with opened() as database:
        _say_filled(fill_in_setups(database), as_json)


@command(databases, 'Commands', 'awe db cards')
def cards(as_json: JsonOption = False) -> None:
    """Fill in cards of raw files that an older awlike ingested.

    Queries know these cards from then on. The command reads the headers of the stored raw files, and no pixels; it may be
    interrupted and repeated. Only the owner of the database may run it. Files that cannot be read are listed with the
    reason, and the exit status is 1.
    """
    from awlike.ingest.cards import fill_in_cards
    _declare(None)
    with opened() as database:
        _say_filled(fill_in_cards(database), as_json)


@command(databases, 'Commands', 'awe db status', 'awe db status --module my_frames --json')
def status(module: ModuleOption = None, as_json: JsonOption = False) -> None:
    """Show the version of the database, and what it lacks.

    The command changes nothing, and says what to do. The exit status is 1 when there is something to do.
    """
    from awlike.config import settings
    from awlike.database.status import status
    from awlike.errors import NotFound
    _declare(module)
    path = settings().database_file
    if path is not None and not path.exists():
        raise NotFound(f'{_name()} is not there yet: it is made at first use, or by awe db init')
    with looking() as connection:
        found = status(connection)
    write_json({'database': _name(), 'well': found.is_well} | vars(found)) if as_json else say(*_lines(found), sep='\n')
    if not found.is_well:
        sys.exit(1)


def _say_filled(done: 'Filled | FilledCards', as_json: bool) -> None:
    """Show what was filled in; the exit status is 1 where a file cannot be read."""
    if as_json:
        write_json(done.to_dict())
    else:
        for name, reason in done.failed:
            say(f'{name}: {reason}', file=sys.stderr)
        say(done)
    if done.failed:
        sys.exit(1)


@contextlib.contextmanager
def opened() -> 'Generator[Database, None, None]':
    """Open the database as the account that connects (the one in its URL, or the user's) and in no other role."""
    from awlike.config import make_home, settings
    from awlike.database.engine import account
    from awlike.database.sessions import Database
    if not settings().database:
        make_home()
    url = settings().database_url
    with contextlib.closing(Database(url, account(url, settings().user))) as found:
        yield found


def _lines(found: 'Status') -> Iterator[str]:
    yield f'database  {_name()}'
    others = '' if found.version == found.head else f'; this awlike is of {found.head}'
    yield f'version   {found.version or "none, it is empty"}{others}'
    if found.owner:
        yield f'owner     {found.owner}{"" if found.account == found.owner else f"; you are {found.account}"}'
    for heading, rows in (('pending', found.pending), ('lacking', found.lacking)):
        for number, row in enumerate(rows):
            yield f'{"" if number else heading:10}{row}'
    yield f'to do     {found.todo}' if found.todo else 'all is well'


def _declare(modules: list[str] | None) -> None:
    """Import all that declares classes: awlike, the recipes of the user, and `modules`."""
    import awlike.names  # noqa: F401
    from awlike.errors import NotFound
    from awlike.tasks.known import tasks
    tasks()
    sys.path.insert(0, os.getcwd())
    for name in modules or ():
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise NotFound(f'the module {name} cannot be imported ({error}): give its name as in an import, in the '
                           'folder of the module') from error


def _name() -> str:
    from awlike.config import settings
    from awlike.masking import masked
    return masked(settings().database_url)
