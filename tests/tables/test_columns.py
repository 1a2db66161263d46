"""Columns: what can be declared, and what becomes rows of them."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import MaskedColumn, Table
from hypothesis import given
from hypothesis import strategies as st

from awlike.errors import DefinitionError, ProcessingError, UnknownAttribute
from awlike.tables import columns as c
from awlike.tables.columns import Columns, column

SOURCES = Columns([
    column('SID', 'i4', 'number in the list', ucd='meta.id'),
    column('RA', 'f8', 'right ascension', unit='deg', ucd='pos.eq.ra'),
    column('FLUX_APER', 'f4', 'flux in apertures', unit='adu', ucd='phot.flux', size=3),
    column('STAR', 'bool', 'whether it is a point'),
    column('NAME', 'S8', 'what it is called'),
])


def some(number=4, **changes):
    """Values for `SOURCES`."""
    return {'SID': np.arange(number), 'RA': np.linspace(0, 1, number), 'FLUX_APER': np.ones((number, 3), 'f4'),
            'STAR': np.arange(number) % 2 == 0, 'NAME': np.array(['a'] * number)} | changes


@pytest.mark.parametrize('declared', [
    {'name': '1st'}, {'name': 'A B'}, {'kind': 'f2'}, {'kind': 'O'}, {'kind': 'S0'}, {'unit': 'furlongs'}, {'size': 0},
    {'kind': 'S4', 'size': 2}])
def test_what_cannot_be_a_column_is_refused(declared):
    with pytest.raises(DefinitionError):
        column(**{'name': 'A', 'kind': 'f4', 'text': 'a'} | declared)


@pytest.mark.parametrize('unit', sorted(c.PLAIN_UNITS))
def test_units_that_are_taken_unseen_are_units_of_astropy(unit):
    assert u.Unit(unit).to_string() == unit.replace('/', ' / ')


@pytest.mark.parametrize('names', [('a', 'A'), ('F', 'F'), ('F', 'F_1')])
def test_two_columns_of_one_name_are_refused_also_by_case_and_by_part(names):
    with pytest.raises(DefinitionError, match='two columns'):
        Columns([column(names[0], 'f4', '', size=2), column(names[1], 'f4', '')])


def test_rows_have_the_declared_types_in_the_declared_order():
    rows = SOURCES.rows(some(), 'x')
    assert rows.dtype == SOURCES.dtype and rows.dtype.names == ('SID', 'RA', 'FLUX_APER', 'STAR', 'NAME')
    assert rows['FLUX_APER'].shape == (4, 3) and rows['NAME'].tolist() == [b'a'] * 4


@pytest.mark.parametrize('changes', [
    {'SID': np.arange(3)},                      # another length
    {'SID': np.arange(4) + 0.5},                # a fraction
    {'SID': np.arange(4) + 2**40},              # does not fit
    {'RA': np.array(['1'] * 4)},                # a text
    {'RA': np.arange(4) * 1j},
    {'RA': np.zeros((4, 2))},                   # another shape
    {'RA': np.float64(1)},                      # no array
    {'FLUX_APER': np.zeros((4, 2))},
    {'STAR': np.arange(4)},
    {'NAME': np.array(['long enough'] * 4)},
    {'NAME': np.array(['ü'] * 4)},
    {'NAME': np.array(['\n'] * 4)},
    {'MORE': np.arange(4)},                     # not declared
])
def test_what_the_columns_do_not_hold_is_refused_by_name(changes):
    with pytest.raises(ProcessingError, match='the list.*' + next(iter(changes))):
        SOURCES.rows(some(**changes), 'the list')


def test_a_missing_column_is_refused():
    values = some()
    del values['RA']
    with pytest.raises(ProcessingError, match='lacks the columns RA'):
        SOURCES.rows(values, 'x')


def test_an_astropy_table_gives_rows_and_a_masked_number_is_nan():
    values = Table(some())
    values['RA'] = MaskedColumn(values['RA'], mask=[True, False, False, False])
    rows = SOURCES.rows(values, 'x')
    assert np.isnan(rows['RA'][0]) and rows['RA'][3] == 1


def test_no_rows_are_a_table():
    assert len(SOURCES.rows(some(0), 'x')) == 0


def test_a_table_has_units_ucds_and_columns_by_name():
    table = c.Table(SOURCES, SOURCES.rows(some(), 'x'))
    shown = table.to_table()
    assert shown['RA'].unit == u.deg and shown['RA'].meta['ucd'] == 'pos.eq.ra' and shown['RA'].description == 'right ascension'
    assert len(table) == len(shown) == 4 and table.keys() == shown.colnames
    assert list(table.parts('FLUX_APER')) == ['FLUX_APER', 'FLUX_APER_1', 'FLUX_APER_2']
    with pytest.raises(UnknownAttribute, match='RA'):
        table['Ra']


@given(st.lists(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=8), max_size=20))
def test_texts_come_without_the_blanks_that_fits_drops(texts):
    rows = SOURCES.rows(some(len(texts), NAME=np.array(texts, 'U8')), 'x')
    assert rows['NAME'].tolist() == [text.rstrip().encode() for text in texts]
