"""Small FITS tables: what astropy reads of them is what was written."""

import warnings

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given
from hypothesis import strategies as some

from awlike.fits.opening import opened
from awlike.fits.small_tables import table_bytes

COLUMNS = {'NUMBER': ('a number', None), 'TEXT': 'a text', 'MAYBE': ('a number that may be missing', -1)}
TEXTS = some.text(some.characters(min_codepoint=32, max_codepoint=126), max_size=90).map(str.rstrip)
ROWS = some.lists(some.tuples(some.integers(-2**31, 2**31 - 1), TEXTS, some.integers(-1, 9)), max_size=30)


def write(path, rows, note='What it is.'):
    fits.PrimaryHDU(np.zeros((3, 4), np.float32)).writeto(path, overwrite=True, checksum=True)
    with open(path, 'ab') as file:
        file.write(table_bytes('THINGS', COLUMNS, rows, note, 1))
    return path


@pytest.fixture(scope='module')
def path(tmp_path_factory):
    return tmp_path_factory.mktemp('tables') / 'a.fits'


@given(ROWS)
def test_any_rows_are_read_back_by_astropy(path, rows):
    write(path, rows)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with fits.open(path, checksum=True) as hdus:
            hdus.verify('exception')
            columns = [hdus['THINGS'].data[name].tolist() for name in COLUMNS]
    assert [*zip(*columns, strict=True)] == rows
    with opened(path.read_bytes()) as hdus:  # with its checksums
        assert len(hdus) == 2


def test_header_is_that_of_a_table_of_the_standard(path):
    header = fits.getheader(write(path, [(1, 'one', -1), (2, 'three', 3)], 'many words ' * 20), 'THINGS')
    cards = {card.keyword: card.value for card in header.cards if card.keyword not in ('CHECKSUM', 'DATASUM', 'COMMENT')}
    assert cards == {'XTENSION': 'BINTABLE', 'BITPIX': 8, 'NAXIS': 2, 'NAXIS1': 13, 'NAXIS2': 2, 'PCOUNT': 0, 'GCOUNT': 1,
                     'TFIELDS': 3, 'EXTNAME': 'THINGS', 'PROVVERS': 1, 'TTYPE1': 'NUMBER', 'TFORM1': 'J', 'TTYPE2': 'TEXT',
                     'TFORM2': '5A', 'TTYPE3': 'MAYBE', 'TFORM3': 'J', 'TNULL3': -1}
    assert list(header)[:8] == ['XTENSION', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2', 'PCOUNT', 'GCOUNT', 'TFIELDS']
    assert header.comments['TTYPE2'] == 'a text' and len(header['COMMENT']) == 4
    assert path.stat().st_size % 2880 == 0


def test_a_number_that_is_missing_is_masked_in_an_astropy_table(path):
    table = Table.read(write(path, [(1, 'one', -1), (2, 'two', 3)]), hdu='THINGS')
    assert table['MAYBE'].mask.tolist() == [True, False] and table['TEXT'].tolist() == ['one', 'two']
