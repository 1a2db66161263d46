"""A worker refuses a job that it cannot do well: other versions, another database, another user's own code."""

import dataclasses
import uuid

import pytest

from awlike.database.sessions import database
from awlike.dpu import jobs, own_recipes
from awlike.dpu.job_order import JobOrder, check_here, versions
from awlike.dpu.ledger import Ledger
from awlike.errors import ConfigError


@pytest.fixture
def job(project, monkeypatch):
    """A job of ada's, on a worker that ada started."""
    monkeypatch.setattr(own_recipes, '_started_as', 'ada')
    monkeypatch.setattr(own_recipes, '_loaded', {})
    row = jobs.new_job('Bias', {'commit': True}, 'localhost:8786')
    return JobOrder(row.id, row.number, 'ada', 'TEST', 2, 'Bias', {'commit': True}, {}, versions())


def check(job, **other):
    job = dataclasses.replace(job, **other)
    return check_here(job, Ledger(database(), job.id), 'one')


def test_a_worker_that_fits_returns_the_row_of_the_job(job):
    assert check(job).number == job.number
    assert check(job, recipes={'mine': 'digest'}).number == job.number, 'own code of the user who started the worker'


def test_other_versions_are_refused_by_name(job):
    with pytest.raises(ConfigError, match='worker one has numpy .* rather than numpy 9.*: install the same there'):
        check(job, versions=versions().replace('numpy ', 'numpy 9.'))


def test_another_database_is_refused(job):
    with pytest.raises(ConfigError, match='worker one has another database, .*AWLIKE_DATABASE'):
        check(job, id=uuid.uuid4())


def test_own_code_of_another_user_is_refused(job, monkeypatch):
    assert check(job, user='bob').number == job.number
    with pytest.raises(ConfigError, match="mine: a recipe of bob's own does not run on worker one, which was started as ada"):
        check(job, user='bob', recipes={'mine': 'digest'})
    monkeypatch.setattr(own_recipes, '_loaded', {'mine': ('digest', {})})
    with pytest.raises(ConfigError, match="worker one has run recipes of ada's own and acts for nobody else: give bob other"):
        check(job, user='bob')
