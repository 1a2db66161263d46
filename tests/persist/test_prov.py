"""Lineage as W3C PROV: the records say what the database says, and come back from JSON."""

import builtins
import datetime
import json

import pytest

from awlike.context import context
from awlike.errors import MissingExtra
from awlike.frames.hot_pixels import HotPixelMap
from awlike.persist.links import inputs_of
from awlike.persist.provenance import provenance_of
from tests import paper

model = pytest.importorskip('prov.model')


@pytest.fixture
def hot(project):
    """A hot pixel map that was made in two seconds from a bias of three raw frames."""
    return paper.insert(paper.product(HotPixelMap, bias=paper.bias(), count=7, seconds=2.0, libraries='numpy 2', make_version=1,
                                      process_parameters={'DETECTION_THRESHOLD': 5.0, 'TABLE': {'A': 1}}))


@pytest.fixture
def prov(hot):
    return hot.lineage().to_prov()


def records(prov, kind):
    return [*prov.get_records(getattr(model, kind))]


def of(prov, kind, *attributes):
    """The values of these attributes in the records of a kind, as texts."""
    return [tuple(str(next(iter(one.get_attribute(name)), None)) for name in attributes) for one in records(prov, kind)]


def name(obj):
    return f'obj:{obj.object_id}'


def test_each_object_is_an_entity_and_so_is_each_raw_file(hot, prov):
    found = {str(one.identifier): one for one in records(prov, 'ProvEntity')}
    everything, files = [hot, *hot.ancestors()], {one.raw_fits.digest for one in hot.bias.raw_bias_frames}
    assert found.keys() == {*map(name, everything), *(f'file:{digest}' for digest in files)}
    for obj in everything:
        values = {str(key): value for key, value in found[name(obj)].attributes}
        assert (values['awlike:filename'], values['awlike:digest'], values['awlike:class']) == (
            obj.filename, obj.digest, type(obj).__name__)
        assert values['awlike:DATE_OBS'] == obj.DATE_OBS.replace(tzinfo=datetime.UTC) and values['awlike:is_valid'] == 1
    assert found[name(hot)].identifier.uri == hot.object_id.urn, 'known in every database alike'


def test_inputs_are_used_in_their_roles_and_order(hot, prov):
    making = {name(one): name(one).replace('obj', 'making') for one in [hot, *hot.ancestors()]}
    expected = [(making[name(one)], name(used), role, str(position)) for one in (hot, hot.bias, hot.bias.read_noise)
                for role, position, used in inputs_of(one)]
    used = of(prov, 'ProvUsage', 'prov:activity', 'prov:entity', 'prov:role', 'awlike:position')
    assert sorted(used) == sorted(expected) and used[0] == expected[0] and [u[3] for u in used[1:4]] == ['0', '1', '2']
    derived = of(prov, 'ProvDerivation', 'prov:generatedEntity', 'prov:usedEntity')
    assert {(one.replace('making', 'obj'), two) for one, two, *_ in expected} <= {*derived}


def test_a_raw_frame_is_derived_from_the_file_that_arrived(hot, prov):
    raw = hot.bias.raw_bias_frames[0]
    assert (name(raw), f'file:{raw.raw_fits.digest}') in of(prov, 'ProvDerivation', 'prov:generatedEntity', 'prov:usedEntity')
    assert not any(one[0] == name(raw) for one in of(prov, 'ProvGeneration', 'prov:entity'))


def test_the_making_has_its_time_parameters_and_code(hot, prov):
    making = prov.get_record(f'making:{hot.object_id}')[0]
    end = hot.creation_date.replace(tzinfo=datetime.UTC)
    assert (making.get_startTime(), making.get_endTime()) == (end - datetime.timedelta(seconds=2), end)
    values = {str(key): value for key, value in making.attributes}
    assert values['par:DETECTION_THRESHOLD'] == 5.0 and json.loads(values['par:TABLE']) == {'A': 1}
    assert values['awlike:make_version'] == 1 and str(values['prov:label']) == 'HotPixelMap.make'
    assert (name(hot), f'making:{hot.object_id}') in of(prov, 'ProvGeneration', 'prov:entity', 'prov:activity')


def test_who_made_it_and_with_which_software(hot, prov):
    agents = {str(next(iter(one.get_attribute('prov:label')))): str(next(iter(one.get_asserted_types())))
              for one in records(prov, 'ProvAgent')}
    assert agents == {'ada': 'prov:Person', 'awlike, numpy 2': 'prov:SoftwareAgent'}
    assert (name(hot), 'person:ada') in of(prov, 'ProvAttribution', 'prov:entity', 'prov:agent')
    with_whom = [agent for making, agent in of(prov, 'ProvAssociation', 'prov:activity', 'prov:agent')
                 if making == f'making:{hot.object_id}']
    assert with_whom[0] == 'person:ada' and with_whom[1].startswith('software:')


def test_it_comes_back_from_json(prov):
    assert model.ProvDocument.deserialize(content=prov.serialize(format='json'), format='json') == prov


def test_it_is_written_as_prov_n(hot, prov):
    text = prov.get_provn()
    assert text.startswith('document') and f'wasGeneratedBy(obj:{hot.object_id}, making:{hot.object_id}' in text


def test_names_that_prov_has_no_letters_for(project):
    context.create_project('Große Übersicht')
    context.set_project('Große Übersicht', 2)
    bias = provenance_of(paper.bias())
    prov = type(bias)(tuple(type(one)(**vars(one) | {'creator': 'Zoë (night)'}) for one in bias.entities), bias.uses).to_prov()
    assert model.ProvDocument.deserialize(content=prov.serialize(format='json'), format='json') == prov
    assert 'person:Zo%C3%AB%20%28night%29' in prov.get_provn()


def test_a_raw_frame_alone_was_made_by_nobody(project):
    raw, = paper.raws(1)
    prov = raw.lineage().to_prov()
    assert len(records(prov, 'ProvEntity')) == 2 and not records(prov, 'ProvActivity') and not records(prov, 'ProvAgent')


def test_without_the_package_the_remedy_is_told(hot, monkeypatch):
    def absent(name, *rest, **more):
        if name.startswith('prov'):
            raise ImportError(name)
        return real(name, *rest, **more)

    real = builtins.__import__
    monkeypatch.setattr(builtins, '__import__', absent)
    with pytest.raises(MissingExtra, match=r"not installed: pip install 'awlike\[prov\]'"):
        hot.lineage().to_prov()
