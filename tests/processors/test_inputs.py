"""Frames in files: found by headers, named by the keys of their camera."""

import gzip
import shutil
from pathlib import PurePosixPath

import pytest

from awlike.context import context
from awlike.errors import HeaderError, NotFound, ParameterError
from awlike.ingest import ingest
from awlike.processors.inputs import camera_named_in, in_files, in_home


@pytest.fixture(autouse=True)
def _home(home):
    """No test sees another's cameras."""


def test_a_frame_is_named_by_the_keys_of_its_camera_and_lies_as_the_input_does(tmp_path, frame):
    root = tmp_path / 'input'
    path = frame('input/4192/40/corr/4/fpC-004192-r4-0300.fit')
    one, = in_files([root], root, None, False).frames
    assert one.data_id == {'run': 4192, 'rerun': 40, 'camcol': 4, 'field': 300, 'filter': 'r'}
    assert list(one.data_id) == ['run', 'rerun', 'camcol', 'field', 'filter']
    assert one.name == PurePosixPath('4192/40/corr/4/fpC-004192-r4-0300') and one.path == path and one.imported
    assert one.keys['night'] == '2003-10-18' and one.keys['chip'] == 'r4'


def test_without_a_root_all_goes_into_one_folder_whatever_the_suffix(tmp_path, frame):
    path = frame('deep/fpC-004192-r4-0300.fit')
    with open(path, 'rb') as plain, gzip.open(f'{path}.gz', 'wb') as packed:
        shutil.copyfileobj(plain, packed)
    frames = in_files([path, path.with_name(f'{path.name}.gz')], None, None, False).frames
    assert {one.name for one in frames} == {PurePosixPath('fpC-004192-r4-0300')}


def test_raw_science_frames_and_calibrations_are_told_apart(small_night):
    found = in_files([small_night], small_night, None, False)
    assert found.only_camera() == 'OMEGACAM' and found.frames and found.others
    one = found.frames[0]
    assert not one.imported and list(one.data_id) == ['night', 'filter', 'chip', 'file']
    assert 'object' in one.keys and one.path not in found.others


def test_each_detector_of_a_file_is_a_frame(tmp_path):
    from awlike.simulate import simulate
    science = simulate(tmp_path / 'night', chips=2, shape=(32, 32), seed=1)
    frames = in_files(science, None, None, False).frames
    assert frames and {one.name.name[-11:] for one in frames} == {'_ESO_CCD_65', '_ESO_CCD_66'}
    assert len({one.name for one in frames}) == len(frames)


def test_what_an_earlier_run_wrote_is_no_input(tmp_path, frame):
    path = frame('input/fpC-004192-r4-0300.fit')
    shutil.copytree(tmp_path / 'input', tmp_path / 'input/output/4192')
    assert len(in_files([tmp_path / 'input'], None, None, False).frames) == 2
    (tmp_path / 'input/output/config').mkdir()
    (tmp_path / 'input/output/config/run.cfg').write_text('')
    one, = in_files([tmp_path / 'input'], None, None, False).frames
    assert one.path == path
    copy = tmp_path / 'input/output/4192' / path.name
    assert in_files([copy], None, None, False).frames, 'unless it is named'


def test_files_that_cannot_be_used_are_told(tmp_path, frame):
    (tmp_path / 'a.fits').write_text('no frame')
    path = frame(ORIGIN=None)
    found = in_files([tmp_path / 'a.fits', path], None, None, False)
    assert [one for one, _ in found.refused] == [tmp_path / 'a.fits', path]
    with pytest.raises(NotFound, match=r'no science frame to process: .*a\.fits'):
        found.only_camera()
    assert in_files([path], None, 'SDSS', False).only_camera() == 'SDSS'


def test_two_cameras_are_too_many(frame, small_night):
    found = in_files([frame(), small_night], None, None, False)
    with pytest.raises(ParameterError, match='OMEGACAM and SDSS'):
        found.only_camera()


@pytest.mark.parametrize('text', ['SDSS', ' sdss\n', 'lsst.obs.sdss.sdssMapper.SdssMapper\n'])
def test_a_file_of_the_folder_names_the_camera(tmp_path, text):
    assert camera_named_in(tmp_path) is None
    (tmp_path / '_mapper').write_text(text)
    assert camera_named_in(tmp_path) == 'SDSS'


def test_a_camera_that_nobody_knows_is_refused(tmp_path):
    (tmp_path / '_mapper').write_text('lsst.obs.lost.LostMapper')
    with pytest.raises(HeaderError, match='_mapper names'):
        camera_named_in(tmp_path)


def test_the_frames_of_a_home_are_raw_and_imported(night, frame):
    assert not ingest(frame('4192/40/corr/4/fpC-004192-r4-0300.fit')).refused
    found = in_home(None).frames
    assert {one.imported for one in found} == {True, False} and all(one.object_id and one.path is None for one in found)
    one, = in_home('SDSS').frames
    assert one.name == PurePosixPath('4192/40/4/300/r/fpC-004192-r4-0300') and one.data_id['rerun'] == 40
    assert context.project.name == 'TEST'
