"""TechData: gain and read noise of each amplifier of a detector."""

from typing import Any

from awlike.declare import (
    CalibrationFrame,
    FromRawFrames,
    FromRawPixels,
    Input,
    Inputs,
    attribute,
    change_of,
    choosing,
    counts,
    limit,
    made_linear,
    reach,
    switch,
)
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.gain import GainLinearity, pairs
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame


class TechData(CalibrationFrame):
    """Gain and read noise of each amplifier, from two dome flats of one exposure time and two biases, or more; or imported.

    Frames and flats are in electrons by its gains where their process parameter GAIN_CORRECTION is techdata.
    """

    raw_dome_flat_frames = Input(RawDomeFlatFrame, 'raw flats of one filter, pairs of one exposure time', many=True)
    raw_bias_frames = Input(RawBiasFrame, 'raw biases, compared in pairs', many=True)
    crosstalk_matrix = CrosstalkInput()
    ramp = Input(GainLinearity, 'makes the counts linear, where one was measured: else the gains are too large by three times '
                 'the nonlinearity at the level of the flats', existing=True, switch='LINEAR_FLATS')
    gains = attribute(dict, 'electrons per count of each amplifier, by name')
    read_noises = attribute(dict, 'read noise of each amplifier, by name [electron]')
    gain = attribute(float, 'their median', unit='electron/adu')
    read_noise = attribute(float, 'their median', unit='electron')

    IMPORTABLE = True

    class Parameters(FromRawFrames, FromRawPixels):
        MINIMUM_NUMBER: int = choosing(2, 'at least so many raw flats, and so many biases, are needed', ge=2)
        PLAN_NIGHTS: int = reach('plan', 30)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 90)
        LAST_RESORT_NIGHTS: int = reach('last resort', 365)
        LINEAR_FLATS: bool = switch('the flats are made linear')
        MINIMUM_GAIN: float = limit(0.01, 'the median of the gains is at least', unit='electron/adu')
        MAXIMUM_GAIN: float = limit(100.0, 'the median of the gains is at most', unit='electron/adu')
        MAXIMUM_READ_NOISE: float = limit(100.0, 'the median of the read noises is at most', unit='electron')
        MAXIMUM_GAIN_DIFFERENCE: float = limit(1.0, 'the median of the gains has changed since the one before by at most',
                                               unit='electron/adu')

    LIMITS = {'MINIMUM_GAIN': lambda made: made.gain, 'MAXIMUM_GAIN': lambda made: made.gain,
              'MAXIMUM_READ_NOISE': lambda made: made.read_noise}
    DIFFERENCES = {'MAXIMUM_GAIN_DIFFERENCE': change_of('MAXIMUM_GAIN')}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.pixels.tech_data import tech_data
        raws, biases = inputs.raw_dome_flat_frames, inputs.raw_bias_frames

        def image(raw: Any) -> Any:
            return made_linear(counts(raw, params, inputs.crosstalk_matrix), inputs.ramp, raws[0].geometry)

        found = tech_data([(image(first), image(second)) for first, second in pairs(raws)],
                          [(image(first), image(second)) for first, second in zip(biases[::2], biases[1::2], strict=False)],
                          raws[0].geometry)
        return {'gains': found.gains, 'read_noises': found.read_noises, 'gain': float(np.median(list(found.gains.values()))),
                'read_noise': float(np.median(list(found.read_noises.values())))}


class TechDataInput(Input[TechData | None]):
    """The gains that make electrons: each class whose light can be in electrons has it."""

    def __init__(self) -> None:
        super().__init__(TechData, 'the gains that make electrons, where they are asked for', existing=True,
                         asked_by={'GAIN_CORRECTION': ('techdata',)})
