"""The astrometry of an ensemble: one polynomial for each chip, an affine transformation for each exposure, and turbulence.

`docs/concepts/ensembles.md` has the model and its sources.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.answers import EnsembleAstrometry, answer, without_solution
from awlike.sky.ensemble.layers import Doubles, Integers, Layers
from awlike.sky.ensemble.members import WIDEST, Known, Member, Sky, on_sky
from awlike.sky.ensemble.normal import Observations
from awlike.sky.ensemble.robust import fitted
from awlike.sky.ensemble.stars import FEWEST, Grouped, grouped, held_together
from awlike.sky.polynomials import terms
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import moved

TURBULENCE_DEGREE = 6
_FIRST_TURBULENCE = 0.02  # arcsec
_STARS_A_TERM = 2.5
_FAR, _BY_CHANCE = 0.7, 0.3  # of the radius; the part of pairs beyond it, of which chance has half


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
        return without_solution(members, 'no member has an astrometric solution of its own, from which the ensemble starts')
    sky = on_sky(members, max(degree, turbulence_degree), degree)
    if sky is None:
        return without_solution(members, f'the members lie more than {WIDEST:g} degrees from their middle: solve parts of them')
    reference_plane = 3600 * np.transpose(to_plane(known.ra, known.dec, sky.contact))
    exposure = np.array([member.exposure for member in members])
    groups = grouped(sky.plane, exposure[sky.member].astype(np.int32), reference_plane, radius)
    reasons, groups = _certain(members, sky, groups, exposure, _misplaced(sky, groups, exposure, reference_plane, radius))
    if all(reasons):
        return without_solution(members, 'no exposure of the ensemble is certain', reasons)
    observations, sigma, known_sigma, origin = _observations(members, sky, groups, known, reference_plane, unknown_motion,
                                                             max(degree, turbulence_degree))
    layers = _layers(members, sky, observations, degree, max(degree, turbulence_degree))
    is_one = len(np.unique(exposure[observations.frame])) < 2
    found = fitted(observations, sigma, known_sigma, layers, 0.0 if is_one or not turbulence_degree else _FIRST_TURBULENCE)
    return answer(members, sky, groups, observations, found, reasons, max(degree, turbulence_degree))


def _certain(members: Sequence[Member], sky: Sky, groups: Grouped, exposure: Integers,
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


def _misplaced(sky: Sky, groups: Grouped, exposure: Integers, reference_plane: Doubles, radius: float) -> NDArray[np.bool_]:
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


def _observations(members: Sequence[Member], sky: Sky, groups: Grouped, known: Known, reference_plane: Doubles,
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


def _layers(members: Sequence[Member], sky: Sky, observations: Observations, degree: int, own_degree: int) -> Layers:
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
