"""The world as of a date: what existed then, with the values that it had."""

import datetime
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist import as_of
from awlike.persist.dataobject import DataObject
from awlike.persist.lineage import invalid_among_ancestors
from awlike.tracing.difference import diff
from awlike.tracing.impact import impact
from tests import paper
from tests.databases import set_clock

DAY = datetime.timedelta(days=1)
START = datetime.datetime(2012, 6, 1)


@pytest.fixture
def clock(project, monkeypatch):
    """A clock that the test sets: every change and everything made gets the next hour."""
    class Clock:
        now = START

        def __call__(self):
            self.now += datetime.timedelta(hours=1)
            set_clock(self.now)
            return self.now

    clock = Clock()
    for module in ('awlike.context.acting', 'awlike.context.changes'):
        monkeypatch.setattr(sys.modules[module], 'utcnow', clock)
    yield clock
    context.as_of(None)


@pytest.fixture
def bias(clock):
    return paper.bias(timestamp_start=START, timestamp_end=START + DAY)


def names(query):
    return {obj.filename for obj in query}


# --- what existed ---

def test_what_was_made_later_was_not_there(bias, clock):
    then = clock.now
    later = paper.bias()
    context.as_of(then)
    assert list(BiasFrame.select_all()) == [bias] and len(BiasFrame.select_all()) == 1 and bias in BiasFrame.select_all()
    assert not (BiasFrame.filename == later.filename).exists() and later not in BiasFrame.select_all()
    with pytest.raises(NotFound):
        BiasFrame.get(later.object_id)
    assert list(BiasFrame.select_all().table('filename')['filename']) == [bias.filename]
    context.as_of(None)
    assert len(BiasFrame.select_all()) == 2


def test_the_very_instant_counts(bias):
    for instant, number in ((bias.creation_date, 1), (bias.creation_date - datetime.timedelta(microseconds=1), 0)):
        context.as_of(instant)
        assert len(BiasFrame.select_all()) == number


def test_before_everything_there_was_nothing(bias):
    context.as_of('2000-01-01')
    assert len(DataObject.select_all()) == 0 and BiasFrame.select_all().max('creation_date') is None


# --- with the values that it had ---

def test_validity_as_it_was(bias, clock):
    moments = [clock.now]
    for value in (0, 2, 1):
        context.update_is_valid(bias, value)
        moments.append(clock.now)
    for moment, value in zip(moments, (1, 0, 2, 1), strict=True):
        context.as_of(moment)
        found = BiasFrame.select_all().one()
        assert found.is_valid == value, moment
        assert [len(BiasFrame.is_valid == one) for one in (0, 1, 2)] == [value == 0, value == 1, value == 2]
        assert BiasFrame.select_all().table('is_valid')['is_valid'][0] == value
        assert BiasFrame.select_all().max('is_valid') == found
    context.as_of(None)
    assert BiasFrame.select_all().one().is_valid == 1


def test_timestamps_as_they_were(bias, clock):
    then = clock.now
    context.update_timestamps(bias, end=START + 5 * DAY)
    covers = (BiasFrame.timestamp_start <= START + 2 * DAY) & (BiasFrame.timestamp_end > START + 2 * DAY)
    assert len(covers) == 1
    context.as_of(then)
    assert len(covers) == 0 and BiasFrame.select_all().one().timestamp_end == START + DAY
    assert len(BiasFrame.timestamp_end == START + DAY) == 1
    context.as_of(clock.now)
    assert len(covers) == 1 and BiasFrame.select_all().one().timestamp_end == START + 5 * DAY


def test_values_behind_a_link_as_they_were(clock):
    bias = paper.bias()
    hot = paper.hot(bias)
    then = clock.now
    context.update_is_valid(bias, 0)
    assert len(HotPixelMap.bias.is_valid == 1) == 0
    context.as_of(then)
    assert len(HotPixelMap.bias.is_valid == 1) == 1 and HotPixelMap.get(hot.object_id).bias.is_valid == 1


def test_order_by_what_changed(bias, clock):
    other = paper.bias()
    then = clock.now
    context.update_is_valid(bias, 2)
    assert BiasFrame.select_all().order_by('-is_valid')[0] == bias
    context.as_of(then)
    assert list(BiasFrame.select_all().order_by('-is_valid')) == list(BiasFrame.select_all()) and other.is_valid == 1


# --- lineage ---

def test_the_usable_as_they_were(clock):
    raws = paper.raws(3, RawBiasFrame)
    bias, other = paper.bias(raws), paper.bias()
    before = clock.now
    context.update_is_valid(raws[1], 0)
    meanwhile = clock.now
    context.update_is_valid(raws[1], 1)
    context.update_is_valid(other, 0)
    for moment, usable in ((before, {bias, other}), (meanwhile, {other}), (None, {bias})):
        context.as_of(moment)
        assert set(BiasFrame.select_valid()) == usable, moment


def test_the_invalid_ancestors_as_they_were(clock):
    raws = paper.raws(3, RawBiasFrame)
    bias = paper.bias(raws)
    before = clock.now
    context.update_is_valid(raws[1], 0)
    for moment, pairs in ((None, [(bias.object_id, raws[1].object_id)]), (before, [])):
        context.as_of(moment)
        found = DataObject.session().execute(invalid_among_ancestors(), {'ids': [bias.object_id]}).all()
        assert found == pairs, moment


