"""Random fields anywhere on the sky: what a camera sees of it, what a catalogue knows, and what a header tells wrongly."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from awlike.sky.astrometry import References, Sources
from awlike.sky.plate import Plate
from awlike.sky.polynomials import design
from awlike.sky.projection import to_plane, to_sky
from awlike.sky.sphere import axes, separation

SHAPE, SCALE = (4100, 2048), 0.214  # pixels, arcsec/pixel
CORNERS = [(0.0, 10.0), (359.99, -50.0), (30.0, 90.0), (200.0, -89.95)]
PRECISION = 0.005  # arcsec: of the catalogue


class Field(NamedTuple):
    """A field and the truth about it."""

    sources: Sources
    references: References
    start: Plate  # as the header tells
    true: Callable  # from pixels to the sky
    pairs: np.ndarray  # [n, 2]: source and reference of each star that both have
    contact: tuple[float, float]
    shape: tuple[int, int]


def field(seed, *, shape=SHAPE, offset=300.0, rotation=1.0, scale=0.005, flips=True, foreign=0.8, known=150, number=800):
    """A field of `number` stars, of which a catalogue has 70 per cent of the `known` brightest, and `foreign` others."""
    rng, (ny, nx) = np.random.default_rng(seed), shape
    contact = CORNERS[seed // 4 % 4] if seed % 4 == 0 else (rng.uniform(0, 360), np.degrees(np.arcsin(rng.uniform(-1, 1))))
    angle = rng.uniform(0, 2 * np.pi)
    CD = SCALE / 3600 * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    middle, corner = np.array([(nx - 1) / 2, (ny - 1) / 2]), np.hypot(nx, ny) / 2
    bent = min(20, 0.009 * corner)  # pixels, in the corner

    def true(x, y):
        u, v = x - middle[0], y - middle[1]
        stretch = 1 + bent / corner**3 * (u**2 + v**2)
        return to_sky(*np.tensordot(CD, np.array([u * stretch, v * stretch]), 1), contact)
    x, y = rng.uniform(-40, nx + 40, number), rng.uniform(-40, ny + 40, number)
    flux = np.sort(rng.uniform(size=number) ** (-1 / 0.7))[::-1]
    error = np.clip(0.1 * np.sqrt(flux[known] / flux), 0.03, 0.3)
    kept = rng.uniform(size=number) > 0.05
    x_seen, y_seen = x + rng.normal(0, error), y + rng.normal(0, error)
    seen = np.flatnonzero(kept & (x_seen > 0) & (x_seen < nx) & (y_seen > 0) & (y_seen < ny))
    own = np.flatnonzero(rng.uniform(size=known) > 0.3)
    references = _catalogue(rng, true(x[own], y[own]), -2.5 * np.log10(flux[:known]), own, contact, shape, foreign)
    place = {star: number for number, star in enumerate(seen)}
    pairs = np.array([(place[star], number) for number, star in enumerate(own) if star in place])
    start = _header(rng, contact, CD, middle, offset, rotation, scale, flips and seed % 2)
    return Field(Sources(x_seen[seen], y_seen[seen], flux[seen], error[seen]), references, start, true, pairs, contact, shape)


def _catalogue(rng, there, mag, own, contact, shape, foreign):
    """The stars of the catalogue with errors, and foreign ones as bright, all around the field."""
    east, north = (axis + rng.normal(0, PRECISION / 3600, own.size) for axis in to_plane(*there, contact))
    half = (np.hypot(*shape) * SCALE / 2 + 430) / 3600
    others = int(own.size / (1 - foreign) * foreign * (2 * half * 3600 / SCALE) ** 2 / (shape[0] * shape[1]))
    around = rng.uniform(-half, half, (2, others))
    ra, dec = to_sky(np.append(east, around[0]), np.append(north, around[1]), contact)
    return References(ra, dec, np.append(mag[own], rng.choice(mag, others)), np.full(ra.size, PRECISION))


def _header(rng, contact, CD, middle, offset, rotation, scale, flipped):
    """The plate that a header tells: elsewhere, turned, of another scale, perhaps mirrored."""
    angle, distance, direction = np.radians(rng.uniform(-rotation, rotation)), np.sqrt(rng.uniform()), rng.uniform(0, 2 * np.pi)
    told = to_sky(*(offset / 3600 * distance * np.array([np.cos(direction), np.sin(direction)])), contact)
    told = float(told[0]), float(told[1])
    left, _, right = np.linalg.svd((axes(*told) @ axes(*contact).T)[:2, :2])  # north turns from place to place near a pole
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    CD = (1 + rng.uniform(-scale, scale)) * left @ right @ CD @ turn @ np.diag([-1 if flipped else 1, 1])
    return Plate(told, tuple(middle + 1), CD)


def error_of(one, other):
    """The rms distance along an axis of two lists of places, arcsec."""
    return np.sqrt(np.mean((3600 * separation(*one, *other)) ** 2) / 2)


def grid(shape):
    """Pixels all over a frame."""
    return [axis.ravel() for axis in np.meshgrid(np.linspace(0, shape[1] - 1, 15), np.linspace(0, shape[0] - 1, 21))]


def noise_limit(field, degree=3):
    """The error over the frame of a fit that knows all pairs and errors, arcsec."""
    source, reference = field.pairs.T
    half = max(field.shape) / 2

    def terms(x, y):
        return design(x / half - 1, y / half - 1, degree)
    places = np.array(to_plane(field.references.ra[reference], field.references.dec[reference], field.contact)).T
    weights = 1 / np.hypot(field.sources.error[source] * SCALE, PRECISION)[:, None]
    matrix = terms(field.sources.x[source], field.sources.y[source])
    found = np.linalg.lstsq(matrix * weights, places * weights, rcond=None)[0]
    x, y = grid(field.shape)
    return error_of(to_sky(*(terms(x, y) @ found).T, field.contact), field.true(x, y))
