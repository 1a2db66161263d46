"""Where the detectors of an exposure lie on the sky, from stars: shift and rotation of all, then of each detector."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from awlike.sky.headers import read_plate
from awlike.sky.pixel_origin import from_fits
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import Doubles

Cards = dict[str, Any]

MODES = 'shift', 'rotation', 'otashift', 'otashear', 'distortion'
"""How much of the place of the detectors is fitted: each mode does what those before it do."""
LEAST_STARS, LEAST_STARS_SHIFT, LEAST_STARS_SHEAR = 4, 4, 9


class Stars(NamedTuple):
    """Stars of a detector that a reference catalogue has; arrays [star]."""

    x: Doubles  # X_IMAGE, the first pixel is 1
    y: Doubles
    ra: Doubles  # of the reference star, deg
    dec: Doubles


class ExposureFit(NamedTuple):
    """The cards of the detectors after a fit, and how well they agree with the stars."""

    cards: dict[str, Cards]
    rms: tuple[float, float]  # along right ascension and declination, arcsec; NaN without stars
    number: int  # of stars
    is_fitted: bool  # whether there were enough stars


def fitted(cards: Mapping[str, Mapping[str, Any]], stars: Mapping[str, Stars], mode: str,
           solutions: Mapping[str, Mapping[str, Any]] | None = None) -> ExposureFit:
    """Return the cards of the detectors by which their stars lie where the catalogue has them.

    Parameters
    ----------
    cards : dict
        The cards of each detector, by name; an empty dict for a detector of unknown place.
    stars : dict
        The stars of detectors, by name.
    mode : str
        One of `MODES`. ``shift``: one shift of all detectors; ``rotation``: one rotation about the common point of contact,
        too; ``otashift``: a shift of each detector with 4 stars, too; ``otashear``: CD of each detector with 9 stars, too;
        ``distortion``: each detector with a solution of its own has that.
    solutions : dict, optional
        The cards of the solution of detectors, for the mode ``distortion``.

    Raises
    ------
    ValueError
        For an unknown mode.
    """
    if mode not in MODES:
        raise ValueError(f'mode {mode!r}: it is one of {", ".join(MODES)}')
    made = {name: dict(one) for name, one in cards.items()}
    there = {name: one for name, one in stars.items() if made.get(name) and len(one.x)}
    number = sum(len(one.x) for one in there.values())
    if number < LEAST_STARS:
        return ExposureFit(made, residual_rms(made, there), number, False)
    level = MODES.index(mode)
    for _ in range(3):  # the plane about the point of contact is not quite flat
        made = _moved_together(made, there, level >= 1)
    if level >= 2:
        made |= {name: _shifted(made[name], one) for name, one in there.items() if len(one.x) >= LEAST_STARS_SHIFT}
    if level >= 3:
        made |= {name: _sheared(made[name], one) for name, one in there.items() if len(one.x) >= LEAST_STARS_SHEAR}
    if level >= 4:
        made |= {name: dict(one) for name, one in (solutions or {}).items() if one and name in made}
    return ExposureFit(made, residual_rms(made, there), number, True)


def residuals(cards: Mapping[str, Any], stars: Stars) -> tuple[Doubles, Doubles]:
    """Return by how much the stars of a detector lie off the catalogue, to the east and to the north, arcsec."""
    east, north, to_east, to_north = _in_plane(cards, stars)
    return 3600 * (east - to_east), 3600 * (north - to_north)


def residual_rms(cards: Mapping[str, Mapping[str, Any]], stars: Mapping[str, Stars]) -> tuple[float, float]:
    """Return the rms of `residuals` over all detectors along both axes, about their median-free zero, arcsec."""
    found = [residuals(cards[name], one) for name, one in stars.items()]
    if not found:
        return float('nan'), float('nan')
    both = [np.concatenate([one[axis] for one in found]) for axis in (0, 1)]
    return float(np.sqrt(np.mean(both[0] ** 2))), float(np.sqrt(np.mean(both[1] ** 2)))


def _in_plane(cards: Mapping[str, Any], stars: Stars) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Return where the header and where the catalogue has the stars in the plane at CRVAL, degrees east and north."""
    plate = read_plate(cards)
    assert plate is not None
    east, north = plate.pixel_to_plane(from_fits(stars.x), from_fits(stars.y))
    return east, north, *to_plane(stars.ra, stars.dec, plate.CRVAL)


