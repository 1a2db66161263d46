"""Which calibration serves when: the overview says what tasks do, and why the others do not serve."""

import datetime
import random

import pytest

from awlike.calibrations.choices import choices
from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawDarkFrame, RawDomeFlatFrame, RawScienceFrame, RawTwilightFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import of_frame
from awlike.planning.resolve import Resolver
from awlike.products.calibration import CalibrationFrame
from awlike.tasks.known import standard_tasks
from tests import paper
from tests.calibrations.worlds import DAY, FAST, SLOW, bias_of, made, moment, night, observed, science
from tests.tasks.conftest import counted


def choice_of(cls=BiasFrame, **selection):
    one, = choices([cls], **selection)
    return one


def served(choice):
    """The nights of the candidates that serve the science frames, by the frames' nights after the first."""
    return {(one.date - moment(0)).days: one.candidate and str(one.candidate.night) for one in choice.served}


def told(choice):
    """Night, number of science frames, and why it serves none, of each candidate."""
    return [(str(one.night), one.frames, one.reason.kind if one.reason else one.because) for one in choice.candidates]


# --- the view and the tasks ---

def as_a_task(cls, frame):
    """What a task takes for a frame: the id of a calibration, the ids of raw frames, or None; and the level."""
    request = of_frame(frame).for_class(cls)
    resolver = Resolver(ParametersInForce(), commit=False)
    step, = resolver.resolve(cls, [request])
    if step.error is not None:
        return None, None
    chosen = resolver.chosen(cls, request)
    return step.found.object_id if step.found else step.raws, chosen.level if chosen else 'plan'


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(4))
def test_what_is_shown_is_what_a_task_takes(project, seed):
    dice = random.Random(seed)
    paper.chip()
    biases = []
    for number in sorted(dice.sample(range(60), 25)):
        setup = dice.choice((FAST, FAST, SLOW, None))
        frames = observed(number, dice.choice((2, 3, 4)), hours=dice.uniform(6, 18), setup=setup)
        if len(frames) > 2 and dice.random() < 0.6:
            biases.append(bias_of(frames, is_valid=dice.choice((0, 1, 1)), quality_flags=dice.choice((0, 0, 0, 1)),
                                  process_params=BiasFrame.Parameters(SIGMA_CLIP=dice.choice((3.0, 3.0, 5.0)))))
    for _ in range(3):
        context.intervention('OMEGACAM', moment(dice.randrange(60), dice.uniform(0, 24)), kinds=[BiasFrame], reason='washed')
    for bias in dice.sample(biases, 2):
        start = moment(dice.randrange(50), dice.uniform(0, 24))
        context.update_timestamps(bias, start, start + dice.uniform(0.5, 9) * DAY)
    frames = [frame for number in range(-3, 64) for setup in dice.sample((FAST, SLOW, None), 2)
              for frame in science(number, hours=dice.uniform(3, 20), setup=setup)]
    shown = {(choice.setup, one.date): (choice, one) for choice in choices([BiasFrame]) for one in choice.served}
    assert len(shown) == len(frames)
    for frame in frames:
        choice, one = shown[frame.setup, frame.DATE_OBS]
        key, level = as_a_task(BiasFrame, frame)
        assert (one.candidate and one.candidate.key) == key
        covering = [(each.key, run.level) for each in choice.candidates for run in each.runs
                    if run.start <= frame.DATE_OBS < run.end]
        assert covering == ([] if key is None else [(key, level)])


