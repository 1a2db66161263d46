import json
import os

import pytest

from awlike.context import context
from awlike.errors import StoreError
from awlike.frames.bias import BiasFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.persist import trees
from awlike.persist.dataobject import DataObject
from awlike.products.raw import RawFrame
from tests import paper
from tests.conftest import become


@pytest.fixture
def flat(project):
    """A flat whose bias is reached on two ways: directly, and through the hot pixels that were found in it."""
    raws, lamps = paper.raws(3, RawBiasFrame), paper.raws(2, RawDomeFlatFrame)
    bias = paper.bias(raws)
    dome = paper.insert(paper.product(DomeFlatFrame, raw_dome_flat_frames=lamps, bias=bias, hot=paper.hot(bias),
                                      filter=paper.filter()))
    return paper.insert(paper.product(FlatFrame, dome_flat=dome, filter=paper.filter()))


def test_ancestors_reach_down_to_the_raw_frames(flat):
    dome = flat.dome_flat
    found = flat.ancestors()
    assert list(found) == [*dome.bias.raw_bias_frames, *dome.raw_dome_flat_frames,
                           dome.bias.read_noise, dome.bias, dome.hot, dome]
    assert flat not in found and dome.bias in found and paper.raw() not in found and 'x' not in found
    assert len(found) == 9 and bool(found) and found[0] == dome.bias.raw_bias_frames[0]
    assert found.ids == [obj.object_id for obj in found]


def test_raw_frames_have_no_ancestors(flat):
    raw = flat.dome_flat.raw_dome_flat_frames[0]
    assert not raw.ancestors() and list(raw.ancestors()) == [] and len(raw.ancestors()) == 0


def test_descendants_reach_up_to_the_last_product(flat):
    dome = flat.dome_flat
    assert list(dome.bias.raw_bias_frames[1].descendants()) == [dome.bias.read_noise, dome.bias, dome.hot, dome, flat]
    assert list(dome.bias.inverse_objects()) == [dome.hot, dome], 'what was made from it directly'
    assert not flat.descendants() and not flat.inverse_objects()
    assert repr(flat.descendants()) == 'no objects'


def test_what_counts_has_nothing_invalid_among_its_ancestors_and_missed_no_limit(flat):
    other = paper.bias(paper.raws(3, RawBiasFrame))
    assert set(DataObject.select_valid()) == set(DataObject.select_all())
    context.update_is_valid(flat.dome_flat.bias.raw_bias_frames[1], 0)
    assert list(BiasFrame.select_valid()) == [other] and not FlatFrame.select_valid().exists()
    assert len(RawBiasFrame.select_valid()) == 5, 'its siblings count'
    paper.insert(paper.product(HotPixelMap, bias=other, quality_flags=1))
    assert not HotPixelMap.select_valid().exists()
    assert str(BiasFrame.select_valid()) == '(BiasFrame.quality_flags == 0) & (neither invalid nor with an invalid ancestor)'


def test_either_way_is_one_statement_at_any_depth(project):
    bias = paper.bias()
    chain = [paper.insert(paper.raw())]
    deep = bias
    for _ in range(20):
        deep = paper.bias([*bias.raw_bias_frames])
    for way in (paper.hot(deep).ancestors, bias.raw_bias_frames[0].descendants, chain[0].ancestors, bias.inverse_objects):
        with paper.statements() as sent:
            len(way()), way().ids, repr(way())
        assert len(sent) == 3, 'one for each'


def test_a_query_asks_for_several_lineages_at_once(flat):
    raws = list(RawBiasFrame.select_all())
    both = BiasFrame.descends_from(raws[0]) & BiasFrame.descends_from(raws[1])
    assert list(both) == list(BiasFrame.select_all()) == list(both | BiasFrame.used_by(flat))
    assert not (BiasFrame.descends_from(raws[0]) & ~BiasFrame.descends_from(raws[1])).exists()


def test_the_objects_are_read_kind_by_kind(flat):
    object_id = flat.object_id
    del flat
    flat = FlatFrame.get(object_id)
    with paper.statements() as sent:
        [(obj.DATE_OBS, obj.chip.name, getattr(obj, 'EXPTIME', None) if isinstance(obj, RawFrame) else obj.seconds)
         for obj in flat.ancestors()]
    assert len(sent) <= 1 + 6 + 1 + 6, 'the ids, six kinds, their chips'


