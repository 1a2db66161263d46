"""A lineage in the terms of the W3C (PROV-DM, https://www.w3.org/TR/prov-dm), by the package `prov`.

===================  ==================================================================================================
PROV                 awlike
===================  ==================================================================================================
entity               each raw frame and product, `urn:uuid:` its object id, with class, file name, digest, date of
                     observation and results; each raw file as it arrived, ``file:`` its digest
activity             the making of each product, ``making:`` its object id: class, version and digest of the code, recipe,
                     process parameters (``par:``); it ended when the product was committed
agent                who made it, a person; the code, libraries and platform, ``software:``, with which it was made
used                 the making of a product used an input, in its role (`prov:role`) and place in the list
wasGeneratedBy       a product by its making
wasDerivedFrom       a product from each of its inputs; a raw frame from its raw file, its primary source
wasAttributedTo      a product to who made it
wasAssociatedWith    a making with who made it, and with the software
===================  ==================================================================================================

Entities have the types that the IVOA Provenance Data Model (REC 1.0) knows, under the name space that `voprov` uses:
`voprov:DatasetEntity` for what is in a file, `voprov:ValueEntity` for what was only measured; `name`, `location` and
`generatedAtTime` of that model are `prov:label`, `awlike:filename` and the time of wasGeneratedBy here.
"""

import datetime
import hashlib
import json
from urllib.parse import quote

from awlike.errors import MissingExtra

_NAMESPACES = {'awlike': 'urn:awlike:', 'obj': 'urn:uuid:', 'making': 'urn:awlike:making:', 'par': 'urn:awlike:parameter:',
               'person': 'urn:awlike:person:', 'software': 'urn:awlike:software:', 'file': 'urn:awlike:raw-file:',
               'voprov': 'http://www.ivoa.net/documents/ProvenanceDM/index.html#'}


def document(provenance):
    """The `prov.model.ProvDocument` of a `Provenance`; its records are in the order of the steps.

    Raises
    ------
    MissingExtra
        When the package `prov` is not installed.
    """
    try:
        from prov.model import ProvDocument
    except ImportError:
        raise MissingExtra("W3C PROV needs the package prov, which is not installed: pip install 'awlike[prov]'") from None
    found = ProvDocument()
    for prefix, uri in _NAMESPACES.items():
        found.add_namespace(prefix, uri)
    inputs, agents = provenance.inputs(), set()
    for entity in provenance.entities:
        _entity(found, entity)
    for entity in provenance.entities:
        if entity.step in inputs:
            _making(found, entity, inputs[entity.step], agents)
        if entity.raw_file:
            _raw_file(found, entity, agents)
    return found


def _entity(found, entity):
    kind = 'voprov:DatasetEntity' if entity.filename or entity.raw_file else 'voprov:ValueEntity'
    found.entity(_name(entity), [
        ('prov:type', found.valid_qualified_name(kind)), ('prov:label', entity.name), ('awlike:class', entity.class_name),
        *_known({'awlike:filename': entity.filename, 'awlike:digest': entity.digest,
                 'awlike:DATE_OBS': _date(entity.DATE_OBS), 'awlike:is_valid': entity.is_valid}),
        *_known({f'awlike:{name}': value for name, value in entity.facts_of('result').items()})])


def _making(found, entity, inputs, agents):
    """The activity that made an entity, what it used, and who did it."""
    making = found.valid_qualified_name(f'making:{entity.object_id}')
    facts, ended = entity.facts_of('making'), _date(entity.creation_date)
    seconds, libraries = facts.pop('seconds', None), facts.pop('libraries', None)
    started = ended - datetime.timedelta(seconds=seconds) if ended and seconds is not None else None
    found.activity(making, started, ended, [
        ('prov:label', f'{entity.class_name}.make'), *_known({f'awlike:{name}': value for name, value in facts.items()}),
        *_known({f'par:{name}': value for name, value in entity.facts_of('parameter').items()})])
    found.wasGeneratedBy(_name(entity), making, ended)
    for role, position, one in inputs:
        found.used(making, _name(one), None, None, [('prov:role', role), ('awlike:position', position)])
        found.wasDerivedFrom(_name(entity), _name(one), making)
    if entity.creator:
        person = _agent(found, agents, f'person:{quote(entity.creator, safe="")}', 'Person', entity.creator)
        found.wasAttributedTo(_name(entity), person)
        found.wasAssociatedWith(making, person)
    if libraries:
        digest = hashlib.blake2b(libraries.encode(), digest_size=6).hexdigest()
        found.wasAssociatedWith(making, _agent(found, agents, f'software:{digest}', 'SoftwareAgent', f'awlike, {libraries}'))


def _agent(found, agents, name, kind, label):
    if name not in agents:
        agents.add(name)
        found.agent(name, [('prov:type', found.valid_qualified_name(f'prov:{kind}')), ('prov:label', label)])
    return name


def _raw_file(found, entity, files):
    """The file in which a raw frame arrived; several frames may lie in one."""
    file = entity.raw_file
    name = f'file:{file.digest}'
    if name not in files:
        files.add(name)
        kind = found.valid_qualified_name('voprov:DatasetEntity')
        found.entity(name, [('prov:type', kind), ('prov:label', file.name), ('awlike:class', 'RawFits'),
                            ('awlike:original_name', file.name), ('awlike:digest', file.digest)])
    found.hadPrimarySource(_name(entity), name, other_attributes=[('awlike:extension', file.hdu)])


def _name(entity):
    return f'obj:{entity.object_id}'


def _known(values):
    """Attributes as PROV can hold them, without those that are not known; tables and lists as JSON."""
    return [(name, json.dumps(value) if isinstance(value, (dict, list)) else value)
            for name, value in values.items() if value is not None]


def _date(text):
    return text and datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC)
