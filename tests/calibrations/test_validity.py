"""Which calibration serves when: the picture says what the chooser does."""

import datetime
import itertools

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.calibrations.validity import latest_of, places
from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.references import User
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import Request
from awlike.planning.resolve import Resolver
from tests import paper
from tests.planning.test_candidates import CANDIDATES, DAY, START, bias_with, long_ago, noise
from tests.tasks.conftest import counted

_number = itertools.count()
INTERVALS = st.lists(st.tuples(st.integers(0, 12), st.integers(1, 6)).map(lambda x: (x[0], x[0] + x[1])), max_size=12)


def place_of(chip, cls=ReadNoise, **selection):
    one, = places([cls], chip=chip.name, **selection)
    return one


# --- the sweep ---

@given(INTERVALS)
def test_at_any_time_the_first_interval_that_covers_it_rules(intervals):
    parts = latest_of(intervals)
    for time in range(-1, 20):
        expected = next((n for n, (start, end) in enumerate(intervals) if start <= time < end), None)
        assert [number for start, end, number in parts if start <= time < end] == [expected] * (expected is not None)


@given(INTERVALS)
def test_parts_are_in_order_disjoint_and_as_long_as_they_can_be(intervals):
    for (_, end, number), (start, _, following) in itertools.pairwise(latest_of(intervals)):
        assert end <= start and (end < start or number != following)


# --- the rule ---

@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(candidates=CANDIDATES, data=st.data())
def test_what_is_shown_to_serve_is_what_a_task_chooses(project, candidates, data):
    chip = paper.chip(f'chip {next(_number)} to be seen')
    order, bob = data.draw(st.permutations(range(len(candidates)))), paper.know(User(name='bob'))
    good, bad = long_ago(chip), long_ago(chip)
    context.update_is_valid(bad[1], 0)
    for n, c in enumerate(candidates):
        noise(chip, bad if c['from_bad'] else good, is_valid=c['is_valid'], quality_flags=c['quality_flags'],
              timestamp_start=START + c['start'] * DAY, timestamp_end=START + (c['start'] + c['days']) * DAY,
              creation_date=START + order.index(n) * DAY, privileges=2 if c['whose'] == 'project' else 1,
              creator=bob if c['whose'] == "bob's" else context.user,
              process_params=ReadNoise.Parameters(REJECTION_THRESHOLD=c['threshold']))
    there = places([ReadNoise], chip=chip.name)
    dates = [START + hours * DAY / 2 for hours in range(-2, 20)]
    steps = Resolver(ParametersInForce(), commit=False).resolve(
        ReadNoise, [Request(paper.instrument(), chip, None, date) for date in dates])
    for date, step in zip(dates, steps, strict=True):
        shown = [one for place in there for one in place.calibrations
                 if any(start <= date < end for start, end in one.serving)]
        assert [one.found.object_id for one in shown] == ([step.found.object_id] if step.found else [])
        assert [place.chosen(date) for place in there if place.chosen(date)] == shown


def test_what_was_made_from_other_inputs_than_today_does_not_serve(project):
    chip = paper.chip()
    raws = long_ago(chip)
    bias_with(noise(chip, raws))
    assert place_of(chip, BiasFrame).calibrations[0].reason is None
    noise(chip, raws)
    assert place_of(chip, BiasFrame).calibrations[0].reason.kind == 'better input'


def test_a_calibration_knows_who_eclipses_it_the_latest_first(project):
    chip = paper.chip()
    raws = long_ago(chip)
    for start, end in ((0, 6), (1, 2), (4, 8), (3, 5)):
        noise(chip, raws, timestamp_start=START + start * DAY, timestamp_end=START + end * DAY)
    last, second, first, lowest = place_of(chip).calibrations
    assert lowest.eclipsed_by == [last, second, first] and last.eclipsed_by == []
    assert lowest.serving == [(START, START + DAY), (START + 2 * DAY, START + 3 * DAY)]
    assert second.serving == [(START + 5 * DAY, START + 8 * DAY)] and second.eclipsed_by == [last]


