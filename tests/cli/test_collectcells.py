"""``awe collectcells`` and ``awe makecalibrations``: an exposure of a mosaic camera as one file, without an archive."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from awlike import collectcells, config
from awlike.errors import ParameterError
from awlike.processors.mosaic.command import calibrations
from awlike.processors.mosaic.options import CalibrationOptions
from awlike.simulate.odi.focal_plane import Layout
from awlike.simulate.odi.night import simulate_odi

NAMES = ['bias_bin1.fits', 'dark_yes_bin1.fits', 'dflat_odi_i_bin1.fits']


@pytest.fixture(scope='module')
def night(tmp_path_factory):
    """A folder with raw files of two OTAs, and their calibrations."""
    folder = tmp_path_factory.mktemp('odi')
    simulate_odi(folder / 'raw', chips=2, shape=(40, 40), seed=3)
    made = calibrations([folder / 'raw'], folder / 'cals', CalibrationOptions.given({'gain': True}))
    assert [Path(path).name for path in made] == NAMES
    return folder


@pytest.fixture
def away(home, monkeypatch, tmp_path):
    """Work in a folder of one's own, with a home that does not exist."""
    monkeypatch.setenv('AWLIKE_HOME', str(tmp_path / 'no_home'))
    monkeypatch.delenv('AWLIKE_DATABASE')
    config.settings.cache_clear()
    (tmp_path / 'work').mkdir()
    monkeypatch.chdir(tmp_path / 'work')
    yield tmp_path / 'work'
    assert not (tmp_path / 'no_home').exists(), 'a home was made'


@pytest.fixture
def exposures(night):
    """The folders of the science exposures."""
    return sorted((night / 'raw/science').iterdir())


def science(path):
    with fits.open(path) as hdus:
        return {hdu.name: (hdu.data.copy(), hdu.header.copy()) for hdu in hdus if hdu.name.endswith('.SCI')}


def log_of(path):
    return {key: value for key, value in fits.getheader(path).items() if key.startswith('_')}


def test_an_exposure_becomes_one_file_that_tells_its_lineage(awe, away, night, exposures):
    status, out, said = awe('collectcells', exposures[0], 'new/%OBSSEQ', f'-cals={night}/cals', '-gain', '-bgmode',
                            '-qasubdirs', '-plotformat=png,pdf', '-addfitskey=WIYN,greatest of the universe',
                            '-addfitskey=TOOLONGKEY,x')
    file = Path('new/20130102T040000.fits')
    assert status == 0 and out == f'{file}: 2 detectors of o20130102T040000.0\n' and 'TOOLONGKEY' in said
    truth = json.loads((night / 'raw/truth.json').read_text())['sky_electrons']
    images = science(file)
    for name, (data, header) in images.items():
        assert np.nanmedian(data) == pytest.approx(truth[name[:5]], rel=0.02) and header['BUNIT'] == 'electron'
        assert 0.005 < np.isnan(data).mean() < 0.5
    assert list(images) == ['OTA33.SCI', 'OTA34.SCI'] and fits.getheader(file)['WIYN'] == 'greatest of the universe'
    log = log_of(file)
    assert {log[key] for key in ('_BIAS', '_DARK', '_FLAT', '_GAIN')} == {'successful'} and log['_FRINGE'] == 'not selected'
    rows = fits.getdata(file, 'ASSOCIATIONS')
    assert {row['correction'] for row in rows} >= {'raw', 'bias', 'dark', 'flat'}
    assert all(Path(row['filename_full']).is_file() for row in rows), 'no file of the home that was thrown away'
    told = awe('explain', file)[1]
    assert all(str(path) in told for path in exposures[0].iterdir()) and f'{night}/cals/bias_bin1.fits' in told
    assert {path.name for path in Path('new/QA').iterdir()} >= {'sky.png', 'sky.pdf', 'sky'}
    plots = {f'OTA{number}.{one}' for number in (33, 34) for one in ('png', 'pdf')}
    assert {path.name for path in Path('new/QA/sky').iterdir()} == plots
    assert not [path for path in Path('new').iterdir() if path.name.startswith('.')], 'nothing half written'