def test_kinds_among_them(flat):
    found = flat.ancestors()
    assert found.count(RawBiasFrame) == 3 and found.count(RawFrame) == 5 and found.count(RawScienceFrame) == 0
    assert list(found.of_class(BiasFrame)) == [flat.dome_flat.bias]
    assert repr(found) == ('9 objects: 1 BiasFrame, 1 DomeFlatFrame, 1 HotPixelMap, 3 RawBiasFrame, '
                           '2 RawDomeFlatFrame, 1 ReadNoise')


def test_the_inputs_keep_their_order(project):
    raws = paper.raws(12, RawBiasFrame)[::-1]
    object_id = paper.bias(raws).object_id
    assert BiasFrame.get(object_id).raw_bias_frames == raws


def test_uncommitted_objects_have_lineage_like_committed_ones(project):
    raws = paper.raws(3, RawBiasFrame)
    noise = paper.product(ReadNoise, raw_bias_frames=raws, read_noise=2.0)
    bias = paper.product(BiasFrame, raw_bias_frames=raws, read_noise=noise)
    hot = paper.product(HotPixelMap, bias=bias)
    assert list(hot.ancestors()) == [*raws, noise, bias] and bias in hot.ancestors()
    assert list(hot.ancestors().of_class(ReadNoise)) == [noise] and hot.ancestors().count(RawFrame) == 3
    with paper.statements() as sent:
        hot.ancestors()
    assert len(sent) == 1 and 'read_noise: ReadNoise' in str(hot.lineage())
    assert not hot.descendants() and not bias.inverse_objects(), 'nothing else sees them'
    on_committed = paper.product(HotPixelMap, bias=paper.bias(raws))
    assert list(on_committed.ancestors()) == [*raws, on_committed.bias.read_noise, on_committed.bias]


def test_the_tree_prints_what_was_shown_once_not_again(flat):
    dome, (first, _, third) = flat.dome_flat, flat.dome_flat.bias.raw_bias_frames
    one, two = dome.raw_dome_flat_frames
    assert str(flat.lineage()).splitlines() == [
        flat.filename,
        f'└─ dome_flat: {dome.filename}',
        f'   ├─ raw_dome_flat_frames: {one.filename}',
        f'   ├─ raw_dome_flat_frames: {two.filename}',
        f'   ├─ bias: {dome.bias.filename}',
        f'   │  ├─ raw_bias_frames: {first.filename}',
        '   │  ├─ raw_bias_frames: ... 1 more ...',
        f'   │  ├─ raw_bias_frames: {third.filename}',
        f'   │  └─ read_noise: {dome.bias.read_noise.filename}',
        f'   │     ├─ raw_bias_frames: {first.filename}',
        '   │     ├─ raw_bias_frames: ... 1 more ...',
        f'   │     └─ raw_bias_frames: {third.filename}',
        f'   └─ hot: {dome.hot.filename}',
        f'      └─ bias: {dome.bias.filename} (above)']
    assert repr(flat.lineage()) == str(flat.lineage())


def test_the_tree_tells_what_is_not_valid(flat):
    from awlike.context import context
    context.update_is_valid(flat.dome_flat.bias.raw_bias_frames[1], 0)
    context.update_is_valid(flat.dome_flat.hot, 2)
    printed = str(flat.lineage())
    assert f'{flat.dome_flat.bias.raw_bias_frames[1].filename}  [is_valid 0]' in printed and ' more ' not in printed
    assert f'hot: {flat.dome_flat.hot.filename}  [is_valid 2]' in printed


def test_the_tree_costs_no_more_statements_for_more_frames(project):
    def cost(bias):
        with paper.statements() as sent:
            str(BiasFrame.get(bias).lineage())
        return len(sent)

    few, many = paper.bias(paper.raws(3, RawBiasFrame)).object_id, paper.bias(paper.raws(60, RawBiasFrame)).object_id
    assert cost(few) == cost(many)


def test_ancestors_are_seen_by_who_sees_the_product_and_descendants_only_where_visible(home, monkeypatch):
    from awlike.context import context
    context.create_project('P')
    context.set_project('P', 3)
    bias = paper.bias()
    context.set_privileges(1)
    hot = paper.hot(bias)
    assert list(bias.descendants()) == [hot]
    become(monkeypatch, 'eve')
    bias = BiasFrame.get(bias.object_id)
    assert len(bias.ancestors()) == 4 and not bias.descendants() and not bias.inverse_objects()
    assert not DataObject.made_from(bias).exists()


