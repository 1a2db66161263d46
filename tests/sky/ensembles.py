"""Ensembles: dithered exposures of one field, as the simulated sky observes it, and what is known about them."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from awlike.simulate.observing import Observation, Optics, draw_waves
from awlike.sky.ensemble.members import Known, Member
from awlike.sky.projection import to_sky
from awlike.sky.sphere import moved, separation

SHAPE, SCALE = (4100, 2048), 0.214
CORNERS = [(-2090.0, -4170.0), (40.0, -4170.0), (-2090.0, 70.0), (40.0, 70.0)]  # of chips, pixels from the middle
DITHERS = [(0, 0), (1, 0.6), (-0.7, 1), (-1, -0.8), (0.6, -1), (0.2, 0.4), (-0.4, 0.1), (0.8, -0.3)]
PRECISION = 0.003  # arcsec: of the catalogue
OWN = 0.02  # arcsec: about how far own solutions are off in the corners


class Ensemble(NamedTuple):
    """An ensemble and the truth about it."""

    members: list
    known: Known
    true: list  # for each member: pixels of the stars that it has, with turbulence and without errors
    places: list  # for each member: right ascension and declination of these stars at its date, deg


def ensemble(seed=0, *, turbulence=0.0, exposures=5, chips=4, stars=6500, known=700, centre=(150.0, 2.0), step=300.0,
             rotations=None, years=None, motions=0.0, wrong=0.01, shape=SHAPE, turned=0.1):
    """Exposures of a field of stars; errors of 0.026 to 0.3 pixels. `wrong` is the part of sources that are elsewhere."""
    rng = np.random.default_rng(seed)
    corners = [tuple(np.array(corner) * (shape[1] / SHAPE[1], shape[0] / SHAPE[0])) for corner in CORNERS[:chips]]
    sides = np.array([[corner[0], corner[1]] for corner in corners])
    low, high = sides.min(axis=0) - 1.2 * step, sides.max(axis=0) + shape[::-1] + 1.2 * step
    east, north = (rng.uniform(low[axis], high[axis], stars) * SCALE / 3600 for axis in (0, 1))
    ra, dec = to_sky(-east, north, centre)
    flux = np.sort(rng.uniform(size=stars) ** (-1 / 0.7))[::-1]
    error = np.clip(0.026 * (flux[known:known + 1].sum() / flux) ** 0.64, 0.026, 0.3)
    motion = rng.normal(0, motions, (2, stars))
    years = np.zeros(exposures) if years is None else np.asarray(years, float)
    optics = Optics(centre, (0.0, 0.0), (float(high[0]), float(high[1])))
    members, true, there = [], [], []
    for exposure in range(exposures):
        angle = rng.uniform(-turned, turned) if rotations is None else rotations[exposure]
        seen = Observation(optics, tuple(np.array(DITHERS[exposure]) * step * SCALE / 3600), tuple(rng.normal(0, 0.003, 2)),
                           angle, 1.02 + 0.1 * exposure, 1.0, 4.0, (0.0, 0.0), np.zeros((2, 3)), draw_waves(rng, turbulence))
        now = moved(ra, dec, *motion, years[exposure])
        x, y = seen.seen(*now)
        for chip, (left, below) in enumerate(corners):
            own_x, own_y = x - left, y - below
            here = np.flatnonzero((own_x > 0) & (own_x < shape[1]) & (own_y > 0) & (own_y < shape[0])
                                  & (rng.uniform(size=stars) > 0.03))
            off = np.where(rng.uniform(size=len(here)) < wrong, rng.normal(0, 2, len(here)), 0)
            plate = _own_plate(rng, seen.plate((left, below), shape), shape)
            members.append(Member(plate, chip, exposure, shape, years[exposure],
                                  own_x[here] + off + rng.normal(0, error[here]), own_y[here] + rng.normal(0, error[here]),
                                  error[here]))
            true.append((own_x[here], own_y[here]))
            there.append((now[0][here], now[1][here]))
    own = np.arange(known)
    off = rng.normal(0, PRECISION / 3600, (2, known))
    pm_ra, pm_dec = motion[:, own] if motions else (None, None)
    return Ensemble(members, Known(ra[own] + off[0] / np.cos(np.radians(dec[own])), dec[own] + off[1],
                                   np.full(known, PRECISION), pm_ra, pm_dec), true, there)


def _own_plate(rng, plate, shape):
    """The plate of a solution of one frame: wrong by some mas in the middle, by more in the corners."""
    half = max(shape) / 2 * SCALE / 3600
    polynomials = np.array(plate.polynomials)
    for axis in range(2):
        for i, j in [(0, 0), (1, 0), (0, 1), (2, 0), (1, 1), (0, 2), (3, 0), (2, 1), (1, 2), (0, 3)]:
            polynomials[axis, i, j] += rng.normal(0, OWN / 3600 / 4) / half ** (i + j)
    return replace(plate, polynomials=polynomials)


def error_of(made, plates):
    """The rms error along an axis of the plates of members (None for one that has none) where their stars are, arcsec."""
    apart = [separation(*plate.pixel_to_sky(*true), *there)
             for plate, true, there in zip(plates, made.true, made.places, strict=True) if plate]
    return 3600 * np.sqrt(np.mean(np.concatenate(apart) ** 2) / 2) if apart else np.nan