@pytest.mark.slow
def test_what_is_there_is_replaced_or_left_as_it_is(awe, away, night, exposures):
    Path('out.fits').write_text('former')
    words = 'collectcells', exposures[0], 'out', f'--cals={night}/cals', '-noqaplots', '-singleota=34'
    status, out, _ = awe(*words, '-noclobber')
    assert status == 0 and 'left as it is' in out and Path('out.fits').read_text() == 'former'
    assert awe(*words)[0] == 0 and list(science('out.fits')) == ['OTA34.SCI']
    assert os.listdir() == ['out.fits']


@pytest.mark.parametrize(('option', 'name'), [('-cals', 'bias_bin1.fits'), ('-flat', 'flat.fits'), ('-wcs', 'wcs.fits')])
def test_no_calibration_is_overwritten(awe, away, night, exposures, option, name):
    Path('cals').mkdir()
    shutil.copy(night / f'cals/{"bias" if option == "-cals" else "dflat_odi_i"}_bin1.fits', f'cals/{name}')
    before = Path('cals', name).read_bytes()
    given = 'cals' if option == '-cals' else f'cals/{name}'
    status, out, said = awe('collectcells', exposures[0], f'cals/{name}', f'{option}={given}', '-noqaplots', '-singleota=34')
    assert (status, out) == (2, '') and f'cals/{name} is read, and would be overwritten' in said
    assert os.listdir('cals') == [name] and Path('cals', name).read_bytes() == before


@pytest.mark.slow
def test_presented_otherwise(awe, away, night, exposures):
    file = next(exposures[0].iterdir())
    words = f'-cals={night}/cals', '-noqaplots', '-singleota=33'
    assert awe('collectcells', file, 'plain.fits', *words)[0] == 0
    reference = fits.getheader(file)['MJD-OBS'] - 0.125
    assert awe('collectcells', file, 'other', *words, '-prep4sex', '-fpack', '-wcsoffset=0.01,-0.02', '-simplewcs',
               f'-nonsidereal=36.0,-18.0,{reference}')[0] == 0
    data, header = science('plain.fits')['OTA33.SCI']
    other, its = science('other.fits.fz')['OTA33.SCI']
    assert np.array_equal(np.isnan(data), other == np.float32(-1e31))
    assert np.array_equal(data[np.isfinite(data)], other[np.isfinite(data)]), 'compressed without loss'
    assert its['CRVAL2'] == pytest.approx(header['CRVAL2'] - 0.02 + 18 * 3 / 3600, abs=1e-7) and its['CTYPE1'] == 'RA---TAN'
    assert 'its pixels are those of its digest' in awe('explain', 'other.fits.fz')[1]


@pytest.mark.slow
def test_a_step_without_its_calibration_fails_and_the_run_goes_on(awe, away, night, exposures):
    shutil.copytree(night / 'cals', 'some')
    Path('some/dflat_odi_i_bin1.fits').unlink()
    status, _, said = awe('collectcells', exposures[0], 'out.fits', '-cals=some', '-noqaplots', '-singleota=33',
                          '-bias=nowhere/bias.fits', '-nonlinearity', '-gain')
    log = log_of('out.fits')
    assert status == 0 and 'there is no flat' in said and '-bias=nowhere/bias.fits' in said
    assert {key: log[key] for key in ('_BIAS', '_DARK', '_FLAT', '_NONLIN', '_GAIN')} == {
        '_BIAS': 'failed', '_DARK': 'successful', '_FLAT': 'failed', '_NONLIN': 'failed', '_GAIN': 'failed'}


