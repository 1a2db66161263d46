"""Measurements at a position in an image: statistics of a box, centre and profile of a star, its flux.

Images are 2-D arrays [y, x]; positions (x, y) are in pixels, 0 is the centre of the first. A pixel that is not finite, or
not good by a map of 1 good and 0 bad, does not count.
"""

from typing import Any, NamedTuple

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels.arrays import Array, Flags, Image, Mask
from awlike.pixels.filters import good_pixels
from awlike.pixels.statistics import clipped_statistics, image_statistics, robust_sigma

_SEARCH = 5  # pixels from the cursor within which a star is looked for
_HALF = 12  # pixels: half the side of the box in which its centre is fitted
_STANDS_OUT = 5.0  # sigma of the smoothed sky: the least peak of a star
_APERTURE, _ANNULUS = 2.5, (4.0, 6.0)  # radii in FWHM
_FEWEST = 7  # pixels that determine a centre or profile


class Box(NamedTuple):
    """A part of an image, and the position of its first pixel."""

    x0: int
    y0: int
    pixels: Image
    good: Mask


class Star(NamedTuple):
    """A star: its position, and how its light falls off (Moffat)."""

    x: float
    y: float
    fwhm: float  # pixels
    peak: float  # above the sky
    sky: float
    radii: Array  # of the pixels about it, pixels
    values: Array
    good: Flags  # whether they were fitted
    profile: 'Moffat'


class Photometry(NamedTuple):
    """The light of a star in an aperture."""

    star: Star
    radius: float  # of the aperture, pixels
    flux: float
    error: float  # of the noise of the sky alone
    sky: float  # median in the annulus
    bad: int  # pixels in the aperture that count as the sky: not good, or beyond the edge of the image


def box(image: Image, x: int, y: int, half: int, good: Image | None = None) -> Box:
    """Return the pixels at most `half` from (x, y) in either direction, as far as the image has them."""
    x0, y0 = max(0, x - half), max(0, y - half)
    where = slice(y0, y + half + 1), slice(x0, x + half + 1)
    pixels = np.asarray(image[where])
    return Box(x0, y0, pixels, good_pixels(pixels, None if good is None else good[where]))


def box_statistics(image: Image, x: int, y: int, half: int, good: Image | None = None) -> dict[str, Any]:
    """Return min, max, mean, median, stdev and npix of the good pixels of a box, and their clipped `sigma`.

    Raises
    ------
    RuntimeError
        When no pixel is good.
    """
    found = box(image, x, y, half, good)
    values = found.pixels[found.good].astype(np.float32)
    if not values.size:
        raise ProcessingError(f'no good pixel is within {half} of x {x}, y {y}')
    return image_statistics(values) | {'sigma': clipped_statistics(values)[2]}


def star_at(image: Image, x: int, y: int, good: Image | None = None) -> Star:
    """Return the star nearest to a position: its centre by a 2-D Gaussian, its profile by a Moffat function.

    Raises
    ------
    RuntimeError
        When no star is there, or its profile cannot be fitted.
    """
    found = box(image, *_peak(image, x, y, good), _HALF, good)
    rim = _rim(found)
    sky = float(np.median(rim))
    centre_x, centre_y = _centre(found, sky)
    rows, columns = np.indices(found.pixels.shape)
    radii = np.hypot(columns + found.x0 - centre_x, rows + found.y0 - centre_y)
    near = (radii <= _HALF) & np.isfinite(found.pixels)
    profile = _moffat(radii[near & found.good], found.pixels[near & found.good], sky)
    if not 0 < profile.fwhm < 2 * _HALF or profile.amplitude < 3 * robust_sigma(rim):
        raise ProcessingError(f'no star at x {centre_x:.0f}, y {centre_y:.0f}: its profile cannot be fitted')
    order = np.argsort(radii[near])
    return Star(centre_x, centre_y, profile.fwhm, profile.amplitude, profile.sky, radii[near][order], found.pixels[near][order],
                found.good[near][order], profile)


