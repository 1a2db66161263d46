"""Many frames into one: clipped mean and median, in strips of rows, so that memory stays bounded."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.statistics import MAD_TO_SIGMA

_STRIP_VALUES = 4 << 20  # values of all frames together in one strip: 16 MB of float32
_POOL = 25  # pixels along a row over which the scatter is pooled

# Factors by which the MAD of 2 to 9 Gaussian values is too small (Croux & Rousseeuw 1992, COMPSTAT 1, 411).
_MAD_FACTOR = {2: 1.196, 3: 1.495, 4: 1.363, 5: 1.206, 6: 1.200, 7: 1.140, 8: 1.129, 9: 1.107}


def combine_clipped(frames, nsigma, sigma=None):
    """Mean, per pixel, of the values within `nsigma` * `sigma` of the pixel's median.

    The centre is the median because clipping N values about their mean can reject nothing: the largest deviation there
    is (N - 1) / sqrt(N) standard deviations. Where nothing lies within, the median is the result.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Equal shapes; anything with a `shape` that gives rows by slicing will do. Non-finite values are never used.
    nsigma : float
        Half width of what is kept, in `sigma`.
    sigma : float, optional
        The noise of one value, in the unit of the frames (of biases the read noise). Default: from the scatter, the
        larger of the robust sigma (MAD) of the pixel and of its 25 neighbours in the row: that of few values alone
        is so uncertain that good ones would be lost.

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
    return _by_strips(frames, lambda strip: _clipped_mean(strip, nsigma, sigma))


def combine_median(frames):
    """Median, per pixel, of the finite values; float32 [y, x], NaN where there is none.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Equal shapes; anything with a `shape` that gives rows by slicing will do.

    Raises
    ------
    ValueError
        When there are no frames or their shapes differ.
    """
    return _by_strips(frames, lambda strip: _median(strip)[0])


def _by_strips(frames, reduce_strip):
    """Apply a function from (frame, y, x) to (y, x) to all frames, strip after strip."""
    shape = _common_shape(frames)
    result = np.empty(shape, np.float32)
    height = max(1, _STRIP_VALUES // (len(frames) * shape[1]))
    for start in range(0, shape[0], height):
        rows = slice(start, min(start + height, shape[0]))
        strip = np.empty((len(frames), rows.stop - start, shape[1]), np.float32)
        for values, frame in zip(strip, frames):
            values[...] = frame[rows]
        strip[~np.isfinite(strip)] = np.nan
        result[rows] = reduce_strip(strip)
    return result


def _common_shape(frames):
    shapes = [tuple(frame.shape) for frame in frames]
    if not shapes:
        raise ParameterError('there are no frames to combine: at least one is needed; select more raw frames')
    if len(set(shapes)) > 1 or len(shapes[0]) != 2:
        raise ParameterError(
            f'frames of shapes {sorted(set(shapes))} do not combine: one 2-D shape is needed; '
            'select frames of one chip and one readout mode, and trim them all'
        )
    return shapes[0]


def _median(strip):
    """Median and number of the values that are not NaN, along the first axis."""
    ordered = np.sort(strip, axis=0)  # NaN last
    count = np.isfinite(strip).sum(axis=0)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0)[None] // 2, axis=0)[0]
    upper = np.take_along_axis(ordered, np.minimum(count // 2, len(strip) - 1)[None], axis=0)[0]
    # Of no values lower is NaN, and so is the median.
    return 0.5 * (lower + upper), count


def _clipped_mean(strip, nsigma, sigma):
    median, count = _median(strip)
    deviations = np.abs(strip - median)
    if sigma is None:
        sigma = _scatter(deviations, count)
    kept = deviations <= nsigma * sigma  # False for NaN
    total = np.sum(strip, axis=0, dtype=np.float64, where=kept)
    number = kept.sum(axis=0)
    return np.divide(total, number, out=median.astype(np.float64), where=number > 0)


def _scatter(deviations, count):
    """Robust sigma of one value per pixel: its own or that of its row's neighbours, whichever is larger.

    Pooling runs within a row, so the result does not depend on where strips begin.
    """
    from scipy.ndimage import uniform_filter1d

    factors = np.array([_MAD_FACTOR.get(n, n / (n - 0.8) if n else 1.0) for n in range(len(deviations) + 1)])
    factors[:2] = 0.0  # one value has no scatter
    own = np.nan_to_num(_median(deviations)[0]) * (MAD_TO_SIGMA * factors[count])
    measured = (count > 1).astype(np.float64)
    share = uniform_filter1d(measured, _POOL, axis=1, mode='constant')
    variance = uniform_filter1d(own**2 * measured, _POOL, axis=1, mode='constant')
    pooled = np.sqrt(np.maximum(variance, 0) / np.maximum(share, 1 / _POOL))
    return np.maximum(own, pooled)
