"""``awe process-file`` and ``awe process-ccd``: files in, images and catalogues out, no archive needed."""

import json
import os
import shlex
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from awlike import config
from awlike.config import settings
from awlike.database.sessions import database
from awlike.simulate import simulate
from tests.processors.conftest import frame, sky  # noqa: F401 -- fixtures

NAME = 'fpC-004192-r4-0300'


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in Path(folder).rglob('*')
                  if path.is_file() and '.awlike' not in path.parts)


@pytest.fixture
def away(home, monkeypatch, tmp_path):
    """Work in a folder of one's own, with a home that does not exist."""
    monkeypatch.setenv('AWLIKE_HOME', str(tmp_path / 'no_home'))
    monkeypatch.delenv('AWLIKE_DATABASE')
    config.settings.cache_clear()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    assert not (tmp_path / 'no_home').exists(), 'a home was made'


@pytest.fixture
def archive(away, frame):  # noqa: F811
    """A folder of files as the archive lays them out."""
    for run, field in ((4192, 300), (6377, 399)):
        for filter_, row in (('g', 5), ('r', 1)):
            frame(f'input/{run}/40/corr/4/fpC-{run:06}-{filter_}4-{field:04}.fit', RUN=run, FILTER=filter_, CCDLOC=10 * row + 4,
                  FRAME=field, EXPTIME=str(50 + row))
    (away / 'input/readme.fit').write_text('no frame')
    return away / 'input'


def test_one_file_becomes_image_and_catalogues_that_tell_their_lineage(awe, away, frame):  # noqa: F811
    frame(f'{NAME}.fits')
    status, out, _ = awe('process-file', f'{NAME}.fits', '--output', 'output', '-c', 'gain=2', 'doVariance=True')
    assert status == 0 and out.startswith(f'output/{NAME}: ') and out.endswith('sources\n')
    written = files('output')
    assert {f'{NAME}/src.fits', f'{NAME}/icSrc.fits', f'{NAME}/background.fits', 'schema/src.fits', 'schema/icSrc.fits',
            'config/run.cfg', 'config/SourceList.cfg'} <= set(written)
    assert not [name for name in written if 'part' in name]
    source = Table.read(f'output/{NAME}/src.fits', hdu=1)
    schema = Table.read('output/schema/src.fits', hdu=1)
    assert len(source) > 40 and not len(schema) and source.colnames == schema.colnames
    assert schema['RA'].unit == 'deg' and 'TUCD1' in fits.getheader('output/schema/src.fits', 1)
    status, out, _ = awe('explain', f'output/{NAME}/src.fits')
    assert status == 0 and 'ImportedScienceFrame' in out and 'PSFModel' in out
    assert 'gain = 2.0' in Path('output/config/run.cfg').read_text()


def test_the_home_of_the_user_stays_in_force_afterwards(awe, project, tmp_path, frame):  # noqa: F811
    before, place = settings().home, database().url
    assert awe('process-file', frame(), '--output', tmp_path / 'o')[0] == 0
    assert (settings().home, database().url) == (before, place) and 'AWLIKE_PROJECT' not in os.environ
    assert awe('list')[1:] == ('', 'there are no frames that you may see: awe ingest takes raw files in\n')


@pytest.mark.slow
def test_other_parameters_are_refused_or_take_the_place_of_the_former(awe, away, frame):  # noqa: F811
    run = 'process-file', frame(), '--output', 'output'
    assert awe(*run, '-c', 'gain=2')[0] == 0
    before = {name: (away / 'output' / name).read_bytes() for name in files('output')}
    status, out, said = awe(*run, '-c', 'gain=3', 'SourceList.THRESHOLD=7')
    assert status == 2 and not out
    assert 'gain: saved 2.0, now 3.0' in said and 'SourceList.THRESHOLD: saved 5.0, now 7.0' in said
    assert {name: (away / 'output' / name).read_bytes() for name in files('output')} == before
    assert awe(*run, '--configfile', 'output/config')[0] == 0, 'those that were saved'
    assert awe(*run, '--clobber-config', '-c', 'gain=3')[0] == 0
    assert 'gain = 2.0' in (away / 'output/config.~1~/run.cfg').read_text()
    assert awe(*run, '--clobber-output')[0] == 0
    assert not (away / 'output/config.~1~').exists() and 'gain = None' in (away / 'output/config/run.cfg').read_text()


