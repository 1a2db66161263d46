"""The stars from which the point spread function of an image is measured."""

from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array, Flags, Integers
from awlike.pixels.source_flags import SourceFlag
from awlike.pixels.statistics import MAD_TO_SIGMA

_SPOILT = (SourceFlag.BLENDED | SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS | SourceFlag.COSMIC
           | SourceFlag.WINDOW_FAILED | SourceFlag.MOMENTS_FAILED | SourceFlag.NEIGHBOUR)
_NARROW = 0.06  # part of the radius: half the width in which the sizes of stars are counted
_WIDTH = 4.0  # sigma of the sizes of stars
_LONGEST = 1.6  # elongation
_RESERVED = 5  # each fifth star
_FEW = 10  # stars: below, fainter stars serve, too


class PsfStars(NamedTuple):
    """The stars of a table that show the PSF, as they are in the table."""

    index: Integers  # [n], rows of the table
    reserved: Flags  # [n], true for the fifth by which the model is checked
    radius: float  # FLUX_RADIUS of a star, pixels; NaN where there are no stars


def select_stars(table: Array, least_snr: float = 20.0, most: int = 300) -> PsfStars:
    """Select the stars from which the PSF is measured.

    Stars have all the same size, and galaxies are larger: the FLUX_RADIUS around which most bright sources lie, within 6
    percent, is that of stars. Sources within 4 robust standard deviations of it are stars. Of these, the most significant
    serve. Each fifth, in order of the table, is reserved.

    Parameters
    ----------
    table : structured array
        From `measure_sources`.
    least_snr : float
        Least FLUX_AUTO / FLUXERR_AUTO; halved, and halved again, while there are fewer than 10 stars. Default: 20.
    most : int
        Stars at most. Default: 300.

    Returns
    -------
    PsfStars
        Empty when no source is fit.
    """
    for snr in (least_snr, least_snr / 2, least_snr / 4):
        index, radius = _locus(table, snr)
        if index.size >= _FEW:
            break
    significance = table['FLUX_AUTO'][index] / table['FLUXERR_AUTO'][index]
    index = np.sort(index[np.argsort(-significance, kind='stable')[:most]])
    reserved = np.arange(index.size) % _RESERVED == _RESERVED // 2
    return PsfStars(index, reserved, radius)


def _locus(table: Array, snr: float) -> tuple[Integers, float]:
    """Return the rows of the table that are stars above a S/N, and their radius."""
    radius = table['FLUX_RADIUS'].astype(float)
    with np.errstate(invalid='ignore', divide='ignore'):
        fit = (table['FLAGS'] & int(_SPOILT) == 0) & (table['FLUX_AUTO'] > snr * table['FLUXERR_AUTO']) & (radius > 0)
        fit &= table['ELONGATION'] < _LONGEST
    index = np.flatnonzero(fit)
    if not index.size:
        return index, float('nan')
    sizes = np.sort(radius[index])
    counts = np.searchsorted(sizes, sizes * (1 + _NARROW)) - np.searchsorted(sizes, sizes * (1 - _NARROW))
    mode = float(sizes[np.argmax(counts)])
    near = sizes[np.abs(sizes / mode - 1) < _NARROW]
    middle = float(np.median(near))
    sigma = max(MAD_TO_SIGMA * float(np.median(np.abs(near - middle))), 0.005 * middle)
    return index[np.abs(radius[index] - middle) < _WIDTH * sigma], middle
