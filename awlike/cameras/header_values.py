"""Header values as Python values; an error names the keyword, the rule and the remedy.

This module knows no camera and no file; `read_raw` puts the name of the file before every message.
"""

import fnmatch
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from awlike.errors import HeaderError
from awlike.pixels.geometry import Section
from awlike.sky.linear_wcs import matrix_from_steps

EARLIEST = datetime(1980, 1, 1)  # no CCD frame in FITS is older; a clock that says so has stopped
ABSOLUTE_ZERO, WARMEST = -273.15, 60.0  # deg C; a detector in use is not warmer
MJD_EPOCH = datetime(1858, 11, 17)
ISO_DATE = re.compile(r'\d{4}-\d\d-\d\d')
ISO_TIME = re.compile(r'\d\d:\d\d(:\d\d(\.\d*)?)?')
DECIMAL = re.compile(r'[+-]?\d+\.\d*')
OLD_DATE = re.compile(r'\d\d?/\d\d?/\d\d(\d\d)?')
CELESTIAL = re.compile(r'(RA--|DEC-|[A-Z]LON|[A-Z]LAT)')
WCS_NUMBERS = ('CRVAL1', 'CRVAL2', 'CRPIX1', 'CRPIX2', 'CD1_1', 'CD1_2', 'CD2_1', 'CD2_2')
ASTROMETRY = ('CTYPE1', 'CTYPE2', *WCS_NUMBERS)
TPV = tuple(f'PV{axis}_{term}' for axis in (1, 2) for term in range(40))
_DIGITS = range(10)  # powers that SIP knows
_POWERS = tuple(f'{p}_{q}' for p in _DIGITS for q in _DIGITS)
SIP = tuple(f'{letter}_{power}' for letter in ('A', 'B', 'AP', 'BP') for power in ('ORDER', *_POWERS))


class Cards(Protocol):
    """The values of a header by keyword: a FITS header, or a dict."""

    def get(self, keyword: str, /) -> Any:
        """Return the value of the card, None if there is no such card."""


def matches(pattern: object, text: object) -> bool:
    """Return whether `text` fits `pattern`, in which only `*` and `?` are wild; case and outer blanks do not count."""
    pattern = str(pattern).strip().lower().replace('[', '[[]')
    return fnmatch.fnmatchcase(str(text).strip().lower(), pattern)


def first(header: Cards, keywords: Iterable[str]) -> tuple[str, Any] | tuple[None, None]:
    """Return the first of `keywords` that has a value in `header`, as (keyword, value); (None, None) if none has.

    A blank string counts as no value: many cameras write the card and leave it empty.
    """
    from astropy.io.fits.card import Undefined
    for keyword in keywords:
        value = header.get(keyword)
        if isinstance(value, str):
            value = value.strip()
        if value is None or value == '' or isinstance(value, Undefined):
            continue
        return keyword, value
    return None, None


def number(keyword: str, value: Any) -> float:
    """Return `value` as a finite float; a number in quotes is fine, as real files have such numbers.

    Raises HeaderError if `value` is no number.
    """
    try:
        result = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        result = math.nan
    if not math.isfinite(result):
        raise HeaderError(f'{keyword} = {value!r} is not a number; correct the card')
    return result


def exposure_time(keyword: str, value: Any) -> float:
    """Return an exposure time [s].

    Raises HeaderError unless it lies between 0 and a day.
    """
    seconds = number(keyword, value)
    if not 0 <= seconds <= 86400:
        raise HeaderError(f'{keyword} = {value!r}: an exposure lasts from 0 to 86400 seconds; correct the card')
    return seconds


def temperature(value: Any) -> float | None:
    """Return the temperature of a detector [deg C]; None for a value that no detector has, such as 999, or kelvin."""
    try:
        celsius = number('', value)
    except HeaderError:  # cameras write all kinds of things for a temperature that they do not know
        return None
    return celsius if ABSOLUTE_ZERO < celsius <= WARMEST else None


def setting(value: object) -> str:
    """Return a setting of a camera as text, alike however the camera writes a number: 2, 2.0 and '2.0' are ``'2'``."""
    if isinstance(value, float):
        return f'{value:.10g}'
    text = ' '.join(str(value).split())
    return text.rstrip('0').rstrip('.') if DECIMAL.fullmatch(text) else text


def moment(keyword: str, value: object, time_keyword: str | None = None, time: object = None) -> datetime:
    """Return a naive UTC datetime from an ISO 8601 value, or from a date and a time of day in two cards.

    Raises HeaderError for old-style and unparsable dates, for a missing time of day and for a date before
    1980 or more than a day ahead of this computer's clock.
    """
    text = str(value).strip()
    if OLD_DATE.fullmatch(text):
        raise HeaderError(f'{keyword} = {text!r} is an old-style date, of which century, day and month are '
                          'anybody\'s guess; write it as YYYY-MM-DDThh:mm:ss')
    if ISO_DATE.fullmatch(text):
        if time is None:
            raise HeaderError(f'{keyword} = {text!r} has no time of day, and no other card has; '
                              'write it as YYYY-MM-DDThh:mm:ss, or name the keyword of the time (TIME_OBS) '
                              'in the description of the camera')
        text = f'{text}T{str(time).strip()}'
        keyword = f'{keyword} with {time_keyword}'
    result = _iso(keyword, text)
    if not EARLIEST <= result <= datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1):
        raise HeaderError(f'{keyword} = {text!r} lies before 1980 or in the future; correct the card '
                          '(or the clock of this computer)')
    return result


