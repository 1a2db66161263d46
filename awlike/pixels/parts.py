"""What is different from amplifier to amplifier of a detector: a factor, or a polynomial, for the part that each reads."""

from collections.abc import Mapping, Sequence

import numpy as np

from awlike.pixels.amplifiers import relative_gains
from awlike.pixels.arrays import Array, Image32
from awlike.pixels.gain import linearised
from awlike.pixels.geometry import Geometry, Section
from awlike.pixels.strips import Frame, Rows

ONLY = ''  # the name of the one amplifier of a detector that has no other


def places(geometry: Geometry) -> dict[str, Section]:
    """Return where the part of each amplifier lies in the assembled image, by name; `ONLY` names the whole of a single one."""
    height, width = geometry.shape
    return {one.name: one.place for one in geometry.amplifiers} or {ONLY: Section(0, width, 0, height)}


def scales(geometry: Geometry) -> dict[str, float]:
    """Return by which factor the ADU of each amplifier was brought to those of the assembled image, by name."""
    if not geometry.amplifiers:
        return {ONLY: 1.0}
    factors = relative_gains(geometry)
    return {one.name: float(factor) for one, factor in zip(geometry.amplifiers, factors, strict=True)}


def part_of(image: Frame, place: Section) -> Rows:
    """Return a section of an image as `strips.Rows`."""
    return Rows(place.shape, lambda rows: image[place.y0 + rows.start:place.y0 + rows.stop][:, place.x0:place.x1])


def scaled_parts(image: Frame | None, geometry: Geometry, factors: Mapping[str, float]) -> Rows:
    """Return an assembled image times a factor for each amplifier, by name.

    Parameters
    ----------
    image : 2-D array [y, x], `Rows`, or None
        None for an image of ones.
    geometry : Geometry
        Of the raw frame.
    factors : dict
        NaN takes the pixels of an amplifier that it does not name, and pixels that no amplifier reads.

    Returns
    -------
    strips.Rows
        float32, worked out when sliced.
    """
    where = places(geometry)

    def scaled(rows: slice) -> Image32:
        factor = np.full((rows.stop - rows.start, geometry.shape[1]), np.nan, np.float32)
        for name, place in where.items():
            factor[_within(place, rows)] = factors.get(name, np.nan)
        return factor if image is None else np.multiply(factor, image[rows], out=factor)

    return Rows(geometry.shape, scaled)


def linearised_parts(image: Frame, geometry: Geometry, coefficients: Mapping[str, Sequence[float]]) -> Rows:
    """Return an assembled image as amplifiers would have recorded it that are linear: see `gain.linearised`.

    Parameters
    ----------
    image : 2-D array [y, x] or `Rows`
        Overscan and bias subtracted, ADU, not flat-fielded.
    geometry : Geometry
        Of the raw frame.
    coefficients : dict
        For each amplifier by name its c1, c2 ... in its own ADU. The part of an amplifier that is not named stays as it is.

    Returns
    -------
    strips.Rows
        float32, worked out when sliced.
    """
    where, own = places(geometry), scales(geometry)
    polynomials = {name: [number / own[name]**power for power, number in enumerate(its, 1)]
                   for name, its in coefficients.items() if name in where and len(its)}

    def linear(rows: slice) -> Array:
        strip = np.array(image[rows], np.float32)
        for name, polynomial in polynomials.items():
            within = _within(where[name], rows)
            strip[within] = linearised(strip[within], polynomial)
        return strip

    return Rows(geometry.shape, linear)


def _within(place: Section, rows: slice) -> tuple[slice, slice]:
    """Return where a section of an image lies in a strip of these rows of it."""
    start, stop = np.clip([place.y0 - rows.start, place.y1 - rows.start], 0, rows.stop - rows.start)
    return slice(int(start), int(stop)), slice(place.x0, place.x1)
