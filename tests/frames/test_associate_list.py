"""Associations of source lists: their table, their queries in both directions, and the task."""

import datetime

import numpy as np
import pytest

from awlike.context import context
from awlike.errors import NotFound, ParameterError, ProcessingError
from awlike.frames.associate_list import AssociateList, Association
from awlike.frames.source_list import Source, SourceList
from awlike.products.making import produce
from awlike.recipes.associate_list import AssociateTask
from tests import catalogues, paper
from tests.conftest import become, let_in
from tests.measured import field, measured, measured_home  # noqa: F401

ARCSEC = 1 / 3600


@pytest.fixture
def lists(project):
    """Three lists, an hour apart, of 200 stars; the second lacks the first 20, the third the last 20, and turns the rows."""
    ra, dec = catalogues.spread(200, 0.0, -30, .05, 4)
    rng, found = np.random.default_rng(5), []
    for n, stars in enumerate((np.arange(200), np.arange(20, 200), np.arange(180)[::-1])):
        east, north = rng.normal(0, .02, (2, 200)) * ARCSEC
        rows = catalogues.columns((ra + east)[stars], (dec + north)[stars], FLAGS=(stars % 10 == 0).astype('i4') * 4)
        found.append(catalogues.inserted(rows, DATE_OBS=paper.START + datetime.timedelta(hours=n),
                                         number_of_sources=len(stars)))
    return found


def associated(lists, **changed):
    return paper.insert(produce(AssociateList, {'source_lists': lists}, AssociateList.Parameters(**changed)))


def star(row):
    """The number of the star behind a row of associations of `lists`."""
    return {1: row.SID - 1, 2: row.SID + 19, 3: 180 - row.SID}[row.SLID]


@pytest.mark.slow
def test_groups_are_a_table_and_rows_in_the_database(lists):
    one = associated(lists)
    assert (one.number_of_groups, one.number_of_sources) == (200, 560) and len(Association.associate_list == one) == 560
    table = one.to_table()
    assert {'AID', 'SLID', 'SID', 'FLAG', 'RA', 'DEC'} == set(table.colnames)
    assert (np.diff(table['AID']) >= 0).all() and table['AID'].max() == 200 and set(table['FLAG']) == {0}
    for row in list((Association.associate_list == one).limit(50)):
        assert row.source.SID == row.SID and row.source.source_list == lists[row.SLID - 1] and row.source.RA == row.RA
    assert len(Association.within(0, -30, 1)) == 560 and one.filter == lists[0].filter


def test_from_a_source_to_its_group_and_from_a_group_to_its_sources(lists):
    one = associated(lists)
    source = ((Source.source_list == lists[0]) & (Source.SID == 101)).one()
    group = source.associations()[0].group()
    assert {(one.source_list, one.SID) for one in group} == {(lists[0], 101), (lists[1], 81), (lists[2], 80)}
    assert source in list(one.group_of(source)) and len(one.group_of(source)) == 3
    assert len(group & (Source.source_list == lists[1])) == 1, 'it is a query'
    assert {star(row) for row in (Association.associate_list == one) & (Association.AID == 7)} == {6}
    assert [one.SID for one in one.group(101)] == [one.SID for one in group]
    with pytest.raises(NotFound, match='no group 201: they are numbered from 1 to 200'):
        one.group(201)


def test_a_source_is_in_the_groups_of_all_associations_that_one_sees(lists, monkeypatch):
    first, second = associated(lists), associated(lists[1:])
    source = ((Source.source_list == lists[1]) & (Source.SID == 50)).one()
    assert {row.associate_list for row in source.associations()} == {first, second}
    lonely = ((Source.source_list == lists[1]) & (Source.SID == 180)).one()
    assert {row.associate_list for row in lonely.associations()} == {first}
    with pytest.raises(NotFound, match='is in no group of'):
        second.group_of(lonely)
    context.set_privileges(1)
    associated(lists[:2])
    assert len(source.associations()) == 3
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    source = ((Source.source_list == lists[1]) & (Source.SID == 50)).one()
    assert len(source.associations()) == 2 and len(Association.select_all()) == 560 + 320


@pytest.mark.parametrize(('changed', 'groups', 'sources'), [
    ({'TYPE': 'matched'}, 160, 480), ({'TYPE': 'master'}, 200, 560), ({'TYPE': 'master', 'MASTER': 2}, 180, 520),
    ({'FLAG_MASK': 4}, 180, 504), ({'FLAG_MASK': 3}, 200, 560), ({'SEARCH_DISTANCE': 1e-4}, None, None),
    ({'SINGLE_OUT_CLOSEST_PAIRS': False}, 340, 680)])
def test_types_and_parameters(lists, changed, groups, sources):
    one = associated(lists, **changed)
    if groups is None:
        assert one.number_of_groups < 10
        return
    assert (one.number_of_groups, one.number_of_sources) == (groups, sources)
    for AID in range(1, 6):
        rows = list((Association.associate_list == one) & (Association.AID == AID))
        assert len({star(row) for row in rows}) == 1 and len({row.SLID for row in rows}) == len(rows) >= 2


def test_the_content_is_the_same_each_time(lists):
    assert associated(lists).digest == associated(lists).digest != associated(lists, TYPE='matched').digest


def test_too_few_lists_are_told(lists):
    for some, changed in ((lists[:1], {}), (lists, {'TYPE': 'master', 'MASTER': 4})):
        with pytest.raises(ProcessingError, match='associate two or more'):
            associated(some, **changed)
    with pytest.raises(ValueError):
        AssociateList.Parameters(TYPE='best')


def test_the_task_associates_source_lists_or_those_of_frames(measured):  # noqa: F811
    lists = list(SourceList.select_all())
    task = AssociateTask(source_lists=lists, commit=True)
    if len(lists) < 2:
        frame = lists[0].frame
        assert task.plan().targets[0].input_objects()['source_lists'] == lists
        assert AssociateTask(frames=[frame]).plan().targets[0].input_objects()['source_lists'] == lists
        with pytest.raises(ProcessingError, match='associate two or more'):
            task.execute()
        return
    task.execute()
    made, = task.products
    assert list(made.source_lists) == sorted(lists, key=lambda one: one.DATE_OBS) and not task.plan().to_make
    assert AssociateTask(frames=[one.frame for one in lists]).plan().targets[0].existing == made
    with pytest.raises((ParameterError, NotFound)):
        AssociateTask(source_lists=[lists[0].filename, 'nothing.fits'])