def test_chips_and_where_it_matters_filters_have_places_of_their_own(project):
    chips, filters = [paper.chip(f'ESO_CCD_#{n}') for n in (66, 65)], [paper.filter('r_SDSS'), paper.filter('g_SDSS')]
    for chip, filter_ in itertools.product(chips, filters):
        paper.raws(2, RawScienceFrame, chip=chip, filter=filter_)
    there = places([BiasFrame, FlatFrame], instrument='OMEGACAM')
    assert [(place.cls, *place.names[1:], len(place.dates)) for place in there] == [
        (BiasFrame, 'ESO_CCD_#65', 4), (BiasFrame, 'ESO_CCD_#66', 4),
        (FlatFrame, 'ESO_CCD_#65', 'g_SDSS', 2), (FlatFrame, 'ESO_CCD_#65', 'r_SDSS', 2),
        (FlatFrame, 'ESO_CCD_#66', 'g_SDSS', 2), (FlatFrame, 'ESO_CCD_#66', 'r_SDSS', 2)]
    assert len(places([BiasFrame, FlatFrame], chip='ESO_CCD_#66', filter='r_SDSS')) == 2


def test_nights_that_nothing_serves_are_counted_by_their_science_frames(project):
    chip = paper.chip()
    noise(chip, long_ago(chip))
    for hours, number in ((4, 2), (30, 3), (31, 1)):
        paper.raws(number, RawScienceFrame, chip=chip, DATE_OBS=START + datetime.timedelta(hours=hours))
    paper.raws(5, RawScienceFrame, chip=chip, DATE_OBS=START + 2 * DAY, is_valid=0)
    place = place_of(chip)
    assert len(place.dates) == 6 and place.gaps() == {datetime.date(2012, 6, 2): 4}


def test_nights_limit_what_is_shown(project):
    """Outside of them others may serve that were not read."""
    chip = paper.chip()
    raws = long_ago(chip)
    long = noise(chip, raws, timestamp_start=START - 9 * DAY, timestamp_end=START + 9 * DAY)
    noise(chip, raws, timestamp_start=START + 5 * DAY, timestamp_end=START + 9 * DAY)
    place = place_of(chip, instrument='OMEGACAM', date='2012-06-01:2012-06-02')
    (one,), ((start, end),) = place.calibrations, place.calibrations[0].serving
    assert one.found.object_id == long.object_id and end - start == 2 * DAY
    assert place.chosen(START + DAY) is one and place.chosen(START + 4 * DAY) is None


def test_the_world_as_of_a_date_is_shown(project):
    chip = paper.chip()
    raws = long_ago(chip)
    first = noise(chip, raws)
    second = noise(chip, raws, timestamp_end=START + 3 * DAY)
    context.update_is_valid(second, 0)
    context.update_timestamps(first, end=START + 2 * DAY)
    assert [one.end for one in place_of(chip).calibrations if one.serving] == [START + 2 * DAY]
    context.as_of(context.history(second)[0].date - datetime.timedelta(microseconds=1))
    last, earlier = place_of(chip).calibrations
    assert last.serving == [(START, START + 3 * DAY)] and earlier.end == START + DAY and not earlier.serving


def test_the_number_of_statements_does_not_grow(project):
    def number_for(chips):
        for chip in chips:
            raws = paper.raws(3, RawBiasFrame, chip=chip, DATE_OBS=START)
            paper.raws(1, RawScienceFrame, chip=chip, DATE_OBS=START)
            bias_with(noise(chip, raws))
        with counted() as statements:
            places([BiasFrame, DomeFlatFrame], instrument='OMEGACAM')
        return len(statements)

    assert number_for([paper.chip('ESO_CCD_#65')]) == number_for([paper.chip(f'ESO_CCD_#{n}') for n in range(66, 80)]) <= 20
