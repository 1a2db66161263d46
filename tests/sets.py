"""Kinds of products of sets, for tests: a level of each frame, one solution for many, frames on a grid, their stack."""

import numpy as np

from awlike.declare import (
    Filter,
    FromMembers,
    Input,
    ProcessingError,
    ProcessParameters,
    ProcessTarget,
    Reference,
    ReferenceCatalogue,
    Task,
    attribute,
    choosing,
    parameter,
)
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame


class SetLevel(ProcessTarget):
    """For tests: the level of the sky of one frame."""

    frame = Input(ScienceFrame, 'the frame')
    filter = Reference(Filter, 'the filter')
    level = attribute(float, 'median', unit='adu')

    class Parameters(ProcessParameters):
        FAILS_ABOVE: float = parameter(1e9, 'no product of a frame with a higher level', unit='adu')
        ADDED: float = parameter(0.0, 'added to the level', unit='adu')

    @staticmethod
    def make(inputs, params):
        level = float(np.median(inputs.frame.data))
        if level > params.FAILS_ABOVE:
            raise ProcessingError(f'a level of {level:.3f} is too high')
        return {'level': level + params.ADDED}


class SetLevels(ProcessTarget):
    """For tests: the mean level of many frames, which solves them together."""

    levels = Input(SetLevel, 'their levels', many=True)
    reference = Input(ReferenceCatalogue, 'stars of known positions', optional=True)
    filter = Reference(Filter, 'the filter', optional=True)
    mean = attribute(float, 'mean level', unit='adu')

    class Parameters(FromMembers):
        REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue; that of the project, or by coverage, if empty')

    @staticmethod
    def make(inputs, params):
        return {'mean': float(np.mean([one.level for one in inputs.levels]))}


class SetOffset(ProcessTarget):
    """For tests: the level of a frame, beside that of its ensemble."""

    level = Input(SetLevel, 'its level')
    together = Input(SetLevels, 'that of all of its ensemble', of_ensemble=True)
    filter = Reference(Filter, 'the filter')
    offset = attribute(float, 'its level above that of the ensemble', unit='adu')

    @staticmethod
    def make(inputs, params):
        return {'offset': inputs.level.level - (inputs.together.mean if inputs.together else 0.0)}


class SetFrame(ScienceFrame):
    """For tests: a frame on a grid, its offset subtracted."""

    frame = Input(ScienceFrame, 'the frame')
    offset = Input(SetOffset, 'its offset')
    grid = attribute(str, 'the grid')

    @staticmethod
    def make(inputs, params):
        data = inputs.frame.data[:int(inputs.grid), :4] - np.float32(inputs.offset.offset)
        return {'data': data, 'EXPTIME': inputs.frame.EXPTIME}


class SetStack(ScienceFrame):
    """For tests: the mean of frames on one grid."""

    frames = Input(SetFrame, 'the frames', many=True)
    filter = Reference(Filter, 'the filter', optional=True)
    grid = attribute(str, 'the grid')

    class Parameters(FromMembers):
        ENSEMBLE: bool = choosing(True, 'the frames are solved together')

    @staticmethod
    def make(inputs, params):
        return {'data': np.mean([one.data for one in inputs.frames], axis=0, dtype='f8').astype('f4'),
                'EXPTIME': sum(one.EXPTIME for one in inputs.frames)}


class SetMeasured(ProcessTarget):
    """For tests: the level of a frame, or of a stack."""

    frame = Input(ScienceFrame, 'the frame')
    filter = Reference(Filter, 'the filter', optional=True)
    level = attribute(float, 'median', unit='adu')

    @staticmethod
    def make(inputs, params):
        return {'level': float(np.median(inputs.frame.data))}


class OfSetTask(Task):
    """For tests: one product of all that the arguments select."""

    def __init__(self, *args, grid=4, **options):
        super().__init__(*args, **options)
        self.grid = grid

    def requests(self):
        return self.one_for_all(self.raw_frames(RawScienceFrame, ScienceFrame), self.grid)


class SetStackTask(OfSetTask):
    """For tests: the stack of all."""

    target = SetStack


class SetLevelsTask(OfSetTask):
    """For tests: the levels of all."""

    target = SetLevels


class SetOffsetTask(Task):
    """For tests: the offset of each, all solved together."""

    target = SetOffset

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame), together=True)


class SetMeasureTask(Task):
    """For tests: the level of each frame or stack."""

    target = SetMeasured

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame))


def stack(**options):
    """The task to stack, committed."""
    return SetStackTask(**{'instrument': 'OMEGACAM', 'commit': True} | options)


def made(task):
    """Execute `task`; return its only product."""
    task.execute()
    product, = task.products
    return product
