"""Forced photometry: the light of point sources at places that are known, whether anything is detected there or not."""

import numpy as np
from numpy.typing import NDArray

from awlike.pixels.arrays import Array, Doubles, Flags, Image, Integers
from awlike.pixels.detection import detect, significance_image
from awlike.pixels.psf_model import PSF
from awlike.pixels.psf_photometry import Found, Photometer, fit_given
from awlike.pixels.source_flags import SourceFlag

_SAME = 1.0  # FWHM: what is detected nearer to a place is the source there
_SAFE, _LEAST = 0.8, 0.2  # of the light of a PSF falls on good pixels: less is flagged, and not fitted
_CORE = 0.5  # FWHM: a saturated pixel so near to its centre saturates a source
_VALUES = 'FLUX_PSF', 'FLUXERR_PSF', 'CHI2_PSF'
COLUMNS = np.dtype([*((name, 'f4') for name in _VALUES), ('FLAGS', 'i4')])


def forced_photometry(image: Image, variance: Image, psf: PSF, x: Array, y: Array, good: Image | None = None,
                      gain: float | None = None, saturated: Image | None = None, threshold: float = 5.0,
                      measured_noise: bool = False) -> Array:
    """Fit the flux of the PSF at given places, all together, beside whatever else is detected.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of each pixel.
    psf : PSF
        Of this image.
    x, y : array [place]
        Pixels, 0 is the centre of the first; a place can lie beyond the edge, or be NaN.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.
    gain : float, optional
        e-/ADU, for the photon noise of the sources. Default: the variance has it.
    saturated : 2-D map, optional
        1 usable, 0 saturated. Default: no pixel is saturated.
    threshold : float
        Other sources of at least this significance are fitted, too, and disturb less. Default: 5.
    measured_noise : bool
        Whether the variance is that of a `Background`; then it is measured again beside the sources. Default: no.

    Returns
    -------
    structured array [place]
        FLUX_PSF and FLUXERR_PSF (ADU; a flux can be negative), CHI2_PSF (reduced) and FLAGS (`SourceFlag`). A flux that could
        not be measured is NaN.
    """
    x, y = np.asarray(x, float).reshape(-1), np.asarray(y, float).reshape(-1)
    table = np.zeros(x.size, COLUMNS)
    for name in _VALUES:
        table[name] = np.nan
    table['FLAGS'] = int(SourceFlag.OFF_FRAME)
    height, width = np.shape(image)
    inside = (x >= -0.5) & (x < width - 0.5) & (y >= -0.5) & (y < height - 0.5)
    if inside.any():
        photometer = Photometer(image, variance, psf, good, gain)
        found = _fitted(photometer, x[inside], y[inside], threshold, measured_noise)
        table[inside] = _measured(found, int(inside.sum()), saturated)
    return table


def _fitted(photometer: Photometer, x: Doubles, y: Doubles, threshold: float, measured_noise: bool) -> Found:
    """Return the sources at the given places, which come first, and the others, fitted together."""
    significance = significance_image(photometer.image, photometer.variance, photometer.psf.template(), photometer.good)
    there = detect(significance, threshold)
    other = _apart(there.x, there.y, x, y, _SAME * photometer.fwhm)
    if other.any():  # the places of the others are fitted first, while those that are given may feel them
        free = photometer.fitted(photometer.start(np.concatenate([x, there.x[other]]), np.concatenate([y, there.y[other]])))
        x, y = (np.concatenate([given, free.values[given.size:, axis]]) for axis, given in enumerate((x, y)))
    return fit_given(photometer, x, y, measured_noise)


def _apart(x: Integers, y: Integers, given_x: Doubles, given_y: Doubles, distance: float) -> Flags:
    """Return which places are at least `distance` from each that is given."""
    from scipy.spatial import KDTree
    nearest = KDTree(np.column_stack([given_x, given_y])).query(np.column_stack([x, y]).reshape(-1, 2).astype(float))[0]
    return np.asarray(nearest) > distance


def _flags(found: Found, number: int, saturated: Image | None) -> NDArray[np.int32]:
    """Return what disturbed the first `number` sources."""
    from awlike.pixels.kernels.psf_photometry import FLUX_VARIANCE, GOOD_SHARE
    values, share = found.sources.values[:number], found.results[:number, GOOD_SHARE]
    height, width = found.photometer.image.shape
    half = found.photometer.half
    column, row = np.rint(values[:, :2]).astype(int).T
    cut = (column < half) | (row < half) | (column >= width - half) | (row >= height - half)
    flags = np.where(cut, SourceFlag.EDGE, 0) | np.where(share < _SAFE, SourceFlag.PSF_BAD_PIXELS, 0)
    failed = ~np.isfinite(found.results[:number, FLUX_VARIANCE]) | (share < _LEAST)
    flags |= np.where(failed, SourceFlag.PSF_FAILED, 0)
    if saturated is not None:
        from scipy.ndimage import minimum_filter
        side = 2 * max(1, round(_CORE * found.photometer.fwhm)) + 1
        around = minimum_filter(np.asarray(saturated, np.uint8), side, mode='nearest')
        at = around[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        flags |= np.where(at == 0, SourceFlag.SATURATED, 0)
    return flags.astype(np.int32)


def _measured(found: Found, number: int, saturated: Image | None) -> Array:
    """Return flux, error, chi2 and flags of the first `number` sources; NaN where the fit failed."""
    from awlike.pixels.kernels.psf_photometry import CHI2, FLUX_VARIANCE
    table = np.zeros(number, COLUMNS)
    table['FLUX_PSF'], table['CHI2_PSF'] = found.sources.values[:number, 2], found.results[:number, CHI2]
    table['FLUXERR_PSF'] = np.sqrt(found.results[:number, FLUX_VARIANCE])
    table['FLAGS'] = _flags(found, number, saturated)
    for name in _VALUES:
        table[name][(table['FLAGS'] & int(SourceFlag.PSF_FAILED)) > 0] = np.nan
    return table
