"""What each criterion of a query leaves, and what may be meant when nothing is left."""

import datetime

import pytest

from awlike.context import context
from awlike.errors import NoSuchIndex
from awlike.frames.raw import RawScienceFrame as Raw
from awlike.frames.reduced import ReducedScienceFrame
from tests import paper
from tests.conftest import become


def test_each_criterion_says_what_it_leaves(science):
    query = (Raw.chip.name == 'ESO_CCD_#65') & (Raw.EXPTIME > 300) & (Raw.filter.name == 'g_SDSS')
    assert query.explain().rows == [
        ('RawScienceFrame, visible to you', 6, 6), ("RawScienceFrame.chip.name == 'ESO_CCD_#65'", 3, 3),
        ('RawScienceFrame.EXPTIME > 300', 3, 1), ("RawScienceFrame.filter.name == 'g_SDSS'", 3, 0)]


def test_it_prints_as_a_table(science):
    lines = str((Raw.EXPTIME > 300).explain()).splitlines()
    assert lines[0].split() == ['criterion', 'alone', 'leaves']
    assert lines[2].split() == ['RawScienceFrame.EXPTIME', '>', '300', '3', '3']
    assert len({len(line) for line in lines}) == 1 and repr(Raw.select_all().explain()).count('\n') == 1


def test_alternatives_are_one_criterion(science):
    rows = ((Raw.EXPTIME == 100) | (Raw.EXPTIME == 200)).explain().rows
    assert rows[1:] == [('(RawScienceFrame.EXPTIME == 100) | (RawScienceFrame.EXPTIME == 200)', 2, 2)]


def test_it_counts_only_what_is_visible(science, monkeypatch):
    context.set_privileges(4)
    paper.raws(1, EXPTIME=1000.0)
    become(monkeypatch, 'anonymous')
    assert [left for *_, left in (Raw.EXPTIME > 300).explain().rows] == [1, 1]


def test_narrowing_shows_among_the_criteria(science):
    rows = (Raw.EXPTIME > 300).project_only().explain().rows
    assert len(rows) == 3 and rows[2][0] == "RawScienceFrame.project.name == 'TEST'"


# --- what may be meant ---

def test_a_name_that_differs_in_case_or_a_letter_is_offered(science):
    for wrong in ('r_sdss', 'R_SDSS', 'r_SDS'):
        query = (Raw.filter.name == wrong) & (Raw.EXPTIME > 300)
        assert query.explain().hints == [f"RawScienceFrame.filter.name is never {wrong!r}: did you mean 'r_SDSS'?"], wrong
        assert str(query.explain()).endswith("did you mean 'r_SDSS'?")
    assert Raw.chip.name.in_(['ESO_CCD_65']).explain().hints == [
        "RawScienceFrame.chip.name is never 'ESO_CCD_65': did you mean 'ESO_CCD_#65'?"]


def test_a_name_unlike_all_gets_what_there_is(science):
    assert (Raw.filter.name == 'H-alpha').explain().hints == [
        "RawScienceFrame.filter.name is never 'H-alpha': it is 'g_SDSS' or 'r_SDSS'"]


def test_an_answer_gets_no_hint_and_nor_do_other_criteria(science):
    assert (Raw.filter.name == 'r_SDSS').explain().hints == [] == (Raw.EXPTIME > 1e9).explain().hints
    assert ((Raw.filter.name == 'r_SDSS') & (Raw.EXPTIME > 1e9)).explain().hints == []
    assert (Raw.filter.name != 'r_sdss').explain().hints == [] == (Raw.filter.name == None).explain().hints  # noqa: E711


def test_names_that_one_may_not_see_are_not_offered(science, monkeypatch):
    become(monkeypatch, 'anonymous')
    assert (Raw.OBJECT == 'a field').explain().hints == [] == (Raw.filter.name == 'r_sdss').explain().hints


def test_for_dates_the_nearest_night_with_frames_is_offered(science):
    night = Raw.select_all().min('DATE_OBS').DATE_OBS
    for query in (Raw.DATE_OBS > night + datetime.timedelta(days=400), Raw.select(date='2031-01-01', instrument='OMEGACAM'),
                  (Raw.DATE_OBS == '1999-01-01') & (Raw.filter.name == 'r_SDSS')):
        hint, = query.explain().hints
        assert hint.startswith('the nearest night with such frames is 2012-0'), hint
        assert hint.endswith(': it has 6') or 'r_SDSS' in str(query), hint
    hints = ((Raw.DATE_OBS == '1999-01-01') & (Raw.filter.name == 'r_sdss')).explain().hints
    assert hints == ["RawScienceFrame.filter.name is never 'r_sdss': did you mean 'r_SDSS'?"]


def test_the_error_of_an_index_too_large_has_the_hint(science):
    with pytest.raises(NoSuchIndex, match="did you mean 'r_SDSS'"):
        (Raw.filter.name == 'r_sdss')[0]


# --- objects among the criteria ---

def test_objects_are_named_as_people_name_them(science):
    raw = Raw.select_all()[0]
    assert str(Raw.select_all().project_only()) == "RawScienceFrame.project.name == 'TEST'"
    assert str(Raw.select_all().user_only()) == "RawScienceFrame.creator.name == 'ada'"
    assert str(Raw.filter == raw.filter) == f'RawScienceFrame.filter.name == {raw.filter.name!r}'
    assert str(ReducedScienceFrame.raw != raw) == f'ReducedScienceFrame.raw.filename != {raw.filename!r}'
    assert str(Raw.chip.in_([raw.chip])) == f'RawScienceFrame.chip.name.in_([{raw.chip.name!r}])'
    assert str(Raw.chip == raw.chip.object_id) == f'RawScienceFrame.chip == object {raw.chip.object_id}'
    assert (Raw.filter == raw.filter).exists()
