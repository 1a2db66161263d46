"""The point spread function of an image, fitted to its stars."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels.arrays import Array, Doubles, Flags, Floats, Image, Integers
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.psf_model import PSF, Seeing, moffat_psf, radius_for
from awlike.pixels.psf_stars import PsfStars
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.spelling import counted

_STARS_FOR_DEGREE = (15, 40)  # so many stars determine a polynomial of degree 1, of degree 2
_RADIUS_TO_FWHM = 1.6  # FWHM of a star (Moffat) of FLUX_RADIUS 1
_ROUNDS, _STEPS = 4, 15  # of fitting PSF and stars in turn; of conjugate gradients in each
_ACCURACY = 0.01  # of the PSF: this part of a pixel's light counts as noise, so that the brightest stars do not rule
_OUTLIER = 4.5  # sigma of a pixel that is none of the star's
_BAD_STAR = 4.0  # robust sigma of chi2
_VARIATION, _FAINTEST = 0.15, 1e-3  # how much the PSF may vary over the frame, of its own light and of its peak: a prior
_BY_SEEING = 0.5  # how much the PSF may vary with the seeing of a stack, of its own light: a prior
_DELTA = 0.05  # pixels: to differentiate by the position
_LEAST_FLUX = 1e-30  # ADU: of a star in which the fit finds no light
_CORE = 1.5  # FWHM: within this radius chi2 is measured


@dataclass(frozen=True)
class StarFits:
    """How the PSF fits its stars; arrays [star].

    Parameters
    ----------
    index : int64
        Rows of the table of sources.
    x, y, flux, flux_error : float64
        Pixels (0 is the centre of the first), ADU.
    chi2 : float64
        Reduced, within 1.5 FWHM, beside a PSF accurate to 1 percent.
    residual : float64
        Light within 1.5 FWHM that the fit leaves, relative to the flux.
    used : bool
        Whether the star was fitted; neither reserved nor an outlier.
    reserved : bool
        Whether the star only checks the PSF.
    """

    index: Integers
    x: Doubles
    y: Doubles
    flux: Doubles
    flux_error: Doubles
    chi2: Doubles
    residual: Doubles
    used: Flags
    reserved: Flags

    def check(self) -> dict[str, float]:
        """Return what the reserved stars say: their number, the medians of chi2 and of the residual, and its scatter.

        NaN where no star is reserved.
        """
        kept = self.reserved & np.isfinite(self.chi2)
        if not kept.any():
            return {'number': 0, 'chi2': math.nan, 'residual': math.nan, 'scatter': math.nan}
        residual = self.residual[kept]
        middle = float(np.median(residual))
        return {'number': int(kept.sum()), 'chi2': float(np.median(self.chi2[kept])), 'residual': middle,
                'scatter': float(MAD_TO_SIGMA * np.median(np.abs(residual - middle)))}


def fit_psf(image: Image, variance: Image, labels: Image, table: Array, stars: PsfStars, good: Image | None = None,
            gain: float | None = None, degree: int = 2, seeing: Seeing | None = None) -> tuple[PSF, StarFits]:
    """Fit the PSF of an image to its stars.

    PSF and the positions and fluxes of the stars are fitted in turn. Pixels of other sources do not count, nor do pixels
    far off the fit; stars that the PSF does not fit are left out.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and its variance.
    labels : int32 [y, x]
        Of `Detections`.
    table : structured array
        From `measure_sources`.
    stars : PsfStars
    good : 2-D map, optional
        1 good, 0 bad.
    gain : float, optional
        e-/ADU, for the photon noise of stars. Default: the variance has it.
    degree : int
        Highest degree of the polynomials in x and y; less where there are few stars. Default: 2.
    seeing : Seeing, optional
        Of a stack, where it varies: the PSF has a term for it. Default: none.

    Returns
    -------
    tuple
        `PSF` and `StarFits`.

    Raises
    ------
    ProcessingError
        There is no star to fit.
    """
    require_same_shape(image=image, variance=variance, labels=labels, good=good)
    if not stars.index.size:
        raise ProcessingError('no star is fit for a PSF: ' + (
            f'none of {counted(len(table), "bright source")} is alone, whole and of LEAST_SNR' if len(table)
            else 'there are no bright sources'))
    fwhm = _RADIUS_TO_FWHM * stars.radius
    fit = _Fit(image, variance, labels, table[stars.index], good, gain, radius_for(fwhm))
    fit.start(stars, fwhm, degree, seeing)
    for number in range(_ROUNDS):
        fit.fit_basis()
        fit.fit_stars()
        fit.judge(clip=0 < number < _ROUNDS - 1)  # the first PSF is too far off to judge by it
    return fit.psf, fit.result(stars)


class _Fit:
    """The stamps of the stars, and what is fitted to them."""

    def __init__(self, image: Image, variance: Image, labels: Image, table: Array, good: Image | None, gain: float | None,
                 radius: int) -> None:
        self.x, self.y = table['X_IMAGE'] - 1.0, table['Y_IMAGE'] - 1.0
        self.column, self.row = np.rint(self.x).astype(int), np.rint(self.y).astype(int)
        self.flux = np.maximum(table['FLUX_AUTO'].astype(float), _LEAST_FLUX)
        self.photons, self.shape = 0.0 if gain is None else 1 / gain, (image.shape[0], image.shape[1])
        steps = np.arange(-radius, radius + 1)
        rows, columns = self.row[:, None, None] + steps[:, None], self.column[:, None, None] + steps
        inside = (rows >= 0) & (rows < self.shape[0]) & (columns >= 0) & (columns < self.shape[1])
        place = np.where(inside, rows, 0), np.where(inside, columns, 0)
        usable = inside & good_pixels(image[place], None if good is None else good[place])
        usable &= (labels[place] == 0) | (labels[place] == table['SID'][:, None, None])
        self.variance = variance[place].astype(np.float32)
        usable &= (self.variance > 0) & np.isfinite(self.variance)
        self.usable, self.data = usable, np.where(usable, image[place], 0).astype(np.float32)
        self.distance = np.hypot(steps, steps[:, None])

    def start(self, stars: PsfStars, fwhm: float, degree: int, seeing: Seeing | None) -> None:
        """Begin with a Moffat star, the same everywhere."""
        self.fitted, self.fwhm = ~stars.reserved, fwhm
        if not self.fitted.any():
            self.fitted = ~self.fitted
        self.candidates = self.fitted
        degree = min(degree, int(np.searchsorted(_STARS_FOR_DEGREE, self.fitted.sum(), side='right')))
        self.psf = moffat_psf(fwhm, self.shape, degree, seeing)
        self.prior = _prior(self.psf)
        self.terms = self.psf.terms(self.x, self.y)
        self.fit_stars()
        self.judge(clip=False)

    def fit_basis(self) -> None:
        """Fit the coefficients of the PSF to the stars as they are placed, by conjugate gradients."""
        from awlike.pixels.kernels.psf import gather, render_stars
        kept = self.fitted
        if not (self.flux[kept] > _LEAST_FLUX).any():
            raise ProcessingError('no star is fit for a PSF: the fit finds no light in '
                                  f'{counted(int(kept.sum()), "candidate")}')
        terms, places = np.ascontiguousarray(self.terms[kept]), self._places()[kept]
        weights = (self.weights[kept] * (self.flux[kept] ** 2)[:, None, None]).astype(np.float32)
        brightest = float(weights.max()) or 1.0
        weights /= np.float32(brightest)
        prior = self.prior / brightest
        stamps = self.model[kept]
        gradient, basis = np.empty_like(self.psf.basis), self.psf.basis.astype(np.float64)
        scaled = (self.data[kept] / self.flux[kept][:, None, None]).astype(np.float32)
        gather(scaled - stamps, weights, terms, self.psf.sampling, places, gradient)
        scale = self._scale(terms, weights) + prior  # light makes weights uneven: scaled, all coefficients converge alike
        residual, product = gradient.astype(float) - prior * basis, np.empty_like(gradient)
        step, square = (residual / scale).astype(np.float32), float((residual**2 / scale).sum())
        for _ in range(_STEPS):
            render_stars(step, terms, self.psf.sampling, places, stamps)
            gather(stamps, weights, terms, self.psf.sampling, places, product)
            pulled = product + prior * step
            curvature = float((step.astype(float) * pulled).sum())
            if not curvature > 0 or not square > 0:
                break
            length = square / curvature
            basis += length * step
            residual -= length * pulled
            square, before = float((residual**2 / scale).sum()), square
            step = (residual / scale + square / before * step).astype(np.float32)
        self.psf = dataclasses.replace(self.psf, basis=_normalised(basis, self.psf.sampling))

    def _scale(self, terms: Doubles, weights: Floats) -> Doubles:
        """Return about how strongly the stars determine each coefficient, float64 [term, m, m]."""
        strength = np.einsum('nt,nyx->tyx', terms**2, weights.astype(float))
        m, side = self.psf.basis.shape[1], weights.shape[1]
        place = np.clip(np.rint((np.arange(m) - m // 2) / self.psf.sampling).astype(int) + side // 2, 0, side - 1)
        strength = strength[:, place[:, None], place]
        return np.maximum(strength, 1e-3 * strength.max())

    def fit_stars(self) -> None:
        """Fit flux and position of each star; write `model`, `weights` and `flux_error`."""
        self.model = self._rendered(0, 0)
        self._weigh()
        slopes = [self.flux[:, None, None] * (self._rendered(*shift) - self.model) / _DELTA
                  for shift in ((_DELTA, 0), (0, _DELTA))]
        columns = np.array([self.model, *slopes], np.float64)  # [3, star, y, x]
        residual = self.data - self.flux[:, None, None] * self.model
        products = np.einsum('inyx,jnyx,nyx->nij', columns, columns, self.weights)
        sums = np.einsum('inyx,nyx->ni', columns, self.weights * residual)
        products += np.eye(3) * 1e-12 * np.trace(products, axis1=1, axis2=2)[:, None, None] + np.eye(3) * 1e-300
        inverse = np.linalg.inv(products)
        flux, dx, dy = np.einsum('nij,nj->in', inverse, sums)
        self.flux_error = np.sqrt(np.maximum(inverse[:, 0, 0], 0))
        shift = np.minimum(1, 0.5 / np.maximum(np.hypot(dx, dy), 1e-9))
        self.x, self.y, self.flux = self.x + shift * dx, self.y + shift * dy, np.maximum(self.flux + flux, _LEAST_FLUX)
        self.model = self._rendered(0, 0)
        self._weigh()

    def judge(self, clip: bool) -> None:
        """Measure chi2 of each star; leave out pixels and stars that the PSF does not fit, if asked to."""
        residual = self.data - self.flux[:, None, None] * self.model
        core = self.usable & (self.distance < _CORE * self.fwhm)
        number = core.sum(axis=(1, 2))
        with np.errstate(invalid='ignore', divide='ignore'):
            self.chi2 = (residual**2 * self.weights * core).sum(axis=(1, 2)) / np.maximum(number - 3, 0)
            self.residual = (residual * core).sum(axis=(1, 2)) / self.flux
        self.chi2[(number < 4) | (self.flux <= _LEAST_FLUX)] = np.nan
        known = self.chi2[np.isfinite(self.chi2)]
        if not clip or not known.size:
            return
        middle = np.median(known)
        limit = middle + max(_BAD_STAR * MAD_TO_SIGMA * np.median(np.abs(known - middle)), middle)
        kept = self.candidates & (self.chi2 < limit)
        if kept.any():
            self.fitted = kept
        self.usable &= ~((residual**2 * self.weights > _OUTLIER**2) & (self.distance > self.fwhm))
        self._weigh()

    def result(self, stars: PsfStars) -> StarFits:
        """Return how the stars were fitted."""
        return StarFits(stars.index, self.x, self.y, self.flux, self.flux_error, self.chi2, self.residual, self.fitted,
                        stars.reserved)

    def _places(self) -> Doubles:
        return np.array([self.x - self.column, self.y - self.row]).T.copy()

    def _rendered(self, dx: float, dy: float) -> Floats:
        """Return stars of unit flux, moved."""
        from awlike.pixels.kernels.psf import render_stars
        result = np.empty(self.data.shape, np.float32)
        render_stars(self.psf.basis, self.terms, self.psf.sampling, self._places() + (dx, dy), result)
        return result

    def _weigh(self) -> None:
        """Write the weights of the pixels: noise of the sky, of the star's photons, and of the PSF."""
        light = np.maximum(self.flux[:, None, None] * self.model, 0)
        with np.errstate(divide='ignore', invalid='ignore'):
            self.weights = np.where(self.usable, 1 / (self.variance + self.photons * light + (_ACCURACY * light) ** 2), 0)


def _prior(start: PSF) -> Doubles:
    """Return how strongly each coefficient is held at 0, float64 [term, m, m]: those of the terms that vary over the frame.

    Light varies by a part of itself, so the wings, where there is hardly any light, hardly vary; else their noise does.
    """
    light = np.abs(start.basis[0].astype(float))
    variation = np.full(len(start.basis), _VARIATION)
    variation[0], variation[len(variation) - (start.seeing is not None):] = np.inf, _BY_SEEING
    return (variation[:, None, None] * np.maximum(light, _FAINTEST * light.max())) ** -2.0


def _normalised(basis: Array, sampling: int) -> Floats:
    """Return the coefficients such that the sum of a star over all pixels is 1 everywhere in the image."""
    from awlike.pixels.kernels.psf import render_stars
    number, side = len(basis), 2 * ((basis.shape[1] - 5) // (2 * sampling)) + 1
    stamps = np.empty((number, side, side), np.float32)
    render_stars(basis.astype(np.float32), np.eye(number), sampling, np.zeros((number, 2)), stamps)
    sums = stamps.sum(axis=(1, 2), dtype=float)
    constant = basis[0] / sums[0]
    return np.concatenate([constant[None], basis[1:] - sums[1:, None, None] * constant]).astype(np.float32)
