"""The astrometry of an ensemble: one polynomial for each chip, an affine transformation for each exposure, and turbulence.

`docs/concepts/ensembles.md` has the model and its sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.camera import Camera, camera_of, plate_of, products, scaled
from awlike.sky.ensemble.layers import Complex, Doubles, Integers, Layers, as_pairs
from awlike.sky.ensemble.normal import Observations
from awlike.sky.ensemble.robust import Fitted, fitted
from awlike.sky.ensemble.stars import FEWEST, Grouped, grouped, held_together
from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of_terms, terms
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import moved, places, unit_vectors

TURBULENCE_DEGREE = 6
_FIRST_TURBULENCE = 0.02  # arcsec
_STARS_A_TERM = 2.5
_FAR, _BY_CHANCE = 0.7, 0.3  # of the radius; the part of pairs beyond it, of which chance has half
_WIDEST = 30.0  # deg from the middle: a plane holds no more


@dataclass(frozen=True)
class Member:
    """A frame of an ensemble, and its sources; arrays [n]."""

    plate: Plate | None  # its own solution; None where it has none
    chip: int  # number of the detector, from 0: frames of one have the same polynomial
    exposure: int  # number of the exposure, from 0
    shape: tuple[int, int]  # rows, columns
    time: float  # years from any epoch
    x: Doubles  # pixels from 0
    y: Doubles
    error: Doubles  # of x and of y, pixels


@dataclass(frozen=True)
class Known:
    """Reference stars; arrays [n]. Places are those at the epoch from which times of members count."""

    ra: Doubles  # deg
    dec: Doubles
    error: Doubles  # along each axis, arcsec
    pm_ra: Doubles | None = None  # mas a year, with cos(dec); None, or NaN, where nobody knows
    pm_dec: Doubles | None = None


@dataclass(frozen=True)
class Placed:
    """What an ensemble tells of one member."""

    plate: Plate | None
    reason: str = ''  # why there is no plate
    stars: int = 0  # that tell, and are seen in other exposures, or known
    references: int = 0  # reference stars among them
    rms_internal: float = np.nan  # arcsec, along an axis
    rms_reference: float = np.nan
    excess: float = np.nan  # arcsec: the error along an axis that the given errors do not tell


@dataclass(frozen=True)
class Residuals:
    """What is left of each measurement of a star that others see; arrays [measurement]."""

    member: Integers
    source: Integers  # of its member, from 0
    star: Integers
    reference: Integers  # -1 for none
    east: Doubles  # measurement less star, arcsec
    north: Doubles
    reference_east: Doubles  # measurement less reference star, arcsec; NaN without one
    reference_north: Doubles
    used: NDArray[np.bool_]


@dataclass(frozen=True)
class EnsembleAstrometry:
    """The solution of an ensemble, or the reason why there is none."""

    members: list[Placed]
    reason: str = ''
    residuals: Residuals | None = None
    RMS_INTERNAL: float = np.nan  # arcsec along an axis: of measurements about the stars that several exposures see
    RMS_REFERENCE: float = np.nan  # arcsec along an axis: of measurements about reference stars
    stars: int = 0  # that tell
    references: int = 0
    chi2: float = np.nan
    dof: int = 0
    turbulence: float = 0.0  # arcsec along an axis: rms of what exposures have of their own beside their affine transformation
    deviation: Doubles = field(default_factory=lambda: np.zeros(0))  # [term]: the same, of each term


@dataclass(frozen=True)
class _Sky:
    """All measurements in the plane of the ensemble."""

    camera: Camera
    contact: tuple[float, float]
    usable: NDArray[np.bool_]  # [member]
    member: NDArray[np.int32]  # [measurement], and the rest
    source: Integers
    x: Doubles  # scaled
    y: Doubles
    plane: Doubles  # [measurement, 2], arcsec
    sigma: Doubles  # arcsec


def solve_ensemble(members: Sequence[Member], known: Known, degree: int = 3, turbulence_degree: int = TURBULENCE_DEGREE,
                   radius: float = 1.0, unknown_motion: float = 10.0) -> EnsembleAstrometry:
    """Return the astrometry of an ensemble.

    Parameters
    ----------
    members : sequence of Member
    known : Known
        In and around the frames.
    degree : int
        Of the polynomial of a chip, 1 to 7; lower for a chip with few stars.
    turbulence_degree : int
        Of the polynomial by which a frame deviates; 0 for none.
    radius : float
        Measurements of one star lie within this distance, arcsec.
    unknown_motion : float
        The standard deviation, mas a year, of the motion of a star without a measured one.

    Returns
    -------
    EnsembleAstrometry
        A member of which nothing is certain has the reason and no plate.
    """
    if not 1 <= degree <= 7 or not 0 <= turbulence_degree <= 7:
        raise ValueError(f'degree = {degree}, turbulence_degree = {turbulence_degree}: polynomials of the TPV projection have '
                         'degree 1 to 7')
    if not any(member.plate for member in members):
        return _nothing(members, 'no member has an astrometric solution of its own, from which the ensemble starts')
    sky = _sky(members, max(degree, turbulence_degree), degree)
    if sky is None:
        return _nothing(members, f'the members lie more than {_WIDEST:g} degrees from their middle: solve parts of them')
    reference_plane = 3600 * np.transpose(to_plane(known.ra, known.dec, sky.contact))
    exposure = np.array([member.exposure for member in members])
    groups = grouped(sky.plane, exposure[sky.member].astype(np.int32), reference_plane, radius)
    reasons, groups = _certain(members, sky, groups, exposure, _misplaced(sky, groups, exposure, reference_plane, radius))
    if all(reasons):
        return _nothing(members, 'no exposure of the ensemble is certain', reasons)
    observations, sigma, known_sigma, origin = _observations(members, sky, groups, known, reference_plane, unknown_motion,
                                                             max(degree, turbulence_degree))
    layers = _layers(members, sky, observations, degree, max(degree, turbulence_degree))
    is_one = len(np.unique(exposure[observations.frame])) < 2
    found = fitted(observations, sigma, known_sigma, layers, 0.0 if is_one or not turbulence_degree else _FIRST_TURBULENCE)
    return _result(members, sky, groups, observations, found, reasons, max(degree, turbulence_degree))


def _nothing(members: Sequence[Member], reason: str, reasons: Sequence[str] = ()) -> EnsembleAstrometry:
    """Return the answer where there is no solution."""
    return EnsembleAstrometry([Placed(None, each) for each in reasons or [reason] * len(members)], reason)


def _sky(members: Sequence[Member], degree: int, chip_degree: int) -> _Sky | None:
    """Return where the measurements lie by the camera of all plates; None where the members are too far apart."""
    camera = camera_of([member.plate for member in members], np.array([member.chip for member in members]),
                       np.array([member.exposure for member in members]), [member.shape for member in members], chip_degree)
    usable = np.isfinite(camera.coefficients[:, 0])
    middle = places(np.nansum(unit_vectors(*camera.contact.T), axis=0))
    contact = float(middle[0]), float(middle[1])
    found: list[tuple] = []
    for number in sorted(np.flatnonzero(usable).tolist(), key=lambda one: (members[one].exposure, one)):
        member = members[number]
        x, y = scaled(member.x, member.y, member.shape)
        good = np.flatnonzero(np.isfinite(x) & np.isfinite(y) & (member.error > 0) & np.isfinite(member.error))
        x, y = x[good], y[good]
        there = products(x, y, chip_degree) @ as_pairs(camera.coefficients[number]) / 3600
        plane = to_plane(*to_sky(there[:, 0], there[:, 1], camera.touches(member.exposure)), contact)
        scale = np.sqrt(np.abs(_area(camera.coefficients[number]))) * 2 / np.sqrt(np.prod(member.shape))
        found.append((np.full(len(good), number, np.int32), good, x, y, 3600 * np.transpose(plane), member.error[good] * scale))
    member, source, x, y, plane, sigma = (np.concatenate(column) for column in zip(*found, strict=True))
    if not np.isfinite(plane).all() or np.hypot(*plane.T).max(initial=0) > 3600 * np.degrees(np.tan(np.radians(_WIDEST))):
        return None
    return _Sky(camera, contact, usable, member, source, x, y, np.ascontiguousarray(plane), sigma)


def _area(coefficients: Complex) -> float:
    """Return the area of the linear part: along x, the second term, and along y, the third."""
    return float((np.conj(coefficients[1]) * coefficients[2]).imag)


def _certain(members: Sequence[Member], sky: _Sky, groups: Grouped, exposure: Integers,
             misplaced: NDArray[np.bool_]) -> tuple[list[str], Grouped]:
    """Return why members are left out, '' for the others; and the stars that several exposures see, or that are known."""
    groups = groups.telling(~misplaced[exposure[sky.member[groups.order]]])
    of_measurement = exposure[sky.member]
    part, references = held_together(groups, of_measurement, int(exposure.max()) + 1)
    telling = np.bincount(of_measurement[groups.order], minlength=len(part))
    reasons = []
    for number, member in enumerate(members):
        held, stars = int(references[part[member.exposure]]), int(telling[member.exposure])
        alone = int((part == part[member.exposure]).sum()) == 1
        if not sky.usable[number]:
            reasons.append('neither it nor another frame of its exposure, or of its chip, has a solution of its own')
        elif misplaced[member.exposure]:
            reasons.append('its sources are not where reference stars and other exposures have theirs: its own solutions are '
                           'wrong together')
        elif stars < FEWEST:
            reasons.append(f'its exposure has {stars} stars that other exposures see or that are known, fewer than {FEWEST}')
        elif held < FEWEST:
            reasons.append(f'{"its exposure overlaps with no other and" if alone else "the exposures with which it overlaps"} '
                           f'{"has" if alone else "have"} {held} reference stars, fewer than {FEWEST}')
        else:
            reasons.append('')
    good = np.array([not reason for reason in reasons])
    return reasons, groups.telling(good[sky.member[groups.order]])


def _misplaced(sky: _Sky, groups: Grouped, exposure: Integers, reference_plane: Doubles, radius: float) -> NDArray[np.bool_]:
    """Return the exposures whose sources agree with others by chance: then half of the pairs are far apart for their radius.

    Reference stars tell, and where an exposure has few of them, the stars of other exposures.
    """
    order, counts = groups.order, np.diff(groups.first)
    star, number = np.repeat(np.arange(len(counts)), counts), int(exposure.max()) + 1
    place, of_exposure = sky.plane[order], exposure[sky.member[order]]
    mean = np.add.reduceat(place, groups.first[:-1]) / counts[:, None] if len(place) else place
    found = np.zeros(number, bool)
    decided = np.zeros(number, bool)
    is_known = groups.reference[star] >= 0
    others = (place - mean[star]) * (counts / np.maximum(counts - 1, 1))[star, None]
    pairs = [(counts[star] > 1, others)]
    if is_known.any():
        pairs.insert(0, (is_known, place - reference_plane[groups.reference[star]]))
    for which, apart in pairs:
        far = np.bincount(of_exposure[which & (np.hypot(*apart.T) > _FAR * radius)], minlength=number)
        total = np.bincount(of_exposure[which], minlength=number)
        found |= ~decided & (total >= FEWEST) & (far > _BY_CHANCE * total)
        decided |= total >= FEWEST
    return found


def _observations(members: Sequence[Member], sky: _Sky, groups: Grouped, known: Known, reference_plane: Doubles,
                  unknown_motion: float, degree: int) -> tuple[Observations, Doubles, Doubles, Doubles]:
    """Return the observations, their errors, those of the references [star], and the origins of the stars [star, 2]."""
    order, reference = groups.order, groups.reference
    is_known = reference >= 0
    star = np.repeat(np.arange(len(reference)), np.diff(groups.first))
    times = np.array([member.time for member in members])[sky.member[order]]
    origin = sky.plane[order[groups.first[:-1]]]
    value = sky.plane[order] - origin[star]
    motion, error = _motions(known, reference, sky.contact, unknown_motion)
    value -= motion[star] * times[:, None]
    place = np.zeros_like(origin)
    place[is_known] = reference_plane[reference[is_known]] - origin[is_known]
    sigma = np.full(len(reference), np.inf)
    sigma[is_known] = known.error[reference[is_known]]
    middle = 0.0 if is_known.any() else float(times.mean())
    return Observations(
        sky.member[order], sky.x[order].astype(np.float32), sky.y[order].astype(np.float32), np.ones(len(order), np.float32),
        (times - middle).astype(np.float32), value.astype(np.float32), groups.first.astype(np.int64), place,
        np.zeros(len(reference)), 1 / error**2, degree), sky.sigma[order], sigma, origin


def _motions(known: Known, reference: Integers, contact: tuple[float, float], unknown: float) -> tuple[Doubles, Doubles]:
    """Return the motions of stars in the plane [star, 2] and their errors, arcsec a year; 0 where nobody knows."""
    motion, error = np.zeros((len(reference), 2)), np.full(len(reference), unknown / 1000)
    if known.pm_ra is None or known.pm_dec is None:
        return motion, error
    which = np.flatnonzero(reference >= 0)
    which = which[np.isfinite(known.pm_ra[reference[which]]) & np.isfinite(known.pm_dec[reference[which]])]
    one = reference[which]
    ends = [to_plane(*moved(known.ra[one], known.dec[one], known.pm_ra[one], known.pm_dec[one], years), contact)
            for years in (-0.5, 0.5)]
    motion[which] = 3600 * np.transpose(np.subtract(ends[1], ends[0]))
    error[which] = 1e-4
    return motion, error


def _layers(members: Sequence[Member], sky: _Sky, observations: Observations, degree: int, own_degree: int) -> Layers:
    """Return how frames share their corrections."""
    camera, chip = sky.camera, np.array([member.chip for member in members])
    exposure = np.array([member.exposure for member in members])
    turn = np.ones(len(camera.affine), complex)
    for one in np.flatnonzero(np.isfinite(camera.contact[:, 0])).tolist():
        step = to_plane(*to_sky([0, 1e-4], [0, 0], camera.touches(one)), sky.contact)
        turn[one] = ((step[0][1] - step[0][0]) + 1j * (step[1][1] - step[1][0])) / 1e-4 * camera.affine[one, 0]
    turn = np.where(np.isfinite(turn), turn, 1.0)
    linear = np.nan_to_num(camera.chips[chip, :3])
    size = max(float(np.abs(linear).sum(axis=1).max()), 1e-9)
    lever = np.zeros((len(members), 3, 3))
    lever[:, 0, 0] = 1
    lever[:, :, 1], lever[:, :, 2] = linear.real / size, linear.imag / size
    seen = np.bincount(chip[observations.frame], minlength=len(camera.chips))
    numbers = np.array([sum(term) for term in terms(degree)])
    allowed = np.array([max(each for each in range(degree + 1) if not each or count >= _STARS_A_TERM * (numbers <= each).sum())
                        for count in seen])
    return Layers(chip, exposure, turn[exposure], lever, numbers[None] <= allowed[:, None], len(terms(own_degree)))


def _result(members: Sequence[Member], sky: _Sky, groups: Grouped, observations: Observations, found: Fitted,
            reasons: list[str], degree: int) -> EnsembleAstrometry:
    """Return the answer of a fit."""
    table = _residuals(sky, groups, observations, found)
    seen = np.bincount(observations.star[table.used], minlength=len(observations.known))[observations.star]
    internal = table.used & (seen > 1)
    external = table.used & np.isfinite(table.reference_east)
    placed = []
    for number, (member, reason) in enumerate(zip(members, reasons, strict=True)):
        if reason:
            placed.append(Placed(None, reason))
            continue
        plate = _plate(member, sky, number, found.corrections[number], degree)
        mine = observations.frame == number
        placed.append(Placed(
            plate, '' if plate else 'the solution of the ensemble cannot be inverted', int((mine & table.used).sum()),
            int((mine & external).sum()), _rms(table.east, table.north, mine & internal),
            _rms(table.reference_east, table.reference_north, mine & external), float(found.excess[member.exposure])))
    told = found.kept & (found.left.hold < 1)
    return EnsembleAstrometry(
        placed, '', table, _rms(table.east, table.north, internal), _rms(table.reference_east, table.reference_north, external),
        len(np.unique(observations.star[told])), int(found.known_kept.sum()), found.chi2, found.dof,
        _rms_over_frame(found.deviation), found.deviation)


def _rms(east: Doubles, north: Doubles, which: NDArray[np.bool_]) -> float:
    """Return the rms along an axis."""
    return float(np.sqrt(np.mean(east[which] ** 2 + north[which] ** 2) / 2)) if which.any() else np.nan


def _rms_over_frame(deviation: Doubles) -> float:
    """Return the rms over a frame of a polynomial with terms of these standard deviations."""
    i, j = np.array(terms(degree_of_terms(len(deviation)))).T
    return float(np.sqrt((deviation**2 / ((2 * i + 1) * (2 * j + 1))).sum()))


def _residuals(sky: _Sky, groups: Grouped, observations: Observations, found: Fitted) -> Residuals:
    """Return what is left of each measurement."""
    star = observations.star
    left = found.left.residual.astype(float)
    about = left + found.left.stars[star, :2] + found.left.stars[star, 2:4] * observations.time[:, None]
    about[~found.known_kept[star]] = np.nan
    return Residuals(sky.member[groups.order].astype(np.int64), sky.source[groups.order], star, groups.reference[star],
                     left[:, 0], left[:, 1], about[:, 0], about[:, 1], found.kept)


def _plate(member: Member, sky: _Sky, number: int, correction: Complex, degree: int) -> Plate | None:
    """Return the plate of a member: its first coefficients, and the correction turned into the plane of its exposure."""
    contact = sky.camera.touches(member.exposure)
    step = np.transpose(to_plane(*to_sky([0, 1e-4, 0], [0, 0, 1e-4], contact), sky.contact))
    matrix = np.array([step[1] - step[0], step[2] - step[0]]).T / 1e-4
    east, north = np.linalg.solve(matrix, np.array([correction.real, correction.imag]))
    first = sky.camera.coefficients[number]
    total = east + 1j * north
    total[:len(first)] += first
    return plate_of(total, degree, contact, member.shape)
