"""Aperture photometry of stars that stand alone."""

from typing import NamedTuple

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Flags, Image, Image32, Mask
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.statistics import MAD_TO_SIGMA, robust_sigma
from awlike.pixels.strips import Frame

_CELL, _SAMPLE = 64, 4  # pixels: the sky is measured in cells, from one pixel in 4 x 4
_APERTURE, _ANNULUS = 2.5, (4.0, 6.0)  # radii in FWHM: seeing may vary over a detector, but little light is this far out
_ALONE, _FAINTER = 4.0, 0.005  # within this number of FWHM no neighbour is brighter than this, relative to the star
_FAR, _BRIGHTER = 10.0, 5.0  # the same, further out
_NEIGHBOUR = 5.0  # sigma of a neighbour that matters
_FIRST_FWHM = 4.0  # pixels, to find the stars from which the FWHM is measured
_SHARP = 3.0  # times the mean of its 8 neighbours: the peak of a star of 2 pixels FWHM or more is lower
_CORE, _CONCENTRATION = 0.25, 0.1  # part of the aperture; its share of the light differs by this between stars at most


class Stars(NamedTuple):
    """Stars in an image, the brightest first; arrays [n]."""

    x: Array  # pixels, 0 is the centre of the first
    y: Array
    flux: Array  # ADU
    flux_error: Array  # ADU


def measure_stars(image: Frame, good: Frame | None = None, fwhm: float | None = None, saturation: float | None = None,
                  gain: float | None = None, nsigma: float = 10.0) -> Stars:
    """Measure positions and aperture fluxes of the stars that stand alone.

    Stars are the peaks of the image smoothed by a star's own width (Stetson 1987, PASP 99, 191). The aperture has a radius
    of 2.5 FWHM, the sky is the median in an annulus of 4 to 6. A star is left out when a pixel in its aperture is bad or
    saturated, when a neighbour is near, or when its light is spread differently than that of the others, as that of galaxies
    and cosmic rays is.

    Parameters
    ----------
    image : 2-D array [y, x]
        Flat-fielded, ADU.
    good : 2-D map, optional
        1 good, 0 bad; pixels that are not finite are bad anyway. Default: all good.
    fwhm : float, optional
        Of a star, pixels. Default: measured, from the ratio of flux to peak.
    saturation : float, optional
        Values from this on are saturated, ADU. Default: the map tells.
    gain : float, optional
        e-/ADU, for the photon noise of the star. Default: only the noise of the sky is in the errors.
    nsigma : float
        Peaks below this many sigma of the smoothed image are not measured. Default: 10.

    Returns
    -------
    Stars
        Empty when there are none.

    Raises
    ------
    ValueError
        When shapes differ, or a width, gain or threshold is not positive.
    """
    require_same_shape(image=image, good=good)
    for name, value in {'fwhm': fwhm, 'gain': gain, 'nsigma': nsigma}.items():
        if value is not None and not value > 0:
            raise ParameterError(f'{name} is {value}, but must be positive: leave it out for the default')
    image = np.asarray(image)
    usable = good_pixels(image, good)
    if saturation is not None:
        usable &= image < saturation
    residuals = np.where(usable, image - _sky(image, usable), 0).astype(np.float32)
    x, y, peaks, sigma = _peaks(residuals, _FIRST_FWHM if fwhm is None else fwhm)
    bright = (peaks > nsigma * sigma) & ~_sharp(residuals, x, y)
    if fwhm is None:
        fwhm = _fwhm(residuals, usable, x[bright], y[bright])
    bright &= _alone(x, y, peaks, fwhm)
    return _photometry(residuals, usable, x[bright], y[bright], fwhm, gain)


