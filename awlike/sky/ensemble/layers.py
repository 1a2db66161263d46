"""What frames of an ensemble share: the correction of a frame is the sum of those of its chip, of its exposure and its own.

Corrections are polynomials of the scaled pixels of a frame, complex: the real part is along the first axis of the plane. Own
corrections are drawn from a normal distribution around 0, whose variance for each term the ensemble itself tells.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Complex = NDArray[np.complex128]
Doubles = NDArray[np.float64]
Integers = NDArray[np.int64]

_HELD = 1e-9  # of the largest normal element: holds what nothing tells, as a shift of all chips against all exposures


class Terms(NamedTuple):
    """Values for each coefficient of the three layers, complex."""

    chips: Complex  # [chip, shared term]
    exposures: Complex  # [exposure, 3]: shift, and along both axes of the camera; [exposure, 1] where there is a shift alone
    own: Complex  # [frame, term]

    def plus(self, other: 'Terms', factor: float = 1.0) -> 'Terms':
        """Return the sum with `factor` times another."""
        return Terms(self.chips + factor * other.chips, self.exposures + factor * other.exposures,
                     self.own + factor * other.own)

    def dot(self, other: 'Terms') -> float:
        """Return the scalar product of both as real vectors."""
        return float(sum(np.vdot(one, two).real for one, two in zip(self, other, strict=True)))


@dataclass(frozen=True)
class Layers:
    """Which frames share a chip or an exposure, and how; see the module."""

    chip: Integers  # [frame]
    exposure: Integers  # [frame]
    turn: Complex  # [frame]: by which a correction of the chip is turned in the plane
    lever: Doubles  # [frame, 3, 3], or [frame, 1, 1]: first terms of the frame, of the terms of its exposure
    free: NDArray[np.bool_]  # [chip, shared term]: which terms a chip has
    terms: int  # of a frame's own correction

    def zero(self) -> Terms:
        """Return no correction."""
        return Terms(np.zeros(self.free.shape, complex), np.zeros((self._exposures, self.lever.shape[2]), complex),
                     np.zeros((len(self.chip), self.terms), complex))

    def spread(self, values: Terms) -> Complex:
        """Return the corrections of frames, [frame, term]."""
        total = values.own.copy()
        total[:, :self.free.shape[1]] += self.turn[:, None] * (values.chips * self.free)[self.chip]
        total[:, :self.lever.shape[1]] += np.einsum('fij,fj->fi', self.lever, values.exposures[self.exposure])
        return total

    def gathered(self, gradient: Complex) -> Terms:
        """Return the gradient by each coefficient of the layers from that by the terms of frames; the adjoint of `spread`."""
        found = self.zero()
        np.add.at(found.chips, self.chip, np.conj(self.turn)[:, None] * gradient[:, :self.free.shape[1]])
        np.add.at(found.exposures, self.exposure, np.einsum('fij,fi->fj', self.lever, gradient[:, :self.lever.shape[1]]))
        return Terms(found.chips * self.free, found.exposures, gradient)

    @cached_property
    def _exposures(self) -> int:
        return int(self.exposure.max()) + 1


class Preconditioner:
    """The inverse of the normal matrix as if each star were held by all frames but one; exact in what frames share."""

    def __init__(self, layers: Layers, blocks: Doubles, variance: Doubles) -> None:
        """Factor it for the blocks of frames [frame, term, term] and the variance of own terms [term]."""
        self._layers = layers
        largest = float(np.abs(np.diagonal(blocks, axis1=1, axis2=2)).max(initial=1e-30))
        self._held = _HELD * largest
        self._blocks = blocks
        self._own = np.asarray(np.linalg.inv(blocks + np.diag(1 / variance + self._held)), float)
        shared = self._shared()
        self._inverse = np.linalg.inv(shared)

    @property
    def held(self) -> float:
        """The weight by which each shared coefficient is held at 0."""
        return self._held

    def own_variance(self) -> Doubles:
        """Return about the variance of each own term along an axis, [frame, term]."""
        return np.diagonal(self._own, axis1=1, axis2=2)

    def variance(self) -> Doubles:
        """Return about the variance of the first term of each frame along an axis, [frame]."""
        layers, shared, size = self._layers, self._layers.free.shape[1], self._layers.lever.shape[2]
        start = layers.free.size
        kept = np.eye(layers.terms)[:1] - (self._own[:, :1] @ self._blocks)  # what of a shared correction own terms leave
        found = self._own[:, 0, 0].copy()
        for frame, (chip, exposure) in enumerate(zip(layers.chip, layers.exposure, strict=True)):
            row = np.concatenate([layers.turn[frame] * kept[frame, 0, :shared] * layers.free[chip],
                                  kept[frame, 0, :size] @ layers.lever[frame]])
            where = np.append(chip * shared + np.arange(shared), start + exposure * size + np.arange(size))
            found[frame] += (row @ self._inverse[np.ix_(where, where)] @ row.conj()).real
        return found

    def _shared(self) -> Complex:
        """Return the normal matrix of chips and exposures after the own corrections are eliminated."""
        layers = self._layers
        chips, shared = layers.free.shape
        size, start = layers.lever.shape[2], chips * shared
        first = max(shared, size)
        left = self._blocks[:, :first, :first] - self._blocks[:, :first] @ self._own @ self._blocks[:, :, :first]
        design = np.zeros((len(left), first, shared + size), complex)
        design[:, :shared, :shared] = layers.turn[:, None, None] * np.eye(shared) * layers.free[layers.chip, None]
        design[:, :size, shared:] = layers.lever
        parts = np.conj(np.swapaxes(design, 1, 2)) @ left @ design
        matrix = np.zeros((start + size * len(layers.zero().exposures),) * 2, complex)
        for part, chip, exposure in zip(parts, layers.chip, layers.exposure, strict=True):
            where = np.append(chip * shared + np.arange(shared), start + exposure * size + np.arange(size))
            matrix[np.ix_(where, where)] += part
        fixed = np.append(~layers.free.ravel(), np.zeros(len(matrix) - start, bool))
        matrix[np.diag_indices_from(matrix)] += np.where(fixed, 1.0, self._held)
        return matrix

    def __call__(self, right: Terms) -> Terms:
        """Return the inverse times `right`."""
        layers = self._layers
        own = _times(self._own, right.own)
        shared = layers.gathered(_times(self._blocks, own))
        vector = np.concatenate([(right.chips - shared.chips).ravel(), (right.exposures - shared.exposures).ravel()])
        solved = self._inverse @ vector
        chips = solved[:right.chips.size].reshape(right.chips.shape) * layers.free
        exposures = solved[right.chips.size:].reshape(right.exposures.shape)
        pulled = layers.spread(Terms(chips, exposures, np.zeros_like(own)))
        return Terms(chips, exposures, own - _times(self._own, _times(self._blocks, pulled)))


def _times(matrices: Doubles, vectors: Complex) -> Complex:
    """Return real matrices [n, i, j] times complex vectors [n, j]."""
    return as_complex(matrices @ as_pairs(vectors))


def as_pairs(values: Complex) -> Doubles:
    """Return complex values [...] as pairs [..., 2]."""
    return np.ascontiguousarray(values).view(float).reshape(*values.shape, 2)


def as_complex(pairs: Doubles) -> Complex:
    """Return pairs [..., 2] as complex values [...]."""
    return np.ascontiguousarray(pairs).view(complex)[..., 0]
