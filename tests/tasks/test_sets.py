"""Products of sets: many frames as one, from the plan to the file, and what becomes of members that fail."""

import random

import numpy as np
import pytest
from astropy.io import fits

from awlike.context import context
from awlike.errors import ParameterError, ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_set
from awlike.planning.resolve import Resolver
from awlike.store import server
from awlike.tracing.difference import diff
from awlike.tracing.impact import impact
from tests.sets import (
    SetFrame,
    SetLevel,
    SetLevels,
    SetLevelsTask,
    SetMeasured,
    SetMeasureTask,
    SetOffset,
    SetOffsetTask,
    SetStack,
    SetStackTask,
    made,
    stack,
)


@pytest.fixture(autouse=True)
def _reduced(reduced):
    """The reduced night."""


def raws():
    return list(RawScienceFrame.select_all().order_by('DATE_OBS'))


def levels():
    """The level of each raw frame, by name, in order."""
    task = SetLevelsTask('OMEGACAM', commit=True)
    task.execute()
    return sorted((one.level, one.frame.raw) for one in SetLevel.select_all())


def test_a_stack_of_raw_frames_makes_all_on_the_way_and_then_nothing():
    plan = stack().plan()
    number = len(raws())
    assert number > 3 and {step.cls for step in plan.to_make} == {SetLevel, SetLevels, SetOffset, SetFrame, SetStack}
    assert [sum(step.cls is cls for step in plan.to_make) for cls in (SetLevel, SetLevels, SetFrame, SetStack)] == \
        [number, 1, number, 1]
    one = made(stack())
    assert len(one.frames) == number and one.chip is None and one.setup == raws()[0].setup
    assert one.filter == raws()[0].filter and one.instrument.name == 'OMEGACAM' and one.grid == '4'
    assert [frame.DATE_OBS for frame in one.frames] == sorted(raw.DATE_OBS for raw in raws())
    assert one.data.shape == (4, 4) and one.filename.startswith('SetStack_OMEGACAM_r_SDSS_2012-06-01T')
    assert set(raws()) <= set(one.ancestors()) and one.frames[0].offset.together in one.ancestors()
    assert not stack().plan().to_make and 'reuse 1' in str(stack().plan())
    assert one.why().holds and one.reproduce().identical
    assert one.frames[0].why().holds and one.frames[0].reproduce().identical
    assert one.frames[0].offset.why().holds and one.frames[0].offset.together.why().holds
    one.info()


def test_the_ensemble_is_exactly_the_members_and_can_be_switched_off():
    one = made(stack())
    together, = {frame.offset.together for frame in one.frames}
    assert {level.frame.raw for level in together.levels} == set(raws())
    alone = made(stack(pars={'SetStack.ENSEMBLE': False}))
    assert {frame.offset.together for frame in alone.frames} == {None} and alone != one
    assert {frame.offset.level for frame in alone.frames} == {frame.offset.level for frame in one.frames}
    few = raws()[:2]
    part = made(stack(frames=few))
    assert {frame.offset.together for frame in part.frames}.isdisjoint([together]) and len(part.frames) == 2
    assert part.frames[0].why().holds


def test_a_task_can_ask_for_products_of_each_frame_with_one_ensemble():
    task = SetOffsetTask('OMEGACAM', commit=True)
    task.execute()
    assert len({one.together for one in task.products}) == 1 and len(task.products) == len(raws())
    assert SetOffset not in {step.cls for step in stack().plan().to_make}
    assert all(one.why().holds for one in task.products)


def test_the_same_set_in_another_order_is_the_same_product():
    one, frames = made(stack()), raws()
    random.Random(1).shuffle(frames)
    assert of_set(frames) == of_set(raws()) and hash(of_set(frames)) == hash(of_set(raws()))
    assert of_set([*frames, frames[0]]) == of_set(raws()), 'each member once'
    assert made(stack(frames=frames)) == one


def test_a_stack_on_another_grid_is_another_product_and_shares_what_is_on_none():
    one = made(stack())
    plan = stack(grid=3).plan()
    assert {step.cls for step in plan.to_make} == {SetFrame, SetStack}
    assert {step.reason for step in plan.to_make} == {'missing'}
    other = made(stack(grid=3))
    assert other.grid == '3' and other.data.shape == (3, 4) and other.digest != one.digest
    assert not stack().plan().to_make and one.why().holds and other.why().holds
    error, = {str(step.error) for step in stack(grid=None).plan().failed}
    assert 'SetStack is on a grid' in error


