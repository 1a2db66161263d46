"""The plan: read before anything is done, and an order in which it can be done."""

from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.recipes.reduce import ReduceTask
from awlike.tasks.plan import Plan
from tests import paper
from tests.tasks.conftest import counted, kept


def test_plan_changes_nothing(night):
    before = kept()
    plan = ReduceTask('OMEGACAM', commit=True).plan()
    assert len(plan.to_make) == 27 and kept() == before


def test_plan_writes_nothing_into_the_database(night):
    with counted() as statements:
        ReduceTask('OMEGACAM', commit=True).plan()
    assert {statement.split()[0] for statement in statements} <= {'SELECT', 'WITH'}


def test_everything_is_missing_at_first(night):
    plan = ReduceTask('OMEGACAM').plan()
    assert {step.reason for step in plan.to_make} == {'missing'}
    assert not plan.to_reuse and not plan.failed and plan.targets == [s for s in plan.steps if s.cls is ReducedScienceFrame]


def test_inputs_stand_before_what_is_made_from_them(night):
    steps = ReduceTask('OMEGACAM').plan().steps
    place = {id(step): number for number, step in enumerate(steps)}
    assert len(place) == len(steps) == 27
    assert all(place[id(earlier)] < place[id(step)] for step in steps for earlier in step.before())


def test_plan_tells_what_it_makes_and_reuses(night):
    assert str(ReduceTask('OMEGACAM').plan()).startswith('ReduceTask: 5 targets; 27 to make, 0 to reuse\n')
    HotPixelsTask('OMEGACAM', commit=True).execute()
    text = str(ReduceTask('OMEGACAM').plan())
    assert '24 to make, 2 to reuse\nReducedScienceFrame: make 5  [missing]' in text
    assert 'bias: BiasFrame: reuse 1' in text and 'hot: HotPixelMap: reuse 1' in text


def test_plan_of_what_exists_makes_nothing(reduced):
    plan = ReduceTask('OMEGACAM').plan()
    assert not plan.to_make and len(plan.targets) == len(set(plan.targets)) == 5
    assert str(plan).startswith('ReduceTask: 5 targets; 0 to make, 24 to reuse\nReducedScienceFrame: reuse 5\n')
    assert {step.existing for step in plan.targets} == set(ReducedScienceFrame.select_all())


def test_plan_names_what_cannot_be_made(project):
    paper.raws(2, RawScienceFrame)
    plan = ReduceTask('OMEGACAM').plan()
    assert len(plan.failed) == 2 and not plan.to_make
    assert '2 targets cannot be made\nReducedScienceFrame: cannot make 2\n' in str(plan)
    assert 'ReducedScienceFrame needs bias' in str(plan)


def test_steps_tell_what_they_do(night):
    steps = ReduceTask('OMEGACAM', raw_filenames=(names := [RawScienceFrame.select_all()[0].filename])).plan().steps
    told = {step.cls: str(step) for step in steps}
    assert told[BiasFrame] == 'make BiasFrame OMEGACAM ESO_CCD_#65: missing'
    assert told[ReducedScienceFrame] == f'make ReducedScienceFrame {names[0]}: missing'


def test_plan_of_nothing_says_so():
    assert str(Plan([], 'ReduceTask')) == 'ReduceTask: nothing to do, no frames answer to what is asked for'
