"""Rules: what a text says as a query, and what it cannot do."""

import datetime
import functools
import operator

import pytest

from awlike.errors import QueryError
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.psf_model import PSFModel
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.source_list import Source, SourceList
from awlike.persist.dataobject import DataObject
from awlike.query.criteria import Rule
from awlike.query.query import Query
from awlike.query.rules import MOST_CONDITIONS, names_in, read_rule
from tests import paper


@pytest.fixture
def fields(project):
    """Four frames that point at RA 359.5, 0.5, 120 and nowhere."""
    file = paper.file()
    frames = [paper.raw(raw_fits=file, OBJECT=f"field {n}", DATE_OBS=paper.START + datetime.timedelta(hours=n),
                        astrom=place and {'CRVAL1': place[0], 'CRVAL2': place[1]})
              for n, place in enumerate([(359.5, 10.0), (0.5, 10.0), (120.0, -89.5), None])]
    return paper.insert(*frames)


def test_a_rule_is_spelt_as_the_query(science):
    query = (RawScienceFrame.EXPTIME > 250) & ~(RawScienceFrame.filter.name == 'r_SDSS')
    assert query.written() == "(RawScienceFrame.EXPTIME > 250) & (~(RawScienceFrame.filter.name == 'r_SDSS'))"
    assert list(read_rule(query.written())) == list(query) != []


@pytest.mark.parametrize('rule', [
    'RawScienceFrame.select_all()', 'RawScienceFrame.select(filter="r_SDSS", object="field *")',
    'RawScienceFrame.select(instrument="OMEGACAM", date="2012-05-31")',
    'RawScienceFrame.DATE_OBS >= "2012-06-01T02:00"', 'RawScienceFrame.EXPTIME.between(-1, +300)',
    'RawScienceFrame.EXPTIME < 1e999', 'RawScienceFrame.AIRMASS == None', '~(RawScienceFrame.AIRMASS == None)',
    'RawScienceFrame.select_valid() & (RawScienceFrame.chip.name == "ESO_CCD_#65")',
    'RawScienceFrame.select_all().order_by("-EXPTIME").limit(2)',
    '(RawScienceFrame.EXPTIME > 0).order_by("AIRMASS").limit(3) & (RawScienceFrame.EXPTIME > 100)',
    '~(~(RawScienceFrame.select_all()))', 'RawScienceFrame.imstat.median.in_([200.0, 201.0])'])
def test_what_is_read_is_written_and_read_again(science, rule):
    query = read_rule(rule)
    assert list(read_rule(query.written())) == list(query)
    assert read_rule(query.written()).written() == query.written()


def test_a_linked_object_is_named_by_its_id(science):
    query = (RawScienceFrame.raw_fits == science[0].raw_fits) & (RawScienceFrame.chip.in_([science[1].chip]))
    assert f"object('{science[0].raw_fits.object_id}')" in query.written()
    assert list(read_rule(query.written())) == science[1::2]


def test_lineage_is_a_rule_too(project):
    bias = paper.bias()
    hot = paper.hot(bias)
    for query in (HotPixelMap.made_from(bias), HotPixelMap.descends_from(bias.raw_bias_frames[0])):
        assert list(read_rule(query.written())) == [hot]


def test_frames_are_found_by_where_they_point(fields):
    around_zero = RawScienceFrame.within(0, 10, 1)
    assert list(around_zero) == fields[:2] and list(read_rule(around_zero.written())) == fields[:2]
    assert list(RawScienceFrame.within(300, -90, 0.6)) == [fields[2]], 'the pole has every right ascension'
    assert list(RawScienceFrame.within(0, 0, 180)) == fields[:3] and list(~RawScienceFrame.within(0, 0, 180)) == [fields[3]]
    assert not RawScienceFrame.within(0, 10, 0.4).exists()


def test_what_is_of_a_frame_points_where_the_frame_does(project):
    raw = paper.insert(paper.raw(astrom={'CRVAL1': 1.0, 'CRVAL2': 2.0}))
    red = paper.insert(paper.product(ReducedScienceFrame, raw=raw, astrom={'CRVAL1': 1.0, 'CRVAL2': 2.0}))
    psf = paper.insert(paper.product(PSFModel, frame=red))
    assert list(PSFModel.within(1, 2, 0.01)) == [psf] and not PSFModel.within(1, 3, 0.01).exists()
    with pytest.raises(QueryError, match='HotPixelMap has no place on the sky'):
        HotPixelMap.within(1, 2, 3)


@pytest.mark.parametrize('astrom', [{'CRVAL1': 'x', 'CRVAL2': 1.0}, {'CRVAL1': 1.0}, {'CRVAL1': [1], 'CRVAL2': {}},
                                    {'CRVAL1': 1e300, 'CRVAL2': 1.0}, {'CRVAL1': True, 'CRVAL2': 1.0}, [1, 2]])
def test_odd_astrometry_points_nowhere_and_ends_no_query(project, astrom):
    paper.insert(paper.raw(astrom=astrom))
    there = paper.insert(paper.raw(astrom={'CRVAL1': 1.5, 'CRVAL2': 1e-5}))
    assert there in list(RawScienceFrame.within(1.5, 0, 0.1))