def test_what_is_made_of_a_stack_has_no_chip_either():
    one = made(stack())
    measured = made(SetMeasureTask(frames=[one], commit=True))
    assert measured.frame == one and measured.chip is None and str(measured).startswith('SetMeasured OMEGACAM r_SDSS ')
    assert measured.why().holds and measured.reproduce().identical
    assert not SetMeasureTask(frames=[one], commit=True).plan().to_make
    of_frame = made(SetMeasureTask(frames=[one.frames[0]], commit=True))
    assert of_frame.frame == one.frames[0] and of_frame.why().holds and of_frame.chip == one.frames[0].chip
    assert {made.frame for made in [made(SetMeasureTask(frames=[raws()[0]], commit=True))]} <= \
        set(ReducedScienceFrame.select_all()), 'of a raw frame it is the reduced one'


def test_members_that_are_of_the_class_of_the_input_are_the_input():
    every = made(stack()).frames
    task = stack(frames=every[:3])
    assert {step.cls for step in task.plan().steps} == {SetStack}
    assert made(task).frames == every[:3]


def test_a_member_that_fails_when_it_is_made_is_left_out_and_all_say_so(caplog):
    found = levels()
    limit, bad = (found[-1][0] + found[-2][0]) / 2, found[-1][1]
    task = stack(pars={'SetLevel.FAILS_ABOVE': limit})
    one = made(task)
    assert len(one.frames) == len(found) - 1 and bad not in set(one.ancestors())
    assert list(one.members_left_out) == [bad.filename] and 'too high' in one.members_left_out[bad.filename]
    assert f'is made without {bad.filename}: ' in caplog.text
    assert bad.filename in str(one.facts()) and one.to_dict()['inputs']['members_left_out']['value'] == one.members_left_out
    header = fits.getheader(server().open_path(one.filename))
    assert header['AWE LACKS1 NAME'] == bad.filename and 'too high' in header['AWE LACKS1 WHY']
    together = one.frames[0].offset.together
    assert list(together.members_left_out) == [bad.filename] and len(together.levels) == len(found) - 1
    assert one.reproduce().identical


def test_exactly_so_many_members_as_are_needed_are_enough():
    found = levels()
    number, pars = len(found), {'SetLevel.FAILS_ABOVE': (found[-1][0] + found[-2][0]) / 2}
    with pytest.raises(ProcessingError, match=f'{number - 1} of {number} members can be had, {number} are needed'):
        stack(pars=pars | {'SetStack.MINIMUM_MEMBERS': number}).execute()
    assert len(made(stack(pars=pars | {'SetStack.MINIMUM_MEMBERS': number - 1})).frames) == number - 1


def test_fewer_members_than_are_needed_fail_in_the_plan():
    step, = stack(frames=raws()[:2], pars={'SetStack.MINIMUM_MEMBERS': 3}).plan().failed
    assert '2 of 2 members can be had, 3 are needed (MINIMUM_MEMBERS)' in str(step.error)


def test_members_that_cannot_be_had_are_left_out_in_the_plan():
    members = raws()
    context.update_is_valid(members[0], 0)
    plan = Resolver(ParametersInForce(), commit=True).plan(SetStack, [of_set(members, 4)])
    step, = plan.targets
    assert list(step.members_left_out) == [members[0].filename] and 'cannot be used' in str(step.members_left_out)
    assert f'left out {members[0].filename}: ' in str(plan) and len(step.inputs['frames']) == len(members) - 1
    assert plan.to_dict()['make'][-1]['members_left_out'] == step.members_left_out


def test_a_reason_that_several_members_share_stands_once():
    for raw in [one for bias in BiasFrame.select_all() for one in bias.raw_bias_frames]:
        context.update_is_valid(raw, 0)
    step, = stack().plan().failed
    assert str(step.error).count('needs raw_bias_frames') == 1 and f'and {len(raws()) - 1} more: ' in str(step.error)


def test_a_set_of_one_is_a_set():
    one = made(stack(frames=raws()[:1]))
    assert len(one.frames) == 1 and one.chip is None and one.why().holds
    np.testing.assert_array_equal(one.data, one.frames[0].data)


def test_a_set_is_of_one_instrument_and_has_members():
    with pytest.raises(ParameterError, match='no members'):
        of_set([])


def test_an_invalid_member_is_told_by_why():
    one = made(stack())
    context.update_is_valid(raws()[0], 0)
    verdict = one.why()
    assert not verdict.holds and raws()[0].filename in str(verdict)


def test_products_that_are_not_committed_are_made_the_same_way():
    task = SetStackTask('OMEGACAM', grid=4)
    task.execute()
    one, = task.products
    assert not one.is_committed and len(one.frames) == len(raws()) and not list(SetMeasured.select_all())


