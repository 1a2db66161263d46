"""Prepared statements: written once for each shape, and for each sight; they find what a statement made anew finds."""

import datetime
import uuid

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.query import prepared
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.query.statement import among
from tests import paper
from tests.conftest import become

NOON = datetime.datetime(2012, 6, 1, 12)


def exposed(root, times, start):
    return among(root.column('EXPTIME'), times) & (root.column('DATE_OBS') >= start)


def found(times, start=NOON, cls=RawScienceFrame):
    rows = Query(cls, Rule(exposed, 'exposed', {'times': times, 'start': start})).columns('object_id', 'EXPTIME', 'DATE_OBS')
    return [(row.object_id, row.EXPTIME, row.DATE_OBS) for row in rows]


@pytest.fixture
def frames(project):
    """Frames of five exposure times, an hour apart."""
    frames = [paper.raw(RawScienceFrame, EXPTIME=float(n), DATE_OBS=NOON + datetime.timedelta(hours=n)) for n in range(5)]
    paper.insert(*frames)
    return frames


@pytest.mark.parametrize('times', [[], [1.0], [1.0, 3.0], [3.0, 1.0, 9.0], {0.0, 1.0, 2.0, 3.0, 4.0}, [None], [None, 2.0]])
def test_lists_of_any_length_are_compared(frames, times):
    expected = [(one.object_id, one.EXPTIME, one.DATE_OBS) for one in frames if one.EXPTIME in times]
    assert found(times) == expected == found(times), 'also the second time'
    later = NOON + datetime.timedelta(hours=2)
    assert found(times, later) == [one for one in expected if one[2] >= later]


def test_values_are_of_the_types_of_python(frames):
    (object_id, exptime, date), = found([2.0])
    assert type(object_id) is uuid.UUID and type(exptime) is float and type(date) is datetime.datetime


def test_a_shape_is_written_once_and_another_class_or_list_is_another_shape(frames, monkeypatch):
    written = []
    monkeypatch.setattr(prepared, '_known', {})
    monkeypatch.setattr(Query, '_statement', lambda *given, _own=Query._statement, **named: (
        written.append(1), _own(*given, **named))[1])
    for times in ([1.0], [2.0], [3.0]):
        assert len(found(times)) == 1
    assert len(written) == 1
    assert found([1.0], cls=RawBiasFrame) == [] and len(written) == 2
    assert len(found([1.0, 2.0, 3.0])) == 3 and len(found([0.0, 1.0, 2.0, 4.0])) == 4
    assert 3 <= len(written) <= 4


def test_each_sees_what_they_may_see_though_the_shape_is_the_same(project, monkeypatch):
    frames = []
    for level in (1, 3):
        context.set_privileges(level)
        frames.append(paper.insert(paper.raw(RawScienceFrame, EXPTIME=1.0, DATE_OBS=NOON)))
    mine, shared = frames
    assert {one[0] for one in found([1.0])} == {mine.object_id, shared.object_id}
    for name in ('eve', 'anonymous'):
        become(monkeypatch, name)
        made_anew = {one.object_id for one in RawScienceFrame.EXPTIME == 1.0}
        assert {one[0] for one in found([1.0])} == made_anew == ({shared.object_id} if name == 'eve' else set())


def test_a_date_in_the_past_is_seen_as_before(frames):
    asked_before = found([1.0])
    assert len(asked_before) == 1
    with context.acting(as_of=datetime.datetime(2001, 1, 1)):
        assert found([1.0]) == []
    assert found([1.0]) == asked_before


def test_a_condition_that_closes_over_its_values_is_made_anew(frames):
    def those(time):
        return Query(RawScienceFrame, Rule(lambda root: root.column('EXPTIME') == time, 'of a time')).columns('EXPTIME')

    assert [row.EXPTIME for time in (1.0, 2.0) for row in those(time)] == [1.0, 2.0]


def test_who_listens_hears_of_a_prepared_statement(frames):
    found([1.0])
    with paper.statements() as sent:
        found([2.0])
    assert len(sent) == 1 and 'EXPTIME' in sent[0]


def test_a_failure_is_told_as_that_of_any_statement(frames):
    connection = database().session.connection()
    statement = prepared.Prepared(RawScienceFrame.__table__.select().with_only_columns(text('absent')), connection.dialect)
    with pytest.raises(DBAPIError, match='absent'):
        statement.rows(connection, {})
    assert len(found([1.0])) == 1
