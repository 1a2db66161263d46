"""The order of work changes nothing: what was observed and judged decides which calibration serves, and so each digest."""

import datetime
import shutil

import pytest
from astropy.io import fits

from awlike.context import context
from awlike.database import sessions
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.ingest import ingest
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.simulate import simulate
from awlike.store import use_server
from tests.conftest import become

FORMATS = '%Y-%m-%dT%H:%M:%S.%f', '%Y-%m-%dT%H:%M:%S'
NIGHTS = {'first': 0, 'second': 3, 'third': 5}


def moved(text, days):
    """An instant of a header, so many days later."""
    for form in FORMATS:
        try:
            return (datetime.datetime.strptime(text, form) + datetime.timedelta(days=days)).strftime(form)
        except ValueError:
            continue
    return text


def move(path, days):
    """Let the exposure in `path` be taken so many days later."""
    with fits.open(path, mode='update') as hdus:
        for hdu in hdus:
            for keyword in ('DATE-OBS', 'DATE', 'ESO TPL START', 'ESO OBS START'):
                if keyword in hdu.header:
                    hdu.header[keyword] = moved(hdu.header[keyword], days)
            if 'MJD-OBS' in hdu.header:
                hdu.header['MJD-OBS'] += days
            for keyword in ('CHECKSUM', 'DATASUM'):
                hdu.header.pop(keyword, None)


def kind(path):
    return fits.getheader(path)['ESO DPR TYPE'], fits.getheader(path).get('ESO INS FILT1 NAME')


@pytest.fixture(scope='module')
def nights(tmp_path_factory):
    """Three nights: the second lacks biases, the third has two biases and no twilight flats; g flats are left out."""
    folders = {}
    for number, (name, days) in enumerate(NIGHTS.items()):
        folder = folders[name] = tmp_path_factory.mktemp(name)
        simulate(folder, shape=(128, 64), seed=number)
        paths = sorted(folder.glob('*.fits*'))
        kinds = {path: kind(path) for path in paths}
        biases = [path for path in paths if kinds[path][0] == 'BIAS']
        science = [path for path in paths if 'FLAT' not in kinds[path][0] and 'BIAS' not in kinds[path][0]]
        gone = [path for path in paths if kinds[path][1] == 'g_SDSS'] + science[2:]
        gone += {'first': [], 'second': biases, 'third': biases[2:] + [
            path for path in paths if 'TWILIGHT' in kinds[path][0]]}[name]
        for path in set(gone):
            path.unlink()
        for path in folder.glob('*.fits*'):
            move(path, days)
    return folders


def in_a_home_of_its_own(folder, patch):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    patch.setenv('AWLIKE_HOME', str(folder))
    sessions.use(None)
    use_server(None)
    become(patch, 'ada')
    context.create_project('NIGHTS')
    context.set_project('NIGHTS')


def reduced(date=None):
    """Reduce what is there; gives the digests of frame and calibrations for each raw frame."""
    task = ReduceTask('OMEGACAM', date=date, commit=True)
    task.execute()
    assert not ReduceTask('OMEGACAM', date=date, commit=True).plan().to_make
    return {red.raw.digest: (red.digest, red.bias.digest, red.flat.digest, red.hot.digest, red.cold.digest)
            for red in task.products}


def night_of(name):
    return str(datetime.date(2012, 5, 31) + datetime.timedelta(days=NIGHTS[name]))


def forwards(nights):
    for folder in nights.values():
        ingest([folder], how='refer')
    return {key: value for name in NIGHTS for key, value in reduced(night_of(name)).items()}


def levels_are_told(nights):
    """The biases of the first night are five nights away from the third: acceptable, and too far for who wants the plan."""
    for folder in nights.values():
        ingest([folder], how='refer')
    asked = {'instrument': 'OMEGACAM', 'date': night_of('third'), 'commit': True}
    with pytest.raises(ProcessingError, match="BiasFrame is 5 nights before: acceptable, and calibration_level='plan'"):
        ReduceTask(**asked, calibration_level='plan').execute()
    task = ReduceTask(**asked, calibration_level='acceptable')
    assert '5 nights before: acceptable' in str(task.plan())
    task.execute()
    red = task.products[0]
    assert red.calibration_levels['bias'] == {'nights': -5, 'level': 'acceptable', 'note': ''}
    assert red.header['AWE LEVEL BIAS'] == 'acceptable' and red.header['AWE NIGHTS BIAS'] == -5
    assert '5 nights before: acceptable' in str(red.facts())
    assert '5 nights before: acceptable' in str(red.chosen_because('bias'))
    return reduced()


def backwards(nights):
    for folder in reversed(nights.values()):
        ingest([folder], how='refer')
    return {key: value for name in reversed(NIGHTS) for key, value in reduced(night_of(name)).items()}


def night_by_night(nights):
    """Each night is reduced as it comes, with what is there; and all once more when all is there."""
    for name in ('second', 'first', 'third'):
        ingest([nights[name]], how='refer')
        task = ReduceTask('OMEGACAM', commit=True)
        if name == 'second':
            assert task.plan().failed, 'there is no bias yet'
        else:
            task.execute()
    return reduced()


def masters_first(nights):
    """Masters of parts of a night are made before; they are no better for that."""
    for folder in nights.values():
        ingest([folder], how='refer')
    names = [raw.filename for raw in RawBiasFrame.select_all().order_by('DATE_OBS')][:4]
    BiasTask('OMEGACAM', raw_filenames=names, commit=True).execute()
    return reduced()


def test_nights_reduced_in_any_order_give_the_same_products(nights, tmp_path):
    found = []
    for order in (forwards, backwards, night_by_night, masters_first, levels_are_told):
        with pytest.MonkeyPatch.context() as patch:
            in_a_home_of_its_own(tmp_path / order.__name__, patch)
            found.append(order(nights))
            assert len(BiasFrame.select_valid()) >= 1
    sessions.use(None)
    use_server(None)
    assert len(found[0]) == 6 and all(one == found[0] for one in found[1:])
    assert len({digests[1] for digests in found[0].values()}) == 1, 'the biases of the first night serve all'
    assert len({digests[2] for digests in found[0].values()}) > 1
