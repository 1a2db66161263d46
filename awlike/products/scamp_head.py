"""Heads: place on the sky and flux scale of a frame as text, as SCAMP writes them beside a file and SWarp reads them."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from awlike.errors import HeaderError
from awlike.products.astrometry import header_plate
from awlike.sky.tpv import tpv_cards

if TYPE_CHECKING:
    from awlike.sky.plate import Plate

ZERO_POINT = 30.0  # mag: of an image whose fluxes were multiplied by FLXSCALE, as stacks of SWarp have it by custom


def flux_scale(zero_point: float, EXPTIME: float) -> float:
    """Return the factor that brings ADU to a zero point of 30; `zero_point` is the magnitude of 1 ADU per second."""
    return 10 ** (-0.4 * (zero_point - ZERO_POINT)) / EXPTIME


def head(astrom: Mapping[str, Any] | None, FLXSCALE: float, history: str) -> str:
    """Return a head: cards of FITS as lines, up to END.

    Parameters
    ----------
    astrom : mapping or None
        The astrometry, keywords of a FITS header; it is written as TPV.
    FLXSCALE : float
        The factor that brings the fluxes to the scale of a stack.
    history : str
        Where the values come from, in ASCII.

    Raises
    ------
    HeaderError
        When the astrometry is unknown.
    """
    from astropy.io import fits
    plate: Plate | None = header_plate(astrom)
    if plate is None or not math.isfinite(FLXSCALE) or FLXSCALE <= 0:
        raise HeaderError('nobody knows where the frame is on the sky: make a source list of it by SourceListTask first')
    cards = fits.Header()
    cards['HISTORY'] = history.encode('ascii', 'replace').decode('ascii')
    cards['EQUINOX'], cards['RADESYS'] = 2000.0, 'ICRS'
    for key, value in tpv_cards(plate).items():
        cards[key] = value
    cards['FLXSCALE'] = FLXSCALE, 'brings the flux to a zero point of 30 mag'
    return '\n'.join(line.rstrip() for line in cards.tostring(sep='\n', endcard=True, padding=False).split('\n')) + '\n'
