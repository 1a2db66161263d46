"""BackgroundModel: level and noise of the sky in a science frame."""

from typing import TYPE_CHECKING

from awlike.declare import (
    Filter,
    Input,
    Inputs,
    Panel,
    Plane,
    ProcessParameters,
    ProcessTarget,
    Reference,
    attribute,
    panels,
    parameter,
    usable,
)
from awlike.frames.gain import GainLinearity
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame

if TYPE_CHECKING:
    import numpy as np


class BackgroundModel(ProcessTarget):
    """Level and noise of the sky, ADU, in a mesh of cells beside the bright sources; and the gain.

    Between the cells both follow bicubic splines: ``background.image()`` is the level of each pixel.
    """

    frame = Input(ScienceFrame, 'the science frame')
    weight = Input(WeightFrame, 'its weight: pixels without weight do not count', optional=True)
    gain_linearity = Input(GainLinearity, 'the gain, where it was measured', existing=True)
    filter = Reference(Filter, 'the filter')
    UNIT = 'adu'
    level = Plane('level of the sky in each cell', unit='adu')
    noise = Plane('noise of the sky in a pixel of each cell', unit='adu')
    frame_shape = attribute(list, 'rows and columns of the frame')
    sky_level = attribute(float, 'median of the level', unit='adu')
    sky_noise = attribute(float, 'median of the noise of a pixel', unit='adu')
    gain = attribute(float, 'electrons per ADU, as measured, or declared by the frame, or else by the parameter',
                     unit='electron/adu')

    class Parameters(ProcessParameters):
        MESH_SIZE: int = parameter(64, 'side of a cell', unit='pix', ge=8)
        FILTER_SIZE: int = parameter(3, 'side of the median filter of the mesh, in cells, odd', ge=1, le=21)
        SOURCE_THRESHOLD: float = parameter(4.6, 'sources as significant as this do not count', unit='sigma', gt=0)
        GAIN: float = parameter(1.0, 'electrons per ADU, where neither a GainLinearity nor the frame tells',
                                unit='electron/adu', gt=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.pixels.background import measure_background
        from awlike.pixels.first_pass import GUESS, detections
        image, good = inputs.frame.data, usable(inputs.frame, inputs.weight)
        mesh = params.MESH_SIZE, params.FILTER_SIZE + 1 - params.FILTER_SIZE % 2
        sky = measure_background(image, good, *mesh)
        sources = detections(sky.subtracted(image), sky.variance_image(), GUESS, params.SOURCE_THRESHOLD, good)
        sky = measure_background(image, good & (sources.labels == 0), *mesh)
        return {'level': sky.level, 'noise': sky.noise, 'frame_shape': list(sky.shape),
                'sky_level': float(np.median(sky.level)), 'sky_noise': float(np.median(sky.noise)),
                'gain': _gain(inputs, params)}

    def image(self) -> 'np.ndarray':
        """Return the level of the sky of each pixel, float32 [y, x], ADU."""
        from awlike.products.measurable import background_of
        return background_of(self).level_image()

    def panels(self) -> list[Panel]:
        return [panels.surface(self.level.data, f'level of the sky, median {self.sky_level:.5g} adu', 'adu', self.frame_shape),
                panels.surface(self.noise.data, f'noise of a pixel, median {self.sky_noise:.4g} adu', 'adu', self.frame_shape)]

    def shown(self) -> 'np.ndarray':
        return self.image()


def _gain(inputs: Inputs, params: BackgroundModel.Parameters) -> float:
    """Return the gain of a frame that was reduced to other units, else the measured gain, else what an imported frame declares.

    Where nobody tells it, it is the parameter GAIN.
    """
    declared = getattr(inputs.frame, 'GAIN', None)
    if declared is not None and hasattr(inputs.frame, 'fringe_scale'):  # awlike reduced it, to other units than counts
        return declared
    if inputs.gain_linearity is not None and inputs.gain_linearity.gain is not None:
        return inputs.gain_linearity.gain
    return params.GAIN if declared is None else declared
