"""Tables in FITS files: bit for bit as they were, explained by their headers, refused when they are not as awlike writes."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as st

from awlike.digests import content_digest
from awlike.errors import HeaderError
from awlike.fits.opening import load, opened
from awlike.tables.binary import TableFile, stored_table, table_hdu
from awlike.tables.columns import Columns, column

SOURCES = Columns([
    column('SID', 'i8', 'number in the list', ucd='meta.id'),
    column('RA', 'f8', 'right ascension', unit='deg', ucd='pos.eq.ra'),
    column('FLUX_APER', 'f4', 'flux in apertures, ' * 6, unit='adu', ucd='phot.flux', size=3),
    column('STAR', 'bool', 'whether it is a point'),
    column('NAME', 'S8', 'what it is called'),
    column('BITS', 'u1', 'bits'), column('I', 'i2', 'a number'), column('J', 'i4', 'a number'),
])


def any_rows(seed, number):
    """Rows whose numbers have any bits: NaN of every kind, infinities, the largest and the smallest."""
    rng = np.random.default_rng(seed)
    rows = np.zeros(number, SOURCES.dtype)
    for name in ('SID', 'RA', 'FLUX_APER', 'BITS', 'I', 'J'):
        stored = np.ascontiguousarray(rows[name])
        rows[name] = np.frombuffer(rng.bytes(stored.nbytes), stored.dtype).reshape(stored.shape)
    rows['STAR'] = rng.random(number) < 0.5
    rows['NAME'] = [bytes(rng.integers(33, 127, rng.integers(0, 9), 'u1')) for _ in rows]
    return rows


def written(folder, rows, **options):
    path = folder / 'table.fits'
    hdus = fits.HDUList([fits.PrimaryHDU(), table_hdu('SOURCES', 'the sources', SOURCES, rows)])
    hdus.writeto(path, overwrite=True, **options)
    return path


@given(st.integers(0, 2**32), st.integers(0, 20))
def test_what_is_written_is_read_bit_for_bit_by_map_and_whole(tmp_path_factory, seed, number):
    rows = any_rows(seed, number)
    path = written(tmp_path_factory.getbasetemp(), rows, checksum=True)
    table = TableFile(path, 'SOURCES')
    assert len(table) == len(rows) and table.columns.described() == SOURCES.described()
    for name in SOURCES:
        assert table[name].dtype == rows[name].dtype and table[name].tobytes() == rows[name].tobytes()
    with opened(content := load(path)) as hdus:  # whole, by its checksums
        again = stored_table(content, hdus['SOURCES'])
    digests = {content_digest(None, {}, {'SOURCES': (SOURCES.described(), one)}) for one in (rows, again.rows)}
    assert len(digests) == 1


def test_other_programs_read_it_with_units(tmp_path):
    path = written(tmp_path, np.zeros(3, SOURCES.dtype))
    table = Table.read(path, hdu='SOURCES')
    assert table['RA'].unit == u.deg and table['FLUX_APER'].shape == (3, 3) and table['STAR'].dtype == bool
    header = fits.getheader(path, 'SOURCES')
    assert header['TUCD2'] == 'pos.eq.ra' and header['TCOMM3'].startswith('flux in apertures')


def test_each_value_column_and_unit_changes_the_digest():
    rows = np.zeros(3, SOURCES.dtype)
    def digest(rows=rows, columns=SOURCES, name='SOURCES'):
        return content_digest(None, {}, {name: (columns.described(), rows)})
    other = rows.copy()
    other['BITS'][2] = 1
    renamed = Columns([column('SID2', 'i8', ''), *list(SOURCES.values())[1:]])
    in_hours = Columns([column('RA', 'f8', '', unit='hourangle') if one.name == 'RA' else one for one in SOURCES.values()])
    found = {digest(), digest(other), digest(columns=renamed), digest(columns=in_hours), digest(rows[:2]), digest(name='SKY')}
    assert len(found) == 6
    assert content_digest(None, {'a': 1}) == content_digest(None, {'a': 1}, {}), 'products without parts keep their digest'


@pytest.mark.parametrize('change', [
    lambda hdu: hdu.header.set('TFORM1', '1PJ(3)'), lambda hdu: hdu.header.set('TSCAL7', 2.0)])
def test_a_table_that_awlike_does_not_write_is_refused(tmp_path, change):
    path = written(tmp_path, np.zeros(2, SOURCES.dtype))
    with fits.open(path, mode='update') as hdus:
        change(hdus[1])
    with pytest.raises(HeaderError, match='table.fits'):
        TableFile(path, 'SOURCES')


def test_a_missing_table_and_a_short_file_are_refused(tmp_path):
    path = written(tmp_path, np.zeros(500, SOURCES.dtype))
    with pytest.raises(HeaderError, match='no table SKY'):
        TableFile(path, 'SKY')
    path.write_bytes(path.read_bytes()[:-20_000])
    with pytest.raises(HeaderError, match='ends within the table'):
        TableFile(path, 'SOURCES')


def test_comments_break_between_words():
    meaning = 'the AUTO aperture has bad pixels, for which mirrored pixels stand, whatever their number'
    bits = Columns([column('FLAGS', 'i4', 'bits', bits={1: meaning, 2: 'short'})])
    lines = list(table_hdu('S', 'what was detected ' * 10, bits, np.zeros(0, bits.dtype)).header['COMMENT'])
    assert ' '.join(lines) == f'{("what was detected " * 10).strip()} FLAGS 1: {meaning} FLAGS 2: short'
    assert all(len(line) <= 72 for line in lines)
