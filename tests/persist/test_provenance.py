"""Provenance: the lineage as plain values says what the database says."""

import json

import pytest

from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame
from awlike.persist.links import inputs_of
from awlike.persist.provenance import ProvenanceTree, provenance_of
from awlike.persist.provenance_tables import _pieces
from tests import paper
from tests.conftest import become


@pytest.fixture
def dome(project):
    """A dome flat whose bias is reached on two ways."""
    bias = paper.bias()
    return paper.insert(paper.product(DomeFlatFrame, raw_dome_flat_frames=paper.raws(2, RawDomeFlatFrame), bias=bias,
                                      hot=paper.hot(bias), filter=paper.filter()))


def edges(provenance) -> set:
    return {(provenance.entities[use.user - 1].object_id, use.role, use.position, provenance.entities[use.step - 1].object_id)
            for use in provenance.uses[1:]}


def edges_of(obj) -> set:
    return {(str(one.object_id), role, position, str(input_.object_id))
            for one in [obj, *obj.ancestors()] for role, position, input_ in inputs_of(one)}


def test_it_has_each_object_once_and_each_use(dome):
    found = provenance_of(dome)
    assert {one.object_id for one in found.entities} == {str(one.object_id) for one in [dome, *dome.ancestors()]}
    assert [one.step for one in found.entities] == [*range(1, 10)] and found.target.object_id == str(dome.object_id)
    assert edges(found) == edges_of(dome) and len(found.uses) == 1 + len(edges_of(dome))


def test_uses_are_in_the_order_of_the_tree(dome):
    found = provenance_of(dome)
    names = [(use.role, found.entities[use.step - 1].class_name) for use in found.uses]
    raws = [('raw_bias_frames', 'RawBiasFrame')] * 3
    assert names == [('', 'DomeFlatFrame'), *[('raw_dome_flat_frames', 'RawDomeFlatFrame')] * 2, ('bias', 'BiasFrame'), *raws,
                     ('read_noise', 'ReadNoise'), *raws, ('hot', 'HotPixelMap'), ('bias', 'BiasFrame')]


@pytest.mark.parametrize('text', ['word ' * 100, 'x' * 71 + ' y', 'x' + ' ' * 300 + 'y'])
def test_no_row_of_a_long_value_ends_with_a_blank(text):
    pieces = list(_pieces(text.strip()))
    assert ''.join(pieces) == text.strip() and not any(piece.endswith(' ') for piece in pieces)


def test_an_entity_says_what_the_object_is(dome):
    raw = dome.bias.raw_bias_frames[0]
    found = {one.object_id: one for one in provenance_of(dome).entities}
    told, noise = found[str(raw.object_id)], found[str(dome.bias.read_noise.object_id)]
    assert (told.class_name, told.filename, told.digest) == ('RawBiasFrame', raw.filename, raw.digest)
    assert (told.DATE_OBS, told.creation_date) == (raw.DATE_OBS.isoformat(), raw.creation_date.isoformat())
    assert told.raw_file == (raw.raw_fits.original_name, 1, raw.raw_fits.digest) and told.facts == ()
    assert noise.creator == 'ada' and noise.raw_file is None
    assert ('result', 'read_noise', 2.0, 'adu') in noise.facts and noise.facts_of('making') == {'project': 'TEST'}


def test_who_sees_a_product_gets_its_provenance_whole(home, monkeypatch):
    context.create_project('P')
    context.set_project('P', 3)
    bias = paper.bias()
    expected = provenance_of(bias)
    become(monkeypatch, 'eve')
    assert provenance_of(BiasFrame.get(bias.object_id)) == expected


def test_objects_that_are_not_committed_have_it_too(project):
    bias = paper.bias()
    hot = paper.product(HotPixelMap, bias=bias, count=3)
    found = provenance_of(hot)
    assert edges(found) == edges_of(hot) and found.target.creation_date is None and len(found.entities) == 6


def test_its_tree_reads_as_that_of_the_object(dome):
    assert str(ProvenanceTree(provenance_of(dome))) == str(dome.lineage())


def test_as_a_dict_it_is_json_with_the_inputs_of_each_step(dome):
    steps = json.loads(json.dumps(provenance_of(dome).to_dict()))
    assert steps[0]['inputs'] == [{'role': 'raw_dome_flat_frames', 'position': 0, 'step': 2},
                                  {'role': 'raw_dome_flat_frames', 'position': 1, 'step': 3},
                                  {'role': 'bias', 'position': 0, 'step': 4}, {'role': 'hot', 'position': 0, 'step': 9}]
    assert steps[1]['raw_file']['name'].endswith('.fits') and steps[7]['results'] == {'read_noise': 2.0}
    assert 'raw_file' not in steps[0] and steps[1]['inputs'] == []


def test_it_costs_no_more_statements_for_more_frames(project):
    def cost(object_id):
        with paper.statements() as sent:
            provenance_of(BiasFrame.get(object_id))
        return len(sent)

    few, many = (paper.bias(paper.raws(number, RawBiasFrame)).object_id for number in (3, 60))
    assert cost(few) == cost(many)