def aperture_photometry(image: Image, x: int, y: int, good: Image | None = None) -> Photometry:
    """Measure the flux of the star nearest to a position, in an aperture of 2.5 FWHM, above the median from 4 to 6 FWHM.

    Pixels of the aperture that are not good, or beyond the edge, count as the sky; the error is that of its noise.

    Raises
    ------
    RuntimeError
        When no star is there, or there is no sky around it.
    """
    from photutils.aperture import CircularAnnulus, CircularAperture
    star = star_at(image, x, y, good)
    inner, outer = (factor * star.fwhm for factor in _ANNULUS)
    found = box(image, round(star.x), round(star.y), int(np.ceil(outer)) + 1, good)
    place, radius = (star.x - found.x0, star.y - found.y0), _APERTURE * star.fwhm
    ring = CircularAnnulus(place, inner, outer).to_mask(method='center').to_image(found.pixels.shape)
    around = found.pixels[found.good & (ring > 0)] if ring is not None else np.empty(0)
    if around.size < _FEWEST:
        raise ProcessingError(f'no good sky around x {star.x:.0f}, y {star.y:.0f}: nothing to measure it against')
    _, sky, sigma = clipped_statistics(around)
    aperture = CircularAperture(place, radius)
    flux = float(aperture.do_photometry(np.where(found.good, found.pixels - sky, 0.0))[0][0])
    inside = aperture.to_mask(method='center')
    counted = found.good & (inside.to_image(found.pixels.shape) > 0)
    area: float = aperture.area  # pyrefly: ignore[bad-assignment]  # photutils has no types
    error = sigma * np.sqrt(area * (1 + area / around.size))
    return Photometry(star, radius, flux, float(error), float(sky), int(inside.data.sum() - counted.sum()))


def _peak(image: Image, x: int, y: int, good: Image | None) -> tuple[int, int]:
    """Return the brightest pixel near a position, in the slightly smoothed image, if it stands out."""
    from scipy.ndimage import gaussian_filter
    found = box(image, x, y, _HALF, good)
    if found.good.sum() < _FEWEST:
        raise ProcessingError(f'no good pixels are around x {x}, y {y}')
    level = np.median(found.pixels[found.good])
    smoothed = gaussian_filter(np.where(found.good, found.pixels - level, 0).astype(float), 1.0)
    rows, columns = np.indices(smoothed.shape)
    smoothed[np.maximum(abs(rows + found.y0 - y), abs(columns + found.x0 - x)) > _SEARCH] = -np.inf
    row, column = np.unravel_index(np.argmax(smoothed), smoothed.shape)
    noise = robust_sigma(found.pixels[found.good]) / np.sqrt(4 * np.pi)  # of an image smoothed by sigma 1
    if not smoothed[row, column] > _STANDS_OUT * noise:
        raise ProcessingError(f'no star is within {_SEARCH} pixels of x {x}, y {y}')
    return int(column) + found.x0, int(row) + found.y0
def _rim(found: Box) -> Array:
    """Return the good pixels at the edge of a box, 3 wide, or all good pixels where these are too few."""
    edge = np.ones(found.pixels.shape, bool)
    edge[3:-3, 3:-3] = False
    values = found.pixels[edge & found.good]
    return values if values.size >= _FEWEST else found.pixels[found.good]


def _centre(found: Box, sky: float) -> tuple[float, float]:
    import warnings

    from astropy.utils.exceptions import AstropyUserWarning
    from photutils.centroids import centroid_2dg
    light = np.where(found.good, found.pixels - sky, 0.0).astype(float)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', AstropyUserWarning)
            column, row = centroid_2dg(light / np.abs(light).max(), mask=~found.good)
    except ValueError:  # no pixel from which a fit of a Gaussian could begin
        column = row = np.nan
    if not (0 <= column < light.shape[1] and 0 <= row < light.shape[0]):
        raise ProcessingError('no star here: its centre cannot be fitted')
    return float(column + found.x0), float(row + found.y0)


class Moffat(NamedTuple):
    """A Moffat profile on the sky, as a function of radius."""

    amplitude: float
    gamma: float
    alpha: float
    sky: float

    @property
    def fwhm(self) -> float:
        """Full width at half maximum."""
        return 2 * abs(self.gamma) * np.sqrt(2 ** (1 / self.alpha) - 1)

    def __call__(self, radii: Array) -> Array:
        return self.sky + self.amplitude * (1 + (radii / self.gamma) ** 2) ** -self.alpha


def _moffat(radii: Array, values: Array, sky: float) -> Moffat:
    import warnings

    from scipy.optimize import OptimizeWarning, curve_fit
    if values.size < _FEWEST:
        raise ProcessingError('too few good pixels around the star to fit its profile')
    light = values.astype(float) - sky
    scale = np.abs(light).max()

    def profile(radii: Array, *parameters: float) -> Array:
        return Moffat(*parameters)(radii)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', OptimizeWarning)
            found = curve_fit(profile, radii, light / scale, (1.0, 3.0, 3.0, 0.0),
                              bounds=([0, 0.1, 1, -1], [100, 100, 30, 1]))[0]
    except (RuntimeError, ValueError) as error:
        raise ProcessingError('the profile of the star cannot be fitted') from error
    amplitude, gamma, alpha, level = found.tolist()
    return Moffat(amplitude * scale, gamma, alpha, level * scale + sky)