def test_the_world_as_of_a_date_has_the_stack_of_then():
    one = made(stack())
    context.update_is_valid(raws()[0], 0)
    assert len(made(stack()).frames) == len(raws()) - 1
    with context.acting(as_of=one.creation_date):
        assert SetStack.get(one.object_id).why().holds
    assert not SetStack.get(one.object_id).why().holds


# --- members differ ---

def test_the_plan_says_how_many_frames_more_there_are():
    made(stack(frames=raws()[:2]))
    step, = stack().plan().targets
    new = raws()[2:]
    assert step.reason == 'members differ' and step.detail == \
        f'{len(new)} frames more: {", ".join(raw.filename for raw in new)}' and len(new) == 3
    assert 'members differ' in str(stack().plan()) and '3 frames more: ' in str(stack().plan())
    one = made(stack())
    assert len(one.frames) == len(raws()) and not stack().plan().to_make


def test_a_member_that_went_is_named_with_the_judgement():
    one, bad = made(stack()), raws()[1]
    gone = next(frame for frame in one.frames if frame.frame.raw == bad)
    context.update_is_valid(bad, 0)
    verdict = one.why()
    assert verdict.reasons == ['members differ', 'invalid ancestor'] and gone.filename in str(verdict)
    plan = stack().plan()
    step, = plan.targets
    assert step.reason == 'members differ'
    assert step.detail.startswith(f'1 frame less: {gone.filename} ({bad.filename} is invalid')
    assert bad.filename in str(plan) and gone.filename in str(plan)
    again = made(stack())
    assert len(again.frames) == len(raws()) - 1 and again.why().holds and again.reproduce().identical


def test_members_of_another_grid_or_none_are_no_earlier_set():
    made(stack(frames=raws()[:2], grid=3))
    made(stack(frames=raws()[:2]))
    step, = stack(frames=raws()[3:]).plan().targets
    assert step.reason == 'missing', 'no member is shared'
    step, = stack(frames=raws()[1:], grid=2).plan().targets
    assert step.reason == 'missing', 'nothing is on that grid'


def test_what_makes_members_again_is_told_beside_who_came():
    one = made(stack(frames=raws()[:2]))
    verdict = one.why({'SetLevel.FAILS_ABOVE': 1e8})
    assert verdict.reasons == ['parameters differ'] and 'frames.offset.level' in str(verdict)
    step, = stack(pars={'SetLevel.FAILS_ABOVE': 1e8}).plan().targets
    assert step.reason == 'members differ'


def test_a_member_that_failed_then_and_would_not_fail_today_is_told_by_why():
    found = levels()
    one = made(stack(pars={'SetLevel.FAILS_ABOVE': (found[-1][0] + found[-2][0]) / 2}))
    verdict = one.why()
    assert 'members differ' in verdict.reasons and f'1 frame more: {found[-1][1].filename}' in str(verdict)


# --- what lineage tells ---

def test_lineage_folds_members_that_were_made_alike():
    one = made(stack())
    text = str(one.lineage())
    assert f'frames: SetFrame x {len(raws())}' in text and f'{one.frames[0]} ... {one.frames[-1]}' in text
    assert text.count('SetFrame_') == 3, 'the first and the last by name, and the first unfolded'
    assert f'SetLevel x {len(raws())}' in text and len(text.splitlines()) < 60
    whole = one.lineage().to_dict()
    assert [values['filename'] for values in whole['inputs']] == [frame.filename for frame in one.frames]
    assert f'SetFrame \N{MULTIPLICATION SIGN} {len(raws())}' in one.lineage().to_svg()


def test_members_that_are_invalid_or_made_otherwise_stand_alone_in_the_lineage():
    one = made(stack())
    context.update_is_valid(one.frames[2], 0)
    text = str(SetStack.get(one.object_id).lineage())
    assert f'SetFrame x {len(raws()) - 1}' in text and f'frames: {one.frames[2].filename}  [is_valid 0]' in text


@pytest.mark.slow
def test_a_difference_of_two_sets_names_who_is_only_in_one_and_folds_what_members_share():
    one, other = made(stack()), made(stack(frames=raws()[1:]))
    gone = one.frames[0]
    assert f'frames: {gone} only in a' in diff(one, other).parts
    alone = {'SetStack.ENSEMBLE': False}
    parts = diff(made(stack(pars=alone)), made(stack(pars=alone | {'SetLevel.ADDED': 1.0}))).parts
    assert parts == [f'frames.offset.level: ADDED 0.0 in a, 1.0 in b ({len(raws())} members)']


def test_impact_counts_what_descends_from_a_member():
    one = made(stack())
    foreseen = impact(raws()[0])
    assert foreseen.count(SetStack) == 1 and foreseen.count(SetFrame) == len(one.frames), 'all are solved together'
