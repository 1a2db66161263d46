"""Made again: bit by bit the same, whenever a file is needed that was dropped or lost."""

import os
import subprocess
import sys

import numpy as np
import pytest
from sqlalchemy import func, select

from awlike.context import context
from awlike.database.sessions import database, use
from awlike.errors import NotAllowed, StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import dropped_file
from awlike.products import fits_files, image_cache
from awlike.products.making import produce
from awlike.products.raw import RawFits, RawFrame
from awlike.products.reproduce import content_now
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server, use_server
from awlike.tasks.commit import commit_product
from tests.conftest import become
from tests.planning.test_reasons import set_code
from tests.tasks.conftest import reduced, reduced_home  # noqa: F401


@pytest.fixture
def red(reduced):  # noqa: F811
    """One reduced frame."""
    return ReducedScienceFrame.select_all()[0]


def products():
    return [obj for obj in DataObject.select_all() if type(obj).inputs()]


def dropped():
    """How many files are noted as dropped or lost."""
    return database().session.scalar(select(func.count()).select_from(dropped_file))


def purge(*objects):
    """Drop the files of `objects`, and forget their pixels."""
    freed = context.purge(list(objects), commit=True)
    image_cache._cache.clear()
    return freed


def make_otherwise(monkeypatch, cls):
    """Let the first pixel of what `cls` makes be another."""
    make = cls.make

    def otherwise(inputs, params):
        result = make(inputs, params)
        result['data'] = result['data'].copy()
        result['data'][0, 0] += 1
        return result

    monkeypatch.setattr(cls, 'make', staticmethod(otherwise))


# --- reproduce ---

def test_everything_comes_out_the_same_bit_by_bit(red):
    for product in products():
        again = product.reproduce()
        assert again and again.identical, again
        assert again.again.object_id != product.object_id and not again.again.is_committed
    assert str(red.reproduce()) == f'{red}, made again, is the same bit by bit'


def test_its_own_inputs_and_parameters_are_used(red):
    other = ReduceTask('OMEGACAM', commit=True,
                       pars={'BiasFrame.SIGMA_CLIP': 2.5, 'ReducedScienceFrame.OVERSCAN_CORRECTION': 5})
    other.execute()
    context.update_is_valid(red.bias, 0)
    assert all(product.reproduce() for product in [red, *other.products])


def test_a_difference_is_told_with_its_size_and_likely_cause(red, monkeypatch):
    make_otherwise(monkeypatch, ReducedScienceFrame)
    again = red.reproduce()
    assert not again and not again.identical and again.again.digest != red.digest
    assert f'its digest was {red.digest}, it is {again.again.digest}; 1 of 32768 pixels differ; ' in str(again)
    assert 'the code is the same, so the libraries or the platform differ' in str(again)
    set_code(ReducedScienceFrame, 'another')
    assert 'it was made by other code than what is here now' in str(ReducedScienceFrame.get(red.object_id).reproduce())


def test_reproducing_keeps_nothing(red):
    before = len(products()), sorted(os.listdir(server().folder))
    red.reproduce()
    assert (len(products()), sorted(os.listdir(server().folder))) == before


def test_what_the_file_holds_is_what_was_committed(red):
    assert all(content_now(product) == product.digest for product in products())


# --- purge ---

def test_a_dry_run_tells_the_space_and_changes_nothing(red):
    freed = context.purge(ReducedScienceFrame.select_all())
    assert freed.bytes == sum(one.size for one in ReducedScienceFrame.select_all()) > 5 * 256 * 128 * 4
    assert str(freed) == ('5 files of 1.1 MB can be dropped, nothing is done until it is asked for with commit; '
                          'each is made again when it is used')
    assert all(server().has(one.filename) for one in freed.objects) and dropped() == 0


def test_purged_files_are_gone_and_the_objects_stay(red):
    freed = context.purge(ReducedScienceFrame.raw == red.raw, commit=True)
    assert str(freed) == '1 file of 0.2 MB dropped; each is made again when it is used' and freed.objects == [red]
    assert not server().has(red.filename) and len(ReducedScienceFrame.select_all()) == 5 and dropped() == 1
    assert not ReduceTask('OMEGACAM').plan().to_make and red.why()


