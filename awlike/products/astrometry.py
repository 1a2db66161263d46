"""The linear astrometry of frames, as headers have it."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import AwlikeError, HeaderError, ProcessingError
from awlike.sky.headers import read_plate
from awlike.sky.linear_wcs import linear_wcs, trimmed_astrometry
from awlike.sky.plate import Plate

if TYPE_CHECKING:
    from astropy.wcs import WCS

    from awlike.products.frame import Frame


def wcs_of(frame: 'Frame') -> 'WCS | None':
    """Return the `astropy.wcs.WCS` of a frame of one exposure.

    It is None where the astrometry is unknown, and for a raw frame of several amplifiers, whose pixels are no one image.
    """
    return None if getattr(frame, 'amplifiers', None) else linear_wcs(astrometry(frame))


def trimmed_wcs(raw: Any) -> 'WCS | None':
    """Return the `astropy.wcs.WCS` of the light-sensitive part of a raw frame; None where the astrometry is unknown."""
    return linear_wcs(trimmed_astrometry(raw.astrom, raw.geometry))


def astrometry(frame: 'Frame') -> dict[str, Any] | None:
    """Return the linear astrometry of a frame, or of the only exposure behind it; None where there is none."""
    if 'astrom' in type(frame).__properties__:
        return frame.astrom
    origin = getattr(frame, frame.principal_role()) if frame.inputs() else None
    if origin is None or isinstance(origin, list):
        return None
    found = astrometry(origin)
    return trimmed_astrometry(found, origin.geometry) if hasattr(origin, 'geometry') else found


def header_plate(astrom: Mapping[str, Any] | None) -> Plate | None:
    """Return the plate of the astrometry of a header; None where there is none that awlike reads."""
    try:
        return read_plate(astrom or {})
    except HeaderError:
        return None


def corners(frame: 'Frame') -> np.ndarray | None:
    """Return the corners of a frame on the sky, as far as the astrometry of its header tells them.

    Returns
    -------
    numpy.ndarray, 2-D [corner, (ra, dec)], or None
        Degrees. The reference point of the header alone where the size of the frame is unknown; None where the header has no
        astrometry that awlike reads.
    """
    plate, size = _plate_and_size(frame)
    if plate is None:
        return None
    if size is None:
        return np.array([plate.CRVAL])
    ends = [(x, y) for y in (-0.5, size[0] - 0.5) for x in (-0.5, size[1] - 0.5)]
    return np.transpose(plate.pixel_to_sky(*np.transpose(ends)))


def placed(frame: 'Frame') -> tuple[Plate, tuple[int, int]] | None:
    """Return the plate of a frame by its header, and its shape (rows, columns); None where the header does not tell both.

    Of a raw frame, they count in its light-sensitive part.
    """
    plate, size = _plate_and_size(frame)
    return None if plate is None or size is None else (plate, size)


def _plate_and_size(frame: 'Frame') -> tuple[Plate | None, tuple[int, int] | None]:
    geometry, own = getattr(frame, 'geometry', None), astrometry(frame)
    plate = header_plate(own if geometry is None else trimmed_astrometry(own, geometry))
    if plate is None:
        return None, None
    return plate, _size(frame) if geometry is None else geometry.shape


def _size(frame: 'Frame') -> tuple[int, int] | None:
    """Return rows and columns of a product, from the raw frame behind it or from its file; None where nothing tells."""
    origin = getattr(frame, frame.principal_role(), None) if frame.inputs() else None
    if origin is not None and not isinstance(origin, list):
        return origin.geometry.shape if hasattr(origin, 'geometry') else _size(origin)
    from awlike.fits.headers import frame_header
    try:
        header = frame_header(frame._path(), 0)
        return header['NAXIS2'], header['NAXIS1']
    except (AwlikeError, KeyError):
        return None


def positions(raws: Sequence[Any]) -> list[Callable[..., Any]]:
    """Return for each of `raws` the function from pixels of the trimmed frame to a plane that is common to all."""
    from awlike.sky.matching import tangent_plane
    found: list[Any] = [trimmed_astrometry(raw.astrom, raw.geometry) for raw in raws]
    for raw, one in zip(raws, found, strict=True):
        if one is None or None in one.values():
            raise ProcessingError(f'the raw frame of {raw.DATE_OBS} has no linear astrometry, by which stars are found again: '
                                  'select the other raw frames by name')
    centre = found[0]['CRVAL1'], found[0]['CRVAL2']
    return [tangent_plane((one['CRVAL1'], one['CRVAL2']), (one['CRPIX1'], one['CRPIX2']),
                          [[one['CD1_1'], one['CD1_2']], [one['CD2_1'], one['CD2_2']]], centre) for one in found]
