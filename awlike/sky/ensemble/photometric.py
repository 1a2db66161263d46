"""The zero points of an ensemble: one of each chip, one of each exposure, and a small one of each frame.

`docs/concepts/ensembles.md` has the model and its sources.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.layers import Doubles, Integers, Layers
from awlike.sky.ensemble.normal import Observations
from awlike.sky.ensemble.robust import Fitted, fitted
from awlike.sky.ensemble.stars import Grouped, grouped, held_together
from awlike.sky.projection import to_plane
from awlike.sky.sphere import places, unit_vectors

FEWEST_STANDARDS = 3
_FIRST_DEVIATION = 0.02  # mag: of single frames
_FLOOR = 0.005  # mag: what errors of single stars do not tell, as of the flat
_SWEEPS = 3


@dataclass(frozen=True)
class Photometry:
    """The stars of a frame; arrays [n]."""

    chip: int  # number of detector and filter, from 0
    exposure: int  # from 0
    ra: Doubles  # deg
    dec: Doubles
    mag: Doubles  # -2.5 log10 of ADU per second
    error: Doubles  # mag


@dataclass(frozen=True)
class Standards:
    """Stars of known magnitudes in the band of the frames; arrays [n]."""

    ra: Doubles  # deg
    dec: Doubles
    mag: Doubles  # NaN where unknown
    error: Doubles  # mag


@dataclass(frozen=True)
class FrameZeroPoint:
    """What an ensemble tells of the zero point of a frame."""

    value: float = np.nan  # mag of 1 ADU per second
    error: float = np.nan
    reason: str = ''  # why there is none
    stars: int = 0  # that tell
    standards: int = 0  # stars of known magnitudes among them
    scatter: float = np.nan  # mag: rms of its stars about those of all


@dataclass(frozen=True)
class ZeroPointResiduals:
    """What is left of each measurement of a star that others see; arrays [measurement]."""

    member: Integers
    source: Integers
    star: Integers
    reference: Integers  # -1 for none
    residual: Doubles  # measurement less star, mag
    reference_residual: Doubles  # measurement less known magnitude; NaN without one
    used: NDArray[np.bool_]


@dataclass(frozen=True)
class EnsembleZeroPoints:
    """The zero points of an ensemble, or the reason why there are none."""

    frames: list[FrameZeroPoint]
    reason: str = ''
    residuals: ZeroPointResiduals | None = None
    exposures: Doubles = field(default_factory=lambda: np.zeros(0))  # [exposure]: zero point of the mean chip; NaN for none
    stars: int = 0
    standards: int = 0
    RMS_INTERNAL: float = np.nan  # mag: of measurements about the stars that several exposures see
    RMS_REFERENCE: float = np.nan  # mag: of measurements about known magnitudes
    chi2: float = np.nan
    dof: int = 0
    deviation: float = 0.0  # mag: of single frames from the sum of chip and exposure


def solve_zero_points(frames: Sequence[Photometry], standards: Standards, radius: float = 1.0) -> EnsembleZeroPoints:
    """Return the zero points of an ensemble.

    Parameters
    ----------
    frames : sequence of Photometry
    standards : Standards
    radius : float
        Measurements of one star lie within this distance, arcsec.

    Returns
    -------
    EnsembleZeroPoints
        A frame of which nothing is certain has the reason and no value.
    """
    if not any(len(frame.ra) for frame in frames):
        return _nothing(frames, 'no frame has stars that are fit to tell')
    member = np.repeat(np.arange(len(frames)), [len(frame.ra) for frame in frames])
    source = np.concatenate([np.arange(len(frame.ra)) for frame in frames])
    ra, dec, mag, error = (np.concatenate([getattr(frame, name) for frame in frames]) for name in ('ra', 'dec', 'mag', 'error'))
    exposure = np.array([frame.exposure for frame in frames])
    good = np.flatnonzero(np.isfinite(ra) & np.isfinite(mag) & (error > 0) & np.isfinite(error))
    good = good[np.argsort(exposure[member[good]], kind='stable')]
    member, source, mag, error = member[good], source[good], mag[good], error[good]
    middle = places(unit_vectors(ra[good], dec[good]).sum(axis=0))
    contact = float(middle[0]), float(middle[1])
    known = np.isfinite(standards.mag) & (standards.error >= 0)
    there = 3600 * np.transpose(to_plane(np.where(known, standards.ra, np.nan), standards.dec, contact))
    plane = np.ascontiguousarray(3600 * np.transpose(to_plane(ra[good], dec[good], contact)))
    groups = grouped(plane, exposure[member].astype(np.int32), there, radius)
    groups = groups.telling(np.ones(len(groups.order), bool))
    part, held = held_together(groups, exposure[member], int(exposure.max()) + 1)
    told = np.bincount(member[groups.order], minlength=len(frames))
    few = np.array([held[part[one.exposure]] < FEWEST_STANDARDS for one in frames])
    reasons = [f'it and the exposures with which it overlaps have {held[part[frame.exposure]]} stars of known magnitude, fewer '
               f'than {FEWEST_STANDARDS}' if bad else '' if number else 'no star of it is known, or seen in another exposure'
               for frame, bad, number in zip(frames, few, told, strict=True)]
    groups = groups.telling(~few[member[groups.order]])
    if all(reasons) or not len(groups.order):
        return _nothing(frames, 'no frame of the ensemble overlaps with enough stars of known magnitude', reasons)
    observations = _observations(member, mag, standards, groups)
    layers = _layers(frames)
    known_sigma = np.where(groups.reference >= 0, standards.error[groups.reference] if len(standards.ra) else 0.0, np.inf)
    several = len(np.unique(exposure[observations.frame])) > 1
    values = layers.zero()
    values.own[:, 0] = _first(observations)
    found = fitted(observations, np.hypot(error[groups.order], _FLOOR), np.maximum(known_sigma, 1e-4), layers,
                   _FIRST_DEVIATION if several else 0.0, 1, values)
    return _result(frames, source[groups.order], groups, observations, found, layers, reasons)


def _nothing(frames: Sequence[Photometry], reason: str, reasons: Sequence[str] = ()) -> EnsembleZeroPoints:
    """Return the answer where there are no zero points."""
    return EnsembleZeroPoints([FrameZeroPoint(reason=each) for each in reasons or [reason] * len(frames)], reason)


def _observations(member: Integers, mag: Doubles, standards: Standards, groups: Grouped) -> Observations:
    """Return the observations, relative to the first of each star."""
    order, n = groups.order, len(groups.order)
    origin = mag[order[groups.first[:-1]]]
    star = np.repeat(np.arange(len(origin)), np.diff(groups.first))
    value, place = np.zeros((n, 2), np.float32), np.zeros((len(origin), 2))
    value[:, 0] = mag[order] - origin[star]
    is_known = groups.reference >= 0
    place[is_known, 0] = standards.mag[groups.reference[is_known]] - origin[is_known]
    flat = np.zeros(n, np.float32)
    return Observations(member[order].astype(np.int32), flat, flat, np.ones(n, np.float32), flat, value,
                        groups.first.astype(np.int64), place, is_known.astype(float), np.ones(len(origin)), 0)


def _layers(frames: Sequence[Photometry]) -> Layers:
    """Return how frames share their zero points."""
    chip = np.array([frame.chip for frame in frames])
    exposure = np.array([frame.exposure for frame in frames])
    return Layers(chip, exposure, np.ones(len(frames), complex), np.ones((len(frames), 1, 1)),
                  np.ones((int(chip.max()) + 1, 1), bool), 1)


def _first(observations: Observations) -> Doubles:
    """Return a first zero point of each frame: medians over its stars, from frames with known stars to others, by overlaps."""
    frames = int(observations.frame.max()) + 1
    star, value, frame = observations.star, observations.value[:, 0].astype(float), observations.frame
    magnitude = np.where(observations.known > 0, observations.known_place[:, 0], np.nan)
    found = np.full(frames, np.nan)
    for _ in range(frames + _SWEEPS):
        before = np.isfinite(found).sum()
        difference = magnitude[star] - value
        for one in np.unique(frame[np.isfinite(difference)]):
            found[one] = np.nanmedian(difference[frame == one])
        told = np.isfinite(found[frame]) & (observations.known[star] == 0)
        sums, counts = (np.bincount(star[told], weights, len(magnitude)) for weights in ((value + found[frame])[told], None))
        unknown = observations.known == 0
        magnitude[unknown] = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)[unknown]
        if np.isfinite(found).sum() == before and before:
            break
    return np.nan_to_num(found, nan=float(np.nanmedian(found)))


def _result(frames: Sequence[Photometry], source: Integers, groups: Grouped, observations: Observations, found: Fitted,
            layers: Layers, reasons: list[str]) -> EnsembleZeroPoints:
    """Return the answer of a fit."""
    star, member = observations.star, observations.frame
    left = found.left.residual[:, 0].astype(float)
    about = np.where(found.known_kept[star], left + found.left.stars[star, 0], np.nan)
    table = ZeroPointResiduals(member.astype(np.int64), source, star, groups.reference[star], left, about, found.kept)
    seen = np.bincount(star[table.used], minlength=len(observations.known))[star]
    internal, external = table.used & (seen > 1), table.used & np.isfinite(about)
    common = 1 / found.known_weight.sum()
    told = []
    for number, reason in enumerate(reasons):
        mine = member == number
        told.append(FrameZeroPoint(reason=reason) if reason else FrameZeroPoint(
            float(found.corrections[number, 0].real), float(np.sqrt(found.variance[number] + common)), '',
            int((mine & table.used).sum()), int((mine & external).sum()), _rms(left[mine & internal])))
    exposures = np.full(int(layers.exposure.max()) + 1, np.nan)
    chips = found.values.chips[layers.chip, 0].real
    for one in range(len(exposures)):
        mine = [number for number, reason in enumerate(reasons) if not reason and layers.exposure[number] == one]
        if mine:
            exposures[one] = np.mean([told[number].value - chips[number] for number in mine]) + chips.mean()
    return EnsembleZeroPoints(told, '', table, exposures, len(np.unique(star[table.used])), int(found.known_kept.sum()),
                              _rms(left[internal]), _rms(about[external]), found.chi2, found.dof, float(found.deviation[0]))


def _rms(values: Doubles) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.mean(values**2))) if len(values) else np.nan


def dimmed_by(zero_points: Doubles, airmass: Doubles, extinction: float = 0.0) -> Doubles:
    """Return by how much clouds dim each exposure, magnitudes: how far it is below the clearest at the same airmass.

    Parameters
    ----------
    zero_points : array [exposure]
        Of one filter; NaN where unknown.
    airmass : array [exposure]
        NaN where unknown.
    extinction : float
        Of the clear atmosphere, magnitudes an airmass.
    """
    clear = zero_points + extinction * np.nan_to_num(airmass - 1)
    return np.nanmax(clear) - clear if np.isfinite(clear).any() else clear
