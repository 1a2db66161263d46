"""The pupil ghost: light that the corrector reflects, a ring about the optical axis that turns with the rotator.

The template is polar, so that a rotation is a shift, and one template serves for all detectors.
"""

from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array
from awlike.pixels.sky_samples import within_sigma

_ROWS = 256  # of an image at once
_BINS, _ROUNDS, _SIGMA = 10, 3, 1.5  # of the fit
_FEW = 5  # boxes that tell a sigma
_SMOOTH, _DARK = 40, 10  # boxes that tell a place of a template; percentile of the places without ghost
_BEYOND = 2  # steps from the nearest box, where nothing is known


class GhostTemplate(NamedTuple):
    """A pupil ghost, on the sky of brightness 1, at the angle 0 of the rotator."""

    polar: Array  # [angle, radius], angles from x to y over the whole circle, radii from 0
    step: float  # pixels a radius


class FocalPlane(NamedTuple):
    """Where the pixels of a detector lie from the optical axis: turn (pixel - axis), pixels counted from 1."""

    axis: tuple[float, float]  # column and row of the optical axis
    turn: Array  # [2, 2], from the axes of the detector to those of the focal plane

    def places(self, x: Array, y: Array) -> tuple[Array, Array]:
        """Return the places of pixels (x, y), counted from 0, along both axes of the focal plane, pixels."""
        dx, dy = x + 1 - self.axis[0], y + 1 - self.axis[1]
        return self.turn[0, 0] * dx + self.turn[0, 1] * dy, self.turn[1, 0] * dx + self.turn[1, 1] * dy


class GhostScale(NamedTuple):
    """How much of a template is in an exposure."""

    scale: float
    background: float  # level of the sky without the ghost
    number: int  # of boxes that tell


def ghost_at(template: GhostTemplate, x: Array, y: Array, angle: float) -> Array:
    """Return the template at places of the focal plane (pixels), turned by `angle` [deg]; nowhere below 0."""
    angles, radii = template.polar.shape
    radius = np.hypot(x, y) / template.step
    turn = ((np.degrees(np.arctan2(y, x)) - angle) % 360) * angles / 360
    inner, before = np.floor(radius).astype(int), np.floor(turn).astype(int)
    outward, onward = radius - inner, turn - before
    before, after, is_within = before % angles, (before + 1) % angles, inner < radii - 1
    inner = np.where(is_within, inner, 0)
    polar = template.polar
    value = ((1 - onward) * ((1 - outward) * polar[before, inner] + outward * polar[before, inner + 1])
             + onward * ((1 - outward) * polar[after, inner] + outward * polar[after, inner + 1]))
    return np.where(is_within, np.maximum(value, 0), 0.0)


def ghost_image(template: GhostTemplate, plane: FocalPlane, shape: tuple[int, int], angle: float) -> Array:
    """Return the ghost on the pixels of a detector, 2-D float32 [y, x], turned by the `angle` [deg] of the rotator."""
    made, x = np.empty(shape, np.float32), np.arange(shape[1])[None, :]
    for start in range(0, shape[0], _ROWS):
        rows = np.arange(start, min(start + _ROWS, shape[0]))[:, None]
        made[start:start + _ROWS] = ghost_at(template, *plane.places(x, rows), angle)
    return made


def exposure_ghost_scale(levels: Array, ghost: Array) -> GhostScale | None:
    """Return how much of the ghost is in an exposure, from boxes on all detectors.

    The level of the sky in a box is taken as scale * ghost + background. Boxes with stars are rejected: at 3 sigma before, and
    3 times at 1.5 sigma in 10 ranges of the strength of the ghost.

    Parameters
    ----------
    levels, ghost : array [box]
        The level of the sky, and the template at the same place.

    Returns
    -------
    GhostScale or None
        None where fewer than 10 boxes tell, the ghost is alike in all, or its scale is not positive.
    """
    kept = np.isfinite(levels) & np.isfinite(ghost)
    levels, ghost = levels[kept], ghost[kept]
    if levels.size < _BINS or np.ptp(ghost) <= 0:
        return None
    kept = within_sigma(levels - np.polyval(np.polyfit(ghost, levels, 1), ghost))
    edges = np.linspace(ghost.min(), ghost.max(), _BINS + 1)
    place = np.clip(np.searchsorted(edges, ghost, 'right') - 1, 0, _BINS - 1)
    for _ in range(_ROUNDS):
        scale, background = np.polyfit(ghost[kept], levels[kept], 1)
        rest = levels - scale * ghost - background
        kept = kept & np.logical_or.reduce([_within_bin(rest, kept & (place == number)) for number in range(_BINS)])
        if kept.sum() < 3 or np.ptp(ghost[kept]) <= 0:
            return None
    scale, background = np.polyfit(ghost[kept], levels[kept], 1)
    return GhostScale(float(scale), float(background), int(kept.sum())) if scale > 0 else None


