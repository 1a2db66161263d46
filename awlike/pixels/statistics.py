"""Statistics of images, robust where outliers are the rule; non-finite values never count."""

import numpy as np

from awlike.pixels.filters import good_pixels

MAD_TO_SIGMA = 1.4826  # of a Gaussian
_CHUNK = 1 << 20  # values for which a float64 copy is made at a time


def image_statistics(data, good=None):
    """Statistics over the finite pixels that are good.

    Parameters
    ----------
    data : array
        Pixel values, any shape.
    good : array of the same shape, optional
        Map: pixels with `good` > 0 count. Default: all.

    Returns
    -------
    dict
        min, max, mean, median, stdev (floats, unit of the data; stdev with N in the denominator) and npix (int).
        All None with npix 0 when nothing is good.
    """
    data = np.asanyarray(data)
    values = data[good_pixels(data, good)]
    if not values.size:
        return {'min': None, 'max': None, 'mean': None, 'median': None, 'stdev': None, 'npix': 0}
    mean = float(values.mean(dtype=np.float64))
    return {
        'min': float(values.min()),
        'max': float(values.max()),
        'mean': mean,
        'median': _median_in_place(values),
        'stdev': _stdev(values, mean),
        'npix': int(values.size),
    }


def robust_sigma(data):
    """Standard deviation of a Gaussian with the median absolute deviation of the finite values (1.4826 MAD).

    0.0 when nothing is finite, and also when more than half of the values are equal, as integers can be.
    """
    data = np.asanyarray(data)
    values = data[np.isfinite(data)]
    if not values.size:
        return 0.0
    deviations = np.abs(values - values.dtype.type(np.median(values)))
    return MAD_TO_SIGMA * _median_in_place(deviations)


def clipped_statistics(data, nsigma=3, iterations=5):
    """Mean, median and standard deviation after iterated clipping about the median.

    The first round uses the robust sigma, as outliers can hide in the standard deviation they cause; the next ones the
    standard deviation of what is left, until nothing more is clipped.

    Parameters
    ----------
    data : array
        Any shape; non-finite values do not count.
    nsigma : float
        Half width of what is kept, in standard deviations. Default: 3.
    iterations : int
        Rounds at most. Default: 5.

    Returns
    -------
    tuple of float
        (mean, median, stdev), in the unit of the data; three NaN when nothing is finite.
    """
    data = np.asanyarray(data)
    values = data[np.isfinite(data)]
    if not values.size:
        return float('nan'), float('nan'), float('nan')
    sigma = robust_sigma(values)
    for _ in range(iterations):
        median = float(np.median(values))
        if sigma > 0:  # 0 can also be a robust sigma of integers: then the standard deviation has to begin
            kept = values[np.abs(values - values.dtype.type(median)) <= nsigma * sigma]
            done = kept.size == values.size
            values = kept
        else:
            done = False
        new_sigma = _stdev(values, float(values.mean(dtype=np.float64)))
        if done or new_sigma == 0:
            break
        sigma = new_sigma
    mean = float(values.mean(dtype=np.float64))
    return mean, float(np.median(values)), _stdev(values, mean)


def _median_in_place(values):
    """Median as float; reorders `values`, which belong to the caller, and so needs no second copy."""
    return float(np.median(values, overwrite_input=True))


def _stdev(values, mean):
    """Standard deviation about a known mean, accumulated in float64 a chunk at a time."""
    total = 0.0
    for start in range(0, values.size, _CHUNK):
        deviations = values[start:start + _CHUNK].astype(np.float64) - mean
        total += float(np.dot(deviations, deviations))
    return float(np.sqrt(total / values.size))