def test_descendants_as_they_were_and_ancestors_always(bias, clock):
    raw = bias.raw_bias_frames[0]
    hot = paper.hot(bias)
    then = clock.now
    paper.hot(bias)
    context.as_of(then)
    assert list(raw.descendants().of_class(HotPixelMap)) == [hot] and bias.inverse_objects().count(HotPixelMap) == 1
    assert len(HotPixelMap.made_from(bias)) == len(HotPixelMap.descends_from(raw)) == 1
    assert {type(one) for one in HotPixelMap.get(hot.object_id).ancestors()} == {BiasFrame, ReadNoise, RawBiasFrame}
    assert impact(bias).count(HotPixelMap) == 1 and not diff(hot, hot)


def test_objects_seen_in_the_past_do_not_stay(bias, clock):
    then = clock.now
    context.update_is_valid(bias, 0)
    context.as_of(then)
    assert BiasFrame.select_all().one().is_valid == 1
    context.as_of(None)
    assert BiasFrame.select_all().one().is_valid == 0 and (BiasFrame.is_valid == 0).one() == bias


def test_objects_that_one_holds_stay_as_they_are(bias, clock):
    then = clock.now
    context.update_is_valid(bias, 0)
    context.as_of(then)
    assert bias.is_valid == 0 and len(bias.raw_bias_frames) == 3


# --- against a model in plain Python ---

CHANGES = st.lists(st.tuples(st.sampled_from(['make', 'valid', 'start', 'end']), st.integers(0, 5), st.integers(0, 9)),
                   max_size=14)


def change(clock, objects, kind, which, value):
    """One change, in the database and in the model: (object, the values at each instant)."""
    if kind == 'make' or not objects:
        bias = paper.insert(paper.product(ReadNoise, read_noise=1.0, timestamp_start=START, timestamp_end=START + 10 * DAY))
        objects.append((bias, [(clock.now, {'is_valid': 1, 'timestamp_start': START, 'timestamp_end': START + 10 * DAY})]))
        return
    obj, versions = objects[which % len(objects)]
    values = dict(versions[-1][1])
    if kind == 'valid':
        values['is_valid'] = value % 3
        context.update_is_valid(obj, value % 3)
    elif kind == 'start':
        values['timestamp_start'] = START + value * DAY / 2
        context.update_timestamps(obj, start=values['timestamp_start'])
    else:
        values['timestamp_end'] = START + (6 + value) * DAY
        context.update_timestamps(obj, end=values['timestamp_end'])
    versions.append((clock.now, values))


def world(objects, moment) -> dict:
    """What the model says that there was at `moment`: values by name."""
    found = {}
    for obj, versions in objects:
        past_ones = [values for date, values in versions if date <= moment]
        if past_ones:
            found[obj.filename] = past_ones[-1]
    return found


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=CHANGES, hours=st.lists(st.integers(-1, 20), min_size=1, max_size=4), day=st.integers(-1, 16))
def test_queries_see_what_a_model_in_plain_python_sees(clock, changes, hours, day):
    context.as_of(None)
    begin, objects = clock.now, []
    for kind, which, value in changes:
        change(clock, objects, kind, which, value)
    mine = ReadNoise.creation_date > begin
    date = START + day * DAY
    serves = mine & (ReadNoise.is_valid >= 1) & (ReadNoise.timestamp_start <= date) & (ReadNoise.timestamp_end > date)
    for hour in hours:
        moment = begin + datetime.timedelta(hours=hour)
        context.as_of(moment)
        model = world(objects, moment)
        assert {obj.filename: {name: getattr(obj, name) for name in ('is_valid', 'timestamp_start', 'timestamp_end')}
                for obj in mine} == model
        assert len(mine) == len(model)
        assert names(serves) == {name for name, values in model.items() if values['is_valid'] >= 1
                                 and values['timestamp_start'] <= date < values['timestamp_end']}
        table = as_of.invalid_ids(DataObject.__table__, moment)
        invalid = set(database().session.scalars(table)) & {obj.object_id for obj, _ in objects}
        assert {obj.filename for obj, _ in objects if obj.object_id in invalid and obj.filename in model} \
            == {name for name, values in model.items() if values['is_valid'] == 0}
    context.as_of(None)
    assert {obj.filename: obj.is_valid for obj in mine} \
        == {name: values['is_valid'] for name, values in world(objects, clock.now).items()}


# --- nothing changes meanwhile ---

def test_nothing_can_be_changed_in_the_past(bias, clock):
    then = clock.now
    before = len(DataObject.select_all())
    context.as_of(then)
    for do in (lambda: context.update_is_valid(bias, 0), lambda: context.update_timestamps(bias, end=START + 9 * DAY),
               lambda: context.publish(bias, 3),
               lambda: context.create_project('X'), lambda: context.add_member('bob'), lambda: paper.insert(paper.raw()),
               lambda: context.delete(HotPixelMap.select_all().first() or bias)):
        with pytest.raises(NotAllowed):
            do()
    context.as_of(None)
    assert len(DataObject.select_all()) == before and BiasFrame.select_all().one().is_valid == 1 and not context.history(bias)
