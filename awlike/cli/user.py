"""Accounts: who may use a database."""

import sys
from typing import Annotated

import typer

from awlike.cli.database import opened
from awlike.cli.group import Commands
from awlike.cli.options import JsonOption, command, write_json

users = typer.Typer(cls=Commands, no_args_is_help=True, rich_markup_mode=None, help='Accounts: who may use the database.')


def add_to(app) -> None:
    """Add these commands to `app`."""
    app.add_typer(users, name='user', rich_help_panel='Setting up')


@command(users, 'Commands', 'awe user add bob', 'awe user add bob --password-prompt')
def add(name: Annotated[str, typer.Argument(metavar='NAME', help='Name of the account.')],
        password_prompt: Annotated[bool, typer.Option('--password-prompt', help='Ask for the password with which it is to '
                                                                                'log in.')] = False):
    """Open an account.

    On PostgreSQL it is a role of the database, which is made unless it is there, and may connect from then on. This is for
    the administrator: whom AWLIKE_DATABASE names must own the database and may make roles. The role anonymous is for
    those without an account: they see what is at level 4 (World).
    """
    import awlike.names  # noqa: F401 -- declares the classes
    from awlike.database.accounts import add_user
    password = typer.prompt(f'password of {name}', hide_input=True, confirmation_prompt=True) if password_prompt else None
    with opened() as database:
        new = add_user(database, name, password)
    print(f'{name} {"has an account now" if new else "may connect"}')


@command(users, 'Commands', 'awe user list', name='list')
def list_(as_json: JsonOption = False):
    """Show all accounts."""
    import awlike.assembly  # noqa: F401 -- who asks, and who may see what
    from awlike.persist.references import User
    known = list(User.select_all().order_by('name'))
    if as_json:
        return write_json([{'name': user.name, 'creation_date': str(user.creation_date)} for user in known])
    if not known:
        print('there are no accounts yet; open one by awe user add NAME', file=sys.stderr)
    for user in known:
        print(user.name)
