"""Epochs and angles, as logbooks and headers of plates have them."""

import datetime
import re

from awlike.errors import ParameterError

_J2000 = datetime.datetime(2000, 1, 1, 12)
_DAYS = 365.25  # of a Julian year
_ANGLE = re.compile(
    r'\s*([-+−]?)\s*(\d+(?:\.\d*)?)(?:[\s:d°hm]+(\d+(?:\.\d*)?))?(?:[\s:m\'′]+(\d+(?:\.\d*)?))?\s*[ms"″\'′]?\s*')


def jYearToDateTime(jYear: float) -> datetime.datetime:
    """Return the date of an epoch in Julian years: 2000.0 is noon of 2000-01-01.

    >>> jYearToDateTime(1950.5).isoformat()
    '1950-07-02T15:00:00'
    """
    return _J2000 + datetime.timedelta(days=(jYear - 2000) * _DAYS)


def dmsToDeg(dmsAngle: str, sepChar: str | None = None) -> float:
    """Return an angle in degrees, minutes and seconds (the last ones may be missing) in degrees.

    Parameters
    ----------
    dmsAngle : str
        As ``'-0 30 36'`` or ``'+12:30:00.5'``.
    sepChar : str, optional
        What stands between the parts. Default: blanks, colons or the signs of the units.

    Raises
    ------
    ParameterError
        When the text is no such angle.

    >>> dmsToDeg('-0 30 36')
    -0.51
    """
    text = dmsAngle if sepChar is None else dmsAngle.replace(sepChar, ' ')
    found = _ANGLE.fullmatch(text)
    parts = [float(part or 0) for part in found.groups()[1:]] if found else []
    if not found or parts[1] >= 60 or parts[2] >= 60:
        raise ParameterError(f'{dmsAngle!r} is no angle: write degrees, minutes and seconds, the last two below '
                             '60, as -0 30 36')
    degrees = parts[0] + (parts[1] + parts[2] / 60) / 60
    return -degrees if found[1] in ('-', '−') else degrees
