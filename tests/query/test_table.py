import astropy.units as u
import numpy as np
import pytest

from awlike.errors import QueryError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawScienceFrame as Raw
from awlike.persist.references import Chip
from tests import paper


def test_attributes_links_and_parts_as_columns_in_the_order_of_the_query(science):
    table = (Raw.EXPTIME > 200).order_by('-EXPTIME').table('filename', 'filter.name', 'imstat.median')
    assert table.colnames == ['filename', 'filter.name', 'imstat.median']
    assert list(table['filename']) == [raw.filename for raw in science[:1:-1]]
    assert list(table['filter.name']) == ['r_SDSS'] * 3 + ['g_SDSS']
    assert list(table['imstat.median']) == [205, 204, 203, 202]


def test_one_statement_and_no_objects(science):
    with paper.statements() as sent:
        Raw.select_all().table('chip.name', 'chip.instrument.name', 'raw_fits.original_name', 'DATE_OBS')
    assert len(sent) == 1 and 'JOIN chip' in sent[0]


def test_types_units_and_texts_are_those_declared(science):
    table = Raw.select_all().table('EXPTIME', 'DATE_OBS', 'extension', 'imstat.npix', 'imstat.max', 'chip')
    assert [table[name].dtype.kind for name in table.colnames] == ['f', 'M', 'i', 'i', 'f', 'U']
    assert table['EXPTIME'].unit == u.s and table['imstat.max'].unit == u.adu and table['extension'].unit is None
    assert table['EXPTIME'].description == 'exposure time'
    assert table['DATE_OBS'][2] == np.datetime64('2012-06-01T02:00:00') and table['chip'][0] == str(science[0].chip.object_id)


def test_missing_values_are_masked(science):
    table = Raw.select_all().table('AIRMASS', 'OBSERVER', 'template.start', 'creator.name')
    assert list(table['AIRMASS'].mask) == [False] * 5 + [True]
    assert all(table['OBSERVER'].mask) and all(table['template.start'].mask) and not any(table['creator.name'].mask)


def test_a_limit_of_zero_gives_an_empty_table_with_its_columns(science):
    table = Raw.select_all().limit(0).table('filename', 'EXPTIME', 'DATE_OBS')
    assert len(table) == 0 and table['EXPTIME'].unit == u.s and table['DATE_OBS'].dtype.kind == 'M'


def test_without_names_it_lists_what_a_query_shows(science):
    table = Raw.select_all().table()
    assert table.colnames == Raw.columns_to_show() and len(table) == len(science)


def test_references_have_tables_too(science):
    assert list(Chip.select_all().order_by('name').table('name')['name']) == ['ESO_CCD_#65', 'ESO_CCD_#66']


@pytest.mark.parametrize(('cls', 'name', 'error', 'message'), [
    (BiasFrame, 'raw_bias_frames.filename', QueryError, 'has a list of values for each row; leave it out'),
    (Raw, 'imstat', QueryError, r'imstat has several parts: name one of them, imstat\.min'),
    (Raw, 'fiter.name', UnknownAttribute, "has no attribute 'fiter': did you mean filter"),
    (Raw, 'filter.nam', UnknownAttribute, "has no attribute 'nam': did you mean name")])
def test_columns_that_cannot_be(project, cls, name, error, message):
    with pytest.raises(error, match=message):
        cls.select_all().table(name)


def test_characters_that_act_on_a_terminal_are_not_shown(project):
    paper.insert(paper.raw(Raw, OBJECT='a\x1b]0;title\x07b'))
    assert list(Raw.select_all().table('OBJECT')['OBJECT']) == ['a?]0;title?b']
