"""The point spread function in the file of a calibrated exposure."""

from os import PathLike

import numpy as np

from awlike.errors import HeaderError
from awlike.fits.opening import load, named, opened
from awlike.fits.pixel_checks import image_data
from awlike.pixels.psf_model import PSF

_SAMPLING = 'PSFSAMP'


def read_psf(path: str | PathLike[str]) -> PSF:
    """Return the point spread function in the file of a calibrated exposure.

    Parameters
    ----------
    path : path
        A file that ``frame.export(path, calexp=True)`` wrote, plain or gzipped.

    Returns
    -------
    PSF
        ``psf.at(x, y)`` is an image of a star there; pixels count from 0.

    Raises
    ------
    HeaderError
        When the file cannot be read, or has no PSF.
    """
    with named(path), opened(load(path), whole=False) as hdus:
        header = hdus[0].header
        if 'PSF' not in hdus or _SAMPLING not in header:
            raise HeaderError(f'it has no extension PSF, or no card {_SAMPLING}: export(path, calexp=True) of a science frame '
                              'writes both')
        stacked = np.asarray(image_data(hdus['PSF']), np.float32)
        return PSF.from_image(stacked, header[_SAMPLING], (header['NAXIS2'], header['NAXIS1']))
