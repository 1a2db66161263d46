"""Which calibration serves: the rule, and the rule again in plain Python."""

import datetime
import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.references import User
from awlike.planning.candidates import Candidates
from awlike.planning.invalid import InvalidAncestry
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from tests import paper
from tests.conftest import become
from tests.databases import by_hand

START, DAY = datetime.datetime(2012, 6, 1, 16), datetime.timedelta(days=1)
_number = itertools.count()


def put(*objects):
    """`objects` into the database as they are."""
    db = database()
    with by_hand() as connection:
        db.insert(connection, objects)
    db.adopt(objects)


def noise(chip, raws, **values):
    """A ReadNoise on paper, put in by the current user, valid on the day after START; `values` say otherwise."""
    obj = paper.product(ReadNoise, filename=None, chip=chip, raw_bias_frames=raws, read_noise=2.0)
    context.stamp(obj)
    obj.process_params, obj.reuse_key = ReadNoise.Parameters(), f'key {next(_number)}'
    values = {'is_valid': 1, 'quality_flags': 0, 'timestamp_start': START, 'timestamp_end': START + DAY, **values}
    for name, value in values.items():
        setattr(obj, name, value)
    put(obj)
    return obj


def bias_with(read_noise):
    """A BiasFrame on paper from the same raw frames as `read_noise`, serving as long."""
    bias = paper.product(BiasFrame, chip=read_noise.chip, raw_bias_frames=read_noise.raw_bias_frames, read_noise=read_noise,
                         DATE_OBS=START, timestamp_start=START, timestamp_end=START + DAY)
    bias.process_params = BiasFrame.Parameters()
    return paper.insert(bias)


def long_ago(chip, number=2, **values):
    """Raw biases from which nothing is made today."""
    return paper.raws(number, RawBiasFrame, chip=chip, DATE_OBS=datetime.datetime(2001, 1, 1), **values)


def chosen(chip, date=START, commit=False, cls=ReadNoise, **pars):
    request = Request(paper.instrument(), chip, None, date)
    return Resolver(ParametersInForce(pars), commit).resolve(cls, [request])[0].existing


@pytest.fixture
def chip(project):
    return paper.chip()


@pytest.fixture
def raws(chip):
    return long_ago(chip)


def test_the_one_that_serves_is_chosen(chip, raws):
    assert chosen(chip) is None
    one = noise(chip, raws)
    assert chosen(chip) == one


def test_the_latest_made_wins_whatever_the_order_of_ids(chip, raws):
    dates = [START + n * DAY for n in (2, 3, 1)]
    made = [noise(chip, raws, creation_date=date) for date in dates]
    assert chosen(chip) == made[1]


def test_its_interval_is_half_open(chip, raws):
    one = noise(chip, raws)
    second = datetime.timedelta(seconds=1)
    assert [chosen(chip, date) == one for date in (START - second, START, START + DAY - second, START + DAY)] == [
        False, True, True, False]


def test_its_interval_is_half_open_among_many_requests_too(chip, raws):
    noise(chip, raws)
    requests = [Request(paper.instrument(), chip, None, START + DAY * part) for part in (0, 0.5, 1, 1.5)]
    assert [len(found) for found in Candidates(commit=False).calibrations(ReadNoise, requests)] == [1, 1, 0, 0]


@pytest.mark.parametrize('changed', [{'is_valid': 0}, {'quality_flags': 2}])
def test_what_people_or_limits_judged_bad_does_not_serve(chip, raws, changed):
    good = noise(chip, raws)
    noise(chip, raws, **changed)
    assert chosen(chip) == good


def test_what_is_proposed_for_promotion_serves(chip, raws):
    one = noise(chip, raws, is_valid=2)
    assert chosen(chip) == one


def test_what_descends_from_something_invalid_does_not_serve(chip, raws):
    good, bad = noise(chip, long_ago(chip)), noise(chip, raws)
    assert chosen(chip) == bad
    context.update_is_valid(raws[0], 0)
    assert chosen(chip) == good
    context.update_is_valid(raws[0], 1)
    assert chosen(chip) == bad


def test_an_invalid_ancestor_counts_at_any_depth(chip, raws):
    read_noise = noise(chip, raws)
    bias = bias_with(read_noise)
    assert chosen(chip, cls=BiasFrame) == bias
    context.update_is_valid(raws[0], 0)
    origins = [InvalidAncestry().origin(one.object_id) for one in (raws[0], read_noise, bias, raws[1])]
    assert origins == [raws[0].object_id] * 3 + [None]
    assert chosen(chip, cls=BiasFrame) is None


