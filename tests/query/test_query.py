import datetime

import pytest
from sqlalchemy import update

from awlike.database.sessions import database
from awlike.errors import (
    NoSuchIndex,
    NotFound,
    ParameterError,
    QueryError,
    UnknownAttribute,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Chip, Instrument
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.query.properties import classes
from tests import paper
from tests.conftest import become
from tests.databases import by_hand

Raw = RawScienceFrame


# --- and, or, not ---


def test_and_or_not(science):
    long, even = Raw.EXPTIME > 300, Raw.chip.name == 'ESO_CCD_#65'
    assert list(long & even) == [science[4]]
    assert list(long | even) == [science[0], *science[2:]]
    assert list(~long) == science[:3]
    assert list(~(long | even)) == [science[1]] and list(~long & ~even) == [science[1]]


def test_a_missing_value_satisfies_no_comparison_and_so_every_negated_one(science):
    assert list(Raw.AIRMASS > 1.35) == [science[4]] and science[5] in ~(Raw.AIRMASS > 1.35)
    assert list(Raw.AIRMASS == None) == [science[5]] == list(~(Raw.AIRMASS != None))  # noqa: E711
    assert science[5] in (Raw.AIRMASS != 1.0) and science[0] not in (Raw.AIRMASS != 1.0)


def test_all_and_nothing(science):
    everything = Raw.select_all()
    assert len(everything) == 6 and len(~everything) == 0 and len(~~everything) == 6
    assert len(everything & (Raw.EXPTIME > 300)) == 3 and len(everything | (Raw.EXPTIME > 300)) == 6


def test_queries_are_values_and_combining_leaves_them_alone(science):
    long = Raw.EXPTIME > 300
    long & (Raw.EXPTIME < 500), ~long, long.limit(1), long.order_by('-EXPTIME')
    assert list(long) == science[3:]


def test_a_class_means_its_subclasses_too(science):
    biases = paper.raws(2, RawBiasFrame)
    assert list(RawFrame.select_all()) == [*science, *biases] and {type(r) for r in RawFrame.EXPTIME >= 0} == {
        RawScienceFrame, RawBiasFrame}
    bias = paper.bias(biases)
    assert {*science, *biases, bias} < set(Frame.select_all())
    assert len(DataObject.select_all()) == 8 + 2 + 2, 'two files, bias and read noise too'


def test_of_two_related_classes_the_narrower_wins(science):
    paper.raws(2, RawBiasFrame, EXPTIME=500.0)
    for query in ((RawFrame.EXPTIME > 450) & (Raw.AIRMASS < 2), (Raw.AIRMASS < 2) & (RawFrame.EXPTIME > 450)):
        assert query.cls is Raw and list(query) == [science[4]]


def test_unrelated_classes_are_refused():
    with pytest.raises(QueryError, match='a query of RawScienceFrame and one of BiasFrame have no frames in common: query one '
                                         r'class, and reach the other by a link, as in ReducedScienceFrame\.bias\.is_valid'):
        (Raw.EXPTIME > 1) & (BiasFrame.is_valid == 1)


# --- lineage ---


def test_lineage_as_criterion(project):
    frames = paper.raws(3, RawBiasFrame)
    other, hot = paper.hot(), paper.hot(paper.bias(frames))
    bias = hot.bias
    assert list(HotPixelMap.made_from(bias)) == [hot] and list(BiasFrame.made_from(frames[0])) == [bias]
    assert not HotPixelMap.made_from(frames[0]).exists(), 'direct inputs only'
    assert list(HotPixelMap.descends_from(frames[0])) == [hot] and other not in HotPixelMap.descends_from(frames[0])
    assert list(DataObject.descends_from(frames[0])) == [bias.read_noise, bias, hot]
    assert list(RawBiasFrame.used_by(hot)) == frames and list(BiasFrame.used_by(hot)) == [bias]
    assert not HotPixelMap.used_by(hot).exists(), 'nothing descends from itself'
    assert list(RawBiasFrame.used_by(hot) & (RawBiasFrame.DATE_OBS > frames[0].DATE_OBS)) == frames[1:]
    assert list(~RawBiasFrame.used_by(hot)) == other.bias.raw_bias_frames


def test_lineage_of_what_has_none_is_refused():
    with pytest.raises(QueryError, match="BiasFrame made from 'x': give a frame or another object that has lineage"):
        BiasFrame.made_from('x')


# --- evaluating ---


def test_each_evaluation_is_one_statement(science):
    query = (Raw.chip.name == 'ESO_CCD_#65') & (Raw.filter.name.like('*_SDSS'))
    for evaluate in (len, lambda q: [r for r in q], lambda q: q[0], lambda q: q[1:3],
                     lambda q: q.exists(), lambda q: q.first(), lambda q: q[1:2], lambda q: q.max('DATE_OBS'),
                     lambda q: (q & (Raw.EXPTIME == 300)).one(), lambda q: q.table('filename', 'filter.name', 'chip')):
        with paper.statements() as sent:
            evaluate(query)
        assert len(sent) == 1


def test_writing_a_query_asks_the_database_nothing(science):
    chip = science[0].chip
    with paper.statements() as sent:
        query = (Raw.chip == chip) & ~(Raw.EXPTIME > 1) | (RawFrame.is_valid > 0)
        query.order_by('-DATE_OBS').limit(3)
    assert not sent


def test_order_is_that_of_making_and_stable(science):
    assert list(Raw.select_all()) == science == sorted(science, key=lambda r: r.object_id)
    assert list((Raw.EXPTIME > 0).order_by('OBSERVER')) == science, 'ties stay in the order of making'


def test_order_by(science):
    assert list(Raw.select_all().order_by('-EXPTIME')) == science[::-1]
    assert list(Raw.select_all().order_by('chip.name', '-DATE_OBS')) == [science[n] for n in (4, 2, 0, 5, 3, 1)]
    assert [r.EXPTIME for r in Raw.select_all().order_by('imstat.median')] == [100, 200, 300, 400, 500, 600]


def test_missing_values_come_last_in_either_direction(science):
    assert list(Raw.select_all().order_by('AIRMASS')) == science
    assert list(Raw.select_all().order_by('-AIRMASS')) == [*science[4::-1], science[5]]


@pytest.mark.parametrize('name', ['chip', 'imstat', 'raw_fits.instrument'])
def test_order_by_what_has_no_one_value_is_refused(project, name):
    with pytest.raises(QueryError, match='order by an attribute with one value|has several parts: name one of them'):
        list(Raw.select_all().order_by(name))


def test_order_by_a_list_is_refused():
    with pytest.raises(QueryError, match='order by an attribute with one value'):
        BiasFrame.select_all().order_by('raw_bias_frames.DATE_OBS')


def test_items_and_slices(science):
    query = Raw.EXPTIME > 150
    assert query[0] == science[1] and query[4] == science[5]
    assert query[1:3] == science[2:4] and query[:2] == science[1:3] and query[3:] == science[4:]
    assert query[::2] == science[1::2] and query[1:4:2] == [science[2], science[4]]
    assert query[7:9] == [] and query[3:1] == [] and query[2:2] == []


def test_an_item_that_is_not_there_explains_itself(science):
    with pytest.raises(NoSuchIndex, match=r'query\[3\]: it has fewer objects\n(.|\n)*RawScienceFrame.EXPTIME > 300 +3 +3'):
        (Raw.EXPTIME > 300)[3]


@pytest.mark.parametrize('index', [-1, slice(-2, None), slice(None, -1), slice(None, None, -1)])
def test_counting_from_the_end_is_refused(project, index):
    with pytest.raises(QueryError, match='count from the front'):
        Raw.select_all()[index]


def test_exists_first_one(science):
    none, two = Raw.EXPTIME > 1000, Raw.EXPTIME > 400
    assert two.exists() is True and none.exists() is False
    assert two.first() == science[4] and none.first() is None
    assert (Raw.EXPTIME == 200).one() == science[1]
    with pytest.raises(NotFound, match=r'nothing answers to RawScienceFrame.EXPTIME > 1000\ncriterion'):
        none.one()
    with pytest.raises(NotFound, match='more than one object answers to'):
        two.one()


def test_max_and_min_give_the_object(science):
    query = Raw.EXPTIME < 450
    assert query.max('DATE_OBS') == science[3] and query.min('DATE_OBS') == science[0]
    assert query.max('imstat.median') == science[3] and query.max('chip.name') == science[1]
    assert Raw.select_all().max('AIRMASS') == science[4] and Raw.select_all().min('AIRMASS') == science[0]


def test_max_of_nothing_is_none(science):
    assert (Raw.EXPTIME > 1000).max('DATE_OBS') is None
    assert Raw.select_all().max('OBSERVER') is None, 'where all values are missing there is none either'


def test_max_is_within_the_limit(science):
    assert Raw.select_all().limit(2).max('EXPTIME') == science[1]
    assert Raw.select_all().order_by('-EXPTIME').limit(2).min('EXPTIME') == science[4]


def test_max_of_an_unknown_attribute_names_the_near_one():
    with pytest.raises(UnknownAttribute, match="RawScienceFrame has no attribute 'DATEOBS': did you mean DATE_OBS"):
        Raw.select_all().max('DATEOBS')


def test_membership(science):
    query = Raw.EXPTIME > 300
    assert science[3] in query and science[0] not in query
    assert science[3].chip not in query and 'x' not in query and paper.raw() not in query


def test_limit(science):
    query = (Raw.EXPTIME > 100).limit(3)
    assert list(query) == science[1:4] and len(query) == 3 and query[1:] == science[2:4]
    assert len(query.limit(5)) == 3 and len(query.limit(1)) == 1 and len(query.limit(0)) == 0
    assert query.limit(0).first() is None and list(query.limit(0)) == []
    with pytest.raises(NoSuchIndex, match='limited to 3'):
        query[3]


def test_what_comes_after_a_limit_works_on_what_it_leaves(science):
    query = Raw.select_all().order_by('-EXPTIME').limit(3)
    assert list(query & (Raw.EXPTIME < 600)) == [science[4], science[3]], 'and keeps the order'
    assert set(query | (Raw.EXPTIME == 100)) == {science[0], *science[3:]}
    assert list(~query) == science[2::-1]
    assert list(query.order_by('EXPTIME')) == science[3:]
    assert (query & (Raw.EXPTIME < 600)).limit(1).one() == science[4]


@pytest.mark.parametrize('number', [-1, 2.0, 'x', None])
def test_a_senseless_limit_is_refused(number):
    with pytest.raises(QueryError, match='give a whole number, 0 or more'):
        Raw.select_all().limit(number)


# --- narrowing in place ---


def test_narrowing_changes_the_query_itself(home, monkeypatch):
    from awlike.context import context
    context.create_project('ONE')
    context.create_project('TWO')
    context.set_project('ONE')
    context.add_member('bob')
    one = paper.raws(2)
    context.set_project('TWO')
    two = paper.raws(1)
    query = Raw.select_all()
    assert len(query) == 3 and query.project_only() is query and list(query) == two
    become(monkeypatch, 'bob')
    context.set_project('ONE', 3)
    mine = paper.raws(1)
    query = Raw.EXPTIME > 0
    assert query.user_only() is query and list(query) == mine
    query = Raw.EXPTIME > 0
    assert query.privileges_only(2) is query and list(query) == one
    assert list(query.privileges_only(3)) == [], 'what is narrowed twice satisfies both'


def test_narrowing_folds_the_limit(science):
    query = Raw.select_all().order_by('-EXPTIME').limit(2)
    assert list(query.project_only().privileges_only(2)) == science[:3:-1] == list(query)


def test_narrowing_leaves_alone_what_was_made_of_the_query_before(science):
    query = Raw.select_all().limit(2)
    both = query & (Raw.EXPTIME > 100)
    query.privileges_only(5)
    assert list(query) == [] and list(both) == [science[1]]


def test_narrowing_is_refused_where_it_has_no_meaning(project):
    with pytest.raises(PermissionError, match='Chip belongs to no project and to no user'):
        Chip.select_all().project_only()
    with pytest.raises(ParameterError, match=r'privileges 6: it is one of 1 \(MyDB\)'):
        Raw.select_all().privileges_only(6)


def test_narrowing_to_the_project_needs_one(home):
    with pytest.raises(NotFound, match='no project is set'):
        Raw.select_all().project_only()


# --- what Python invites one to write ---


def test_a_query_has_no_truth(science):
    query = Raw.EXPTIME > 100
    message = 'neither true nor false. Combine queries with & | ~ instead of and, or, not; put each comparison in parentheses'
    for mistake in (lambda: bool(query), lambda: query and query, lambda: query or query, lambda: not query,
                    lambda: 1 if query else 2, lambda: 100 < Raw.EXPTIME < 300):
        with pytest.raises(QueryError, match=message):
            mistake()


def test_a_chained_comparison_is_told_of_between():
    with pytest.raises(QueryError, match=r'write x\.between\(a, b\) for a < x < b'):
        100 < Raw.EXPTIME < 300


def test_unparenthesised_comparisons_are_refused(science):
    query, chip = Raw.EXPTIME > 100, science[0].chip
    for mistake in (lambda: Raw.EXPTIME > 100 & Raw.is_valid == 1,
                    lambda: Raw.EXPTIME > 100 | Raw.is_valid == 1,
                    lambda: Raw.chip.name == 'x' & Raw.filter.name == 'y',
                    lambda: Raw.chip == chip & Raw.is_valid > 0,
                    lambda: query & Raw.is_valid == 1,
                    lambda: Raw.is_valid == 1 & query,
                    lambda: query & 1,
                    lambda: query == query, lambda: query < query):
        with pytest.raises(QueryError, match='parentheses'):
            mistake()


def test_attributes_of_the_frames_are_not_of_the_query(science):
    with pytest.raises(AttributeError, match="a query has no attribute 'chip'; its frames have it: ask one of them, as query"):
        (Raw.EXPTIME > 1).chip
    with pytest.raises(AttributeError, match="no attribute 'nonsense'; it has .*exists, explain, first"):
        (Raw.EXPTIME > 1).nonsense


# --- looking ---


def test_repr_shows_five_and_never_fetches_more(project):
    frames = paper.raws(40)
    query = Raw.EXPTIME > 100
    with paper.statements() as sent:
        shown = repr(query)
    assert shown.splitlines()[0] == '40 RawScienceFrame: RawScienceFrame.EXPTIME > 100'
    assert shown.splitlines()[1].split() == ['DATE_OBS', 'filter', 'chip', 'EXPTIME', 'OBJECT', 'imstat.median', 'filename']
    assert shown.count('.fits') == 5 and shown.endswith('... and 35 more') and frames[0].filename in shown
    assert len(sent) <= 2 and all('LIMIT' in one or 'count(*)' in one for one in sent)
    assert repr(Raw.EXPTIME > 1000) == '0 RawScienceFrame: RawScienceFrame.EXPTIME > 1000'
    assert repr(Raw.select_all().limit(2)).count('.fits') == 2


def test_in_a_notebook_ten_rows_and_the_number_by_two_statements(project):
    paper.raws(40)
    with paper.statements() as sent:
        page = (Raw.EXPTIME > 100)._repr_html_()
    assert page.count('.fits</td>') == 10 and '<b>40 RawScienceFrame</b>' in page and '... and 30 more' in page
    assert len(sent) == 2 and all('LIMIT' in one or 'count(*)' in one for one in sent)
    assert '>imstat.median [adu]</th>' in page and 'EXPTIME &gt; 100' in page


def test_any_class_can_be_looked_through(project):
    paper.hot()
    for cls in classes.values():
        shown = cls.select_all()
        assert repr(shown).startswith(f'{len(shown)} {cls.__name__}') and shown._repr_html_()
    assert 'count' in repr(HotPixelMap.select_all()).splitlines()[1] and 'longitude' in repr(Instrument.select_all())


def test_a_query_says_what_it_asks(science):
    query = (Raw.chip.name == 'x') & (Raw.EXPTIME.between(1, 2)) & ~(Raw.filter.name.like('r*') | Raw.OBJECT.in_(['a', 'b']))
    assert str(query) == ("(RawScienceFrame.chip.name == 'x') & (RawScienceFrame.EXPTIME >= 1) & "
                          "(RawScienceFrame.EXPTIME <= 2) & (~((RawScienceFrame.filter.name.like('r*')) | "
                          "(RawScienceFrame.OBJECT.in_(['a', 'b']))))")
    assert str(Raw.select_all()) == 'all RawScienceFrame'
    assert str(Raw.descends_from(science[0])) == f'descends from {science[0].filename}'


# --- the statement ---


def test_a_link_that_is_named_twice_is_joined_once(science):
    query = (Raw.chip.name == 'ESO_CCD_#65') & (Raw.chip.name != 'x') & (Raw.chip.instrument.name == 'OMEGACAM')
    with paper.statements() as sent:
        assert len(query.order_by('chip.name')) == 3
    assert sent[0].count('JOIN chip') == 1 and sent[0].count('JOIN instrument') == 1 and 'EXISTS' not in sent[0]


def test_different_ways_to_one_table_are_joined_apart(science):
    with paper.statements() as sent:
        assert len((Raw.instrument.name == 'OMEGACAM') & (Raw.chip.instrument.name == 'OMEGACAM')) == 6
    assert sent[0].count('JOIN instrument') == 2


def test_only_list_links_become_exists(project):
    paper.hot()
    with paper.statements() as sent:
        assert len(HotPixelMap.bias.read_noise.read_noise == 2.0) == 1
        assert len(HotPixelMap.bias.raw_bias_frames.chip.name == 'ESO_CCD_#65') == 1
    assert 'EXISTS' not in sent[0] and sent[1].count('EXISTS') == 1


# --- who sees what ---


def test_visibility_holds_for_joined_subclasses_and_behind_links(home, monkeypatch):
    from awlike.context import context
    context.create_project('SECRET')
    context.set_project('SECRET', 1)
    hot = paper.hot()
    count = len(DataObject.select_all())
    assert count == 1 + 3 + 3 and hot.bias.read_noise.read_noise == 2.0
    become(monkeypatch, 'eve')
    for cls in (DataObject, Frame, RawFrame, RawBiasFrame, ReadNoise, BiasFrame, HotPixelMap):
        assert len(cls.select_all()) == 0 == len(list(cls.select_all())) == len(cls.select_all().table('object_id'))
        assert not cls.select_all().exists() and cls.select_all().max('creation_date') is None
    assert len(ReadNoise.read_noise == 2.0) == 0 and len(ReadNoise.read_noise.in_([2.0])) == 0
    assert len(~(ReadNoise.read_noise == 9.0)) == 0 and (HotPixelMap.count > 0).first() is None
    assert len(HotPixelMap.bias.raw_bias_frames.chip.name == 'ESO_CCD_#65') == 0
    with pytest.raises(NotFound, match='that you may see'):
        HotPixelMap.get(hot.object_id)


def test_a_link_to_an_ancestor_is_never_none_for_who_sees_the_product(home, monkeypatch):
    from awlike.context import context
    context.create_project('P')
    context.set_project('P')
    hot = paper.hot()
    context.publish(hot, 4)
    become(monkeypatch, 'anonymous')
    seen = HotPixelMap.select_all().one()
    assert seen.bias.read_noise.read_noise == 2.0 and len(seen.bias.raw_bias_frames) == 3
    assert None not in [raw.raw_fits for raw in seen.bias.raw_bias_frames]


# --- what others declared ---


@pytest.mark.parametrize('cls', [DataObject, Frame, ReadNoise])
def test_objects_of_classes_that_are_not_known_here_are_passed_over(project, cls):
    """In a shared database that is what colleagues' own classes are."""
    bias, theirs, table = paper.bias(), paper.bias().read_noise, DataObject.__table__
    before = cls.select_all()
    assert theirs in before or cls is Frame
    with by_hand() as connection:
        connection.execute(update(table).where(table.c.object_id == theirs.object_id).values(class_name='SteepReadNoise'))
    database().session.expunge_all()
    found = list(cls.select_all())
    assert len(found) == len(cls.select_all()) and theirs.object_id not in {obj.object_id for obj in found}
    assert (bias.read_noise if cls is ReadNoise else bias) in found and cls.select_all()[0] == found[0]
    assert cls.select_all().max('creation_date') in found and theirs not in cls.select_all()


def test_the_first_row_of_a_table_is_the_first_object(project):
    start = datetime.datetime(2012, 6, 1)
    frames = [paper.raw(RawScienceFrame, DATE_OBS=start + datetime.timedelta(hours=hours)) for hours in (3, 1, 2, 1)]
    paper.insert(*frames)
    in_time = [frames[1], frames[3], frames[2], frames[0]]  # those of one moment in the order of making
    query = RawScienceFrame.select_all()
    assert list(query) == in_time == [query[number] for number in range(len(query))] == query[:4]
    assert query.first() == frames[1] and query[1:3] == in_time[1:3] and list(query.limit(2)) == in_time[:2]
    assert query.table('filename')['filename'].tolist() == [one.filename for one in in_time]
    assert [row[-1] for row in query.preview().rows] == [one.filename for one in in_time]
    assert list(query.order_by('-DATE_OBS', 'filename'))[0] == frames[0]


# --- statements ---


def test_a_list_of_a_query_takes_one_statement_and_its_length_is_asked_anew(science):
    query = Raw.EXPTIME > 0
    with paper.statements() as sent:
        objects = list(query)
    assert len([one for one in sent if 'count(' in one]) == 0 and len(objects) == len(query)
    begun = iter(query)
    one = paper.raw(RawScienceFrame, EXPTIME=1.0)
    paper.insert(one)
    next(begun)
    assert len(query) == len(objects) + 1, 'whoever has begun knows nothing of later objects, but the query does'
