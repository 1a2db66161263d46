"""The point spread function of an image, which varies over it."""

import math
from dataclasses import dataclass

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Doubles, Floats, Image32
from awlike.pixels.surface import basis as polynomials

_SUBPIXELS = 8  # of a pixel, where the size of the PSF is measured
_REACH, _LEAST, _MOST = 4.5, 8, 30  # radius of the PSF: in FWHM, and its limits in pixels
_SAMPLED = 3.0  # pixels: from this FWHM on, one grid point to a pixel suffices


@dataclass(frozen=True)
class PSF:
    """A point spread function: cubic B-splines on a grid, whose coefficients are polynomials of the place in the image.

    Its values are those of pixels, not of points: the response of a pixel is in it. The sum over all pixels is 1.

    Parameters
    ----------
    basis : float32 [term, m, m]
        Coefficients of the B-splines for each term of the polynomials, in the order of `surface.terms`.
    sampling : int
        Grid points to a pixel.
    shape : tuple of int
        (height, width) of the image [pixels].
    """

    basis: Floats
    sampling: int
    shape: tuple[int, int]

    @classmethod
    def from_image(cls, stacked: Floats, sampling: int, shape: tuple[int, int]) -> 'PSF':
        """Return the PSF whose basis is kept as an image [term m, m]: the terms one above the other."""
        side = stacked.shape[1]
        return cls(np.ascontiguousarray(stacked.reshape(-1, side, side)), sampling, shape)

    @property
    def degree(self) -> int:
        """The degree of the polynomials."""
        return round((np.sqrt(8 * self.basis.shape[0] + 1) - 3) / 2)

    @property
    def radius(self) -> int:
        """Up to this number of pixels from the centre, in either direction, the PSF is known; it is 0 beyond."""
        return (self.basis.shape[1] - 5) // (2 * self.sampling)

    def terms(self, x: Array | float, y: Array | float) -> Doubles:
        """Return the values of the polynomials at places in the image, 0 the first pixel: float64 [place, term]."""
        height, width = self.shape
        x, y = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
        return np.ascontiguousarray(polynomials(2 * x / width - 1, 2 * y / height - 1, self.degree).T)

    def stamps(self, x: Array, y: Array, half: int | None = None) -> Floats:
        """Return stars of unit flux at (x, y), each on pixels about the nearest: float32 [star, 2 half + 1, 2 half + 1].

        `x` and `y` [star] are pixels, 0 is the centre of the first. The default of `half` is the radius.
        """
        from awlike.pixels.kernels.psf import render_stars
        x, y = np.asarray(x, float).reshape(-1), np.asarray(y, float).reshape(-1)
        side = 2 * (self.radius if half is None else half) + 1
        result = np.empty((x.size, side, side), np.float32)
        render_stars(self.basis, self.terms(x, y), self.sampling, np.array([x - np.rint(x), y - np.rint(y)]).T.copy(), result)
        return result

    def at(self, x: float, y: float, half: int | None = None) -> Image32:
        """Return the PSF at a place in the image, centred on the middle pixel: float32 [2 half + 1, 2 half + 1]."""
        if not (np.isfinite(x) and np.isfinite(y)):
            raise ParameterError(f'({x}, {y}) is no place in the image: a PSF is evaluated at finite pixels')
        from awlike.pixels.kernels.psf import render_stars
        side = 2 * (self.radius if half is None else half) + 1
        result = np.empty((1, side, side), np.float32)
        render_stars(self.basis, self.terms(x, y), self.sampling, np.zeros((1, 2)), result)
        return result[0]

    def template(self, side: int = 7) -> Image32:
        """Return the PSF in the middle of the image on `side` x `side` pixels, to detect sources."""
        return self.at(self.shape[1] / 2, self.shape[0] / 2, side // 2)

    def fwhm(self, x: float | None = None, y: float | None = None) -> float:
        """Return the FWHM at a place, by default the middle [pixels]: the width of the circle where half the peak is."""
        values = self._fine(x, y)
        return float(2 * np.sqrt((values > values.max() / 2).sum() / np.pi) / _SUBPIXELS)

    def ellipticity(self, x: float | None = None, y: float | None = None) -> tuple[float, float]:
        """Return e1 and e2 at a place, by default the middle: of the second moments in a Gaussian of the PSF's width."""
        values = self._fine(x, y)
        place = (np.arange(len(values)) - len(values) // 2) / _SUBPIXELS
        weight = np.exp(-0.5 * (place**2 + place[:, None] ** 2) / (self.fwhm(x, y) / 2.3548) ** 2) * values
        xx, yy = (weight * place**2).sum(), (weight * place[:, None] ** 2).sum()
        xy = (weight * place * place[:, None]).sum()
        return float((xx - yy) / (xx + yy)), float(2 * xy / (xx + yy))

    def _fine(self, x: float | None, y: float | None) -> Image32:
        """Return the middle of the PSF at a place on a grid of 8 points to a pixel."""
        x, y = self.shape[1] / 2 if x is None else x, self.shape[0] / 2 if y is None else y
        steps = (np.arange(_SUBPIXELS) - _SUBPIXELS // 2) / _SUBPIXELS
        dx, dy = np.meshgrid(steps, steps)
        from awlike.pixels.kernels.psf import render_stars
        side = 2 * (self.radius // 2) + 1
        result = np.empty((steps.size**2, side, side), np.float32)
        terms = np.repeat(self.terms(x, y), steps.size**2, axis=0)
        render_stars(self.basis, terms, self.sampling, np.array([-dx.ravel(), -dy.ravel()]).T.copy(), result)
        fine = result.reshape(steps.size, steps.size, side, side).transpose(2, 0, 3, 1)
        return fine.reshape(side * steps.size, side * steps.size)


def radius_for(fwhm: float) -> int:
    """Return the radius of the PSF of stars of this FWHM [pixels]: 4.5 FWHM, from 8 to 30."""
    return min(max(math.ceil(_REACH * fwhm), _LEAST), _MOST)


def moffat_psf(fwhm: float, shape: tuple[int, int], degree: int = 0) -> PSF:
    """Return a Moffat star (beta 3) as the PSF of an image, the same everywhere.

    Parameters
    ----------
    fwhm : float
        Pixels.
    shape : tuple of int
        (height, width) of the image [pixels].
    degree : int
        Of the polynomials, whose higher terms are 0. Default: 0.
    """
    sampling = max(1, math.ceil(_SAMPLED / fwhm))
    half = radius_for(fwhm) * sampling + 2
    place = np.arange(-half, half + 1) / sampling
    moffat = (1 + (place**2 + place[:, None] ** 2) * 4 * (2 ** (1 / 3) - 1) / fwhm**2) ** -3.0
    basis = np.zeros(((degree + 1) * (degree + 2) // 2, moffat.shape[0], moffat.shape[0]), np.float32)
    basis[0] = moffat * sampling**2 / moffat.sum()
    return PSF(basis, sampling, shape)
