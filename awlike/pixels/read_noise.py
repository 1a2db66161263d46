"""Read noise from pairs of biases."""

from collections.abc import Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array
from awlike.pixels.statistics import clipped_statistics
from awlike.pixels.strips import Frame
from awlike.spelling import counted


def read_noise(frames: Sequence[Frame], nsigma: float = 5.0, iterations: int = 10) -> dict[str, float]:
    """Measure the read noise from the differences of consecutive pairs of bias frames.

    A difference holds no structure that the frames share; its standard deviation is sqrt(2) times the noise of one
    frame (Janesick 2001, Scientific Charge-Coupled Devices, 2.2).

    Parameters
    ----------
    frames : sequence of 2-D arrays [y, x]
        Overscan-corrected biases, ADU, at least two, of one shape; `strips.Rows` will do, of which two are held.
    nsigma : float
        Half width of clipping, in standard deviations. Default: 5, at which a Gaussian loses nothing.
    iterations : int
        Rounds of clipping at most. Default: 10.

    Returns
    -------
    dict
        read_noise: median over the pairs, ADU. mean_diff, median_diff: the clipped mean and median of later minus
        earlier frame, ADU, of the pair where each is largest: how much the bias level moved.

    Raises
    ------
    ValueError
        When there are fewer than two frames, shapes differ, or no pair has pixels that are finite in both.
    """
    if len(frames) < 2:
        raise ParameterError(f'{counted(len(frames), "bias frame")} given, but read noise needs a pair: select at least two')
    shapes = {tuple(frame.shape) for frame in frames}
    if len(shapes) > 1:
        raise ParameterError(f'bias frames of shapes {sorted(shapes)} cannot be subtracted: select those of one chip')
    pairs = []
    later = frames[0][:]
    for frame in frames[1:]:
        earlier, later = later, frame[:]
        difference = np.subtract(later, earlier, dtype=np.float32)
        pairs.append(clipped_statistics(difference, nsigma, iterations))
    pairs = np.array([pair for pair in pairs if np.isfinite(pair[2])])
    if not len(pairs):
        raise ParameterError('no two consecutive bias frames have finite pixels in common: look at the raw frames')
    means, medians, stdevs = pairs.T
    return {
        'read_noise': float(np.median(stdevs) / np.sqrt(2)),
        'mean_diff': _largest(means),
        'median_diff': _largest(medians),
    }


def _largest(values: Array) -> float:
    """Return the value farthest from 0, with its sign."""
    return float(values[np.argmax(np.abs(values))])
