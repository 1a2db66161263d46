"""The database itself: made ready, brought to a newer version, and how it stands."""

import contextlib
import importlib
import os
import sys
from typing import Annotated, Optional

import typer

from awlike.cli.database_checks import looking
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, write_json

databases = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None,
                        help='The database: made ready, upgraded, looked at.')
ModuleOption = Annotated[Optional[list[str]], typer.Option(
    '--module', metavar='MODULE', help='Python module that declares classes of your own; may be repeated.')]


def add_to(app) -> None:
    """Add these commands to `app`."""
    app.add_typer(databases, name='db', rich_help_panel='Setting up')


@command(databases, 'Commands', 'awe db init')
def init():
    """Make an empty database ready.

    An SQLite file is made ready at first use, too. On PostgreSQL the account in AWLIKE_DATABASE owns the tables from then
    on; it is an administrator's rather than one that people work with.
    """
    import awlike.names  # noqa: F401 -- declares the classes
    from awlike.database.schema import HEAD
    from awlike.database.upgrade import make_ready
    from awlike.errors import ConfigError
    with opened() as database:
        number = make_ready(database)
    if not number:
        raise ConfigError(f'{_name()} is ready already: awe db status shows how it stands')
    print(f'{_name()} is ready: {number} tables, version {HEAD}')


@command(databases, 'Commands', 'awe db upgrade', 'awe db upgrade --module my_frames', 'awe db upgrade --dry-run')
def upgrade(module: ModuleOption = None,
            dry_run: Annotated[bool, typer.Option('--dry-run', help='Do all of it, and take it back at the end.')] = False):
    """Bring the database to the version of this awlike.

    With it, classes of your own get their tables, and their new attributes columns: for that, everybody may run it. All is
    done or nothing. Back up the database before a new version.
    """
    from awlike.database.schema import HEAD
    from awlike.database.upgrade import upgrade
    _declare(module)
    with opened() as database:
        changed = upgrade(database, dry_run=dry_run)
    if not changed:
        print(f'{_name()} is of version {HEAD} and has all that is declared: nothing to do')
    else:
        print('all of it can be done, and was taken back' if dry_run else f'{_name()} is of version {HEAD}')


@command(databases, 'Commands', 'awe db status', 'awe db status --module my_frames --json')
def status(module: ModuleOption = None, as_json: JsonOption = False):
    """Show its version, what it lacks, and what to do.

    Nothing is changed. The exit status is 1 when there is something to do.
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
    write_json({'database': _name(), 'well': found.is_well} | vars(found)) if as_json else print(*_lines(found), sep='\n')
    if not found.is_well:
        sys.exit(1)


@contextlib.contextmanager
def opened():
    """The database, as the account that connects and in no other role: the one that its URL names, or the user's."""
    from awlike.config import make_home, settings
    from awlike.database.engine import account
    from awlike.database.sessions import Database
    if not settings().database:
        make_home()
    url = settings().database_url
    with contextlib.closing(Database(url, account(url, settings().user))) as found:
        yield found


def _lines(found):
    yield f'database  {_name()}'
    others = '' if found.version == found.head else f'; this awlike is of {found.head}'
    yield f'version   {found.version or "none, it is empty"}{others}'
    if found.owner:
        yield f'owner     {found.owner}{"" if found.account == found.owner else f"; you are {found.account}"}'
    for heading, rows in (('pending', found.pending), ('lacking', found.lacking)):
        for number, row in enumerate(rows):
            yield f'{"" if number else heading:10}{row}'
    yield f'to do     {found.todo}' if found.todo else 'all is well'


def _declare(modules):
    """Import what declares classes: awlike's, the recipes of the user, and modules that are named."""
    import awlike.names  # noqa: F401
    from awlike.errors import NotFound
    from awlike.tasks.known import tasks
    tasks()
    sys.path.insert(0, os.getcwd())
    for name in modules or ():
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise NotFound(f'the module {name} cannot be imported ({error}): give its name as in an import, where it '
                           'lies') from error


def _name():
    from awlike.config import masked, settings
    return masked(settings().database_url)
