"""CrosstalkMatrix: how much of what an amplifier reads the others that share its electronics read, too."""

from awlike.declare import (
    CalibrationFrame,
    FromRawFrames,
    FromRawPixels,
    Input,
    Inputs,
    attribute,
    choosing,
    limit,
    parameter,
    reach,
)
from awlike.frames.raw import RawScienceFrame


class CrosstalkMatrix(CalibrationFrame):
    """The crosstalk between amplifiers that share electronics, measured from saturated stars, or imported.

    Its inverse undoes the crosstalk of raw pixels, to any order. It serves where it exists, for all that is made from raw
    pixels.
    """

    raw_science_frames = Input(RawScienceFrame, 'raw frames with saturated stars', many=True)
    coefficients = attribute(dict, 'by amplifier with ghosts and amplifier that causes them, the part that is heard')
    errors = attribute(dict, 'likewise, one sigma; none where the coefficient is the mean of the group')
    largest = attribute(float, 'the largest coefficient, without its sign')
    largest_error = attribute(float, 'the largest error')

    IMPORTABLE = True

    class Parameters(FromRawFrames, FromRawPixels):
        MINIMUM_NUMBER: int = choosing(1, 'at least so many raw frames are needed', ge=1)
        PLAN_NIGHTS: int = reach('plan', 30)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 365)
        LAST_RESORT_NIGHTS: int = reach('last resort', 3650)
        BRIGHT: float = parameter(50000.0, 'from here on, above the level, a pixel tells the ghosts that it causes', unit='adu',
                                  gt=0)
        ELECTRONICS: dict[str, list[str]] = parameter({}, 'the amplifiers that share electronics, by the name of the group; if '
                                                 'empty, all of them do')
        MAXIMUM_COEFFICIENT: float = limit(0.01, 'a coefficient is at most, without its sign')
        MAXIMUM_ERROR: float = limit(1e-3, 'the error of a coefficient is at most')

    LIMITS = {'MAXIMUM_COEFFICIENT': lambda made: made.largest, 'MAXIMUM_ERROR': lambda made: made.largest_error or 0.0}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.crosstalk import measure_crosstalk
        from awlike.pixels.overscan import parts_as_read
        frames = [parts_as_read(raw.data, raw.geometry, params.OVERSCAN_CORRECTION, params.OVERSCAN_DEGREE)
                  for raw in inputs.raw_science_frames]
        names = {name: None for parts in frames for name in parts}
        found = measure_crosstalk(frames, list(params.ELECTRONICS.values()) or [list(names)], params.BRIGHT)
        return {'coefficients': found.coefficients, 'errors': found.errors, 'largest': _largest(found.coefficients),
                'largest_error': _largest(found.errors)}


class CrosstalkInput(Input[CrosstalkMatrix | None]):
    """The crosstalk that is undone, where it was measured: each class that is made from raw pixels has it."""

    def __init__(self) -> None:
        super().__init__(CrosstalkMatrix, 'undoes the crosstalk, where it was measured', existing=True,
                         switch='CROSSTALK_CORRECTION')


def _largest(table: dict[str, dict[str, float]]) -> float:
    """Return the largest value of a table, without its sign."""
    return max((abs(value) for its in table.values() for value in its.values()), default=0.0)
