"""DarkFrame: the charge that a detector collects in the dark."""

from awlike.declare import (
    CalibrationFrame,
    FromRawFrames,
    FromRawPixels,
    Input,
    Inputs,
    attribute,
    light,
    limit,
    parameter,
    reach,
    switch,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.raw import RawDarkFrame
from awlike.frames.read_noise import ReadNoise


class DarkFrame(CalibrationFrame):
    """A master dark, ADU/s: clipped mean of raw darks, bias subtracted, each over its exposure time."""

    raw_dark_frames = Input(RawDarkFrame, 'raw darks that are averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    read_noise = Input(ReadNoise, 'unit of the clipping, together with the noise of the charge')
    crosstalk_matrix = CrosstalkInput()
    frame_noise = attribute(float, 'read noise of one exposure, to which the charge of hot pixels is compared', unit='adu')
    level_spread = attribute(float, 'how far the levels of its raw darks are apart, beyond their dark current', unit='adu')

    IMPORTABLE = True
    UNIT = 'adu/s'

    class Parameters(FromRawFrames, FromRawPixels):
        PLAN_NIGHTS: int = reach('plan', 7)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 30)
        LAST_RESORT_NIGHTS: int = reach('last resort', 365)
        SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='sigma', gt=0)
        BIAS_CORRECTION: bool = switch('the bias is subtracted')
        MAXIMUM_LEVEL_SPREAD: float = limit(2.0, 'the levels of its raw darks are at most so far apart: those of a light '
                                            'leak are further', unit='read noise')

    LIMITS = {'MAXIMUM_LEVEL_SPREAD': lambda dark: _spread(dark)}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.dark import combine_darks, level_spread
        raws = inputs.raw_dark_frames
        frames = [light(raw, inputs.bias, params, crosstalk=inputs.crosstalk_matrix) for raw in raws]
        times, noise = [raw.EXPTIME for raw in raws], inputs.read_noise.read_noise
        return {'data': combine_darks(frames, times, noise, params.SIGMA_CLIP), 'frame_noise': noise,
                'level_spread': level_spread(frames, times)}


def _spread(dark: DarkFrame) -> float | None:
    """Return how far the levels of the raw darks are apart, in read noises.

    None for an imported dark, whose raw darks are elsewhere, and for one made before this was measured.
    """
    return None if dark.level_spread is None else dark.level_spread / dark.frame_noise
