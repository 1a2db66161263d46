"""What exists of the set that is chosen: who may use it, what people and limits say of it, and what a person chose by hand."""

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
from awlike.planning.invalid import InvalidAncestry
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from awlike.products.making import mean_date
from tests import paper
from tests.conftest import become
from tests.databases import by_hand

START, DAY = datetime.datetime(2012, 6, 1, 16), datetime.timedelta(days=1)  # noon at the telescope
_number = itertools.count()
IN_FORCE = ParametersInForce().get(ReadNoise, 'OMEGACAM')


def put(*objects):
    """`objects` into the database as they are."""
    db = database()
    with by_hand() as connection:
        db.insert(connection, objects)
    db.adopt(objects)


def noise(chip, raws, **values):
    """A ReadNoise on paper, made from `raws`, put in by the current user; `values` say otherwise."""
    obj = paper.product(ReadNoise, filename=None, chip=chip, raw_bias_frames=raws, read_noise=2.0, DATE_OBS=mean_date(raws))
    context.stamp(obj)
    params = values.pop('process_params', IN_FORCE)
    obj.process_params, obj.reuse_key = params, ReadNoise.key_for({'raw_bias_frames': raws}, params)
    values = {'is_valid': 1, 'quality_flags': 0, 'timestamp_start': START, 'timestamp_end': START + DAY, **values}
    for name, value in values.items():
        setattr(obj, name, value)
    put(obj)
    return obj


def bias_with(read_noise):
    """A BiasFrame on paper from the same raw frames as `read_noise`."""
    inputs = {'raw_bias_frames': read_noise.raw_bias_frames, 'read_noise': read_noise}
    bias = paper.product(BiasFrame, chip=read_noise.chip, DATE_OBS=read_noise.DATE_OBS, timestamp_start=START,
                         timestamp_end=START + DAY, **inputs)
    bias.process_params = BiasFrame.Parameters()
    bias.reuse_key = BiasFrame.key_for(inputs, bias.process_params)
    return paper.insert(bias)


def of_night(chip, day=0, number=3, **values):
    """Raw biases of the night so many days after START."""
    frames = [paper.raw(RawBiasFrame, chip=chip, DATE_OBS=START + day * DAY + datetime.timedelta(hours=10, minutes=n), **values)
              for n in range(number)]
    paper.insert(*frames)
    return frames


def long_ago(chip, number=2, **values):
    """Raw biases from which nothing is made today."""
    return paper.raws(number, RawBiasFrame, chip=chip, DATE_OBS=datetime.datetime(2001, 1, 1), **values)


def resolved(chip, date=START, commit=False, cls=ReadNoise, **pars):
    return Resolver(ParametersInForce(pars), commit).resolve(cls, [Request(paper.instrument(), chip, None, date)])[0]


def chosen(chip, *args, **kwargs):
    return resolved(chip, *args, **kwargs).existing


@pytest.fixture
def chip(project):
    return paper.chip()


@pytest.fixture
def raws(chip):
    return of_night(chip)


def test_what_was_made_of_the_set_that_serves_is_reused(chip, raws):
    assert chosen(chip) is None
    one = noise(chip, raws)
    assert chosen(chip) == one


def test_of_one_set_the_latest_made_wins_whatever_the_order_of_ids(chip, raws):
    dates = [START + n * DAY for n in (2, 3, 1)]
    made = [noise(chip, raws, creation_date=date) for date in dates]
    assert chosen(chip) == made[1]


def test_what_was_made_of_a_part_of_the_set_does_not_serve_by_itself(chip, raws):
    part = noise(chip, raws[:2])
    assert chosen(chip) is None
    context.update_timestamps(part, end=START + 2 * DAY)
    assert chosen(chip) == part, 'a person says so'


@pytest.mark.parametrize('changed', [{'is_valid': 0}, {'process_params': ReadNoise.Parameters(REJECTION_THRESHOLD=4)}])
def test_what_people_judged_bad_or_was_made_otherwise_does_not_serve(chip, raws, changed):
    good = noise(chip, raws)
    noise(chip, raws, **changed)
    assert chosen(chip) == good


def test_a_bad_one_gives_way_to_the_next_set_and_the_note_says_so(chip, raws):
    noise(chip, raws, quality_flags=1)
    step = resolved(chip)
    assert 'is what can be made, and missed its limits' in str(step.error)
    further = noise(chip, of_night(chip, 2))
    resolver = Resolver(ParametersInForce(), commit=False)
    request = Request(paper.instrument(), chip, None, START)
    assert resolver.resolve(ReadNoise, [request])[0].existing == further
    assert resolver.chosen(ReadNoise, request).nights == 2
    assert 'in place of' in str(resolver.chosen(ReadNoise, request)) and 'missed its limits' in str(
        resolver.chosen(ReadNoise, request))


def test_what_is_proposed_for_promotion_serves(chip, raws):
    one = noise(chip, raws, is_valid=2)
    assert chosen(chip) == one


def test_an_invalid_raw_frame_leaves_the_set_and_what_was_made_of_it(chip, raws):
    whole = noise(chip, raws)
    part = noise(chip, raws[1:])
    assert chosen(chip) == whole
    context.update_is_valid(raws[0], 0)
    assert chosen(chip) == part
    context.update_is_valid(raws[0], 1)
    assert chosen(chip) == whole


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


