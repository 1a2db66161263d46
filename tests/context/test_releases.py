"""Releases: made once, found by name and in queries, kept from deletion and purging, published with their members."""

import pytest

from awlike.context import context
from awlike.current import current
from awlike.errors import AwlikeError, Immutable, NotAllowed, NotFound, ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.persist.dataobject import DataObject
from awlike.persist.release import Release
from awlike.tracing.fsck import fsck
from awlike.tracing.releases import compare
from tests import paper
from tests.conftest import become, let_in


@pytest.fixture
def maps(project):
    """Three maps of hot pixels, each from a bias of its own."""
    return [paper.hot(digest=f'hot {n}') for n in range(3)]


def test_a_release_stays_what_it_is(maps):
    made = context.release('DR1', HotPixelMap.select_all(), 'the first')
    later = paper.hot()
    assert made == context.release('DR1') and set(made.members()) == set(maps)
    assert len(made) == 3 and made.kinds() == {'HotPixelMap': 3}
    assert made.rule == 'HotPixelMap.select_all()' and made.comment == 'the first' and made.creator.name == 'ada'
    context.update_is_valid(maps[0], 0)
    assert set(context.release('DR1').query(HotPixelMap)) == set(maps)
    assert later not in made.members() and later.releases == [] and later.release == []


def test_queries_by_release(maps):
    first = context.release('DR1', HotPixelMap.object_id.in_([maps[0].object_id, maps[1].object_id]))
    context.release('DR2', HotPixelMap.select_all())
    assert set(HotPixelMap.release == 'DR1') == set(maps[:2])
    assert set((HotPixelMap.release == 'DR2') & ~(HotPixelMap.release == 'DR1')) == {maps[2]}
    assert set(HotPixelMap.releases == first) == set(maps[:2]) == set(DataObject.release.in_(['DR1', 'no']))
    assert maps[0].release == ['DR1', 'DR2'] and [one.name for one in maps[2].releases] == ['DR2']
    assert len(BiasFrame.release == 'DR1') == 0  # what members were made from does not belong to it
    context.select('R1', HotPixelMap.release == 'DR1')
    assert set(context.selection('R1').members()) == set(maps[:2])


def test_selections_rules_and_raw_frames_are_released(maps):
    context.select('ALL', HotPixelMap.select_all())
    assert set(context.release('A', context.selection('ALL')).members()) == set(maps)
    assert set(context.release('B', "HotPixelMap.count == 7").members()) == set(maps)
    raw = paper.raws(2)
    assert set(context.release('C', RawScienceFrame.select_all()).members()) == set(raw)


@pytest.mark.parametrize('name', ['', ' DR1', 'DR 1', '-DR1', 'a' * 61, 'DR/1', 'DR1\n', 'DR1.'])
def test_what_is_no_name(maps, name):
    with pytest.raises(ParameterError, match='a release is called by'):
        context.release(name, HotPixelMap.select_all())


def test_what_is_no_release(maps):
    with pytest.raises(ParameterError, match='selects nothing'):
        context.release('DR1', HotPixelMap.count == 8)
    with pytest.raises(ParameterError, match='2000'):
        context.release('DR1', HotPixelMap.select_all(), 'a' * 2001)
    with pytest.raises(ParameterError):
        context.release('DR1', HotPixelMap.select_all(), 'two\nlines')
    with pytest.raises(AwlikeError):
        context.release('DR1', "__import__('os').system('true')")
    context.release('DR1', HotPixelMap.select_all())
    with pytest.raises(ParameterError, match='raw frames and products'):
        context.release('DR2', Release.select_all())
    with pytest.raises(NotAllowed, match='has a release DR1, which stays'):
        context.release('DR1', HotPixelMap.select_all())
    with pytest.raises(NotFound, match='DR1'):
        context.release('DR11')


def test_nobody_deletes_a_release_or_a_member(maps):
    made = context.release('DR1', HotPixelMap.select_all())
    with pytest.raises(NotAllowed):
        context.delete(made)
    with pytest.raises(NotAllowed, match='made from it'):
        context.delete(maps[0])
    with pytest.raises(Immutable):
        made.name = 'DR2'
    assert set(made.members()) == set(maps)


def test_files_of_members_are_not_purged(maps):
    before = context.purge(HotPixelMap.select_all()).kept
    context.release('DR1', HotPixelMap.object_id == maps[0].object_id)
    after = context.purge(HotPixelMap.select_all()).kept
    assert sum(after.values()) >= sum(before.values()) and len(context.purge(HotPixelMap.select_all()).objects) < 3


def test_a_release_is_published_with_its_members(maps, monkeypatch):
    made = context.release('DR1', HotPixelMap.select_all())
    become(monkeypatch, 'carl')
    with pytest.raises(NotFound):
        context.release('DR1')
    assert not len(HotPixelMap.release == 'DR1') and not context.releases().exists()
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    raised = context.publish(made, 4)
    assert {*maps, made} <= set(raised)
    become(monkeypatch, 'carl')
    assert set(context.release('DR1').members()) == set(maps) == set(HotPixelMap.release == 'DR1')


def test_members_that_others_could_not_see_are_refused(project):
    context.set_privileges(1)
    private = paper.hot()
    context.set_privileges(2)
    with pytest.raises(NotAllowed, match='could not see') as error:
        context.release('DR1', HotPixelMap.select_all())
    assert str(private) in str(error.value) and not context.releases().exists()
    context.set_privileges(1)
    assert set(context.release('MINE', HotPixelMap.select_all()).members()) == {private}


