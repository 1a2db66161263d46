"""Interventions: what is told, what is refused, who sees them, and their history."""

import datetime
import logging

import pytest

from awlike.context import context
from awlike.errors import AwlikeError, NotAllowed, NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.flat import FlatFrame
from awlike.nights import utcnow
from awlike.persist.intervention import Intervention
from tests import paper
from tests.conftest import become

NOON = datetime.datetime(2012, 6, 1, 15)


@pytest.fixture
def camera(project):
    """A camera with a chip and a filter."""
    return paper.chip(), paper.filter(), paper.chip('ESO_CCD_#66')


def washed(**other):
    return context.intervention(**{'instrument': 'OMEGACAM', 'date': NOON, 'reason': 'mirror washed'} | other)


def test_what_is_told_is_kept(camera):
    made = washed(kinds=[FlatFrame], chip='ESO_CCD_#65', filter='r_SDSS')
    context.as_of(None)
    found = Intervention.select_all().one()
    assert found == made and found.is_committed
    assert (found.instrument.name, found.chip.name, found.filter.name) == ('OMEGACAM', 'ESO_CCD_#65', 'r_SDSS')
    assert (found.date, found.reason, found.creator.name, found.project.name) == (NOON, 'mirror washed', 'ada', 'TEST')
    assert found.privileges == 2 and found.is_valid == 1 and found.filename is None
    assert str(found) == 'intervention 2012-06-01 15:00:00 OMEGACAM ESO_CCD_#65 r_SDSS'
    assert 'mirror washed' in str(found.facts())


def test_the_date_is_a_moment_in_utc(camera):
    assert washed(date='2012-06-01T15:00', commit=False).date == NOON
    assert washed(date='2012-06-01T11:00-04:00', commit=False).date == NOON


def test_all_kinds_and_places_when_nothing_else_is_said(camera):
    made = washed()
    assert made.kinds == [] and made.chip is None and made.filter is None and made.kinds_in_words == 'all kinds'


@pytest.mark.parametrize('kinds, named', [
    (FlatFrame, ['FlatFrame', 'TwilightFlatFrame', 'DomeFlatFrame']), ('HotPixelMap', ['HotPixelMap', 'BiasFrame']),
    ([BiasFrame, BiasFrame], ['BiasFrame']), (['DomeFlatFrame'], ['DomeFlatFrame']),
    (['ColdPixelMap', 'DomeFlatFrame'], ['ColdPixelMap', 'DomeFlatFrame', 'FlatFrame', 'TwilightFlatFrame']),
    (['IlluminationCorrectionFrame'], ['IlluminationCorrectionFrame', 'IlluminationCorrection']),
    (['FringeFrame'], ['FringeFrame'])])
def test_a_kind_names_the_kinds_from_which_it_is_made(camera, caplog, kinds, named):
    with caplog.at_level(logging.INFO, 'awlike'):
        assert washed(kinds=kinds, commit=False).kinds == named
    given = 1 if isinstance(kinds, type | str) else len(set(map(str, kinds)))
    assert ('it concerns' in caplog.text) == (len(named) > given)


@pytest.mark.parametrize('other, error, said', [
    ({'instrument': 'OMEGACAN'}, NotFound, r"no instrument 'OMEGACAN' is known here \(did you mean OMEGACAM\?\)"),
    ({'chip': 'ESO_CCD_#56'}, NotFound, r'no chip .* of OMEGACAM .*did you mean ESO_CCD_#6'),
    ({'filter': 'r_SDS'}, NotFound, r'no filter .* of OMEGACAM .*did you mean r_SDSS'),
    ({'kinds': ['FlatFrames']}, ParameterError, r'FlatFrames is no kind of calibrations \(did you mean FlatFrame'),
    ({'kinds': ['RawBiasFrame']}, ParameterError, 'RawBiasFrame is no kind of calibrations'),
    ({'kinds': ['CalibrationFrame']}, ParameterError, 'leave kinds out for all'),
    ({'kinds': [BiasFrame], 'filter': 'r_SDSS'}, ParameterError, 'BiasFrame has no filter'),
    ({'date': 'yesterday'}, ParameterError, 'date .yesterday.: write a datetime'),
    ({'date': None}, ParameterError, 'date None: an intervention needs the moment'),
    ({'date': '0012-06-01T15:00'}, ParameterError, 'date .0012-06-01T15:00.: an intervention needs the moment'),
    ({'reason': ' '}, ParameterError, 'needs a reason: say what was done'),
    ({'chips': 'ESO_CCD_#65'}, ParameterError, 'did you mean chip')])
def test_wrong_values_are_refused_with_the_remedy(camera, other, error, said):
    with pytest.raises(error, match=said):
        washed(**other)
    assert not Intervention.select_all().exists()


def test_nothing_is_known_of_a_camera_without_frames(project):
    with pytest.raises(NotFound, match='none yet, ingest some frames'):
        washed()


def test_the_same_twice_is_refused(camera):
    washed(kinds=[FlatFrame])
    with pytest.raises(NotAllowed, match=r'known already, as number 0 \(2 \(Project\)\).*context.withdraw\(0\)'):
        washed(kinds=['DomeFlatFrame', FlatFrame], reason='again')
    for other in {'kinds': [BiasFrame]}, {'chip': 'ESO_CCD_#65'}, {'date': NOON + datetime.timedelta(seconds=1)}:
        washed(**{'kinds': [FlatFrame]} | other)
    context.withdraw(0)
    washed(kinds=[FlatFrame])
    context.create_project('OTHER')
    context.set_project('OTHER')
    washed(kinds=[FlatFrame])
    assert len(context.interventions()) == 6


