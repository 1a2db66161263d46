"""The commands by which a person judges frames: invalidate, validate."""

from typing import Annotated

import typer

from awlike.cli import complete
from awlike.cli.options import JsonOption, command, context_here, write_json
from awlike.spelling import counted
from awlike.terminal import say

GROUP = 'Keeping in order'
NamesArgument = Annotated[list[str], typer.Argument(
    metavar='NAME', help='File names, object ids, or names of reference catalogues.', autocompletion=complete.filenames)]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    example = 'RawBiasFrame_OMEGACAM_ESO_CCD_65_2012-05-31T20-15-52_2f58613364e4.fits'
    command(app, GROUP, f'awe invalidate {example} --reason "taken with the lamp on"')(invalidate)
    command(app, GROUP, f'awe validate {example} --reason "the lamp was off"')(validate)


def invalidate(names: NamesArgument,
               reason: Annotated[str, typer.Option(metavar='TEXT', show_default=False, help='Why: kept in the history.')],
               as_json: JsonOption = False) -> None:
    """Mark frames as invalid.

    Nothing is deleted. What was made from an invalid frame no longer counts, and tasks make it again from other frames.
    """
    _judge(names, 0, reason, as_json)


def validate(names: NamesArgument,
             reason: Annotated[str, typer.Option(metavar='TEXT', help='Why: kept in the history.')] = '',
             as_json: JsonOption = False) -> None:
    """Mark frames as valid.

    What was made from them counts again, unless something else from which it was made is invalid.
    """
    _judge(names, 1, reason, as_json)


def _judge(names: list[str], value: int, reason: str, as_json: bool) -> None:
    """Set `is_valid` of the frames `names`, all of which must be there, and tell what follows."""
    from awlike.cli.look import find
    from awlike.tracing.impact import impact
    context = context_here()
    told = []
    for obj in [find(name) for name in names]:
        before = obj.is_valid
        affected = len(impact(obj)) if value == 0 else 0
        context.update_is_valid(obj, value, reason)
        if not as_json:
            say(_outcome(str(obj), value, before == value, affected))
        told.append({'class': type(obj).__name__, 'object_id': obj.object_id, 'filename': obj.filename, 'is_valid': value,
                     'was': before} | ({'products': affected} if value == 0 else {}))
    if as_json:
        write_json(told)


def _outcome(name: str, value: int, same: bool, affected: int) -> str:
    state = 'valid' if value else 'invalid'
    if same:
        return f'{name} is {state} already'
    follows = f'; {counted(affected, "product counts", "products count")} no longer' if affected else ''
    return f'{name} is {state} now{follows}'
