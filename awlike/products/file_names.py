"""The file names of products."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from awlike.products.frame import Frame


def stamp_name(frame: 'Frame') -> str:
    """Return a file name for `frame`: kind, instrument, chip, filter, date of observation, and the end of its id."""
    filter_ = frame.filter if 'filter' in type(frame).__properties__ else None
    instrument = frame.instrument
    assert instrument is not None
    words = [type(frame).__name__, instrument.name, frame.chip.name if frame.chip else '', filter_.name if filter_ else '',
             f'{frame.DATE_OBS:%Y-%m-%dT%H-%M-%S}', frame.object_id.hex[-12:]]
    return '_'.join(file_word(word) for word in words if word) + '.fits'


def file_word(text: str) -> str:
    """Return `text` as a part of the name of a file: without characters that a file system or a shell treats apart."""
    return ''.join(c for c in text.replace(' ', '-') if c.isalnum() or c in '-_+.')