@pytest.mark.slow
@pytest.mark.parametrize('cls', [FlatFrame, DarkFrame])
def test_kinds_with_a_rule_of_their_own_are_shown_as_a_task_takes_them(project, cls):
    for number in (0, 5, 15):
        observed(number)
        observed(number, cls=RawDarkFrame, EXPTIME=(300.0, 60.0, 900.0)[number // 5 % 3], TEMPERATURE=-100.0)
    for number, hours in ((0, 7), (0, 18), (9, 7)):
        observed(number, cls=RawTwilightFlatFrame, hours=hours)
    observed(4, cls=RawDomeFlatFrame, hours=2)
    frames = [frame for number in range(12) for hours, time in ((8, 300.0), (12, 60.0), (14, 600.0), (15, 60.0))
              for frame in science(number, hours=hours, EXPTIME=time, TEMPERATURE=-100.0 - number / 10)]
    shown = {one.date: one.candidate for one in choice_of(cls).served}
    for frame in frames:
        candidate = shown[frame.DATE_OBS]
        assert (candidate and candidate.key) == as_a_task(cls, frame)[0]
    assert len({candidate for candidate in shown.values() if candidate}) > 1


# --- what exists, and what is not made yet ---

def test_a_set_of_which_nothing_is_made_is_a_candidate_like_a_calibration(project):
    bias_of(observed(0))
    observed(4)
    science(0, 3)
    later, earlier = choice_of().candidates
    assert (later.made, later.about, later.frames) == (False, '3 RawBiasFrame', 1)
    assert (earlier.made, earlier.frames) == (True, 1)


def test_a_set_of_too_few_frames_is_joined_with_another_or_is_no_candidate(project):
    observed(0, 2)
    science(0)
    assert choice_of().candidates == []
    observed(2, 2)
    one, = choice_of().candidates
    assert one.about == '4 RawBiasFrame' and one.levels == ['acceptable']


def test_raw_frames_alone_are_enough_for_a_place(project):
    observed(0)
    choice = choice_of()
    assert told(choice) == [(night(0), 0, '')] and choice.candidates[0].nights() == [(moment(0).date(), moment(0).date())]


def test_setups_have_places_of_their_own(project):
    for setup in (FAST, SLOW):
        bias_of(observed(0, setup=setup))
        science(1, setup=setup)
    assert [(choice.setup.name, choice.frames, len(choice.candidates)) for choice in choices([BiasFrame])] == [
        ('READMODE=fast', 1, 1), ('READMODE=slow', 1, 1)]


def test_a_calibration_of_no_known_setup_is_shown_where_it_serves(project):
    bias = bias_of(observed(0))
    science(1, setup=FAST)
    unknown, fast = choices([BiasFrame])
    assert [one.key for one in fast.candidates] == [one.key for one in unknown.candidates] == [bias.object_id]
    assert fast.candidates[0].frames == 1 and unknown.candidates[0].frames == 0


def test_chips_and_where_it_matters_filters_have_places_of_their_own(project):
    chips, filters = [paper.chip(f'ESO_CCD_#{n}') for n in (66, 65)], [paper.filter('r_SDSS'), paper.filter('g_SDSS')]
    for chip in chips:
        for filter_ in filters:
            paper.raws(2, RawScienceFrame, chip=chip, filter=filter_)
    there = choices([BiasFrame, FlatFrame], instrument='OMEGACAM')
    assert [(choice.cls, *choice.names[1:], choice.frames) for choice in there] == [
        (BiasFrame, 'ESO_CCD_#65', 4), (BiasFrame, 'ESO_CCD_#66', 4),
        (FlatFrame, 'ESO_CCD_#65', 'g_SDSS', 2), (FlatFrame, 'ESO_CCD_#65', 'r_SDSS', 2),
        (FlatFrame, 'ESO_CCD_#66', 'g_SDSS', 2), (FlatFrame, 'ESO_CCD_#66', 'r_SDSS', 2)]
    assert len(choices([BiasFrame, FlatFrame], chip='ESO_CCD_#66', filter='r_SDSS')) == 2


def test_evening_and_morning_are_told_apart(project):
    observed(0)
    for hours in (7, 18):
        observed(0, cls=RawTwilightFlatFrame, hours=hours)
    assert [one.when for one in choice_of(FlatFrame).candidates] == [f'{night(0)} morning', f'{night(0)} evening']


def test_a_kind_that_is_used_where_it_exists_has_no_sets(project):
    observed(0, 4, cls=RawDomeFlatFrame)
    science(0)
    choice = choice_of(GainLinearity)
    assert choice.candidates == [] and [number for _, _, number, _ in choice.gaps()] == [1]


def test_a_map_follows_the_sets_of_what_it_is_made_from(project):
    observed(0)
    observed(9)
    science(1, 8)
    assert told(choice_of(HotPixelMap)) == [(night(9), 1, ''), (night(0), 1, '')]


# --- levels, eras, intervals by hand ---

def test_the_level_of_each_night_is_shown(project):
    bias_of(observed(0))
    science(-95, -20, 10, 3)
    one, = choice_of().candidates
    assert [(run.level, (run.first - moment(0).date()).days, (run.last - moment(0).date()).days) for run in one.runs] == [
        ('last resort', -90, -15), ('acceptable', -14, -4), ('plan', -3, 3), ('acceptable', 4, 10)]
    assert one.levels == ['plan', 'acceptable', 'last resort'] and len(one.nights()) == 1 and one.frames == 3


def test_nothing_serves_across_an_intervention(project):
    bias_of(observed(0))
    bias_of(observed(12))
    science(8, 9)
    context.intervention('OMEGACAM', moment(5, 2), reason='mirror washed')
    choice = choice_of()
    assert told(choice) == [(night(12), 2, ''), (night(0), 0, 'the science frames lie across the intervention of '
                                                 f'{moment(5, 2):%Y-%m-%d %H:%M} (mirror washed)')]
    assert choice.candidates[1].runs[-1].end == choice.candidates[0].runs[0].start == moment(5, 2)
    assert [one.reason for one in choice.interventions] == ['mirror washed']


def test_an_interval_by_hand_goes_before_what_is_nearer(project):
    first, second = bias_of(observed(0)), bias_of(observed(4))
    science(1, 2, 3, 4, 5, 6)
    context.update_timestamps(first, moment(2), moment(5))
    choice = choice_of()
    assert served(choice) == {1: night(4), 2: night(0), 3: night(0), 4: night(0), 5: night(4), 6: night(4)}
    by_hand = {one.key: one.by_hand for one in choice.candidates}
    assert by_hand[first.object_id].start == moment(2) and by_hand[second.object_id] is None
    run, = next(one.runs for one in choice.candidates if one.by_hand)
    assert (run.start, run.end) == (moment(2), moment(5))


# --- why the others do not serve ---

@pytest.mark.parametrize(('values', 'kind'), [
    ({'is_valid': 0}, 'invalid ancestor'), ({'quality_flags': 1, 'quality': {'MAXIMUM_STDEV': 77.0}}, 'missing'),
    ({'process_params': BiasFrame.Parameters(SIGMA_CLIP=5.0)}, 'parameters differ')])
def test_what_does_not_count_is_told_with_its_reason(project, values, kind):
    bias_of(observed(0), **values)
    science(0)
    assert [reason for *_, reason in told(choice_of())][-1] == kind


def test_what_was_made_from_other_inputs_than_today_does_not_count(project):
    frames = observed(0)
    bias_of(frames, made(ReadNoise, frames, read_noise=2.0, process_params=ReadNoise.Parameters(REJECTION_THRESHOLD=4.0)))
    made(ReadNoise, frames, read_noise=2.0)
    assert 'better input' in [reason for *_, reason in told(choice_of())]


def test_of_two_of_one_set_the_latest_made_serves(project):
    frames = observed(0)
    noise = made(ReadNoise, frames, read_noise=2.0)
    for _ in range(2):
        bias_of(frames, noise)
    later, earlier = choice_of().candidates
    assert later.runs and not earlier.runs
    assert earlier.rival is later and earlier.because == 'was made later from the same raw frames'


def test_a_calibration_whose_night_has_more_raw_frames_now_gives_way_to_them(project):
    made(ReadNoise, observed(0), read_noise=2.0)
    observed(0, 2, hours=11)
    more, made_before = choice_of(ReadNoise).candidates
    assert more.about == '5 RawBiasFrame' and made_before.rival is more and 'that its night has now' in made_before.because


def test_what_is_not_needed_names_what_is_nearer_or_that_it_is_too_far(project):
    bias_of(observed(0))
    bias_of(observed(4))
    science(0, 1)
    near, far = choice_of().candidates
    assert near.rival is far and 'is nearer to the science frames' in near.because
    bias_of(observed(300))
    science(-100)
    assert told(choice_of())[0][2] == 'is nearer to the science frames, or fits better'


def test_nights_that_nothing_serves_are_counted_by_their_science_frames(project):
    observed(0)
    science(0, 200, 201, 210)
    science(201, hours=15)
    observed(202, 5, RawScienceFrame, is_valid=0)
    gaps = list(choice_of().gaps())
    assert [(str(first), str(last), number) for first, last, number, _ in gaps] == [
        (night(200), night(201), 3), (night(210), night(210), 1)]
    assert '0 valid RawBiasFrame' in gaps[0][3]


# --- a part of it ---

def test_nights_limit_what_is_shown(project):
    for number in (0, 10, 20):
        bias_of(observed(number))
    science(3, 11, 12)
    choice = choice_of(instrument='OMEGACAM', date=f'{night(2)}:{night(4)}')
    assert told(choice) == [(night(0), 1, '')] and [len(one.runs) for one in choice.candidates] == [2]
    assert choice.candidates[0].nights() == [(moment(2).date(), moment(4).date())]


def test_the_world_as_of_a_date_is_shown(project):
    first, second = bias_of(observed(0)), bias_of(observed(4))
    science(1)
    context.update_is_valid(second, 0)
    context.update_timestamps(first, end=moment(0, 20))
    assert served(choice_of()) == {1: night(4)}
    context.as_of(context.history(second)[0].date - datetime.timedelta(microseconds=1))
    choice = choice_of()
    assert served(choice) == {1: night(0)} and not any(one.by_hand for one in choice.candidates)


def test_the_number_of_statements_does_not_grow(project):
    def number_for(chips, nights):
        for chip in chips:
            for number in range(nights):
                bias_of(observed(number, chip=chip))
                science(number, chip=chip)
        with counted() as statements:
            choices([BiasFrame, FlatFrame], instrument='OMEGACAM')
        return len(statements)

    few = number_for([paper.chip('ESO_CCD_#65')], 1)
    assert number_for([paper.chip(f'ESO_CCD_#{n}') for n in range(66, 76)], 4) <= few + 1 <= 25


def test_every_kind_can_be_asked_for(project):
    observed(0)
    science(0)
    targets = {task.target for task in standard_tasks().values()}
    kinds = [cls for cls in CalibrationFrame.__subclasses__() if cls.inputs() and cls in targets]
    assert len(choices(kinds)) >= len(kinds) - 1
