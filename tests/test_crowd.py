"""Fifty sessions ask while eight commit: nobody waits for ever, nothing is made twice, no change is lost."""

import collections

import pytest
from sqlalchemy import select

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.raw import RawScienceFrame
from awlike.persist.tables import claim, history
from awlike.products.raw import RawFits
from awlike.recipes.reduced import ReduceTask
from awlike.tracing.fsck import fsck
from tests import crowd
from tests.bench import archive
from tests.bench.lazy import EmptyFrame, reduce_on_paper
from tests.crowd import CHIP, OWN, SHARED


@pytest.fixture(scope='module')
def on(postgresql):
    """PostgreSQL, whatever else runs on."""
    return postgresql


@pytest.fixture
def survey(home):
    """A night of 2,240 raw frames, those of one chip reduced, in a project of ada and bob."""
    archive.fill(2240)
    reduce_on_paper(ReduceTask('OMEGACAM', chip=CHIP, commit=True))
    context.add_member('bob')


@pytest.mark.parametrize('readers, threads, writers', [
    (1, 5, 2), pytest.param(5, 10, 8, marks=pytest.mark.slow)])
def test_nothing_is_lost_and_nobody_waits_for_ever(survey, readers, threads, writers):
    done = crowd.gather(readers, threads, writers, users=('ada', 'bob'))
    assert not done.errors, done.errors[0]
    print(f'\n{readers * threads} sessions ask, {writers} write\n{done}')

    wanted, there = SHARED + OWN * writers, list(EmptyFrame.select_all())
    assert done.made == wanted
    assert collections.Counter([one.raw.filename for one in there] + done.deleted).most_common(1)[0][1] == 1
    assert len(there) + len(done.deleted) == wanted

    judged = crowd.judged_frame()
    assert kept('is_valid', judged) and each_follows_the_one_before(kept('is_valid', judged), judged.is_valid)
    raised = kept('privileges')
    assert {(change.old, change.new) for change in raised} == {('2', '3')}
    ids = [change.object_id for change in raised]
    assert len(set(ids)) == len(ids)
    assert {one.object_id for cls in (RawScienceFrame, RawFits, EmptyFrame) for one in cls.privileges == 3} == set(ids)

    assert not database().session.execute(select(claim)).all()
    assert {finding.kind for finding in fsck(digests=False)} == {'lost file'}  # what is on paper alone


def kept(attribute, obj=None):
    """The changes of an attribute, of `obj` or of all objects, in order."""
    of_it = history.c.attribute == attribute if obj is None else history.c.object_id == obj.object_id
    return database().session.execute(select(history).where(of_it).order_by(history.c.number)).all()


def each_follows_the_one_before(changes, now):
    return [change.old for change in changes] == ['1', *(change.new for change in changes[:-1])] and changes[-1].new == str(now)
