"""A night: its raw frames, and whether it has the calibrations that it needs."""

from awlike import nights
from awlike.calibrations.check import check
from awlike.errors import ParameterError
from awlike.persist.references import Instrument
from awlike.products.raw import RawFrame
from awlike.web.asked import Ask, get
from awlike.web.choices import names_of
from awlike.web.rendering import Page


def show(ask: Ask) -> Page:
    """Show a night of a camera."""
    date, cameras = ask.path('date'), names_of(Instrument)
    instrument = ask.query.get('instrument') or (cameras[0] if len(cameras) == 1 else '')
    if not instrument:
        raise ParameterError(f'name the camera, as ?instrument={cameras[0] if cameras else "OMEGACAM"}')
    found = check(date, instrument)
    numbers = RawFrame.select(instrument=instrument, date=date).numbers_by('class_name')
    first, last = nights.parse(date)
    values = {'date': date, 'first': first, 'last': last, 'instrument': instrument, 'cameras': cameras, 'check': found,
              'numbers': sorted(numbers.items()), 'before': first - _DAY, 'after': last + _DAY}
    return Page('night', values, lambda: found.to_dict() | {'raw_frames': numbers})


_DAY = nights.timedelta(days=1)
ROUTES = get('/night/{date}', show)
