"""Which calibrations a night lacks: each state by itself, calibrations of calibrations, and no false alarms."""

import datetime
import random

import pytest
from sqlalchemy import update

from awlike.calibrations import check_views
from awlike.calibrations.check import check
from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import (
    RawBiasFrame,
    RawDarkFrame,
    RawDomeFlatFrame,
    RawScienceFrame,
    RawTwilightFlatFrame,
)
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.persist.dataobject import DataObject
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from tests import paper

NIGHT = '2012-05-31'
NOON = datetime.datetime(2012, 5, 31, 16)  # at OmegaCAM, in UTC
DAY = datetime.timedelta(days=1)
FAST, SLOW = {'READMODE': 'fast'}, {'READMODE': 'slow'}


def moment(night, hours=10.0):
    """So many hours after noon of the night so many days after the first."""
    return NOON + night * DAY + datetime.timedelta(hours=hours)


def observed(cls, night=0, number=3, hours=10.0, **values):
    """Raw frames of one night, a minute apart."""
    frames = [paper.raw(cls, DATE_OBS=moment(night, hours + n / 60), **values) for n in range(number)]
    paper.insert(*frames)
    return frames


def biases(night=0, number=3, **values):
    return observed(RawBiasFrame, night, number, hours=5, **values)


def domes(night=0, number=3, **values):
    return observed(RawDomeFlatFrame, night, number, hours=4, **values)


def twilights(night=0, number=3, hours=7, **values):
    return observed(RawTwilightFlatFrame, night, number, hours=hours, **values)


def darks(night=0, number=3, **values):
    return observed(RawDarkFrame, night, number, hours=6, **values)


def science(number=1, hours=12, **values):
    return observed(RawScienceFrame, 0, number, hours=hours, **values)


def states(**where):
    """(calibrations, state, detail) of the rows of the check, as ``{'BiasFrame': ('OK', 'the same night')}``."""
    found = check(NIGHT, **where)
    told = {', '.join(row.calibrations): (row.state, row.detail) for row in found.rows}
    assert len(told) == len(found.rows), f'some are told twice:\n{found}'
    assert found.ok is all(state == 'OK' for state, _ in told.values())
    return told


def row(name):
    one, = [row for row in check(NIGHT).rows if name in row.calibrations]
    return one


SAME = 'OK', 'the same night'


# --- each state ---

def test_a_night_with_all_it_needs_is_ok(project):
    science(), biases(), twilights()
    assert states() == {'BiasFrame': SAME, 'TwilightFlatFrame': SAME}
    assert str(check(NIGHT)).endswith('\nall is OK')


def test_what_is_near_enough_is_ok_and_the_distance_is_told(project):
    science(), biases(-2), twilights(4), biases(4)
    found = check(NIGHT)
    assert found.ok
    assert [(row.calibrations, row.detail) for row in found.rows if row.night.day == 31] == [
        (('BiasFrame',), '2 nights before'), (('TwilightFlatFrame',), '4 nights after')]


def test_what_is_further_away_than_planned_is_old(project):
    science(), biases(), twilights(-10), biases(-10)
    found = row('TwilightFlatFrame')
    assert (found.state, found.detail, found.remedy) == (
        'OLD', '10 nights before: acceptable', 'take 3 RawTwilightFlatFrame r_SDSS')
    twilights(4, number=1), twilights(2, number=2)
    assert row('TwilightFlatFrame').detail == '10 nights before: acceptable', 'a whole set goes before sets that are joined'


@pytest.mark.parametrize('older, instead', [(None, 'nothing else serves'), (-2, 'instead serves 2 nights before: plan')])
def test_too_few_frames_of_the_night_are_told_whatever_serves_instead(project, older, instead):
    science(setup=FAST), biases(setup=FAST), domes(setup=FAST), twilights(number=2, setup=FAST)
    if older is not None:
        twilights(older, setup=FAST), biases(older, setup=FAST)
    found = row('TwilightFlatFrame')
    assert (found.state, found.detail) == ('FEW', f'2 of 3 taken; {instead}')
    assert found.remedy == 'take 1 more RawTwilightFlatFrame r_SDSS in READMODE=fast'
    twilights(hours=18, setup=FAST)
    assert row('TwilightFlatFrame').state == 'OK', 'the morning has its own'