def test_showing_makes_nothing(awe, away, frame):  # noqa: F811
    frame(f'{NAME}.fits')
    (away / 'my.cfg').write_text('SourceList.THRESHOLD = 6  # mine\ngain = 4\n')
    (away / 'options').write_text(f'# what\n{NAME}.fits --output output\n\n--show config data\n')
    status, out, _ = awe('process-file', '-c', 'gain=3', '--configfile', 'my.cfg', '-c', 'gain=2', '@options',
                         '--show', 'tasks', '--logdest', 'log.txt')
    assert status == 0
    assert 'gain = 2.0' in out and 'SourceList.THRESHOLD = 6.0' in out, 'the last word counts'
    assert '\nrun=4192 camcol=4 field=300 filter=r\n' in out and '\nBackgroundModel ' in out
    assert sorted(os.listdir(away)) == sorted(['awlike', f'{NAME}.fits', 'my.cfg', 'options'])


@pytest.mark.slow
def test_an_error_of_one_file_stops_no_other_unless_that_is_wanted(awe, away, frame):  # noqa: F811
    frame(f'{NAME}.fits')
    Path('bad.fits').write_text('no frame')
    fits.writeto('flat.fits', np.full((50, 60), 1100, np.uint16), fits.getheader(f'{NAME}.fits'))
    status, out, said = awe('process-file', 'bad.fits', 'flat.fits', f'{NAME}.fits', '--output', 'o', '--logdest', 'log.txt')
    assert status == 1 and f'o/{NAME}: ' in out and 'bad.fits: ' in said
    assert 'ERROR awlike: bad.fits' in Path('log.txt').read_text()
    assert (away / f'o/{NAME}/src.fits').is_file()
    status, out, said = awe('process-file', 'bad.fits', f'{NAME}.fits', '--output', 'o2', '--doraise')
    assert status == 1 and not out and said.startswith('awe: bad.fits')


@pytest.mark.slow
@pytest.mark.parametrize(('words', 'text'), [
    (['absent.fits'], 'no such file'),
    ([NAME + '.fits', '-c', 'gain=2', 'doVarianceTrue'], 'doVarianceTrue: there is no such file'),
    ([NAME + '.fits', '-c', 'gian=2'], 'did you mean'),
    ([NAME + '.fits', '-c', 'gain=-2'], 'above 0'),
    ([NAME + '.fits', '--config=gain=2', 'doVariance=True'], 'has no ='),
    ([NAME + '.fits', '--configfile', 'absent.cfg'], 'absent.cfg'),
    ([NAME + '.fits', '@absent'], '@absent'),
    ([NAME + '.fits', '--show', 'everything'], '--show everything'),
    ([NAME + '.fits', '-L', 'loud'], '-L loud'),
    ([NAME + '.fits', '--trace', 'awlike=x'], '--trace awlike=x'),
    ([NAME + '.fits', '--instrument', 'NOSUCH'], 'no camera is called'),
    ([NAME + '.fits', '--refcat', 'stars.fits'], '--ra and --dec'),
    ([NAME + '.fits', '--ra', 'ra'], 'give --refcat'),
    ([NAME + '.fits', '--refcat', 'absent.fits', '--ra', 'ra', '--dec', 'dec'], 'absent.fits'),
    ([NAME + '.fits', '--logdest', 'no/folder/log'], '--logdest'),
])
def test_wrong_use_is_told_and_nothing_is_done(awe, away, frame, words, text):  # noqa: F811
    frame(f'{NAME}.fits')
    status, out, said = awe('process-file', '--output', 'output', *words)
    assert status == 2 and text in said and not out and 'Traceback' not in said
    assert not Path('output').exists()


