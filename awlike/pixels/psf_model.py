"""The point spread function of an image, which varies over it."""

import math
from dataclasses import dataclass

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Doubles, Floats, Image32
from awlike.pixels.surface import basis as polynomials

_SUBPIXELS = 8  # of a pixel, where the size of the PSF is measured
_REACH, _LEAST, _MOST = 4.5, 8, 30  # radius of the PSF: in FWHM, and its limits in pixels
_EVEN = 1.02  # a seeing whose square varies by less is the same everywhere
_SAMPLED = 3.0  # pixels: from this FWHM on, one grid point to a pixel suffices


@dataclass(frozen=True)
class Seeing:
    """How wide stars of a stack are, pixel by pixel: the width steps where the number of frames changes.

    A mean of stars of several widths is, to first order, a star whose square of the width is the mean of their squares. So
    the PSF of a stack has one term more, the square of `fwhm` less `middle`, by `half`.

    Parameters
    ----------
    fwhm : float32 [y, x]
        NaN where nobody knows.
    middle, half : float
        Middle and half width of the range of the squares of `fwhm`.
    """

    fwhm: Image32
    middle: float
    half: float

    @classmethod
    def of(cls, fwhm: Image32) -> 'Seeing | None':
        """Return the seeing of a stack; None where it is the same everywhere."""
        known = fwhm[np.isfinite(fwhm)].astype(float) ** 2
        least, most = (known.min(), known.max()) if known.size else (0.0, 0.0)
        return cls(fwhm, float(least + most) / 2, float(most - least) / 2) if most > _EVEN * least else None

    def term(self, x: Doubles, y: Doubles) -> Doubles:
        """Return the term at places in the image, within -1 and 1, float64 [place]; 0 where the seeing is unknown."""
        height, width = self.fwhm.shape
        column, row = (np.clip(np.rint(np.nan_to_num(place)).astype(int), 0, length - 1)
                       for place, length in ((x, width), (y, height)))
        return np.nan_to_num((self.fwhm[row, column].astype(float) ** 2 - self.middle) / self.half)


@dataclass(frozen=True)
class PSF:
    """A point spread function: cubic B-splines on a grid, whose coefficients are polynomials of the place in the image.

    Its values are those of pixels, not of points: the response of a pixel is in it. The sum over all pixels is 1.

    Parameters
    ----------
    basis : float32 [term, m, m]
        Coefficients of the B-splines for each term of the polynomials, in the order of `surface.terms`, and for the seeing.
    sampling : int
        Grid points to a pixel.
    shape : tuple of int
        (height, width) of the image [pixels].
    seeing : Seeing, optional
        Of a stack, whose PSF has a term for it. Default: none.
    """

    basis: Floats
    sampling: int
    shape: tuple[int, int]
    seeing: Seeing | None = None

    @classmethod
    def from_image(cls, stacked: Floats, sampling: int, shape: tuple[int, int], seeing: Seeing | None = None) -> 'PSF':
        """Return the PSF whose basis is kept as an image [term m, m]: the terms one above the other."""
        side = stacked.shape[1]
        return cls(np.ascontiguousarray(stacked.reshape(-1, side, side)), sampling, shape, seeing)

    @property
    def degree(self) -> int:
        """The degree of the polynomials."""
        number = self.basis.shape[0] - (self.seeing is not None)
        return round((np.sqrt(8 * number + 1) - 3) / 2)

    def polynomials(self) -> Floats:
        """Return the terms of the polynomials as an image [term m, m]; of a stack, so the PSF at its middle seeing."""
        return np.concatenate(list(self.basis[:len(self.basis) - (self.seeing is not None)]))

    @property
    def radius(self) -> int:
        """Up to this number of pixels from the centre, in either direction, the PSF is known; it is 0 beyond."""
        return (self.basis.shape[1] - 5) // (2 * self.sampling)

    def terms(self, x: Array | float, y: Array | float) -> Doubles:
        """Return polynomials and seeing at places in the image, 0 the first pixel: float64 [place, term]."""
        height, width = self.shape
        x, y = np.atleast_1d(np.asarray(x, float)), np.atleast_1d(np.asarray(y, float))
        found = polynomials(2 * x / width - 1, 2 * y / height - 1, self.degree)
        if self.seeing is not None:
            found = np.concatenate([found, self.seeing.term(x, y)[None]])
        return np.ascontiguousarray(found.T)

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


def moffat_psf(fwhm: float, shape: tuple[int, int], degree: int = 0, seeing: Seeing | None = None) -> PSF:
    """Return a Moffat star (beta 3) as the PSF of an image, the same everywhere.

    Parameters
    ----------
    fwhm : float
        Pixels.
    shape : tuple of int
        (height, width) of the image [pixels].
    degree : int
        Of the polynomials, whose higher terms are 0. Default: 0.
    seeing : Seeing, optional
        Of a stack; its term is 0. Default: none.
    """
    sampling = max(1, math.ceil(_SAMPLED / fwhm))
    half = radius_for(fwhm) * sampling + 2
    place = np.arange(-half, half + 1) / sampling
    moffat = (1 + (place**2 + place[:, None] ** 2) * 4 * (2 ** (1 / 3) - 1) / fwhm**2) ** -3.0
    number = (degree + 1) * (degree + 2) // 2 + (seeing is not None)
    basis = np.zeros((number, moffat.shape[0], moffat.shape[0]), np.float32)
    basis[0] = moffat * sampling**2 / moffat.sum()
    return PSF(basis, sampling, shape, seeing)
