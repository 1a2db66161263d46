"""A database that goes away for a moment: what is under way waits, and of what was committed it is known which way it went."""

import contextlib
import sys

import pytest

from awlike.context import context
from awlike.database import retry, sessions
from awlike.database.sessions import Database
from awlike.dpu import cluster, jobs, work
from awlike.dpu.job_order import JobOrder, versions
from awlike.dpu.ledger import Ledger
from awlike.dpu.packing import packed
from awlike.errors import ProcessingError, Unreachable
from awlike.frames.read_noise import ReadNoise
from awlike.ingest import ingest
from awlike.planning.plan import Plan
from awlike.products.raw import RawFits
from awlike.recipes.bias import BiasTask
from awlike.simulate import simulate
from awlike.tracing.fsck import fsck as fsck_now
from tests.conftest import become, home_in
from tests.dpu.conftest import products as products_now
from tests.outage import Outage


@pytest.fixture(scope='module')
def reached(tmp_path_factory, small_night, postgresql):
    """The small night on a PostgreSQL server, reached through a proxy that can cut; return the proxy."""
    with home_in(tmp_path_factory.mktemp('away') / 'awlike', postgresql):
        ingest(small_night, how='refer')
        proxy = Outage(sessions.database().url)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv('AWLIKE_DATABASE', proxy.url)
            sessions.use(None)
            become(patch, 'ada')
            context.set_project('TEST')
            yield proxy
            sessions.use(None)
        proxy.close()


@pytest.fixture
def outage(reached):
    """The proxy; nothing is made yet."""
    for one in reversed(products()):
        context.delete(one)
    sessions.use(None)  # a connection sends the text of a statement only until it has prepared it
    context.reset()
    context.set_project('TEST')
    reached.cuts = 0
    return reached


def products():
    """All products; this process may have to connect anew for it."""
    return retry.patiently(products_now)


def fsck():
    """Return the findings of fsck; this process may have to connect anew."""
    return retry.patiently(fsck_now)


def step_of_a_job():
    """A job with one step, the read noise, as its coordinator lays it out; what `work.make` is called with."""
    plan = BiasTask('OMEGACAM', commit=True).plan()
    step = plan.to_make[0]
    row = jobs.new_job('Bias', {'commit': True}, cluster.local_place())
    numbers = Ledger(sessions.database(), row.id).add_plan(Plan([step]))
    job = JobOrder(row.id, row.number, 'ada', 'TEST', 2, 'Bias', {}, {}, versions())
    return job, 'Bias', [packed(step, numbers)]


@pytest.mark.parametrize('arrives', [True, False])
def test_a_worker_cut_off_while_it_commits_makes_it_once(outage, arrives):
    asked = step_of_a_job()
    outage.cut_at_commit(b'INSERT INTO lineage', 1, arrives)
    result, = work.make(*asked)
    assert result['error'] is None and outage.cuts == 1
    assert [one.object_id for one in products()] == [result['made']] and not fsck()
    assert jobs.counts([asked[0].id])[asked[0].id]['ReadNoise'].done == 1


@pytest.mark.slow  # ten seconds each
@pytest.mark.parametrize('arrives', [True, False])
def test_ten_seconds_are_no_matter(outage, arrives):
    asked = step_of_a_job()
    outage.cut_at_commit(b'INSERT INTO lineage', 10, arrives)
    assert work.make(*asked)[0]['error'] is None
    assert len(products()) == 1 and not fsck()


def test_a_worker_cut_off_before_it_begins_waits(outage):
    asked = step_of_a_job()
    outage.cut(1)
    assert work.make(*asked)[0]['error'] is None and len(products()) == 1 and not fsck()


@pytest.mark.parametrize('arrives', [True, False])
def test_a_task_in_this_process_keeps_what_was_committed_and_no_file_of_what_was_not(outage, arrives):
    outage.cut_at_commit(b'INSERT INTO lineage', 0.5, arrives)
    with contextlib.nullcontext() if arrives else pytest.raises(ProcessingError, match='cannot be reached'):
        BiasTask('OMEGACAM', commit=True).execute()
    assert len(products()) == (2 if arrives else 0) and not fsck()
    BiasTask('OMEGACAM', commit=True).execute()
    assert len(products()) == 2 and not fsck()


@pytest.mark.slow
@pytest.mark.parametrize('arrives', [True, False])
def test_a_raw_file_taken_in_while_the_connection_is_lost_is_there_or_not(outage, small_night, tmp_path, arrives):
    simulate(tmp_path / 'more', shape=(128, 64), seed=8 + arrives)
    before = len(RawFits.select_all())
    outage.cut_at_commit(b'INSERT INTO raw_fits', 0.5, arrives)
    ingest(tmp_path / 'more', how='refer')
    assert outage.cuts == 1 and not fsck()
    ingest(tmp_path / 'more', how='refer')
    assert len(RawFits.select_all()) == before + len(list((tmp_path / 'more').glob('*.fits*'))) and not fsck()


def test_a_server_that_stays_away_is_told(outage, monkeypatch):
    monkeypatch.setattr(retry, 'PATIENCE', 0.3)
    sessions.database().session  # noqa: B018
    outage.cut(1.5)
    with pytest.raises(Unreachable, match='cannot be reached: .*See that its server runs'):
        jobs.of_user()


def test_looking_at_jobs_waits_for_the_database(outage):
    asked = step_of_a_job()
    outage.cut(1)
    assert [row.number for row in jobs.of_user()][-1] == asked[0].number


def test_who_lost_a_connection_goes_on_with_another(outage):
    assert not ReadNoise.select_all().exists()
    outage.cut(0)
    with contextlib.suppress(Unreachable):
        ReadNoise.select_all().exists()
    assert not ReadNoise.select_all().exists()


def test_who_was_idle_while_the_connection_was_lost_notices_nothing(outage, monkeypatch):
    monkeypatch.setattr(sys.modules[Database.__module__], '_IDLE', 0)
    assert not ReadNoise.select_all().exists()
    outage.cut(0)
    assert not ReadNoise.select_all().exists()


def test_what_was_rolled_back_is_not_there_and_what_was_committed_is(outage):
    task = BiasTask('OMEGACAM')
    task.execute()
    made = task.made[0]
    context.stamp(made)
    db = sessions.database()
    with contextlib.suppress(ZeroDivisionError), db.transaction() as connection:
        db.insert(connection, [made])
        assert 1 / 0
    assert not Database.holds(db, made)
    with db.transaction() as connection:
        db.insert(connection, [made])
    assert db.holds(made)