@pytest.mark.parametrize('use', [lambda red: red.data, lambda red: red.header, lambda red: red.retrieve(),
                                 lambda red: red.read(), lambda red: red.inspect(filename='picture.png')],
                         ids=['data', 'header', 'retrieve', 'read', 'inspect'])
def test_any_use_makes_it_again(red, use):
    data, header = red.read()
    purge(red)
    use(red)
    assert server().has(red.filename) and content_now(red) == red.digest and dropped() == 0
    again, its_header = red.read()
    assert np.array_equal(again, data) and red.size == server().path(red.filename).stat().st_size
    differing = {card.keyword for card in header.cards if its_header[card.keyword] != card.value}
    assert differing <= {'DATE', 'CHECKSUM'}, 'when it was written'


@pytest.mark.parametrize('lead', ['dome_flat', 'twilight_flat'])
def test_the_file_has_the_date_of_the_input_that_led(red, lead):
    flat = red.flat
    inputs = {role: getattr(flat, role) for role in FlatFrame.inputs()}
    again = produce(FlatFrame, inputs, FlatFrame.Parameters(), lead=lead)
    commit_product(again)
    purge(again)
    header = again.read()[1]
    assert header['DATE-OBS'] == again.DATE_OBS.isoformat() == inputs[lead].DATE_OBS.isoformat()


def test_as_an_input_it_is_made_again(red):
    bias = red.bias
    purge(bias)
    task = HotPixelsTask('OMEGACAM', commit=True, rebuild='all')
    task.execute()
    assert server().has(bias.filename) and len(BiasFrame.select_all()) == 1 and task.made[0].bias == bias


def test_a_lost_file_is_made_again_as_well(red):
    server().remove(red.filename)
    image_cache._cache.clear()
    assert red.retrieve().exists() and server().has(red.filename)


def test_the_whole_chain_can_be_dropped_and_comes_back(red):
    digests = {product: product.digest for product in products()}
    freed = purge(*products())
    assert len(freed.objects) == len(digests) - 1 and freed.kept == {'no file is there': 1}, 'the read noise has none'
    assert not any(server().has(product.filename) for product in freed.objects)
    assert red.data.shape == (256, 128)
    back = {product for product in freed.objects if server().has(product.filename)}
    assert back == {red, *(one for one in red.ancestors() if one.filename and not isinstance(one, (RawFrame, RawFits)))}
    assert all(content_now(product) == digests[product] for product in back)


def test_a_difference_is_an_error_that_keeps_both(red, monkeypatch, home):
    purge(red)
    with monkeypatch.context() as other:
        make_otherwise(other, ReducedScienceFrame)
        with pytest.raises(StoreError, match='made again, is not the same.* What came out is kept in') as told:
            _ = red.data
        kept = home / 'differing' / red.filename
        assert str(kept) in str(told.value) and kept.is_file()
        assert not server().has(red.filename) and dropped() == 1
    assert red.data is not None and content_now(red) == red.digest
    difference = red.data != fits_files.read_product(kept)[0]
    assert difference.sum() == 1 and difference[0, 0]


def test_a_difference_far_down_is_found_as_well(red, monkeypatch):
    purge(red, red.flat)
    make_otherwise(monkeypatch, FlatFrame)
    with pytest.raises(StoreError, match=f'{red.flat}, made again, is not the same'):
        red.retrieve()


@pytest.mark.parametrize('cls', [RawBiasFrame, RawFits])
def test_raw_data_is_never_dropped(red, cls):
    query = cls.select_all()
    number = len(query)
    freed = context.purge(query, commit=True)
    assert freed.objects == [] and freed.bytes == 0 and freed.kept == {'raw data is never dropped': number} and number
    assert f'  {number} kept: raw data is never dropped' in str(freed) and dropped() == 0
    assert all(server().has(file.filename) for file in RawFits.select_all())


def test_what_cannot_be_made_again_is_kept(red):
    set_code(CosmicMap, 'another')
    assert context.purge(CosmicMap.select_all(), commit=True).kept == {'other code or libraries made it than are here now': 5}
    server().remove(red.raw.raw_fits.filename)
    freed = context.purge(ReducedScienceFrame.select_all(), commit=True)
    assert len(freed.objects) == 4 and freed.kept == {'raw files of its lineage are lost': 1} and server().has(red.filename)


