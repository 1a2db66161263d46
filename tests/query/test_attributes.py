import datetime

import pytest

from awlike.errors import DefinitionError, UnknownAttribute
from awlike.frames.raw import RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Chip, ReferenceObject
from awlike.products.calibration import CalibrationFrame
from awlike.products.raw import RawFrame
from awlike.query.query import Query
from tests import paper


@pytest.mark.parametrize('cls', [DataObject, RawFrame, RawScienceFrame, ReadNoise])
def test_comparisons_of_own_inherited_and_joined_attributes_are_queries(cls):
    queries = [cls.filename == "x", cls.is_valid > 0, cls.creator != None, cls.creation_date < "2012-06-01"]  # noqa: E711
    if cls is ReadNoise:
        queries += [cls.read_noise < 3, cls.read_noise.between(1, 2)]
    assert all(isinstance(query, Query) and query.cls is cls for query in queries)


def test_every_comparison_and_its_mirror():
    x = RawScienceFrame.EXPTIME
    assert [str(q) for q in (x == 1, x != 1, x < 1, x <= 1, x > 1, x >= 1)] == [
        f'RawScienceFrame.EXPTIME {op} 1' for op in ('==', '!=', '<', '<=', '>', '>=')]
    assert [str(q) for q in (1 == x, 1 != x, 1 < x, 1 <= x, 1 > x, 1 >= x)] == [
        f'RawScienceFrame.EXPTIME {op} 1' for op in ('==', '!=', '>', '>=', '<', '<=')]


def test_on_an_instance_they_are_plain_values(science):
    raw = science[0]
    assert type(raw.EXPTIME) is float and type(raw.DATE_OBS) is datetime.datetime and type(raw.chip) is Chip
    assert (raw.EXPTIME == 100) is True and raw.imstat.median == 200


@pytest.mark.parametrize('mistake', [lambda x: x + 1, lambda x: -x, lambda x: ~x, lambda x: x & x, lambda x: 1 | x,
                                     lambda x: bool(x), lambda x: x.desc(), lambda x: x.is_(None), lambda x: x ^ 1])
def test_what_is_no_comparison_is_refused(mistake):
    with pytest.raises(TypeError, match='RawScienceFrame.EXPTIME stands in a query without a comparison'):
        mistake(RawScienceFrame.EXPTIME)


@pytest.mark.parametrize('name', ['key', 'info', 'parent', 'label', 'match', 'like', 'in_', 'between', 'desc', 'any', 'has',
                                  'select_all', 'get', 'session', 'metadata', 'lineage', 'inputs', 'is_committed', 'data',
                                  'creation_date', 'object_id', 'class_name', 'chip_id', 'chip'])
def test_names_that_are_taken_are_refused_when_the_class_is_defined(name):
    with pytest.raises(DefinitionError, match=f"Colliding.{name}: queries and objects use the name '{name}' themselves"):
        type('Colliding', (CalibrationFrame,), {name: attribute(int, 'x')})
    with pytest.raises(DefinitionError, match='call the attribute otherwise'):
        type('Colliding', (CalibrationFrame,), {name: Reference(Chip, 'x')})


def test_references_may_have_an_id_and_a_name_but_no_key():
    with pytest.raises(DefinitionError, match='call the attribute otherwise'):
        type('Colliding', (ReferenceObject,), {'key': attribute(int, 'x')})


def test_a_refused_class_leaves_nothing_behind():
    with pytest.raises(DefinitionError):
        type('Colliding', (CalibrationFrame,), {'key': attribute(int, 'x'), 'fine': attribute(int, 'x')})
    from awlike.persist.tables import metadata
    from awlike.query.properties import classes
    assert 'Colliding' not in classes and 'colliding' not in metadata.tables


def test_columns_behind_the_attributes_are_not_for_queries():
    for name in ('class_name', 'chip_id', 'imstat_max'):
        with pytest.raises(UnknownAttribute, match=f"RawScienceFrame has no attribute '{name}'"):
            getattr(RawScienceFrame, name) == 1


def test_a_query_of_a_parent_class_reads_what_only_its_children_have(project):
    frames = paper.raws(20, AIRMASS=1.5)
    expected = [(frame.AIRMASS, frame.EXPTIME) for frame in frames]
    frames.clear()
    for cls in (RawFrame, DataObject):
        with paper.statements() as sent:
            found = [(raw.AIRMASS, raw.EXPTIME) for raw in cls.select_all() if isinstance(raw, RawScienceFrame)]
        assert found == expected and len(sent) <= 2, 'files have a table of their own'
