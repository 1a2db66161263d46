"""FringeFrame: the pattern that the lines of the night sky make in a thin detector."""

import numpy as np

from awlike.declare import (
    CalibrationFrame,
    Filter,
    FromLight,
    FromRawFrames,
    Input,
    Inputs,
    Panel,
    ProcessingError,
    Reference,
    choosing,
    flat_fielded,
    panels,
    parameter,
    positions,
    switch,
    usable_pixels,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.gain import GainLinearity, RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.tech_data import TechDataInput


class StackedParameters(FromRawFrames, FromLight):
    """Parameters of what is made from several science frames, each reduced for this purpose."""

    BIAS_CORRECTION: bool = switch('the bias is subtracted')
    DARK_CORRECTION: bool = switch('the dark current is subtracted')
    LINEARITY_CORRECTION: bool = switch('the counts are made linear')
    FLAT_FIELD: bool = switch('frames are divided by the flat, and cold pixels do not count')
    HOT_PIXELS: bool = switch('hot pixels do not count')
    COLD_PIXELS: bool = switch('cold pixels do not count')


class FringeFrame(CalibrationFrame):
    """The fringes, ADU per ADU of sky, median 0: clipped mean of dithered science frames, (frame - sky) / sky.

    Stars must lie elsewhere in each frame, and a frame with little sky has more noise than fringes: frames with nearly the
    pointing of another frame, and frames with little sky, are left out.
    """

    raw_science_frames = Input(RawScienceFrame, 'raw science frames whose sky is averaged', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    flat = Input(FlatFrame, 'master flat that they are divided by', switch='FLAT_FIELD')
    hot = Input(HotPixelMap, 'pixels that do not count', switch='HOT_PIXELS')
    cold = Input(ColdPixelMap, 'pixels that do not count', switch=('COLD_PIXELS', 'FLAT_FIELD'))
    dark = Input(DarkFrame, 'dark current that is subtracted, where there are darks', optional=True,
                 switch='DARK_CORRECTION')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True,
                 switch='LINEARITY_CORRECTION')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    filter = Reference(Filter, 'the filter')

    IMPORTABLE = True

    class Parameters(StackedParameters):
        MINIMUM_NUMBER: int = choosing(5, 'at least so many raw frames are needed', ge=3)
        MINIMUM_DITHER: float = parameter(10.0, 'a frame is shifted against each other one by at least', unit='pixel', ge=0)
        MINIMUM_SKY: float = parameter(0.3, 'a frame has at least this fraction of the sky of the brightest', ge=0, le=1)
        SIGMA_CLIP: float = parameter(3.0, 'values further from the median are left out', unit='sigma', gt=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.fringe import fringe_pattern
        good = usable_pixels(inputs.hot, inputs.cold)
        raws = dithered(inputs.raw_science_frames, params.MINIMUM_DITHER)
        frames = with_sky([flat_fielded(raw, inputs, params) for raw in raws], good, params.MINIMUM_SKY)
        if len(frames) < 3:
            raise ProcessingError(f'{len(frames)} of {len(inputs.raw_science_frames)} raw science frames are shifted by '
                                  f'{params.MINIMUM_DITHER:g} pixels against each other and have {params.MINIMUM_SKY:g} of the '
                                  'sky of the brightest, 3 are needed: select other raw frames, or change the parameters '
                                  'MINIMUM_DITHER or MINIMUM_SKY')
        return {'data': fringe_pattern(frames, [good] * len(frames), params.SIGMA_CLIP)}

    def panels(self) -> list[Panel]:
        image = self.data
        return [] if image is None else [panels.means(image, 'of the sky'), panels.histogram(image, 'of the sky')]


def dithered(raws: list, least: float) -> list:
    """Return the `raws` that are shifted by `least` pixels or more against all before them; all where astrometry lacks."""
    try:
        centres = [np.array(where(0.0, 0.0)) for where in positions(raws)]
    except ProcessingError:
        return list(raws)
    scale = np.sqrt(abs(np.linalg.det([[raws[0].astrom[f'CD{row}_{column}'] for column in '12'] for row in '12'])))
    kept = []
    for number, centre in enumerate(centres):
        if all(np.hypot(*(centre - centres[other])) >= least * scale for other in kept):
            kept.append(number)
    return [raws[number] for number in kept]


def with_sky(frames: list, good: np.ndarray | None, fraction: float) -> list:
    """Return the `frames` whose median is at least this fraction of the largest median."""
    from awlike.pixels.order import Ordered
    skies = [Ordered(frame, good).median() for frame in frames]
    return [frame for frame, sky in zip(frames, skies, strict=True) if sky >= fraction * max(skies)]
