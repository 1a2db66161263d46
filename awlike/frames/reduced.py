"""ReducedScienceFrame: a science frame without the marks of the instrument."""

import functools
from typing import TYPE_CHECKING

import numpy as np

from awlike.declare import (
    FromExposure,
    Input,
    Inputs,
    attribute,
    data_of,
    exposed,
    parameter,
    switch,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.fringe import FringeFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.sky.linear_wcs import trimmed_astrometry

if TYPE_CHECKING:
    from awlike.pixels.strips import Rows


class ReducedScienceFrame(ScienceFrame):
    """A science frame, ADU: overscan, bias and dark current subtracted, divided by the flat, free of fringes.

    Dark, fringes, linearity and illumination are corrected where the calibration exists. A process parameter switches each
    correction off. Bad pixels have weight 0; where no amplifier reads the detector, as between cells, the frame is NaN.
    """

    raw = Input(RawScienceFrame, 'the raw frame')
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    flat = Input(FlatFrame, 'master flat that it is divided by', switch='FLAT_FIELD')
    hot = Input(HotPixelMap, 'hot pixels', switch='HOT_PIXELS')
    cold = Input(ColdPixelMap, 'cold pixels', switch=('COLD_PIXELS', 'FLAT_FIELD'))
    weight = Input(WeightFrame, 'weight of its pixels')
    dark = Input(DarkFrame, 'dark current that is subtracted, where there are darks', optional=True,
                 switch='DARK_CORRECTION')
    fringe = Input(FringeFrame, 'fringes that are subtracted, where a pattern was made', existing=True,
                   switch='FRINGE_CORRECTION')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True,
                 switch='LINEARITY_CORRECTION')
    illumination = Input(IlluminationCorrectionFrame, 'illumination that it is divided by, where one was measured',
                         optional=True, switch='ILLUMINATION_CORRECTION')
    crosstalk_frames = Input(RawScienceFrame, 'other chips of the exposure, of which it has ghosts', of_chips='CHIP_CROSSTALK')
    fringe_scale = attribute(float, 'how much of the fringe frame was subtracted', unit='adu')
    rotator = attribute(float, 'angle of the rotator at the start', unit='deg')

    class Parameters(FromExposure):
        FRINGE_THRESHOLD_HIGH: float = parameter(3.0, 'pixels further above the sky do not scale the fringe frame',
                                                unit='sigma', gt=0)
        FRINGE_THRESHOLD_LOW: float = parameter(3.0, 'pixels further below the sky do not scale the fringe frame',
                                               unit='sigma', gt=0)
        BIAS_CORRECTION: bool = switch('the bias is subtracted')
        DARK_CORRECTION: bool = switch('the dark current is subtracted')
        LINEARITY_CORRECTION: bool = switch('the counts are made linear')
        FLAT_FIELD: bool = switch('the frame is divided by the flat, and cold pixels have no weight')
        FRINGE_CORRECTION: bool = switch('fringes are subtracted')
        ILLUMINATION_CORRECTION: bool = switch('the frame is divided by the illumination correction')
        HOT_PIXELS: bool = switch('hot pixels have no weight')
        COLD_PIXELS: bool = switch('cold pixels have no weight')

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.amplifiers import unread_pixels
        from awlike.pixels.fringe import fringe_scale
        from awlike.pixels.reduced import reduce_image
        raw, fringe, good, scale = inputs.raw, data_of(inputs.fringe), inputs.weight.data > 0, None
        reduced = functools.partial(reduce_image, *_counts(inputs, params), data_of(inputs.flat), dark=data_of(inputs.dark),
                                    dark_scale=raw.EXPTIME)
        if fringe is not None:
            scale = fringe_scale(reduced(), fringe, good, params.FRINGE_THRESHOLD_LOW, params.FRINGE_THRESHOLD_HIGH)
        image = reduced(fringe=fringe, fringe_scale=scale or 0.0, illumination=data_of(inputs.illumination))
        unread = unread_pixels(raw.geometry)
        if unread is not None:
            image[unread] = np.nan
        return {'data': image, 'good': good, 'fringe_scale': scale, 'EXPTIME': raw.EXPTIME, 'OBJECT': raw.OBJECT,
                'AIRMASS': raw.AIRMASS, 'rotator': raw.rotator, 'astrom': trimmed_astrometry(raw.astrom, raw.geometry)}


def _counts(inputs: Inputs, params: FromExposure) -> 'tuple[Rows | np.ndarray, np.ndarray | None]':
    """Return the counts of the exposure, and the bias that is still in them: none where they were made linear."""
    counts, gain, bias = exposed(inputs, params), inputs.gain, data_of(inputs.bias)
    if gain is None or not gain.coefficients:
        return counts, bias
    from awlike.pixels.gain import linearised
    return linearised(counts if bias is None else counts - bias, gain.coefficients), None
