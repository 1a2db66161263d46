"""The command check: have the science frames of a night the calibrations that they need?"""

import sys
from typing import Annotated

import typer

from awlike.cli.options import InstrumentOption, JsonOption, command, context_here, write_json
from awlike.terminal import tell


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    command(app, 'Looking', 'awe check 2012-05-31', 'awe check 2012-05-31:2012-06-03 --instrument OMEGACAM --json')(check)


def check(night: Annotated[str, typer.Argument(metavar='NIGHT', show_default=False, help=(
              'Night, as the date of the local noon at which the night begins; or the first and the last night, as '
              '2012-05-31:2012-06-03.'))],
          instrument: InstrumentOption = None, as_json: JsonOption = False) -> None:
    """Check that a night has the calibrations that it needs.

    The command lists the calibrations that the science frames of the night need, and tells which raw frames to take as long
    as it is dark: OK, OLD (from further away than planned), FEW (too few raw frames were taken), MISSING (nothing serves),
    BAD (limits missed, or raw frames invalid). It makes nothing. The exit status is 1 when not all is OK.
    """
    context_here()
    from awlike.calibrations.check import check as check_night
    found = check_night(night, instrument)
    write_json(found.to_dict()) if as_json else tell(found)
    if not found.ok:
        sys.exit(1)
