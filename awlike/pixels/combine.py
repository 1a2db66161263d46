"""Many frames combined into one by clipped mean or median, in strips of rows, so that memory stays bounded."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image32
from awlike.pixels.statistics import MAD_TO_SIGMA
from awlike.pixels.strips import Frame, for_strips

_STRIP_VALUES = 1 << 20  # values of all frames together in one strip: 4 MB of float32

# Factors by which the MAD of 2 to 9 Gaussian values is too small (Croux & Rousseeuw 1992, COMPSTAT 1, 411).
_MAD_FACTOR = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}


def combine_clipped(frames: Sequence[Frame], nsigma: float, sigma: float | None = None) -> Image32:
    """Return the mean, per pixel, of the values within `nsigma` * `sigma` of the pixel's median.

    The centre is the median because clipping N values about their mean can reject nothing: the largest deviation from it
    is (N - 1) / sqrt(N) standard deviations. Where no value lies within, the median is the result.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Equal shapes, in any order; anything with a `shape` that returns rows when sliced will do, as `strips.Rows`.
        Non-finite values are never used.
    nsigma : float
        Half width of the range kept, in `sigma`.
    sigma : float, optional
        The noise of one value, in the unit of the frames (of biases the read noise). Default: from the scatter, the
        larger of the robust sigma (MAD) of the pixel and of its 25 neighbours in the row: the sigma of few values alone
        is so uncertain that good values would be lost.

    Returns
    -------
    2-D float32 array
        NaN where no frame has a finite value.

    Raises
    ------
    ValueError
        When there are no frames, their shapes differ, or a width is not positive.
    """
    if not nsigma > 0:
        raise ParameterError(f'nsigma is {nsigma}, but a clipping width must be positive: use 3 to 5')
    if sigma is not None and not sigma > 0:
        raise ParameterError(f'sigma is {sigma}, but a noise must be positive: give the read noise, or None')
    from awlike.pixels.kernels.combine import clipped_mean_of_stack
    sigma = float('nan') if sigma is None else float(sigma)
    factors = np.array([mad_to_sigma(number) for number in range(len(frames) + 1)])
    return _by_strips(frames, lambda stack, network, result: clipped_mean_of_stack(
        stack, network, float(nsigma), sigma, factors, result))


def combine_median(frames: Sequence[Frame]) -> Image32:
    """Return the median, per pixel, of the finite values; float32 [y, x], NaN where there is none.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Equal shapes; anything with a `shape` that returns rows when sliced will do, as `strips.Rows`.

    Raises
    ------
    ValueError
        When there are no frames or their shapes differ.
    """
    from awlike.pixels.kernels.combine import median_of_stack
    return _by_strips(frames, median_of_stack)


def _by_strips(frames: Sequence[Frame], kernel: Callable[[Array, Array, Array], None]) -> Image32:
    """Return the image into which `kernel` combines the stack of frames, strip after strip."""
    shape = _common_shape(frames)
    result = np.empty(shape, np.float32)
    network = sorting_network(len(frames))

    def combine(rows: slice) -> None:
        stack = np.empty((rows.stop - rows.start, len(frames), shape[1]), np.float32)
        for number, frame in enumerate(frames):
            stack[:, number] = frame[rows]
        kernel(stack, network, result[rows])

    for_strips(shape[0], shape[1] * len(frames), combine, _STRIP_VALUES)
    return result


def _common_shape(frames: Sequence[Frame]) -> tuple[int, int]:
    shapes = [tuple(frame.shape) for frame in frames]
    if not shapes:
        raise ParameterError('there are no frames to combine: at least one is needed; select more raw frames')
    if len(set(shapes)) > 1 or len(shapes[0]) != 2:
        raise ParameterError(
            f'frames of shapes {sorted(set(shapes))} do not combine: one 2-D shape is needed; '
            'select frames of one chip and one readout mode, and trim them all'
        )
    return shapes[0]


@functools.cache
def sorting_network(number: int) -> Array:
    """Return pairs of places (int [n, 2]) that sort `number` values when each pair in turn is put into order.

    Merge exchange (Batcher 1968; Knuth, The Art of Computer Programming 3, 5.2.2, algorithm M).
    """
    pairs: list[tuple[int, int]] = []
    half = 1 << (number - 1).bit_length() >> 1
    step = half
    while step:
        reach, offset, distance = half, 0, step
        while distance:
            pairs += [(i, i + distance) for i in range(number - distance) if i & step == offset]
            distance, reach, offset = reach - step, reach // 2, step
        step //= 2
    return np.array(pairs, np.int64).reshape(-1, 2)


def mad_to_sigma(number: int) -> float:
    """Return the factor from the median absolute deviation of `number` values to sigma."""
    return MAD_TO_SIGMA * (_MAD_FACTOR.get(number, number / (number - 0.8)) if number > 1 else 0.0)
