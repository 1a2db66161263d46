"""Sources of light above the sky: detected by a matched filter, and parted from their neighbours."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Flags, Floats, Image, Image32, Integers
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.strips import for_strips, strip_of_map

_FWHM_TO_SIGMA = 1 / 2.354820045
_LOWER = 0.6  # of the threshold: down to this significance pixels belong to a source


@dataclass(frozen=True)
class Detections:
    """The sources that were detected in an image, in the order of the rows; arrays [n].

    Parameters
    ----------
    labels : int32 [y, x]
        The number of the source to which a pixel belongs, from 1; 0 for the sky.
    x, y : int64 [n]
        The pixel of the peak, 0 is the first.
    significance : float32 [n]
        Of the peak in the filtered image.
    blended : bool [n]
        Whether the source touches another.
    """

    labels: NDArray[np.int32]
    x: Integers
    y: Integers
    significance: Floats
    blended: Flags


def gaussian_template(fwhm: float, side: int = 7) -> Image32:
    """Return a Gaussian star of this FWHM [pixels] on `side` x `side` pixels, float32, of sum 1."""
    if not fwhm > 0 or side < 1 or side % 2 == 0:
        raise ParameterError(f'fwhm is {fwhm} and side {side}: a template needs a width above 0 and an odd side')
    square = (np.arange(side) - side // 2) ** 2
    values = np.exp(-0.5 * (square + square[:, None]) / (fwhm * _FWHM_TO_SIGMA) ** 2)
    return (values / values.sum()).astype(np.float32)


def significance_image(image: Image, variance: Image, template: Image, good: Image | None = None) -> Image32:
    """Return how significant the template is at each pixel: its best flux over the error of this flux.

    Parameters
    ----------
    image : 2-D array [y, x]
        The sky subtracted, ADU.
    variance : 2-D array
        Variance of each pixel, ADU^2. Pixels where it is not finite and above 0 are bad.
    template : 2-D array
        The star that is looked for, of odd sides alike; only its shape matters.
    good : 2-D map, optional
        1 good, 0 bad. Pixels of the image that are not finite are bad anyway. Default: all good.

    Returns
    -------
    2-D float32 array
        Sigma; 0 where no pixel under the template is good.

    Raises
    ------
    ParameterError
        Shapes differ, or the template is not square with an odd side.
    """
    require_same_shape(image=image, variance=variance, good=good)
    if template.shape[0] != template.shape[1] or template.shape[0] % 2 == 0:
        raise ParameterError(f'the template has the shape {template.shape}, but must be square with an odd side')
    from awlike.pixels.kernels.detection import filter_rows
    image, variance, template = (np.ascontiguousarray(one, np.float32) for one in (image, variance, template))
    usable, result = strip_of_map(good, slice(None), image.shape[1]), np.empty(image.shape, np.float32)
    for_strips(image.shape[0], image.shape[1], lambda rows: filter_rows(
        image, variance, usable, template, rows.start, rows.stop, result[rows]))
    return result


def detect(significance: Image32, threshold: float = 4.8, noise_scale: Image | None = None, rise: float = 2.5,
           contrast: float = 0.01, minimum_area: int = 3) -> Detections:
    """Detect the hills of a significance image, and part those that stand side by side.

    Every pixel above 0.6 thresholds belongs to the peak to which the steepest way leads. A peak that does not rise enough
    above the highest pass to a higher peak is noise on the flank of the higher peak, and joins it.

    Parameters
    ----------
    significance : float32 [y, x]
        From `significance_image`; not finite nowhere.
    threshold : float
        Least significance of a peak. Default: 4.8, where noise alone gives one source in a million pixels.
    noise_scale : 2-D array, optional
        The noise in units of that which the significance assumes, 1 or more: the light of sources adds Poisson noise.
        Default: 1 everywhere.
    rise : float
        Least rise of a peak above the pass, in units of the noise. Default: 2.5.
    contrast : float
        Part of the height of the pass that the rise needs, too. Default: 0.01.
    minimum_area : int
        Fewest pixels of a source. Default: 3.

    Returns
    -------
    Detections

    Raises
    ------
    ParameterError
        The threshold is not above 0, or shapes differ.
    """
    require_same_shape(significance=significance, noise_scale=noise_scale)
    if not threshold > 0:
        raise ParameterError(f'the threshold is {threshold}, but must be above 0: 4.8 is a good choice')
    significance = np.ascontiguousarray(significance, np.float32)
    places, peaks, tops = _hills(significance, threshold * _LOWER)
    scale = 1 if noise_scale is None else np.asarray(noise_scale).reshape(-1)[tops]
    heights = significance.reshape(-1)[tops]
    owner, beside = _merged(significance, places, peaks, tops, np.float32(rise) * (heights * 0 + scale), contrast)
    area = np.bincount(owner[peaks.reshape(-1)[places]], minlength=tops.size)
    kept = (owner == np.arange(tops.size)) & (heights >= threshold) & (area >= minimum_area)
    _label(places, peaks, owner, kept)
    width = significance.shape[1]
    return Detections(peaks, tops[kept] % width, tops[kept] // width, heights[kept], beside[kept])


def _hills(heights: Image32, lowest: float) -> tuple[Integers, NDArray[np.int32], Integers]:
    """Return the pixels above `lowest`, the number of the hill of each pixel (int32 [y, x]), and the peaks of the hills."""
    from awlike.pixels.kernels.detection import climb, follow, label
    uphill = np.empty(heights.shape, np.int32)
    for_strips(*heights.shape, lambda rows: climb(heights, lowest, rows.start, rows.stop, uphill))
    flat = uphill.reshape(-1)
    places = np.flatnonzero(flat >= 0)
    tops = places[flat[places] == places]
    follow(places, flat)
    numbers = np.zeros(flat.size, np.int32)
    numbers[tops] = np.arange(tops.size, dtype=np.int32)
    label(places, flat, numbers)
    return places, uphill, tops


def _merged(heights: Image32, places: Integers, hills: NDArray[np.int32], tops: Integers, needed: Array, contrast: float,
            ) -> tuple[Integers, Flags]:
    """Return to which hill each hill belongs, and which hills touch others that are none of theirs."""
    from awlike.pixels.kernels.detection import find_passes, merge_hills
    number = np.zeros(1, np.int64)
    size = places.size
    while True:
        one, other, passes = np.empty(size, np.int64), np.empty(size, np.int64), np.empty(size, np.float32)
        find_passes(places, heights, hills.reshape(-1), one, other, passes, number)
        if number[0] <= size:
            break
        size = int(number[0])
    one, other, passes = one[:number[0]], other[:number[0]], passes[:number[0]]
    order = np.argsort(-passes, kind='stable')
    owner, beside = np.arange(tops.size), np.zeros(tops.size, bool)
    merge_hills(one[order], other[order], passes[order], heights.reshape(-1)[tops], needed.astype(np.float32),
                contrast, owner, beside)
    return owner, beside


def _label(places: Integers, hills: NDArray[np.int32], owner: Integers, kept: Flags) -> None:
    """Replace the number of the hill of each pixel by the number of its source, 0 for none."""
    from awlike.pixels.kernels.detection import label
    numbers = np.where(kept, np.cumsum(kept), 0)[owner].astype(np.int32)
    label(places, hills.reshape(-1), numbers)
    hills[hills < 0] = 0
