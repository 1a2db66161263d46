"""Linear world coordinates of a raw image and of its light-sensitive part."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astropy.wcs import WCS


def trimmed_astrometry(astrom: dict[str, Any] | None, geometry: Any) -> dict[str, Any] | None:
    """Return the linear astrometry of the light-sensitive part of a raw frame: the reference pixel moves.

    With several amplifiers, the astrometry is that of the first amplifier; where its pixels are flipped, so are the axes.

    Parameters
    ----------
    astrom : dict or None
        Keywords of the FITS header of the raw frame, as CRPIX1 and CD1_1.
    geometry : awlike.pixels.geometry.Geometry
        The regions of the raw frame.

    Returns
    -------
    dict or None
        The same keywords; None without a reference pixel.
    """
    if not astrom or astrom.get('CRPIX1') is None or astrom.get('CRPIX2') is None:
        return None
    first = geometry.parts[0]
    moved = astrom | {'CRPIX1': astrom['CRPIX1'] - first.trim.x0, 'CRPIX2': astrom['CRPIX2'] - first.trim.y0}
    if not geometry.amplifiers:
        return moved
    sides = zip('12', first.trim.shape[::-1], first.flips[::-1], (first.place.x0, first.place.y0), strict=True)
    for axis, length, flipped, start in sides:
        place = moved[f'CRPIX{axis}']
        moved[f'CRPIX{axis}'] = start + (length + 1 - place if flipped else place)
        if flipped:
            moved |= {f'CD{row}_{axis}': -moved[f'CD{row}_{axis}'] for row in '12'}
    return moved


def trimmed_place(geometry: Any, x: float, y: float) -> tuple[float, float] | None:
    """Return the place (x, y) of a raw frame, pixels from 0, in its assembled light-sensitive part; None outside."""
    for part in geometry.parts:
        trim = part.trim
        if trim.x0 - 0.5 <= x < trim.x1 - 0.5 and trim.y0 - 0.5 <= y < trim.y1 - 0.5:
            if not geometry.amplifiers:
                return x - trim.x0, y - trim.y0
            flip_y, flip_x = part.flips
            return (part.place.x0 + (trim.x1 - 1 - x if flip_x else x - trim.x0),
                    part.place.y0 + (trim.y1 - 1 - y if flip_y else y - trim.y0))
    return None


def linear_wcs(astrom: Mapping[str, Any] | None) -> 'WCS | None':
    """Return the `astropy.wcs.WCS` of keywords of a FITS header; None where a keyword has no value."""
    if not astrom or None in astrom.values():
        return None
    from astropy.io import fits
    from astropy.wcs import WCS
    return WCS(fits.Header(astrom))


def matrix_from_steps(step1: float, step2: float, PC: Sequence[float | None], CROTA2: float | None,
                      ) -> tuple[float, float, float, float]:
    """Return CD1_1, CD1_2, CD2_1 and CD2_2 [deg/pixel] from CDELT1 and CDELT2, with PC or, where that is absent, CROTA2.

    `PC` has the four elements row by row, None for each that is absent: those of the unit matrix.
    """
    if any(element is not None for element in PC):
        a, b, c, d = (default if element is None else element
                      for element, default in zip(PC, (1.0, 0.0, 0.0, 1.0), strict=True))
        return step1 * a, step1 * b, step2 * c, step2 * d
    turn = math.radians(CROTA2 or 0.0)
    cos, sin = math.cos(turn), math.sin(turn)
    return step1 * cos, -step2 * sin, step1 * sin, step2 * cos