def _within_bin(rest: Array, there: Array) -> Array:
    """Return which of the boxes `there` lie within 1.5 sigma of their median; few tell no sigma, and all stay."""
    if there.sum() < _FEW:
        return there
    low, middle, high = np.percentile(rest[there], [15.865, 50, 84.135])
    return there & (np.abs(rest - middle) <= max(_SIGMA * (high - low) / 2, 1e-9))


def ghost_from_image(image: Array, axis: tuple[float, float], step: float, angle: float = 0.0,
                     angles: int = 360) -> GhostTemplate:
    """Return the template that an image of the ghost shows.

    Parameters
    ----------
    image : array, 2-D [y, x]
        The ghost over the sky; NaN, and what lies outside, is without ghost.
    axis : (float, float)
        Column and row of the optical axis; the first pixel is 1.
    step : float
        Pixels a radius of the template.
    angle : float
        Of the rotator [deg] when the image was taken.
    angles : int
        How many angles the template has.
    """
    height, width = image.shape
    x, y = np.array([0, width - 1, 0, width - 1]), np.array([0, 0, height - 1, height - 1])
    radius = np.arange(int(np.hypot(x + 1 - axis[0], y + 1 - axis[1]).max() / step) + 2) * step
    turn = np.radians(np.arange(angles) * 360 / angles + angle)[:, None]
    column, row = (np.rint(middle - 1 + radius * along).astype(int) for middle, along in zip(
        axis, (np.cos(turn), np.sin(turn)), strict=True))
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    value = image[np.where(inside, row, 0), np.where(inside, column, 0)]
    return GhostTemplate(np.where(inside & np.isfinite(value), np.maximum(value, 0), 0.0), step)


def ghost_template(x: Array, y: Array, excess: Array, step: float, angles: int = 72,
                   floor: bool = False) -> GhostTemplate | None:
    """Return the template that boxes on exposures tell; None without boxes.

    The ghost is smooth: at each place it is the mean, without stars, of all boxes within a step, and of the 40 nearest at
    least. So few exposures tell a coarse ghost, and many a fine one, both of low noise.

    Parameters
    ----------
    x, y : array [box]
        Their places in the focal plane, pixels, turned back to the angle 0 of the rotator.
    excess : array [box]
        The sky there over the sky far from the ghost, less 1.
    step : float
        Pixels a radius of the template.
    angles : int
        How many angles it has.
    floor : bool
        Whether nobody knows the sky far from the ghost: the darkest tenth of the template is without ghost then.
    """
    from scipy.spatial import KDTree
    known = np.isfinite(excess)
    if not known.any():
        return None
    places, excess = np.stack([x[known], y[known]], axis=1), excess[known]
    radius = np.arange(int(np.rint(np.hypot(*places.T).max() / step)) + 2) * step
    turn = np.radians(np.arange(angles) * 360 / angles)[:, None]
    nodes = np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1).reshape(-1, 2)
    tree = KDTree(places)
    reach = np.maximum(tree.query(nodes, k=[min(_SMOOTH, len(places))])[0][:, 0], step)
    nearest = tree.query(nodes)[0]
    value = np.array([_clipped_mean(excess[there]) for there in tree.query_ball_point(nodes, reach * (1 + 1e-9))])
    if floor:
        value -= np.percentile(value[nearest <= step], _DARK) if (nearest <= step).any() else value.min()
    polar = np.where(nearest <= _BEYOND * step, np.maximum(value, 0), 0).reshape(angles, -1)
    polar[:, -1] = 0
    return GhostTemplate(polar, step)


def _clipped_mean(values: Array) -> float:
    return float(np.mean(values[within_sigma(values)]))
