"""Dark current."""

from collections.abc import Callable, Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image32
from awlike.pixels.combine import combine_median, mad_to_sigma
from awlike.pixels.strips import Frame, Rows, for_strips
from awlike.spelling import counted

_STRIPS, _HIGH = 16, 8  # the level of a frame is measured in 16 strips of 8 rows


def combine_darks(frames: Sequence[Frame], exposure_times: Sequence[float], read_noise: float,
                  nsigma: float = 3.0) -> Image32:
    """Combine darks, which may have different exposure times, to the dark current: charge over time, without cosmic rays.

    The median of the rates is a first dark. A value is left out where it is further from the first dark than `nsigma`
    times its noise: the read noise or, where the frames scatter by more, this scatter (the charge of a hot pixel has noise
    of its own, which grows with the square root of the time). The charge that remains is summed and divided by the sum
    of its times, which is the mean of the rates with the times as weights.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Overscan and bias subtracted, ADU; `strips.Rows` will do: they are worked out three times, and none is held.
        Non-finite values are never used. Fewer than three frames cannot tell a cosmic ray.
    exposure_times : sequence of float
        Of each frame, s.
    read_noise : float
        Of one frame, ADU.
    nsigma : float
        Half width of the range kept, in sigma. Default: 3.

    Returns
    -------
    2-D float32 array
        ADU/s; NaN where no frame has a finite value.

    Raises
    ------
    ValueError
        When there are no frames, their shapes differ, a frame has no exposure time above 0, or a width is not positive.
    """
    times = np.asarray(exposure_times, float)
    if len(times) != len(frames) or not (times > 0).all():
        raise ParameterError(f'{counted(len(frames), "dark has", "darks have")} the exposure times {times.tolist()} s, '
                             'but each needs one above 0: '
                             'leave out what is a bias')
    if not (read_noise > 0 and nsigma > 0):
        raise ParameterError(f'read_noise is {read_noise} and nsigma {nsigma}, but both must be positive: '
                             'give the read noise in ADU, and 3 to 5')
    rate = combine_median([_rows(frame, lambda part, rows, time=time: part / np.float32(time))
                           for frame, time in zip(frames, times, strict=True)])
    # The scatter that one second would have if all noise were that of the charge.
    scatter = combine_median([_rows(frame, lambda part, rows, time=time: np.abs(part - time * rate[rows]) / np.sqrt(time))
                              for frame, time in zip(frames, times, strict=True)])
    scatter *= np.float32(mad_to_sigma(len(frames)))
    result = np.empty_like(rate)

    def combine(rows: slice) -> None:
        charge, exposed = np.zeros((2, *rate[rows].shape))
        for frame, time in zip(frames, times, strict=True):
            part = frame[rows]
            limit = nsigma * np.maximum(read_noise, scatter[rows] * np.sqrt(time))
            kept = np.abs(part - time * rate[rows]) <= limit
            charge += np.where(kept, part, 0)
            exposed += kept * time
        result[rows] = np.divide(charge, exposed, out=rate[rows].astype(float), where=exposed > 0)
    for_strips(*rate.shape, combine)
    return result


def level_spread(frames: Sequence[Frame], exposure_times: Sequence[float]) -> float:
    """Return how far the levels of darks are apart: largest less smallest of what each has beyond the common dark current.

    The common dark current is the median of the rates. A drift of the bias level counts as it is; light that fell onto some
    of the frames counts by the charge that it left.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x] or `strips.Rows`
        Overscan and bias subtracted, ADU.
    exposure_times : sequence of float
        Of each frame, s, above 0.

    Returns
    -------
    float
        ADU; NaN when a frame has no finite value.
    """
    times = np.asarray(exposure_times, float)
    levels = np.array([_level(frame) for frame in frames])
    beyond = levels - times * np.median(levels / times)
    return float(np.ptp(beyond))


def _level(frame: Frame) -> float:
    """Return the median of a frame, from strips of rows all over it."""
    starts = np.unique(np.linspace(0, max(frame.shape[0] - _HIGH, 0), _STRIPS).astype(int))
    values = np.concatenate([np.asarray(frame[start:start + _HIGH]).ravel() for start in starts.tolist()])
    values = values[np.isfinite(values)]
    return float(np.median(values)) if values.size else float('nan')


def _rows(frame: Frame, work: Callable[[Array, slice], Array]) -> Rows:
    """Return a frame whose rows are worked out by `work` once they are asked for, float32."""
    return Rows(frame.shape, lambda rows: work(frame[rows], rows).astype(np.float32))
