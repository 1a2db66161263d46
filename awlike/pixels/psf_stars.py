"""The stars from which the point spread function of an image is measured."""

from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array, Doubles, Flags, Integers
from awlike.pixels.source_flags import SourceFlag
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.surface import basis, clipped_fit, terms

_SPOILT = (SourceFlag.BLENDED | SourceFlag.SATURATED | SourceFlag.EDGE | SourceFlag.BAD_PIXELS | SourceFlag.COSMIC
           | SourceFlag.WINDOW_FAILED | SourceFlag.MOMENTS_FAILED | SourceFlag.NEIGHBOUR)
_NARROW = 0.06  # part of the radius: half the width in which the sizes of stars are counted
_DEGREES, _ENOUGH = (0, 1, 1, 1, 1, 2, 2, 2), 5  # of the polynomials of the size; stars that each term needs
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
    percent, is that of stars. From there a polynomial in x and y follows the size over the image. Sources within 4 robust
    standard deviations of it are stars. Of these, the most significant serve. Each fifth, in order of the table, is reserved.

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
    sizes, expected = radius[index], np.full(index.size, mode)
    for degree in _DEGREES:
        near = np.abs(sizes / expected - 1) < _NARROW
        if near.sum() >= _ENOUGH * len(terms(degree)):
            expected = _surface(table[index], near, degree)
    near = np.abs(sizes / expected - 1) < _NARROW
    if not near.any():
        return index[:0], float('nan')
    deviations = np.abs(sizes / expected - 1)
    sigma = max(MAD_TO_SIGMA * float(np.median(deviations[near])), 0.005)
    kept = deviations < _WIDTH * sigma
    return index[kept], float(np.median(sizes[near]))


def _surface(table: Array, near: Flags, degree: int) -> Doubles:
    """Return the FLUX_RADIUS of a star at each source: a polynomial of the place, fitted to the sources that are near it."""
    x, y = (2 * table[name] / max(float(table[name].max()), 1.0) - 1 for name in ('X_IMAGE', 'Y_IMAGE'))
    columns = basis(x, y, degree)
    coefficients, _ = clipped_fit(columns[:, near], table['FLUX_RADIUS'][near].astype(float), _WIDTH)
    return np.maximum(np.einsum('i,in->n', coefficients, columns), 0.1)
