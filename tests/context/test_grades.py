"""Grades: what people think of frames, who may say so, what counts, and what stays in the list."""

import functools
import operator

import pytest

from awlike import config
from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import NotAllowed, ParameterError, QueryError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawFrame, RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.nights import utcnow
from tests import paper
from tests.conftest import become, let_in


@pytest.fixture
def frames(project):
    return paper.raws(4)


@pytest.fixture
def bob(frames, monkeypatch):
    """What lets ada and bob, both of the project, take turns."""
    let_in(monkeypatch, 'bob')

    def turn(name):
        become(monkeypatch, name)
        context.set_project('TEST')

    return turn


def names(query):
    return [frame.filename for frame in query]


def again(frame, **values):
    """The same frame, made once more."""
    kept = {name: getattr(frame, name) for name in ('DATE_OBS', 'digest', 'bias', 'instrument', 'chip')}
    return paper.insert(paper.product(HotPixelMap, **kept | {'count': 7} | values))


def test_a_grade_has_what_was_said(frames):
    context.grade(frames[0], 'A', reasons=['seeing', 'clouds'], comment='fine & <b>dark</b>', positions=[(3, 4.5)])
    given, = frames[0].grades()
    assert (given.grade, given.reasons, given.comment, given.positions) == (
        'A', ('seeing', 'clouds'), 'fine & <b>dark</b>', ((3.0, 4.5),))
    assert given.user.name == 'ada' == context.account().name and abs((utcnow() - given.date).total_seconds()) < 60
    assert given.digest == frames[0].digest and given.filename == frames[0].filename and given.counts
    assert frames[0].grade == 'A' and frames[1].grade is None and len(frames[1].grades()) == 0
    assert 'poor seeing, clouds' in str(frames[0].grades()) and '&lt;b&gt;' in frames[0].grades()._repr_html_()
    assert frames[0].grades().to_dict()[0]['positions'] == ((3.0, 4.5),)


def test_grades_are_an_attribute_of_queries(frames):
    for frame, grade in zip(frames, 'ABD', strict=False):
        context.grade(frame, grade)
    a, b, d, none = map(str, frames)
    assert names(RawScienceFrame.grade <= 'B') == [a, b] and names(RawScienceFrame.grade == 'D') == [d]
    assert names(RawScienceFrame.grade == None) == [none] and names(RawScienceFrame.grade != None) == [a, b, d]  # noqa: E711
    assert names(~(RawScienceFrame.grade <= 'B')) == [d, none], 'ungraded is no grade: it is not among the good ones'
    assert names(RawScienceFrame.grade != 'D') == [a, b, none], '!= finds what has no value, as everywhere'
    assert names((RawScienceFrame.grade <= 'B') & (RawScienceFrame.grade >= 'B')) == [b]
    assert names((RawScienceFrame.grade == 'A') | (RawScienceFrame.filename == none)) == [a, none]
    assert names(RawScienceFrame.grade.in_(['A', 'D'])) == [a, d]
    assert names(RawScienceFrame.grade.between('B', 'D')) == [b, d]
    assert names(RawScienceFrame.select_all().order_by('-grade')) == [d, b, a, none]
    assert names(RawFrame.grade <= 'B') == [a, b], 'of any kind of frame'
    table = RawScienceFrame.select_all().order_by('grade').table('filename', 'grade')
    assert list(table['grade'][:3]) == ['A', 'B', 'D'] and table['grade'].mask[3]
    assert len(RawScienceFrame.grade <= 'C') == 2 and (RawScienceFrame.grade == 'D').exists()
    assert RawScienceFrame.select_all().max('grade').filename == d


def test_a_statement_looks_for_the_grades_of_an_object_once(frames):
    context.grade(frames[0], 'B')
    query = functools.reduce(operator.or_, [RawScienceFrame.grade == grade for grade in 'ABCD' * 25])
    assert names((query & (RawScienceFrame.grade != 'D')).order_by('grade')) == [frames[0].filename]
    assert query.table('filename', 'grade')['grade'].tolist() == ['B']


