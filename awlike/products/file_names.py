"""The file names of products."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awlike.products.frame import Frame


def stamp_name(frame: 'Frame') -> str:
    """Return a file name for `frame`: kind, instrument, chip, filter, date of observation, and the end of its id."""
    filter_ = frame.filter if 'filter' in type(frame).__properties__ else None
    instrument = frame.instrument
    assert instrument is not None
    words = [type(frame).__name__, instrument.name, frame.chip.name, filter_.name if filter_ else '',
             f'{frame.DATE_OBS:%Y-%m-%dT%H-%M-%S}', frame.object_id.hex[-12:]]
    return '_'.join(''.join(c for c in word.replace(' ', '-') if c.isalnum() or c in '-_+.') for word in words if word) \
        + '.fits'