def test_folders_are_relative_to_the_roots_of_the_environment(awe, away, frame, monkeypatch):  # noqa: F811
    frame(f'data/{NAME}.fits')
    assert 'AWLIKE_OUTPUT_ROOT' in awe('process-file', f'data/{NAME}.fits')[2]
    monkeypatch.setenv('AWLIKE_INPUT_ROOT', str(away / 'data'))
    monkeypatch.setenv('AWLIKE_OUTPUT_ROOT', str(away / 'results'))
    assert awe('process-file', f'{NAME}.fits', '--output', 'first')[0] == 0
    assert (away / f'results/first/{NAME}/src.fits').is_file()
    assert os.environ['AWLIKE_OUTPUT_ROOT'] == str(away / 'results')


@pytest.mark.slow
def test_several_processes_make_the_same(awe, archive, away):
    inputs = sorted((archive / '4192').rglob('*.fit'))
    assert awe('process-file', *inputs, '--output', 'one')[0] == 0
    status, out, _ = awe('process-file', *inputs, '--output', 'two', '-j', '2')
    assert status == 0 and out.count('sources') == 2
    assert files('one') == files('two')
    digests = [[json.loads(awe('explain', '--json', f'{name}/{path.stem}/src.fits')[1])[0]['remarks'] for path in inputs]
               for name in ('one', 'two')]
    assert digests[0] == digests[1]


@pytest.mark.slow
def test_a_reference_catalogue_is_an_input_that_lineage_names(awe, away, frame):  # noqa: F811
    path = frame()
    Table({'ra': [351.65, 351.66], 'dec': [.1, .11], 'mag': [15., 16.]}).write(away / 'my stars.fits')
    status, _, _ = awe('process-file', path, '--output', 'o', '--refcat', 'my stars.fits', '--ra', 'ra', '--dec', 'dec',
                       '--band', 'r=mag')
    assert status == 0
    assert 'my_stars' in awe('explain', f'o/{NAME}/src.fits')[1]
    words = '--configfile', 'o/config', '--refcat', 'my stars.fits', '--ra', 'ra', '--dec', 'dec', '--band', 'r=mag'
    assert awe('process-file', path, '--output', 'o', *words)[0] == 0
    assert 'my_stars' in awe('explain', f'o/{NAME}/src.fits')[1], 'an empty name in a file of parameters is none'


def test_data_ids_of_a_folder(awe, archive):
    status, out, said = awe('process-ccd', 'input', '--id', 'run=4192^6377', 'camcol=4', 'filter=g^r', '--show', 'data')
    assert status == 0 and not said
    assert out.splitlines() == [f'run={run} rerun=40 camcol=4 field={field} filter={filter_}'
                                for run, field in ((4192, 300), (6377, 399)) for filter_ in 'gr']
    assert awe('process-ccd', 'input', '--show', 'data')[1] == out, 'all, where nothing is asked for'
    status, _, said = awe('process-ccd', 'input', '--output', 'o', '--id', 'run=4192', 'field=399')
    assert status == 2 and 'field=399 does not match with run=4192: field is 300' in said and not Path('o').exists()
    status, _, said = awe('process-ccd', 'input', '--output', 'o')
    assert status == 2 and '--id' in said and not Path('o').exists()


def test_a_folder_is_registered_and_the_output_laid_out_as_it_is(awe, archive, away):
    (archive / '_mapper').write_text('lsst.obs.sdss.sdssMapper.SdssMapper\n')
    (away / 'rawInput.txt').write_text('# what to process\n--id run=4192 rerun=40 camcol=4 field=300 filter=r\n\n')
    run = 'process-ccd', 'input', '--output', 'calexp', '-c', 'gain=2', 'doVariance=True', '@rawInput.txt'
    status, out, said = awe(*run)
    assert status == 0, said
    place = f'4192/40/corr/4/{NAME}'
    assert {f'{place}/src.fits', f'{place}/icSrc.fits', f'{place}/background.fits', 'schema/src.fits',
            'config/run.cfg'} <= set(files('calexp'))
    assert (away / 'calexp/.awlike/awlike.db').is_file()
    status, again, said = awe(*run)
    assert (status, again) == (0, out) and ' 0 made' in said, 'what exists is not made again'
    status, out, _ = awe('process-ccd', 'calexp', '--id', '--output', 'more', '-c')
    assert status == 2
    status, out, _ = awe('process-ccd', 'calexp', '--id', '--output', 'more')
    assert status == 0 and (away / f'more/4192/40/4/300/r/{NAME}/src.fits').is_file()


