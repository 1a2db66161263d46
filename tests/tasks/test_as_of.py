"""Choosing, planning and explaining in the world as of a date."""

import pytest

from awlike.context import context
from awlike.errors import NotAllowed
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from tests.conftest import become
from tests.planning.test_reasons import replace_bias
from tests.tasks.conftest import classes_of, kept


@pytest.fixture
def replaced(reduced):
    """The instant when all was reduced; after which another bias came, and everything was reduced again."""
    moment = ReducedScienceFrame.select_all().max('creation_date').creation_date
    replace_bias()
    ReduceTask('OMEGACAM', commit=True).execute()
    return moment


def test_the_calibration_of_that_date_is_chosen(replaced):
    first, second = BiasFrame.select_all().order_by('creation_date')
    for moment, bias in ((None, second), (replaced, first)):
        context.as_of(moment)
        plan = ReduceTask('OMEGACAM').plan()
        assert not plan.to_make and {step.existing for step in plan.steps if step.cls is BiasFrame} == {bias}


def test_what_was_judged_later_still_counted(replaced):
    bad = BiasFrame.select_all().min('creation_date')
    context.update_is_valid(bad, 0)
    context.as_of(replaced)
    assert not ReduceTask('OMEGACAM').plan().to_make and BiasFrame.select_all().one().why().holds


def test_what_was_bad_then_did_not_count(reduced):
    bad = RawBiasFrame.select_all()[0]
    context.update_is_valid(bad, 0)
    context.update_is_valid(bad, 1)
    judged, absolved = (change.date for change in context.history(bad))
    assert not ReduceTask('OMEGACAM').plan().to_make
    context.as_of(judged)
    plan = ReduceTask('OMEGACAM').plan()
    assert {step.reason for step in plan.to_make} == {'invalid ancestor'}
    assert f'{bad} is invalid, set by ada on {judged:%Y-%m-%d %H:%M:%S}' in str(plan)
    assert not ReducedScienceFrame.select_all()[0].why()
    context.as_of(absolved)
    assert not ReduceTask('OMEGACAM').plan().to_make and ReducedScienceFrame.select_all()[0].why()


def test_a_judgement_of_a_later_date_is_not_told(reduced, monkeypatch):
    bad = RawBiasFrame.select_all()[0]
    context.update_is_valid(bad, 0)
    first = context.history(bad)[0].date
    context.update_is_valid(bad, 1)
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    context.update_is_valid(RawBiasFrame.get(bad.object_id), 0)
    context.as_of(first)
    assert 'set by ada' in str(ReducedScienceFrame.select_all()[0].why())


def test_timestamps_of_that_date_decide(replaced):
    first, second = BiasFrame.select_all().order_by('creation_date')
    before = ReducedScienceFrame.select_all().max('creation_date').creation_date
    context.update_timestamps(second, end=second.timestamp_start + (second.timestamp_end - second.timestamp_start) / 1000)
    for moment, bias in ((None, first), (before, second)):
        context.as_of(moment)
        assert ReduceTask('OMEGACAM').plan().targets[0].existing.bias == bias


def test_an_old_result_is_repeated_in_memory(replaced):
    context.as_of(replaced)
    old = {red.raw: red.digest for red in ReducedScienceFrame.select_all()}
    task = ReduceTask('OMEGACAM', rebuild='all')
    task.execute()
    assert {red.raw: red.digest for red in task.made} == old and classes_of(task.made) == ['ReducedScienceFrame']


def test_nothing_is_committed_meanwhile(reduced):
    context.as_of(ReducedScienceFrame.select_all()[0].creation_date)
    before = kept()
    for verb in ('plan', 'execute'):
        with pytest.raises(NotAllowed, match='you see the world as of'):
            getattr(BiasTask('OMEGACAM', commit=True, rebuild='all'), verb)()
    assert kept() == before
