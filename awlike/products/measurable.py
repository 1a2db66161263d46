"""Science frames as sources are measured on them: the sky subtracted, with the noise and the usable pixels."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels.background import Background
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.psf_model import PSF, Seeing
from awlike.pixels.source_flags import SourceFlag
from awlike.products.astrometry import header_plate
from awlike.products.content import PlaneView

_SAME_PIXEL = 1.0  # pixels that two frames may be apart and have the same pixels


class Measurable(NamedTuple):
    """What measurements need of a science frame; images [y, x]."""

    image: np.ndarray  # float32, the sky subtracted, ADU
    variance: np.ndarray  # float32, of the sky, ADU^2
    good: np.ndarray  # uint8, 1 good, 0 bad
    gain: float  # electrons per ADU: tells the noise of the light of sources
    maps: Mapping[SourceFlag, np.ndarray]  # for `measure_sources`


def measurable(inputs: Any) -> Measurable:
    """Return the science frame of `inputs` as it is measured.

    Parameters
    ----------
    inputs : Inputs
        ``frame``, a `ScienceFrame`, and its ``background``; its ``weight`` and ``saturated`` can be None. Without a map of
        saturated pixels, the SATURATION of an imported frame tells which are.
    """
    found, saturated = _without_sky(inputs.frame, inputs.weight, inputs.background), unsaturated(inputs)
    if saturated is None:
        return found
    return found._replace(good=found.good & saturated, maps={SourceFlag.SATURATED: saturated})


def detecting(inputs: Any) -> Measurable:
    """Return the detection frame of `inputs` as sources are detected on it.

    Raises
    ------
    ProcessingError
        When the detection frame has other pixels than the frame, by their number or by the astrometry of both headers, or
        its sky could not be measured.
    """
    other, frame = inputs.detection_frame, inputs.frame
    if other.data.shape != frame.data.shape:
        raise ProcessingError(f'the detection frame has {other.data.shape[1]} x {other.data.shape[0]} pixels, and the frame '
                              f'{frame.data.shape[1]} x {frame.data.shape[0]}: name a frame with the same pixels')
    if (off := _apart(other, frame)) > _SAME_PIXEL:
        raise ProcessingError(f'by their headers, pixels of the detection frame are up to {off:.1f} pixels away from those of '
                              'the frame: name a frame with the same pixels, or correct the astrometry of the headers')
    if inputs.detection_background is None or inputs.detection_psf is None:
        raise ProcessingError('background or point spread function of the detection frame could not be measured: ask for its '
                              'PSFModel, which says why')
    return _without_sky(other, inputs.detection_weight, inputs.detection_background)


def _apart(other: Any, frame: Any) -> float:
    """Return how far the corners of two frames of one shape are from each other at most, pixels; 0 where a header is silent."""
    there, here = header_plate(other.astrom), header_plate(frame.astrom)
    if there is None or here is None:
        return 0.0
    height, width = frame.data.shape
    x, y = np.array([0.0, width - 1, 0, width - 1]), np.array([0.0, 0, height - 1, height - 1])
    found = here.sky_to_pixel(*there.pixel_to_sky(x, y))
    return float(np.nan_to_num(np.hypot(found[0] - x, found[1] - y), nan=math.inf).max())


def _without_sky(frame: Any, weight: Any, model: Any) -> Measurable:
    """Return a science frame less the sky of a `BackgroundModel`; its weight can be None."""
    background, own = background_of(model), own_weight(frame)
    variance = background.variance_image() if own is None else inverse(own)
    return Measurable(background.subtracted(frame.data), variance, usable(frame, weight), model.gain, {})


def own_weight(frame: Any) -> np.ndarray | None:
    """Return the weight that a frame has of its own, the inverse of the variance, as one on a grid; None where it has none."""
    plane = getattr(frame, 'weight', None)
    return plane.data if isinstance(plane, PlaneView) else None


def inverse(weight: np.ndarray) -> np.ndarray:
    """Return the variance of each pixel, float32; infinite where there is no weight."""
    with np.errstate(divide='ignore'):
        return (1 / weight).astype(np.float32)


def usable(frame: Any, weight: Any) -> np.ndarray:
    """Return the map of pixels, uint8 [y, x], that are finite and have weight; `weight`, of a `WeightFrame`, can be None."""
    good, own = np.isfinite(frame.data), own_weight(frame)
    if weight is not None:
        good &= weight.data > 0
    if own is not None:
        good &= own > 0
    return good.view(np.uint8)


def usable_by(inputs: Any, weight: Any) -> np.ndarray:
    """Return the map of pixels of the frame of `inputs`, uint8 [y, x], that are finite, have weight, and are not saturated."""
    good, saturated = usable(inputs.frame, weight), unsaturated(inputs)
    return good if saturated is None else good & saturated


def zeropoint_of(frame: Any, photom_params: Any) -> float | None:
    """Return the magnitude of a star of 1 ADU in the image of a frame; None where nobody knows.

    That of a frame on a grid is its own.
    """
    if getattr(frame, 'grid', None) is not None:
        return frame.zeropoint
    if photom_params is None or photom_params.zero_point is None:
        return None
    return photom_params.zero_point + 2.5 * math.log10(frame.EXPTIME or 1.0)


def zeropoint_error_of(frame: Any, photom_params: Any) -> float | None:
    """Return the error of `zeropoint_of`, mag."""
    if getattr(frame, 'grid', None) is not None:
        return frame.zeropoint_error
    return None if photom_params is None else photom_params.zero_point_error


def unsaturated(inputs: Any) -> np.ndarray | None:
    """Return the map of pixels, uint8 [y, x], that are not saturated; None where nobody knows."""
    if inputs.saturated is not None:
        return inputs.saturated.data
    mask = getattr(inputs.frame, 'mask', None)
    if isinstance(mask, PlaneView):
        return (mask.data & int(MaskFlag.SAT) == 0).view(np.uint8)
    level = getattr(inputs.frame, 'SATURATION', None)
    return None if level is None else (~(inputs.frame.data >= level)).view(np.uint8)  # a pixel without a value is not saturated


def background_of(model: Any) -> Background:
    """Return the background that a `BackgroundModel` keeps."""
    height, width = model.frame_shape
    return Background(np.asarray(model.level.data), np.asarray(model.noise.data), (height, width))


def psf_of(model: Any, frame: Any) -> PSF:
    """Return the point spread function that a `PSFModel` of a frame keeps."""
    height, width = model.frame_shape
    seeing = None if model.seeing_range is None else Seeing(frame.seeing.data, *model.seeing_range)
    return PSF.from_image(np.asarray(model.basis.data), model.sampling, (height, width), seeing)


def seeing_of(frame: Any) -> Seeing | None:
    """Return the seeing of a stack; None where it is the same everywhere, and of a single frame."""
    plane = getattr(frame, 'seeing', None)
    return Seeing.of(plane.data) if isinstance(plane, PlaneView) else None


def without_nan(results: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `make` returns, with None for each number that is NaN, also in lists: headers and JSON cannot hold NaN."""
    def value(one: Any) -> Any:
        if isinstance(one, list):
            return [value(each) for each in one]
        return None if isinstance(one, float) and math.isnan(one) else one
    return {name: value(one) for name, one in results.items()}
