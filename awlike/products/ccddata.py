"""A frame as an astropy CCDData."""

from awlike.errors import ParameterError
from awlike.fits.opening import quiet
from awlike.products.headers import product_header


def to_ccddata(frame, mask=None, **parts):
    """The `astropy.nddata.CCDData` of a frame; `Frame.to_ccddata` tells what is in it, `parts` is what it has besides."""
    from astropy.nddata import CCDData

    from awlike.products.pixel_map import good_pixels
    if frame.data is None:
        raise ParameterError(f'{frame} has no image: info() shows what it has')
    good = good_pixels(frame) if mask is None else None
    mask = mask if good is None else good == 0
    header = product_header(frame) if frame.inputs() and not frame.is_committed else frame.header
    with quiet():
        return CCDData(frame.data, unit=frame.UNIT, mask=mask, wcs=frame.wcs, meta=header.copy(), **parts)