def test_one_that_is_not_committed_leaves_nothing(camera):
    made = washed(commit=False)
    assert not made.is_committed and not Intervention.select_all().exists()
    with pytest.raises(NotAllowed, match='is not committed'):
        context.withdraw(made)


def test_the_list_is_a_table(camera):
    assert str(context.interventions()).startswith('no interventions: context.intervention(')
    first, second = washed(kinds=[BiasFrame]), washed(chip='ESO_CCD_#65', date='2012-06-03T12:00', reason='detector changed')
    context.withdraw(second, 'it was another detector')
    found = context.interventions()
    assert list(found) == [first, second] and found[-1] == second and len(found) == 2
    title, head, one, two, mark = str(found).splitlines()
    assert title == '2 interventions' and head.split() == ['no', 'date', 'place', 'kinds', 'who', 'when', 'reason']
    assert one.split()[:6] == ['0', '2012-06-01', '15:00:00', 'OMEGACAM', 'BiasFrame', 'ada'] and one.endswith('mirror washed')
    assert two.split()[:7] == ['1', '2012-06-03', '12:00:00', 'OMEGACAM', 'ESO_CCD_#65', 'all', 'kinds']
    assert mark.strip().startswith('withdrawn by ada, ') and mark.endswith(': it was another detector')
    assert 'withdrawn by ada' in found._repr_html_() and 'mirror washed' in found._repr_html_()
    asdict = found.to_dict()[1]
    assert asdict['number'] == 1 and asdict['withdrawn']['reason'] == 'it was another detector' and asdict['filter'] is None


def test_the_list_of_a_place_or_of_nights(camera):
    everywhere, here = washed(), washed(chip='ESO_CCD_#65', date='2012-06-03T12:00')
    there = washed(chip='ESO_CCD_#66', date='2012-06-04T12:00')
    assert list(context.interventions('OMEGACAM')) == [everywhere, here, there]
    assert list(context.interventions(chip='ESO_CCD_#66')) == [everywhere, there]
    assert list(context.interventions(date='2012-05-31')) == [everywhere], 'noon at the telescope is later'
    assert list(context.interventions(date='2012-06-01:2012-06-02')) == [here]
    assert '\n   2  2012-06-04' in str(context.interventions(chip='ESO_CCD_#66', date='2012-06-03')), 'it keeps its number'
    for wrong in {'instrument': 'OMEGACAN'}, {'chip': 'ESO_CCD_#64'}, {'date': 'June'}, {'filter': 'r_SDSS'}:
        with pytest.raises(AwlikeError):
            context.interventions(**wrong)


def test_the_list_takes_few_statements(camera):
    for number in range(20):
        washed(date=NOON + datetime.timedelta(days=number), chip='ESO_CCD_#65')
        if number % 2:
            context.withdraw(number)
    context.as_of(None)
    with paper.statements() as sent:
        assert 'withdrawn' in str(context.interventions())
    assert len(sent) < 10


def test_what_is_withdrawn_has_a_history(camera):
    made = washed()
    context.withdraw(made, 'typed the wrong date')
    change, = context.history(made)
    assert (change.attribute, change.old, change.new, change.user) == ('is_valid', '1', '0', 'ada')
    assert change.reason == 'typed the wrong date' and made.is_valid == 0
    with pytest.raises(NotAllowed, match='withdrawn already'):
        context.withdraw(made)
    context.update_is_valid(made, 1)
    assert [one.reason for one in context.history(made)] == ['typed the wrong date', None]
    assert 'withdrawn' not in str(context.interventions())


@pytest.mark.parametrize('wrong', [7, -1, 'mirror', None])
def test_only_an_intervention_is_withdrawn(camera, wrong):
    washed()
    with pytest.raises((NotFound, ParameterError), match='no intervention'):
        context.withdraw(wrong)


def test_the_past_has_the_interventions_of_the_past(camera):
    before = utcnow()
    made = washed()
    told = utcnow()
    context.withdraw(made, 'in error')
    context.as_of(told)
    assert context.interventions()[0].is_valid == 1 and 'withdrawn' not in str(context.interventions())
    assert context.interventions().to_dict()[0]['withdrawn'] is None
    with pytest.raises(NotAllowed, match='as of'):
        washed(date='2012-06-09T12:00')
    context.as_of(before)
    assert not context.interventions()
    context.as_of(None)
    assert 'in error' in str(context.interventions())


def test_others_see_it_by_its_privileges(camera, monkeypatch):
    made = washed()
    become(monkeypatch, 'bob')
    assert not context.interventions()
    become(monkeypatch, 'ada')
    context.publish(Intervention.get(made.object_id), 3)
    become(monkeypatch, 'bob')
    assert list(context.interventions()) == [made]
    with pytest.raises(NotAllowed, match='can be changed by ada'):
        context.withdraw(0)


def test_a_stranger_forges_none_for_others(camera, monkeypatch):
    become(monkeypatch, 'eve')
    context.create_project('EVES')
    for level in 1, 2:
        context.set_project('EVES', privileges=level)
        washed(date=NOON + datetime.timedelta(days=level))
    assert len(context.interventions()) == 2
    become(monkeypatch, 'ada')
    assert not context.interventions()


def test_a_member_withdraws_the_intervention_of_another(camera, monkeypatch):
    washed()
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    context.withdraw(0, 'in error')
    assert 'withdrawn by bob' in str(context.interventions()) and 'in error' in str(context.interventions())


def test_it_is_never_deleted(camera):
    with pytest.raises(NotAllowed, match='Mark it bad instead'):
        context.delete(washed())
