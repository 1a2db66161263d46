"""Which set of raw frames serves: random nights against a plain rule, and each part of the rule by itself."""

import datetime
import random

import pytest

from awlike.context import context
from awlike.errors import NoCalibration
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.raw import RawBiasFrame, RawDarkFrame, RawTwilightFlatFrame
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.planning.chooser import Chooser
from awlike.planning.counting import Counting
from awlike.planning.eras import Eras
from awlike.planning.request import Request
from tests import paper

NOON = datetime.datetime(2012, 5, 31, 16)  # at OmegaCAM, in UTC
DAY = datetime.timedelta(days=1)
FAST, SLOW, UNKNOWN = {'READMODE': 'fast'}, {'READMODE': 'slow'}, None


def moment(night, hours=10.0):
    """So many hours after noon of the night so many days after the first."""
    return NOON + night * DAY + datetime.timedelta(hours=hours)


def observed(night, number=3, cls=RawBiasFrame, hours=10.0, setup=None, **values):
    """Raw frames of one night, a minute apart."""
    frames = [paper.raw(cls, setup=setup, DATE_OBS=moment(night, hours + n / 60), **values) for n in range(number)]
    paper.insert(*frames)
    return frames


def choose(cls=BiasFrame, night=0, hours=14.0, setup=None, limits=(3, 14, 90), **values):
    """The ids of the raw frames that are chosen, or the error; and how far they are."""
    number = values.pop('number', 3)
    request = Request(paper.instrument(), paper.chip(), paper.filter() if 'filter' in cls.__properties__ else None,
                      moment(night, hours), setup=paper.setup_of(setup) if setup else None, **values)
    names = 'PLAN_NIGHTS', 'ACCEPTABLE_NIGHTS', 'LAST_RESORT_NIGHTS'
    params = cls.Parameters(MINIMUM_NUMBER=number, **dict(zip(names, limits, strict=True)))
    counting = Counting(commit=False)
    choice, = Chooser(counting, Eras(counting)).choose(cls, [request], [params])
    return choice if isinstance(choice, NoCalibration) else (ids(choice[0].frames), choice[1])


def ids(frames):
    return [frame.object_id for frame in frames]


def plain(frames, night, setup, breaks, number, last):
    """The rule in a few lines: the nearest night of the setup and the era; at equal distance the night before."""
    def era(date):
        return sum(one <= date for one in breaks)

    nights = {}
    for frame in frames:
        alike = frame.setup is None if setup is None else frame.setup is not None and frame.setup.values == setup
        if alike and era(frame.DATE_OBS) == era(moment(night, 14.0)):
            nights.setdefault((frame.DATE_OBS - NOON).days, []).append(frame)
    good = [one for one, members in nights.items() if len(members) >= number and abs(one - night) <= last]
    return ids(nights[min(good, key=lambda one: (abs(one - night), one > night))]) if good else None


