"""A step: all that it tells follows from its outcome."""

import datetime
from types import SimpleNamespace

import pytest

from awlike.errors import NoCalibration
from awlike.frames.bias import BiasFrame
from awlike.planning.outcome import Failed, Made, Make, Restore, Reuse
from awlike.planning.reasons import Reason
from awlike.planning.request import Request
from awlike.planning.step import Step, error_of

FOUND = SimpleNamespace(name='bias.fits', object_id=5, digest='found', DATE_OBS=datetime.datetime(2012, 6, 2))
PRODUCT = SimpleNamespace(name='new.fits', digest='made', DATE_OBS=datetime.datetime(2012, 6, 3))
REASON, ERROR = Reason('missing', 'of a night'), NoCalibration('nothing to make it from')
PLACE = 'BiasFrame OMEGACAM'
OUTCOMES = [  # to_make, reused, known, found, product, error, reason, detail, in words
    (None, (False, False, False, None, None, None, None, '', f'make {PLACE}: None')),
    (Reuse(FOUND, 'a rule'), (False, True, True, FOUND, None, None, None, 'a rule', 'reuse BiasFrame bias.fits: a rule')),
    (Make(REASON), (True, False, False, None, None, None, 'missing', 'of a night', f'make {PLACE}: missing: of a night')),
    (Restore(FOUND, 'a rule', REASON),
     (True, False, True, FOUND, None, None, 'missing', 'of a night', f'make {PLACE}: missing: of a night')),
    (Failed(ERROR), (False, False, False, None, None, ERROR, None, '', f'cannot make {PLACE}: {ERROR}')),
    (Failed(ERROR, PRODUCT), (False, False, False, None, PRODUCT, ERROR, None, '', f'cannot make {PLACE}: {ERROR}')),
    (Made(PRODUCT, REASON),
     (False, False, True, None, PRODUCT, None, 'missing', 'of a night', f'make {PLACE}: missing: of a night'))]


def step(outcome=None, **values) -> Step:
    thing = SimpleNamespace(object_id=1, name='OMEGACAM')
    found = Step(BiasFrame, Request(thing, None, None, datetime.datetime(2012, 6, 1)), BiasFrame.Parameters(), **values)
    found.outcome = outcome
    return found


@pytest.mark.parametrize(('outcome', 'told'), OUTCOMES, ids=lambda value: type(value).__name__)
def test_a_step_tells_what_its_outcome_says(outcome, told):
    one = step(outcome)
    assert (one.to_make, one.reused, one.known, one.found, one.product, one.error, one.reason, one.detail, str(one)) == told
    assert one.rule == (outcome.rule if isinstance(outcome, Reuse | Restore) else '') and error_of(one) is told[5]
    if one.known:
        assert (one.digest, one.date) == ((FOUND if told[3] else PRODUCT).digest, (FOUND if told[3] else PRODUCT).DATE_OBS)
    else:
        with pytest.raises(AssertionError, match='nothing is known yet'):
            one.digest  # noqa: B018


def test_what_is_left_out_is_no_longer_before_a_step():
    bias, hot, one = step(), step(), step()
    one.take({'bias': bias, 'hot': [hot, bias]}, {'dark': 'there are none'})
    assert one.before() == [bias, hot, bias]
    one.leave_out('hot', 'it failed')
    assert one.inputs == {'bias': bias} and one.before() == [bias]
    assert one.without == {'dark': 'there are none', 'hot': 'it failed'}


def test_who_stands_for_a_step_that_is_asked_for_is_asked_for():
    for mine, other in ((False, False), (False, True), (True, False)):
        one = step(asked=mine)
        one.stand_for(step(asked=other))
        assert one.asked is (mine or other)


def test_steps_give_the_same_when_they_reuse_the_same_or_are_made_from_the_same():
    one, other, params = step(), step(), BiasFrame.Parameters()
    one.params = other.params = params
    assert one.identity() == other.identity()
    one.take({'read_noise': step()}, {})
    assert one.identity() != other.identity()
    other.take(one.inputs, {})
    assert one.identity() == other.identity()
    other.outcome = Reuse(FOUND, '')
    assert one.identity() != other.identity() == step(Restore(FOUND, 'another', REASON)).identity()
    other.outcome = Failed(ERROR)
    assert other.identity() == step(Failed(NoCalibration('another'))).identity() != one.identity()
