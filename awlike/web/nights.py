"""A night: what came in, what was refused, how it looks, and whether it has the calibrations that it needs."""

import collections

from markupsafe import Markup

from awlike import nights
from awlike.calibrations.check import check
from awlike.context import context
from awlike.errors import ParameterError
from awlike.nightly.report import NightGroup
from awlike.persist.references import Instrument
from awlike.web.asked import Ask, get
from awlike.web.choices import names_of
from awlike.web.rendering import Page

QUANTITIES = ('imstat.median', 'imstat.stdev', 'EXPTIME', 'AIRMASS')
"""Numbers of raw frames that the page offers to colour detectors; a person may type any other."""
_MOST = 200  # rows of a table


def show(ask: Ask) -> Page:
    """Show a night of a camera."""
    date, cameras = ask.path('date'), names_of(Instrument)
    instrument = ask.query.get('instrument') or (cameras[0] if len(cameras) == 1 else '')
    if not instrument:
        raise ParameterError(f'name the camera, as ?instrument={cameras[0] if cameras else "OMEGACAM"}')
    report = context.night(date, instrument, ask.query.get('quantity') or QUANTITIES[0])
    found = check(date, instrument)
    first, last = report.nights
    values = {'date': date, 'instrument': instrument, 'check': found, 'report': report, 'quantities': QUANTITIES, 'most': _MOST,
              'plane': Markup(report.focal_plane()), 'timeline': Markup(report.timeline()),  # every text in them is escaped
              'before': first - _DAY, 'after': last + _DAY}
    return Page('night', values, lambda: found.to_dict() | {'raw_frames': _numbers(report.groups), 'night': report.to_dict()})


def _numbers(groups: list[NightGroup]) -> dict[str, int]:
    """Return the number of frames by class."""
    found: collections.Counter[str] = collections.Counter()
    for group in groups:
        found[group.kind] += group.frames
    return dict(found)


_DAY = nights.timedelta(days=1)
ROUTES = get('/night/{date}', show)
