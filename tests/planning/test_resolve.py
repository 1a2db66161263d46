"""From what is wanted to steps: reuse what serves, make what is missing, say what is lacking."""

import datetime

import pytest

from awlike.context import context
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import (
    RawBiasFrame,
    RawDomeFlatFrame,
    RawScienceFrame,
    RawTwilightFlatFrame,
)
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.planning.request import Request, of_frame
from awlike.planning.resolve import Resolver
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.execute import execute
from tests import paper
from tests.tasks.conftest import classes_of, counted, reduce_before_the_domes_came

ALL = ['BiasFrame', 'ColdPixelMap', 'CosmicMap', 'DomeFlatFrame', 'FlatFrame', 'HotPixelMap', 'ReadNoise',
       'ReducedScienceFrame', 'SatelliteMap', 'SaturatedPixelMap', 'TwilightFlatFrame', 'WeightFrame']
WITH_SCIENCE = ['CosmicMap', 'ReducedScienceFrame', 'SatelliteMap', 'SaturatedPixelMap', 'WeightFrame']


def made(pars=None, **arguments):
    """What reducing the night makes, committed."""
    task = ReduceTask('OMEGACAM', pars=pars, commit=True, **arguments)
    task.execute()
    return task.made


def raw_night(chips=1, nights=1, science=1):
    """Nights on paper: three biases, three dome and twilight flats and some science frames for each chip."""
    filter_ = paper.filter()
    for name in range(chips):
        place = {'chip': paper.chip(f'ESO_CCD_#{65 + name}')}
        for night in range(nights):
            start = datetime.datetime(2012, 6, 1 + night, 20)
            for cls, number in ((RawBiasFrame, 3), (RawDomeFlatFrame, 3), (RawTwilightFlatFrame, 3),
                                (RawScienceFrame, science)):
                with_filter = place | ({'filter': filter_} if cls is not RawBiasFrame else {})
                paper.insert(*[paper.raw(cls, DATE_OBS=start + datetime.timedelta(minutes=n), **with_filter)
                               for n in range(number)], paper.raw(RawBiasFrame, is_valid=0))


def test_everything_that_is_missing_is_made_each_thing_once(night):
    products = made()
    assert classes_of(products) == ALL
    assert len(products) == 7 + 5 * len(WITH_SCIENCE) and len(set(products)) == len(products)


def test_nothing_is_made_again(reduced):
    assert made() == []


def test_what_exists_is_reused_for_what_is_new(night):
    first, *others = [raw.filename for raw in RawScienceFrame.select_all()]
    assert classes_of(made(raw_filenames=first)) == ALL
    assert classes_of(made(raw_filenames=others)) == WITH_SCIENCE


def test_what_was_not_committed_is_made_when_asked_for_with_commit(night):
    ReduceTask('OMEGACAM').execute()
    assert len(made()) == 32


def test_other_parameters_make_another_product_and_what_depends_on_it(reduced):
    other = {'FlatFrame.MEDIAN_FILTER_SIZE': 16}
    one = RawScienceFrame.select_all()[0].filename
    products = made(other, raw_filenames=one)
    assert classes_of(products) == [
        'ColdPixelMap', 'CosmicMap', 'FlatFrame', 'ReducedScienceFrame', 'SatelliteMap', 'WeightFrame']
    assert len(ReducedScienceFrame.raw.filename == one) == 2
    assert made(other, raw_filenames=one) == [] == made()


def test_parameters_that_do_not_change_pixels_are_heeded_where_one_sets_them_and_rebuild_nothing_else(reduced):
    pars = {'BiasFrame.PLAN_NIGHTS': 2, 'BiasFrame.MAXIMUM_STDEV': 7, 'ReadNoise.MAXIMUM_READ_NOISE': 49}
    assert classes_of(made(pars)) == ['BiasFrame', 'ReadNoise']
    assert len({bias.digest for bias in BiasFrame.select_all()}) == 1
    assert made(pars) == [] == made()


def test_stricter_limits_that_one_asks_for_are_held_against_what_exists(reduced):
    with pytest.raises(RuntimeError, match='missed its limits: MAXIMUM_STDEV'):
        made({'BiasFrame.MAXIMUM_STDEV': 1e-6})
    assert made() == []


