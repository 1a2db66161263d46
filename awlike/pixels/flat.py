"""Flat fields: normalise, combine and join them."""

from collections.abc import Sequence

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Image, Image32
from awlike.pixels.combine import combine_clipped
from awlike.pixels.filters import good_pixels, smooth
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.order import Ordered
from awlike.pixels.strips import Frame, Rows
from awlike.spelling import counted


def normalise(image: Frame, good: Frame | None = None) -> Image32:
    """Divide an image by its median over the finite pixels that are good.

    Parameters
    ----------
    image : 2-D array [y, x]
        A flat field, bias subtracted.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.

    Returns
    -------
    2-D float32 array
        Of median 1.

    Raises
    ------
    ValueError
        When the median is not above 0: there is no light to normalise to.
    """
    return np.asarray(image, np.float32) / np.float32(_level(image, good))


def combine_flats(frames: Sequence[Frame], nsigma: float = 3.0, good: Frame | None = None) -> Image32:
    """Combine flat fields of different levels into one: normalise each, take the clipped mean, normalise again.

    Parameters
    ----------
    frames : sequence of 2-D float32 arrays [y, x]
        Bias subtracted, ADU; `strips.Rows` will do: their medians are taken first, and no frame is held.
        Stars in twilight flats are clipped when the telescope moved in between.
    nsigma : float
        Half width of clipping about the median, in robust sigma. Default: 3.
    good : 2-D map, optional
        1 good, 0 bad: the good pixels tell the level. Default: all.

    Returns
    -------
    2-D float32 array
        Of median 1; NaN where no frame has a finite value.

    Raises
    ------
    ValueError
        When there are no frames, shapes differ, or a frame's median is not above 0.
    """
    scaled = [Rows(frame.shape, frame.__getitem__) / np.float32(_level(frame, good)) for frame in frames]
    return normalise(combine_clipped(scaled, nsigma), good)


def join_flats(dome: Image | None, twilight: Image | None, combine_type: int, smoothing: float) -> Image32:
    """Return the flat field to use, from a dome flat and a twilight flat.

    A dome flat has enough light for the pixel-to-pixel response; a twilight flat is lit as the sky is. Type 3 takes the
    small scales from the dome flat and the large scales from the twilight flat: dome x smoothed (twilight / dome). The
    ratio can be smoothed because vignetting and dust, which both flats share, cancel in it.

    Parameters
    ----------
    dome, twilight : 2-D float32 arrays [y, x] or None
        Where one is None, the other is the result, whatever the type.
    combine_type : int
        1 dome only, 2 twilight only, 3 both.
    smoothing : float
        Sigma of the Gaussian that parts small from large scales, pixels; used by type 3.

    Returns
    -------
    2-D float32 array
        Of median 1.

    Raises
    ------
    ValueError
        When both are None, shapes differ, or a parameter is out of its range.
    """
    if combine_type not in (1, 2, 3):
        raise ParameterError(f'combine_type is {combine_type!r}: use 1 (dome), 2 (twilight) or 3 (both)')
    if dome is None or twilight is None:
        only = twilight if dome is None else dome
        if only is None:
            raise ParameterError('neither a dome nor a twilight flat is given: make one of them first')
        return normalise(only)
    if combine_type != 3:
        return normalise(dome if combine_type == 1 else twilight)
    if not smoothing > 0:
        raise ParameterError(f'smoothing is {smoothing}, but combine_type 3 needs a width in pixels above 0')
    require_same_shape(dome=dome, twilight=twilight)
    dome = np.asarray(dome, np.float32)
    usable = good_pixels(dome) & good_pixels(twilight) & (dome > 0)
    ratio = np.divide(twilight, dome, out=np.zeros_like(dome), where=usable)
    return normalise(dome * smooth(ratio, usable, smoothing))


def _level(image: Frame, good: Frame | None) -> float:
    require_same_shape(flat=image, good=good)
    values = Ordered(image, good)
    level = values.median() if values.number else float('nan')
    if not level > 0:
        raise ParameterError(
            f'the flat has a median of {level} over {counted(values.number, "good pixel")}, but needs one above 0: '
            'leave this frame out, or look at its bias and its map'
        )
    return level
