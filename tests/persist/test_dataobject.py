import importlib.util
import sys

import pytest
from sqlalchemy import inspect

from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import NotFound
from awlike.frames.raw import RawBiasFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import attribute
from awlike.persist.tables import metadata
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.query.properties import classes
from tests import paper

MODULE = '''
from awlike.persist.links import Input
from awlike.products.calibration import CalibrationFrame
from awlike.frames.raw import RawBiasFrame
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Filter

class BiasTrend(CalibrationFrame):
    """How the bias moves."""
    raw_bias_frames = Input(RawBiasFrame, 'raw biases', many=True)
    second_filter = Reference(Filter, 'another filter', optional=True)
    slope = attribute(float, 'change of the level', unit='adu')

class SteepBiasTrend(BiasTrend):
    """One that moves much."""
    steepness = attribute(int, 'how much')

class PlainKind(CalibrationFrame):
    """With nothing of its own but an input."""
    trend = Input(BiasTrend, 'the trend')
'''


@pytest.fixture(scope='module')
def module(tmp_path_factory):
    """A module such as a user writes."""
    path = tmp_path_factory.mktemp('user') / 'trends.py'
    path.write_text(MODULE)
    spec = importlib.util.spec_from_file_location('trends', path)
    module = sys.modules['trends'] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_class_with_attributes_of_its_own_gets_a_table_of_its_own(project, module):
    assert len(module.BiasTrend.select_all()) == 0, 'and the first query makes it'
    columns = {column['name'] for column in inspect(database().engine).get_columns('bias_trend')}
    assert columns == {'object_id', 'slope', 'second_filter_id'}
    assert 'plain_kind' not in metadata.tables


def test_a_class_is_known_as_soon_as_it_is_declared_in_a_database_that_is_open(project):
    paper.raws(1)
    late = type('LateKind', (CalibrationFrame,), {'__module__': __name__, 'lateness': attribute(int, 'how late')})
    one = paper.insert(paper.product(late, lateness=3))
    assert list(late.lateness == 3) == [one]


def test_queries_over_a_superclass_include_it(project, module):
    raws = paper.raws(2, RawBiasFrame)
    trend = paper.insert(paper.product(module.BiasTrend, raw_bias_frames=raws, slope=0.5, second_filter=paper.filter()))
    flat = paper.insert(paper.product(module.BiasTrend, raw_bias_frames=raws, slope=0.0))
    plain = paper.insert(paper.product(module.PlainKind, trend=trend))
    assert list(CalibrationFrame.select_all()) == [trend, flat, plain] == list(Frame.descends_from(raws[0]))
    assert {type(obj): obj for obj in DataObject.select_all()}[module.PlainKind].trend.slope == 0.5
    assert list(module.PlainKind.trend.slope > 0) == [plain] and list(module.PlainKind.trend == trend) == [plain]
    assert list(module.BiasTrend.second_filter.name == 'r_SDSS') == [trend]
    assert list(module.BiasTrend.second_filter == None) == [flat]  # noqa: E711
    assert list(plain.ancestors()) == [*raws, trend]


def test_a_class_below_one_with_a_table_has_one_of_its_own_too(project, module):
    raws = paper.raws(2, RawBiasFrame)
    trend = paper.insert(paper.product(module.BiasTrend, raw_bias_frames=raws, slope=0.5))
    steep = paper.insert(paper.product(module.SteepBiasTrend, raw_bias_frames=raws, slope=5.0, steepness=3))
    assert list(module.BiasTrend.slope > 0) == [trend, steep] == list(CalibrationFrame.select_all())
    assert list((module.SteepBiasTrend.slope > 0) & (module.SteepBiasTrend.steepness == 3)) == [steep]
    object_id = steep.object_id
    del steep
    found = {obj.object_id: obj for obj in DataObject.select_all()}[object_id]
    assert (found.slope, found.steepness, found.raw_bias_frames) == (5.0, 3, raws)
    context.delete(found)
    assert list(module.BiasTrend.select_all()) == [trend]


def test_rows_of_a_class_lie_where_it_says(project):
    assert RawBiasFrame.__table__ is DataObject.__table__
    assert RawBiasFrame.class_names() == ['RawBiasFrame'] and 'RawScienceFrame' in RawFrame.class_names()


def test_lineage_with_a_class_that_is_not_defined_here(project, module, monkeypatch):
    raw, = paper.raws(1, RawBiasFrame)
    paper.insert(paper.product(module.PlainKind, trend=paper.insert(paper.product(module.BiasTrend, raw_bias_frames=[raw]))))
    monkeypatch.delitem(classes, 'PlainKind')
    found = raw.descendants()
    assert repr(found) == '2 objects: 1 BiasTrend, 1 unknown class' and found.count(module.BiasTrend) == 1
    with pytest.raises(NotFound, match='objects of a class that is not defined here: import its module'):
        list(found)


def test_who_made_it_and_when(project):
    raw = paper.insert(paper.raw())
    assert raw.creator.name == 'ada' and raw.project.name == 'TEST' and raw.privileges == 2
    assert raw.creation_date is not None and raw.creation_date.tzinfo is None
