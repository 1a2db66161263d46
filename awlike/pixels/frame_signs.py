"""Signs of a frame by which frames that should be alike are compared: level, noise, how light falls off, stars.

They are measured on strips of rows all over the frame, robustly, so that a frame takes some hundredths of a second.
"""

from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array, Image
from awlike.pixels.statistics import robust_sigma
from awlike.pixels.strips import Frame

_ALONG = 8  # strips, and cells of a strip
_HEIGHT = 48  # rows of a strip
_ASIDE = 10  # pixels to either side of a star whose mean is the sky below it, so that slopes make no stars
_BRIGHT, _WINGS, _WIDE = 6.0, 2.5, 4  # a star: peak above 6 sigma, at least 4 neighbours above 2.5 sigma
_APERTURE = 10  # pixels from a star's peak: a square that holds its light in good and in bad seeing
_SKY = 4  # columns to either side of the square, whose median is the sky
_MEASURED = 10.0  # sigma: fainter light in the square is not measured
_BRIGHTEST = 120  # stars of a frame that are kept
_KEPT = 4.0  # robust sigma: differences further out are no noise


class Bright(NamedTuple):
    """The brightest stars of a frame, the brightest first."""

    x: Array  # pixels from 0, [n]
    y: Array
    flux: Array  # ADU


class Signs(NamedTuple):
    """The measurements of one frame."""

    level: float  # ADU, the median
    noise: float  # ADU, of a pixel, from differences of neighbours
    stars: int  # in the strips
    grid: Array  # ADU, medians of the cells, [8, 8] or less for a small frame
    bright: Bright  # stars in the strips whose light is measured


def signs(image: Frame) -> Signs:
    """Return the signs of a frame.

    Parameters
    ----------
    image : 2-D array [y, x] or `strips.Rows`
        ADU, trimmed, the electronic level subtracted where it is known. Values that are not finite do not count.

    Returns
    -------
    Signs
        All NaN, and no stars, when nothing is finite.
    """
    height, width = image.shape
    number = min(_ALONG, max(1, height // 4))
    tall = min(_HEIGHT, max(1, height // number))
    starts = np.unique(np.linspace(0, height - tall, number).astype(int)).tolist()
    strips = [np.asarray(image[start:start + tall], np.float32) for start in starts]
    noise = _noise(np.array([np.diff(strip[::2], axis=1) for strip in strips]))
    cells = [np.array_split(strip[::2], min(_ALONG, width), axis=1) for strip in strips]
    grid = np.array([[_median(cell[:, ::2]) for cell in row] for row in cells])
    level = _median(np.array([strip[::3, ::3] for strip in strips]))
    peaks = [_peaks(strip, noise) for strip in strips]
    bright = _bright(strips, starts, peaks, noise)
    return Signs(level, noise if np.isfinite(level) else float('nan'), sum(len(y) for y, _ in peaks), grid, bright)


def _median(values: Array) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else float('nan')


def _noise(differences: Array) -> float:
    """Return the noise of a pixel; of integers the robust sigma alone has steps."""
    width = _KEPT * max(robust_sigma(differences), 1.0)
    kept = differences[np.abs(differences) <= width]
    return float(np.sqrt(np.mean(kept ** 2, dtype=float) / 2)) if kept.size else 0.0


def _peaks(strip: Image, noise: float) -> tuple[Array, Array]:
    """Return rows and columns of the peaks of a strip that are as wide as stars; hot pixels and most cosmic rays are not."""
    if not noise > 0 or min(strip.shape) < 3 or strip.shape[1] < 2 * _ASIDE + 3:
        return np.zeros(0, int), np.zeros(0, int)
    with np.errstate(invalid='ignore'):
        above = strip[:, _ASIDE:-_ASIDE] - (strip[:, :-2 * _ASIDE] + strip[:, 2 * _ASIDE:]) / 2
    y, x = np.nonzero(above[1:-1, 1:-1] > _BRIGHT * noise)
    around = np.array([above[y + dy, x + dx] for dy in range(3) for dx in range(3) if (dy, dx) != (1, 1)]).reshape(8, -1)
    peak = above[y + 1, x + 1]
    highest = (peak > around[:4]).all(axis=0) & (peak >= around[4:]).all(axis=0)  # of two equal pixels one is the peak
    stars = highest & ((around > _WINGS * noise).sum(axis=0) >= _WIDE)
    return y[stars] + 1, x[stars] + 1 + _ASIDE


def _bright(strips: list[Image], starts: list[int], peaks: list[tuple[Array, Array]], noise: float) -> Bright:
    """Return the brightest stars of the strips, which begin in the rows `starts`."""
    reach = min(_APERTURE, (strips[0].shape[0] - 1) // 3)
    found = [np.zeros((3, 0))]
    for strip, start, (y, x) in zip(strips, starts, peaks, strict=True):
        wide = reach + _SKY
        inside = (y >= reach) & (y < strip.shape[0] - reach) & (x >= wide) & (x < strip.shape[1] - wide)
        found.append(np.array([x[inside], y[inside] + start, _fluxes(strip, y[inside], x[inside], reach)]))
    x, y, flux = np.concatenate(found, axis=1)
    kept = np.flatnonzero(flux > _MEASURED * noise * (2 * reach + 1))
    kept = kept[np.argsort(-flux[kept], kind='stable')][:_BRIGHTEST]
    return Bright(x[kept], y[kept], flux[kept])


def _fluxes(strip: Image, y: Array, x: Array, reach: int) -> Array:
    """Return the light above the sky in squares around peaks that lie far enough from the edges."""
    wide = reach + _SKY
    if not len(y):
        return np.zeros(0)
    boxes = np.lib.stride_tricks.sliding_window_view(strip, (2 * reach + 1, 2 * wide + 1))[y - reach, x - wide]
    sky = np.concatenate([boxes[:, :, :_SKY], boxes[:, :, -_SKY:]], axis=2).reshape(len(y), -1)
    return (boxes[:, :, _SKY:-_SKY] - np.median(sky, axis=1)[:, None, None]).sum(axis=(1, 2), dtype=float)
