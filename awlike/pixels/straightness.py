"""How straight a line of light is: its bow, from where its light lies in each piece of it."""

import numpy as np

from awlike.pixels.arrays import Array
from awlike.pixels.statistics import MAD_TO_SIGMA

_BOWS = np.arange(-60.0, 61.0)[:, None, None, None]  # pixels from the middle to the chord of the ends: curves that are tried
_TILTS, _SHIFTS = np.arange(-12.0, 13.0, 2)[:, None, None], np.arange(-8.0, 9.0)[:, None]  # pixels by which they are moved
_CHANCE = 4.0  # sigma of all light by which a curve must beat the line; the best of so many curves reaches 3.5 by chance
_SEEN, _WINDOW = 3.0, 3.0  # sigma of the light of a piece that counts; pixels aside within which the light is looked for
_FLOOR = 0.25  # pixels: no piece is measured better, as stars and the pixels themselves shift it
_FEWEST = 5  # pieces that a bow is measured from
_ROUNDS, _BISQUARE = 5, 4.685  # of the robust fit, and sigma from which on a piece does not count


def bow(places: Array, matched: Array, sigma: float) -> tuple[float, float]:
    """Return the bow of a line, and its error.

    The place of the light is measured in each piece of the line, along the line, or along the best curve where this has
    more light than chance explains. A parabola is fitted to these places, robustly. Its second order is the bow.

    Parameters
    ----------
    places : 1-D array
        The place of each piece along the line, -0.5 to 0.5 of its length.
    matched : 2-D array [piece, pixel across]
        Profiles across the line, which is in the middle, filtered with a Gaussian such that noise keeps its size.
    sigma : float
        The sigma of that Gaussian, pixels.

    Returns
    -------
    tuple of float
        How far the middle is from the chord of the ends, and the error of this, pixels. The error is infinite where too few
        pieces are seen.
    """
    noise = MAD_TO_SIGMA * np.median(np.abs(matched))
    where, significance = _light(matched, _path(places, matched, noise), noise)
    seen = significance > _SEEN
    if seen.sum() < _FEWEST:
        return 0.0, np.inf
    error = np.hypot(np.sqrt(2) * sigma / significance[seen], _FLOOR)  # of the peak of a filtered Gaussian
    return _second_order(places[seen], where[seen], error)


def _curve(places: Array) -> Array:
    """Return a parabola with a bow of 1 and a mean of 0."""
    return 1 / 3 - 4 * places ** 2


def _path(places: Array, matched: Array, noise: float) -> Array:
    """Return where the light lies in each piece, pixels from the line, to a pixel or two: on the line, or on a curve."""
    most = 3 * np.median(matched.max(axis=1))  # no piece decides alone
    middle, piece = matched.shape[1] // 2, np.arange(len(places))
    curves = _BOWS * _curve(places) + _TILTS * places + _SHIFTS  # [bow, tilt, shift, piece]
    at = np.rint(curves).astype(np.intp) + middle
    inside = (at >= 0) & (at < matched.shape[1])
    light = np.where(inside, np.minimum(matched, most)[piece, np.where(inside, at, 0)], 0).sum(axis=-1)
    best = np.unravel_index(np.argmax(light), light.shape)
    straight = light[len(_BOWS) // 2].max()
    if light[best] - straight > _CHANCE * noise * np.sqrt(len(places)):
        return curves[best]
    return np.zeros(len(places))


def _light(matched: Array, path: Array, noise: float) -> tuple[Array, Array]:
    """Return where along each profile the light near `path` peaks, pixels from the line, and its significance."""
    middle = matched.shape[1] // 2
    near = np.abs(np.arange(matched.shape[1]) - middle - path[:, None]) <= _WINDOW
    near[:, [0, -1]] = False  # a peak has pixels to both sides
    peak = np.argmax(np.where(near, matched, -np.inf), axis=1)
    piece = np.arange(len(matched))
    left, top, right = (matched[piece, np.clip(peak + step, 0, matched.shape[1] - 1)] for step in (-1, 0, 1))
    fall = 2 * top - left - right
    aside = np.clip((right - left) / 2 / np.where(fall > 0, fall, np.inf), -0.5, 0.5)
    return peak - middle + aside, np.where(near.any(axis=1), top, 0) / max(noise, np.finfo(float).tiny)


def _second_order(places: Array, where: Array, error: Array) -> tuple[float, float]:
    """Return the bow of the parabola through the places `where`, and its error; pieces far off it do not count."""
    terms = np.stack([np.ones_like(places), places, _curve(places)], axis=1) / error[:, None]
    values, weight, scale = where / error, np.ones(len(places)), 1.0
    coefficients = np.zeros(3)
    for _ in range(_ROUNDS):
        root = np.sqrt(weight)
        coefficients = np.linalg.lstsq(terms * root[:, None], values * root, rcond=None)[0]
        residual = values - terms @ coefficients
        scale = max(1.0, MAD_TO_SIGMA * float(np.median(np.abs(residual))))
        weight = np.clip(1 - (residual / scale / _BISQUARE) ** 2, 0, 1) ** 2
    inverse = np.linalg.pinv(terms.T @ (terms * weight[:, None]))
    return float(coefficients[2]), scale * float(np.sqrt(inverse[2, 2]))