@pytest.mark.parametrize('seed', [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 18))])
def test_random_nights_with_setups_and_eras_are_served_by_the_plain_rule(project, seed):
    dice = random.Random(seed)
    paper.filter(), paper.chip()
    breaks = sorted(moment(dice.randrange(60), dice.uniform(0, 24)) for _ in range(dice.randrange(4)))
    for number, date in enumerate(breaks):
        context.intervention('OMEGACAM', date, kinds=[BiasFrame], reason=f'washed {number}')
    context.intervention('OMEGACAM', moment(20), kinds=[TwilightFlatFrame], reason='of another kind')
    frames = []
    for night in sorted(dice.sample(range(60), 35)):
        for setup in dice.sample((FAST, SLOW, UNKNOWN), dice.randrange(1, 4)):
            frames += observed(night, dice.choice((1, 2, 3, 4, 5)), hours=dice.uniform(6, 18), setup=setup)
    for frame in dice.sample(frames, len(frames) // 10):
        context.update_is_valid(frame, 0)
    valid = sorted((frame for frame in frames if frame.is_valid), key=lambda frame: (frame.DATE_OBS, frame.digest))
    checked = 0
    for night in range(-5, 65):
        for setup in (FAST, SLOW, UNKNOWN):
            last = dice.choice((3, 10, 90))
            expected = plain(valid, night, setup, breaks, 3, last)
            found = choose(night=night, setup=setup, limits=(min(3, last), min(10, last), last))
            if expected is None:  # nothing serves by the plain rule: at best a reserve of it, which is told
                assert isinstance(found, NoCalibration) or found[1].note
            else:
                assert found[0] == expected
                checked += 1
    assert checked > 100


def test_the_night_before_goes_first_at_equal_distance_unless_the_kind_says_after(project, monkeypatch):
    before, after = observed(-2), observed(2)
    assert choose()[0] == ids(before)
    monkeypatch.setattr(BiasFrame, 'AFTER_FIRST', True)
    assert choose()[0] == ids(after)


def test_a_nearer_night_goes_before_a_set_made_or_ingested_later(project):
    near = observed(1)
    observed(-3)
    observed(4)
    assert choose()[0] == ids(near)


def test_evening_and_morning_of_a_night_are_two_twilight_sets_and_the_nearer_in_time_serves(project):
    evening = observed(0, cls=RawTwilightFlatFrame, hours=7)
    morning = observed(0, cls=RawTwilightFlatFrame, hours=18)
    assert choose(TwilightFlatFrame, hours=9)[0] == ids(evening) and choose(TwilightFlatFrame, hours=16)[0] == ids(morning)


@pytest.mark.parametrize(('night', 'level'), [(0, 'plan'), (3, 'plan'), (-4, 'acceptable'), (14, 'acceptable'),
                                              (15, 'last resort'), (-90, 'last resort')])
def test_the_level_follows_from_the_distance(project, night, level):
    observed(night)
    chosen = choose()[1]
    assert (chosen.level, chosen.nights) == (level, night)


def test_beyond_the_last_limit_nothing_serves(project):
    observed(91)
    error = choose()
    assert '0 valid RawBiasFrame' in str(error) and 'within 90 nights' in str(error) and 'MINIMUM_NUMBER' in str(error)


def test_nights_are_joined_where_none_has_enough_and_are_acceptable_at_best(project):
    same, later, far = observed(0, 1), observed(1, 1), observed(-5, 1)
    found, chosen = choose()
    assert found == ids([*far, *same, *later]) and chosen.level == 'acceptable' and '3 sets joined' in chosen.note
    whole = observed(60, 3)
    found, chosen = choose()
    assert found == ids(whole) and chosen.level == 'last resort', 'a night with enough of its own goes before'


def test_two_nights_joined_are_acceptable_however_near_they_are(project):
    same, next_ = observed(0, 2), observed(1, 1)
    found, chosen = choose()
    assert found == ids([*same, *next_]) and (chosen.level, chosen.nights) == ('acceptable', 1)


def test_nights_are_not_joined_across_an_intervention_nor_setups(project):
    observed(0, 2)
    observed(2, 2)
    paper.chip()
    context.intervention('OMEGACAM', moment(1), reason='detector changed')
    error = choose()
    assert isinstance(error, NoCalibration) and '2 lie across the intervention' in str(error)
    assert 'detector changed' in str(error)
    error = choose(setup=FAST, number=5)
    assert isinstance(error, NoCalibration)


def test_of_the_night_of_an_intervention_time_decides(project):
    before, after = observed(0, hours=8), observed(0, hours=12)
    paper.chip()
    context.intervention('OMEGACAM', moment(0, 10), reason='mirror washed')
    assert choose(hours=9)[0] == ids(before) and choose(hours=11)[0] == ids(after)
    withdrawn = context.interventions()[0]
    context.withdraw(withdrawn, reason='was not washed')
    assert choose(hours=9)[0] == ids([*before, *after])


def test_another_setup_never_serves_and_is_named_as_a_near_miss(project):
    observed(0, setup=SLOW)
    error = choose(setup=FAST)
    assert '0 valid RawBiasFrame' in str(error) and 'in setup READMODE=fast' in str(error)
    assert '3 would match but for READMODE slow instead of fast' in str(error)


def test_frames_that_do_not_name_the_setting_serve_only_where_no_equal_setup_does(project):
    unknown = observed(0)
    found, chosen = choose(setup=FAST)
    assert found == ids(unknown) and 'not known to be the same' in chosen.note
    equal = observed(50, setup=FAST)
    found, chosen = choose(setup=FAST)
    assert found == ids(equal) and not chosen.note


def test_three_modes_of_a_night_are_three_sets(project):
    modes = [{'READMODE': mode} for mode in ('fast', 'slow', 'high')]
    frames = [observed(0, setup=mode, hours=8 + n) for n, mode in enumerate(modes)]
    assert [choose(setup=mode)[0] for mode in modes] == [ids(some) for some in frames]


# --- darks ---

def dark(night, EXPTIME, TEMPERATURE=-100.0, number=3, **values):
    return observed(night, number, RawDarkFrame, EXPTIME=EXPTIME, TEMPERATURE=TEMPERATURE, **values)


def choose_dark(EXPTIME=300.0, TEMPERATURE=-100.0, limits=(7, 30, 365), **values):
    return choose(DarkFrame, EXPTIME=EXPTIME, TEMPERATURE=TEMPERATURE, limits=limits, **values)


def test_a_dark_of_the_same_exposure_time_goes_before_a_longer_one_that_is_nearer_within_its_level(project):
    longer, same = dark(0, 600.0), dark(5, 300.4)
    assert choose_dark()[0] == ids(same)
    assert choose_dark(limits=(3, 30, 365))[0] == ids(longer), 'of a better level'


def test_a_shorter_dark_is_the_last_resort_however_near_it_is(project):
    short = dark(0, 30.0)
    found, chosen = choose_dark()
    assert found == ids(short) and chosen.level == 'last resort' and 'scaled up' in chosen.note
    longer = dark(200, 900.0)
    found, chosen = choose_dark()
    assert found == ids(longer) and chosen.level == 'last resort' and 'scaled up' not in chosen.note


def test_darks_of_another_temperature_do_not_serve(project):
    dark(0, 300.0, TEMPERATURE=-80.0)
    assert isinstance(choose_dark(), NoCalibration)
    near = dark(6, 300.0, TEMPERATURE=-99.0)
    assert choose_dark()[0] == ids(near)


def test_a_dark_of_unknown_temperature_serves_where_no_other_does(project):
    unknown = dark(0, 300.0, TEMPERATURE=None)
    assert choose_dark()[0] == ids(unknown)
    known = dark(100, 300.0)
    assert choose_dark()[0] == ids(known)


def test_darks_of_two_exposure_times_are_two_sets_and_are_not_joined(project):
    dark(0, 300.0, number=2)
    dark(0, 600.0, number=2)
    error = choose_dark()
    assert isinstance(error, NoCalibration) and 'of one exposure time' in str(error)
