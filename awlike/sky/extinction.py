"""Atmospheric extinction and colour terms, from stars of known magnitude that were observed over a night."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles = NDArray[np.float64]

_LEAST, _MOST = -0.05, 2.0  # mag an airmass: no clear sky has another extinction
_FLOOR = 0.003  # mag: how well a clear sky repeats at best
_CLIP, _ROUNDS = 3.0, 20
_AGREEING = 0.5  # of the exposures: where fewer agree, no night was clear
_MAD_TO_SIGMA = 1.4826


class Extinction(NamedTuple):
    """The line of zero points against airmass; NaN where it is not known."""

    extinction: float  # mag an airmass
    extinction_error: float
    zero_point: float  # mag of 1 ADU/s, at the airmass `at`
    zero_point_error: float
    at: float  # airmass: the mean of the exposures that tell, where both errors are independent
    scatter: float  # mag: rms of the exposures that tell
    used: NDArray[np.bool_]  # [exposure]
    residual: Doubles  # mag [exposure]: zero point less line
    reason: str  # why it is not known; empty where it is


def fit_extinction(airmass: ArrayLike, zero_point: ArrayLike, error: ArrayLike, least_range: float = 0.3,
                   cloud_limit: float = 0.05) -> Extinction:
    """Return the extinction by which zero points fall with airmass, and the zero point at the mean airmass.

    Clouds only dim. So the line is that on which most exposures agree, and of lines on which as many agree the highest;
    exposures off the line by more than three times the scatter, and by `cloud_limit` in any case, do not tell. The errors take
    the scatter about the line into account where it is larger than the errors of the zero points.

    Parameters
    ----------
    airmass, zero_point, error : array [exposure]
        The zero point is the magnitude of 1 ADU per second, through the air as it was; NaN where it is unknown.
    least_range : float
        The airmasses of the exposures that tell span at least this. Default: 0.3.
    cloud_limit : float
        An exposure that is dimmed by more saw clouds [mag]. Default: 0.05.
    """
    airmass, zero_point, error = (np.asarray(one, float) for one in (airmass, zero_point, error))
    known = np.isfinite(airmass) & np.isfinite(zero_point) & np.isfinite(error)
    noise = np.hypot(np.where(known, error, 1.0), _FLOOR)
    if known.sum() < 3:
        return _unknown(known, f'{known.sum()} exposures have a zero point and an airmass, 3 are needed')
    if (reason := _too_narrow(airmass[known], least_range)):
        return _unknown(known, reason)
    used = _agreeing(airmass, zero_point, noise, known, cloud_limit)
    line, covariance, scale, middle = _line(airmass, zero_point, noise, used)
    for _ in range(_ROUNDS):
        residual = zero_point - line[0] + line[1] * (airmass - middle)
        with np.errstate(invalid='ignore'):
            now = known & (np.abs(residual) < np.minimum(np.maximum(_CLIP * scale * noise, _FLOOR), cloud_limit))
        if now.sum() < 3 or np.array_equal(now, used):
            break
        used = now
        line, covariance, scale, middle = _line(airmass, zero_point, noise, used)
    if (reason := _why_not(airmass, used, known, least_range, line[1])):
        return _unknown(known, reason)
    residual = zero_point - line[0] + line[1] * (airmass - middle)
    return Extinction(float(line[1]), math.sqrt(covariance[1]), float(line[0]), math.sqrt(covariance[0]), middle,
                      float(np.sqrt(np.sum(residual[used] ** 2) / (used.sum() - 2))), used, residual, '')


def _agreeing(airmass: Doubles, zero_point: Doubles, noise: Doubles, known: NDArray[np.bool_],
              cloud_limit: float) -> NDArray[np.bool_]:
    """Return the exposures on the line through two of them on which most agree."""
    number = np.flatnonzero(known)
    best, most = known, (0, -math.inf)
    for place, one in enumerate(number):
        for other in number[place + 1:]:
            apart = airmass[other] - airmass[one]
            slope = (zero_point[one] - zero_point[other]) / apart if abs(apart) > 0.05 else math.nan
            if not _LEAST <= slope <= _MOST:
                continue
            left = zero_point - zero_point[one] + slope * (airmass - airmass[one])
            near = known & (np.abs(left) < np.minimum(np.maximum(_CLIP * noise, 4 * _FLOOR), cloud_limit))
            height = zero_point[one] - slope * (float(np.mean(airmass[number])) - airmass[one])
            if (int(near.sum()), height) > most:
                best, most = near, (int(near.sum()), float(height))
    return best


def _line(airmass: Doubles, zero_point: Doubles, noise: Doubles, used: NDArray[np.bool_],
          ) -> tuple[tuple[float, float], tuple[float, float], float, float]:
    """Return zero point and extinction, their variances, the scatter in units of the noise, and the mean airmass."""
    weight, x, y = noise[used] ** -2, airmass[used], zero_point[used]
    middle = float(np.average(x, weights=weight))
    spread = float(np.sum(weight * (x - middle) ** 2))
    height = float(np.average(y, weights=weight))
    slope = -float(np.sum(weight * (x - middle) * (y - height))) / spread if spread > 0 else math.nan
    left = y - height + slope * (x - middle)
    free = max(int(used.sum()) - 2, 1)
    scale = max(1.0, math.sqrt(float(np.sum(weight * left**2)) / free))
    return (height, slope), (scale**2 / float(weight.sum()), scale**2 / spread if spread > 0 else math.inf), scale, middle


def _why_not(airmass: Doubles, used: NDArray[np.bool_], known: NDArray[np.bool_], least_range: float, slope: float) -> str:
    """Return why the exposures do not tell the extinction; empty where they do."""
    if used.sum() < 3 or used.sum() < _AGREEING * known.sum():
        return (f'the night was cloudy: {used.sum()} of {known.sum()} exposures agree, and half of them and at least 3 are '
                'needed')
    if not _LEAST <= slope <= _MOST:
        return f'the extinction would be {slope:.3f} mag an airmass, which no clear sky has: the transparency drifted'
    return _too_narrow(airmass[used], least_range)


def _too_narrow(airmass: Doubles, least_range: float) -> str:
    """Return that the range of airmasses is too small; empty where it is not."""
    if np.ptp(airmass) >= least_range:
        return ''
    return (f'the airmasses of the exposures that tell go from {airmass.min():.2f} to {airmass.max():.2f}, a range of at '
            f'least {least_range:g} is needed')


def _unknown(known: NDArray[np.bool_], reason: str) -> Extinction:
    nothing = np.full(known.shape, math.nan)
    return Extinction(*(math.nan,) * 6, np.zeros(known.shape, bool), nothing, reason)


class ColourTerm(NamedTuple):
    """The slope of magnitudes against colour; NaN where it is not known."""

    colour_term: float  # magnitude of the frame less that of the catalogue, per magnitude of colour
    colour_term_error: float
    colour: float  # the median colour of the stars that tell
    scatter: float  # mag: robust, of single stars
    used: NDArray[np.bool_]  # [star]
    residual: Doubles  # mag [star]
    reason: str  # why it is not known; empty where it is


def fit_colour_term(difference: ArrayLike, error: ArrayLike, colour: ArrayLike, exposure: ArrayLike, least_range: float = 0.5,
                    clip: float = _CLIP, least_stars: int = 10) -> ColourTerm:
    """Return the colour term, with a zero point of its own for each exposure, so that clouds do not matter.

    Parameters
    ----------
    difference, error : array [star]
        Instrumental magnitude less that of the catalogue, and its error.
    colour : array [star]
        NaN where it is unknown.
    exposure : int array [star]
        The exposure on which the star was measured.
    least_range : float
        The middle 80 per cent of the colours span at least this [mag]. Default: 0.5.
    clip : float
        Stars further off, in robust standard deviations, do not tell. Default: 3.
    least_stars : int
        So many stars are needed. Default: 10.
    """
    difference, error, colour = (np.asarray(one, float) for one in (difference, error, colour))
    exposure = np.asarray(exposure)
    used = np.isfinite(difference) & np.isfinite(error) & np.isfinite(colour)
    if (reason := _too_few_colours(colour[used], least_range, least_stars)):
        return ColourTerm(math.nan, math.nan, math.nan, math.nan, used & False, np.full(used.shape, math.nan), reason)
    weight = np.where(used, np.hypot(np.where(used, error, 1.0), _FLOOR) ** -2.0, 0.0)
    known, slope, variance, left, scatter = used, math.nan, math.inf, difference, math.nan
    for _ in range(_ROUNDS):
        slope, variance, left = _within_exposures(difference, colour, np.where(used, weight, 0.0), exposure)
        pulls = np.where(known, np.abs(left), 0) * np.sqrt(weight)
        scale = max(1.0, _MAD_TO_SIGMA * float(np.median(pulls[used])))
        before, used = used, known & (pulls < clip * scale)
        if np.array_equal(used, before):
            break
    if (reason := _too_few_colours(colour[used], least_range, least_stars)):
        return ColourTerm(math.nan, math.nan, math.nan, math.nan, used & False, np.full(used.shape, math.nan), reason)
    free = max(int(used.sum()) - len(np.unique(exposure[used])) - 1, 1)
    scale = max(1.0, math.sqrt(float(np.sum((left[used] ** 2) * weight[used])) / free))
    scatter = _MAD_TO_SIGMA * float(np.median(np.abs(left[used])))
    return ColourTerm(slope, scale * math.sqrt(variance), float(np.median(colour[used])), scatter, used,
                      np.where(known, left, math.nan), '')


def _within_exposures(difference: Doubles, colour: Doubles, weight: Doubles, exposure: NDArray) -> tuple[float, float, Doubles]:
    """Return the slope, its variance, and what is left of each star, with the means of each exposure taken out."""
    numbers = np.unique(exposure, return_inverse=True)[1]
    total = np.bincount(numbers, weight)

    def centred(values: Doubles) -> Doubles:
        plain = np.where(np.isfinite(values), values, 0.0)
        means = np.bincount(numbers, weight * plain) / np.where(total > 0, total, 1)
        return values - means[numbers]

    x, y = centred(colour), centred(difference)
    square = float(np.sum(weight * np.nan_to_num(x) ** 2))
    slope = float(np.sum(weight * np.nan_to_num(x) * np.nan_to_num(y))) / square if square > 0 else math.nan
    return slope, 1 / square if square > 0 else math.inf, np.nan_to_num(y - slope * x, nan=math.inf)


def _too_few_colours(colour: Doubles, least_range: float, least_stars: int) -> str:
    """Return why stars of these colours do not tell a colour term; empty where they do."""
    if colour.size < least_stars:
        return f'{colour.size} stars have a colour and tell, {least_stars} are needed'
    low, high = np.percentile(colour, (10, 90))
    if high - low >= least_range:
        return ''
    return (f'the colours of the stars that tell go from {low:.2f} to {high:.2f} mag (the middle 80 per cent), a range of at '
            f'least {least_range:g} is needed')
