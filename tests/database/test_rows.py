"""Rows: what a transaction left in the database, and which copy of an object the session keeps."""

import pytest

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.raw import RawScienceFrame
from awlike.persist.references import Chip
from tests import paper


@pytest.fixture
def raw(project):
    """A raw frame that could be committed and is not."""
    raw = paper.raw(is_valid=1, quality_flags=0)
    context.stamp(raw)
    return raw


def test_a_database_knows_whether_an_object_was_committed(raw):
    assert not database().holds(raw)
    assert not database().holds(raw), 'and to ask leaves nothing behind'
    with database().transaction() as connection:
        database().insert(connection, [raw])
    assert database().holds(raw)


@pytest.mark.sqlite  # on PostgreSQL the name of a reference must be that of its id
def test_a_reference_that_exists_is_left_as_it_is(project):
    chip = paper.chip('A')
    table = Chip.__table__
    with database().transaction() as connection:
        row = {column.name: getattr(chip, column.key) for column in table.columns}
        assert not database().insert_row_absent(connection, table, row | {'name': 'B'})
    assert {found.name for found in Chip.select_all()} == {'A'}


def test_the_copy_of_an_object_that_the_session_has_already_stays(raw):
    with database().transaction() as connection:
        database().insert(connection, [raw])
    read = RawScienceFrame.get(raw.object_id)
    database().adopt([raw])
    assert raw.is_committed and RawScienceFrame.get(raw.object_id) is read and read is not raw
