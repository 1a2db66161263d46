"""The commands night, check, suspects and trends: what a night brought, what it needs, what is bad, what changes."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from awlike.cli import complete
from awlike.cli.options import (
    DateOption,
    InstrumentOption,
    JsonOption,
    ProjectOption,
    command,
    context_here,
    set_project,
    write_json,
)
from awlike.terminal import tell

NightArgument = Annotated[str, typer.Argument(metavar='NIGHT', show_default=False, help=(
    'Night, as the date of the local noon at which the night begins; or the first and the last night, as '
    '2012-05-31:2012-06-03.'))]


def add_to(app: typer.Typer) -> None:
    """Add these commands to `app`."""
    command(app, 'Looking', 'awe night 2012-05-31', 'awe night 2012-05-31 --focal-plane plane.svg --quantity "card(\'FOCUS\')"',
            'awe night 2012-05-31 --instrument OMEGACAM --verify --json')(night)
    command(app, 'Looking', 'awe check 2012-05-31', 'awe check 2012-05-31:2012-06-03 --instrument OMEGACAM --json',
            'awe check 2012-05-31 --notice')(check)
    command(app, 'Looking', 'awe suspects 2012-05-31', 'awe suspects 2012-05-31 --instrument OMEGACAM --json')(suspects)
    command(app, 'Looking', 'awe trends OMEGACAM', 'awe trends OMEGACAM --quantity "read noise" --limit "read noise=..5" '
            '--picture trends.svg')(trends)


def night(night: NightArgument, instrument: InstrumentOption = None,
          quantity: Annotated[str, typer.Option(metavar='NAME', help='Number of raw frames that colours the focal plane.')
                              ] = 'imstat.median',
          focal_plane: Annotated[Path | None, typer.Option(metavar='FILE', help='Draw the focal plane (SVG).')] = None,
          timeline: Annotated[Path | None, typer.Option(metavar='FILE', help='Draw the exposures by time (SVG).')] = None,
          look: Annotated[bool, typer.Option('--suspects', help='Compare the frames with each other; reads pixels.')] = False,
          verify: Annotated[bool, typer.Option('--verify', help='Read the stored files again: digests, checksums, and '
                                               'fitsverify where it is installed.')] = False,
          project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Tell what a night brought.

    The command lists the raw frames by run, kind and filter, the files that were refused and why, and the products of the
    night. The exit status is 1 when a file was refused, and when a suspect or a fault was found.
    """
    import awlike.names  # noqa: F401 -- declares the classes of products
    context = context_here()
    if project:
        set_project(project, None)
    found = context.night(night, instrument, quantity)
    for wanted, act in ((look, found.look_for_suspects), (verify, found.verify)):
        if wanted:
            act()
    for path, draw in ((focal_plane, found.focal_plane), (timeline, found.timeline)):
        if path is not None:
            draw(path)
    write_json(found.to_dict()) if as_json else tell(found)
    if not found.ok:
        sys.exit(1)


def check(night: NightArgument,
          instrument: InstrumentOption = None, project: ProjectOption = '',
          notice: Annotated[bool, typer.Option('--notice', help='Send a notice to whom the settings name when not all is OK.')
                            ] = False, as_json: JsonOption = False) -> None:
    """Check that a night has the calibrations that it needs.

    The command lists the calibrations that the science frames of the night need, and tells which raw frames to take as long
    as it is dark: OK, OLD (from further away than planned), FEW (too few raw frames were taken), MISSING (nothing serves),
    BAD (limits missed, or raw frames invalid). It makes nothing. The exit status is 1 when not all is OK.
    """
    context_here()
    if project:
        set_project(project, None)
    from awlike.calibrations.check import check as check_night
    found = check_night(night, instrument)
    if notice:
        from awlike.calibrations.alarm import tell_of_night
        tell_of_night(found)
    write_json(found.to_dict()) if as_json else tell(found)
    if not found.ok:
        sys.exit(1)


def suspects(night: NightArgument, instrument: InstrumentOption = None, project: ProjectOption = '',
             as_json: JsonOption = False) -> None:
    """Find raw frames of a night that differ from the others.

    The command compares level, noise, the way in which light falls off, and the number of stars of frames of the same chip,
    filter and object, and says in words what stands out: a lamp, clouds, a failure of the read-out. It reads pixels, makes
    nothing and keeps nothing. The exit status is 1 when a frame stands out.
    """
    import awlike.names  # noqa: F401 -- declares the classes of raw frames
    context = context_here()
    if project:
        set_project(project, None)
    found = context.suspects(night, instrument)
    write_json(found.to_dict()) if as_json else tell(found)
    if not found.ok:
        sys.exit(1)


def trends(instrument: Annotated[str, typer.Argument(metavar='INSTRUMENT', help='Name of the camera.',
                                                     autocompletion=complete.instruments)],
           quantity: Annotated[list[str] | None, typer.Option(metavar='NAME', help='Quantity, as "read noise"; repeatable.',
                                                              show_default='all')] = None,
           date: DateOption = None,
           chip: Annotated[str | None, typer.Option(metavar='NAME', help='A detector.', autocompletion=complete.chips)] = None,
           limit: Annotated[list[str] | None, typer.Option(
               metavar='LIMIT', help='Least and largest value, as "gain=2.3..2.7" or "read noise=..5"; repeatable.')] = None,
           picture: Annotated[Path | None, typer.Option(metavar='FILE', help='Draw the trends (SVG).')] = None,
           project: ProjectOption = '', as_json: JsonOption = False) -> None:
    """Tell whether an instrument is changing.

    The command follows bias level, read noise, gain, flat level and shape, zero point and seeing by chip and filter, and says
    in words what is steady, drifts, or jumped, and when. The exit status is 1 when something changes, or exceeds a limit.
    """
    import awlike.names  # noqa: F401 -- declares the classes
    context = context_here()
    if project:
        set_project(project, None)
    found = context.trends(instrument, quantity or None, date, chip, dict(map(_limit, limit or ())))
    if picture is not None:
        found.picture(picture)
    write_json(found.to_dict()) if as_json else tell(found)
    if not found.ok:
        sys.exit(1)


def _limit(text: str) -> tuple[str, tuple[float | None, float | None]]:
    """Return name and limits of ``NAME=LOW..HIGH``."""
    from awlike.errors import ParameterError
    name, equals, ends = text.partition('=')
    low, dots, high = ends.partition('..')
    try:
        found = (float(low) if low.strip() else None), (float(high) if high.strip() else None)
    except ValueError:
        dots = ''
        found = None, None
    if not equals or not dots:
        raise ParameterError(f'--limit {text!r}: write NAME=LOW..HIGH, as "gain=2.3..2.7" or "read noise=..5"')
    return name.strip(), found