def test_what_nothing_serves_is_missing_with_the_near_misses(project):
    science(setup=FAST), biases(setup=SLOW), biases(1, number=1, setup=FAST), domes(setup=FAST)
    found = row('BiasFrame')
    assert found.state == 'MISSING' and found.remedy == 'take 3 RawBiasFrame in READMODE=fast'
    assert found.detail == '1 within 90 nights, 3 are needed; 3 would match but for READMODE slow instead of fast'
    assert states()['DomeFlatFrame'] == SAME, 'its own frames are there'


def test_what_nobody_took_is_missing(project):
    science()
    assert states() == {'BiasFrame': ('MISSING', 'none within 90 nights'),
                        'FlatFrame': ('MISSING', 'none within 180 nights')}
    assert row('FlatFrame').remedy == 'take 3 RawTwilightFlatFrame or RawDomeFlatFrame r_SDSS'


def test_invalid_frames_of_the_night_are_bad(project):
    science(), domes(), biases(-1)
    for raw in biases(number=4)[:2]:
        context.update_is_valid(raw, 0)
    found = row('BiasFrame')
    assert (found.state, found.detail) == ('BAD', '2 of 4 are invalid, 3 are needed; instead serves 1 night before: plan')
    assert found.remedy == 'take 1 RawBiasFrame'


def flag(cls):
    """Let the objects of a class have missed a limit."""
    with database().transaction() as connection:
        connection.execute(update(DataObject.__table__).where(DataObject.__table__.c.class_name == cls.__name__).values(
            quality_flags=1, quality={next(iter(cls.LIMITS)): 1e6}))
    database().session.expire_all()


def test_a_calibration_that_missed_its_limits_is_bad(reduced):
    assert check(NIGHT).ok
    flag(BiasFrame)
    found = row('BiasFrame')
    assert (found.state, found.detail) == ('BAD', 'missed its limits, and nothing else serves')
    assert 'BiasFrame_OMEGACAM' in found.about and 'MAXIMUM_ABS_MEAN' in found.about
    assert found.remedy == 'inspect it and invalidate bad raw frames, or take 3 RawBiasFrame'


def test_the_set_of_another_night_in_place_of_a_bad_calibration_is_told(reduced):
    flag(BiasFrame)
    tonight = list(RawBiasFrame.select_all())
    paper.insert(*(paper.raw(RawBiasFrame, setup=tonight[0].setup, chip=tonight[0].chip, DATE_OBS=raw.DATE_OBS - DAY,
                             raw_fits=raw.raw_fits) for raw in tonight))
    found = row('BiasFrame')
    assert (found.state, found.detail) == ('BAD', 'missed its limits; instead serves 1 night before: plan')
    assert found.about.startswith('in place of BiasFrame_OMEGACAM')


def test_a_calibration_made_from_others_that_missed_its_limits_is_bad(reduced):
    flag(HotPixelMap)
    assert states()['HotPixelMap'] == ('BAD', 'missed its limits, and nothing else serves')
    assert states()['BiasFrame'] == SAME


# --- calibrations of calibrations ---

def test_the_biases_of_the_night_of_the_flats_are_needed(project):
    science(setup=FAST), biases(setup=FAST), twilights(-4, setup=FAST)
    found, = [row for row in check(NIGHT).rows if not row.ok]
    assert found.calibrations == ('BiasFrame',) and found.night.isoformat() == '2012-05-27'
    assert (found.state, found.detail, found.serves) == ('OLD', '4 nights after: acceptable', ('TwilightFlatFrame',))
    assert found.remedy == ('take raw frames for TwilightFlatFrame anew, and RawBiasFrame in READMODE=fast '
                            'in the same night')
    biases(-3, setup=FAST)
    assert check(NIGHT).ok and 'calibrations of 2012-05-27 have what they need\nall is OK' in str(check(NIGHT))


