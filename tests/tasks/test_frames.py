"""Frames that a task is given: raw or science frames, as objects, names or a query."""

import pytest

from awlike.context import context
from awlike.errors import NotFound, ParameterError
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.chain import Chain
from awlike.tasks.task import Task
from tests.ingest.conftest import corrected  # noqa: F401
from tests.planning.test_meaning import TwiceTheLevel


class OfAnyTask(Task):
    """For tests: of raw science frames, and of science frames."""

    target = TwiceTheLevel

    def requests(self):
        from awlike.frames.science import ScienceFrame
        return self.one_for_each(self.raw_frames(RawScienceFrame, ScienceFrame))


def asked(task):
    return [request.of for request in task.requests()]


@pytest.mark.parametrize('given', [
    lambda raws: list(raws), lambda raws: [raw.filename for raw in raws], lambda raws: RawScienceFrame.object_id.in_(
        [raw.object_id for raw in raws]), lambda raws: [raws[0], raws[1].filename, raws[0]]])
def test_objects_names_and_queries_say_the_same(night, given):
    raws = list(RawScienceFrame.select_all()[:2])
    assert asked(ReduceTask(frames=given(raws))) == raws
    assert asked(ReduceTask('OMEGACAM', frames=given(raws), chip=raws[0].chip.name))


def test_one_frame_needs_no_list(night):
    raw = RawScienceFrame.select_all()[0]
    assert asked(ReduceTask(frames=raw)) == asked(ReduceTask(frames=raw.filename)) == [raw]


def test_a_science_frame_is_taken_when_it_is_given_and_imported_ones_always(reduced, corrected):  # noqa: F811
    frame = ReducedScienceFrame.select_all()[0]
    assert asked(OfAnyTask(frames=[frame])) == [frame]
    imported, = ingest(corrected()).ingested
    assert asked(OfAnyTask('SDSS')) == asked(OfAnyTask(frames=[imported])) == [imported]
    raws = asked(OfAnyTask('OMEGACAM'))
    assert raws and all(isinstance(raw, RawScienceFrame) for raw in raws), 'what was made here follows from raw frames'


@pytest.mark.parametrize(['given', 'error', 'text'], [
    (lambda: [], ParameterError, 'frames is empty'), (lambda: [3], ParameterError, '3 is no committed frame'),
    (lambda: ['nothing.fits'], NotFound, 'no frame that you may see is called .nothing.fits'),
    (lambda: RawScienceFrame(), ParameterError, 'no committed frame')])
def test_what_is_no_frame_is_refused(night, given, error, text):
    with pytest.raises(error, match=text):
        ReduceTask(frames=given())


def test_a_frame_of_another_kind_or_an_invalid_one_is_named(night):
    bias, raw = RawBiasFrame.select_all()[0], RawScienceFrame.select_all()[0]
    with pytest.raises(NotFound, match=f'1 of 2 frames given are no valid RawScienceFrame .*{bias.filename}'):
        ReduceTask(frames=[raw, bias]).plan()
    context.update_is_valid(raw, 0)
    with pytest.raises(NotFound, match=raw.filename):
        ReduceTask(frames=[raw]).plan()


def test_a_task_is_of_one_camera(night, corrected):  # noqa: F811
    imported, = ingest(corrected()).ingested
    with pytest.raises(ParameterError, match='frames are of the cameras OMEGACAM and SDSS'):
        ReduceTask(frames=[RawScienceFrame.select_all()[0], imported])
    with pytest.raises(ParameterError, match='OMEGACAM and SDSS'):
        ReduceTask('OMEGACAM', frames=[imported])
    with pytest.raises(ParameterError, match='needs the name of the camera'):
        ReduceTask()


def test_a_chain_gives_frames_to_its_last_step_alone(night):
    raw = RawScienceFrame.select_all()[0]
    first, last = Chain('Bias>Reduce', frames=[raw], commit=True).tasks
    assert (first.frames, first.instrument, last.frames) == (None, 'OMEGACAM', [raw])