def test_raw_frames_that_others_could_not_see_make_no_set_for_what_is_committed(chip):
    context.set_privileges(1)
    mine = of_night(chip)
    context.set_privileges(2)
    shared = of_night(chip, 3)
    assert [one.object_id for one in resolved(chip).inputs['raw_bias_frames']] == [one.object_id for one in mine]
    assert [one.object_id for one in resolved(chip, commit=True).inputs['raw_bias_frames']] == [one.object_id for one in shared]


def test_parameters_that_change_the_result_must_match(chip, raws):
    ordinary, changed = noise(chip, raws), noise(chip, raws, process_params=ReadNoise.Parameters(REJECTION_THRESHOLD=4))
    assert chosen(chip) == ordinary
    assert chosen(chip, **{'ReadNoise.REJECTION_THRESHOLD': 4}) == changed
    assert chosen(chip, **{'ReadNoise.REJECTION_THRESHOLD': 3}) is None
    assert chosen(chip, **{'ReadNoise.MAXIMUM_READ_NOISE': 30}) is None, 'what one sets counts, whatever it changes'
    assert chosen(chip, **{'ReadNoise.PLAN_NIGHTS': 1}) == ordinary, 'it only chooses the raw frames'


def test_no_more_than_the_maximum_are_taken(chip):
    frames = of_night(chip, number=6)
    taken = resolved(chip, **{'ReadNoise.MAXIMUM_NUMBER': 4}).inputs['raw_bias_frames']
    assert [one.object_id for one in taken] == [one.object_id for one in frames[:4]]


def test_chips_are_kept_apart(chip, raws):
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


def test_a_frame_that_came_later_belongs_to_the_set(chip, raws):
    """What was made before the last frame came is not what would be made of the night now."""
    noise(chip, raws)
    paper.raws(1, RawBiasFrame, chip=chip, DATE_OBS=START + datetime.timedelta(hours=11))
    step = resolved(chip)
    assert len(step.inputs['raw_bias_frames']) == 4 and step.reason == 'better input' and 'raw_bias_frames' in str(step.why)


def test_an_interval_by_hand_is_half_open(chip, raws):
    one, other = noise(chip, raws), noise(chip, of_night(chip, 3))
    start, end, second = START + DAY, START + 3 * DAY, datetime.timedelta(seconds=1)
    context.update_timestamps(one, start, end)
    found = [chosen(chip, date) for date in (start - second, start, end - second, end)]
    assert found == [other, one, one, other]


# --- the whole rule ---

NIGHTS = st.lists(st.fixed_dictionaries({
    'day': st.integers(0, 7), 'number': st.sampled_from([1, 2, 3, 3]), 'bad_frame': st.sampled_from([False, False, True]),
    'made': st.booleans(), 'is_valid': st.sampled_from([0, 1, 1, 2]), 'flags': st.sampled_from([0, 0, 0, 1, 1 << 16]),
    'by_hand': st.sampled_from([None, None, None, (0, 2), (-3, 3)])}), max_size=5, unique_by=lambda one: one['day'])


def model(nights, day):
    """The number of the night that serves at `day`, and whether what was made of it does; None where nothing does."""
    def covers(night):
        start, end = night['by_hand']
        return night['day'] + start <= day < night['day'] + end

    def holds(night):
        return night['made'] and night['is_valid'] > 0 and not night['flags'] & 1 and not night['bad_frame']

    def distance(number):
        return abs(nights[number]['day'] - day), nights[number]['day'] > day

    chosen_by_hand = [n for n, one in enumerate(nights) if one['by_hand'] and holds(one) and covers(one)]
    if chosen_by_hand:
        return min(chosen_by_hand, key=lambda n: distance(n)[0]), True

    def serves(night):
        usable = night['number'] - night['bad_frame'] >= 2
        kept_away = night['made'] and night['by_hand'] and not covers(night) and not night['bad_frame']
        bad = night['made'] and night['flags'] & 1 and night['is_valid'] > 0 and not night['bad_frame']
        return usable and not kept_away and not bad

    good = [n for n, one in enumerate(nights) if serves(one)]
    return (best := min(good, key=distance), holds(nights[best])) if good else None


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nights=NIGHTS, days=st.lists(st.integers(-1, 9), min_size=1, max_size=3, unique=True))
def test_the_rule_and_its_model_agree(project, nights, days):
    chip = paper.chip(f'chip {next(_number)}')
    frames, made = [], {}
    for number, night in enumerate(nights):
        raws = of_night(chip, night['day'], night['number'])
        frames.append({raw.object_id for raw in raws})
        if night['made']:
            made[number] = noise(chip, raws, is_valid=night['is_valid'], quality_flags=night['flags'])
            if night['by_hand']:
                start, end = (START + (night['day'] + one) * DAY for one in night['by_hand'])
                context.update_timestamps(made[number], start, end)
        if night['bad_frame']:
            context.update_is_valid(raws[0], 0)
    requests = [Request(paper.instrument(), chip, None, START + (day + 0.5) * DAY) for day in days]
    pars = {'ReadNoise.PLAN_NIGHTS': 2, 'ReadNoise.ACCEPTABLE_NIGHTS': 4}
    steps = Resolver(ParametersInForce(pars), False).resolve(ReadNoise, requests)
    for day, step in zip(days, steps, strict=True):
        expected = model(nights, day)
        if expected is None:
            assert step.error is not None or len({n for n, some in enumerate(frames) for one in step.raws if one in some}) > 1
            continue
        number, exists = expected
        assert (step.existing == made[number]) if exists else (step.existing is None and set(step.raws) <= frames[number])
