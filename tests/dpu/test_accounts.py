"""Two accounts of a PostgreSQL database on one worker, which connects as a service that may act for both."""

import pytest
from sqlalchemy import make_url, text

from awlike.config import settings
from awlike.context import context
from awlike.database.accounts import add_user
from awlike.database.sessions import Database
from awlike.dpu import dpu
from awlike.errors import NotFound
from awlike.frames.bias import BiasFrame
from awlike.ingest import ingest
from tests.conftest import become, home_in
from tests.databases import PASSWORD, as_role
from tests.dpu.conftest import ended
from tests.dpu.external import External


@pytest.fixture
def served(tmp_path, small_night, monkeypatch, postgresql):
    """The small night, ada's, on a PostgreSQL server, and a cluster of one worker that acts for ada and bob."""
    with home_in(tmp_path / 'awlike', postgresql) as home:
        ingest(small_night, how='refer')
        url = make_url(settings().database_url)
        administrator = Database(settings().database_url)
        add_user(administrator, 'service', PASSWORD)
        administrator.close()
        with as_role(None) as connection:
            connection.execute(text('GRANT ada, bob TO service'))
            connection.commit()
        cluster = External(home, workers=1, threads=1, AWLIKE_USER='service', AWLIKE_DATABASE=url.set(
            username='service', password=PASSWORD).render_as_string(hide_password=False))
        monkeypatch.setenv('AWLIKE_DPU', cluster.address)
        go_on_as(monkeypatch, 'ada', 'TEST', 1)
        yield monkeypatch
        dpu.close()
        cluster.end()


def go_on_as(monkeypatch, user, project, privileges):
    become(monkeypatch, user)
    context.set_project(project, privileges)


def made_by(number):
    """The one product that a job was asked for."""
    ended(number)
    made, = dpu.get_result(number)
    return made


@pytest.mark.slow
def test_a_worker_acts_for_each_with_the_rights_of_each(served):
    adas = made_by(dpu.run('Bias', instrument='OMEGACAM', commit=True))
    assert (adas.creator.name, adas.privileges) == ('ada', 1)

    become(served, 'bob')
    assert dpu.get_jobids() == []
    with pytest.raises(NotFound, match='you have no job 1'):
        dpu.cancel_job(1)
    context.create_project('BOBS')
    context.set_project('BOBS')
    number = dpu.run('Bias', instrument='OMEGACAM', commit=True)
    assert number == 1 and not ended(number).total and 'no frames answer' in str(dpu.get_logs(number))

    go_on_as(served, 'ada', 'TEST', 1)
    context.add_member('bob')
    go_on_as(served, 'bob', 'TEST', 2)
    bobs = made_by(dpu.run('Bias', instrument='OMEGACAM', commit=True))
    assert (bobs.creator.name, bobs.privileges, bobs.digest) == ('bob', 2, adas.digest) and bobs.object_id != adas.object_id
    assert [one.object_id for one in BiasFrame.select_all()] == [bobs.object_id]

    go_on_as(served, 'ada', 'TEST', 1)
    assert dpu.get_jobids() == [1] and made_by(dpu.run('Bias', instrument='OMEGACAM', commit=True)).creator.name == 'bob'


@pytest.mark.slow
def test_jobs_are_hidden_from_plain_sql(served):
    ended(dpu.run('Bias', instrument='OMEGACAM', commit=True))
    with as_role('bob') as bob:
        for table in ('job', 'job_step', 'job_log'):
            assert not bob.scalar(text(f'SELECT count(*) FROM {table}'))
        assert not bob.execute(text('UPDATE job SET cancelled = true')).rowcount
