"""What tests of tasks share: a reduced night, SQL statements counted, and what the database and the store hold."""

import contextlib

import numpy as np
import pytest
from sqlalchemy import event, func, select

from awlike.context import context
from awlike.database import sessions
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawDomeFlatFrame
from awlike.frames.read_noise import ReadNoise
from awlike.ingest import ingest
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import lineage
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from tests.conftest import home_in


@contextlib.contextmanager
def counted():
    """A list that takes each SQL statement, as by a process that knows nothing yet."""
    sessions.database().session.expunge_all()
    statements = []

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(sessions.database().engine, 'before_cursor_execute', note)
    try:
        yield statements
    finally:
        event.remove(sessions.database().engine, 'before_cursor_execute', note)


def kept() -> tuple:
    """How many objects and links the database holds, and which files the store."""
    count = sessions.database().session.scalar
    return (count(select(func.count()).select_from(DataObject.__table__)), count(select(func.count()).select_from(lineage)),
            sorted(path.name for path in server().folder.rglob('*') if not path.is_dir()))


def classes_of(products) -> list[str]:
    """The names of the classes of `products`, each once, sorted."""
    return sorted({type(product).__name__ for product in products})


@pytest.fixture(scope='session')
def reduced_home(tmp_path_factory, night_files, on):
    """The folder of an awlike in which the simulated night was reduced, to be copied."""
    with home_in(tmp_path_factory.mktemp('reduced') / 'awlike', on) as folder:
        ingest(night_files, how='refer')
        ReduceTask('OMEGACAM', commit=True).execute()
    return folder


@pytest.fixture
def reduced(home, reduced_home, on):
    """The simulated night in project TEST, reduced and committed."""
    on.copy(reduced_home, home)
    context.set_project('TEST')


def reduce_before_the_domes_came() -> list:
    """Reduce the night as if its dome flats came only afterwards; gives them, valid again."""
    domes = list(RawDomeFlatFrame.filter.name == 'r_SDSS')
    for raw in domes:
        context.update_is_valid(raw, 0)
    ReduceTask('OMEGACAM', commit=True).execute()
    for raw in domes:
        context.update_is_valid(raw, 1)
    return domes


def make_on_paper(monkeypatch, noisy=()):
    """Let products be made without pixels; a bias of any of the raw frames `noisy` misses its limits."""
    results = {ReadNoise: {'read_noise': 2.0, 'mean_diff': 0.0, 'median_diff': 0.0},
               HotPixelMap: {'data': np.ones((2, 2), 'u1'), 'count': 0}}
    for cls, result in results.items():
        monkeypatch.setattr(cls, 'make', staticmethod(lambda inputs, params, result=result: {
            name: value.copy() if isinstance(value, np.ndarray) else value for name, value in result.items()}))
    bad = {raw.DATE_OBS for raw in noisy}

    def make_bias(inputs, params):
        date = inputs.raw_bias_frames[0].DATE_OBS
        return {'data': np.full((2, 2), 50.0 if date in bad else date.day / 100, 'f4')}  # the biases of two nights differ

    monkeypatch.setattr(BiasFrame, 'make', staticmethod(make_bias))