def test_the_darks_need_biases_of_their_own_setup_and_night(project):
    science(), biases(), domes(), darks(-7)
    found = check(NIGHT)
    of_darks, = [row for row in found.rows if row.serves]
    assert of_darks.serves == ('DarkFrame',) and of_darks.night.isoformat() == '2012-05-24' and of_darks.state == 'OLD'
    assert 'needed by calibrations of that night' in str(found)


def test_a_calibration_whose_own_inputs_nobody_took_is_missing(project):
    science(), biases(), domes(), darks(-5)
    context.intervention('OMEGACAM', moment(-2), kinds=[BiasFrame], reason='detector warmed')
    found = row('DarkFrame')
    assert (found.state, found.detail, found.remedy) == (
        'MISSING', 'raw frames are there, and what these need is missing', '')
    assert 'lie across the intervention' in found.about
    biases(-5)
    assert row('DarkFrame').state == 'OK'


# --- interventions and intervals by hand ---

def test_across_an_intervention_nothing_serves(project):
    science(), biases(), twilights(-2), biases(-2)
    context.intervention('OMEGACAM', moment(-1), kinds=[TwilightFlatFrame], reason='mirror washed')
    found = row('TwilightFlatFrame')
    assert (found.state, found.detail) == ('MISSING', 'none within 180 nights; 3 lie across the intervention of '
                                           '2012-05-31 02:00 (mirror washed)')


def test_frames_before_and_after_an_intervention_in_the_night_are_told_apart(project):
    science(3), science(2, hours=16), biases(), biases(-3), domes()
    context.intervention('OMEGACAM', moment(0, 14), kinds=[BiasFrame], reason='detector warmed')
    before, after = sorted((row for row in check(NIGHT).rows if 'BiasFrame' in row.calibrations), key=lambda row: row.ok)[::-1]
    assert (before.state, before.frames) == ('OK', 5) and (after.state, after.frames) == ('MISSING', 2)
    assert '(2 science frames)' in str(check(NIGHT)), 'the flats of all five were taken before'


def test_an_interval_by_hand_that_serves_is_a_note(reduced):
    bias = BiasFrame.select_all().one()
    context.update_timestamps(bias, start=moment(-5), end=moment(5))
    found = check(NIGHT)
    assert ('OK', 'chosen by hand') in {(row.state, row.detail) for row in found.rows if 'BiasFrame' in row.calibrations}
    assert found.notes == [f'BiasFrame serves by hand: {bias.filename} from 2012-05-27 02:00 to 2012-06-06 02:00']
    assert found.notes[0] in str(found).replace('\n  ', ' ') and found.ok


# --- no false alarms ---

def test_a_set_that_nothing_needs_raises_no_alarm(project):
    science(setup=FAST), biases(setup=FAST), domes(setup=FAST)
    biases(number=1, setup=SLOW), twilights(number=1, setup=FAST, filter=paper.filter('u_SDSS'))
    assert states() == {'BiasFrame': SAME, 'DomeFlatFrame': SAME}


def test_a_kind_that_frames_do_without_is_missing_only_if_somebody_took_frames_for_it_these_days(project):
    science(setup=FAST), biases(setup=FAST), domes(setup=FAST)
    darks(-40, setup=SLOW), twilights(-100, number=1, setup=FAST)
    assert states() == {'BiasFrame': SAME, 'DomeFlatFrame': SAME}
    darks(setup=SLOW)
    assert states()['DarkFrame'] == ('MISSING', 'none within 365 nights; 6 would match but for READMODE slow instead of fast')
    assert row('DarkFrame').remedy == 'take 3 RawDarkFrame of 300 s in READMODE=fast'


def test_darks_of_each_exposure_time_are_told(project):
    science(), science(hours=13, EXPTIME=60.0), biases(), domes(), darks(EXPTIME=100.0)
    rows = {row.exptime: (row.state, row.detail) for row in check(NIGHT).rows if row.calibrations == ('DarkFrame',)}
    assert rows == {60.0: SAME, 300.0: ('OLD', 'the same night: last resort: exposed 100 s, scaled up to 300 s')}


