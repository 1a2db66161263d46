"""The commands for accounts: the people who may use the database."""

import sys
from typing import Annotated

import typer

from awlike.cli.database import opened
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, write_json
from awlike.terminal import say

users = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None, help='Manage the accounts of the database.')


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    app.add_typer(users, name='user', rich_help_panel='Setting up')


@command(users, 'Commands', 'awe user add bob', 'awe user add bob --password-prompt')
def add(name: Annotated[str, typer.Argument(metavar='NAME', help='Name of the account.')],
        password_prompt: Annotated[bool, typer.Option('--password-prompt', help='Ask for a password for the account.')
                               ] = False) -> None:
    """Open an account.

    On PostgreSQL, an account is a role of the database. The command makes the role, if needed, and lets it connect. Only an
    administrator can do this: the account in AWLIKE_DATABASE must own the database and may make roles. The role anonymous
    is for people without an account: they see the data at level 4 (World).
    """
    import awlike.names  # noqa: F401 -- declares the classes
    from awlike.database.accounts import add_user
    password = typer.prompt(f'password of {name}', hide_input=True, confirmation_prompt=True) if password_prompt else None
    with opened() as database:
        new = add_user(database, name, password)
    say(f'{name} {"has an account now" if new else "may connect"}')


@command(users, 'Commands', 'awe user list', name='list')
def list_(as_json: JsonOption = False) -> None:
    """Show all accounts."""
    import awlike.assembly  # noqa: F401 -- who asks, and who may see what
    from awlike.persist.references import User
    known = list(User.select_all().order_by('name'))
    if as_json:
        return write_json([{'name': user.name, 'creation_date': str(user.creation_date)} for user in known])
    if not known:
        say('there are no accounts yet: open an account by awe user add NAME', file=sys.stderr)
    for user in known:
        say(user.name)
