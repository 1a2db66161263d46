"""What a new product is compared with, and what follows from it."""

import datetime
import itertools
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.references import User
from awlike.planning.counting import Counting
from awlike.planning.predecessors import ComparedPlace, Predecessors, latest_before
from awlike.planning.request import Request
from awlike.planning.step import Step
from awlike.recipes.bias import BiasTask
from awlike.recipes.read_noise import ReadNoiseTask
from awlike.store import server
from tests import paper
from tests.planning.test_candidates import DAY, START, long_ago, noise
from tests.tasks.conftest import counted

_number = itertools.count()
NIGHT = datetime.datetime(2012, 6, 1, 20)


def before(chip, *days, commit=False, **params):
    """What those of so many days after START are compared with."""
    place = paper.instrument().object_id, chip.object_id, None
    return latest_before(Counting(commit), ReadNoise,
                         [ComparedPlace(place, START + day * DAY, ReadNoise.Parameters(**params)) for day in days])


@pytest.fixture
def nights(project, monkeypatch):
    """Nights of raw biases, on paper; the read noise of each is what the dict that this gives says, or 2 ADU."""
    noises = {}

    def make(inputs, params):
        day = min(raw.DATE_OBS for raw in inputs.raw_bias_frames).day
        return {'read_noise': noises.get(day, 2.0), 'mean_diff': 0.0, 'median_diff': 0.0}

    monkeypatch.setattr(ReadNoise, 'make', staticmethod(make))
    for day in range(3):
        paper.insert(*[paper.raw(RawBiasFrame, DATE_OBS=NIGHT + datetime.timedelta(days=day, minutes=n)) for n in range(3)])
    return noises


def measure(day=None, commit=True, **pars):
    """Make the read noise of the night of that day of June, or of all; gives what was made."""
    task = ReadNoiseTask('OMEGACAM', date=None if day is None else f'2012-06-{day:02}', commit=commit, pars=pars)
    task.execute()
    return task.made


def plan_of(day):
    """The plan for the read noise of the night of that day of June."""
    return ReadNoiseTask('OMEGACAM', date=f'2012-06-{day:02}', commit=True).plan()


def biases(names):
    """The master bias of the raw frames `names`, made."""
    task = BiasTask('OMEGACAM', raw_filenames=names, commit=True)
    task.execute()
    return task.products


def of(day):
    """The latest made read noise of that night."""
    return (ReadNoise.DATE_OBS.between(NIGHT + (day - 1) * DAY, NIGHT + day * DAY)).max('creation_date')


# --- which one ---

CANDIDATES = st.lists(st.fixed_dictionaries({
    'day': st.integers(0, 4), 'chip': st.sampled_from([0, 0, 1]),
    'whose': st.sampled_from(['project', 'project', 'mine', "bob's"]),
    'is_valid': st.sampled_from([0, 1, 1, 2]), 'quality_flags': st.sampled_from([0, 0, 1 << 16]),
    'from_bad': st.sampled_from([False, False, True]), 'threshold': st.sampled_from([5.0, 5.0, 4.0]),
    'limit': st.sampled_from([50.0, 60.0])}), max_size=6)


def model(candidates, chip, day, commit):
    """The number of the candidate, as the rule says it; of several of one date the last made."""
    counting = [(c['day'], n) for n, c in enumerate(candidates)
                if c['whose'] in (('project',) if commit else ('project', 'mine')) and c['is_valid'] >= 1
                and c['quality_flags'] == 0 and not c['from_bad'] and c['threshold'] == 5.0 and c['chip'] == chip
                and c['day'] < day]
    return max(counting, default=(None, None))[1]


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(candidates=CANDIDATES, days=st.lists(st.integers(0, 6), min_size=1, max_size=3), commit=st.booleans())
def test_the_rule_and_its_model_agree(project, candidates, days, commit):
    number = next(_number)
    chips = [paper.chip(f'chip {number} {n}') for n in (0, 1)]
    bob = paper.know(User(name='bob'))
    good, bad = long_ago(chips[0]), long_ago(chips[0])
    if any(c['from_bad'] for c in candidates):
        context.update_is_valid(bad[1], 0)
    made = [noise(chips[c['chip']], bad if c['from_bad'] else good, is_valid=c['is_valid'], quality_flags=c['quality_flags'],
                  DATE_OBS=START + c['day'] * DAY, creation_date=START + n * DAY,
                  privileges=2 if c['whose'] == 'project' else 1,
                  creator=bob if c['whose'] == "bob's" else context.user, process_params=ReadNoise.Parameters(
                      REJECTION_THRESHOLD=c['threshold'], MAXIMUM_READ_NOISE=c['limit']))
            for n, c in enumerate(candidates)]
    for n, chip in enumerate(chips):
        expected = [model(candidates, n, day, commit) for day in days]
        assert before(chip, *days, commit=commit) == [None if one is None else made[one] for one in expected]


def test_filters_are_kept_apart(project):
    red, green = paper.filter(), paper.filter('g_SDSS')
    flat = paper.product(FlatFrame, filter=red, filename=None, process_params=FlatFrame.Parameters())
    paper.insert(flat)
    places = [(flat.instrument.object_id, flat.chip.object_id, one.object_id) for one in (red, green)]
    wanted = [ComparedPlace(place, START + DAY, flat.process_params) for place in places]
    found = latest_before(Counting(False), FlatFrame, wanted)
    assert found == [flat, None]


