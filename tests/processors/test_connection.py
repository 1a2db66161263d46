"""Tables of the database, read by scripts: they read, whatever they ask."""

import pytest

from awlike.context import context
from awlike.frames.raw import RawFrame, RawScienceFrame
from awlike.processors.files.connection import getDBConnection, getTableConn
from tests import paper

WRITING = ('DELETE FROM lineage', 'UPDATE dbobject SET is_valid = 0', 'CREATE TABLE mine (x integer)')


@pytest.mark.parametrize('statement', WRITING)
def test_a_script_reads_alone(project, statement):
    paper.raws(2)
    with getTableConn() as connection:
        with pytest.raises(Exception, match='read-only|cannot be written to'):
            list(connection.query(statement))
        assert list(connection.queryToDicts('SELECT count(*) AS n FROM dbobject WHERE is_valid = %(valid)s', {'valid': 1}))
    another = getDBConnection()
    with pytest.raises(Exception, match='read-only|cannot be written to'):
        list(another.query(statement))
    another.close()
    assert all(frame.is_valid == 1 for frame in RawFrame.select_all())
    context.update_is_valid(RawScienceFrame.select_all()[0], 0)  # awlike itself writes afterwards
    assert len(RawScienceFrame.is_valid == 0) == 1