def _iso(keyword: str, text: str) -> datetime:
    """Parse YYYY-MM-DDThh:mm[:ss[.fraction]] in UTC; digits beyond the microsecond are dropped."""
    date, _, time = text.replace(' ', 'T', 1).partition('T')
    time = time.removesuffix('Z').removesuffix('+00:00').rstrip('.')
    try:
        if not ISO_DATE.fullmatch(date) or not ISO_TIME.fullmatch(time):
            raise ValueError
        return datetime.fromisoformat(f'{date}T{time}')
    except ValueError:
        raise HeaderError(f'{keyword} = {text!r} is not a date and time (UTC); write it as '
                          'YYYY-MM-DDThh:mm:ss') from None


def modified_julian_date(when: datetime) -> float:
    """Return the MJD [days] of a naive UTC datetime."""
    return (when - MJD_EPOCH) / timedelta(days=1)


def section(keyword: str, value: object, shape: tuple[int, int]) -> str:
    """Return a FITS section such as '[18:1382,1:1370]'.

    Raises HeaderError if it is no section, or does not lie inside an image of `shape` (ny, nx).
    """
    text = str(value).strip()
    try:
        parsed = Section.from_fits(text)
        inside = parsed.fits_in(shape)
    except ValueError:
        raise HeaderError(f'{keyword} = {text!r} is not a section; write it as [x1:x2,y1:y2]') from None
    if not inside:
        raise HeaderError(f'{keyword} = {text!r} does not lie inside the image of {shape[1]} x {shape[0]} pixels '
                          '(columns x rows); correct the card, or read the frame as it was written; a section that the '
                          'description of the camera fixes does not hold for windows: name the card that has it')
    return parsed.to_fits()


def astrometry(header: Cards) -> dict[str, Any]:
    """Return the linear astrometry of a raw frame as a dict of ASTROMETRY; all None where the header has none.

    Only celestial axes count (some cameras label pixel axes with CTYPE). An absent CD matrix is computed from CDELT with
    PC or CROTA2. CRPIX refers to the raw, untrimmed frame.

    Raises HeaderError if the value of a card is no number.
    """
    none: dict[str, Any] = dict.fromkeys(ASTROMETRY)
    types = [str(header.get(keyword) or '') for keyword in ('CTYPE1', 'CTYPE2')]
    if not all(CELESTIAL.match(ctype) for ctype in types):
        return none
    values = {keyword: _optional_number(header, keyword) for keyword in WCS_NUMBERS}
    if all(values[keyword] is None for keyword in WCS_NUMBERS[4:]):
        values |= _cd_from_steps(header)
    else:  # the standard: an absent element of a CD matrix that is there is zero
        values |= {keyword: values[keyword] or 0.0 for keyword in WCS_NUMBERS[4:]}
    if None in values.values():
        return none
    return none | {'CTYPE1': types[0], 'CTYPE2': types[1]} | values


def distorted_astrometry(header: Cards) -> dict[str, Any]:
    """Return the astrometry of a calibrated image as keywords of a header, with terms of distortion (TPV, SIP); empty for none.

    SCAMP writes terms of TPV under the type TAN: they become TPV.

    Raises HeaderError if the value of a card is no number, or an order is beyond 9, the highest of SIP.
    """
    linear = astrometry(header)
    if None in linear.values():
        return {}
    tpv, sip = ({keyword: value for keyword in keywords if (value := _optional_number(header, keyword)) is not None}
                for keywords in (TPV, SIP))
    code = linear['CTYPE1'][5:]
    if tpv and code == 'TAN':
        linear |= {f'CTYPE{axis}': f'{linear[f"CTYPE{axis}"][:5]}TPV' for axis in (1, 2)}
    orders = {keyword: int(value) for keyword, value in sip.items() if keyword.endswith('ORDER')}
    if code.endswith('SIP'):
        for keyword, order in orders.items():
            if not 0 <= order < len(_DIGITS):
                raise HeaderError(f'{keyword} = {order}: SIP knows orders up to {len(_DIGITS) - 1}; correct the card')
    return linear | (sip | orders if code.endswith('SIP') else tpv)


def _optional_number(header: Cards, keyword: str) -> float | None:
    """Return a number, or None where the header has no such card."""
    found, value = first(header, (keyword,))
    return None if found is None else number(keyword, value)


def _cd_from_steps(header: Cards) -> dict[str, float | None]:
    """Return the CD matrix [deg/pixel] from CDELT with PC, or with CROTA2; its elements are None if CDELT is absent."""
    step1, step2 = (_optional_number(header, keyword) for keyword in ('CDELT1', 'CDELT2'))
    if step1 is None or step2 is None:
        return dict.fromkeys(WCS_NUMBERS[4:])
    pc = [_optional_number(header, keyword) for keyword in ('PC1_1', 'PC1_2', 'PC2_1', 'PC2_2')]
    return dict(zip(WCS_NUMBERS[4:], matrix_from_steps(step1, step2, pc, _optional_number(header, 'CROTA2')), strict=True))