def test_rebuilt_input_that_came_out_identical_rebuilds_nothing_downstream(night):
    """Nothing lies 50 sigma out: clipping at 60 gives the same bias, and all that follows exists."""
    assert len(made({'BiasFrame.SIGMA_CLIP': 50})) == 32
    assert classes_of(made({'BiasFrame.SIGMA_CLIP': 60})) == ['BiasFrame']
    assert len({bias.digest for bias in BiasFrame.select_all()}) == 1


def test_a_calibration_does_not_serve_outside_an_interval_that_a_person_chose(reduced):
    bias = BiasFrame.select_all().one()
    context.update_timestamps(bias, end=bias.timestamp_start + datetime.timedelta(hours=1))
    with pytest.raises(ProcessingError, match=f'{bias.filename} from .*, an interval by hand, does not serve'):
        made()


def test_invalid_bias_is_not_used_again_and_all_that_descends_from_it_is_remade(reduced):
    old = BiasFrame.select_all().one()
    context.update_is_valid(old, 0)
    products = made()
    assert classes_of(products) == [name for name in ALL if name not in ('ReadNoise', 'SaturatedPixelMap')]
    new = (BiasFrame.is_valid > 0).one()
    assert new != old and new.digest == old.digest
    assert all(product in new.descendants() and old not in product.ancestors() for product in products if product != new)
    assert made() == []


def test_invalid_raw_frame_is_left_out_of_the_next_calibration(reduced):
    raw = RawBiasFrame.select_all()[0]
    context.update_is_valid(raw, 0)
    made()
    new = BiasFrame.select_all().max('creation_date')
    assert raw not in new.ancestors() and len(new.raw_bias_frames) == 9


def test_invalid_maps_of_one_frame_concern_that_frame_alone(reduced):
    map_ = CosmicMap.select_all()[0]
    context.update_is_valid(map_, 0)
    products = made()
    assert classes_of(products) == ['CosmicMap', 'ReducedScienceFrame', 'WeightFrame'] and len(products) == 3


def test_optional_input_is_left_out_where_there_are_no_raw_frames_for_it(night):
    for raw in RawDomeFlatFrame.select_all():
        context.update_is_valid(raw, 0)
    made()
    flat = FlatFrame.select_all().one()
    assert flat.dome_flat is None and flat.twilight_flat is not None and not DomeFlatFrame.select_all().exists()


@pytest.mark.slow
def test_optional_input_that_comes_later_is_taken_up(night):
    reduce_before_the_domes_came()
    assert {'DomeFlatFrame', 'FlatFrame', 'ReducedScienceFrame'} <= set(classes_of(made()))
    assert FlatFrame.select_all().max('creation_date').dome_flat is not None


@pytest.mark.slow
def test_calibration_that_missed_its_limits_is_not_made_again_until_the_limits_are_others(night):
    strict = {'BiasFrame.MAXIMUM_STDEV': 1e-6}
    for _ in range(2):
        with pytest.raises(RuntimeError, match='missed its limits: MAXIMUM_STDEV'):
            made(strict)
        assert len(BiasFrame.select_all()) == 1
    assert 'BiasFrame' in classes_of(made())
    good = (BiasFrame.quality_flags == 0).one()
    assert good in ReducedScienceFrame.select_all()[0].ancestors()


def test_each_calibration_uses_inputs_of_its_own_date(project):
    """The flats are of one night, the science frame of another: each gets the bias of its night."""
    raw_night(nights=2)
    science = RawScienceFrame.select_all().max('DATE_OBS')
    for cls in (RawTwilightFlatFrame, RawDomeFlatFrame):
        for raw in cls.DATE_OBS > science.DATE_OBS - datetime.timedelta(hours=12):  # noqa: SIM300 -- an attribute, no constant
            context.update_is_valid(raw, 0)
    step, = Resolver(ParametersInForce(), True).resolve(ReducedScienceFrame, [of_frame(science)])
    flat_bias = step.inputs['flat'].inputs['twilight_flat'].inputs['bias']
    dates = [{raw.DATE_OBS.date().day for raw in bias.inputs['raw_bias_frames']} for bias in (step.inputs['bias'], flat_bias)]
    assert dates == [{2}, {1}]