def test_members_of_a_project_make_releases_and_see_them(maps, monkeypatch):
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    made = context.release('BOBS', HotPixelMap.select_all())
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    assert context.release('BOBS') == made and context.release('BOBS').creator.name == 'bob'


def test_the_past_has_no_releases_of_later(maps):
    moment = maps[-1].creation_date
    context.release('DR1', HotPixelMap.select_all())
    with context.acting(as_of=moment):
        assert not context.releases().exists() and not len(HotPixelMap.release == 'DR1')
        with pytest.raises(NotAllowed):
            context.release('DR2', HotPixelMap.select_all())


def test_a_release_is_no_product(maps):
    before = current().impact(maps[0]).to_dict()
    made = context.release('DR1', HotPixelMap.select_all())
    assert current().impact(maps[0]).to_dict() == before
    assert made in maps[0].inverse_objects() and made.ancestors().count(RawBiasFrame) == 9
    assert 'DR1' in str(made) and made.facts().to_dict() and 'DR1' in str(made.lineage())
    assert {one.kind for one in fsck(digests=False)} <= {'lost file'}  # objects on paper have no files


def test_equal_content_has_one_digest(maps):
    one, other = (context.release(name, HotPixelMap.select_all()) for name in ('A', 'B'))
    paper.hot()
    assert one.digest == other.digest != context.release('C', HotPixelMap.select_all()).digest


def test_a_release_of_many_is_made_and_read_by_few_statements(project):
    bias = paper.bias()
    paper.insert(*[paper.product(HotPixelMap, bias=bias, count=n, setup=bias.setup) for n in range(200)])
    with paper.statements() as sent:
        made = context.release('DR1', HotPixelMap.select_all())
    assert len(sent) < 25
    with paper.statements() as sent:
        assert len(list(made.members())) == 200 and made.kinds() == {'HotPixelMap': 200}
    assert len(sent) < 10


def test_comparison_by_kind_with_reasons(project):
    bias = paper.bias()

    def found(n, **values):
        return paper.product(HotPixelMap, bias=bias, setup=bias.setup, chip=paper.chip(f'chip {n}'), **values)
    first = paper.insert(*[found(n, digest=f'a {n}', process_parameters={'THRESHOLD_HIGH': 5.0}) for n in range(4)])
    context.release('DR1', HotPixelMap.select_all())
    again = paper.insert(found(0, digest='a 0'), found(1, digest='b 1', process_parameters={'THRESHOLD_HIGH': 7.0}),
                         found(5, digest='b 5'))
    context.release('DR2', HotPixelMap.object_id.in_([one.object_id for one in [*again, first[2]]]))
    made = compare('DR1', 'DR2')
    kind, = made.kinds
    assert (kind.cls, kind.same, kind.equal, kind.differ, kind.only_a, kind.only_b) == ('HotPixelMap', 1, 1, 1, 1, 1)
    assert any('THRESHOLD_HIGH' in reason for reason in kind.reasons) and kind.looked_at == 1
    assert made and not compare('DR1', 'DR1') and 'THRESHOLD_HIGH' in str(made) and made.to_dict()['a'] == 'DR1'


@pytest.mark.parametrize('kept', ['a', 'b'])
def test_equal_members_belong_together_whatever_comes_first(project, kept):
    """Two versions of a map are in a release, one of which came out the same in the other release."""
    bias = paper.bias()
    made = {name: paper.insert(paper.product(HotPixelMap, bias=bias, setup=bias.setup, digest=name)) for name in ('a', 'b')}
    context.release('DR1', HotPixelMap.select_all())
    again = paper.insert(paper.product(HotPixelMap, bias=bias, setup=bias.setup, digest=made[kept].digest))
    context.release('DR2', HotPixelMap.object_id == again.object_id)
    kind, = compare('DR1', 'DR2').kinds
    assert (kind.equal, kind.differ, kind.only_a, kind.only_b) == (1, 0, 1, 0)
    kind, = compare('DR2', 'DR1').kinds
    assert (kind.equal, kind.differ, kind.only_a, kind.only_b) == (1, 0, 0, 1)


def test_equal_content_at_another_place_is_no_counterpart(project):
    bias = paper.bias()
    for name, chip in (('DR1', 'one'), ('DR2', 'two')):
        made = paper.insert(paper.product(HotPixelMap, bias=bias, setup=bias.setup, digest='alike', chip=paper.chip(chip)))
        context.release(name, HotPixelMap.object_id == made.object_id)
    kind, = compare('DR1', 'DR2').kinds
    assert (kind.equal, kind.differ, kind.only_a, kind.only_b) == (0, 0, 1, 1)


def test_of_two_made_at_once_the_first_is_the_release(maps, monkeypatch):
    monkeypatch.setattr(type(context), '_refuse_twice', lambda self, name: None)  # as where both looked before either wrote
    first, second = (context.release('DR1', HotPixelMap.object_id == maps[number].object_id) for number in (0, 1))
    assert first != second and context.release('DR1') == first
    context.create_project('OTHER')
    context.set_project('OTHER')
    assert context.release('DR1') == first, 'also from another project'