@pytest.mark.slow
def test_saturated_pixels_of_one_exposure_are_masked_in_the_next(awe, away, night, exposures):
    words = f'-cals={night}/cals', '-noqaplots', '-singleota=33', '-persistency=persist'
    for number, folder in enumerate(exposures[:2]):
        assert awe('collectcells', folder, f'{number}.fits', *words)[0] == 0
    assert awe('collectcells', exposures[1], 'alone.fits', *words[:-1], '-persistency=other')[0] == 0
    left = {name: np.isnan(science(name)['OTA33.SCI'][0]) for name in ('1.fits', 'alone.fits')}
    assert (left['1.fits'] & ~left['alone.fits']).any() and not (left['alone.fits'] & ~left['1.fits']).any()
    lines = Path('persist/index.cat').read_text().splitlines()
    assert [line.split(' --> ')[0] for line in lines] == [f'{one.name}.saturated.fits' for one in exposures[:2]]
    rows = fits.getdata(f'persist/{exposures[0].name}.saturated.fits', 'OTA33.SATPIX')
    assert rows.names == ['CELL_X', 'CELL_Y', 'X', 'Y'] and len(rows)
    assert 'saturated_before' in awe('explain', '1.fits')[1] and log_of('1.fits')['_PERSIST'] == 'successful'
    assert f'{exposures[0].name}.saturated.fits' in fits.getdata('1.fits', 'ASSOCIATIONS')['filename']


@pytest.mark.slow
def test_region_files_mask_pixels_of_their_detector(awe, away, night, exposures):
    Path('bpm').mkdir()
    Path('bpm/bpm_OTA33.reg').write_text('image\nbox(20,300,4,6,0)\n')
    assert awe('collectcells', exposures[0], 'out.fits', f'-cals={night}/cals', '-noqaplots', '-bpm=bpm')[0] == 0
    images = science('out.fits')
    assert np.isnan(images['OTA33.SCI'][0][296:302, 17:21]).all() and not np.isnan(images['OTA34.SCI'][0][296:302, 17:21]).all()


@pytest.mark.slow
def test_a_broken_file_is_left_out_and_told(awe, away, night, exposures):
    shutil.copytree(exposures[0], 'o20130102T040000.0')
    broken = next(path for path in Path('o20130102T040000.0').iterdir() if '.34.' in path.name)
    broken.write_bytes(broken.read_bytes()[:30000])
    status, out, said = awe('collectcells', 'o20130102T040000.0', 'out.fits', f'-cals={night}/cals', '-noqaplots')
    assert status == 0 and list(science('out.fits')) == ['OTA33.SCI'] and broken.name in said


@pytest.mark.slow
def test_templates_of_fringes_and_ghost_are_subtracted(awe, away, night, exposures):
    rows, columns = np.indices(fits.getdata(night / 'cals/bias_bin1.fits', 1).shape)
    with fits.open(night / 'cals/dflat_odi_i_bin1.fits') as hdus:
        for hdu in hdus[1:]:
            hdu.header['OBSTYPE'], hdu.data = 'OBJECT', (0.02 * np.sin(columns / 9.0)).astype(np.float32)
        Path('fringes').mkdir()
        hdus.writeto('fringes/fringe__odi_i.fits')
    for number in (33, 34):
        Path(f'fringes/fringevectors__odi_i__OTA{number}.reg').write_text('image\nvector(43,60,28,0)\nvector(43,160,28,0)\n')
    y, x = np.indices((801, 801)) - 400
    fits.writeto('ghost.fits', np.exp(-(np.hypot(x, y) - 150) ** 2 / 2e3).astype(np.float32))
    status, _, said = awe('collectcells', exposures[0], 'out.fits', f'-cals={night}/cals', '-noqaplots', '-fringe=fringes',
                          '-fringevectors=fringes', '-pupilghost=ghost.fits')
    header, named = fits.getheader('out.fits'), fits.getdata('out.fits', 'ASSOCIATIONS')['filename']
    assert status == 0, said
    assert {header['_FRINGE'], header['_PGHOST']}.isdisjoint({'not selected', 'no data'}), dict(header['_*'])
    assert {'fringe__odi_i.fits', 'ghost.fits', 'fringevectors__odi_i__OTA33.reg'} <= set(named)