def _sky(image: Image, usable: Mask) -> Array:
    """Return the level of the sky, by straight lines between the medians of cells; float32 [y, x]."""
    places = (slice(None, None, _SAMPLE),) * 2
    samples = np.where(usable[places], image[places], np.nan).astype(np.float32)
    side = _CELL // _SAMPLE
    padded = np.pad(samples, [(0, -length % side) for length in samples.shape], constant_values=np.nan)
    down, across = (length // side for length in padded.shape)
    medians = _medians(padded.reshape(down, side, across, side).swapaxes(1, 2).reshape(down, across, side * side))
    medians = np.where(np.isfinite(medians), medians, _medians(medians.reshape(-1)))
    height, width = image.shape
    across, down = ((np.arange(number) + 0.5) * _CELL for number in (across, down))
    rows = np.array([np.interp(np.arange(width), across, row) for row in medians], np.float32)
    place = np.interp(np.arange(height), down, np.arange(down.size))
    lower = place.astype(int)
    share = (place - lower)[:, None].astype(np.float32)
    return rows[lower] * (1 - share) + rows[np.minimum(lower + 1, down.size - 1)] * share


def _medians(values: Array) -> Array:
    """Return the medians along the last axis of the values that are not NaN; NaN where all are."""
    values = np.sort(values, axis=-1)
    counts = np.isfinite(values).sum(axis=-1, keepdims=True)
    middle = [np.take_along_axis(values, np.maximum(counts + shift, 0) // 2, -1)[..., 0] for shift in (-1, 0)]
    return np.where(counts[..., 0] > 0, (middle[0] + middle[1]) / 2, np.nan)


def _peaks(residuals: Image32, fwhm: float) -> tuple[Array, Array, Array, float]:
    """Return places x, y and heights of the peaks of the smoothed image, the highest first, and its sigma."""
    from scipy.ndimage import gaussian_filter

    smoothed = gaussian_filter(residuals, fwhm / 2.3548)
    sigma = robust_sigma(smoothed[::_SAMPLE, ::_SAMPLE])
    inner = smoothed[1:-1, 1:-1]
    y, x = np.nonzero((inner > _NEIGHBOUR * sigma) & (inner > 0))
    y, x = y + 1, x + 1
    around = np.array([[smoothed[y + dy, x + dx] for dx in (-1, 0, 1)] for dy in (-1, 0, 1)])
    heights = around[1, 1]
    # Of equal neighbours the first is the peak.
    highest = (heights >= around).all(axis=(0, 1)) & (heights > around[0]).all(axis=0) & (heights > around[1, 0])
    order = np.nonzero(highest)[0][np.argsort(-heights[highest], kind='stable')]
    around, x, y = around[:, :, order], x[order], y[order]
    return x + _vertex(around[1]), y + _vertex(around[:, 1]), around[1, 1], sigma


def _sharp(residuals: Image32, x: Array, y: Array) -> Flags:
    """Return which peaks are narrower than a star can be, as those of cosmic rays."""
    sigma = robust_sigma(residuals[::_SAMPLE, ::_SAMPLE])
    rows, columns = (np.clip(np.rint(place).astype(int), 1, length - 2)
                     for place, length in zip((y, x), residuals.shape, strict=True))
    around = np.array([residuals[rows + dy, columns + dx] for dy in (-1, 0, 1) for dx in (-1, 0, 1)])
    height = around.max(axis=0)
    return height > _SHARP * ((around.sum(axis=0) - height) / 8 + sigma)


def _vertex(three: Array) -> Array:
    """Return the position of the vertex of the parabola through three values at -1, 0 and 1, the middle one the highest."""
    below, middle, above = three.astype(float)
    return 0.5 * (above - below) / np.maximum(2 * middle - below - above, 1e-30)


def _fwhm(residuals: Image32, usable: Mask, x: Array, y: Array) -> float:
    """Return the FWHM of the stars, from the area of a Gaussian of their flux and peak."""
    from photutils.aperture import CircularAperture

    radius = 2 * _FIRST_FWHM
    whole = _all_usable(usable, x, y, radius)
    x, y = x[whole], y[whole]
    if not x.size:
        return _FIRST_FWHM
    fluxes = CircularAperture(np.array([x, y]).T, radius).do_photometry(residuals)[0]
    heights = residuals[np.rint(y).astype(int), np.rint(x).astype(int)]
    areas = fluxes[heights > 0] / heights[heights > 0]
    return float(np.sqrt(max(np.median(areas), 1.0) * 4 * np.log(2) / np.pi)) if areas.size else _FIRST_FWHM


def _alone(x: Array, y: Array, peaks: Array, fwhm: float) -> Flags:
    """Return which peaks have no neighbour whose light would be in their aperture."""
    from scipy.spatial import KDTree

    pairs = KDTree(np.array([x, y]).T).query_pairs(_FAR * fwhm, output_type='ndarray')
    pairs = np.concatenate([pairs, pairs[:, ::-1]])
    one, other = pairs.T
    near = np.hypot(x[one] - x[other], y[one] - y[other]) < _ALONE * fwhm
    spoilt = peaks[other] > np.where(near, _FAINTER, _BRIGHTER) * peaks[one]
    alone = np.ones(x.size, bool)
    alone[one[spoilt]] = False
    return alone


def _photometry(residuals: Image32, usable: Mask, x: Array, y: Array, fwhm: float, gain: float | None) -> Stars:
    from photutils.aperture import CircularAperture

    radius = _APERTURE * fwhm
    whole = _all_usable(usable, x, y, radius)
    x, y = x[whole], y[whole]
    if not x.size:
        return Stars(*np.zeros((4, 0)))
    level, sigma, number = _surroundings(residuals, usable, x, y, fwhm)
    places, area = np.array([x, y]).T, np.pi * radius**2
    flux = CircularAperture(places, radius).do_photometry(residuals)[0] - level * area
    core = CircularAperture(places, _CORE * radius).do_photometry(residuals)[0] - level * area * _CORE**2
    variance = area * sigma**2 * (1 + area / number) + (0 if gain is None else np.maximum(flux, 0) / gain)
    error = np.sqrt(variance)
    share = core / np.where(flux > 0, flux, 1)
    kept = (flux > 0) & (number > area / 4)
    if kept.any():
        kept &= np.abs(share - np.median(share[kept])) < _CONCENTRATION + 3 * error / np.where(flux > 0, flux, 1)
    order = np.argsort(-flux[kept], kind='stable')
    return Stars(*(part[kept][order].astype(float) for part in (x, y, flux, error)))


def _around(usable: Mask, x: Array, y: Array, inner: float, outer: float) -> tuple[Array, Array, Flags]:
    """Return rows and columns [n, k] of the pixels between two radii about each place, and which of them are usable."""
    reach = int(np.ceil(outer)) + 1
    dy, dx = np.mgrid[-reach:reach + 1, -reach:reach + 1]
    ring = (np.hypot(dx, dy) >= inner) & (np.hypot(dx, dy) <= outer)
    rows, columns = (np.rint(place).astype(int)[:, None] + shift[ring] for place, shift in ((y, dy), (x, dx)))
    inside = (rows >= 0) & (rows < usable.shape[0]) & (columns >= 0) & (columns < usable.shape[1])
    rows, columns = np.where(inside, rows, 0), np.where(inside, columns, 0)
    return rows, columns, inside & usable[rows, columns]


def _all_usable(usable: Mask, x: Array, y: Array, radius: float) -> Flags:
    """Return for each place whether all pixels of the aperture are usable, and in the image."""
    return np.all(_around(usable, x, y, 0, radius + 1)[2], axis=1)


def _surroundings(residuals: Image32, usable: Mask, x: Array, y: Array, fwhm: float) -> tuple[Array, Array, Array]:
    """Return median, robust sigma and number of the pixels in the annulus of each star."""
    rows, columns, counted = _around(usable, x, y, *(radius * fwhm for radius in _ANNULUS))
    values = np.where(counted, residuals[rows, columns], np.nan)
    level = np.nan_to_num(_medians(values))
    sigma = MAD_TO_SIGMA * np.nan_to_num(_medians(np.abs(values - level[:, None])))
    return level, sigma, np.maximum(counted.sum(axis=1), 1)