def test_a_query_reaches_grades_through_links(frames):
    context.grade(frames[0], 'B')
    red = paper.insert(paper.product(ReducedScienceFrame, raw=frames[0], filter=frames[0].filter))
    assert names(ReducedScienceFrame.raw.grade == 'B') == [red.filename]
    context.grade(red, 'D')
    assert names((ReducedScienceFrame.raw.grade == 'B') & (ReducedScienceFrame.grade == 'D')) == [red.filename]
    context.grade(frames[1], 'D')
    bias = paper.bias()
    context.grade(bias.raw_bias_frames[1], 'C')
    assert names(type(bias).raw_bias_frames.grade == 'C') == [bias.filename]


def test_a_comparison_with_no_grade_is_refused(frames):
    for wrong in 'E', 'b', '':
        with pytest.raises(QueryError, match='it is one of A, B, C, D'):
            RawScienceFrame.grade <= wrong  # noqa: B015
    with pytest.raises(QueryError, match='compare it with a str'):
        RawScienceFrame.grade <= 2  # noqa: B015


def test_a_query_is_graded_as_a_whole_or_not_at_all(frames, monkeypatch):
    context.grade(RawScienceFrame.select_all(), 'C', comment='all of them')
    assert [frame.grade for frame in frames] == ['C'] * 4
    context.grade(RawScienceFrame.filename == 'nothing', 'A')
    become(monkeypatch, 'eve')
    context.create_project('EVE')
    context.set_project('EVE')
    own = paper.raws(1)[0]
    with pytest.raises(NotAllowed, match=r'graded by its creator at level 1 .MyDB.*\n.*ada, project TEST'):
        context.grade([own, frames[0]], 'A')
    assert own.grade is None


def test_the_newest_grade_of_a_person_counts_and_none_goes(frames):
    for grade, comment in ('A', 'at first sight'), ('C', 'after a look'), (None, 'it was another frame'):
        context.grade(frames[0], grade, comment=comment)
    found = frames[0].grades()
    assert [one.grade for one in found] == ['A', 'C', None] and frames[0].grade is None and not found.counting
    assert [one.remark for one in found] == ['a newer one took its place'] * 2 + ['withdrawn']
    assert not (RawScienceFrame.grade != None).exists()  # noqa: E711
    context.grade(frames[0], 'B')
    assert frames[0].grade == 'B' and [one.counts for one in frames[0].grades()] == [False] * 3 + [True]


def test_people_disagree_and_a_setting_says_what_counts(frames, bob, monkeypatch):
    context.grade(frames[0], 'D', reasons='clouds')
    bob('bob')
    context.grade(frames[0], 'B')
    frame = RawScienceFrame.get(frames[0].object_id)
    assert frame.grade == frame.grades().grade == 'B' and frame.grades().disagreement == 'B (bob), D (ada)'
    assert 'people disagree: B (bob), D (ada)' in str(frame.facts()) and 'disagree' in str(frame.grades())
    monkeypatch.setenv('AWLIKE_GRADE_RULE', 'worst')
    config.settings.cache_clear()
    assert frame.grade == frame.grades().grade == 'D' and names(RawScienceFrame.grade == 'D') == [frame.filename]
    monkeypatch.delenv('AWLIKE_GRADE_RULE')
    bob('ada')
    context.grade(frames[0], 'B')
    assert frame.grades().disagreement == '' and 'disagree' not in str(frame.facts())


def test_the_world_as_of_a_date_has_the_grades_of_that_date(frames):
    context.grade(frames[0], 'A')
    moment = utcnow()
    context.grade(frames[0], 'D')
    context.grade(frames[1], 'B')
    context.as_of(moment)
    assert names(RawScienceFrame.grade <= 'D') == [frames[0].filename]
    then = RawScienceFrame.get(frames[0].object_id)
    assert then.grade == 'A' and len(then.grades()) == 1 and then.grades()[0].counts
    with pytest.raises(NotAllowed, match='as of'):
        context.grade(then, 'B')
    context.as_of(None)
    assert RawScienceFrame.get(frames[0].object_id).grade == 'D'


