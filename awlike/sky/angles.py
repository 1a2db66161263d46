"""Angles as people type them: degrees, sexagesimal, or with a unit."""

import re

from awlike.errors import ParameterError

_NUMBER = re.compile(r'[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?')


def typed_angle(text: str, what: str, in_hours: bool = False) -> float:
    """Return an angle that a person typed, in degrees.

    Parameters
    ----------
    text : str
        A number is degrees. Numbers with colons or blanks between are sexagesimal: degrees, or hours where `in_hours` says so.
        Else the text has its units: ``10h12m13.2s``, ``-20d10m``, ``1arcmin``, ``30"``.
    what : str
        What the angle is, for the error.
    in_hours : bool
        Whether sexagesimal numbers are hours, as of right ascensions. Default: no.

    Raises
    ------
    ParameterError
        When it is no angle.
    """
    text = text.strip()
    if _NUMBER.fullmatch(text):
        return float(text)
    from astropy import units as u
    from astropy.coordinates import Angle
    try:
        sexagesimal = not re.search(r'[^\d\s:.+-]', text)
        return float(Angle(text, unit=(u.hourangle if in_hours else u.deg) if sexagesimal else None).deg)
    except Exception:  # astropy has several
        example = '10:12:13.2, 10h12m13.2s or 153.055' if in_hours else '-20:10:00, 1arcmin, 30arcsec or 0.5'
        raise ParameterError(f'{what} {text!r} is no angle: write it as {example} (degrees)') from None