def test_regions_are_written_with_all_digits(project):
    third = 1 / 3
    assert f'Source.within({third!r}, {third!r}, {third!r})' == Source.within(third, third, third).written()
    corners = [(third, 0.0), (1.0, third), (0.0, 1.0), (0.1, 0.2), (0.2, 0.1)]
    assert read_rule(Source.inside(corners).written()).written() == f'Source.inside({corners!r})'


@pytest.mark.parametrize('text', [
    '', '1', 'True', 'RawScienceFrame', 'RawScienceFrame.EXPTIME', 'open("/etc/passwd")', '__import__("os").system("true")',
    'RawScienceFrame.__class__ == 1', 'RawScienceFrame._sa_class_manager == 1', 'RawScienceFrame.session() == 1',
    'RawScienceFrame.select_all().table("filename")', 'RawScienceFrame.select_all()[0]', '[x for x in RawScienceFrame]',
    '(lambda: RawScienceFrame.select_all())()', 'RawScienceFrame.EXPTIME > __import__("os").getpid()',
    'RawScienceFrame.EXPTIME > (1 if True else 2)', 'RawScienceFrame.EXPTIME > 9**9**9', 'RawScienceFrame.EXPTIME == b"x"',
    '1 < RawScienceFrame.EXPTIME < 4', '1 < RawScienceFrame.EXPTIME', 'RawScienceFrame.EXPTIME is None',
    'RawScienceFrame.chip.like("x").name == 1', 'RawScienceFrame.chip.name.like', 'RawScienceFrame.get("x")',
    'RawScienceFrame.select_all(*[1])', 'RawScienceFrame.select(**{"filter": "x"})', 'RawScienceFrame.limit(1)',
    'RawScienceFrame.select_all() and RawScienceFrame.select_all()', 'not RawScienceFrame.select_all()', 'f"{open}"',
    'RawScienceFrame.descends_from("x")', 'RawScienceFrame.chip == object("x")', 'RawScienceFrame.chip == object()',
    'RawScienceFrame.EXPTIME > 1; import os', 'x = RawScienceFrame.select_all()', 'RawScienceFrame.NOTHING > 1',
    'Nothing.EXPTIME > 1', 'RawScienceFrame.within(1, 2)', 'RawScienceFrame.within("a", 2, 3)', 'selection("GOOD")',
    'RawScienceFrame.select_all() & SourceList.select_all()', 'RawScienceFrame.EXPTIME > "x"', '\0', '(' * 500 + ')' * 500,
    '~' * 100_000 + 'RawScienceFrame.select_all()', 'RawScienceFrame' + '.chip' * 100_000 + ' == 1', '9' * 10_000,
    "RawScienceFrame.OBJECT == 'x'); DROP TABLE dbobject; --", 'RawScienceFrame.select_all().order_by(5)',
    f'RawScienceFrame.select_all().limit(0x{"f" * 40})', "RawScienceFrame.OBJECT == 'a\\ud800b'"])
def test_what_is_no_rule_is_refused(project, text):
    with pytest.raises(QueryError):
        list(read_rule(text))


def test_texts_go_to_the_database_as_values(science):
    assert not read_rule("RawScienceFrame.OBJECT == \"' OR 1=1 --\"").exists()
    assert not read_rule("RawScienceFrame.OBJECT.like(\"x%' OR ''='\")").exists()


def test_a_rule_has_a_size(science):
    one = RawScienceFrame.EXPTIME == 100.0
    many = functools.reduce(operator.or_, [one] * (MOST_CONDITIONS - 1) + [RawScienceFrame.EXPTIME == 200.0])
    assert list(read_rule(many.written())) == science[:2]
    with pytest.raises(QueryError, match='401 conditions, and at most 400'):
        read_rule((many | one).written())
    with pytest.raises(QueryError, match='at most 1,000,000 are read'):
        read_rule('RawScienceFrame.OBJECT == "' + 'x' * 1_000_000 + '"')


def test_what_cannot_be_written_says_so(project):
    with pytest.raises(QueryError, match='"by hand" cannot be saved in a rule'):
        Query(DataObject, Rule(lambda root: root.column('is_valid') > 0, 'by hand')).written()


def test_errors_name_the_part(project):
    with pytest.raises(QueryError, match="'RawScienceFrame.EXPTIM > 1'.*EXPTIME"):
        read_rule('(RawScienceFrame.EXPTIM > 1) & (RawScienceFrame.EXPTIME > 2)')
    with pytest.raises(QueryError, match="'RawScienceFram', which is no class.*RawScienceFrame"):
        read_rule('RawScienceFram.EXPTIME > 1')


def test_selections_are_resolved_by_who_reads(science):
    asked = []

    def resolve(name):
        asked.append(name)
        return RawScienceFrame.EXPTIME > 400

    assert list(read_rule("selection('GOOD') & (RawScienceFrame.EXPTIME < 600)", resolve)) == science[4:5]
    assert asked == ['GOOD'] and names_in("selection('GOOD') | ~selection('GOOD')") == ['GOOD', 'GOOD']
    assert SourceList.select_all().written() == 'SourceList.select_all()'