@pytest.mark.parametrize(('words', 'text'), [
    (['-calls=x'], 'did you mean -cals'), (['-gain=best'], '-gain=best'), (['-wcsoffset=1'], '-wcsoffset=1'),
    (['-singleota=77'], 'no detector 77'), (['-plotformat=pgn'], 'no pgn'), (['-qasubdirname=../x'], '-qasubdirname'),
    (['-prep4sex', '-indefval=0'], 'give one'), (['-crjsigclip=3'], 'without -crj'), (['-timeout=0'], '-timeout=0'),
    (['-softbin=3'], '-softbin=3'), (['-nonsidereal=1,2,nowhere.fits'], '-nonsidereal')])
def test_wrong_use_is_told_and_nothing_is_done(awe, away, exposures, words, text):
    status, out, said = awe('collectcells', exposures[0], 'new/out.fits', *words)
    assert status == 2 and text in said and not out and not os.listdir()


@pytest.mark.slow
def test_when_the_time_is_up_nothing_is_left(awe, away, night, exposures):
    status, out, said = awe('collectcells', exposures[0], 'out.fits', f'-cals={night}/cals', '-timeout=1')
    assert status == 1 and 'the time is up' in said and not os.listdir()
    assert awe('makecalibrations', night / 'raw', '--output', 'cals', '-timeout=1')[0] == 1 and not os.listdir()


@pytest.mark.slow
def test_in_python_the_result_is_in_memory(away, night, exposures):
    hdus = collectcells(exposures[0], batchmode=True, cals=night / 'cals', gain=True, singleota=33, persistency='persist')
    assert hdus['OTA33.SCI'].header['BUNIT'] == 'electron' and np.isfinite(hdus['OTA33.SCI'].data).any()
    assert hdus[0].header['_BIAS'] == 'successful' and not os.listdir()
    for wrong in ({'cells': 1}, {}):
        with pytest.raises(ParameterError):
            collectcells(exposures[0], **wrong)


@pytest.mark.slow
def test_calibrations_of_one_kind_use_those_that_are_there(awe, away, night):
    shutil.copytree(night / 'cals', 'cals')
    Path('cals/dflat_odi_i_bin1.fits').unlink()
    assert awe('makecalibrations', night / 'raw/flat', '--output', 'cals', '-only=flat', '-gain')[0] == 0
    with fits.open('cals/dflat_odi_i_bin1.fits') as new, fits.open(night / 'cals/dflat_odi_i_bin1.fits') as old:
        assert [hdu.name for hdu in new] == ['PRIMARY', 'OTA33', 'OTA34'] == [hdu.name for hdu in old]
        assert np.allclose(new['OTA33'].data, old['OTA33'].data, equal_nan=True, rtol=1e-5)
        assert new['OTA33'].header['NCOMBINE'] == 5 and 'HISTORY' in new['OTA33'].header
    status, _, said = awe('makecalibrations', night / 'raw/bias', '--output', 'other', '-only=dark')
    assert status == 2 and 'no raw frames of dark' in said and not Path('other').exists()
    assert awe('makecalibrations', night / 'raw', '--output', 'other', '-only=fringe')[0] == 2


@pytest.mark.slow
def test_measured_gains_are_a_file_of_their_own(awe, away, night, exposures):
    assert awe('makecalibrations', night / 'raw', '--output', 'cals', '-gain=techdata')[0] == 0
    assert sorted(os.listdir('cals')) == [*NAMES, 'techdata_bin1.fits']
    assert awe('collectcells', exposures[0], 'out.fits', '-cals=cals', '-gain=techdata', '-noqaplots', '-singleota=33')[0] == 0
    truth = json.loads((night / 'raw/truth.json').read_text())['sky_electrons']
    assert np.nanmedian(science('out.fits')['OTA33.SCI'][0]) == pytest.approx(truth['OTA33'], rel=0.05)
    assert 'techdata_bin1.fits' in fits.getdata('out.fits', 'ASSOCIATIONS')['filename']


