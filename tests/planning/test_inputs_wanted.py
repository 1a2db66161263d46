"""Inputs that a product can do without: those made where they can be, and those used only where they exist."""

import re

import pytest

from awlike.context import context
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.fringe import FringeFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.raw import RawDomeFlatFrame, RawScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.persist.dbobject import Input
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.recipes.gain import GainTask
from awlike.recipes.reduced import ReduceTask
from tests import paper
from tests.planning.test_reasons import set_code
from tests.tasks.conftest import counted


class Medley(CalibrationFrame):
    """For tests: a calibration that does not say of which kind its parts are."""

    parts = Input(Frame, 'anything', many=True)


def measure_gain():
    """The gain from the dome flats of the night, whose level does not change; its wide limits let it serve."""
    task = GainTask('OMEGACAM', commit=True)
    task.execute()
    return task.products[0]


def test_what_only_is_used_where_it_exists_is_optional():
    link = Input(GainLinearity, 'text', existing=True)
    assert link.optional and link.existing and not Input(DarkFrame, 'text', optional=True).existing


def test_of_what_cannot_be_there_nothing_is_said(night):
    plan = ReduceTask('OMEGACAM').plan()
    assert not {DarkFrame, FringeFrame, GainLinearity, IlluminationCorrectionFrame} & {step.cls for step in plan.steps}
    assert 'without' not in str(plan) and not any(step.without for step in plan.steps)


def test_what_is_there_for_the_sake_of_an_absent_input_is_absent_too(night):
    link = WeightFrame.inputs()['raw']
    assert link.beside == 'dark' and link.optional
    weights = [step for step in ReduceTask('OMEGACAM').plan().steps if step.cls is WeightFrame]
    assert weights and not any({'dark', 'raw'} & set(step.inputs) for step in weights)


@pytest.mark.slow
def test_what_exists_is_never_made_on_the_way(night):
    assert RawDomeFlatFrame.select_all().exists()
    ReduceTask('OMEGACAM', commit=True).execute()
    assert not GainLinearity.select_all().exists()


def test_what_comes_to_exist_makes_better_and_is_used(reduced):
    gain = measure_gain()
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    assert {step.reason for step in plan.targets} == {'better input'}
    assert 'gain' in plan.targets[0].detail + str(plan.targets[0])
    ReduceTask('OMEGACAM', commit=True).execute()
    latest = CosmicMap.raw == RawScienceFrame.select_all()[0]
    assert latest.max('creation_date').gain == gain


def test_the_latest_that_is_valid_is_used(reduced):
    first = measure_gain()
    task = GainTask('OMEGACAM', commit=True, rebuild='all')
    task.execute()
    second = task.products[0]
    assert second.object_id != first.object_id
    used = {step.found.object_id for step in ReduceTask('OMEGACAM').plan().steps if step.cls is GainLinearity}
    assert used == {second.object_id}
    context.update_is_valid(second, 0)
    used = {step.found.object_id for step in ReduceTask('OMEGACAM').plan().steps if step.cls is GainLinearity}
    assert used == {first.object_id}


def test_it_is_one_step_however_many_use_it(reduced):
    measure_gain()
    assert sum(step.cls is GainLinearity for step in ReduceTask('OMEGACAM').plan().steps) == 1


def test_it_takes_no_more_statements_for_more_frames(reduced):
    measure_gain()
    ReduceTask('OMEGACAM', commit=True).execute()
    names = [raw.filename for raw in RawScienceFrame.select_all()]
    with counted() as few:
        ReduceTask('OMEGACAM', raw_filenames=names[:1]).plan()
    with counted() as many:
        ReduceTask('OMEGACAM').plan()
    assert len(many) <= len(few)


def test_code_is_no_reason_to_do_without_what_is_not_made_on_the_way(reduced):
    gain = measure_gain()
    set_code(GainLinearity, 'other')
    plan = ReduceTask('OMEGACAM', rebuild='stale').plan()
    assert {step.found.object_id for step in plan.steps if step.cls is GainLinearity} == {gain.object_id}


@pytest.mark.parametrize(['pars', 'reason'], [({'GainLinearity.OVERSCAN_CORRECTION': 5}, 'OVERSCAN_CORRECTION 6 -> 5'),
                                              ({'BiasFrame.SIGMA_CLIP': 2.0}, 'better input|SIGMA_CLIP')])
def test_what_would_be_made_otherwise_is_not_used_and_the_plan_says_so(reduced, pars, reason):
    measure_gain()
    plan = ReduceTask('OMEGACAM', pars=pars).plan()
    assert not any('gain' in step.inputs for step in plan.steps)
    assert re.search(f'does not serve.*({reason}).*its own task', plan.targets[0].without['gain'])


def test_a_target_is_made_without_an_optional_input_that_fails_now_as_later(night):
    pars = {'DomeFlatFrame.MAXIMUM_SUBWIN_FLATNESS': 0.0}
    task = ReduceTask('OMEGACAM', pars=pars, commit=True)
    task.execute()
    assert len(task.products) == 5 and all(red.flat.dome_flat is None for red in task.products)
    plan = ReduceTask('OMEGACAM', pars=pars, commit=True).plan()
    assert not plan.to_make
    flat = next(step for step in plan.steps if step.cls is FlatFrame)
    assert 'MAXIMUM_SUBWIN_FLATNESS' in flat.without['dome_flat']


def test_an_input_that_can_be_any_frame_is_an_error_of_the_step_that_names_it(project):
    request = of_frame(paper.insert(paper.raw(RawScienceFrame))).for_class(Medley)
    step, = Resolver(ParametersInForce(), commit=False).resolve(Medley, [request])
    assert 'parts of Medley can be any Frame' in str(step.error)
