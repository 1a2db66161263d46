"""A simulated night whose files lie in a bucket: all that people do works as with a folder."""

import gc
import json
import shutil
import sys

import pytest

from awlike import config
from awlike.cli import main
from awlike.context import context
from awlike.errors import StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.products import image_cache
from awlike.products.raw import RawFits
from awlike.products.retrieve import retrieve
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.store import server, use_server
from awlike.store.remote import RemoteServer
from awlike.tracing.explain import explain
from awlike.tracing.fsck import fsck
from tests.conftest import home_in
from tests.store.s3 import Line, new_bucket, options


@pytest.fixture(scope='module')
def bucket(s3, night_files, on, tmp_path_factory):
    """A line to a bucket with the biases of a night and what was made of them; its awlike is in use."""
    line = Line(s3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('AWLIKE_STORE', new_bucket(s3))
        patch.setenv('AWLIKE_STORE_OPTIONS', json.dumps(options(line.url)))
        with home_in(tmp_path_factory.mktemp('bucket') / 'awlike', on):
            assert not ingest(sorted(night_files.glob('*T20-*.fits'))).refused
            BiasTask('OMEGACAM', commit=True).execute()
            yield line
    line.close()
    config.settings.cache_clear()


@pytest.fixture
def nothing_kept(bucket):
    """Nothing of the bucket is on this machine or in memory; gives the line to it, on which nothing was asked yet."""
    image_cache._cache.clear()
    gc.collect()
    shutil.rmtree(config.settings().cache_folder, ignore_errors=True)
    use_server(None)
    del bucket.requests[:]
    return bucket


def awe(monkeypatch, capsys, *words):
    monkeypatch.setattr(sys, 'argv', ['awe', *words])
    capsys.readouterr()
    with pytest.raises(SystemExit) as end:
        main()
    return end.value.code or 0, capsys.readouterr().out


@pytest.mark.slow
def test_the_setting_alone_says_which_store_it_is(bucket):
    assert isinstance(server(), RemoteServer) and server().place.startswith('s3://bucket')
    assert server().has_all({one.filename for one in RawFits.select_all()}) == {one.filename for one in RawFits.select_all()}


def test_a_plan_asks_the_store_nothing(nothing_kept):
    assert BiasTask('OMEGACAM').plan().to_make == [] and nothing_kept.requests == []


def test_pixels_are_there_on_a_machine_that_has_none_of_the_files(nothing_kept):
    bias = BiasFrame.select_all().one()
    assert bias.data.shape == bias.raw_bias_frames[0].geometry.shape and bias.reproduce().identical


def test_many_are_retrieved_in_their_order_and_purged_ones_made_again(nothing_kept, tmp_path):
    bias, raws = BiasFrame.select_all().one(), list(RawBiasFrame.select_all())
    assert context.purge([bias], commit=True).bytes > 0 and not server().has(bias.filename)
    done = retrieve([*raws[:5], bias, *raws[5:]], tmp_path)
    assert done.failed == [] and [path.name for path in done.paths] == [one.filename for one in [*raws[:5], bias, *raws[5:]]]
    assert 'raw_bias_frames' in str(explain(done.paths[5])) and server().has(bias.filename), 'it was put back'


def test_one_file_that_is_lost_does_not_stop_the_rest(nothing_kept, tmp_path):
    raws = list(RawBiasFrame.select_all())
    name, kept = raws[1].raw_fits.filename, raws[1].raw_fits.retrieve(tmp_path)
    server().remove(name)
    done = retrieve(raws, tmp_path)
    assert len(done.paths) == len(raws) - 1
    (failed, reason), = done.failed
    assert failed == str(raws[1]) and 'is not on the data server in s3://bucket' in reason
    server().take(kept, name)


def test_purging_asks_for_all_together(nothing_kept):
    assert len(context.purge(BiasFrame.select_all()).objects) == 1
    assert len(nothing_kept.requests) == len(RawFits.select_all()) + 1


@pytest.mark.slow
def test_awe_fsck_finds_what_is_lost_damaged_or_left(bucket, monkeypatch, capsys):
    assert awe(monkeypatch, capsys, 'fsck')[0] == 0
    bias = BiasFrame.select_all()[0]
    (digest,) = server()._versions(bias.filename)
    path = server()._object(bias.filename, digest)
    content = server()._fs.cat_file(path)
    server()._fs.pipe_file(path, b'!' + content[1:])
    status, out = awe(monkeypatch, capsys, 'fsck')
    assert status == 1 and 'wrong digest' in out and 'arrived with the digest' in out
    server().remove(bias.filename)
    finding, = fsck()
    assert finding.kind == 'lost file'
    image_cache._cache.clear()
    assert bias.data is not None and server().has(bias.filename) and fsck() == []


@pytest.mark.slow
def test_awe_doctor_tells_of_store_and_cache(bucket, monkeypatch, capsys):
    out = awe(monkeypatch, capsys, 'doctor')[1]
    assert 's3://bucket' in out and 'a small file was written, read and removed' in out and 'of 50 GB' in out
    bucket.answer = (403, 'InvalidAccessKeyId')
    status, out = awe(monkeypatch, capsys, 'doctor')
    bucket.answer = None
    assert status == 1 and 'The credentials are wrong' in out


def test_awe_ingest_tells_at_once_that_references_cannot_be_had(bucket, night_files):
    with pytest.raises(StoreError, match="keeps copies only.*take files by 'copy'"):
        ingest(night_files, how='refer')


@pytest.mark.slow
def test_a_whole_night_comes_out_as_with_a_folder(bucket, night_files, tmp_path_factory, on, monkeypatch):
    def reduced():
        assert not ingest(night_files).refused
        ReduceTask('OMEGACAM', commit=True).execute()
        assert fsck() == []
        return {(one.chip.name, one.DATE_OBS): one.digest for one in ReducedScienceFrame.select_all()}

    there = reduced()
    monkeypatch.delenv('AWLIKE_STORE'), monkeypatch.delenv('AWLIKE_STORE_OPTIONS')
    with home_in(tmp_path_factory.mktemp('folder') / 'awlike', on):
        assert reduced() == there and len(there) == 5
