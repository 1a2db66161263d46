"""Transparency: the light of the stars of a frame, relative to the clearest frames of the same field.

Nothing makes stars brighter. So the clearest frames, and not the majority, say how much light a star sends: in a night of which
most is cloudy the cloudy frames stand out all the same. A frame counts as clear if a second one agrees with it, so that a wrong
exposure time in a header does not make all others cloudy.
"""

from collections.abc import Sequence

import numpy as np

from awlike.pixels.arrays import Array
from awlike.pixels.frame_signs import Bright
from awlike.pixels.statistics import robust_sigma
from awlike.sky.matching import match_stars

FEWEST = 10  # stars that two frames have in common, by which they are compared
_FRAMES = 4  # of one field, that can be compared
_EQUAL = 0.15  # by which the light of stars differs at most in two clear frames
_SCATTER = 0.35  # of the ratios of the stars of two frames, beyond which they are no transparency but another light


def transparencies(catalogues: Sequence[Bright], exposed: Array) -> Array:
    """Return for each frame the light of its stars relative to that in the clearest frame of the same field.

    Parameters
    ----------
    catalogues : sequence of Bright
        The brightest stars of each frame.
    exposed : 1-D array
        Exposure times, s.

    Returns
    -------
    1-D float array
        About 1 for clear frames; NaN for a frame that has fewer than ten stars in common with the frame of its field that has
        most, or whose stars do not agree, and for fields of fewer than four frames.
    """
    found = np.full(len(catalogues), np.nan)
    waiting = [number for number, stars in enumerate(catalogues) if len(stars.x) >= FEWEST]
    while len(waiting) >= _FRAMES:
        best = max(waiting, key=lambda number: len(catalogues[number].x))
        ratios = {number: _ratio(catalogues[best], catalogues[number]) for number in waiting}
        field = [number for number in waiting if np.isfinite(ratios[number])]
        if len(field) >= _FRAMES:
            rates = np.array([ratios[number] / exposed[number] for number in field])
            found[field] = rates / _clearest(rates)
        waiting = [number for number in waiting if number not in field and number != best]
    return found


def _clearest(rates: Array) -> float:
    """Return the highest of some rates with which another agrees; the highest where none agree."""
    falling = np.sort(rates)[::-1]
    agree = np.flatnonzero(falling[1:] >= (1 - _EQUAL) * falling[:-1])
    return float(falling[agree[0]] if len(agree) else falling[0])


def _ratio(reference: Bright, stars: Bright) -> float:
    """Return the light of `stars` relative to the same stars in `reference`; NaN where too few are the same, or agree."""
    if stars is reference:
        return 1.0
    mine, theirs = match_stars([reference, stars], [_pixels, _pixels])
    _, first, second = np.intersect1d(mine[mine >= 0], theirs[theirs >= 0], return_indices=True)
    if len(first) < FEWEST:
        return float('nan')
    ratios = np.log(stars.flux[theirs >= 0][second] / reference.flux[mine >= 0][first])
    return float(np.exp(np.median(ratios))) if robust_sigma(ratios) <= _SCATTER else float('nan')


def _pixels(x: Array, y: Array) -> tuple[Array, Array]:
    return x, y
