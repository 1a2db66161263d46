"""Places on the sky as a text, in which a process parameter keeps them."""

from typing import Any

import numpy as np

from awlike.errors import ParameterError
from awlike.sky.sphere import Doubles

MOST = 1000


def parse_places(text: str) -> tuple[Doubles, Doubles]:
    """Return right ascensions and declinations of places [deg] that a text names, as ``'150.1 2.2, 150.3 -2.1'``.

    Raises
    ------
    ParameterError
        When the text is no list of places, or has more than 1000.
    """
    parts = [one.split() for one in text.split(',')] if text.strip() else []
    try:
        ra, dec = np.array([[float(part) for part in one] for one in parts], float).reshape(len(parts), 2).T
    except ValueError:
        raise ParameterError(f'{_short(text)}: give places as "150.1 2.2, 150.3 -2.1", right ascension and declination in '
                             'degrees') from None
    wrong = ~(np.isfinite(ra) & (np.abs(dec) <= 90))
    if wrong.any():
        raise ParameterError(f'{parts[int(np.argmax(wrong))]} is no place on the sky: give right ascension, and a declination '
                             'from -90 to 90 degrees')
    if len(parts) > MOST:
        raise ParameterError(f'{len(parts)} places are more than {MOST}: measure the places of a source list')
    return ra, dec


def places_text(places: Any) -> str:
    """Return the text of places: pairs of degrees, a `SkyCoord`, or a table with columns RA and DEC in any case.

    Raises
    ------
    ParameterError
        When they are none of these.
    """
    columns = {str(name).lower(): name for name in getattr(places, 'colnames', None) or getattr(places, 'columns', ())}
    if hasattr(places, 'icrs'):
        found = np.atleast_1d(places.icrs.ra.deg), np.atleast_1d(places.icrs.dec.deg)
    elif {'ra', 'dec'} <= columns.keys():
        found = tuple(_degrees(places[columns[name]]) for name in ('ra', 'dec'))
    else:
        found = _pairs(places)
    text = ', '.join(f'{float(ra)!r} {float(dec)!r}' for ra, dec in zip(*found, strict=True))
    parse_places(text)
    return text


def _pairs(places: Any) -> Doubles:
    """Return right ascensions and declinations of a pair, or of a list of pairs."""
    try:
        pairs = np.atleast_2d(np.asarray(places, float))
    except (TypeError, ValueError):
        pairs = np.zeros((0, 0))
    if pairs.shape[1:] != (2,):
        raise ParameterError(f'{_short(places)}: give places as pairs of right ascension and declination [deg], a SkyCoord, or '
                             'a table with columns RA and DEC')
    return pairs.T


def _degrees(values: Any) -> Doubles:
    """Return the values of a column, degrees unless it has a unit."""
    return np.asarray(values.to_value('deg') if getattr(values, 'unit', None) is not None and hasattr(values, 'to_value')
                      else values, float)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f'{text[:57]}...'
