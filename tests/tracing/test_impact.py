"""What would have to be made again."""

import datetime

import pytest
from sqlalchemy import update

from awlike import impact
from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame, RawTwilightFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.frames.weight import WeightFrame
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.products.calibration import CalibrationFrame
from awlike.products.product import ProcessTarget
from tests import paper
from tests.conftest import become
from tests.databases import by_hand


@pytest.fixture
def bias(project):
    """A bias with three hot pixel maps, one second each; its own making took ten."""
    bias = paper.bias(seconds=10.0)
    for _ in range(3):
        paper.hot(bias, seconds=1.0)
    return bias


def test_what_descends_is_counted_by_class_with_the_time_it_took(bias):
    foreseen = impact(bias)
    assert len(foreseen) == foreseen.count(HotPixelMap) == 3 and foreseen.count(BiasFrame) == 0
    assert foreseen.seconds == pytest.approx(3.0)
    assert str(foreseen) == (f'without {bias}, 3 products would have to be made again, about 3 s:\n'
                             '  3 HotPixelMap, about 3 s')


def test_the_whole_depth_counts(bias):
    foreseen = impact(bias.raw_bias_frames[0])
    counts = {ReadNoise: 1, BiasFrame: 1, HotPixelMap: 3}
    assert {cls: foreseen.count(cls) for cls in counts} == counts
    assert foreseen.count(CalibrationFrame) == foreseen.count(ProcessTarget) == foreseen.count(DataObject) == 5
    assert foreseen.count(RawBiasFrame) == 0 and foreseen.seconds == pytest.approx(13.0)


def test_of_what_nothing_was_made_from(bias):
    raw, = paper.raws(1, RawScienceFrame)
    foreseen = impact(raw)
    assert len(foreseen) == 0 and foreseen.seconds == 0 and str(foreseen) == f'nothing valid was made from {raw}'


def test_what_does_not_count_any_more_is_left_out(bias):
    one, *others = bias.inverse_objects().of_class(HotPixelMap)
    context.update_is_valid(one, 0)
    assert impact(bias).count(HotPixelMap) == 2
    context.update_is_valid(bias, 0)
    assert len(impact(bias)) == 0, 'it all has to be made again already'
    assert impact(bias.raw_bias_frames[0]).count(ReadNoise) == len(impact(bias.raw_bias_frames[0])) == 1


def test_only_what_one_may_see_is_counted(bias, monkeypatch):
    context.publish(bias, 3)
    become(monkeypatch, 'bob')
    assert len(impact(BiasFrame.get(bias.object_id))) == 0


def test_the_time_may_be_unknown(project):
    bias = paper.bias()
    paper.hot(bias)
    assert impact(bias).seconds == 0 and '1 HotPixelMap' in str(impact(bias))


def test_nothing_changes_and_it_is_one_statement(bias):
    with paper.statements() as sent:
        impact(bias)
    assert len(sent) == 1 and sent[0].startswith(('SELECT', 'WITH'))


def test_what_is_foreseen_is_what_comes_to_be(bias):
    raw = bias.raw_bias_frames[0]
    foreseen = impact(raw)
    context.update_is_valid(raw, 0)
    assert sum(not product.why() for product in raw.descendants()) == len(foreseen)


def test_as_of_a_date_it_is_what_was_there(bias):
    now = bias.inverse_objects()[0].creation_date
    paper.hot(bias)
    assert impact(bias).count(HotPixelMap) == 4
    context.as_of(now)
    assert impact(bias).count(HotPixelMap) == 1
    context.as_of(None)


def test_hundreds_of_descendants(project):
    bias = paper.bias()
    paper.insert(*[paper.product(HotPixelMap, bias=bias, count=1, seconds=0.5) for _ in range(500)])
    table = DataObject.__table__
    with by_hand() as connection:
        connection.execute(update(table).where(table.c.class_name == 'BiasFrame').values(seconds=50.0))
    foreseen = impact(bias.raw_bias_frames[2])
    assert foreseen.count(HotPixelMap) == 500 and foreseen.seconds == pytest.approx(300.0)
    assert '502 products would have to be made again, about 5 min' in str(foreseen)


# --- of an intervention ---

DAY = datetime.timedelta(days=1)
NOON = paper.START + datetime.timedelta(hours=15)