def test_a_product_with_flags_that_is_made_on_the_way_is_compared_with_nothing(project):
    def step(day):
        return Step(ReadNoise, Request(paper.instrument(), paper.chip(), None, START + day * DAY), ReadNoise.Parameters())

    for flags in (0, 1):
        later, predecessors = step(1), Predecessors(Counting(False), [])
        made = SimpleNamespace(DATE_OBS=START, process_parameters=ReadNoise.Parameters().model_dump(), quality_flags=flags)
        predecessors.add(step(0), made)
        assert predecessors.of(later) is (None if flags else made)


def test_what_lost_its_file_is_not_made_again_to_be_compared_with(project):
    bias = paper.bias(process_params=BiasFrame.Parameters())
    assert not server().has(bias.filename)
    place = bias.instrument.object_id, bias.chip.object_id, None
    wanted = ComparedPlace(place, START + DAY, bias.process_params)
    assert latest_before(Counting(False), BiasFrame, [wanted]) == [None]
    server().path(bias.filename).parent.mkdir(parents=True, exist_ok=True)
    server().path(bias.filename).touch()
    assert latest_before(Counting(False), BiasFrame, [wanted]) == [bias]


def test_for_many_it_takes_as_many_statements_as_for_one(project):
    chips = [paper.chip(f'chip {n}') for n in range(4)]
    raws = long_ago(chips[0])
    for chip in chips:
        for day in range(3):
            noise(chip, raws, DATE_OBS=START + day * DAY)
    counting, numbers = Counting(True), []
    for some, days in ((chips[:1], (2,)), (chips, (1, 2, 3))):
        wanted = [ComparedPlace((chip.instrument.object_id, chip.object_id, None), START + day * DAY, ReadNoise.Parameters())
                  for chip in some for day in days]
        with counted() as statements:
            found = latest_before(counting, ReadNoise, wanted)
        assert [one.DATE_OBS for one in found] == [one.date - DAY for one in wanted]
        numbers.append(len(statements))
    assert numbers[0] == numbers[1] <= 3


# --- what is made is compared ---

@pytest.mark.parametrize('commit', [True, False])
def test_nights_made_together_are_compared_in_turn(nights, commit):
    made = sorted(measure(commit=commit), key=lambda noise: noise.DATE_OBS)
    assert [one.quality.get('MAXIMUM_READ_NOISE_DIFFERENCE') for one in made] == [None, 0, 0]
    assert [one.compare().compared_with for one in made[1:]] == ([str(made[0]), str(made[1])] if commit else ['', ''])
    assert [one.quality['compared with']['name'] for one in made[1:]] == [str(made[0]), str(made[1])]
    assert not any(one.quality_flags for one in made)


def test_a_night_is_compared_with_the_last_one_that_exists(nights):
    first, = measure(1)
    third, = measure(3, commit=False)
    assert third.quality['compared with']['name'] == str(first) and third.compare(first) and third.compare()
    second, = measure(2)
    assert second.quality['compared with']['name'] == str(first), 'not with what is observed later'


def test_the_first_of_its_kind_passes(nights):
    first, = measure(1)
    assert first.quality_flags == 0 and 'compared with' not in first.quality and first.compare()
    assert not first.ancestors().of_class(ReadNoise)


def test_a_jump_is_flagged_and_told_and_keeps_nothing_from_serving(nights, caplog):
    """What was made before is an accident of the order of work: goodness must not depend on it."""
    nights[2] = 9.0
    measure(1)
    second, = measure(2)
    told = 'missed its limits: MAXIMUM_READ_NOISE_DIFFERENCE: 7 adu, limit 2 (compared with ReadNoise '
    assert told in caplog.text and 'look at it' in caplog.text
    assert of(2).quality_flags == 1 << 16 and str(second.missed_limits()) == '[MAXIMUM_READ_NOISE_DIFFERENCE: 7 adu, limit 2]'
    assert measure(2) == [] and told in str(plan_of(2)), 'the plan tells of it, too'
    third, = measure(3)
    assert third.quality['compared with']['name'] == str(of(1)), 'what is flagged is no standard'


def test_flags_are_not_made_again_with_the_content(nights):
    measure(1)
    second, = measure(2)
    outcome = second.reproduce()
    assert outcome.identical and 'compared with' not in outcome.again.quality


def test_real_pixels_are_compared_too(night):
    """The bias of the night, and that of its last five raw frames, a moment later."""
    names = [raw.filename for raw in RawBiasFrame.select_all().order_by('DATE_OBS')]
    (first,), (second,) = biases(names), biases(names[5:])
    change = second.quality['MAXIMUM_STDEV_DIFFERENCE']
    assert second.quality['compared with']['name'] == first.filename
    assert change == abs(second.quality['MAXIMUM_STDEV'] - first.quality['MAXIMUM_STDEV']) > 0
    assert second.compare().held == second.compare(first).held and second.compare().held[0].value == change
