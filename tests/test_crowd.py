"""Fifty sessions ask while eight commit: nobody waits for ever, nothing is made twice, no change is lost."""

import collections

import pytest
from sqlalchemy import func, select, text

from awlike.context import context
from awlike.frames.raw import RawFits, RawScienceFrame
from awlike.persist.database import database
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import claim, history
from awlike.recipes.reduce import ReduceTask
from awlike.tracing.fsck import fsck
from tests import crowd
from tests.bench import archive
from tests.bench.lazy import EmptyFrame, reduce_on_paper
from tests.conftest import home
from tests.crowd import CHIP, OWN, SHARED
from tests.databases import databases


@pytest.fixture(scope='module')
def on():
    """PostgreSQL, whatever else runs on."""
    with databases('postgresql') as found:
        yield found


@pytest.fixture
def survey(home):  # noqa: F811
    """A night of 2,240 raw frames, those of one chip reduced, in a project of ada and bob."""
    archive.fill(2240)
    reduce_on_paper(ReduceTask('OMEGACAM', chip=CHIP, commit=True))
    context.add_member('bob')


@pytest.mark.parametrize('readers, threads, writers', [
    (2, 5, 4), pytest.param(5, 10, 8, marks=pytest.mark.slow)])
def test_nothing_is_lost_and_nobody_waits_for_ever(survey, readers, threads, writers):
    done = crowd.gather(readers, threads, writers, users=('ada', 'bob'))
    assert not done.errors, done.errors[0]
    print(f'\n{readers * threads} sessions ask, {writers} write\n{done}')

    wanted = SHARED + OWN * writers
    assert done.made == wanted
    assert len(EmptyFrame.select_all()) == wanted - len(done.deleted) == len(set(EmptyFrame.select_all().table('digest', 'filename')['filename']))
    assert not {one.raw.filename for one in EmptyFrame.select_all()} & set(done.deleted)

    assert chain(crowd.judged_frame(), 'is_valid')
    raised = collections.Counter(change.object_id for change in changes('privileges'))
    assert set(raised.values()) == {1}
    for cls in (RawScienceFrame, RawFits, EmptyFrame):
        assert {one.object_id for one in cls.privileges == 3} <= set(raised)
    assert not database().session.execute(select(claim)).all()
    assert {finding.kind for finding in fsck(digests=False)} <= {'lost file'}  # those on paper
