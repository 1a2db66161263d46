"""Steps one after the other."""

import pytest

from awlike import Chain
from awlike.context import context
from awlike.errors import ParameterError, ProcessingError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.reduced import ReduceTask

STEPS = 'Bias>Flat>Reduce'
NIGHT = {'instrument': 'OMEGACAM', 'date': '2012-05-31', 'filter': 'r_SDSS'}


def test_steps_are_done_in_order_and_each_finds_what_was_made_before(night):
    chain = Chain(STEPS, **NIGHT, commit=True)
    chain.execute()
    kinds = [type(product) for product in chain.made]
    assert len(kinds) == 32 == len(set(chain.made))
    assert kinds.index(BiasFrame) < kinds.index(FlatFrame) < kinds.index(ReducedScienceFrame)
    assert set(chain.products) == set(ReducedScienceFrame.select_all()) and len(chain.products) == 5
    assert not ReduceTask('OMEGACAM').plan().to_make


def test_a_chain_comes_to_the_same_as_its_last_step(night):
    Chain(STEPS, **NIGHT, commit=True).execute()
    task = ReduceTask('OMEGACAM', rebuild='all')
    task.execute()
    assert {red.digest for red in task.made} == {red.digest for red in ReducedScienceFrame.select_all()}


def test_a_second_time_nothing_is_made(reduced):
    chain = Chain(STEPS, **NIGHT, commit=True)
    chain.execute()
    assert chain.made == [] and len(chain.products) == 5


def test_before_it_is_done_it_has_a_plan_for_each_step(night):
    plans = Chain(STEPS, **NIGHT).plan()
    assert [plan.targets[0].cls for plan in plans] == [BiasFrame, FlatFrame, ReducedScienceFrame]
    assert [plan.title for plan in plans] == ['BiasTask', 'FlatTask', 'ReduceTask']


def test_what_selects_science_frames_is_given_to_the_last_step_alone(night):
    name = RawScienceFrame.select_all()[0].filename
    plans = Chain(STEPS, instrument='OMEGACAM', date='2012-05-31', raw_filenames=name, template='2012-06-01T08:51:44',
                  object='*').plan()
    assert [len(plan.targets) for plan in plans] == [1, 2, 1] and not any(plan.failed for plan in plans)


@pytest.mark.slow
def test_chip_filter_and_parameters_are_given_to_all(night):
    chain = Chain(STEPS, **NIGHT, chip='ESO_CCD_#65', commit=True,
                  pars={'BiasFrame.SIGMA_CLIP': 2.5, 'FlatFrame.MEDIAN_FILTER_SIZE': 16})
    chain.execute()
    assert BiasFrame.select_all().one().process_params.SIGMA_CLIP == 2.5
    assert FlatFrame.select_all().one().process_params.MEDIAN_FILTER_SIZE == 16
    assert [len(plan.targets) for plan in Chain(STEPS, **NIGHT, chip='ESO_CCD_#66').plan()] == [0, 0, 0]


def test_what_fails_is_told_at_the_end_and_the_other_steps_are_done(night):
    for raw in list(RawBiasFrame.select_all())[2:]:
        context.update_is_valid(raw, 0)
    chain = Chain('Bias>SaturatedPixels>Reduce', **NIGHT, commit=True)
    with pytest.raises(ProcessingError) as told:
        chain.execute()
    for words in ('BiasTask: 1 of 1 target could', 'ReduceTask: 5 of 5 targets'):
        assert words in str(told.value)
    assert len(chain.made) == 5, 'the maps of saturated pixels'


@pytest.mark.parametrize(('steps', 'error', 'words'), [
    ('Bias>>Reduce', ParameterError, 'name steps with > between them, as Bias>Flat>Reduce'), ('', ParameterError, 'name steps'),
    ('Bias>', ParameterError, 'name steps'), ('Bias>Flt', UnknownAttribute, 'did you mean .*Flat')])
def test_wrong_steps_are_refused_at_once(home, steps, error, words):
    with pytest.raises(error, match=words):
        Chain(steps, instrument='OMEGACAM')


def test_one_step_is_a_chain_too(night):
    assert len(Chain('ReduceTask', instrument='OMEGACAM').plan()[0].targets) == 5


def test_steps_that_commit_nothing_hand_nothing_on_and_say_so(night):
    with pytest.raises(ParameterError, match='steps hand on what they commit: say commit=True, or run Reduce alone'):
        Chain(STEPS, **NIGHT).execute()