def test_steps_are_shared_by_all_that_need_them(project):
    raw_night(chips=2, science=4)
    plan = ReduceTask('OMEGACAM').plan()
    expected = {BiasFrame: 2, HotPixelMap: 2, FlatFrame: 2, ReducedScienceFrame: 8}
    assert {cls: sum(step.cls is cls for step in plan.to_make) for cls in expected} == expected
    assert len({id(step.inputs['bias']) for step in plan.targets}) == 2


def test_lacking_raw_frames_are_told_with_the_way_that_led_there(project):
    paper.raws(1, RawScienceFrame)
    plan = ReduceTask('OMEGACAM').plan()
    step, = plan.failed
    assert not plan.to_make
    for words in ('ReducedScienceFrame needs bias: BiasFrame needs raw_bias_frames: 0 valid RawBiasFrame for OMEGACAM',
                  'are needed: ingest more of them'):
        assert words in str(step.error)


def test_raw_frames_that_others_could_not_see_are_told_to_be_of_no_use_for_what_they_see(project):
    raw_night()
    plan = Resolver(ParametersInForce(), True).plan(ReducedScienceFrame, [of_frame(RawScienceFrame.select_all()[0])])
    assert not plan.failed
    for raw in RawScienceFrame.select_all():
        context.publish(raw, 4)
    context.set_privileges(4)
    step, = ReduceTask('OMEGACAM', commit=True).plan().failed
    assert '0 valid RawBiasFrame' in str(step.error) and 'committed at 4 (World), 3 are needed' in str(step.error)
    assert '3 RawBiasFrame of project TEST, at 2 (Project), hidden from some who would see the product: publish them by ' \
           'context.publish(frame, 4)' in str(step.error)


def test_what_is_lacking_is_told_once_for_a_night(project):
    paper.raws(5, RawScienceFrame, DATE_OBS=datetime.datetime(2012, 6, 1, 2))
    with pytest.raises(ProcessingError, match='5 of 5 targets') as told:
        ReduceTask('OMEGACAM').execute()
    assert str(told.value).count('are needed') == 1


def test_flat_of_nothing_at_all_is_refused(project):
    raw_night()
    for cls in (RawDomeFlatFrame, RawTwilightFlatFrame):
        for raw in cls.select_all():
            context.update_is_valid(raw, 0)
    step, = ReduceTask('OMEGACAM').plan().failed
    for words in ('FlatFrame needs one of twilight_flat, dome_flat: TwilightFlatFrame needs raw_twilight_flat_frames: 0 valid',
                  '; DomeFlatFrame needs raw_dome_flat_frames: 0 valid RawDomeFlatFrame for OMEGACAM ESO_CCD_#65 r_SDSS'):
        assert words in str(step.error)


def test_number_of_statements_does_not_grow_with_the_number_of_targets(project):
    def statements():
        with counted() as found:
            plan = ReduceTask('OMEGACAM').plan()
        assert not plan.failed
        return len(plan.targets), len(found)

    raw_night()
    few, for_few = statements()
    raw_night(chips=4, nights=3, science=5)
    many, for_many = statements()
    assert (few, many) == (1, 61) and for_many <= for_few + 1 < 75


def test_number_of_statements_to_find_all_made_does_not_grow_with_the_number_of_targets(reduced):
    def statements(**arguments):
        with counted() as found:
            assert not ReduceTask('OMEGACAM', **arguments).plan().to_make
        return len(found)

    one = RawScienceFrame.select_all()[0].filename
    assert statements() <= statements(raw_filenames=one)


def test_asked_for_raw_frames_are_the_very_ones(night):
    names = [raw.filename for raw in RawBiasFrame.select_all()][2:6]
    BiasTask('OMEGACAM', raw_filenames=names, commit=True).execute()
    bias = BiasFrame.select_all().one()
    assert [raw.filename for raw in bias.raw_bias_frames] == names
    assert len(bias.read_noise.raw_bias_frames) == 10, 'whose read noise is that of the night'


