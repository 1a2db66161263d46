"""The same stars in several exposures, whose pointing is known to some arcseconds only."""

import numpy as np

_REACH = 60.0  # pixels by which pointings are wrong at most
_NEAR = 3.0  # pixels between measurements of one star
_BRIGHTEST = 500  # stars that find a shift
_FEWEST = 5  # pairs that agree in it
_SIGMA = 6.0  # by how much these are more than there are by chance


def tangent_plane(CRVAL, CRPIX, CD, centre):
    """The linear astrometry of an exposure as a function from its pixels to a plane common to several exposures.

    Parameters
    ----------
    CRVAL, CRPIX : pair of float
    CD : 2 x 2 array
        As in the FITS header of a tangential projection, axis 1 right ascension, axis 2 declination: degrees; pixels
        from 1; degrees a pixel.
    centre : pair of float
        Right ascension and declination of the point where the common plane touches the sky, degrees.

    Returns
    -------
    function
        From x and y, pixels from 0, to a pair of coordinates in the plane, degrees.
    """
    axes, common = _axes(*np.radians(CRVAL)), _axes(*np.radians(centre))

    def plane_of(x, y):
        east, north = np.radians(np.tensordot(CD, np.array([x + 1 - CRPIX[0], y + 1 - CRPIX[1]]), 1))
        directions = np.tensordot(np.array([east, north, np.ones_like(east)]), axes, (0, 0))
        east, north, towards = np.tensordot(common, directions, (1, -1))
        return np.degrees(east / towards), np.degrees(north / towards)
    return plane_of


def _axes(ra, dec):
    """Unit vectors to the east, to the north and to a place on the sky."""
    return np.array([[-np.sin(ra), np.cos(ra), 0],
                     [-np.sin(dec) * np.cos(ra), -np.sin(dec) * np.sin(ra), np.cos(dec)],
                     [np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)]])


def match_stars(catalogues, positions):
    """Which measurements are of one star.

    Exposure after exposure, the brightest stars are compared with those known from the exposures before; the shift on which
    most pairs agree is the error of the pointing, up to 60 pixels. Stars that are then within 3 pixels are one.

    Parameters
    ----------
    catalogues : sequence of stars.Stars
        One for each exposure, the brightest stars first.
    positions : sequence of functions
        One for each exposure, from x and y in pixels to a pair of coordinates in a common plane, as `tangent_plane`.

    Returns
    -------
    list of int arrays
        For each exposure the number of the star that each measurement is of; -1 for all of an exposure that fits to no
        other.
    """
    places = [np.array(where(stars.x, stars.y), float) / _pixel(where) for stars, where in zip(catalogues, positions)]
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
        moved = places[found] + shifts[found]
        same = _same(known, moved)
        new = same < 0
        same[new] = len(known) + np.arange(new.sum())
        known, numbers[found] = np.concatenate([known, moved[new]]), same
    return numbers


def _pixel(where):
    """Length of a pixel in the plane."""
    corners = np.array(where(np.array([0.0, 1, 0]), np.array([0.0, 0, 1])), float)
    (a, b), (c, d) = corners[:, 1:] - corners[:, :1]
    return np.sqrt(abs(a * d - b * c))


def _shift(known, places):
    """What must be added to places, pixels [n, 2], to bring them upon known ones; None when nothing stands out."""
    if not len(known) or not len(places):
        return None
    near = (known >= places.min(axis=0) - _REACH) & (known <= places.max(axis=0) + _REACH)
    known = known[near.all(axis=1)][:_BRIGHTEST]
    steps = (known[:, None] - places[:_BRIGHTEST]).reshape(-1, 2)
    steps = steps[(np.abs(steps) <= _REACH).all(axis=1)]
    edges = np.arange(-_REACH, _REACH + 1, _NEAR)
    counts = np.histogram2d(*steps.T, [edges, edges])[0]
    counts = counts[1:, 1:] + counts[:-1, 1:] + counts[1:, :-1] + counts[:-1, :-1]  # of 2 x 2, so that none is parted
    row, column = np.unravel_index(np.argmax(counts), counts.shape)
    chance = np.median(counts)
    if counts[row, column] < max(_FEWEST, chance + _SIGMA * np.sqrt(chance)):
        return None
    shift = edges[[row + 1, column + 1]]
    for _ in range(2):
        shift = np.median(steps[(np.abs(steps - shift) <= _NEAR).all(axis=1)], axis=0)
    return shift


def _same(known, places):
    """For each place the known one that is within reach, if each is the other's nearest; else -1."""
    from scipy.spatial import cKDTree

    distances, nearest = cKDTree(known).query(places)
    _, back = cKDTree(places).query(known)
    return np.where((distances <= _NEAR) & (back[nearest] == np.arange(len(places))), nearest, -1)
