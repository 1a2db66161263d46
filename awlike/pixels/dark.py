"""Dark current."""

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.combine import combine_median, mad_to_sigma
from awlike.pixels.strips import Rows, for_strips


def combine_darks(frames, exposure_times, read_noise, nsigma=3.0):
    """Dark current from darks that may be of different exposure times: charge over time, without cosmic rays.

    The median of the rates is a first dark. A value is left out where it is further from that than `nsigma` times its
    noise: the read noise and, where the frames scatter by more (the charge of a hot pixel has noise of its own,
    growing with the square root of the time), that scatter. The charge of what is left is summed and divided by the sum
    of its times, which is the mean of the rates with the times as weights.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Overscan and bias subtracted, ADU; `strips.Rows` will do: they are worked out three times, none is held. Non-finite
        values are never used. With fewer than three a cosmic ray cannot be told.
    exposure_times : sequence of float
        Of each frame, s.
    read_noise : float
        Of one frame, ADU.
    nsigma : float
        Half width of what is kept, in sigma. Default: 3.

    Returns
    -------
    2-D float32 array
        ADU/s; NaN where no frame has a finite value.

    Raises
    ------
    ValueError
        When there are no frames, their shapes differ, not each has an exposure time above 0, or a width is not positive.
    """
    times = np.asarray(exposure_times, float)
    if len(times) != len(frames) or not (times > 0).all():
        raise ParameterError(f'{len(frames)} darks have the exposure times {times.tolist()} s, but each needs one above 0: '
                             'leave out what is a bias')
    if not (read_noise > 0 and nsigma > 0):
        raise ParameterError(f'read_noise is {read_noise} and nsigma {nsigma}, but both must be positive: '
                             'give the read noise in ADU, and 3 to 5')
    rate = combine_median([_rows(frame, lambda part, rows, time=time: part / np.float32(time))
                           for frame, time in zip(frames, times)])
    # Of one second, were all noise that of the charge.
    scatter = combine_median([_rows(frame, lambda part, rows, time=time: np.abs(part - time * rate[rows]) / np.sqrt(time))
                              for frame, time in zip(frames, times)])
    scatter *= np.float32(mad_to_sigma(len(frames)))
    result = np.empty_like(rate)

    def combine(rows):
        charge, exposed = np.zeros((2, *rate[rows].shape))
        for frame, time in zip(frames, times):
            part = frame[rows]
            limit = nsigma * np.maximum(read_noise, scatter[rows] * np.sqrt(time))
            kept = np.abs(part - time * rate[rows]) <= limit
            charge += np.where(kept, part, 0)
            exposed += kept * time
        result[rows] = np.divide(charge, exposed, out=rate[rows].astype(float), where=exposed > 0)
    for_strips(*rate.shape, combine)
    return result


def _rows(frame, work):
    """What `work` makes of rows of a frame, float32, once they are asked for."""
    return Rows(frame.shape, lambda rows: work(frame[rows], rows).astype(np.float32))
