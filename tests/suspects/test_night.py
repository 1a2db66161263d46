"""Suspects of nights in an archive: simulated and real files, with a frame or two that somebody spoilt."""

import json

import numpy as np
import pytest
from astropy.io import fits

from awlike.context import context
from awlike.errors import AwlikeError, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.ingest import ingest
from awlike.products.raw import RawFrame
from awlike.recipes.bias import BiasTask
from awlike.store import server
from tests import paper

NIGHT = '2012-05-31'


def lamp(image):
    y, x = np.indices(image.shape)
    return image + 20000 * np.exp(-((y - 60) ** 2 + (x - 40) ** 2) / 40 ** 2)


def spoil(cls, change, number=2):
    """Let the file of a raw frame hold other pixels, as if they had arrived so; return the frame."""
    raw = list(cls.select_all().order_by('DATE_OBS'))[number]
    path = server().open_path(raw.raw_fits.filename)
    path.chmod(0o644)
    with fits.open(path) as hdus:
        image = hdus[raw.extension].data
        hdus[raw.extension].data = np.clip(change(image.astype(float)), 0, 65535).astype(image.dtype)
        changed = path.with_suffix('.changed')
        hdus.writeto(changed, output_verify='silentfix', overwrite=True)
    changed.replace(path)
    return raw


def test_a_good_night_has_none(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    found = context.suspects(date=NIGHT)
    assert found.ok and found.number == len(RawFrame.select_all()) == 35 and found.suspects == found.unjudged == []
    assert str(found) == '35 raw frames of 2012-05-31: none stands out'


@pytest.mark.slow
def test_a_flashlight_is_named_with_its_number(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    raw = spoil(RawScienceFrame, lamp)
    found = context.suspects(NIGHT, 'OMEGACAM')
    assert [one.frame for one in found.suspects] == [raw] and not found.ok
    assert 'others' in found.suspects[0].reasons[0] and raw.filename in str(found)
    assert found.table()['frame'].tolist() == [raw.filename]
    assert raw.filename in found._repr_html_()
    assert json.loads(json.dumps(found.to_dict()))['suspects'][0]['kind'] == 'RawScienceFrame'


@pytest.mark.slow
def test_an_invalid_frame_is_left_out_and_others_stay_valid(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    raw = spoil(RawScienceFrame, lamp)
    context.suspects(NIGHT)
    assert all(one.is_valid == 1 for one in RawFrame.select_all()), 'awlike says, people decide'
    context.update_is_valid(raw, 0)
    assert context.suspects(NIGHT).ok


@pytest.mark.slow
def test_a_file_that_cannot_be_read_is_a_suspect(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    raw = RawScienceFrame.select_all()[0]
    path = server().open_path(raw.raw_fits.filename)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:5000])
    found = context.suspects(NIGHT)
    assert [one.frame for one in found.suspects] == [raw] and found.suspects[0].reasons[0].startswith('it cannot be read: ')


def test_of_few_frames_it_is_said_that_they_cannot_be_judged(project):
    paper.raws(2, OBJECT='M 31', DATE_OBS=paper.START)
    found = context.suspects(NIGHT)
    assert found.ok and found.unjudged == ['RawScienceFrame r_SDSS of M 31: 2 of 1 chip, too few to compare: '
                                           'it takes 4 of a chip']
    assert 'not judged: RawScienceFrame' in str(found)


def test_nights_and_cameras_that_are_not_there(project):
    assert str(context.suspects('2001-01-01')) == 'no raw frames of 2001-01-01'
    with pytest.raises(ParameterError, match='a night is the date'):
        context.suspects('tonight')
    with pytest.raises(AwlikeError, match='OMEGA'):
        context.suspects(NIGHT, 'OMEGA')


@pytest.mark.slow
def test_a_calibration_that_misses_a_limit_names_the_frame_that_stands_out(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    raw = spoil(RawBiasFrame, lambda image: image + 30 * np.sin(np.indices(image.shape)[0] / 20))
    task = BiasTask('OMEGACAM', date=NIGHT, pars={'BiasFrame.MAXIMUM_STDEV': 0.1}, commit=True)
    with pytest.raises(AwlikeError) as error:
        task.execute()
    assert 'missed its limits: MAXIMUM_STDEV' in str(error.value)
    assert f'of its raw frames stands out {raw}: ' in str(error.value) and 'invalidate bad raw frames' in str(error.value)


def test_where_no_frame_stands_out_the_error_names_none(project, night_files):
    ingest(sorted(night_files.glob('*.fits')))
    task = BiasTask('OMEGACAM', date=NIGHT, pars={'BiasFrame.MAXIMUM_STDEV': 0.1}, commit=True)
    with pytest.raises(AwlikeError, match='missed its limits') as error:
        task.execute()
    assert 'stands out' not in str(error.value) and BiasFrame.select_all().exists()


def test_a_real_night_with_rising_moon_has_none(project, data):
    ingest(sorted((data / 'lowell-42in').rglob('*.fits')), how='refer')
    found = context.suspects('2019-03-25')
    assert found.number == 26 and found.ok
    assert found.unjudged == ['RawTwilightFlatFrame V: 1 of 1 chip, too few to compare: it takes 4 of a chip']