def test_pixels_are_summed_and_the_sky_stays_where_it_was(awe, away, night, exposures):
    words = f'-cals={night}/cals', '-noqaplots', '-singleota=33', '-gain'
    assert awe('collectcells', exposures[0], 'plain.fits', *words)[0] == 0
    assert awe('collectcells', exposures[0], 'binned.fits', *words, '-softbin=4')[0] == 0
    (data, header), (sums, its) = (science(name)['OTA33.SCI'] for name in ('plain.fits', 'binned.fits'))
    rows, columns = sums.shape
    blocks = data[:4 * rows, :4 * columns].reshape(rows, 4, columns, 4)
    whole = np.isfinite(blocks).all(axis=(1, 3))
    np.testing.assert_allclose(sums[whole], blocks.astype(float).sum(axis=(1, 3))[whole], rtol=1e-5)
    assert log_of('binned.fits')['_SOFTBIN'] == 'successful' and log_of('plain.fits')['_SOFTBIN'] == 'not selected'
    place, same = WCS(header).all_pix2world(99.5, 199.5, 0), WCS(its).all_pix2world(24.5, 49.5, 0)  # the corner of 4 x 4
    assert np.allclose(place, same, atol=1e-9)
    told, before = (fits.getheader(name) for name in ('binned.fits', 'plain.fits'))
    assert told['SKYBG'] == pytest.approx(16 * before['SKYBG'], rel=1e-6) and told['SOFTBIN'] == 4


def test_some_cells_are_kept_without_their_edges(awe, away, night, exposures):
    words = f'-cals={night}/cals', '-noqaplots', '-singleota=33'
    assert awe('collectcells', exposures[0], 'plain.fits', *words)[0] == 0
    assert awe('collectcells', exposures[0], 'some.fits', *words, '-keepcells=23,44', '-trimcell=5')[0] == 0
    layout, kept = Layout((40, 40)), np.zeros(science('plain.fits')['OTA33.SCI'][0].shape, bool)
    for cell in ((2, 3), (4, 4)):
        rows, columns = layout.part(*cell)
        kept[rows.start + 5:rows.stop - 5, columns.start + 5:columns.stop - 5] = True
    plain, some = (science(name)['OTA33.SCI'][0] for name in ('plain.fits', 'some.fits'))
    assert np.array_equal(np.isfinite(some), np.isfinite(plain) & kept)
    assert np.array_equal(some[kept], plain[kept], equal_nan=True)
    assert log_of('some.fits')['_TRIMCEL'] == 'successful' and log_of('plain.fits')['_TRIMCEL'] == 'not selected'
    assert awe('makecalibrations', night / 'raw/bias', '--output', 'cals', '-only=bias', '-trimcell=5')[0] == 0
    assert np.isnan(fits.getdata('cals/bias_bin1.fits', 'OTA33')[layout.part(2, 3)][:5]).all()


