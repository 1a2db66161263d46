"""Tables for other programs: every value comes back, with its unit; SCAMP reads the LDAC file."""

import shutil
import subprocess

import numpy as np
import pyarrow.parquet
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from awlike.errors import MissingExtra, ParameterError
from awlike.tables import columns
from awlike.tables.columns import Columns, column
from awlike.tables.formats import writer

SOURCES = Columns([
    column('SID', 'i8', 'number in the list', ucd='meta.id'),
    column('RA', 'f8', 'right ascension', unit='deg', ucd='pos.eq.ra'),
    column('MAG', 'f4', 'magnitude', unit='mag', ucd='phot.mag'),
    column('FLUX_APER', 'f4', 'flux in apertures', unit='adu', ucd='phot.flux', size=3),
    column('STAR', 'bool', 'whether it is a point'),
    column('NAME', 'S8', 'what it is called'),
])


@pytest.fixture
def table():
    rng = np.random.default_rng(1)
    return columns.Table(SOURCES, SOURCES.rows({
        'SID': np.array([2**53 + 1, 2, 3]), 'RA': rng.uniform(0, 360, 3), 'MAG': np.array([20, np.nan, 21.5], 'f4'),
        'FLUX_APER': rng.random((3, 3), 'f4'), 'STAR': [True, False, True], 'NAME': ['a', 'b c', '']}, 'x')).to_table()


def saved(table, path, header=None):
    writer(path)(path, table, header or fits.Header())
    return path


@pytest.mark.parametrize('suffix, options', [('vot', {'format': 'votable'}), ('ecsv', {'format': 'ascii.ecsv'}),
                                             ('ldac', {'format': 'fits', 'hdu': 'LDAC_OBJECTS'})])
def test_each_format_returns_values_and_units(tmp_path, table, suffix, options):
    again = Table.read(saved(table, tmp_path / f'out.{suffix}'), **options)
    for name in table.colnames:
        found = np.ma.filled(again[name], {'f': np.nan, 'U': '', 'S': b''}.get(again[name].dtype.kind, 0))
        assert np.array_equal(found.astype(table[name].dtype), table[name], equal_nan=table[name].dtype.kind == 'f'), name
        assert again[name].unit == table[name].unit
    if suffix != 'ldac':
        assert again['RA'].meta['ucd'] == 'pos.eq.ra' and again['RA'].description == 'right ascension'


def test_parquet_has_values_units_and_ucds(tmp_path, table):
    again = pyarrow.parquet.read_table(saved(table, tmp_path / 'out.parquet'))
    assert again['SID'].to_pylist() == [2**53 + 1, 2, 3] and again['NAME'].to_pylist() == ['a', 'b c', '']
    assert np.array_equal(again['MAG'].to_numpy(), table['MAG'], equal_nan=True)
    assert np.array_equal(np.array(again['FLUX_APER'].to_pylist(), 'f4'), table['FLUX_APER'])
    assert again.schema.field('RA').metadata == {b'unit': b'deg', b'ucd': b'pos.eq.ra', b'description': b'right ascension'}


def test_a_table_without_rows_is_written(tmp_path, table):
    for suffix in ('vot', 'ecsv', 'ldac', 'parquet'):
        assert saved(table[:0], tmp_path / f'out.{suffix}').stat().st_size


def test_a_suffix_without_a_format_is_refused_and_names_those_that_there_are(tmp_path):
    for name in ('out.txt', 'out', 'out.hdf5'):
        with pytest.raises(ParameterError, match=r'\.vot.*\.parquet.*\.ldac'):
            writer(tmp_path / name)


def test_without_pyarrow_the_error_says_what_to_install(tmp_path, table, monkeypatch):
    monkeypatch.setitem(__import__('sys').modules, 'pyarrow', None)
    with pytest.raises(MissingExtra, match=r'awlike\[tables\]'):
        saved(table, tmp_path / 'out.parquet')


def test_the_header_in_an_ldac_file_is_text_padded_with_blanks(tmp_path, table):
    path = saved(table, tmp_path / 'out.ldac', fits.Header([('CRVAL1', 1.5)]))
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus[1:]] == ['LDAC_IMHEAD', 'LDAC_OBJECTS'] and hdus[1].header['TFORM1'] == '400A'
        start = hdus[1].fileinfo()['datLoc']
    cell = path.read_bytes()[start:start + 400]
    assert b'\0' not in cell and cell.endswith(b'END' + b' ' * 77)


@pytest.mark.slow
@pytest.mark.skipif(shutil.which('scamp') is None, reason='no scamp')
def test_scamp_finds_its_way_by_an_ldac_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(3)
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ['RA---TAN', 'DEC--TAN'], [315, -31], [500, 500]
    wcs.wcs.cd, wcs.wcs.cunit = np.diag([-1, 1]) * 1 / 3600, ['deg', 'deg']
    x, y = rng.uniform(1, 1000, (2, 300))
    ra, dec = wcs.all_pix2world(x, y, 1)
    flux = 10 ** rng.uniform(3, 5, 300)
    off = wcs.deepcopy()
    off.wcs.crval += [10 / 3600, -8 / 3600]

    def listed(**more):
        names = {'X_IMAGE': x, 'Y_IMAGE': y, 'ERRA': np.full(300, .05), 'ERRB': np.full(300, .05), 'ERRT': np.zeros(300),
                 'FLUX_AUTO': flux, 'FLUXERR_AUTO': flux / 100, 'FLAGS': np.zeros(300, 'i2')} | more
        return Table({name: np.asarray(value, 'f8' if name != 'FLAGS' else 'i2') for name, value in names.items()})
    header = fits.Header([('NAXIS1', 1000), ('NAXIS2', 1000), ('EXPTIME', 1.0)])
    header.update(off.to_header())
    saved(listed(), tmp_path / 'field.ldac', header)
    saved(listed(X_WORLD=ra, Y_WORLD=dec, ERRA_WORLD=np.full(300, 1e-5), ERRB_WORLD=np.full(300, 1e-5),
                 MAG=25 - 2.5 * np.log10(flux), MAGERR=np.full(300, .01), OBSDATE=np.full(300, 2000.)),
          tmp_path / 'reference.ldac', header)
    done = subprocess.run(['scamp', 'field.ldac', '-ASTREF_CATALOG', 'FILE', '-ASTREFCAT_NAME', 'reference.ldac',
                           '-CENTROID_KEYS', 'X_IMAGE,Y_IMAGE', '-DISTORT_KEYS', 'X_IMAGE,Y_IMAGE',
                           '-CENTROIDERR_KEYS', 'ERRA,ERRB,ERRT', '-CHECKPLOT_TYPE', 'NONE',
                           '-SOLVE_PHOTOM', 'N', '-DISTORT_DEGREES', '1', '-WRITE_XML', 'N', '-VERBOSE_TYPE', 'QUIET',
                           '-ASTREFCENT_KEYS', 'X_WORLD,Y_WORLD', '-ASTREFERR_KEYS', 'ERRA_WORLD,ERRB_WORLD,ERRT',
                           '-ASTREFMAG_KEY', 'MAG', '-ASTREFMAGERR_KEY', 'MAGERR', '-ASTREFOBSDATE_KEY', 'OBSDATE'],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / 'field.head').read_text('latin-1')
    cards = {line[:8].strip(): line[10:].split('/')[0].strip() for line in text.splitlines() if line[8:9] == '='}
    assert abs(float(cards['CRVAL1']) - 315) * 3600 < 1 and abs(float(cards['CRVAL2']) + 31) * 3600 < 1
