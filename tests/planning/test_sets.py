"""Requests of sets: which kinds begin a way, what carries an ensemble, what is left out when a plan is executed."""

import pickle
import time

import pytest

from awlike.dpu.job_order import JobOrder, versions
from awlike.dpu.packing import packed, unpacked_all
from awlike.dpu.task_graph import TaskGraph
from awlike.errors import NoCalibration, ParameterError, WorkerDied
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.planning.kinds import kinds_of, takes_ensemble
from awlike.planning.outcome import Failed, Make
from awlike.planning.reasons import Reason
from awlike.planning.request import Members, of_frame, of_set
from awlike.planning.reuse import MissedLimits
from awlike.planning.sets import left_out_of, member_requests
from awlike.planning.step import MemberInputs, Step
from awlike.tasks.failed_inputs import fail_with_inputs
from tests import paper
from tests.sets import SetFrame, SetLevel, SetLevels, SetMeasured, SetOffset, SetStack


def steps_of(number, minimum=1):
    """The step of levels of so many frames, which are in the database, and those of its members."""
    frames = paper.raws(number)
    members = [Step(SetLevel, of_frame(frame), SetLevel.Parameters()) for frame in frames]
    for one in members:
        one.outcome = Make(Reason('missing'))
    step = Step(SetLevels, of_set(frames), SetLevels.Parameters(MINIMUM_MEMBERS=minimum))
    step.take({'levels': MemberInputs(members)}, {})
    step.outcome = Make(Reason('missing'))
    return step, members


def test_a_kind_that_is_made_of_its_like_or_of_many_is_nothing_to_begin_with():
    assert kinds_of(ScienceFrame, RawScienceFrame) == (ReducedScienceFrame,)
    assert kinds_of(SetFrame, RawScienceFrame) == (SetFrame,) and kinds_of(SetMeasured, SetStack) == (SetMeasured,)
    assert kinds_of(SetStack, RawScienceFrame) == ()


def test_an_ensemble_is_carried_to_what_leads_to_an_input_of_it(project):
    assert [cls for cls in (SetLevel, SetLevels, SetOffset, SetFrame, SetStack, SetMeasured, ReducedScienceFrame)
            if takes_ensemble(cls)] == [SetOffset, SetFrame, SetStack]
    frames = paper.raws(3)
    one = of_frame(frames[0], 'tile', tuple(frames))
    assert one.for_class(SetFrame) == one and one.for_class(SetLevel) == of_frame(frames[0])
    assert one.for_class(SetOffset) == of_frame(frames[0], ensemble=tuple(frames)) != of_frame(frames[0])
    assert one != of_frame(frames[0], 'tile', tuple(frames[:2]))


def test_the_members_are_the_ensemble_where_the_set_says_so_and_the_request_names_none(project):
    frames = paper.raws(3)
    with_ensemble, alone = SetStack.Parameters(), SetStack.Parameters(ENSEMBLE=False)
    assert {one.ensemble for one in member_requests(of_set(frames[:2], 'tile'), with_ensemble)} == {Members(frames[:2])}
    assert {one.ensemble for one in member_requests(of_set(frames[:2], 'tile'), alone)} == {None}
    wide = of_set(frames[:2], ensemble=tuple(frames))
    assert {one.ensemble for one in member_requests(wide, with_ensemble)} == {Members(frames)}


def test_members_are_of_one_instrument(project):
    other = paper.instrument('WFI')
    with pytest.raises(ParameterError, match='several instruments, OMEGACAM, WFI'):
        of_set([*paper.raws(1), paper.insert(paper.raw(instrument=other))])


def test_members_of_several_chips_and_nights_have_no_chip_and_stand_in_order(project):
    chips = [paper.chip('ESO_CCD_#66'), paper.chip('ESO_CCD_#65')]
    frames = [paper.insert(paper.raw(chip=chips[n % 2])) for n in range(4)]
    request = of_set(frames[::-1])
    assert request.chip is None and list(request.members) == frames and request.names[1] is None


