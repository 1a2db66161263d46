"""ReducedScienceFrame: a science frame without the marks of the instrument."""

import functools

import numpy as np

from awlike.declare import (
    FromExposure,
    Input,
    Inputs,
    ProcessingError,
    attribute,
    data_of,
    exposed,
    gain_of,
    is_absolute,
    light_of_stars,
    made_linear,
    parameter,
    response,
    switch,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.fringe import FringeFrame
from awlike.frames.gain import GainLinearity, RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.persistency import ChargeParameters
from awlike.frames.photometric_flat import PhotometricFlat
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.frames.tech_data import TechDataInput
from awlike.frames.weight import WeightFrame, bad_pixel_boxes
from awlike.pixels.strips import Rows
from awlike.sky.linear_wcs import trimmed_astrometry


class ReducedScienceFrame(ScienceFrame):
    """A science frame, ADU: overscan, bias and dark current subtracted, divided by the flat, free of fringes.

    Crosstalk, dark, fringes, linearity and illumination are corrected where the calibration exists. A process parameter
    switches each correction off. Bad pixels have weight 0; where no amplifier reads the detector, as between cells, the frame
    is NaN. The process parameters GAIN_CORRECTION and EXPTIME_NORMALISATION bring it to electrons, and to one second; `GAIN`
    and `unit` say so.
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
    photometric_flat = Input(PhotometricFlat, 'photometric flat that it is divided by, where one was imported', existing=True,
                             switch='PHOTOMETRIC_FLAT')
    crosstalk_frames = Input(RawScienceFrame, 'other chips of the exposure, of which it has ghosts', of_chips='CHIP_CROSSTALK')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    fringe_scale = attribute(float, 'how much of the fringe frame was subtracted', unit='adu')
    rotator = attribute(float, 'angle of the rotator at the start', unit='deg')
    GAIN = attribute(float, 'electrons per unit of the image, where it is not in counts: 1 for electrons', unit='electron/adu')

    class Parameters(FromExposure, ChargeParameters):
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
        PHOTOMETRIC_FLAT: bool = switch('the frame is divided by the photometric flat')
        HOT_PIXELS: bool = switch('hot pixels have no weight')
        COLD_PIXELS: bool = switch('cold pixels have no weight')
        BAD_PIXELS: dict[str, list[list[float]]] = bad_pixel_boxes()
        CELLS: str = parameter('', 'the amplifiers whose pixels the frame has, with blanks between, as xy00 xy12; empty: all',
                               later=True)
        CELL_EDGE: int = parameter(0, 'so many pixels at each edge of what an amplifier reads have no value', unit='pix',
                                   later=True, ge=0)
        EXPTIME_NORMALISATION: bool = parameter(False, 'the image is that of one second', later=True)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.amplifiers import unread_pixels
        from awlike.pixels.fringe import fringe_scale
        from awlike.pixels.reduced import reduce_image
        raw, fringe, good, scale = inputs.raw, data_of(inputs.fringe), inputs.weight.data > 0, None
        reduced = functools.partial(reduce_image, *_counts(inputs, params), _response(inputs, params),
                                    dark=data_of(inputs.dark), dark_scale=raw.EXPTIME)
        if fringe is not None:
            scale = fringe_scale(reduced(), fringe, good, params.FRINGE_THRESHOLD_LOW, params.FRINGE_THRESHOLD_HIGH)
        image = reduced(fringe=fringe, fringe_scale=scale or 0.0, illumination=light_of_stars(inputs))
        unread = unread_pixels(raw.geometry, params.CELL_EDGE, params.CELLS.split())
        if unread is not None:
            image[unread] = np.nan
        return {'data': image, 'good': good, 'fringe_scale': scale, 'OBJECT': raw.OBJECT, 'AIRMASS': raw.AIRMASS,
                'EXPTIME': 1.0 if params.EXPTIME_NORMALISATION else raw.EXPTIME, 'GAIN': _gain(inputs, params),
                'rotator': raw.rotator, 'astrom': trimmed_astrometry(raw.astrom, raw.geometry)}

    @property
    def unit(self) -> str:
        """The unit of the image, by GAIN_CORRECTION and EXPTIME_NORMALISATION."""
        params = self.process_params
        unit = 'electron' if params is not None and is_absolute(self, params) else type(self).UNIT
        return f'{unit}/s' if params is not None and params.EXPTIME_NORMALISATION else unit


def _counts(inputs: Inputs, params: FromExposure) -> tuple[Rows | np.ndarray, np.ndarray | None]:
    """Return the counts of the exposure, and the bias that is still in them: none where they were made linear."""
    counts, gain, bias = exposed(inputs, params), inputs.gain, data_of(inputs.bias)
    if gain is None or not (gain.coefficients or gain.amplifiers):
        return counts, bias
    return made_linear(counts if bias is None else counts - bias, gain, inputs.raw.geometry), None


def _response(inputs: Inputs, params: ReducedScienceFrame.Parameters) -> Rows | np.ndarray | None:
    """Return what counts are divided by: the flat, over the gain of electrons, times the seconds that become one."""
    divisor, seconds = response(inputs.raw, inputs, params), _seconds(inputs, params)
    if seconds == 1.0:
        return divisor
    if divisor is None:
        return np.full(inputs.raw.geometry.shape, seconds, np.float32)
    return Rows(divisor.shape, lambda rows: divisor[rows] * np.float32(seconds))


def _seconds(inputs: Inputs, params: ReducedScienceFrame.Parameters) -> float:
    """Return the seconds by which the image is divided."""
    seconds = inputs.raw.EXPTIME
    if params.EXPTIME_NORMALISATION and not seconds > 0:
        raise ProcessingError(f'EXPTIME_NORMALISATION asks for the light of one second, but the exposure time is {seconds} s: '
                              'correct the exposure time of the raw frame, or switch EXPTIME_NORMALISATION off')
    return seconds if params.EXPTIME_NORMALISATION else 1.0


def _gain(inputs: Inputs, params: ReducedScienceFrame.Parameters) -> float | None:
    """Return the electrons of a unit of the image; None for counts, whose gain is that of `GainLinearity` or of the camera."""
    if not params.GAIN_CORRECTION and not params.EXPTIME_NORMALISATION:
        return None
    gain = gain_of(inputs, params)
    return None if gain is None else gain * _seconds(inputs, params)
