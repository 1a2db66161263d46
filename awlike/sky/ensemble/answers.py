"""What an ensemble tells: the plate of each member, and what is left of each measurement."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.camera import plate_of
from awlike.sky.ensemble.layers import Complex, Doubles, Integers
from awlike.sky.ensemble.members import Member, Sky
from awlike.sky.ensemble.normal import Observations
from awlike.sky.ensemble.robust import Fitted
from awlike.sky.ensemble.stars import Grouped
from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of_terms, terms
from awlike.sky.projection import to_plane, to_sky


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


def without_solution(members: Sequence[Member], reason: str, reasons: Sequence[str] = ()) -> EnsembleAstrometry:
    """Return the answer where there is no solution."""
    return EnsembleAstrometry([Placed(None, each) for each in reasons or [reason] * len(members)], reason)


def answer(members: Sequence[Member], sky: Sky, groups: Grouped, observations: Observations, found: Fitted,
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


def _residuals(sky: Sky, groups: Grouped, observations: Observations, found: Fitted) -> Residuals:
    """Return what is left of each measurement."""
    star = observations.star
    left = found.left.residual.astype(float)
    about = left + found.left.stars[star, :2] + found.left.stars[star, 2:4] * observations.time[:, None]
    about[~found.known_kept[star]] = np.nan
    return Residuals(sky.member[groups.order].astype(np.int64), sky.source[groups.order], star, groups.reference[star],
                     left[:, 0], left[:, 1], about[:, 0], about[:, 1], found.kept)


def _plate(member: Member, sky: Sky, number: int, correction: Complex, degree: int) -> Plate | None:
    """Return the plate of a member: its first coefficients, and the correction turned into the plane of its exposure."""
    contact = sky.camera.touches(member.exposure)
    step = np.transpose(to_plane(*to_sky([0, 1e-4, 0], [0, 0, 1e-4], contact), sky.contact))
    matrix = np.array([step[1] - step[0], step[2] - step[0]]).T / 1e-4
    east, north = np.linalg.solve(matrix, np.array([correction.real, correction.imag]))
    first = sky.camera.coefficients[number]
    total = east + 1j * north
    total[:len(first)] += first
    return plate_of(total, degree, contact, member.shape)
