"""Crosstalk between amplifiers that share electronics: measured from saturated stars, and undone exactly.

What an amplifier t reads is ``raw_t = true_t + sum over s of coefficient(t, s) x true_s``, of pixels that all amplifiers read
at the same instant. The inverse of this matrix gives back the true values, to any order. It does so before the levels of the
overscan are subtracted as well as after: levels are mixed as pixels are, and the difference of both is not changed.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.amplifiers import Crosstalk, ghost_sources
from awlike.pixels.arrays import Array, Flags, Image32
from awlike.pixels.geometry import Geometry
from awlike.pixels.statistics import MAD_TO_SIGMA

_FEWEST = 10  # bright pixels of a source that tell a coefficient
_CLIP, _ROUNDS = 3.0, 10
_SMALLEST = 1e-12  # a coefficient of the inverse below this is a rounding error


class Ghosts(NamedTuple):
    """The result of `measure_crosstalk`: tables {amplifier with ghosts: {amplifier that causes them: value}}."""

    coefficients: dict[str, dict[str, float]]
    errors: dict[str, dict[str, float]]  # one sigma; none where the coefficient is filled in
    pixels: dict[str, dict[str, int]]  # bright pixels of the source that were used; 0 where the coefficient is filled in


def unmixing(geometry: Geometry, crosstalk: Crosstalk) -> tuple[dict[str, dict[str, float]], Array]:
    """Return the table and the factors that undo crosstalk: true = factor x (raw - sum of coefficient x raw of source).

    Parameters
    ----------
    geometry : Geometry
        Of the raw frame. Entries of the table for other amplifiers, which a window left out or which show no sky, do not
        matter.
    crosstalk : dict
        The table of coefficients, {amplifier with ghosts: {amplifier that causes them: coefficient}}.

    Returns
    -------
    table : dict
        As `crosstalk`, of the inverse.
    factors : 1-D float64 array
        One for each amplifier.

    Raises
    ------
    ParameterError
        When an amplifier has crosstalk with itself, or the matrix has no inverse.
    """
    names = [one.name for one in geometry.amplifiers]
    known = {victim: {source: value for source, value in its.items() if source in names}
             for victim, its in crosstalk.items() if victim in names}
    matrix = np.eye(len(names))  # [source, victim]
    for victim, sources in enumerate(ghost_sources(geometry, known)):
        for coefficient, source in sources:
            matrix[source, victim] = coefficient
    if names and (not np.isfinite(matrix).all() or np.linalg.cond(matrix) > 1e6):
        raise ParameterError('the crosstalk matrix has no inverse: its coefficients are far below 1 where they are right; '
                             'measure it again, or correct the file that it was imported from')
    inverse = np.linalg.inv(matrix)
    factors = np.diag(inverse).copy()
    table: dict[str, dict[str, float]] = {}
    for victim, source in np.argwhere(np.abs(inverse.T) > _SMALLEST):
        if victim != source:
            table.setdefault(names[victim], {})[names[source]] = float(-inverse[source, victim] / factors[victim])
    return table, factors


def measure_crosstalk(frames: Sequence[Mapping[str, Image32]], groups: Sequence[Sequence[str]], bright: float) -> Ghosts:
    """Measure the crosstalk from bright stars: how an amplifier rises where another one that shares electronics is bright.

    For each amplifier the coefficients of all others of its group are fitted together, by least squares that leave out what
    lies far from the fit: stars of its own beneath a ghost do not count. A pair for which there are no bright pixels gets the
    mean of its group.

    Parameters
    ----------
    frames : sequence of dict
        For each frame the parts that its amplifiers read, by name: 2-D float32 arrays in the order in which they were read,
        less their level, each in its own ADU.
    groups : sequence of sequences of str
        The names of amplifiers that share electronics.
    bright : float
        From this value on a pixel is a source of ghosts, ADU.

    Returns
    -------
    Ghosts

    Raises
    ------
    ParameterError
        When there are no frames, or no pixel is bright enough in any.
    """
    if not frames:
        raise ParameterError('there are no frames from which crosstalk could be measured: select science frames with saturated '
                             'stars')
    found = Ghosts({}, {}, {})
    for group in groups:
        _measure_group(frames, group, bright, found)
    if not any(number for some in found.pixels.values() for number in some.values()):
        raise ParameterError(f'no amplifier has {_FEWEST} pixels of {bright:g} ADU or more above its level where another that '
                             'shares its electronics is dark: select science frames with saturated stars')
    return found


def _measure_group(frames: Sequence[Mapping[str, Image32]], group: Sequence[str], bright: float, found: Ghosts) -> None:
    """Put the coefficients of a group of amplifiers into `found`."""
    fitted = {victim: _of_victim(frames, victim, [one for one in group if one != victim], bright) for victim in group}
    known = [value for values in fitted.values() for value, _, _ in values.values() if np.isfinite(value)]
    typical = float(np.mean(known)) if known else 0.0
    for victim, values in fitted.items():
        found.coefficients[victim] = {one: value if np.isfinite(value) else typical for one, (value, _, _) in values.items()}
        found.errors[victim] = {one: error for one, (_, error, _) in values.items() if np.isfinite(error)}
        found.pixels[victim] = {one: number for one, (_, _, number) in values.items()}


def _of_victim(frames: Sequence[Mapping[str, Image32]], victim: str, sources: list[str],
               bright: float) -> dict[str, tuple[float, float, int]]:
    """Return (coefficient, error, number of bright pixels) for each source of ghosts; NaN where nothing tells it."""
    rows, values = [], []
    for parts in frames:
        if victim in parts:
            signals, rise = _at_bright_pixels(parts, victim, sources, bright)
            rows.append(signals)
            values.append(rise)
    signals = np.concatenate(rows) if rows else np.empty((0, len(sources)))
    rise = np.concatenate(values) if values else np.empty(0)
    numbers = (signals >= bright).sum(axis=0)
    told = numbers >= _FEWEST
    coefficients, errors = np.full(len(sources), np.nan), np.full(len(sources), np.nan)
    if told.any():
        coefficients[told], errors[told] = _fitted(signals[:, told], rise)
    return {source: (float(coefficients[number]), float(errors[number]), int(numbers[number]) if told[number] else 0)
            for number, source in enumerate(sources)}


def _at_bright_pixels(parts: Mapping[str, Image32], victim: str, sources: list[str], bright: float) -> tuple[Array, Array]:
    """Return the signals of the sources [pixel, source], and the rise of the victim above its sky, where a source is bright."""
    image = np.asarray(parts[victim], np.float64)
    absent = np.zeros(image.shape)
    others = np.array([np.nan_to_num(parts[one], nan=0.0) if one in parts else absent for one in sources])
    shines: Flags = np.logical_or.reduce((others >= bright).reshape(len(sources), *image.shape), axis=0)
    usable = np.isfinite(image) & (image < bright)
    if not (usable & ~shines).any():
        return np.empty((0, len(sources))), np.empty(0)
    sky = np.median(image[usable & ~shines])
    levels = np.array([np.median(other[~shines]) for other in others])  # of their skies: the sky of the victim has their ghosts
    where = usable & shines
    return (others[:, where] - levels[:, None]).T, image[where] - sky


def _fitted(signals: Array, rise: Array) -> tuple[Array, Array]:
    """Return coefficients and their errors: least squares of the rise, those left out that lie far from the fit."""
    kept = np.ones(rise.size, bool)
    found, scatter = np.zeros(signals.shape[1]), 0.0
    for number in range(_ROUNDS):
        if number:
            found = np.linalg.lstsq(signals[kept], rise[kept])[0]
        residuals = rise - signals @ found
        middle = np.median(residuals[kept])
        scatter = MAD_TO_SIGMA * float(np.median(np.abs(residuals[kept] - middle)))
        near = np.abs(residuals - (0.0 if number else middle)) <= _CLIP * max(scatter, 1e-6)
        if number and np.array_equal(near, kept):
            break
        kept = near
    covariance = np.linalg.pinv(signals[kept].T @ signals[kept])
    return found, scatter * np.sqrt(np.clip(np.diag(covariance), 0, None))
