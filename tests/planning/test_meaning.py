"""Products of any science frame: of a frame that is reduced on the way, of one that was imported, of one that is given."""

import dataclasses

import numpy as np
import pytest

from awlike.context import context
from awlike.errors import NoCalibration
from awlike.frames.bias import BiasFrame
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.ingest import ingest
from awlike.persist.dbobject import Input, Reference, attribute
from awlike.persist.references import Filter
from awlike.planning.meaning import kinds_of, meaning
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.product import ProcessTarget
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.task import Task
from tests.ingest.conftest import PIXELS


class SkyLevel(ProcessTarget):
    """For tests: the level of the sky of any science frame, where the frame has weight."""

    frame = Input(ScienceFrame, 'the frame')
    weight = Input(WeightFrame, 'its weight, where it has one', optional=True)
    saturated = Input(SaturatedPixelMap, 'its saturated pixels, where it has a map of them', optional=True)
    filter = Reference(Filter, 'the filter')
    level = attribute(float, 'median of the good pixels', unit='adu')

    @staticmethod
    def make(inputs, params):
        data, weight = inputs.frame.data, inputs.weight
        return {'level': float(np.median(data if weight is None else data[weight.data > 0]))}


class TwiceTheLevel(ProcessTarget):
    """For tests: a product of a product of any science frame."""

    sky = Input(SkyLevel, 'the level')
    frame = Input(ScienceFrame, 'the frame')
    filter = Reference(Filter, 'the filter')
    twice = attribute(float, 'two times the level', unit='adu')

    @staticmethod
    def make(inputs, params):
        return {'twice': 2 * inputs.sky.level}


class TwiceTheLevelTask(Task):
    """For tests: of the science frames given."""

    target = TwiceTheLevel
    frames = ()

    def requests(self):
        return self.one_for_each(self.frames)


def twice(*frames, instrument='OMEGACAM', commit=True):
    task = TwiceTheLevelTask(instrument, commit=commit)
    task.frames = frames
    return task


def planned(cls, frame):
    step, = Resolver(ParametersInForce(), commit=True).plan(cls, [of_frame(frame)]).targets
    return step


def test_of_a_raw_frame_everything_on_the_way_is_made(night):
    raw = next(step.request.raw for step in ReduceTask('OMEGACAM').plan().targets if step.error is None)
    task = twice(raw)
    assert {SkyLevel, ReducedScienceFrame, WeightFrame, BiasFrame} <= {step.cls for step in task.plan().to_make}, task.plan()
    assert 'ReducedScienceFrame' in str(task.plan())
    task.execute()
    product, = task.products
    assert product.frame.raw == raw and product.sky.frame == product.frame and product.sky.weight == product.frame.weight
    assert product.twice == 2 * product.sky.level
    assert not twice(raw).plan().to_make
    assert product.why() and product.sky.why()


def test_of_an_imported_frame_it_is_made_of_the_frame_itself(project, corrected):
    frame, = ingest(corrected()).ingested
    task = twice(frame, instrument='SDSS')
    assert [step.cls for step in task.plan().to_make] == [SkyLevel, TwiceTheLevel]
    task.execute()
    product, = task.products
    assert product.frame == frame == product.sky.frame and product.sky.weight is None
    assert product.sky.level == np.median(frame.data) and frame in product.ancestors()
    assert product.why() and not twice(frame, instrument='SDSS').plan().to_make


def test_of_a_reduced_frame_that_is_given_its_own_weight_serves(reduced):
    frame = ReducedScienceFrame.select_all()[0]
    task = twice(frame)
    assert [step.cls for step in task.plan().to_make] == [SkyLevel, TwiceTheLevel]
    task.execute()
    assert task.products[0].sky.weight == frame.weight
    assert task.products[0].sky.saturated == frame.weight.saturated is not None


def test_a_given_frame_that_is_invalid_serves_for_nothing(project, corrected):
    frame, = ingest(corrected()).ingested
    context.update_is_valid(frame, 0)
    step = planned(TwiceTheLevel, frame)
    assert isinstance(step.error, NoCalibration) and f'{frame} cannot be used: {frame} is invalid' in str(step.error)


def test_a_product_of_another_frame_of_the_same_instant_is_no_earlier_version(project, corrected):
    one, other = (ingest(corrected(f'{number}.fit', data=PIXELS + np.uint16(number))).ingested[0] for number in (1, 2))
    twice(one, instrument='SDSS').execute()
    assert planned(SkyLevel, one).reused
    assert str(planned(SkyLevel, other).why) == 'missing', 'and no better input'


@pytest.mark.parametrize(['cls', 'of', 'kinds'], [
    (ScienceFrame, RawScienceFrame, (ReducedScienceFrame,)), (ScienceFrame, ReducedScienceFrame, ()),
    (ReducedScienceFrame, RawScienceFrame, (ReducedScienceFrame,)), (ReducedScienceFrame, ImportedScienceFrame, ()),
    (SkyLevel, ImportedScienceFrame, (SkyLevel,)), (SkyLevel, RawScienceFrame, (SkyLevel,)),
    (TwiceTheLevel, ImportedScienceFrame, (TwiceTheLevel,)), (WeightFrame, ImportedScienceFrame, ())])
def test_the_kinds_that_are_made_of_a_frame(cls, of, kinds):
    assert kinds_of(cls, of) == kinds


def test_what_cannot_be_told_is_an_error(night):
    request = of_frame(RawScienceFrame.select_all()[0])
    error = meaning(ScienceFrame, dataclasses.replace(request, of=None), 'frame of X')
    assert 'frame of X can be any ScienceFrame, and none of its kinds is made of a set or an exposure' in str(error)
