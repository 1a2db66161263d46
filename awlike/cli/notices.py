"""The commands notices list, send, test: what waits for a receiver, and what was sent."""

import sys

import typer

from awlike.cli.options import JsonOption, command, write_json
from awlike.errors import ConfigError
from awlike.spelling import counted
from awlike.terminal import say

_GROUP = 'Keeping in order'


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    group = typer.Typer(help='See, send and try notices of what went wrong.', no_args_is_help=True)
    app.add_typer(group, name='notices', rich_help_panel=_GROUP)
    command(group, _GROUP, 'awe notices list', 'awe notices list --json', name='list')(list_)
    command(group, _GROUP, 'awe notices send')(send)
    command(group, _GROUP, 'awe notices test')(test)


def list_(as_json: JsonOption = False) -> None:
    """List the notices of three months.

    Each line says whether a notice was sent, or which receivers it waits for, and why.
    """
    from awlike.notices import notices
    found = notices()
    if as_json:
        return write_json([one.to_dict() for one in found])
    say(*found, sep='\n') if found else say('no notices')


def send(as_json: JsonOption = False) -> None:
    """Send the notices that wait, now.

    The exit status is 1 when a receiver fails; its notices wait for the next time.
    """
    from awlike.notices import notices
    from awlike.notices.deliver import deliver
    sent = deliver(patient=True)
    waiting = [one for one in notices() if one.waiting]
    if as_json:
        write_json({'sent': sent, 'waiting': [one.to_dict() for one in waiting]})
    else:
        say(f'{counted(sent, "notice")} sent' + (f', {len(waiting)} waiting' if waiting else ''))
        say(*waiting, sep='\n') if waiting else None
    if waiting:
        sys.exit(1)


def test(as_json: JsonOption = False) -> None:
    """Send a notice to each receiver of the settings.

    The exit status is 1 when a receiver fails.
    """
    from awlike.config import settings
    from awlike.notices import TEST, tell_of
    from awlike.notices.outbox import receivers
    if not receivers(settings()):
        raise ConfigError('the settings name no receiver: set notice_command, notice_webhook or notice_mail; awe config '
                          'explains them')
    tell_of(TEST, 'a trial', 'awe notices test sent this. Nothing is wrong.', aside=False)
    send(as_json)
