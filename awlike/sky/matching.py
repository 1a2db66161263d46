"""The same stars in several exposures, whose pointing is known to some arcseconds only."""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike

from awlike.sky.sphere import axes

_REACH = 60.0  # pixels: the largest error of a pointing
_NEAR = 3.0  # pixels: the largest distance between measurements of one star
_BRIGHTEST = 500  # the number of stars that find a shift
_FEWEST = 5  # the smallest number of pairs that agree on a shift
_SIGMA = 6.0  # the excess of these pairs over chance pairs

Position = Callable[[np.ndarray, np.ndarray], ArrayLike]
"""A function from x and y in pixels to a pair of coordinates in a plane."""


class Catalogue(Protocol):
    """The stars of an exposure, the brightest first; arrays [n], pixels from 0."""

    @property
    def x(self) -> np.ndarray: ...

    @property
    def y(self) -> np.ndarray: ...


def tangent_plane(CRVAL: tuple[float, float], CRPIX: tuple[float, float], CD: np.ndarray | Sequence[Sequence[float]],
                  centre: tuple[float, float]) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """Return the linear astrometry of an exposure as a function from its pixels to a plane common to several exposures.

    Parameters
    ----------
    CRVAL, CRPIX : pair of float
    CD : 2 x 2 array
        The values in the FITS header of a tangential projection, axis 1 right ascension, axis 2 declination: degrees;
        pixels from 1; degrees a pixel.
    centre : pair of float
        Right ascension and declination of the point where the common plane touches the sky, degrees.

    Returns
    -------
    function
        From x and y, pixels from 0, to a pair of coordinates in the plane, degrees.
    """
    own, common = axes(*CRVAL), axes(*centre)

    def plane_of(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        east, north = np.radians(np.tensordot(CD, np.array([x + 1 - CRPIX[0], y + 1 - CRPIX[1]]), 1))
        directions = np.tensordot(np.array([east, north, np.ones_like(east)]), own, (0, 0))
        east, north, towards = np.tensordot(common, directions, (1, -1))
        return np.degrees(east / towards), np.degrees(north / towards)
    return plane_of


def match_stars(catalogues: Sequence[Catalogue], positions: Sequence[Position]) -> list[np.ndarray]:
    """Return which measurements belong to one star.

    Exposure after exposure, the function compares the brightest stars with the stars known from earlier exposures; the
    shift on which most pairs agree is the error of the pointing, up to 60 pixels. Two measurements within 3 pixels then
    belong to one star.

    Parameters
    ----------
    catalogues : sequence of stars.Stars
        One for each exposure, the brightest stars first.
    positions : sequence of functions
        One for each exposure, from x and y in pixels to a pair of coordinates in a common plane, as `tangent_plane`.

    Returns
    -------
    list of int arrays
        For each exposure, the number of the star of each measurement; -1 for all measurements of an exposure that fits
        no other exposure.
    """
    places = [np.array(where(stars.x, stars.y), float) / _pixel(where) for stars, where
              in zip(catalogues, positions)]  # noqa: B905 -- both have one for each exposure
    places = [place.T for place in places]
    numbers = [np.full(len(place), -1) for place in places]
    if not places:
        return numbers
    first = max(range(len(places)), key=lambda exposure: len(places[exposure]))
    known, numbers[first] = places[first], np.arange(len(places[first]))
    waiting = [exposure for exposure in range(len(places)) if exposure != first]
    while waiting:
        shifts = {exposure: _shift(known, places[exposure]) for exposure in waiting}
        found = next((exposure for exposure in waiting if shifts[exposure] is not None), None)
        if found is None:
            break
        waiting.remove(found)
        moved = places[found] + shifts[found]  # pyrefly: ignore[unsupported-operation]  # `found` has a shift
        same = _same(known, moved)
        new = same < 0
        same[new] = len(known) + np.arange(new.sum())
        known, numbers[found] = np.concatenate([known, moved[new]]), same
    return numbers


def _pixel(where: Position) -> float:
    """Return the length of a pixel in the plane."""
    corners = np.array(where(np.array([0.0, 1, 0]), np.array([0.0, 0, 1])), float)
    (a, b), (c, d) = corners[:, 1:] - corners[:, :1]
    return np.sqrt(abs(a * d - b * c))


def _shift(known: np.ndarray, places: np.ndarray) -> np.ndarray | None:
    """Return the shift from `places`, pixels [n, 2], to the known places; None when no shift stands out."""
    if not len(known) or not len(places):
        return None
    near = (known >= places.min(axis=0) - _REACH) & (known <= places.max(axis=0) + _REACH)
    known = known[near.all(axis=1)][:_BRIGHTEST]
    steps = (known[:, None] - places[:_BRIGHTEST]).reshape(-1, 2)
    steps = steps[(np.abs(steps) <= _REACH).all(axis=1)]
    edges = np.arange(-_REACH, _REACH + 1, _NEAR)
    counts = np.histogram2d(*steps.T, [edges, edges])[0]  # pyrefly: ignore[no-matching-overload]  # it takes two edges
    counts = counts[1:, 1:] + counts[:-1, 1:] + counts[1:, :-1] + counts[:-1, :-1]  # of 2 x 2, so that no border parts a peak
    row, column = np.unravel_index(np.argmax(counts), counts.shape)
    chance = np.median(counts)
    if counts[row, column] < max(_FEWEST, chance + _SIGMA * np.sqrt(chance)):
        return None
    shift = edges[[row + 1, column + 1]]
    for _ in range(2):
        shift = np.median(steps[(np.abs(steps - shift) <= _NEAR).all(axis=1)], axis=0)
    return shift


def _same(known: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Return, for each place, the number of the known place within reach if each is the nearest of the other; else -1."""
    from scipy.spatial import cKDTree  # pyrefly: ignore[missing-module-attribute]  # scipy has it, but no type for it

    distances, nearest = cKDTree(known).query(places)
    _, back = cKDTree(places).query(known)
    return np.where((distances <= _NEAR) & (back[nearest] == np.arange(len(places))), nearest, -1)
