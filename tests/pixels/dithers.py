"""Dithered frames of one sky with known stars, for tests and benchmarks of stacks."""

import numpy as np

from awlike.sky.plate import Plate
from tests.pixels.fields import add, stamp

FWHM, SCALE = 3.8, 0.2134  # pixels, arcsec
_HALF = 20


def plate_near(grid, rng, shape, offset=10.0, rotation=2.0, distortion=5.0):
    """A plate whose middle lies up to `offset` arcsec from that of the grid, turned by up to `rotation` degrees.

    The distortion is a cubic of so many pixels at the corner.
    """
    angle = np.radians(rng.uniform(-rotation, rotation))
    east, north = rng.uniform(-offset, offset, 2) / 3600
    ra, dec = grid.ra + east / np.cos(np.radians(grid.dec)), grid.dec + north
    turn = SCALE / 3600 * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    half = np.hypot(*shape) / 2 * SCALE / 3600
    bend, polynomials = distortion / (np.hypot(*shape) / 2) / half ** 2, np.zeros((2, 4, 4))
    for axis, terms in enumerate((((1, 0), (3, 0), (1, 2)), ((0, 1), (0, 3), (2, 1)))):
        polynomials[axis][terms[0]] = 1
        for term in terms[1:]:
            polynomials[axis][term] = bend
    return Plate((ra, dec), ((shape[1] + 1) / 2, (shape[0] + 1) / 2), turn, polynomials)


def sky_of(grid, shape, number, seed=9, faintest=1e4, brightest=5e5):
    """Right ascension, declination and flux of stars about the middle of a grid."""
    rng = np.random.default_rng(seed)
    x, y = (rng.uniform(-0.45, 0.45, number) * length for length in shape[::-1])
    ra, dec = grid.plate.pixel_to_sky(x, y)
    return ra, dec, 10 ** rng.uniform(np.log10(faintest), np.log10(brightest), number)


def star_field(plate, shape, grid, number, fwhm=FWHM, **sky):
    """The light of the stars of `sky_of` in a frame, float32; that of a pixel follows from the pixel's area on the sky."""
    image = np.zeros(shape)
    ra, dec, flux = sky_of(grid, shape, number, **sky)
    for x, y, light in zip(*plate.sky_to_pixel(ra, dec), flux, strict=True):
        add_star(image, x, y, light, fwhm)
    return image.astype(np.float32)


def add_star(image, x, y, flux, fwhm=FWHM):
    """Add a star to an image; nothing where it is too near to the edge."""
    if _HALF <= round(x) < image.shape[1] - _HALF and _HALF <= round(y) < image.shape[0] - _HALF:
        values, x0, y0 = stamp(x, y, _HALF, fwhm, sampling=5)
        add(image, flux * values, x0, y0)