# --- as a graph, in a notebook, for machines ---

def boxes(graph):
    """What stands in the boxes of a graph: class and number."""
    return {box[0] for box in (node.box for node in graph._nodes.values())}


def test_the_graph_has_each_object_once_and_each_list_in_one_box(flat):
    graph = flat.lineage().graph()
    assert boxes(graph) == {'FlatFrame', 'DomeFlatFrame', 'HotPixelMap', 'BiasFrame', 'ReadNoise', 'RawBiasFrame × 3',
                            'RawDomeFlatFrame × 2'}
    assert repr(graph).startswith('<graph of 7 nodes and 8 edges') and f'lineage of {flat}' in graph.svg
    assert flat.lineage().to_svg() == graph.svg and graph.svg.startswith('<svg ')


def test_a_drawing_is_written_whole_or_not_at_all(flat, tmp_path, monkeypatch):
    folder, lineage = tmp_path / 'drawings', flat.lineage()
    with pytest.raises(StoreError, match='there is no folder'):
        lineage.to_svg(folder / 'flat.svg')
    folder.mkdir()
    assert lineage.to_svg(folder / 'flat.svg') == (folder / 'flat.svg').read_text(encoding='utf-8') == lineage.to_svg()
    monkeypatch.setattr(os, 'replace', lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        lineage.to_svg(str(folder / 'other.svg'))
    assert [path.name for path in folder.iterdir()] == ['flat.svg']


def test_the_graph_tells_names_and_what_is_not_valid(flat):
    from awlike.context import context
    assert flat.dome_flat.bias.filename in flat.lineage().graph().svg
    context.update_is_valid(flat.dome_flat.bias.raw_bias_frames[1], 0)
    assert '1 of them [is_valid 0]' in flat.lineage().graph().svg


def test_products_of_a_list_are_folded_with_what_they_were_made_from(project):
    lamps = paper.raws(2, RawDomeFlatFrame)
    flats = [paper.insert(paper.product(DomeFlatFrame, raw_dome_flat_frames=lamps, bias=bias, hot=paper.hot(bias),
                                        filter=paper.filter())) for bias in [paper.bias() for _ in range(2)]]
    node = trees._group(flats, '', {})
    assert node.box[0] == 'DomeFlatFrame × 2'
    assert [one.box[0] for one in node.inputs] == ['RawDomeFlatFrame × 2', 'BiasFrame × 2', 'HotPixelMap × 2']


def test_a_graph_costs_no_more_statements_for_more_frames(project):
    def cost(bias):
        with paper.statements() as sent:
            BiasFrame.get(bias).lineage()._repr_html_()
        return len(sent)

    few, many = paper.bias(paper.raws(3, RawBiasFrame)).object_id, paper.bias(paper.raws(60, RawBiasFrame)).object_id
    assert cost(few) == cost(many)


def test_in_a_notebook_the_tree_unfolds(flat):
    page = flat.lineage()._repr_html_()
    assert page.count('<details') == 6 and '<svg' in page and f'>{flat.dome_flat.bias.read_noise.filename}</span>' in page


def test_for_machines_the_whole_lineage(flat):
    told = json.loads(json.dumps(flat.lineage().to_dict()))
    assert (told['class'], told['role'], told['object_id'], told['filename'], told['is_valid']) == \
        ('FlatFrame', None, str(flat.object_id), flat.filename, 1)
    dome, = told['inputs']
    assert [one['role'] for one in dome['inputs']] == ['raw_dome_flat_frames'] * 2 + ['bias', 'hot']
    bias, hot = dome['inputs'][2:]
    assert len(bias['inputs']) == 4 and hot['inputs'][0]['above'] is True and hot['inputs'][0]['object_id'] == bias['object_id']
    assert bias['inputs'][0]['inputs'] == []


def test_relatives_in_a_notebook_are_counted_without_reading_them(flat):
    with paper.statements() as sent:
        page = flat.ancestors()._repr_html_()
    assert len(sent) == 1 and '<b>9 objects</b>' in page and 'RawBiasFrame</td><td class="awl-number">3' in page
