"""Cards that a correction may change, and the values that they may have."""

import math
import re
from collections.abc import Mapping
from typing import Any

from awlike.errors import NotAllowed, ParameterError
from awlike.fits.opening import quiet
from awlike.products.header_cards import with_cards

_SHAPE = re.compile(r'SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|END|THEAP|TFIELDS|T(FORM|TYPE|DIM|HEAP)\d+|'
                    r'Z(IMAGE|BITPIX|NAXIS\d*|CMPTYPE|TILE\d+|NAME\d+|VAL\d+|SIMPLE|EXTEND|TENSION|PCOUNT|GCOUNT|QUANTIZ|DITHER0)')
_SCALE = re.compile(r'BZERO|BSCALE|BLANK|ZBLANK|ZSCALE|ZZERO|T(ZERO|SCAL|NULL)\d+')
_SUMS = re.compile(r'Z?(DATASUM|CHECKSUM)|ZHECKSUM')
_COMMENTARY = re.compile(r'COMMENT|HISTORY|CONTINUE|LONGSTRN|')
_KEYWORD = re.compile(r'[A-Z0-9_-]{1,8}|[A-Z0-9_-]+( [A-Z0-9_-]+)+')
_LONGEST = 68  # characters of a text in one card
_DIGITS = 1e-12  # relative: astropy writes the last digits of some numbers no more


def checked(cards: Mapping[Any, Any]) -> dict[str, Any]:
    """Return `cards` with keywords as headers have them.

    Raises
    ------
    NotAllowed
        For a card that says how the file is to be read.
    ParameterError
        Where there is no card, or a keyword or a value that a header cannot have.
    """
    if not isinstance(cards, Mapping) or not cards:
        raise ParameterError("name the cards to correct with their values, as {'OBJECT': 'NGC 1'}; None takes a card out")
    found: dict[str, Any] = {}
    for given, value in cards.items():
        keyword = str(given).strip().upper().removeprefix('HIERARCH ')
        _refuse_structure(keyword)
        if not _KEYWORD.fullmatch(keyword):
            raise ParameterError(f'{given!r} is no keyword of a FITS header: it has at most 8 letters, digits, - and _, or '
                                 'several words, as ESO DET CHIP1 ID')
        found[keyword] = _value(keyword, value)
        _refuse_unwritable(keyword, found[keyword])
    return found


def _refuse_unwritable(keyword: str, value: Any) -> None:
    """Refuse a card that astropy would write into a file with another value, or not at all."""
    from astropy.io import fits
    with quiet():
        try:
            written = fits.Header.fromstring(with_cards(fits.Header(), {keyword: value}).tostring()).get(keyword)
        except (ValueError, fits.VerifyError):
            written = None
    alike = isinstance(value, float) and isinstance(written, float) and math.isclose(written, value, rel_tol=_DIGITS)
    if written != value and not alike:
        raise ParameterError(f'{keyword} = {str(value)[:80]!r}: keyword and value are too long for one card of a FITS header')


def _refuse_structure(keyword: str) -> None:
    for pattern, why in ((_SHAPE, 'says how the bytes of the file are to be read'),
                         (_SCALE, 'says how numbers in the file become pixels: with another value the pixels would be others'),
                         (_SUMS, 'is the checksum of the file as it came'),
                         (_COMMENTARY, 'is no card with one value; the reason of the correction says what there is to say')):
        if pattern.fullmatch(keyword):
            raise NotAllowed(f'{keyword or "a blank card"} cannot be corrected: it {why}. If the file is wrong, ingest the '
                             'right one, and invalidate the frames of this one')


def _value(keyword: str, value: Any) -> str | int | float | bool | None:
    """Return a value of a card, a number of numpy as a number of Python."""
    value = value.item() if hasattr(value, 'item') and getattr(value, 'ndim', 1) == 0 else value
    if isinstance(value, str) and (len(value) > _LONGEST or not value.isascii() or not value.isprintable()):
        raise ParameterError(f'{keyword} = {value[:80]!r}: a text in a header has at most {_LONGEST} characters, all of them '
                             'printable ASCII')
    if isinstance(value, float) and not math.isfinite(value):
        raise ParameterError(f'{keyword} = {value}: a header has finite numbers alone; None takes the card out')
    if value is not None and not isinstance(value, str | int | float | bool):
        raise ParameterError(f'{keyword} = {str(value)[:80]!r}: give a text, a number, True or False, or None to take the card '
                             'out')
    return value.rstrip() if isinstance(value, str) else value