def test_what_needs_a_dropped_file_that_cannot_be_made_again_is_kept(red):
    purge(red.flat)
    set_code(FlatFrame, 'another')
    freed = context.purge(ReducedScienceFrame.select_all(), commit=True)
    assert freed.kept == {'its lineage has dropped files that other code or libraries made': 5} and server().has(red.filename)


def test_dropping_twice_is_no_matter(red):
    purge(red)
    assert purge(red).kept == {'no file is there': 1}
    assert red.data is not None


def test_an_empty_purge(reduced):  # noqa: F811
    freed = context.purge(ReducedScienceFrame.OBJECT == 'nothing', commit=True)
    assert freed.bytes == 0 and freed.objects == [] and str(freed).startswith('0 files of 0.0 MB dropped')


# --- who may ---

def test_only_what_is_one_s_own_or_of_one_s_project_is_dropped(red, monkeypatch):
    context.publish(red, 3)
    context.create_project('OTHER')
    become(monkeypatch, 'bob')
    theirs = ReducedScienceFrame.get(red.object_id)
    freed = context.purge([theirs], commit=True)
    assert freed.kept == {'neither yours nor of a project of yours': 1} and server().has(red.filename)
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    context.add_member('bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    assert context.purge([ReducedScienceFrame.get(red.object_id)], commit=True).bytes > 0 and not server().has(red.filename)


def test_whoever_sees_it_can_use_what_was_dropped(red, monkeypatch):
    context.publish(red, 4)
    purge(red)
    become(monkeypatch, 'anonymous')
    assert ReducedScienceFrame.get(red.object_id).data.shape == (256, 128)


def test_nobody_without_an_account_and_nobody_in_the_past_drops_anything(red, monkeypatch):
    context.as_of(red.creation_date)
    with pytest.raises(NotAllowed, match='you see the world as of'):
        context.purge([red], commit=True)
    context.as_of(None)
    context.publish(red, 4)
    become(monkeypatch, 'anonymous')
    with pytest.raises(NotAllowed, match='you are anonymous'):
        context.purge(ReducedScienceFrame.select_all(), commit=True)


# --- independent of how it was made ---

def test_the_order_of_ingest_does_not_matter(reduced, home, night_files, tmp_path, monkeypatch):  # noqa: F811
    def digests():
        return sorted((type(product).__name__, product.digest) for product in products())

    first = digests()
    monkeypatch.setenv('AWLIKE_HOME', str(tmp_path / 'other'))
    use(None)
    use_server(None)
    become(monkeypatch, 'ada')
    context.create_project('TEST')
    context.set_project('TEST')
    for path in sorted(night_files.glob('*.fits'), reverse=True):
        ingest(path, 'refer')
    ReduceTask('OMEGACAM', commit=True).execute()
    assert digests() == first


SCRIPT = '''
from awlike import *
task = ReduceTask('OMEGACAM', rebuild='all', pars={'BiasFrame.SIGMA_CLIP': 2.9})
task.execute()
print(*sorted(product.digest for product in task.made))
'''


@pytest.mark.slow
def test_the_number_of_threads_does_not_matter(reduced):  # noqa: F811
    database().close()
    variables = [f'{name}_NUM_THREADS' for name in ('OMP', 'OPENBLAS', 'NUMBA', 'MKL')]
    said = {subprocess.run([sys.executable, '-c', SCRIPT], capture_output=True, text=True, check=True,
                           env=os.environ | dict.fromkeys(variables, threads)).stdout
            for threads in ('1', '2')}
    assert len(said) == 1 and len(said.pop().split()) > 5


def test_measurements_without_an_image_are_reproduced_too(reduced):  # noqa: F811
    noise = ReadNoise.select_all().one()
    assert noise.filename is None and noise.reproduce().identical


def test_what_other_libraries_made_is_kept(reduced, monkeypatch):  # noqa: F811
    assert 'numpy' in ReducedScienceFrame.select_all()[0].libraries
    monkeypatch.setattr('awlike.products.product.libraries', lambda: 'numpy 99')
    freed = context.purge(ReducedScienceFrame.select_all(), commit=True)
    assert not freed.objects and freed.kept == {'other code or libraries made it than are here now': 5}
