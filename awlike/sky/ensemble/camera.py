"""A camera of the plates of its frames: one polynomial for each chip, and how each exposure places the camera on the sky.

Places in the plane of an exposure are complex, arcsec: the real part is to the east. Coefficients belong to products of
Legendre polynomials, in the order of `polynomials.terms`, of pixels that are scaled to -1 .. 1 along each axis of a frame.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import legder, legval, legvander
from numpy.typing import ArrayLike, NDArray

from awlike.sky.ensemble.layers import Complex, Doubles, Integers
from awlike.sky.pixel_origin import to_fits
from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of_terms, design, from_terms, terms
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import places, unit_vectors

Place = tuple[float, float]

_SWEEPS = 4
_WRONG = 2.0  # arcsec: a plate that is farther from the camera of all is wrong


@dataclass(frozen=True)
class Camera:
    """Where frames lie by all plates together."""

    contact: Doubles  # [exposure, 2]: right ascension and declination where its plane touches the sky
    coefficients: Complex  # [frame, term]: from scaled pixels to the plane of its exposure; NaN where nobody knows
    chips: Complex  # [chip, term]: from scaled pixels to the camera
    affine: Complex  # [exposure, 3]: from z in the camera to the plane: z, its conjugate, 1
    apart: Doubles  # [frame]: rms distance of its own plate from this, arcsec; NaN without an own plate

    def touches(self, exposure: int) -> Place:
        """Return right ascension and declination where the plane of an exposure touches the sky, degrees."""
        ra, dec = self.contact[exposure]
        return float(ra), float(dec)


def scaled(x: ArrayLike, y: ArrayLike, shape: tuple[int, int]) -> tuple[Doubles, Doubles]:
    """Return pixels (from 0) of a frame scaled to -1 .. 1."""
    return ((np.asarray(x, float) - (shape[1] - 1) / 2) / (shape[1] / 2),
            (np.asarray(y, float) - (shape[0] - 1) / 2) / (shape[0] / 2))


def products(x: Doubles, y: Doubles, degree: int) -> Doubles:
    """Return the products of Legendre polynomials at scaled pixels, [place, term]."""
    i, j = np.array(terms(degree)).T
    return legvander(x, degree)[:, i] * legvander(y, degree)[:, j]


def plate_of(coefficients: Complex, degree: int, contact: Place, shape: tuple[int, int]) -> Plate | None:
    """Return the plate of the coefficients of a frame, which touches the sky in its middle; None for a frame without area."""
    x, y, inverse = _nodes(degree)
    there = products(np.append(x, 0.0), np.append(y, 0.0), degree) @ coefficients / 3600
    ra, dec = to_sky(there.real, there.imag, contact)
    middle = float(ra[-1]), float(dec[-1])
    plane = np.array(to_plane(ra[:-1], dec[:-1], middle))
    i, j = np.array(terms(degree)).T
    slopes = np.array([legval(0.0, legder(np.eye(one + 1)[-1])) if one else 0.0 for one in range(degree + 1)])
    values = np.array([legval(0.0, np.eye(one + 1)[-1]) for one in range(degree + 1)])
    fit = inverse @ plane.T
    CD = np.array([(slopes[i] * values[j]) @ fit, (values[i] * slopes[j]) @ fit]).T * 2 / shape[::-1]
    size = np.sqrt(abs(np.linalg.det(CD)) * shape[0] * shape[1]) / 2
    if not size > 0:
        return None
    u, v = CD @ np.array([x * shape[1], y * shape[0]]) / 2
    found = np.linalg.lstsq(design(u / size, v / size, degree), plane.T, rcond=None)[0] / size ** (i + j)[:, None]
    polynomials = np.array([from_terms(one, degree) for one in found.T])
    polynomials[:, 0, 0], polynomials[:, 1, 0], polynomials[:, 0, 1] = 0, (1, 0), (0, 1)  # less what is rounding
    return Plate(middle, (to_fits((shape[1] - 1) / 2), to_fits((shape[0] - 1) / 2)), CD, polynomials)


@functools.cache
def _nodes(degree: int) -> tuple[Doubles, Doubles, Doubles]:
    """Return places that tell all terms up to a degree, and the matrix from values there to these terms."""
    nodes = np.cos(np.pi * (np.arange(degree + 2) + 0.5) / (degree + 2))
    x, y = np.repeat(nodes, len(nodes)), np.tile(nodes, len(nodes))
    return x, y, np.asarray(np.linalg.pinv(products(x, y, degree)), float)


def camera_of(plates: Sequence[Plate | None], chip: Integers, exposure: Integers, shapes: Sequence[tuple[int, int]],
              degree: int) -> Camera:
    """Return the camera that the plates of frames show together.

    Parameters
    ----------
    plates : sequence
        Of each frame; None where nobody knows: such a frame lies where its exposure has its chip.
    chip, exposure : array [frame]
        Numbers from 0.
    shapes : sequence of (rows, columns)
    degree : int
        Of the polynomials of the chips.
    """
    contact = _contacts(plates, exposure, shapes)
    x, y, inverse = _nodes(degree)
    own = np.full((len(plates), inverse.shape[0]), np.nan + 0j)
    for frame, (plate, shape) in enumerate(zip(plates, shapes, strict=True)):
        if plate is not None:
            there = plate.pixel_to_sky((x * shape[1] + shape[1] - 1) / 2, (y * shape[0] + shape[0] - 1) / 2)
            east, north = to_plane(*there, tuple(contact[exposure[frame]]))
            own[frame] = inverse @ (3600 * (east + 1j * north))
    good = np.isfinite(own[:, 0])
    chips, affine = _first_camera(own, good, chip, exposure)
    apart = np.full(len(own), np.nan)
    for _ in range(_SWEEPS):
        chips = _chips(own, good, chip, exposure, affine, len(chips))
        for one in np.unique(exposure[good]):
            affine[one] = _affine(chips[chip[good & (exposure == one)]], own[good & (exposure == one)])
        placed = _placed(chips[chip], affine[exposure])
        apart = np.sqrt((np.abs(own - placed) ** 2 / _norms(degree)).sum(axis=1))
        wrong = _worst(np.where(good, apart, 0.0), exposure) & (apart > _WRONG)
        if not wrong.any():
            break
        good &= ~wrong
    return Camera(contact, _placed(chips[chip], affine[exposure]), chips, affine, apart)


def _contacts(plates: Sequence[Plate | None], exposure: Integers, shapes: Sequence[tuple[int, int]]) -> Doubles:
    """Return the middle of the frames of each exposure; NaN where none has a plate."""
    total = np.zeros((int(exposure.max()) + 1, 3))
    for plate, one, shape in zip(plates, exposure, shapes, strict=True):
        if plate is not None:
            total[one] += unit_vectors(*plate.pixel_to_sky((shape[1] - 1) / 2, (shape[0] - 1) / 2))
    found = np.transpose(places(total))
    found[~total.any(axis=1)] = np.nan
    return found


def _norms(degree: int) -> Doubles:
    """Return the inverse of the mean square of each product."""
    return np.array([(2 * i + 1) * (2 * j + 1) for i, j in terms(degree)], float)


def _placed(coefficients: Complex, affine: Complex) -> Complex:
    """Return polynomials [..., term] after affine transformations [..., 3]."""
    found = affine[..., :1] * coefficients + affine[..., 1:2] * np.conj(coefficients)
    found[..., 0] += affine[..., 2]
    return found


def _unplaced(coefficients: Complex, affine: Complex) -> Complex:
    """Return the polynomials that affine transformations bring to `coefficients`."""
    moved = coefficients.copy()
    moved[..., 0] -= affine[..., 2]
    a, b = affine[..., :1], affine[..., 1:2]
    return (np.conj(a) * moved - b * np.conj(moved)) / (np.abs(a) ** 2 - np.abs(b) ** 2)


def _affine(chips: Complex, own: Complex) -> Complex:
    """Return the affine transformation from polynomials in the camera to those in a plane, [frame, term] each."""
    weight = np.sqrt(1 / _norms(degree_of_terms(own.shape[1])))
    design = np.stack([chips * weight, np.conj(chips) * weight, np.eye(1, own.shape[1]) * weight * np.ones((len(own), 1))], -1)
    return np.asarray(np.linalg.lstsq(design.reshape(-1, 3), (own * weight).ravel(), rcond=None)[0], complex)


def _first_camera(own: Complex, good: NDArray[np.bool_], chip: Integers, exposure: Integers) -> tuple[Complex, Complex]:
    """Return chips and exposures as one exposure after the other tells them; NaN for those of which no plate tells."""
    chips = np.full((int(chip.max()) + 1, own.shape[1]), np.nan + 0j)
    affine = np.full((int(exposure.max()) + 1, 3), np.nan + 0j)
    waiting = set(exposure[good].tolist())
    while waiting:
        known = np.isfinite(chips[chip, 0]) & good
        shared = {one: int((known & (exposure == one)).sum()) for one in sorted(waiting)}
        one = max(shared, key=lambda each: (shared[each], int((good & (exposure == each)).sum())))
        frames = good & (exposure == one)
        common = frames & known
        affine[one] = _affine(chips[chip[common]], own[common]) if common.any() else [1, 0, 0]
        new = frames & ~known
        chips[chip[new]] = _unplaced(own[new], affine[one])
        waiting.remove(one)
    return chips, affine


def _chips(own: Complex, good: NDArray[np.bool_], chip: Integers, exposure: Integers, affine: Complex,
           chips: int) -> Complex:
    """Return the polynomials of chips in the camera: the medians of what exposures tell."""
    found = np.full((chips, own.shape[1]), np.nan + 0j)
    for one in np.unique(chip[good]):
        frames = good & (chip == one)
        told = _unplaced(own[frames], affine[exposure[frames]])
        found[one] = np.median(told.real, axis=0) + 1j * np.median(told.imag, axis=0)
    return found


def _worst(apart: Doubles, exposure: Integers) -> NDArray[np.bool_]:
    """Return the frames that are farthest off in their exposure."""
    most = np.zeros(int(exposure.max()) + 1)
    np.maximum.at(most, exposure, apart)
    return apart >= most[exposure]
