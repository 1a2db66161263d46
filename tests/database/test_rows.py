"""Rows: what a transaction left in the database, and which copy of an object the session keeps."""

import pytest

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
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


def test_of_objects_inserted_together_each_has_its_own_values(project):
    biases = [paper.raw(RawBiasFrame, TEMPERATURE=None), paper.raw(RawBiasFrame, TEMPERATURE=1.5)]
    noise = paper.product(ReadNoise, raw_bias_frames=biases)
    bias = paper.product(BiasFrame, raw_bias_frames=biases[::-1], read_noise=noise)
    paper.insert(*biases)
    paper.insert(noise)
    paper.insert(bias)
    database().session.expunge_all()
    assert [raw.TEMPERATURE for raw in (biases[0].__class__.get(one.object_id) for one in biases)] == [None, 1.5]
    assert [one.object_id for one in BiasFrame.get(bias.object_id).raw_bias_frames] == [one.object_id for one in biases[::-1]]
    assert BiasFrame.get(bias.object_id).read_noise.object_id == noise.object_id


def test_what_was_inserted_together_belongs_to_the_session(project):
    frames = [paper.raw(RawBiasFrame) for _ in range(3)]
    paper.insert(*frames)
    assert all(frame.is_committed and frame in database().session for frame in frames)
    assert list(RawBiasFrame.select_all())[0] is frames[0]
