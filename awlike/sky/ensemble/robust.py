"""A robust fit of an ensemble: weights by given errors and what they do not tell, outliers left out, own corrections damped."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from awlike.sky.ensemble.layers import Complex, Doubles, Integers, Layers, Preconditioner, Terms
from awlike.sky.ensemble.normal import Left, Observations, blocks_of, left_by, solved
from awlike.sky.polynomials import degree_of_terms, terms

CLIP = 4.0  # sigma beyond which an observation, or a reference star, does not tell
_ROUNDS = 7
_ROUGH, _PRECISE = 0.03, 0.003  # of the first residual of the normal equations: in all rounds, and in the last
_MEDIAN = {1: 0.4549, 2: 2 * np.log(2)}  # of chi2, by its degrees of freedom
_BRIGHT = 0.5  # of the observations of an exposure, those of the smallest errors tell what these errors lack
_LIKE_ITS_DEGREE = 4.0  # terms: how much the variance of one term is held near that of all terms of its degree
_SMALLEST = 1e-3  # of the first deviation of own terms


@dataclass(frozen=True)
class Fitted:
    """The fit of an ensemble; what is left of observations that do not tell is there, too."""

    values: Terms
    corrections: Complex  # [frame, term]
    left: Left
    kept: NDArray[np.bool_]  # [observation]
    known_weight: Doubles  # [star]: of its reference along an axis; 0 where it does not tell
    excess: Doubles  # [exposure]: the error along an axis beside the given errors
    known_excess: float  # the same of references
    deviation: Doubles  # [term]: of own corrections along an axis
    chi2: float
    dof: int
    variance: Doubles  # [frame]: of the first term of its correction along an axis, were its stars known

    @property
    def known_kept(self) -> NDArray[np.bool_]:
        """Whether the reference of each star tells, [star]."""
        return self.known_weight > 0


def fitted(observations: Observations, sigma: Doubles, known_sigma: Doubles, layers: Layers, deviation: float,
           axes: int = 2, start: Terms | None = None) -> Fitted:
    """Return the robust fit of an ensemble.

    Parameters
    ----------
    observations : Observations
        Its weights are not looked at.
    sigma : array [observation]
        Given errors along an axis, in units of the values.
    known_sigma : array [star]
        Given errors of the references; infinite for a star that is none.
    layers : Layers
    deviation : float
        A first guess of the standard deviation of own corrections along an axis; 0 where frames have none.
    axes : int
        1 where values have one axis. Default: 2.
    start : Terms
        A first solution. Default: no corrections.
    """
    frames = len(layers.chip)
    exposure = layers.exposure[observations.frame]
    kept, known_kept = np.ones(len(sigma), bool), np.isfinite(known_sigma)
    variance = np.full(layers.terms, max(deviation, 1e-12) ** 2)
    values, known_excess = start or layers.zero(), 0.0
    corrections = layers.spread(values)
    excess = np.zeros(int(layers.exposure.max()) + 1)
    observations = _weighted(observations, sigma, np.zeros(len(sigma)), kept, known_sigma, 0.0, known_kept)
    left, preconditioner = left_by(observations, corrections), None
    for round_ in range(_ROUNDS):
        excess = _excesses(left, sigma, kept, exposure, len(excess), axes)
        known_excess = _excess(*_of_references(left, observations, known_sigma, known_kept), axes)
        kept, known_kept = _good(observations, left, np.hypot(sigma, excess[exposure]), np.hypot(known_sigma, known_excess),
                                 kept, axes)
        observations = _weighted(observations, sigma, excess[exposure], kept, known_sigma, known_excess, known_kept)
        left = left_by(observations, corrections)
        blocks = blocks_of(observations, left.hold, frames, layers.terms)
        preconditioner = Preconditioner(layers, blocks, variance)
        values = solved(observations, layers, preconditioner, variance, values, _PRECISE if round_ == _ROUNDS - 1 else _ROUGH)
        if deviation and round_ < _ROUNDS - 1:
            variance = _own_variance(values.own, preconditioner.own_variance(), variance, deviation, axes)
        corrections = layers.spread(values)
        left = left_by(observations, corrections)
    assert preconditioner is not None
    total = _chi2(observations, left, known_kept)
    told = axes * (int(kept.sum()) + int(known_kept.sum()) - int((left.stars[:, 4] > 0).sum()))
    return Fitted(values, corrections, left, kept, observations.known, excess, known_excess, np.sqrt(variance), total, told,
                  preconditioner.variance())


def _weighted(observations: Observations, sigma: Doubles, excess: Doubles, kept: NDArray[np.bool_], known_sigma: Doubles,
              known_excess: float, known_kept: NDArray[np.bool_]) -> Observations:
    """Return observations with the weights of their errors; 0 for those that do not tell."""
    known = np.where(known_kept, 1 / np.hypot(known_sigma, known_excess) ** 2, 0.0)
    return replace(observations.weighted(kept / (sigma**2 + excess**2)), known=known)


def _excesses(left: Left, sigma: Doubles, kept: NDArray[np.bool_], exposure: Integers, exposures: int, axes: int) -> Doubles:
    """Return what the given errors of each exposure do not tell."""
    squares = (left.residual.astype(float) ** 2).sum(axis=1)
    told = kept & (left.hold < 0.95)
    found = np.zeros(exposures)
    for one in range(exposures):
        which = np.flatnonzero(told & (exposure == one))
        if which.size:
            bright = which[sigma[which] <= np.quantile(sigma[which], _BRIGHT)]
            found[one] = _excess(squares[bright] / (1 - left.hold[bright]), sigma[bright] ** 2, axes)
    return found


def _excess(squares: Doubles, given: Doubles, axes: int) -> float:
    """Return the error beside the given variances that makes the median of chi2 what it should be; 0 where none is needed."""
    if len(squares) < 5 or np.median(squares / given) <= _MEDIAN[axes] * (1 + 2 / np.sqrt(len(squares))):
        return 0.0
    low, high = 0.0, float(np.median(squares)) / _MEDIAN[axes]
    for _ in range(20):
        middle = (low + high) / 2
        low, high = (middle, high) if np.median(squares / (given + middle)) > _MEDIAN[axes] else (low, middle)
    return float(np.sqrt(high))


def _of_references(left: Left, observations: Observations, known_sigma: Doubles,
                   known_kept: NDArray[np.bool_]) -> tuple[Doubles, Doubles]:
    """Return the squared distance of each reference from the star as observed, and the variance given for it."""
    own = left.stars[:, 4] - observations.known
    which = known_kept & (own > 1e-3 * observations.known)
    place = (left.stars[which, :2] ** 2).sum(axis=1) * (left.stars[which, 4] / own[which]) ** 2
    return place, known_sigma[which] ** 2 + 1 / own[which]


def _good(observations: Observations, left: Left, sigma: Doubles, known_sigma: Doubles, kept: NDArray[np.bool_],
          axes: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which observations and references agree with their stars; of those that do not, only the worst of a star goes."""
    squares = (left.residual.astype(float) ** 2).sum(axis=1)
    certain = np.maximum(left.stars[observations.star, 4] * sigma**2, 1e-9)
    room = np.where(kept, np.maximum(1 - left.hold, 1e-3), 1 + 1 / certain)
    chi2 = squares / (sigma**2 * room)
    worst = np.maximum.reduceat(np.where(kept, chi2, 0.0), observations.first[:-1]) if len(chi2) else chi2
    own = left.stars[:, 4] - observations.known
    with np.errstate(divide='ignore', invalid='ignore'):
        used = observations.known > 0
        factor = np.where(used, left.stars[:, 4] / np.maximum(own, 1e-12), 1.0)
        apart = (left.stars[:, :2] ** 2).sum(axis=1) * factor**2 / (known_sigma**2 + 1 / np.maximum(own, 1e-12))
    far = np.isfinite(known_sigma) & (apart > CLIP**2)
    # a reference that is off pulls all observations of its star: it goes first
    held = np.repeat(np.maximum(worst, np.where(far & used, np.inf, 0.0)), np.diff(observations.first))
    out = np.where(kept, (chi2 > CLIP**2) & (chi2 >= held), chi2 > CLIP**2)
    return ~out, np.isfinite(known_sigma) & ~far


