"""What the texts behind options mean: numbers, pairs, detectors, formats."""

import math
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from awlike.errors import ParameterError
from awlike.fits.opening import load, named, opened
from awlike.spelling import near


class NonSidereal(NamedTuple):
    """The motion of an object: arcsec per hour along right ascension (times cos dec) and declination; when, as an MJD;
    and the file, if any, that tells the date."""

    ra: float
    dec: float
    mjd: float
    path: Path | None = None


def number(option: str, text: str, least: float = -math.inf, most: float = math.inf) -> float:
    """Return a number between `least` and `most`. Raises ParameterError, which names the `option`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and least <= value <= most):
        bounds = ''.join((f', from {least:g}' * (least > -math.inf), f' to {most:g}' * (most < math.inf)))
        raise ParameterError(f'-{option}={text}: give a number{bounds}')
    return value


def whole(option: str, text: str, least: int = 0) -> int:
    """Return a whole number of at least `least`. Raises ParameterError, which names the `option`."""
    value = number(option, text, least)
    if value != int(value):
        raise ParameterError(f'-{option}={text}: give a whole number')
    return int(value)


def one_of(option: str, text: str, words: Iterable[str]) -> str:
    """Return `text`, which is one of `words`. Raises ParameterError, which names the `option`."""
    known = list(words)
    if text not in known:
        raise ParameterError(f'-{option}={text}: give one of {", ".join(known)}{near(text, known)}')
    return text


def offset(text: str) -> tuple[float, float]:
    """Return what -wcsoffset adds to right ascension and declination, degrees."""
    parts = text.split(',')
    if len(parts) != 2:
        raise ParameterError(f'-wcsoffset={text}: give two numbers of degrees, as -wcsoffset=0.01,-0.02')
    return number('wcsoffset', parts[0], -360, 360), number('wcsoffset', parts[1], -180, 180)


def nonsidereal(text: str) -> NonSidereal:
    """Return what -nonsidereal says; its reference is an MJD, or a FITS file with the card MJD-OBS."""
    parts = text.split(',', 2)
    if len(parts) != 3:
        raise ParameterError(f'-nonsidereal={text}: give dRA*cos(dec) and dDec in arcsec per hour, and an MJD or a FITS file, '
                             'as -nonsidereal=36,-18,56293.5')
    ra, dec = (number('nonsidereal', part) for part in parts[:2])
    path = Path(parts[2].strip()).expanduser()
    return NonSidereal(ra, dec, _mjd(parts[2].strip()), path if path.is_file() else None)


def _mjd(text: str) -> float:
    path = Path(text).expanduser()
    if not path.is_file():
        try:
            return number('nonsidereal', text, 0)
        except ParameterError:
            raise ParameterError(f'-nonsidereal=...,{text}: the reference is neither an MJD nor a file') from None
    with named(path), opened(load(path), whole=False) as hdus:
        dates = [hdu.header.get('MJD-OBS') for hdu in hdus]
    for date in dates:
        if isinstance(date, int | float):
            return float(date)
    raise ParameterError(f'-nonsidereal=...,{text}: no header of the file has a number MJD-OBS; give an MJD')


def detectors(option: str, text: str) -> list[str]:
    """Return the detectors that the user names, as typed: numbers as 33, or names as OTA33."""
    found = [one.strip() for one in text.split(',') if one.strip()]
    if not found:
        raise ParameterError(f'-{option}={text}: name one or several detectors, as 33,42')
    return found


def cells(text: str) -> list[str]:
    """Return the cells that -keepcells names: column and row, from 0 to 7 each."""
    found = [one.strip() for one in text.split(',') if one.strip()]
    if not found or any(not re.fullmatch('[0-7][0-7]', one) for one in found):
        raise ParameterError(f'-keepcells={text}: name cells by column and row from 0 to 7, as 00,12')
    return found


def formats(text: str) -> list[str]:
    """Return the formats of plots. Raises ParameterError for one that matplotlib cannot write."""
    from matplotlib.backend_bases import FigureCanvasBase
    known = FigureCanvasBase.get_supported_filetypes()
    found = [one.strip().lstrip('.').lower() for one in text.split(',') if one.strip()]
    for one in found:
        if one not in known:
            raise ParameterError(f'-plotformat={text}: matplotlib writes no {one}{near(one, known)}: give {", ".join(known)}')
    return list(dict.fromkeys(found)) or ['png']