def test_a_value_of_an_id_that_matches_nothing_is_a_failure(awe, archive):
    status, out, said = awe('process-ccd', 'input', '--output', 'o', '--id', 'run=4192^9999', 'filter=r')
    assert status == 1 and out.count('sources') == 1 and 'run=9999 does not match' in said


def test_facts_of_frames_in_a_home_cannot_be_given_again(awe, archive):
    assert awe('process-ccd', 'input', '--output', 'o', '--id', 'run=4192', 'filter=r')[0] == 0
    status, _, said = awe('process-ccd', 'o', '--output', 'p', '--id', '-c', 'gain=3')
    assert status == 2 and 'gain' in said and not Path('p').exists()


def test_levels_are_set_by_component(awe, away, frame):  # noqa: F811
    status, _, said = awe('process-file', frame(), '--output', 'o', '-L', 'error', '-L', 'sqlalchemy=error')
    assert status == 0 and not said


@pytest.mark.slow
def test_a_reference_catalogue_that_cannot_be_read_leaves_the_output_as_it_was(awe, away, frame):  # noqa: F811
    path = frame()
    Table({'ra': [351.65], 'dec': [.1]}).write(away / 'stars.fits')
    words = '--refcat', 'stars.fits', '--ra', 'ra', '--dec', 'declination'
    assert awe('process-file', path, '--output', 'o', *words)[0] == 2 and not Path('o').exists()
    assert awe('process-file', path, '--output', 'o')[0] == 0
    before = files('o')
    assert awe('process-file', path, '--output', 'o', '--clobber-output', *words)[0] == 2 and files('o') == before


def test_nothing_of_a_repository_is_removed_where_the_reference_catalogue_cannot_be_read(awe, archive):
    Path('stars.csv').write_text('ra,dec\nno,number\n')
    run = 'process-ccd', 'input', '--output', 'o', '--id', 'run=4192', 'filter=r'
    assert awe(*run)[0] == 0
    before = files('o')
    status, _, said = awe(*run, '--clobber-output', '--refcat', 'stars.csv', '--ra', 'ra', '--dec', 'dec')
    assert status == 2 and 'stars.csv' in said and files('o') == before and Path('o/.awlike/awlike.db').is_file()


@pytest.fixture(scope='module')
def raw_night(tmp_path_factory):
    """A simulated night of raw files with sky."""
    folder = tmp_path_factory.mktemp('raw') / 'night'
    simulate(folder, shape=(256, 256), seed=3, sky=True)
    return folder


@pytest.mark.slow
def test_raw_frames_are_reduced_with_the_calibrations_beside_them(awe, away, raw_night):
    first, *others = awe('process-ccd', raw_night, '--show', 'data')[1].splitlines()
    assert others and first.startswith('night=2012-05-31 filter=')
    status, out, said = awe('process-ccd', raw_night, '--output', 'o', '--id', *shlex.split(first))
    assert status == 0 and out.count('sources') == 1, said
    written, = Path('o').glob('OMEGA*/src.fits')
    told = awe('explain', written)[1]
    assert 'ReducedScienceFrame' in told and 'BiasFrame' in told
    assert (away / 'o/config/BiasFrame.cfg').is_file()
    assert 'gain' in awe('process-ccd', raw_night, '--output', 'p', '--id', '-c', 'gain=2')[2]


@pytest.mark.slow
def test_calibrations_of_one_raw_file_come_from_elsewhere(awe, away, raw_night, monkeypatch):
    name = awe('process-ccd', raw_night, '--show', 'data')[1].splitlines()[0].rpartition('file=')[2]
    path = away / f'{name}.fits'
    path.write_bytes((raw_night / f'{name}.fits').read_bytes())
    status, out, said = awe('process-file', path, '--output', 'o')
    assert status == 1 and 'BiasFrame' in said and not out
    monkeypatch.setenv('AWLIKE_CALIB_ROOT', str(raw_night.parent))
    assert awe('process-file', path, '--output', 'o', '--calib', 'night')[0] == 0
    assert (away / f'o/{name}/src.fits').is_file()
