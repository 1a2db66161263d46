"""Fluxes of point sources: the PSF fitted to all sources of an image together."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Doubles, Flags, Floats, Image, Image32, Integers, Map
from awlike.pixels.background import measure_background
from awlike.pixels.detection import detect, significance_image
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.psf_model import PSF
from awlike.pixels.strips import for_strips

_TILE = 64  # pixels: tiles of one of four colours touch none of their colour, and are fitted side by side
_BATCH = 128  # sources that a thread finishes at a time
_FITTED, _CORE = 1.5, 2.2  # FWHM: half side of the box that is fitted, and of the core that is kept for each source
_WINGS = 0.1  # sigma of a pixel: fainter wings are not subtracted
_FARTHEST = 0.5  # FWHM: no position moves farther from where the source was found
_ACCURACY, _RESIDUAL_ACCURACY = 0.01, 0.04  # of the PSF: this part of the light counts as noise, and beside bright sources
_NEAREST = 0.6  # FWHM: nothing is found in the residuals nearer to a source
_SYMMETRIC = 0.4  # of a residual: with as much on the opposite side of a source, the source is extended
_PARENT = 3.0  # FWHM: so far a source may leave residuals
_BROADER = 1.0  # sigma of the Gaussian that broadens the PSF, in sigma of the PSF
_NEIGHBOURS, _REACH = 4, 1.5  # neighbours in an error, within this number of FWHM
_SWEEPS, _FIRST_SWEEPS = 8, 2  # of all sources, at most; before the first search, which needs no more
_CELL = 8  # pixels: the side of the cells in which changes are noted
_FEW_NEW = 0.05  # of the sources: fewer new ones end the search


@dataclass(frozen=True)
class PsfSources:
    """Sources to which the PSF was fitted.

    Parameters
    ----------
    values : float64 [source, 3]
        x, y (pixels, 0 is the centre of the first) and flux (ADU).
    origins : float64 [source, 2]
        Where the sources were found.
    found_later : bool [source]
        Whether the source was found after others were subtracted.
    residual : float32 [y, x]
        The image less all sources.
    """

    values: Doubles
    origins: Doubles
    found_later: Flags
    residual: Image32


class Photometer:
    """Fits the PSF to sources of one image.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of each pixel.
    psf : PSF
    good : 2-D map, optional
        1 good, 0 bad. Default: all good; pixels that are not finite, or have no variance above 0, are bad anyway.
    gain : float, optional
        e-/ADU, for the photon noise of the sources. Default: the variance has it.

    Raises
    ------
    ParameterError
        Shapes differ, the gain is not above 0, or the PSF is of an image of another shape.
    """

    def __init__(self, image: Image, variance: Image, psf: PSF, good: Image | None = None, gain: float | None = None) -> None:
        require_same_shape(image=image, variance=variance, good=good)
        if psf.shape != np.shape(image):
            raise ParameterError(f'the PSF is of an image of shape {psf.shape}, but this one has {np.shape(image)}')
        if gain is not None and not gain > 0:
            raise ParameterError(f'gain is {gain}, but must be positive: leave it out where the variance has the photon noise')
        self.psf, self.photons, self.fwhm = psf, 0.0 if gain is None else 1 / gain, psf.fwhm()
        usable = good_pixels(np.asarray(image), good)
        usable &= (variance > 0) & (variance < np.inf)
        self.good: Map = usable.view(np.uint8)
        self.image = np.where(usable, image, 0).astype(np.float32)
        self.variance = np.where(usable, variance, 1).astype(np.float32)
        self.half = max(int(np.ceil(_FITTED * self.fwhm)), 2)
        self.inner = min(max(int(np.ceil(_CORE * self.fwhm)), self.half + 1), psf.radius)
        self.half = min(self.half, self.inner)
        self._profile = self._radial_profile()

    def start(self, x: Array, y: Array) -> PsfSources:
        """Return sources at these pixels (0 is the centre of the first), their fluxes as those of the peaks."""
        x, y = np.asarray(x, float).reshape(-1), np.asarray(y, float).reshape(-1)
        empty = PsfSources(np.zeros((0, 3)), np.zeros((0, 2)), np.zeros(0, bool), self.image.copy())
        return self.added(empty, x, y, False)

    def added(self, sources: PsfSources, x: Array, y: Array, later: bool) -> PsfSources:
        """Return the sources and others at these pixels, as bright as the residual is there."""
        rows, columns = (np.clip(np.rint(place).astype(int), 0, length - 1)
                         for place, length in zip((y, x), self.image.shape, strict=True))
        flux = np.maximum(sources.residual[rows, columns], 0) / max(float(self._profile[0]), 1e-9) * 0.9
        new = PsfSources(np.concatenate([sources.values, np.array([x, y, flux]).T]),
                         np.concatenate([sources.origins, np.array([x, y]).T]),
                         np.concatenate([sources.found_later, np.full(x.size, later)]), sources.residual.copy())
        self._change(new, np.arange(sources.values.shape[0], new.values.shape[0]), -1.0)
        return new

    def fitted(self, sources: PsfSources, which: Flags | None = None, sweeps: int = _SWEEPS, fixed: bool = False,
               ) -> PsfSources:
        """Return the sources, each fitted again and again beside all others until it no longer changes.

        `which` [source] are the sources around which something has changed, by default everywhere. With `fixed`, only fluxes
        are fitted, and positions stay.
        """
        from awlike.pixels.kernels.psf_photometry import sweep
        values, residual = sources.values.copy(), sources.residual.copy()
        reach, terms, cores = self._reach(values), self.psf.terms(values[:, 0], values[:, 1]), self._cores(values)
        given = self.psf.basis, terms, cores, self.psf.sampling
        farthest = 0.0 if fixed else _FARTHEST * self.fwhm
        active = np.ones(len(values), bool) if which is None else self._near(values, which)
        for _ in range(sweeps):
            changed = np.zeros(len(values), bool)
            self._by_tiles(values, np.flatnonzero(active), lambda order, first, last, changed=changed: sweep(
                *given, order, first, last, self.half, farthest, self.good, self.variance, sources.origins, reach,
                residual, values, changed))
            active = self._near(values, changed)
        return replace(sources, values=values, residual=residual)

    def _near(self, values: Doubles, changed: Flags) -> Flags:
        """Return which sources are near a changed source, whose change they can feel."""
        from scipy.ndimage import maximum_filter
        cells = np.array([np.clip(places, 0, length - 1) // _CELL for places, length in
                          zip(values.T[1::-1], self.image.shape, strict=True)], int)
        felt = np.zeros([length // _CELL + 1 for length in self.image.shape], bool)
        felt[tuple(cells[:, changed])] = True
        return maximum_filter(felt, 2 * -(-2 * self.half // _CELL) + 1)[tuple(cells)]

    def kept(self, sources: PsfSources, kept: Flags) -> PsfSources:
        """Return only some of the sources; the others are put back into the residual."""
        residual = sources.residual.copy()
        self._change(replace(sources, residual=residual), np.flatnonzero(~kept), 1.0)
        return PsfSources(sources.values[kept], sources.origins[kept], sources.found_later[kept], residual)

    def with_sky(self, sources: PsfSources, measured_noise: bool) -> tuple['Photometer', PsfSources]:
        """Return the photometer and the sources with the sky measured again beside the sources.

        In a crowded field the sky between the sources is brighter than the sky. With `measured_noise` the variance is that
        of the sky, measured beside the sources, too.
        """
        sky = measure_background(sources.residual, self.good)
        again = copy.copy(self)
        again.image = sky.subtracted(self.image) * self.good
        if measured_noise and sky.noise.min() > 0:
            again.variance = sky.variance_image()
        return again, replace(sources, residual=sky.subtracted(sources.residual))

    def searched(self, sources: PsfSources, threshold: float) -> tuple[Doubles, Doubles]:
        """Return x and y of point sources in the residual.

        A peak counts where it is significant beside the noise of the sources, and errors of the PSF, and not where a
        source near it leaves as much on its opposite side: this source is extended, or misfitted.
        """
        template = self.psf.template(2 * (self.half // 2) + 1)
        noise = np.empty_like(self.image)

        def total(rows: slice) -> None:
            light = np.maximum(self.image[rows] - sources.residual[rows], 0)
            noise[rows] = self.variance[rows] + np.float32(self.photons) * light + (np.float32(_RESIDUAL_ACCURACY) * light) ** 2

        for_strips(self.image.shape[0], self.image.shape[1], total)
        significance = significance_image(sources.residual, noise, template, self.good)
        peaks = detect(significance, threshold)
        return self._points(sources, significance, peaks.x, peaks.y)

    def _points(self, sources: PsfSources, significance: Image32, x: Integers, y: Integers) -> tuple[Doubles, Doubles]:
        """Return the peaks that are no residuals of extended sources."""
        from scipy.spatial import KDTree
        places = np.array([x, y], float).T
        if not len(sources.values) or not len(places):
            return places[:, 0], places[:, 1]
        tree = KDTree(sources.values[:, :2])
        distance, nearest = tree.query(places, k=min(3, len(sources.values)), distance_upper_bound=_PARENT * self.fwhm)
        distance, nearest = distance.reshape(len(places), -1), nearest.reshape(len(places), -1)
        fit = distance[:, 0] > _NEAREST * self.fwhm
        height, width = significance.shape
        for k in range(distance.shape[1]):
            near = np.flatnonzero(np.isfinite(distance[:, k]))
            opposite = np.rint(2 * sources.values[nearest[near, k], :2] - places[near]).astype(int)
            inside = ((opposite >= 0) & (opposite < (width, height))).all(axis=1)
            near, opposite = near[inside], opposite[inside]
            fit[near] &= significance[opposite[:, 1], opposite[:, 0]] < _SYMMETRIC * significance[y[near], x[near]]
        return places[fit, 0], places[fit, 1]

    def results(self, sources: PsfSources) -> Doubles:
        """Return errors, chi2 and extent of each source, float64 [source, column]: see `kernels.psf_photometry`."""
        from scipy.spatial import KDTree

        from awlike.pixels.kernels.psf_photometry import RESULTS, finish
        values = sources.values
        results = np.zeros((len(values), RESULTS))
        if not len(values):
            return results
        near = KDTree(values[:, :2]).query(values[:, :2], k=_NEIGHBOURS + 1, distance_upper_bound=_REACH * self.fwhm)[1]
        own = np.arange(len(values))[:, None]
        near = np.sort(np.where((near == own) | (near >= len(values)), -1, near), axis=1)[:, ::-1][:, :_NEIGHBOURS].copy()
        cores, broad = self._cores(values), self._cores(values, self._broadened())
        for_strips(len(values), 1, lambda part: finish(
            cores, np.ascontiguousarray(broad[part]), self.psf.sampling, values, part.start, part.stop, self.half, self.good,
            self.variance, self.image, sources.residual, near, self.photons, _ACCURACY, results), _BATCH)
        return results

    def _broadened(self) -> Floats:
        """Return the coefficients of the PSF convolved with a Gaussian."""
        from scipy.ndimage import gaussian_filter
        sigma = _BROADER * self.fwhm / 2.3548 * self.psf.sampling
        return gaussian_filter(self.psf.basis, (0, sigma, sigma), mode='constant')

    def _cores(self, values: Doubles, basis: Floats | None = None) -> Floats:
        """Return the middle of the coefficients at each source."""
        from awlike.pixels.kernels.psf import local_cores
        basis = self.psf.basis if basis is None else basis
        side = 2 * self.inner * self.psf.sampling + 5
        result = np.empty((len(values), side, side), np.float32)
        terms, margin = self.psf.terms(values[:, 0], values[:, 1]), (basis.shape[1] - side) // 2
        for_strips(len(values), 1, lambda part: local_cores(
            basis, np.ascontiguousarray(terms[part]), margin, result[part]), 1024)
        return result

    def _radial_profile(self) -> Doubles:
        """Return the PSF in the middle of the image along a row from its centre [radius + 1], as it falls."""
        half = self.psf.radius
        stamp = self.psf.at(self.image.shape[1] / 2, self.image.shape[0] / 2)
        line = np.maximum(stamp[half, half:], stamp[half:, half]).astype(float)
        return np.maximum.accumulate(np.maximum(line, 0)[::-1])[::-1]

    def _reach(self, values: Doubles) -> Integers:
        """Return how far the wings of each source reach [pixels]."""
        sigma = float(np.sqrt(np.median(self.variance[::16, ::16])))
        with np.errstate(divide='ignore'):
            least = _WINGS * sigma / np.maximum(values[:, 2], 1e-30)
        reach = np.searchsorted(-self._profile, -least)
        return np.clip(reach, self.half + 1, self.psf.radius).astype(np.int64)

    def _change(self, sources: PsfSources, which: Integers, factor: float) -> None:
        """Add `factor` times some of the sources to the residual."""
        from awlike.pixels.kernels.psf_photometry import add_sources
        values = np.ascontiguousarray(sources.values[which])
        reach, terms, cores = self._reach(values), self.psf.terms(values[:, 0], values[:, 1]), self._cores(values)
        self._by_tiles(values, np.arange(len(values)), lambda order, first, last: add_sources(
            self.psf.basis, terms, cores, self.psf.sampling, values, reach, order, first, last, factor, sources.residual))

    def _by_tiles(self, values: Doubles, which: Integers, work: Callable[[Integers, int, int], None]) -> None:
        """Call ``work(order, first, last)`` for some of the sources, tile by tile, one colour of tiles after the other."""
        tiles = (values[which, :2] // max(_TILE, 2 * self.psf.radius + 16)).astype(int)
        tiles -= tiles.min(axis=0, initial=0)
        colour = tiles[:, 0] % 2 + 2 * (tiles[:, 1] % 2)
        number = tiles.max(axis=0, initial=0) + 1
        key = (colour * number[1] + tiles[:, 1]) * number[0] + tiles[:, 0]
        sorting = np.argsort(key, kind='stable')
        order, key, colour = which[sorting], key[sorting], colour[sorting]
        starts = np.flatnonzero(np.diff(key, prepend=-1))
        stops = np.append(starts[1:], order.size)
        for one in range(4):
            mine = np.flatnonzero(colour[starts] == one)
            for_strips(mine.size, 1, lambda part, mine=mine: [
                work(order, int(starts[k]), int(stops[k])) for k in mine[part]], 16)


class Found(NamedTuple):
    """Sources, what is known of them, and the photometer that knows the sky beside them."""

    sources: PsfSources
    results: Doubles  # [source, column]: see `Photometer.results`
    photometer: Photometer


def find_sources(photometer: Photometer, x: Array, y: Array, threshold: float = 4.6, least: float = 4.0, rounds: int = 2,
                 measured_noise: bool = False) -> Found:
    """Fit the PSF to sources found at (x, y), search the residual for others, and fit all together.

    Parameters
    ----------
    photometer : Photometer
    x, y : array [source]
        Pixels, 0 is the centre of the first.
    threshold : float
        Least significance of a peak in the residual. Default: 4.6.
    least : float
        Sources found in the residual that end with a lower S/N are dropped. Default: 4.
    rounds : int
        Searches at most; before the last the sky is measured again beside the sources; 0 searches nothing. Default: 2.
    measured_noise : bool
        Whether the variance is that of a `Background`; then it is measured again beside the sources. Default: no.

    Returns
    -------
    Found
        The given sources first, in their order.
    """
    from awlike.pixels.kernels.psf_photometry import FLUX_VARIANCE
    sources = photometer.start(x, y)
    for number in range(rounds):
        sources = photometer.fitted(sources, sweeps=_FIRST_SWEEPS)
        if number == rounds - 1:
            photometer, sources = photometer.with_sky(sources, measured_noise)
        new_x, new_y = photometer.searched(sources, threshold)
        few = new_x.size <= _FEW_NEW * len(sources.values)
        sources = photometer.added(sources, new_x, new_y, True)
        if few:
            break
    sources = photometer.fitted(sources)
    results = photometer.results(sources)
    kept = ~sources.found_later | (sources.values[:, 2] > least * np.sqrt(results[:, FLUX_VARIANCE]))
    return Found(photometer.kept(sources, kept), results[kept], photometer)


def fit_given(photometer: Photometer, x: Array, y: Array, measured_noise: bool = False) -> Found:
    """Fit the fluxes of the PSF at given places, as of sources that were detected in another image.

    The sky is measured again beside the sources. The arguments are those of `find_sources`.
    """
    sources = photometer.fitted(photometer.start(x, y), fixed=True)
    photometer, sources = photometer.with_sky(sources, measured_noise)
    sources = photometer.fitted(sources, fixed=True)
    return Found(sources, photometer.results(sources), photometer)
