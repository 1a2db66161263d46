"""A lineage in the terms of the W3C (PROV-DM, https://www.w3.org/TR/prov-dm), as a document of the package `prov`.

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
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from awlike.errors import MissingExtra

if TYPE_CHECKING:
    from awlike.persist.provenance import Entity, Provenance, RecordedFile

_NAMESPACES = {'awlike': 'urn:awlike:', 'obj': 'urn:uuid:', 'making': 'urn:awlike:making:', 'par': 'urn:awlike:parameter:',
               'person': 'urn:awlike:person:', 'software': 'urn:awlike:software:', 'file': 'urn:awlike:raw-file:',
               'voprov': 'http://www.ivoa.net/documents/ProvenanceDM/index.html#'}


def document(provenance: 'Provenance') -> Any:
    """Return the `prov.model.ProvDocument` of a `Provenance`; its records are in the order of the steps.

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
    inputs = provenance.inputs()
    added: set[str] = set()  # names of agents and raw files, which each stand in the document once
    for entity in provenance.entities:
        _entity(found, entity)
    for entity in provenance.entities:
        if entity.step in inputs:
            _making(found, entity, inputs[entity.step], added)
        if entity.raw_file:
            _raw_file(found, entity, entity.raw_file, added)
    return found


def _entity(found: Any, entity: 'Entity') -> None:
    kind = 'voprov:DatasetEntity' if entity.filename or entity.raw_file else 'voprov:ValueEntity'
    found.entity(_name(entity), [
        ('prov:type', found.valid_qualified_name(kind)), ('prov:label', entity.name), ('awlike:class', entity.class_name),
        *_known({'awlike:filename': entity.filename, 'awlike:digest': entity.digest,
                 'awlike:DATE_OBS': _date(entity.DATE_OBS), 'awlike:is_valid': entity.is_valid}),
        *_known({f'awlike:{name}': value for name, value in entity.facts_of('result').items()})])


def _making(found: Any, entity: 'Entity', inputs: 'Iterable[tuple[str, int, Entity]]', added: set[str]) -> None:
    """Add the activity that made an entity, with its inputs and agents."""
    making = found.valid_qualified_name(f'making:{entity.object_id}')
    facts, ended = entity.facts_of('making'), _date(entity.creation_date)
    seconds, libraries = facts.pop('seconds', None), facts.pop('libraries', None)
    started = ended - datetime.timedelta(seconds=seconds) if ended and seconds is not None else None
    found.activity(making, started, ended, [
        ('prov:label', f'{entity.class_name}.make'), *_known({f'awlike:{name}': value for name, value in facts.items()}),
        *_known({f'par:{name}': value for name, value in entity.facts_of('parameter').items()})])
    found.wasGeneratedBy(_name(entity), making, ended)
    for role, position, used in inputs:
        found.used(making, _name(used), None, None, [('prov:role', role), ('awlike:position', position)])
        found.wasDerivedFrom(_name(entity), _name(used), making)
    if entity.creator:
        person = _agent(found, added, f'person:{quote(entity.creator, safe="")}', 'Person', entity.creator)
        found.wasAttributedTo(_name(entity), person)
        found.wasAssociatedWith(making, person)
    if libraries:
        digest = hashlib.blake2b(libraries.encode(), digest_size=6).hexdigest()
        found.wasAssociatedWith(making, _agent(found, added, f'software:{digest}', 'SoftwareAgent', f'awlike, {libraries}'))


def _agent(found: Any, added: set[str], name: str, kind: str, label: str) -> str:
    """Add an agent, unless the document has it; return its name."""
    if name not in added:
        added.add(name)
        found.agent(name, [('prov:type', found.valid_qualified_name(f'prov:{kind}')), ('prov:label', label)])
    return name


def _raw_file(found: Any, entity: 'Entity', file: 'RecordedFile', added: set[str]) -> None:
    """Add the file in which a raw frame arrived; several frames may lie in one file."""
    name = f'file:{file.digest}'
    if name not in added:
        added.add(name)
        kind = found.valid_qualified_name('voprov:DatasetEntity')
        found.entity(name, [('prov:type', kind), ('prov:label', file.name), ('awlike:class', 'RawFits'),
                            ('awlike:original_name', file.name), ('awlike:digest', file.digest)])
    found.hadPrimarySource(_name(entity), name, other_attributes=[('awlike:extension', file.hdu)])


def _name(entity: 'Entity') -> str:
    return f'obj:{entity.object_id}'


def _known(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return the known ones of `values` as attributes that PROV can hold; tables and lists as JSON."""
    return [(name, json.dumps(value) if isinstance(value, (dict, list)) else value)
            for name, value in values.items() if value is not None]


def _date(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC) if text else None