def washed(**other):
    values = {'instrument': 'OMEGACAM', 'date': NOON, 'reason': 'detector changed', 'commit': False}
    return context.intervention(**values | other)


@pytest.fixture
def across(project):
    """A bias before the intervention; hot pixel maps a day before, at the very date, and after."""
    bias = paper.bias(seconds=10.0)
    for date in NOON - DAY, NOON, NOON + DAY:
        paper.hot(bias, DATE_OBS=date, seconds=1.0)
    return bias


def test_what_was_made_with_a_calibration_across_it_is_counted(across):
    foreseen = washed().impact()
    assert type(foreseen) is type(impact(across)) and len(foreseen) == foreseen.count(HotPixelMap) == 2
    assert foreseen.seconds == pytest.approx(2.0)
    assert str(foreseen) == ('because of intervention 2012-06-01 15:00:00 OMEGACAM, 2 products would have to be made again, '
                             'about 2 s:\n  2 HotPixelMap, about 2 s')
    assert len(impact(washed())) == len(impact(washed(commit=True))) == 2


def test_a_calibration_from_after_it_counts_as_well(project):
    late = paper.bias(DATE_OBS=NOON)
    paper.hot(late, DATE_OBS=NOON - DAY)
    paper.hot(late, DATE_OBS=NOON + DAY)
    assert len(washed(kinds=['BiasFrame']).impact()) == 1


def test_what_descends_from_it_counts_wherever_that_lies(across):
    hot = across.inverse_objects().of_class(HotPixelMap)[2]
    early = paper.insert(paper.product(WeightFrame, DATE_OBS=NOON - DAY, cold=cold(), hot=hot, flat=flat()))
    foreseen = washed(kinds=['BiasFrame']).impact()
    assert foreseen.count(WeightFrame) == 1 and len(foreseen) == 3
    context.update_is_valid(early, 0)
    assert len(washed(kinds=['BiasFrame']).impact()) == 2


def test_other_kinds_and_places_do_not_count(across):
    paper.chip('ESO_CCD_#66'), paper.filter(), paper.instrument('NASA42')
    assert len(washed(kinds=['BiasFrame'], chip='ESO_CCD_#65').impact()) == 2
    for other in {'kinds': ['FlatFrame']}, {'chip': 'ESO_CCD_#66'}, {'filter': 'r_SDSS'}, {'instrument': 'NASA42'}:
        foreseen = washed(**other).impact()
        assert not len(foreseen) and str(foreseen).startswith('nothing valid was made with a calibration across intervention')


def test_a_filter_has_its_own_calibrations(project):
    red, green = flat(), flat(filter=paper.filter('g_SDSS'))
    for one in red, red, green:
        paper.insert(paper.product(ColdPixelMap, DATE_OBS=NOON, flat=one, filter=one.filter))
    assert [len(washed(filter=name).impact()) for name in ('r_SDSS', 'g_SDSS')] == [2, 1]
    assert len(washed(filter='r_SDSS', kinds=['ColdPixelMap']).impact()) == 2, 'a cold pixel map names its flats as well'


def test_it_is_one_statement_however_many_there_are(across):
    made = washed()
    paper.insert(*[paper.product(HotPixelMap, bias=across, count=1, DATE_OBS=NOON) for _ in range(200)])
    with paper.statements() as sent:
        assert len(made.impact()) == 202
    assert len(sent) == 1


def test_as_of_a_date_the_intervention_concerns_what_was_there(across):
    made = washed(commit=True)
    now = utcnow()
    paper.hot(across, DATE_OBS=NOON)
    assert len(impact(made)) == 3
    context.as_of(now)
    assert len(impact(made)) == 2


def cold():
    return paper.insert(paper.product(ColdPixelMap, flat=flat(), filter=paper.filter()))


def flat(**values):
    values = {'filter': paper.filter()} | values
    raws = paper.raws(3, RawTwilightFlatFrame, filter=values['filter'])
    twilight = paper.insert(paper.product(TwilightFlatFrame, raw_twilight_flat_frames=raws, bias=paper.bias(), hot=paper.hot(),
                                          **values))
    return paper.insert(paper.product(FlatFrame, twilight_flat=twilight, **values))
