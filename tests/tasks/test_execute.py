"""Doing what a plan says: order of commit, nothing kept without commit, and what becomes of failures."""

import datetime

import numpy as np
import pytest

from awlike.context import context
from awlike.database.sessions import Database, database
from awlike.errors import NotAllowed, ProcessingError, StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.products.making import produce
from awlike.recipes.bias import BiasTask
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server
from awlike.tasks.commit import commit_product
from tests import paper
from tests.tasks.conftest import kept, make_on_paper


@pytest.fixture
def bias(night):
    """A bias that is made and not committed."""
    BiasTask('OMEGACAM', commit=True).execute()
    context.update_is_valid(BiasFrame.select_all().one(), 0)
    task = BiasTask('OMEGACAM')
    task.execute()
    return task.made[0]


def fail_for(monkeypatch, cls, fails, error):
    """Let the making of `cls` fail for inputs of which `fails` says so."""
    make = cls.make

    def broken(inputs, params):
        if fails(inputs):
            raise error
        return make(inputs, params)

    monkeypatch.setattr(cls, 'make', staticmethod(broken))


# --- commit ---

def test_file_is_on_the_server_before_the_database_knows_of_it(bias, monkeypatch):
    seen, insert = [], Database.insert

    def watch(self, connection, objects):
        seen.extend(server().has(obj.filename) for obj in objects)
        insert(self, connection, objects)

    monkeypatch.setattr(Database, 'insert', watch)
    commit_product(bias)
    assert seen == [True] and bias.is_committed


def test_when_the_database_fails_no_file_stays(bias, monkeypatch):
    before = kept()

    def full(*arguments):
        raise OSError('disk full')

    monkeypatch.setattr(Database, 'insert', full)
    with pytest.raises(OSError, match='disk full'):
        commit_product(bias)
    assert kept() == before and not bias.is_committed and bias.data is not None


