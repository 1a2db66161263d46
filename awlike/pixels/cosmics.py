"""Cosmic rays, found by their sharp edges."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image, Image32, Map
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.strips import for_strips

_BRIGHT = 10  # sigma above the sky: light in which bad pixels are the core of a star, not defects
_CURVATURE_VARIANCE = 4**2 + 4  # of 4 times a pixel less its four neighbours, in units of the variance of one pixel
_BATCH = 2048  # pixels that are judged at a time


def cosmic_rays(image: Image, good: Image, gain: float, read_noise: float, threshold: float, objlim: float = 3.0,
                iterations: int = 6) -> Map:
    """Return a map of the pixels hit by cosmic rays.

    Laplacian edge detection (L.A.Cosmic; van Dokkum 2001, PASP 113, 1420), with these differences. The noise model,
    Poisson and read noise of the reduced image, is too small where the flat is low or the given gain is too large: it
    is raised, block by block, to the noise that neighbouring pixels show. Bad pixels get the level around them, so that
    they make no edges, and never count as hit; nor do pixels that touch bad pixels in bright light (the rim of a
    saturated star). A peak whose light falls on all its four neighbours is a star, however sharp, and pixels that touch it
    belong to it: contrast alone takes stars of FWHM below 2.5 pixels for hits. A hit must stand out by its edge and by
    its light, 0.7 x `threshold` above the median of its surroundings, so that a hole makes no hits beside it. With all
    of the threshold in light, 0.6 of the threshold in edge suffices, so that a faint straight track is found, and twice the
    contrast is needed. Neighbours of a hit are judged in the image cleaned of the hits so far, and need 0.4 of the edge
    and a third of the contrast.

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
        Significance, in sigma, from which on a pixel is taken for a hit. 5 is a good choice.
    objlim : float
        Least contrast between a hit and the fine structure of a star. Default: 3; good down to a FWHM of 1.5 pixels.
    iterations : int
        Rounds at most; a track grows by a pixel in each. Default: 6.

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
    from awlike.pixels.kernels.cosmics import HIT
    electrons, state = _electrons(np.asarray(image), np.asarray(good), gain)
    excess, bright = _measured_noise(electrons, state, read_noise)
    noise, edges = _edges(electrons, excess, read_noise)
    _find(electrons, noise, edges, state, threshold, objlim, bright, iterations)
    return (state != HIT).astype(np.uint8)


def _electrons(image: Image, good: Image, gain: float) -> tuple[Image32, Map]:
    """Return the image in electrons, bad pixels filled, and the state of each pixel."""
    from awlike.pixels.kernels.cosmics import BAD, GOOD, fill
    electrons, state = np.empty(image.shape, np.float32), np.empty(image.shape, np.uint8)

    def convert(rows: slice) -> None:
        with np.errstate(over='ignore'):  # a pixel that becomes infinite is bad
            np.multiply(image[rows], gain, out=electrons[rows], casting='same_kind')
        state[rows] = np.where(np.isfinite(electrons[rows]) & (good[rows] > 0), GOOD, BAD)

    for_strips(*image.shape, convert)
    bad = np.flatnonzero(state)
    for_strips(bad.size, 1, lambda batch: fill(bad[batch], state, electrons), values=_BATCH)
    return electrons, state


def _measured_noise(electrons: Image32, state: Map, read_noise: float) -> tuple[Image32, float]:
    """Return measured over modelled variance, at least 1, float32 [block of rows, x], and the light that counts as bright.

    The noise is measured as edges are, from differences of a pixel from its four neighbours: gradients do not count,
    patterns in rows and columns do, and the median of the absolute values ignores stars and hits.
    """
    from scipy.ndimage import median_filter

    from awlike.pixels.kernels.cosmics import BLOCK, measure_blocks
    blocks = -(-electrons.shape[0] // BLOCK), -(-electrons.shape[1] // BLOCK)
    levels, curvatures = np.empty(blocks, np.float32), np.empty(blocks, np.float32)
    for_strips(*blocks, lambda rows: measure_blocks(electrons, state, rows.start, rows.stop, levels, curvatures),
               values=blocks[1])
    modelled = np.maximum(levels, 0) + read_noise**2
    excess = (MAD_TO_SIGMA * curvatures) ** 2 / (_CURVATURE_VARIANCE * modelled)
    excess = np.maximum(median_filter(np.where(np.isfinite(excess), excess, 1), 3, mode='nearest'), 1)
    measured = levels[np.isfinite(levels)]
    sky = max(float(np.median(measured)), 0) if measured.size else 0
    bright = sky + _BRIGHT * np.sqrt(sky + read_noise**2)
    return np.repeat(excess.astype(np.float32), BLOCK, axis=1)[:, :electrons.shape[1]].copy(), bright


def _edges(electrons: Image32, excess: Image32, read_noise: float) -> tuple[Image32, Image32]:
    """Return the expected noise, and the Laplacian in units of it."""
    from awlike.pixels.kernels.cosmics import find_edges
    noise, edges = np.empty_like(electrons), np.empty_like(electrons)
    for_strips(*electrons.shape, lambda rows: find_edges(
        electrons, excess, np.float32(read_noise**2), rows.start, rows.stop, noise, edges))
    return noise, edges


def _find(electrons: Image32, noise: Image32, edges: Image32, state: Map, threshold: float, objlim: float, bright: float,
          iterations: int) -> None:
    """Mark hits in `state`, round by round; only near the hits of the last round is there anything new to find."""
    from awlike.pixels.kernels.cosmics import HIT, LINE, fill, judge, mark_near, renew_edges
    width, near = state.shape[1], np.zeros(state.shape, bool)
    places = np.concatenate(for_strips(*state.shape, lambda rows: (
        np.flatnonzero(edges[rows] > LINE[0] * threshold) + rows.start * width)))
    for _ in range(iterations):
        found = np.zeros(places.size, bool)

        def judge_batch(batch: slice, places: Array = places, found: Array = found) -> None:
            judge(places[batch], electrons, noise, edges, state, threshold, objlim, bright, found[batch])

        for_strips(places.size, 1, judge_batch, values=_BATCH)
        if not found.any():
            break
        new = places[found]
        state.reshape(-1)[new] = HIT
        fill(new, state, electrons)
        renew_edges(new, electrons, noise, edges)
        mark_near(new, edges, threshold, state, near)
        places = np.flatnonzero(near)
        near.reshape(-1)[places] = False