def test_frames_that_differ_by_what_no_shutter_tells_are_one_row(project):
    for n in range(4):
        science(hours=12 + n, EXPTIME=300 + n / 1000, TEMPERATURE=-100 + n / 10)
    biases(), domes(), darks(TEMPERATURE=-100.0)
    assert states()['DarkFrame'] == SAME and row('DarkFrame').frames == 4


def test_a_frame_between_the_first_and_the_last_is_not_forgotten(project):
    science(TEMPERATURE=-100.0), science(hours=13, TEMPERATURE=-60.0), science(hours=14, TEMPERATURE=-100.0)
    biases(), domes(), darks(TEMPERATURE=-100.0)
    assert {row.state: row.frames for row in check(NIGHT).rows if 'DarkFrame' in row.calibrations} == {'OK': 2, 'MISSING': 1}


def test_of_a_night_without_science_frames_the_nearest_is_told(project):
    """A date of midnight UTC is easily taken for the night."""
    science()
    assert check('2012-06-01').notes == ['the nearest night with science frames is 2012-05-31']
    assert check('2012-05-20:2012-05-30', 'OMEGACAM').notes == ['the nearest night with science frames is 2012-05-31']
    assert not check(NIGHT).notes


def test_a_night_without_science_frames_is_ok(project):
    biases(number=1)
    found = check(NIGHT)
    assert found.ok and not found.rows and str(found) == 'no science frames of 2012-05-31: nothing is needed'
    for raw in science():
        context.update_is_valid(raw, 0)
    assert not check(NIGHT).rows
    assert str(check('2012-05-30:2012-05-31')) == 'no science frames of the nights 2012-05-30 to 2012-05-31: nothing is needed'


# --- chips, filters, nights ---

def chips(number, name='CCD'):
    return [paper.chip(f'{name}_{n}') for n in range(number)]


def test_chips_together_where_alike(project):
    one, two, three = chips(3)
    for chip in (one, two, three):
        science(chip=chip), domes(chip=chip), biases(chip=chip, number=1 if chip is three else 3)
    few, = [row for row in check(NIGHT).rows if not row.ok]
    assert few.chips == ('CCD_2',) and few.calibrations == ('BiasFrame',)
    text = str(check(NIGHT))
    assert '2 of 3 chips' in text and 'CCD_2' in text and '3 chips  the same night' in text


def test_filters_are_told_apart(project):
    other = paper.filter('u_SDSS')
    science(), science(filter=other), biases(), domes()
    assert {row.filter: row.state for row in check(NIGHT).rows if row.filter} == {'r_SDSS': 'OK', 'u_SDSS': 'MISSING'}


def test_several_nights_are_checked_at_once(project):
    observed(RawScienceFrame), observed(RawScienceFrame, 1), biases(), biases(1, number=2), domes(), domes(1)
    found = check('2012-05-31:2012-06-01')
    assert {(row.night.day, row.state) for row in found.rows if 'BiasFrame' in row.calibrations} == {(31, 'OK'), (1, 'FEW')}
    assert len(check(NIGHT).rows) == 2


def counted(number_of_chips, number_of_frames):
    for chip in chips(number_of_chips, f'OF_{number_of_chips}'):
        science(number_of_frames, chip=chip), biases(chip=chip), domes(chip=chip, number=2), twilights(-9, chip=chip)
    database().session.expunge_all()
    with paper.statements() as sent:
        assert not check(NIGHT).ok
    return len(sent)


def test_the_number_of_statements_does_not_grow_with_chips_and_frames(project):
    few = counted(2, 1)
    assert counted(7, 9) <= few < 40


# --- what is refused, and what others read ---

def test_wrong_use_is_refused(project):
    science()
    with pytest.raises(NotFound, match='did you mean OMEGACAM'):
        check(NIGHT, 'OMEGACM')
    with pytest.raises(ParameterError, match='a night is the date'):
        check('yesterday')


def test_the_check_of_a_date_is_that_of_the_world_then(project):
    frames = science() + biases() + domes()
    before = datetime.datetime.now(datetime.UTC)
    context.update_is_valid(frames[1], 0)
    assert not check(NIGHT).ok
    context.as_of(before)
    assert check(NIGHT).ok and str(check(NIGHT)).startswith('as of ')