def test_what_another_person_keeps_to_herself_does_not_serve(chip, raws, monkeypatch):
    context.add_member('bob')
    good = noise(chip, raws)
    become(monkeypatch, 'bob')
    context.set_project('TEST', privileges=1)
    hers = noise(chip, raws)
    assert chosen(chip) == hers
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    assert chosen(chip) == good


def test_what_others_could_not_see_does_not_go_into_what_is_committed(chip, raws):
    shared = noise(chip, raws)
    mine = noise(chip, raws, privileges=1)
    assert chosen(chip, commit=False) == mine and chosen(chip, commit=True) == shared
    context.set_privileges(1)
    assert chosen(chip, commit=True) == mine


def test_parameters_that_change_the_result_must_match(chip, raws):
    ordinary, changed = noise(chip, raws), noise(chip, raws, process_params=ReadNoise.Parameters(REJECTION_THRESHOLD=4))
    assert chosen(chip) == ordinary
    assert chosen(chip, **{'ReadNoise.REJECTION_THRESHOLD': 4}) == changed
    assert chosen(chip, **{'ReadNoise.REJECTION_THRESHOLD': 3}) is None
    assert chosen(chip, **{'ReadNoise.VALIDITY_DAYS': 3}) is None, 'what one sets counts, whatever it changes'
    assert chosen(chip, **{'ReadNoise.VALIDITY_DAYS': 0}) == ordinary


def test_chips_and_filters_are_kept_apart(chip, raws):
    one = noise(chip, raws)
    assert chosen(paper.chip('ESO_CCD_#66')) is None and chosen(chip) == one


def test_calibration_does_not_serve_once_its_own_inputs_are_others(chip, raws):
    """A bias whose read noise was measured anew, with another result, is not what one would make today."""
    bias = bias_with(noise(chip, raws))
    assert chosen(chip, cls=BiasFrame) == bias
    noise(chip, raws, digest=bias.read_noise.digest)
    assert chosen(chip, cls=BiasFrame) == bias
    noise(chip, raws)
    assert chosen(chip, cls=BiasFrame) is None


# --- the whole rule ---

CANDIDATES = st.lists(st.fixed_dictionaries({
    'whose': st.sampled_from(['project', 'project', 'project', 'mine', "bob's"]),
    'is_valid': st.sampled_from([0, 1, 1, 2]), 'quality_flags': st.sampled_from([0, 0, 0, 1]),
    'from_bad': st.sampled_from([False, False, True]), 'threshold': st.sampled_from([5.0, 5.0, 4.0]),
    'start': st.integers(0, 4), 'days': st.integers(1, 4), 'limit': st.sampled_from([50.0, 60.0]),
}), max_size=6)


def model(candidates, order, day, commit):
    """The number of the candidate that serves, as the rule says it."""
    serving = [n for n, c in enumerate(candidates)
               if c['whose'] in (('project',) if commit else ('project', 'mine')) and c['is_valid'] >= 1
               and c['quality_flags'] == 0 and not c['from_bad'] and c['threshold'] == 5.0
               and c['start'] <= day < c['start'] + c['days']]
    return max(serving, key=order.index, default=None)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(candidates=CANDIDATES, days=st.lists(st.integers(-1, 8), min_size=1, max_size=3), commit=st.booleans(), data=st.data())
def test_the_rule_and_its_model_agree(project, candidates, days, commit, data):
    chip = paper.chip(f'chip {next(_number)}')
    order = data.draw(st.permutations(range(len(candidates))))
    bob = paper.know(User(name='bob'))
    good, bad = long_ago(chip), long_ago(chip)
    if any(c['from_bad'] for c in candidates):
        context.update_is_valid(bad[1], 0)
    made = [noise(chip, bad if c['from_bad'] else good, is_valid=c['is_valid'], quality_flags=c['quality_flags'],
                  timestamp_start=START + c['start'] * DAY, timestamp_end=START + (c['start'] + c['days']) * DAY,
                  creation_date=START + order.index(n) * DAY, privileges=2 if c['whose'] == 'project' else 1,
                  creator=bob if c['whose'] == "bob's" else context.user, process_params=ReadNoise.Parameters(
                      REJECTION_THRESHOLD=c['threshold'], MAXIMUM_READ_NOISE=c['limit']))
            for n, c in enumerate(candidates)]
    requests = [Request(paper.instrument(), chip, None, START + day * DAY) for day in days]
    steps = Resolver(ParametersInForce(), commit).resolve(ReadNoise, requests)
    expected = [model(candidates, order, day, commit) for day in days]
    assert [step.existing for step in steps] == [None if n is None else made[n] for n in expected]
