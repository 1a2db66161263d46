"""A frame as an `astropy.nddata.CCDData`."""

from typing import TYPE_CHECKING, Any

from awlike.errors import ParameterError
from awlike.fits.opening import quiet
from awlike.products.headers import product_header
from awlike.products.pixel_map import good_pixels

if TYPE_CHECKING:
    import numpy as np
    from astropy.nddata import CCDData


def to_ccddata(frame: Any, mask: 'np.ndarray | None' = None, **parts: Any) -> 'CCDData':
    """Return `frame` as `CCDData`, see `Frame.to_ccddata`; `mask` replaces the mask of the maps; `parts` add or replace."""
    from astropy.nddata import CCDData
    if frame.data is None:
        raise ParameterError(f'{frame} has no image: info() shows what it has')
    good = good_pixels(frame) if mask is None else None
    mask = mask if good is None else good == 0
    header = product_header(frame) if frame.inputs() and not frame.is_committed else frame.header
    with quiet():
        wcs = parts.pop('wcs') if 'wcs' in parts else frame.wcs
        return CCDData(frame.data, unit=frame.unit, mask=mask, wcs=wcs, meta=header.copy(), **parts)
