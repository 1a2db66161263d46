"""The members of an ensemble, and where their measurements lie by the plates from which it starts."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.camera import Camera, camera_of, products, scaled
from awlike.sky.ensemble.layers import Complex, Doubles, Integers, as_pairs
from awlike.sky.plate import Plate
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import places, unit_vectors

WIDEST = 30.0  # deg from the middle: a plane holds no more


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
class Sky:
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


def on_sky(members: Sequence[Member], degree: int, chip_degree: int) -> Sky | None:
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
    if not np.isfinite(plane).all() or np.hypot(*plane.T).max(initial=0) > 3600 * np.degrees(np.tan(np.radians(WIDEST))):
        return None
    return Sky(camera, contact, usable, member, source, x, y, np.ascontiguousarray(plane), sigma)


def _area(coefficients: Complex) -> float:
    """Return the area of the linear part: along x, the second term, and along y, the third."""
    return float((np.conj(coefficients[1]) * coefficients[2]).imag)