def _moved_together(cards: dict[str, Cards], stars: Mapping[str, Stars], turned: bool) -> dict[str, Cards]:
    """Return the cards after one shift, and with `turned` one rotation, of all detectors."""
    planes = [_in_plane(cards[name], one) for name, one in stars.items()]
    east, north, to_east, to_north = (np.concatenate(some) for some in zip(*planes, strict=True))
    off_east, off_north = to_east - east, to_north - north
    kept = _agreeing(off_east, off_north)
    angle = 0.0
    if turned:
        zero, one = np.zeros(kept.sum()), np.ones(kept.sum())
        design = np.concatenate([np.column_stack([-north[kept], one, zero]), np.column_stack([east[kept], zero, one])])
        angle, shift_east, shift_north = np.linalg.lstsq(design, np.concatenate([off_east[kept], off_north[kept]]))[0]
    else:
        shift_east, shift_north = off_east[kept].mean(), off_north[kept].mean()
    return {name: _turned(one, angle, shift_east, shift_north) if one else one for name, one in cards.items()}


def _agreeing(off_east: Doubles, off_north: Doubles) -> np.ndarray:
    """Return which stars lie within 3 sigma of the median offset."""
    kept = np.ones(len(off_east), bool)
    for _ in range(3):
        distance = np.hypot(off_east - np.median(off_east[kept]), off_north - np.median(off_north[kept]))
        kept = distance <= max(3 * 1.2 * float(np.median(distance[kept])), 1e-6)
    return kept


def _turned(cards: Cards, angle: float, east: float, north: float) -> Cards:
    """Return the cards after a rotation [rad] and a shift [deg] in the plane."""
    CD = np.array([[cards['CD1_1'], cards['CD1_2']], [cards['CD2_1'], cards['CD2_2']]], float)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    ra, dec = to_sky(east, north, (cards['CRVAL1'], cards['CRVAL2']))
    return cards | {'CRVAL1': float(ra), 'CRVAL2': float(dec)} | _matrix_cards(np.asarray(turn @ CD, float))


def _matrix_cards(CD: Doubles) -> Cards:
    return {f'CD{i + 1}_{j + 1}': float(CD[i, j]) for i in (0, 1) for j in (0, 1)}


def _shifted(cards: Cards, stars: Stars) -> Cards:
    east, north, to_east, to_north = _in_plane(cards, stars)
    kept = _agreeing(to_east - east, to_north - north)
    return _turned(cards, 0.0, float(np.mean((to_east - east)[kept])), float(np.mean((to_north - north)[kept])))


def _sheared(cards: Cards, stars: Stars) -> Cards:
    """Return the cards of a detector whose matrix and point of contact are those that its stars tell."""
    for _ in range(2):
        east, north, to_east, to_north = _in_plane(cards, stars)
        kept = _agreeing(to_east - east, to_north - north)
        design = np.column_stack([east[kept], north[kept], np.ones(kept.sum())])
        rows = [np.linalg.lstsq(design, wanted[kept])[0] for wanted in (to_east, to_north)]
        matrix, shift = np.array([row[:2] for row in rows]), np.array([row[2] for row in rows])
        CD = np.array([[cards['CD1_1'], cards['CD1_2']], [cards['CD2_1'], cards['CD2_2']]], float)
        ra, dec = to_sky(shift[0], shift[1], (cards['CRVAL1'], cards['CRVAL2']))
        cards = cards | {'CRVAL1': float(ra), 'CRVAL2': float(dec)} | _matrix_cards(np.asarray(matrix @ CD, float))
    return cards