def test_what_was_made_for_want_of_better_from_another_night_is_made_once(project, monkeypatch):
    made = {'read_noise': 2.0, 'mean_diff': 0.0, 'median_diff': 0.0}
    monkeypatch.setattr(ReadNoise, 'make', staticmethod(lambda inputs, params: made))
    paper.raws(3, RawBiasFrame, DATE_OBS=datetime.datetime(2012, 6, 1, 2))
    request = Request(paper.instrument(), paper.chip(), None, datetime.datetime(2012, 6, 4, 2))

    def plan():
        return Resolver(ParametersInForce(), True).plan(ReadNoise, [request])

    execute(plan(), commit=True)
    noise = ReadNoise.select_all().one()
    assert noise.timestamp_end < request.date and plan().targets[0].existing == noise
    paper.raws(3, RawBiasFrame, DATE_OBS=datetime.datetime(2012, 6, 4, 1))
    assert plan().to_make, 'now there are nearer raw frames'


def test_all_products_of_a_night_serve_until_the_next_noon(reduced):
    for product in DataObject.select_all():
        if isinstance(product, (BiasFrame, FlatFrame, ColdPixelMap)):
            assert product.timestamp_start <= datetime.datetime(2012, 5, 31, 20)
            assert datetime.datetime(2012, 6, 1, 11) < product.timestamp_end


def test_a_bias_for_one_frame_takes_four_statements(project):
    raw_night()
    raw, = RawScienceFrame.select_all()

    def statements():
        with paper.statements() as sent:
            step, = Resolver(ParametersInForce(), commit=True).resolve(BiasFrame, [of_frame(raw).for_class(BiasFrame)])
        return step, sent

    step, _ = statements()
    execute_on_paper(step)
    found, sent = statements()
    assert found.reused and len(sent) == 4


def execute_on_paper(step):
    """Put the product of `step`, and of all before it, into the database without pixels."""
    from awlike.planning.outcome import Made
    for number, one in enumerate([*step.before(), step]):
        product = one.cls(**one.input_objects())
        context.stamp(product)
        product.DATE_OBS, product.instrument, product.chip = one.date, one.request.instrument, one.request.chip
        product.is_valid, product.quality_flags, product.reuse_key = 1, 0, one.key()
        product.digest, product.process_parameters = f'paper {number}', one.params.model_dump(mode='json')
        paper.insert(product)
        one.outcome = Made(product, one.why)


# --- one frame of a night stands for the others ---

def requests_of(hours, **values):
    """Requests for calibrations of the night of 2012-06-01, so many hours after its evening."""
    start = datetime.datetime(2012, 6, 1, 20)
    frames = [paper.raw(RawScienceFrame, DATE_OBS=start + datetime.timedelta(hours=one), **values) for one in hours]
    paper.insert(*frames)
    return [of_frame(frame) for frame in frames]


def test_the_frames_of_a_night_ask_once_for_their_bias(project):
    raw_night()
    resolver = Resolver(ParametersInForce(), commit=True)
    requests = requests_of([1, 2, 3])
    assert len(set(resolver.representatives.of(BiasFrame, requests))) == 1
    assert len(set(resolver.representatives.of(FlatFrame, requests))) == 3, 'of twilights the nearer in time serves'
    next_night = requests_of([25])
    assert len(set(resolver.representatives.of(BiasFrame, [*requests, *next_night]))) == 2


def test_frames_before_and_after_an_intervention_of_their_night_ask_each_for_themselves(project):
    raw_night()
    context.intervention('OMEGACAM', datetime.datetime(2012, 6, 1, 22, 30), reason='mirror washed')
    resolver, requests = Resolver(ParametersInForce(), commit=True), requests_of([1, 2, 3, 4])
    assert resolver.representatives.of(BiasFrame, requests) == [request.for_class(BiasFrame) for request in requests]


def test_frames_inside_and_outside_an_interval_by_hand_ask_each_for_themselves(project):
    raw_night()
    raws = list(RawBiasFrame.select_all() & (RawBiasFrame.is_valid > 0))
    bias = paper.product(BiasFrame, raw_bias_frames=raws, chip=paper.chip('ESO_CCD_#65'))
    paper.insert(bias)
    context.update_timestamps(bias, datetime.datetime(2012, 6, 1, 22), datetime.datetime(2012, 6, 2))
    resolver, requests = Resolver(ParametersInForce(), commit=True), requests_of([1, 3], chip=paper.chip('ESO_CCD_#65'))
    assert len(set(resolver.representatives.of(BiasFrame, requests))) == 2
