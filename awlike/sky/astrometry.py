"""The astrometry of one frame: from sources in pixels and reference stars on the sky to a `Plate`."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from awlike.sky.pattern import Search, find_pattern
from awlike.sky.pixel_origin import to_fits
from awlike.sky.plate import Plate
from awlike.sky.plate_fit import Fit, best_fit
from awlike.sky.polynomials import design, from_terms
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sip import without_offset
from awlike.sky.sphere import separation, unit_vectors

Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]
Place = tuple[float, float]

LEAST_CHANCE = -6.0  # log10: a solution is wrong less often than this
FEWEST = 6  # stars
MOST = 3000  # of the brightest sources are used
MARGIN = 50.0  # pixels around the sources where reference stars count
BENT = 0.2  # of its scale: what a camera's distortion stays below


@dataclass(frozen=True)
class Sources:
    """The sources of a frame; arrays [n]."""

    x: Doubles  # pixels from 0
    y: Doubles
    flux: Doubles  # of any unit: tells the brighter ones
    error: Doubles | None = None  # of x and of y, pixels; None where nobody knows


@dataclass(frozen=True)
class References:
    """The reference stars around a frame; arrays [n]. Places are those at the date of the frame: see `sphere.moved`."""

    ra: Doubles  # deg
    dec: Doubles
    mag: Doubles | None = None  # None, or NaN, where nobody knows
    error: Doubles | None = None  # along each axis, arcsec


@dataclass(frozen=True)
class Astrometry:
    """A solution, or the reason why there is none. Names in capitals are those of the original system."""

    plate: Plate | None
    reason: str = ''  # why there is no plate
    source: Integers = field(default_factory=lambda: np.zeros(0, np.int64))  # the sources that were used ...
    reference: Integers = field(default_factory=lambda: np.zeros(0, np.int64))  # ... and their reference stars
    DRA: Doubles = field(default_factory=lambda: np.zeros(0))  # source less reference, with cos(dec), arcsec
    DDEC: Doubles = field(default_factory=lambda: np.zeros(0))
    degree: int = 0  # of the polynomial; lower than asked for where stars are few
    chi2: float = np.nan  # by the errors that were given, for `dof` degrees of freedom
    dof: int = 0
    excess: float = np.nan  # arcsec: the error along each axis that the given errors do not tell
    covariance: Doubles = field(default_factory=lambda: np.zeros((0, 0)))  # of the terms, see `error_at`
    chance: float = 0.0  # log10 of the probability that the stars agree by chance
    offset: float = np.nan  # arcsec: from where the header has the middle of the frame
    is_flipped: bool = False  # the parity is not that of the header
    frame: tuple[int, int] = (0, 0)  # rows, columns

    @property
    def NREF(self) -> int:
        """The number of reference stars that were used."""
        return len(self.source)

    @property
    def RMS(self) -> float:
        """The rms of the residuals along one axis, arcsec; NaN without a solution."""
        return float(np.sqrt((self.DRA @ self.DRA + self.DDEC @ self.DDEC) / (2 * self.NREF))) if self.NREF else np.nan

    @property
    def SIG_DRA(self) -> float:
        """The standard deviation of the residuals in right ascension, arcsec."""
        return float(np.std(self.DRA)) if self.NREF else np.nan

    @property
    def SIG_DDEC(self) -> float:
        """The standard deviation of the residuals in declination, arcsec."""
        return float(np.std(self.DDEC)) if self.NREF else np.nan

    def error_at(self, x: Doubles, y: Doubles) -> Doubles:
        """Return the error of the plate itself along each axis at pixels, arcsec."""
        column, row, half = scaling(self.frame)
        terms = design((np.atleast_1d(x) - column) / half, (np.atleast_1d(y) - row) / half, self.degree)
        return np.sqrt(np.einsum('ni,ij,nj->n', terms, self.covariance, terms))


def solve(sources: Sources, references: References, start: Plate, shape: tuple[int, int], degree: int = 3,
          search: Search | None = None) -> Astrometry:
    """Return the astrometry of a frame.

    Parameters
    ----------
    sources : Sources
    references : References
        In the frame and as far around it as the pointing may be off. Many of them may be no sources of the frame, and the
        other way round.
    start : Plate
        What the header tells.
    shape : (rows, columns)
    degree : int
        Of the polynomial, 1 to 7; the fit takes a lower one where stars are few.
    search : Search
        How far the header may be wrong; by default 5 arcmin, 1 degree, 0.5 per cent of the scale, and any parity.

    Returns
    -------
    Astrometry
        Without a plate, and with the reason, where no solution is certain.
    """
    if not 1 <= degree <= 7:
        raise ValueError(f'degree = {degree}: a polynomial of the TPV projection has degree 1 to 7')
    search = search or Search()
    middle = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    there = start.pixel_to_sky(*middle)
    contact = float(there[0]), float(there[1])
    own, known = _usable(sources), _around(references, contact, start, shape, search)
    if len(own) < FEWEST:
        return Astrometry(None, f'the frame has {len(own)} sources, fewer than {FEWEST}')
    if len(known) < FEWEST:
        return Astrometry(None, f'the catalogue has {len(known)} stars where the frame may lie, fewer than {FEWEST}')
    pixel = start.pixel_scale(*middle)
    axes = _axes(start, middle, contact) / pixel
    near, far = (_plane(place, contact) @ np.linalg.inv(axes).T for place in (
        start.pixel_to_sky(sources.x[own], sources.y[own]), (references.ra[known], references.dec[known])))
    if not np.isfinite(near).all():
        return Astrometry(None, 'the header has pixels that are nowhere on the sky')
    half_sides = shape[1] * pixel / 2, shape[0] * pixel / 2
    found, best = find_pattern(near, far, half_sides, pixel, search, LEAST_CHANCE)
    if found is None:
        agree = f'at best {best.pairs} agree, which may be chance' if best else 'none agree'
        return Astrometry(None, f'of {len(own)} sources and {len(known)} reference stars {agree}',
                          chance=best.chance if best else 0.0)
    east, north = axes @ (near @ found.matrix.T + found.offset).T / 3600
    (here_east, here_north) = axes @ found.offset / 3600
    there = to_sky(here_east, here_north, contact)
    here = float(there[0]), float(there[1])
    fit = _fit(sources, references, (own, known), to_sky(east, north, contact), here, shape, degree, pixel)
    if fit is None or len(fit.source) < FEWEST:
        return Astrometry(None, f'fewer than {FEWEST} stars are left after the fit', chance=found.chance)
    plate = _plate(fit, here, shape)
    if plate is None or not _is_plausible(plate, pixel, shape, search):
        return Astrometry(None, f'the fit to {len(fit.source)} stars bends the frame beyond what a header may be wrong by',
                          chance=found.chance)
    weights = 1 / np.maximum(fit.sigma, 1e-12) ** 2
    return Astrometry(
        plate, source=own[fit.source], reference=known[fit.reference], DRA=fit.residuals[:, 0], DDEC=fit.residuals[:, 1],
        degree=fit.degree, chi2=float(weights @ np.sum(fit.residuals**2, axis=1)) if fit.sigma.all() else np.nan,
        dof=2 * (len(fit.source) - len(fit.coefficients)), excess=fit.excess, covariance=fit.covariance, chance=found.chance,
        offset=3600 * float(separation(*here, *contact)), is_flipped=bool(np.linalg.det(found.matrix) < 0), frame=shape)


def _usable(sources: Sources) -> Integers:
    """Return the sources that have a place, the brightest first."""
    good = np.isfinite(sources.x) & np.isfinite(sources.y) & np.isfinite(sources.flux)
    if sources.error is not None:
        good &= np.isfinite(sources.error) & (sources.error >= 0)
    usable = np.flatnonzero(good)
    return usable[np.argsort(-sources.flux[usable], kind='stable')][:MOST]


def _around(references: References, contact: Place, start: Plate, shape: tuple[int, int], search: Search) -> Integers:
    """Return the reference stars that the frame may see, the brightest first; those without a magnitude come last."""
    corners = start.pixel_to_sky(np.array([0, shape[1] - 1, 0, shape[1] - 1]), np.array([0, 0, shape[0] - 1, shape[0] - 1]))
    radius = (1 + search.scale) * np.max(separation(*corners, *contact)) + np.sqrt(2) * search.offset / 3600
    good = np.isfinite(references.ra) & np.isfinite(references.dec)
    if references.error is not None:
        good &= np.isfinite(references.error) & (references.error >= 0)
    near = np.flatnonzero(good)
    near = near[unit_vectors(references.ra[near], references.dec[near]) @ unit_vectors(*contact) > np.cos(np.radians(radius))]
    if references.mag is None:
        return near
    return near[np.argsort(np.nan_to_num(references.mag[near], nan=np.inf), kind='stable')]


def _plane(place: tuple[Doubles, Doubles], contact: Place) -> Doubles:
    """Return places on the sky in the plane, [n, 2], arcsec."""
    return 3600 * np.array(to_plane(*place, contact)).T


def _axes(start: Plate, middle: Place, contact: Place) -> Doubles:
    """Return the steps of one pixel along x and y in the middle of the frame, as columns, arcsec."""
    x, y = np.array([1, -1, 0, 0]) / 2 + middle[0], np.array([0, 0, 1, -1]) / 2 + middle[1]
    places = _plane(start.pixel_to_sky(x, y), contact)
    return np.array([places[0] - places[1], places[2] - places[3]]).T


def _fit(sources: Sources, references: References, used: tuple[Integers, Integers], predicted: tuple[Doubles, Doubles],
         contact: Place, shape: tuple[int, int], degree: int, pixel: float) -> Fit | None:
    """Return the fit to the sources and reference stars that are used, in the plane at `contact`."""
    own, known = used
    column, row, half = scaling(shape)
    pixels = np.array([(sources.x[own] - column) / half, (sources.y[own] - row) / half]).T
    there = _plane(predicted, contact)
    places = _plane((references.ra[known], references.dec[known]), contact)
    reach = MARGIN * pixel
    near = np.flatnonzero(np.all((places > there.min(axis=0) - reach) & (places < there.max(axis=0) + reach), axis=1))
    known, places = known[near], places[near]
    scale = np.sqrt(abs(np.linalg.det(np.linalg.lstsq(pixels, there, rcond=None)[0]))) / half
    errors = (np.zeros(len(own)) if sources.error is None else sources.error[own] * scale,
              np.zeros(len(known)) if references.error is None else references.error[known])
    fit = best_fit(pixels, there, places, errors, pixel, degree)
    return fit and replace(fit, reference=near[fit.reference])


def scaling(shape: tuple[int, int]) -> tuple[float, float, float]:
    """Return the middle (x, y) of a frame and half of its longer side, by which pixels are scaled."""
    return (shape[1] - 1) / 2, (shape[0] - 1) / 2, max(shape) / 2


def _plate(fit: Fit, contact: Place, shape: tuple[int, int]) -> Plate | None:
    """Return the plate of a fit; None where it cannot be inverted."""
    column, row, half = scaling(shape)
    polynomials = np.array([from_terms(one / 3600, fit.degree) for one in fit.coefficients.T])
    plate = Plate(contact, (to_fits(column), to_fits(row)), np.eye(2) / half, polynomials)
    try:
        return without_offset(plate)
    except ValueError:  # numpy's LinAlgError is one, too
        return None


def _is_plausible(plate: Plate, pixel: float, shape: tuple[int, int], search: Search) -> bool:
    """Return whether the plate keeps its parity over the frame, and its scale is about that of the header."""
    x, y = np.meshgrid(np.linspace(0, shape[1] - 1, 5), np.linspace(0, shape[0] - 1, 5))
    areas = np.linalg.det(plate.jacobian(x, y)) * 3600**2 / pixel**2
    scale = np.sqrt(np.abs(areas))
    return bool(abs(np.sign(areas).sum()) == areas.size and abs(np.median(scale) - 1) < 2 * search.scale + 0.01
                and np.all(np.abs(scale / np.median(scale) - 1) < BENT))
