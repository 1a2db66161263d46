"""The normal equations of an ensemble, whose stars are eliminated star by star and whose matrix is never written."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.layers import Complex, Doubles, Layers, Preconditioner, Terms, as_complex, as_pairs

Singles = NDArray[np.float32]
_Arrays = tuple[NDArray[np.int32], Singles, Singles, Singles, Singles, Singles, NDArray[np.int64]]

_STEPS = 60  # of conjugate gradients, at most


@dataclass(frozen=True)
class Observations:
    """Measurements of stars in the order of their stars; see `kernels`."""

    frame: NDArray[np.int32]  # [observation]
    x: Singles  # pixels scaled to -1 .. 1
    y: Singles
    weight: Singles  # 0 where it is left out
    time: Singles  # years
    value: Singles  # [observation, 2], relative to the origin of its star
    first: NDArray[np.int64]  # [star + 1]
    known_place: Doubles  # [star, 2]: where the reference star is, relative to the same origin; 0 where there is none
    known: Doubles  # [star]: weight of the known place; 0 where there is none
    still: Doubles  # [star]: weight of the known motion
    degree: int  # of the polynomials

    @property
    def arrays(self) -> _Arrays:
        """The arrays, as kernels want them."""
        return self.frame, self.x, self.y, self.weight, self.time, self.value, self.first

    @property
    def star(self) -> NDArray[np.int64]:
        """The star of each observation."""
        return np.repeat(np.arange(len(self.first) - 1), np.diff(self.first))

    def weighted(self, weight: Doubles) -> 'Observations':
        """Return the same with other weights."""
        return replace(self, weight=weight.astype(np.float32))


@dataclass(frozen=True)
class Left:
    """What a solution leaves."""

    residual: Singles  # [observation, 2]: against its star
    hold: Singles  # [observation]: the part of its star that it decides
    stars: Doubles  # [star, 5]: place relative to the known place (2), motion (2), weight of the place


def left_by(observations: Observations, corrections: Complex) -> Left:
    """Return what is left after the corrections of frames, [frame, term]."""
    from awlike.sky.ensemble.kernels import residuals
    n, stars = len(observations.frame), len(observations.known)
    left = Left(np.zeros((n, 2), np.float32), np.zeros(n, np.float32), np.zeros((stars, 5)))
    residuals(*observations.arrays, observations.known_place, observations.known, observations.still, as_pairs(corrections),
              observations.degree, left.residual, left.hold, left.stars)
    return left


def blocks_of(observations: Observations, hold: Singles, frames: int, terms: int) -> Doubles:
    """Return the part of the normal matrix that concerns each frame alone, [frame, term, term]."""
    from awlike.sky.ensemble.kernels import own_blocks
    found = np.zeros((frames, terms, terms))
    own_blocks(*observations.arrays, hold, observations.degree, found)
    return found


def solved(observations: Observations, layers: Layers, preconditioner: Preconditioner, variance: Doubles,
           start: Terms,
           precision: float) -> Terms:
    """Return the corrections of the layers that bring stars together best, by conjugate gradients.

    Parameters
    ----------
    observations : Observations
    layers : Layers
    preconditioner : Preconditioner
    variance : array [term]
        Of own corrections along an axis.
    start : Terms
        A first solution.
    precision : float
        What is left of the residual of the first solution.
    """
    def normal(values: Terms, share: float) -> Terms:
        found = layers.gathered(_gradient(observations, layers.spread(values), share))
        return Terms(found.chips + preconditioner.held * values.chips, found.exposures + preconditioner.held * values.exposures,
                     found.own + values.own * (1 / variance + preconditioner.held))

    values = start
    right = layers.zero().plus(normal(values, 1.0), -1.0)
    ahead = preconditioner(right)
    direction, product = ahead, right.dot(ahead)
    goal = product * precision**2
    for _ in range(_STEPS):
        if product <= goal or product <= 0:
            break
        image = normal(direction, 0.0)
        step = product / direction.dot(image)
        values, right = values.plus(direction, step), right.plus(image, -step)
        ahead = preconditioner(right)
        product, before = right.dot(ahead), product
        direction = ahead.plus(direction, product / before)
    return values


def _gradient(observations: Observations, corrections: Complex, share: float) -> Complex:
    """Return the sum of weight x residual x term, [frame, term]."""
    from awlike.sky.ensemble.kernels import gradient
    found = np.zeros((*corrections.shape, 2))
    gradient(*observations.arrays, observations.known_place, observations.known, observations.still, as_pairs(corrections),
             share, observations.degree, found)
    return as_complex(found)