def test_a_grade_belongs_to_the_content(frames):
    first = paper.hot()
    context.grade(first, 'B')
    same, other = again(first), again(first, digest='other content')
    assert same.grade == 'B' and other.grade is None, 'what came out the same is graded'
    assert names(HotPixelMap.grade == 'B') == [first.filename, same.filename]
    earlier, = other.grades()
    assert (earlier.grade, earlier.filename, earlier.remark) == ('B', first.filename, 'before it was made again')
    assert 'ungraded; graded B by ada before it was made again' in str(other.facts())
    context.grade(same, 'C')
    assert first.grade == same.grade == 'C' and [one.grade for one in first.grades()] == ['B', 'C']
    context.grade(other, 'A')
    assert other.grade == 'A' and 'made again' not in str(other.facts()) and first.grade == 'C'
    elsewhere = paper.hot(digest='content of another detector', chip=paper.chip('ESO_CCD_#66'))
    assert elsewhere.grade is None and not elsewhere.grades()
    bias = first.bias
    kind = paper.insert(paper.product(BiasFrame, raw_bias_frames=list(bias.raw_bias_frames), read_noise=bias.read_noise,
                                      setup=bias.setup, digest=first.digest))
    assert kind.grade is None and not kind.grades(), 'equal content of another kind'


def test_content_of_another_project_is_another(frames):
    context.grade(frames[0], 'A')
    context.create_project('OTHER')
    context.set_project('OTHER')
    twin = paper.insert(paper.raw(DATE_OBS=frames[0].DATE_OBS, digest=frames[0].digest))
    assert twin.grade is None and not twin.grades(), 'its people grade it'


def test_a_private_frame_is_graded_and_seen_by_its_creator(frames, bob, monkeypatch):
    bob('bob')
    context.set_privileges(1)
    mine = paper.insert(paper.raw(DATE_OBS=frames[0].DATE_OBS, digest=frames[0].digest, filename='mine.fits'))
    context.grade(mine, 'D', comment='nobody knows')
    assert names(RawScienceFrame.grade == 'D') == [frames[0].filename, 'mine.fits']
    bob('ada')
    assert not (RawScienceFrame.grade == 'D').exists() and frames[0].grade is None and not frames[0].grades()
    with pytest.raises(NotAllowed, match='you may not grade'):
        context.grade(mine, 'A')


@pytest.mark.parametrize('wrong, said', [
    ({'grade': 'E'}, 'one of A, B, C, D, or None'), ({'grade': 'a'}, 'one of A, B, C, D'), ({'grade': 2}, 'one of'),
    ({'reasons': 'seing'}, r"'seing' is no reason for a grade of .* \(did you mean seeing"),
    ({'reasons': ['seeing'] * 21}, 'at most 20'), ({'comment': 'a\x1b[2Jb'}, 'control a terminal'),
    ({'comment': 'two\nlines'}, 'control a terminal'), ({'comment': 'x' * 2001}, 'it may have 2000'),
    ({'positions': [(1, float('nan'))]}, 'finite'), ({'positions': [1, 2]}, r'as \[\(1020, 33\)\]'),
    ({'positions': [(1, 2)] * 1001}, 'at most 1000')])
def test_what_cannot_be_said_is_refused(frames, wrong, said):
    with pytest.raises(ParameterError, match=said):
        context.grade(frames[0], **{'grade': 'A'} | wrong)
    assert not frames[0].grades()


def test_what_is_no_committed_frame_is_not_graded(frames):
    with pytest.raises(NotAllowed, match='frame with content and date that is committed'):
        context.grade(paper.raw(), 'A')
    with pytest.raises(ParameterError, match='is no frame'):
        context.grade(frames[0].raw_fits, 'A')
    with pytest.raises(NotAllowed, match=r'by context.grade\(frame, grade\)'):
        paper.raw(grade='A')


def test_grades_go_with_their_frame(frames):
    hot = paper.hot()
    context.grade(hot, 'A')
    context.delete(hot)
    assert database().session.connection().exec_driver_sql('SELECT count(*) FROM grade').scalar() == 0


def test_a_camera_has_reasons_of_its_own(frames, home):
    folder = home / 'instruments'
    folder.mkdir()
    (folder / 'mine.toml').write_text(
        'name = "MINE"\ntelescope = "x"\nlatitude = 1\nlongitude = 2\nelevation = 3\ntimezone = 0\n[recognised_by]\n'
        'INSTRUME = "MINE"\n[frame_types]\n"*" = "science"\n[grade_reasons]\namp3 = "amplifier 3 oscillates"\n')
    frame = paper.insert(paper.raw(instrument=paper.instrument('MINE')))
    context.grade(frame, 'C', reasons=['amp3', 'seeing'])
    assert 'amplifier 3 oscillates, poor seeing' in str(frame.grades())
    with pytest.raises(ParameterError, match="'amp3' is no reason"):
        context.grade(frames[0], 'C', reasons='amp3')
