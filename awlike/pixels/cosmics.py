"""Cosmic rays, by their sharp edges."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.filters import fill_bad, good_pixels, local_level
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA

_BLOCK = 32  # pixels: the side of a block in which the noise is measured
_NEIGHBOURS = 0.6  # of the threshold: more grows hits less, less adds a ring of noise to each

# What of its peak a star of FWHM 1.6 pixels or more leaves to its faintest neighbour, and to the fainter of the pairs
# left and right, above and below: 99 of 100 stars of a real frame of that FWHM lie above 0.09 and 0.47.
_LEAST_NEIGHBOUR = 0.06
_LEAST_PAIR = 0.4
_SURROUNDINGS = 15  # pixels: wide enough that wings of a star do not count as sky


def cosmic_rays(image, good, gain, read_noise, threshold, objlim=8.0, iterations=4):
    """Map of pixels hit by cosmic rays.

    L.A.Cosmic (van Dokkum 2001, PASP 113, 1420) as in astroscrappy. Its noise model, Poisson and read noise of the
    reduced image, is too small where the flat is low or the gain given is too large: it is raised, block by block, to
    the noise that neighbouring pixels show. Bad pixels are replaced by their nearest good ones beforehand, so that
    they make no edges, and never count as hit; nor do pixels that touch bad ones in bright light (the rim of a
    saturated star). Neighbours of a hit are hit from 0.6 x `threshold` on. A peak whose light falls on all its four
    neighbours is a star, however sharp: L.A.Cosmic alone takes stars of FWHM below 2.5 pixels for hits.

    Parameters
    ----------
    image : 2-D array [y, x]
        Bias subtracted and flat-fielded, ADU, the sky still in it.
    good : 2-D map
        1 good, 0 bad: hot, cold and above all saturated pixels.
    gain : float
        e-/ADU.
    read_noise : float
        e-.
    threshold : float
        Significance, in sigma, from which a pixel is taken for a hit. 5 is a good choice.
    objlim : float
        Least contrast between a hit and the fine structure of a star. Default: 8; good down to a FWHM of 1.6 pixels.
    iterations : int
        Rounds at most. Default: 4.

    Returns
    -------
    2-D uint8 array
        1 good, 0 hit. Pixels bad in `good` or not finite are 1: their own map has them.

    Raises
    ------
    ValueError
        When shapes differ, or gain, read noise or threshold are not positive.
    """
    require_same_shape(image=image, good=good)
    for name, value in (('gain', gain), ('read_noise', read_noise), ('threshold', threshold)):
        if not value > 0:
            raise ParameterError(f'{name} is {value}, but must be above 0: measure it, or take it from the instrument')
    usable = good_pixels(image, good)
    hits = np.zeros(usable.shape, bool)
    if usable.any():
        electrons = fill_bad(image, usable)
        electrons *= np.float32(gain)
        usable &= ~_beside_bright_bad(electrons, usable, read_noise)
        hits = _detect(electrons, usable, read_noise, threshold, objlim, iterations)
        hits &= usable & ~_star_cores(electrons, hits)
    return (~hits).astype(np.uint8)


def _beside_bright_bad(electrons, usable, read_noise):
    """Pixels that touch a bad one in bright light. The level that fills a bad pixel there is flat where the star still
    rises, and a flat top has an edge."""
    from scipy.ndimage import binary_dilation

    sky = float(np.median(electrons[usable]))
    bright = electrons > sky + 10 * np.sqrt(max(sky, 0) + read_noise**2)
    return binary_dilation(~usable & bright, np.ones((3, 3)))


def _star_cores(electrons, hits):
    """Pixels within 2 of a peak among the hits that has the light of a star around it."""
    from scipy.ndimage import binary_dilation

    light = np.pad(electrons - local_level(electrons, _SURROUNDINGS), 1, mode='edge')
    rows, columns = np.nonzero(hits)
    nine = {(dy, dx): light[rows + 1 + dy, columns + 1 + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)}
    peak = nine[0, 0]
    below, above, left, right = nine[-1, 0], nine[1, 0], nine[0, -1], nine[0, 1]
    starlike = (peak > 0) & (peak >= np.max(list(nine.values()), axis=0))
    starlike &= np.minimum.reduce([below, above, left, right]) > _LEAST_NEIGHBOUR * peak
    starlike &= np.minimum(below + above, left + right) > _LEAST_PAIR * peak
    stars = np.zeros_like(hits)
    stars[rows[starlike], columns[starlike]] = True
    return binary_dilation(stars, np.ones((5, 5)))


def _detect(electrons, usable, read_noise, threshold, objlim, iterations):
    from astroscrappy import detect_cosmics

    variance = np.maximum(electrons, 0) + np.float32(read_noise**2)
    variance *= _excess_variance(electrons, variance, usable)
    hits, _ = detect_cosmics(
        electrons,
        inmask=~usable,
        invar=variance,
        sigclip=threshold,
        sigfrac=_NEIGHBOURS,
        objlim=objlim,
        gain=1.0,
        readnoise=read_noise,
        satlevel=np.inf,  # the map of saturated pixels is in `usable` already
        niter=iterations,
    )
    return hits


def _excess_variance(electrons, variance, usable):
    """Measured over modelled variance, at least 1, float32 [y, x], constant within blocks.

    Measured from differences of neighbours in x: gradients hardly count there, and the median of their absolute values
    ignores stars and hits.
    """
    from scipy.ndimage import median_filter

    differences = np.full(electrons.shape, np.nan, np.float32)
    differences[:, 1:] = np.abs(np.diff(electrons, axis=1)) * np.float32(MAD_TO_SIGMA / np.sqrt(2))
    differences[~usable] = np.nan
    differences[:, 1:][~usable[:, :-1]] = np.nan
    measured = _block_medians(differences) ** 2
    modelled = _block_medians(np.where(usable, variance, np.nan))
    excess = np.where(np.isfinite(measured / modelled), measured / modelled, 1)
    excess = np.maximum(median_filter(excess, 3, mode='nearest'), 1).astype(np.float32)
    full = np.repeat(np.repeat(excess, _BLOCK, axis=0), _BLOCK, axis=1)
    return full[:electrons.shape[0], :electrons.shape[1]]


def _block_medians(image):
    """Median of the values that are not NaN, block by block; NaN where a block has fewer than a tenth."""
    ny, nx = (-(-side // _BLOCK) for side in image.shape)
    padded = np.full((ny * _BLOCK, nx * _BLOCK), np.nan, np.float32)
    padded[:image.shape[0], :image.shape[1]] = image
    blocks = padded.reshape(ny, _BLOCK, nx, _BLOCK).swapaxes(1, 2).reshape(ny, nx, -1)
    ordered = np.sort(blocks, axis=-1)  # NaN last
    count = np.isfinite(blocks).sum(axis=-1)
    medians = np.take_along_axis(ordered, count[..., None] // 2, axis=-1)[..., 0]
    return np.where(count > _BLOCK**2 // 10, medians, np.nan)
