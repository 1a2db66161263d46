"""Steps travel as plain values and are the same steps afterwards; the graph of their Dask tasks."""

import dataclasses
import datetime
import pickle
import subprocess
import sys
import uuid

import pytest

from awlike.dpu.job_order import JobOrder, versions
from awlike.dpu.packing import packed, packed_error, unpacked_all, unpacked_error
from awlike.dpu.task_graph import TaskGraph, _earlier
from awlike.errors import AwlikeError, NoCalibration
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.planning.outcome import Make
from awlike.planning.reasons import Reason
from awlike.planning.request import Request, of_frame
from awlike.planning.reuse import MissedLimits
from awlike.planning.step import Step
from awlike.recipes.reduced import ReduceTask
from tests import paper


@pytest.fixture
def steps(night):
    """The steps of a plan that changes a parameter and asks for all, inputs first, each with its packed form."""
    task = ReduceTask('OMEGACAM', pars={'BiasFrame.SIGMA_CLIP': 4.0}, commit=True, rebuild='all')
    to_make = task.plan().to_make
    numbers = {id(step): number for number, step in enumerate(to_make, 1)}
    return [(step, packed(step, numbers)) for step in to_make]


def told(step):
    return (step.cls, step.place, step.request, step.params, step.asked, step.set_by_user, step.without, str(step))


def test_steps_are_the_same_after_a_journey(steps):
    sent = pickle.loads(pickle.dumps([values for _, values in steps]))
    received = unpacked_all(sent, {})
    assert [told(step) for step in received.values()] == [told(step) for step, _ in steps]
    assert any(step.asked for step in received.values()) and any(step.set_by_user for step in received.values())
    assert [(step.request.EXPTIME, step.levels, step.lead) for step in received.values()] == \
        [(step.request.EXPTIME, step.levels, step.lead) for step, _ in steps]
    assert any(step.request.EXPTIME for step in received.values()) and any(step.levels for step in received.values())


def test_setup_temperature_and_what_to_avoid_travel_along(project):
    raw = paper.insert(paper.raw(setup={'READMODE': 'fast'}))
    request = dataclasses.replace(of_frame(raw), TEMPERATURE=-100.0, avoid=frozenset({(raw.object_id,)}))
    step = Step(SaturatedPixelMap, request, SaturatedPixelMap.Parameters())
    step.take({'raw': raw}, {})
    step.outcome = Make(Reason('missing'))
    received = unpacked_all(pickle.loads(pickle.dumps([packed(step, {id(step): 1})])), {})[1].request
    assert received == request and received.setup.values == {'READMODE': 'fast'} and received.EXPTIME == 300.0


def test_inputs_are_the_same_after_a_journey(steps):
    received = unpacked_all(pickle.loads(pickle.dumps([values for _, values in steps])), {})
    assert [[before.cls for before in step.before()] for step in received.values()] == \
        [[before.cls for before in step.before()] for step, _ in steps]


def test_the_products_of_one_raw_frame_go_together_and_calibrations_alone(steps):
    order = JobOrder(uuid.uuid4(), 1, 'ada', 'TEST', 2, 'Reduce', {}, {}, versions())
    groups = TaskGraph(None, order, 'Reduce', steps, None, None)._together()
    classes = [[steps[number - 1][0].cls.__name__ for number in group] for group in groups]
    together = [names for names in classes if len(names) > 1]
    assert len(together) == 5 and all(names[-1] == 'ReducedScienceFrame' for names in together)
    assert ['BiasFrame'] in classes and sorted(number for group in groups for number in group) == \
        list(range(1, len(steps) + 1))
    place = {number: position for position, group in enumerate(groups) for number in group}
    for number, (step, values) in enumerate(steps, 1):
        before = [value['number'] for value in values['inputs'].values() if isinstance(value, dict) and 'number' in value]
        assert all(place[earlier] <= place[number] for earlier in before), step


@pytest.mark.slow
def test_a_worker_knows_all_classes_before_it_unpacks_its_first_step():
    code = ('import awlike.dpu.work\nfrom awlike.query.properties import classes\n'
            'print(*(name for name, cls in classes.items() if cls.__module__.startswith("awlike.frames")))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert {'SaturatedPixelMap', 'FlatFrame', 'ReducedScienceFrame'} <= set(done.stdout.split())


def test_a_product_waits_for_the_earlier_ones_that_it_is_compared_with(night):
    raw = RawBiasFrame.select_all()[0]
    later, first = (Step(BiasFrame, Request(raw.instrument, raw.chip, None, raw.DATE_OBS + datetime.timedelta(days)),
                         BiasFrame.Parameters()) for days in (2, 0))
    assert list(_earlier([later, first])) == [(later, [first]), (first, [])]


def test_an_error_keeps_its_class_and_message():
    error = unpacked_error(packed_error(NoCalibration('none serves')))
    assert type(error) is NoCalibration and str(error) == 'none serves'
    error = unpacked_error(packed_error(MissedLimits('this.fits', 'this.fits missed its limits')))
    assert type(error) is MissedLimits and (error.name, str(error)) == ('this.fits', 'this.fits missed its limits')
    assert type(unpacked_error(packed_error(KeyError('x')))) is AwlikeError and unpacked_error(None) is None