@pytest.mark.slow
def test_thousands_of_members_with_their_ensemble_cost_no_more_than_each_alone(project):
    frames = paper.raws(2000)
    begun = time.process_time()
    requests = member_requests(of_set(frames), SetStack.Parameters())
    assert len({one.for_class(SetFrame) for one in requests}) == 2000
    assert time.process_time() - begun < 2


def test_a_member_is_left_out_unless_its_limits_or_the_machine_are_to_blame(project):
    step, members = steps_of(4, minimum=3)
    members[1].outcome = Failed(NoCalibration('no bias'))
    fail_with_inputs(step)
    assert step.error is None and step.members_left_out == {str(members[1].request.of): 'no bias'}
    assert step.inputs['levels'] == [members[0], *members[2:]] == step.before()
    members[2].outcome = Failed(WorkerDied('its worker died'))
    fail_with_inputs(step)
    assert 'its worker died' in str(step.error), 'the next attempt can go well'
    step, members = steps_of(2)
    members[0].outcome = Failed(MissedLimits('a bias', 'it missed its limits'))
    fail_with_inputs(step)
    assert isinstance(step.error, MissedLimits) and step.error.name == 'a bias'


def test_too_few_members_are_an_error(project):
    step, members = steps_of(3, minimum=3)
    members[1].outcome = Failed(NoCalibration('no bias'))
    fail_with_inputs(step)
    assert '2 of 3 members can be had, 3 are needed (MINIMUM_MEMBERS)' in str(step.error)


def test_a_frame_that_its_ensemble_left_out_has_no_product_of_it(project):
    together, members = steps_of(3)
    frame = members[0].request.of
    members[0].outcome = Failed(NoCalibration('no bias'))
    fail_with_inputs(together)
    assert 'no bias' in left_out_of(together, [frame]) and not left_out_of(together, [members[1].request.of])
    one = Step(SetOffset, of_frame(frame, ensemble=together.request.members), SetOffset.Parameters())
    one.take({'together': together}, {})
    fail_with_inputs(one)
    assert f'{frame} was left out of the SetLevels: no bias' in str(one.error)


def test_the_steps_of_a_set_travel_with_what_is_left_out(project):
    step, members = steps_of(3)
    steps = [*members, step]
    numbers = {id(one): number for number, one in enumerate(steps)}
    members[0].outcome = Failed(NoCalibration('no bias'))
    fail_with_inputs(step)
    sent = pickle.loads(pickle.dumps([packed(one, numbers) for one in steps[1:]]))
    received = unpacked_all(sent[-1:], {number: {'number': number, 'made': None, 'error': ('NoCalibration', 'too high'),
                                                 'left_out': {}} for number in (1, 2)})[3]
    assert received.members_left_out == step.members_left_out and received.request == step.request
    assert [str(one.request.of) for one in received.inputs['levels']] == [str(one.request.of) for one in members[1:]]
    fail_with_inputs(received)
    assert '0 of 3 members' in str(received.error)


def test_members_go_side_by_side_before_and_after_their_ensemble(project):
    together, members = steps_of(3)
    after = [Step(SetOffset, of_frame(one.request.of, ensemble=together.request.members), SetOffset.Parameters())
             for one in members]
    for one, level in zip(after, members, strict=True):
        one.take({'level': level, 'together': together}, {})
        one.outcome = Make(Reason('missing'))
    steps = [*members, together, *after]
    numbers = {id(one): number for number, one in enumerate(steps, 1)}
    order = JobOrder(pytest, 1, 'ada', 'TEST', 2, 'Reduce', {}, {}, versions())
    groups = TaskGraph(None, order, 'Reduce', [(one, packed(one, numbers)) for one in steps], None, None)._together()
    assert sorted(map(tuple, groups)) == [(number,) for number in range(1, 8)]
