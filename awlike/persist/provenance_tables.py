"""The provenance of a file in the file itself: two tables, so that a file sent by mail explains itself.

`PROVENANCE` has a row for each use of an object of the lineage, as `awlike.persist.provenance.Use`, with what the object
is. `MAKING` has a row for each fact that is known of how one was made; its `VALUE` is JSON, and a long one goes on in the
rows that follow under the same name. Any program that reads FITS tables shows both; nothing of awlike is needed.
"""

import itertools
import json

from awlike.digests import canonical
from awlike.errors import HeaderError
from awlike.fits.small_tables import table_bytes
from awlike.persist.provenance import Entity, Provenance, RecordedFact, RecordedFile, Use

NAMES = 'PROVENANCE', 'MAKING'
_VERSION = 1  # of the layout
_PIECE = 72   # characters of a value in one row

_USES = {
    'STEP': ('number of the object; 1 is what this file holds', None),
    'USED_BY': ('step of the product made from it; 0 for step 1', None),
    'ROLE': 'what it was to that product',
    'POSITION': ('place in a list of that role, from 0', None),
    'CLASS': 'kind of object',
    'FILENAME': 'name of its file, unique for ever',
    'NAME': 'what it is called where it has no file',
    'OBJECT_ID': 'the same in every database',
    'DIGEST': 'BLAKE3 of its pixels and values',
    'DATE_OBS': 'when it was observed (UTC)',
    'CREATION_DATE': 'when it was made or ingested (UTC)',
    'CREATOR': 'by whom',
    'RAW_FILE': 'raw: the file as it arrived',
    'RAW_HDU': ('raw: number of the HDU in that file', -1),
    'RAW_DIGEST': 'raw: BLAKE3 of that file',
}
_FACTS = {
    'STEP': ('number of the object in PROVENANCE', None),
    'KIND': 'parameter, result or making',
    'NAME': 'what it is',
    'VALUE': 'as JSON; long ones go on in the next rows',
    'UNIT': 'its unit',
}
_NOTES = {
    'PROVENANCE': 'The whole lineage of this file: a row for each use of an object, in the order of the tree that it is. '
                  'The inputs of step N are the rows whose USED_BY is N.',
    'MAKING': 'How the products of the lineage were made: process parameters, results, code and libraries.',
}


def provenance_tables(provenance: Provenance) -> bytes:
    """The two tables, to be put at the end of a file."""
    shown = [_columns(entity) for entity in provenance.entities]
    uses = [(use.step, use.user, _ascii(use.role), use.position, *shown[use.step - 1]) for use in provenance.uses]
    facts = [(one.step, fact.kind, _ascii(fact.name), piece, _ascii(fact.unit)) for one in provenance.entities
             for fact in one.facts for piece in _pieces(canonical(fact.value).decode())]
    return b''.join(table_bytes(name, columns, rows, _NOTES[name], _VERSION)
                    for name, columns, rows in zip(NAMES, (_USES, _FACTS), (uses, facts), strict=True))


def _columns(entity):
    file = entity.raw_file or RecordedFile('', -1, '')
    values = (entity.class_name, entity.filename, None if entity.filename else entity.name, entity.object_id, entity.digest,
              entity.DATE_OBS, entity.creation_date, entity.creator, *file)
    return [value if isinstance(value, int) else _ascii(value or '') for value in values]


def _pieces(text):
    """`text` cut so that no piece ends with a blank, which FITS would drop."""
    while text:
        piece = text[:_PIECE].rstrip() or text
        yield piece
        text = text[len(piece):]


def has_provenance(hdus) -> bool:
    """Whether an open FITS file has the two tables."""
    return all(name in hdus for name in NAMES)


def read_provenance(hdus) -> Provenance:
    """The provenance that is in an open FITS file, which has it.

    Raises
    ------
    HeaderError
        When it cannot be read.
    """
    version = hdus[NAMES[0]].header.get('PROVVERS')
    if version != _VERSION:
        raise HeaderError(f'its extension {NAMES[0]} has PROVVERS {version}, this awlike reads {_VERSION}: '
                          'take an awlike as new as the one that wrote it')
    try:
        return _rebuilt(_rows(hdus[NAMES[0]], _USES), _rows(hdus[NAMES[1]], _FACTS))
    except (LookupError, TypeError, ValueError) as error:
        raise HeaderError(f'its extension {NAMES[0]} is damaged ({type(error).__name__}: {error}); '
                          'ask for the file again') from error


def _rows(hdu, columns):
    values = [hdu.data[name].tolist() for name in columns]
    values = [[_text(one) for one in column] if column and isinstance(column[0], str) and name != 'VALUE' else column
              for name, column in zip(columns, values, strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _rebuilt(uses, facts) -> Provenance:
    made = {}
    for (step, kind, name, unit), pieces in itertools.groupby(facts, lambda row: (
            row['STEP'], row['KIND'], row['NAME'], row['UNIT'])):
        made.setdefault(step, []).append(RecordedFact(kind, name, json.loads(''.join(row['VALUE'] for row in pieces)), unit))
    entities = {}
    for row in uses:
        if row['STEP'] not in entities:
            entities[row['STEP']] = _entity(row, tuple(made.get(row['STEP'], ())))
    if [*entities] != [*range(1, len(entities) + 1)] or not entities:
        raise ValueError('its steps are not numbered in order')
    return Provenance(tuple(entities.values()), tuple(
        Use(row['STEP'], row['USED_BY'], row['ROLE'], row['POSITION']) for row in uses))


def _entity(row, facts):
    raw = RecordedFile(row['RAW_FILE'], row['RAW_HDU'], row['RAW_DIGEST']) if row['RAW_HDU'] >= 0 else None
    known = [row[name] or None for name in ('FILENAME', 'DIGEST', 'DATE_OBS', 'CREATION_DATE', 'CREATOR')]
    return Entity(row['STEP'], row['CLASS'], row['OBJECT_ID'], row['FILENAME'] or row['NAME'], *known, raw, facts)


def _ascii(text: str) -> str:
    r"""`text` as FITS can hold it: other characters are written as Python does, as in ``\xfc``, and can be read back."""
    return text.encode('unicode_escape').decode()


def _text(stored: str) -> str:
    """The text that `_ascii` made `stored` of."""
    return stored.encode().decode('unicode_escape')