def _own_variance(own: Complex, posterior: Doubles, variance: Doubles, deviation: float, axes: int) -> Doubles:
    """Return the variance of own terms that their values tell, less what their errors explain.

    A term is held near the mean of its degree. `own` and `posterior`, the variances of their errors, [frame, term], are those
    of terms that were held near 0 by `variance`; without that they would be farther from 0, and less certain.
    """
    free = np.maximum(1 - posterior / variance, 1e-9)
    error = posterior / free
    weight = axes / (variance + error) ** 2
    power = (weight * (np.abs(own / free) ** 2 / axes - error)).sum(axis=0)
    doubt = np.sqrt(2 * (weight**2 * error**2 / axes).sum(axis=0))
    degree = np.array([sum(term) for term in terms(degree_of_terms(len(variance)))])
    found = np.zeros_like(variance)
    for one in np.unique(degree):
        same = degree == one
        weights = weight[:, same].sum(axis=0)
        mean = (power[same].sum() - np.sqrt((doubt[same] ** 2).sum())) / weights.sum()
        found[same] = (power[same] - doubt[same] + _LIKE_ITS_DEGREE * mean * weights) / (weights * (1 + _LIKE_ITS_DEGREE))
    return np.maximum(found, (_SMALLEST * deviation) ** 2)


def _chi2(observations: Observations, left: Left, known_kept: NDArray[np.bool_]) -> float:
    """Return chi2 of what tells: observations, references, and motions that are known to be small."""
    own = (observations.weight * (left.residual.astype(float) ** 2).sum(axis=1)).sum()
    known = (observations.known * known_kept * (left.stars[:, :2] ** 2).sum(axis=1)).sum()
    return float(own + known + (observations.still * (left.stars[:, 2:4] ** 2).sum(axis=1)).sum())