def test_illumination_and_photometric_flat_divide(awe, away, night, exposures):
    with fits.open(night / 'cals/dflat_odi_i_bin1.fits') as hdus:
        columns = np.indices(hdus[1].shape)[1] / hdus[1].shape[1]
        for name, slope, kind in (('illumcorr_odi_i_bin1.fits', 0.1, 'OBJECT'), ('photflat_odi_i_bin1.fits', -0.06, 'DFLAT')):
            for hdu in hdus[1:]:
                hdu.header['OBSTYPE'] = kind
                hdu.data = (1 + slope * (columns - 0.5)).astype(np.float32)
            hdus.writeto(name)
    words = f'-cals={night}/cals', '-noqaplots', '-singleota=33'
    assert awe('collectcells', exposures[0], 'plain.fits', *words)[0] == 0
    assert awe('collectcells', exposures[0], 'out.fits', *words, '-illumcorr=.', '-photflat=photflat_odi_i_bin1.fits')[0] == 0
    plain, out = (science(name)['OTA33.SCI'][0] for name in ('plain.fits', 'out.fits'))
    divided = (1 + 0.1 * (columns - 0.5)) * (1 - 0.06 * (columns - 0.5))
    there = np.isfinite(plain)
    np.testing.assert_allclose(out[there], (plain / divided)[there], rtol=2e-4)
    assert {log_of('out.fits')[key] for key in ('_ILLUMCR', '_FOTFLAT')} == {'successful'}
    assert {log_of('plain.fits')[key] for key in ('_ILLUMCR', '_FOTFLAT')} == {'not selected'}
    steps = {row['correction']: row['filename'] for row in fits.getdata('out.fits', 'ASSOCIATIONS')}
    assert steps['photflat'] == 'photflat_odi_i_bin1.fits' and steps['illumination'] == 'illumcorr_odi_i_bin1.fits'
    status, _, said = awe('collectcells', exposures[0], 'none.fits', *words, '-photflat=nowhere')
    assert status == 0 and '-photflat=nowhere' in said and log_of('none.fits')['_FOTFLAT'] == 'failed'


CATALOGUE = ('-ra=ra', '-dec=dec', '-ra-error=ra_error', '-dec-error=dec_error', '-pm-ra=pmra', '-pm-dec=pmdec', '-epoch=epoch',
             '-band=i=mag,mag_err')


@pytest.mark.slow
@pytest.mark.parametrize('mode', ['shift', 'rotation', 'otashift', 'otashear', 'distortion'])
def test_stars_of_a_catalogue_tell_place_and_zero_point(awe, away, stars, mode):
    exposure = min((stars / 'raw/science').iterdir())
    words = f'-cals={stars}/cals', '-gain', '-crj', '-noqaplots', f'-fixwcs={mode}', '-photcalib'
    assert awe('collectcells', exposure, 'out.fits', *words, f'-refcat={stars}/raw/reference.fits', *CATALOGUE)[0] == 0
    header, truth = fits.getheader('out.fits'), json.loads((stars / 'raw/truth.json').read_text())
    assert header['WCSFIXED'] and header['WCSCAL'] == mode and header['WCSXRMS'] < 0.2 and header['WCSYRMS'] < 0.2
    assert log_of('out.fits')['_WCSCAL'] == log_of('out.fits')['_PHOTCAL'] == 'successful'
    frame = next(one for one in truth['frames'] if one['OBSID'] in exposure.name and one['chip'] == 'OTA33')
    its = science('out.fits')['OTA33.SCI'][1]
    x, y = np.array([300.0, 1800.0, 1000.0]), np.array([300.0, 900.0, 1800.0])
    true = WCS(fits.Header(frame['wcs'])).all_pix2world(x, y, 0)
    found = WCS(its).all_pix2world(x, y, 0)
    off = 3600 * np.hypot((found[0] - true[0]) * np.cos(np.radians(true[1])), found[1] - true[1])
    assert off.max() < 0.5, 'arcsec; the header was wrong by seconds'
    assert header['PHOTZP'] == pytest.approx(truth['sky']['zero_point_electrons'][0], abs=0.1)
    assert header['SEEING'] == pytest.approx(0.11 * frame['fwhm'], rel=0.15)
    assert header['SKYMAG'] == pytest.approx(header['PHOTZP_X'] - 2.5 * np.log10(header['SKYBGCLP'] / 0.11 ** 2), abs=0.02)


@pytest.fixture(scope='module')
def stars(tmp_path_factory):
    """A night of cells as large as real ones, with catalogue and calibrations; fewer stars tell no aperture correction."""
    folder = tmp_path_factory.mktemp('stars')
    simulate_odi(folder / 'raw', chips=1, shape=(480, 496), seed=3, sky=True)
    calibrations([folder / 'raw'], folder / 'cals', CalibrationOptions.given({'gain': True}))
    return folder