def test_table_dict_and_page_tell_the_same(project):
    science(), biases(), twilights(number=2), twilights(1), biases(1)
    found = check(NIGHT)
    assert found.to_dict()['rows'][1] | {'detail': ''} == {
        'instrument': 'OMEGACAM', 'setup': '', 'night': NIGHT, 'calibrations': ('TwilightFlatFrame',),
        'raw_kinds': ('RawTwilightFlatFrame',), 'filter': 'r_SDSS', 'exptime': None, 'chips': ('ESO_CCD_#65',), 'frames': 1,
        'serves': (), 'state': 'FEW', 'detail': '', 'about': '', 'remedy': 'take 1 more RawTwilightFlatFrame r_SDSS'}
    assert found.table()['state'].tolist() == ['OK', 'FEW', 'OK'] and len(check('2012-05-01').table()) == 0
    page = found._repr_html_()
    assert '<td class="awl-bad">FEW</td>' in page and '<td>OK</td>' in page and 'not all is OK: 1 FEW' in page


@pytest.mark.parametrize('width', [80, 120])
def test_no_line_is_wider_than_the_terminal(project, monkeypatch, width):
    monkeypatch.setattr(check_views, 'columns', lambda: width)
    science(setup=FAST), biases(setup=SLOW), twilights(number=1, setup=FAST), domes(-9, setup=FAST), darks(setup=SLOW)
    assert max(map(len, str(check(NIGHT)).splitlines())) <= width


def test_the_simulated_night_has_what_it_needs(night):
    found = check(NIGHT)
    assert found.ok and {row.filter for row in found.rows} == {'', 'r_SDSS'} and not found.notes


# --- against planning itself ---

def steps_below(step, seen):
    """The step and all that go into it."""
    if step not in seen:
        seen.add(step)
        for before in step.before():
            steps_below(before, seen)
    return seen


@pytest.mark.slow
@pytest.mark.parametrize('seed', [*range(12), 86])
def test_the_check_of_random_nights_agrees_with_the_plan_to_reduce_them(project, seed):
    dice = random.Random(seed)
    setups = (FAST, SLOW) if seed % 3 else (FAST,)
    for cls, share in ((RawBiasFrame, 0.8), (RawTwilightFlatFrame, 0.5), (RawDomeFlatFrame, 0.5), (RawDarkFrame, 0.2)):
        for night in (0, 0, *dice.sample(range(-25, 10), 8)):
            if dice.random() < share:
                frames = observed(cls, night, dice.choice((3, 3, 4, 2)), dice.uniform(4, 18), setup=dice.choice(setups),
                                  EXPTIME=dice.choice((300.0, 60.0)))
                if dice.random() < 0.15:
                    context.update_is_valid(frames[0], 0)
    for hours in dice.sample(range(8, 18), 3):
        science(dice.choice((1, 4)), hours=hours, setup=dice.choice(setups), EXPTIME=dice.choice((300.0, 60.0)))
    for _ in range(dice.randrange(3)):
        context.intervention('OMEGACAM', moment(dice.choice((0, 0, -3, -8)), dice.uniform(0, 24)), reason='washed',
                             kinds=dice.sample([BiasFrame, TwilightFlatFrame], 1))
    found, resolver = check(NIGHT), Resolver(ParametersInForce(), commit=False)
    plan = resolver.resolve(ReducedScienceFrame, [of_frame(raw) for raw in RawScienceFrame.select_all()])
    below = set()
    for step in plan:
        steps_below(step, below)
    failed, without = any(step.error for step in plan), any(step.without for step in below)
    worse = any(chosen.level != 'plan' for step in below for chosen in step.levels.values())
    told = {row.state for row in found.rows}
    assert not failed or told & {'MISSING', 'FEW', 'BAD'}, found
    assert not worse or told != {'OK'}, found
    assert 'OLD' not in told or worse or failed or without, found
    assert 'MISSING' not in told or failed or without, found