def test_when_the_store_fails_the_database_knows_nothing(bias, monkeypatch):
    before = kept()
    monkeypatch.setattr('awlike.tasks.commit.ProductFile.write', lambda self, path: path.write_bytes(b'half') and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        commit_product(bias)
    assert kept() == before and not bias.is_committed


def test_what_others_could_not_see_is_no_input_of_what_they_see(bias):
    before = kept()
    context.set_privileges(4)
    with pytest.raises(NotAllowed, match='cannot be committed at 4 .World.*\n.*RawBiasFrame'):
        commit_product(bias)
    assert kept() == before


def test_commit_keeps_pixels_lineage_and_size(bias):
    data, raws = bias.data, bias.raw_bias_frames
    commit_product(bias)
    database().session.expunge_all()
    again = BiasFrame.get(bias.object_id)
    assert again.raw_bias_frames == raws and again.read_noise == ReadNoise.select_all().one()
    assert again.size == server().path(again.filename).stat().st_size
    assert np.array_equal(again.read()[0], data)
    assert (again.creator.name, again.project.name, again.privileges) == ('ada', 'TEST', 2)


# --- without commit ---

def test_without_commit_everything_is_made_and_nothing_kept(night):
    before = kept()
    task = ReduceTask('OMEGACAM', commit=False)
    task.execute()
    assert kept() == before
    assert len(task.made) == 32 and len(task.products) == 5
    red = task.products[0]
    assert red.imstat.median == pytest.approx(480, rel=0.05) and red.data.shape == (256, 128)
    assert not any(product.is_committed for product in task.made)
    assert red.bias in task.made and RawBiasFrame.select_all()[0] in red.ancestors()
    red.info(), print(red.lineage())


def test_without_commit_no_project_is_needed(night):
    context.reset()
    task = ReduceTask('OMEGACAM')
    task.execute()
    assert len(task.products) == 5


@pytest.mark.slow
def test_products_without_commit_are_those_with_commit(night):
    dry, kept_ = ReduceTask('OMEGACAM'), ReduceTask('OMEGACAM', commit=True)
    dry.execute(), kept_.execute()
    assert {product.digest for product in dry.made} == {product.digest for product in kept_.made}


# --- failures ---

def test_failing_target_is_told_and_its_siblings_go_on(night, monkeypatch):
    bad = RawScienceFrame.select_all()[2]
    fail_for(monkeypatch, CosmicMap, lambda inputs: inputs.raw.DATE_OBS == bad.DATE_OBS, ValueError('lost in space'))
    task = ReduceTask('OMEGACAM', commit=True)
    with pytest.raises(ProcessingError) as told:
        task.execute()
    text = str(told.value)
    assert text.startswith('ReduceTask: 1 of 5 targets could not be made') and bad.filename in text
    assert 'ValueError: lost in space' in text and 'WeightFrame needs CosmicMap' in text
    assert {red.raw for red in ReducedScienceFrame.select_all()} == set(RawScienceFrame.select_all()) - {bad}
    assert set(task.products) == set(ReducedScienceFrame.select_all())


def test_failed_target_is_made_the_next_time(night, monkeypatch):
    with monkeypatch.context() as broken:
        fail_for(broken, ReducedScienceFrame, lambda inputs: True, ValueError('lost'))
        with pytest.raises(ProcessingError, match='5 of 5'):
            ReduceTask('OMEGACAM', commit=True).execute()
    task = ReduceTask('OMEGACAM', commit=True)
    task.execute()
    assert {type(product) for product in task.made} == {ReducedScienceFrame}


def test_common_cause_is_told_once_with_all_that_it_hit(night, monkeypatch):
    fail_for(monkeypatch, TwilightFlatFrame, lambda inputs: True, MemoryError('too large'))
    with pytest.raises(ProcessingError) as told:
        ReduceTask('OMEGACAM').execute()
    text = str(told.value)
    assert text.count('MemoryError: too large') == 1 and '5 of 5' in text and 'and 2 more' in text


def test_two_causes_are_both_told(night, monkeypatch):
    first, second, *_ = RawScienceFrame.select_all()
    fail_for(monkeypatch, CosmicMap, lambda inputs: inputs.raw.DATE_OBS == first.DATE_OBS, ValueError('one'))
    fail_for(monkeypatch, ReducedScienceFrame, lambda inputs: inputs.raw.DATE_OBS == second.DATE_OBS, ValueError('two'))
    with pytest.raises(ProcessingError, match='2 of 5') as told:
        ReduceTask('OMEGACAM').execute()
    assert 'ValueError: one' in str(told.value) and 'ValueError: two' in str(told.value)


def test_lost_raw_file_concerns_its_own_target_alone(night):
    lost = RawScienceFrame.select_all()[0]
    server().remove(lost.raw_fits.filename)
    with pytest.raises(ProcessingError, match='1 of 5 targets') as told:
        ReduceTask('OMEGACAM', commit=True).execute()
    assert lost.raw_fits.filename in str(told.value) and 'restore it' in str(told.value)
    assert len(ReducedScienceFrame.select_all()) == 4


def test_error_of_awlike_keeps_its_own_words_and_type(night):
    server().remove(RawScienceFrame.select_all()[0].raw_fits.filename)
    task = ReduceTask('OMEGACAM')
    with pytest.raises(ProcessingError):
        task.execute()
    failed = [step for step in task._plan.steps if step.error is not None]
    assert isinstance(failed[0].error, StoreError)


def test_calibration_that_misses_its_limits_is_kept_to_be_looked_at_and_used_for_nothing(night):
    task = ReduceTask('OMEGACAM', pars={'ReadNoise.MAXIMUM_READ_NOISE': 0.5}, commit=True)
    with pytest.raises(ProcessingError, match='ReadNoise OMEGACAM .* missed its limits: MAXIMUM_READ_NOISE: .* adu, limit 0.5'):
        task.execute()
    noise = ReadNoise.select_all().one()
    assert [one.name for one in noise.missed_limits()] == ['MAXIMUM_READ_NOISE'] and not noise.descendants()
    assert {type(product) for product in task.made} == {ReadNoise, SaturatedPixelMap} and not FlatFrame.select_all().exists()


@pytest.mark.parametrize('commit', [True, False])
def test_a_target_that_misses_its_limits_is_made_once_and_told(night, commit):
    task = BiasTask('OMEGACAM', pars={'BiasFrame.MAXIMUM_STDEV': 1e-6}, commit=commit)
    with pytest.raises(ProcessingError, match='BiasFrame.* was made and missed its limits: MAXIMUM_STDEV: '):
        task.execute()
    assert [type(product) for product in task.made] == [ReadNoise, BiasFrame]


@pytest.mark.parametrize('commit', [True, False])
def test_the_next_set_serves_in_place_of_a_calibration_that_was_made_and_missed_its_limits(project, monkeypatch, commit):
    nights = [paper.START + datetime.timedelta(days=day) for day in (0, 1, 3)]
    first, second, third = (paper.raws(3, RawBiasFrame, DATE_OBS=date) for date in nights)
    make_on_paper(monkeypatch, noisy=first + second)
    task = HotPixelsTask('OMEGACAM', date='2012-05-31', commit=commit)
    task.execute()
    hot, = task.products
    assert set(hot.bias.raw_bias_frames) == set(third)
    assert [product.DATE_OBS for product in task.made if type(product) is BiasFrame] == nights
    if commit:
        assert not HotPixelsTask('OMEGACAM', date='2012-05-31').plan().to_make


def test_each_night_that_a_bad_calibration_would_have_served_gets_its_own_next_set(project, monkeypatch):
    sets = {night: paper.raws(number, RawBiasFrame, DATE_OBS=paper.START + datetime.timedelta(days=night))
            for night, number in {-2: 3, 1: 3, 2: 2, 5: 3}.items()}
    make_on_paper(monkeypatch, noisy=sets[1])
    task = HotPixelsTask('OMEGACAM', date=('2012-06-01', '2012-06-02'), commit=True)
    assert [step.date for step in task.plan().targets] == [sets[1][0].DATE_OBS], 'two frames are too few'
    task.execute()
    assert {hot.bias.DATE_OBS for hot in task.products} == {sets[-2][0].DATE_OBS, sets[5][0].DATE_OBS}
    assert not HotPixelsTask('OMEGACAM', date=('2012-06-01', '2012-06-02')).plan().to_make


def test_product_of_an_input_that_was_deleted_meanwhile_is_not_committed(bias):
    commit_product(bias)
    product = produce(HotPixelMap, {'bias': bias}, HotPixelMap.Parameters())
    context.delete(bias)
    before = kept()
    with pytest.raises(NotAllowed, match='was deleted meanwhile'):
        commit_product(product)
    assert kept() == before
