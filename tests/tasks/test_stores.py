"""Storing one product while the next is made: order, failures, interruptions, and who was taken over."""

import threading
import time

import pytest
from sqlalchemy import select

from awlike.database.claims import TakenOver
from awlike.database.sessions import Database, database
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.weight import WeightFrame
from awlike.persist.links import inputs_of
from awlike.persist.tables import claim
from awlike.products.fits_files import ProductFile
from awlike.products.product import ProcessTarget
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from awlike.tasks.commit import Claim, Storing
from awlike.tracing.fsck import fsck

PRODUCTS = 32  # of the small night


@pytest.fixture
def writing(monkeypatch):
    """Let `writing(cls, before)` call `before()` when the file of a product of `cls` is about to be written."""
    write, init, calls = ProductFile.write, ProductFile.__init__, {}

    def made(self, product):
        self.cls = type(product)
        init(self, product)

    def written(self, path):
        calls.get(self.cls, lambda: None)()
        return write(self, path)

    monkeypatch.setattr(ProductFile, '__init__', made)
    monkeypatch.setattr(ProductFile, 'write', written)
    return calls.__setitem__


@pytest.fixture
def making(monkeypatch):
    """Let `making(cls, before)` call `before()` when a product of `cls` is about to be made."""

    def making(cls, before):
        make = cls.make
        monkeypatch.setattr(cls, 'make', staticmethod(lambda inputs, params: before() or make(inputs, params)))

    return making


def once(action):
    """Return a function that calls `action` the first time."""
    left = [action]
    return lambda: left.pop()() if left else None


def raising(error):
    def call():
        raise error
    return call


def nothing_is_left():
    named = {product.filename for product in ProcessTarget.select_all()}
    strays = [one.name for one in server().files() if one.name.endswith('.fits') and one.name not in named
              and not one.name.startswith('OMEGA')]
    return not database().session.execute(select(claim)).all() and not strays and fsck() == []


@pytest.mark.slow
def test_the_next_product_is_made_while_a_file_is_written(night, writing, making):
    begun, told = threading.Event(), []
    making(SatelliteMap, begun.set)
    making(WeightFrame, begun.set)
    writing(CosmicMap, once(lambda: told.append(begun.wait(60))))
    ReduceTask('OMEGACAM', commit=True).execute()
    assert told == [True] and len(ProcessTarget.select_all()) == PRODUCTS and nothing_is_left()


def test_a_product_is_committed_after_its_inputs_and_its_file(night, monkeypatch):
    seen, insert = [], Database.insert

    def watch(self, connection, objects):
        for obj in objects:
            seen.append(obj)
            assert all(used.is_committed for *_, used in inputs_of(obj)), obj
            assert obj.filename is None or obj.size == server().path(obj.filename).stat().st_size
        insert(self, connection, objects)

    monkeypatch.setattr(Database, 'insert', watch)
    task = ReduceTask('OMEGACAM', commit=True)
    task.execute()
    assert seen == task.made and len(seen) == PRODUCTS


@pytest.mark.slow
@pytest.mark.parametrize('cls', [CosmicMap, SatelliteMap, WeightFrame])
def test_a_file_that_cannot_be_stored_fails_its_product_and_what_needs_it(night, writing, cls):
    writing(cls, once(lambda: time.sleep(0.3) or raising(OSError('the disk is gone'))()))
    task = ReduceTask('OMEGACAM', commit=True)
    with pytest.raises(ProcessingError, match='1 of 5 targets') as told:
        task.execute()
    assert 'the disk is gone' in str(told.value) and cls.__name__ in str(told.value)
    assert len(ReducedScienceFrame.select_all()) == 4
    assert set(task.made) == set(ProcessTarget.select_all()) and nothing_is_left()
    again = ReduceTask('OMEGACAM', commit=True)
    again.execute()
    assert len(ProcessTarget.select_all()) == PRODUCTS and nothing_is_left()


@pytest.mark.slow
@pytest.mark.parametrize('cls', [ReadNoise, BiasFrame, CosmicMap])
def test_who_was_taken_over_while_storing_makes_the_product_again(night, monkeypatch, cls):
    """A read noise has no file; a bias is committed before what is compared with it; both go other ways than a map."""
    release, refused = Claim.release, []

    def taken_over(self, connection, product):
        if not refused and isinstance(product, cls):
            refused.append(product)
            raise TakenOver('held up')
        release(self, connection, product)

    monkeypatch.setattr(Claim, 'release', taken_over)
    task = ReduceTask('OMEGACAM', commit=True)
    task.execute()
    assert len(refused) == 1 and len(ProcessTarget.select_all()) == len(task.made) == PRODUCTS and nothing_is_left()


def test_an_interruption_keeps_what_is_made(night, writing, making):
    count = iter(range(100))
    making(SatelliteMap, lambda: raising(KeyboardInterrupt())() if next(count) == 2 else None)
    writing(CosmicMap, lambda: time.sleep(0.1))
    task = ReduceTask('OMEGACAM', commit=True)
    with pytest.raises(KeyboardInterrupt):
        task.execute()
    made = sum(step.product is not None for step in task._plan.steps)
    assert 5 < made == len(ProcessTarget.select_all()) and nothing_is_left()


def test_an_error_of_who_looks_on_keeps_nothing_that_is_not_committed(night, writing, monkeypatch):
    ended = []

    def cancelled(self, step):
        ended.append(step)
        if len(ended) == 8:
            raise SystemError('called off')

    monkeypatch.setattr('awlike.tasks.job.NoJob.ended', cancelled)
    writing(CosmicMap, lambda: time.sleep(0.1))
    with pytest.raises(SystemError, match='called off'):
        ReduceTask('OMEGACAM', commit=True).execute()
    assert 8 <= len(ProcessTarget.select_all()) <= 9 and nothing_is_left(), 'another may be committed together with the eighth'


def test_who_looks_on_is_told_of_each_step_once(night, monkeypatch):
    ended = []
    monkeypatch.setattr('awlike.tasks.job.NoJob.ended', lambda self, step: ended.append(step.product))
    task = ReduceTask('OMEGACAM', commit=True)
    task.execute()
    assert ended == task.made and len(ended) == PRODUCTS and all(product.is_committed for product in ended)


def test_a_name_that_is_taken_does_not_remove_the_file_that_has_it(night, monkeypatch):
    BiasTask('OMEGACAM', commit=True).execute()
    bias = BiasFrame.select_all().one()
    task = BiasTask('OMEGACAM', rebuild='all')
    task.execute()
    monkeypatch.setattr('awlike.tasks.commit.stamp_name', lambda product: bias.filename)
    again = task.made[-1]
    again.read_noise, again.raw_bias_frames = bias.read_noise, bias.raw_bias_frames
    with pytest.raises(OSError, match='is stored already'):
        Storing(again).finish()
    assert server().has(bias.filename) and fsck() == []
