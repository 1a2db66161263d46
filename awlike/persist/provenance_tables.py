"""The provenance of a file in the file itself: two tables, so that a file sent by mail explains itself.

`PROVENANCE` has a row for each `awlike.persist.provenance.Use` of an object of the lineage, with the facts that identify
the object. `MAKING` has a row for each fact of the making of an object; its `VALUE` is JSON, and a long value goes on in the
rows that follow under the same name. Any program that reads FITS tables shows both, without awlike.
"""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from awlike.digests import canonical
from awlike.errors import HeaderError
from awlike.fits.hdus import Hdus
from awlike.fits.small_tables import table_bytes
from awlike.persist.provenance import Entity, Provenance, RecordedFact, RecordedFile, Use

if TYPE_CHECKING:
    from astropy.io.fits import BinTableHDU

NAMES = 'PROVENANCE', 'MAKING'
_VERSION = 1  # of the layout
_PIECE = 72   # characters of a value in one row

_USES: dict[str, str | tuple[str, int | None]] = {
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
_FACTS: dict[str, str | tuple[str, int | None]] = {
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
    """Return the two tables as they stand at the end of a file."""
    cells = [_cells(entity) for entity in provenance.entities]
    uses = [(use.step, use.user, _ascii(use.role), use.position, *cells[use.step - 1]) for use in provenance.uses]
    facts = [(entity.step, fact.kind, _ascii(fact.name), piece, _ascii(fact.unit)) for entity in provenance.entities
             for fact in entity.facts for piece in _pieces(canonical(fact.value).decode())]
    return b''.join(table_bytes(name, columns, rows, _NOTES[name], _VERSION)
                    for name, columns, rows in zip(NAMES, (_USES, _FACTS), (uses, facts), strict=True))


def _cells(entity: Entity) -> list[int | str]:
    """Return the cells of `PROVENANCE` that describe `entity`, from `CLASS` on."""
    file = entity.raw_file or RecordedFile('', -1, '')
    values = (entity.class_name, entity.filename, None if entity.filename else entity.name, entity.object_id, entity.digest,
              entity.DATE_OBS, entity.creation_date, entity.creator, *file)
    return [value if isinstance(value, int) else _ascii(value or '') for value in values]


def _pieces(text: str) -> Iterator[str]:
    """Cut `text` so that no piece ends with a blank, which FITS would drop."""
    while text:
        piece = text[:_PIECE].rstrip() or text
        yield piece
        text = text[len(piece):]


def has_provenance(hdus: Hdus) -> bool:
    """Return whether an open FITS file has the two tables."""
    return all(name in hdus for name in NAMES)


def read_provenance(hdus: Hdus) -> Provenance:
    """Read the provenance from an open FITS file that has the two tables.

    Raises
    ------
    HeaderError
        When a later version of awlike wrote the tables, or they are damaged.
    """
    uses = cast('BinTableHDU', hdus[NAMES[0]])
    version = uses.header.get('PROVVERS')
    if version != _VERSION:
        raise HeaderError(f'its extension {NAMES[0]} has PROVVERS {version}, this awlike reads {_VERSION}: '
                          'take an awlike as new as the one that wrote it')
    try:
        return _rebuilt(_rows(uses, _USES), _rows(cast('BinTableHDU', hdus[NAMES[1]]), _FACTS))
    except (LookupError, TypeError, ValueError) as error:
        raise HeaderError(f'its extension {NAMES[0]} is damaged ({type(error).__name__}: {error}); '
                          'ask for the file again') from error


def _rows(hdu: 'BinTableHDU', columns: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a table as values by column."""
    values = [hdu.data[name].tolist() for name in columns]
    values = [[_text(cell) for cell in column] if column and isinstance(column[0], str) and name != 'VALUE' else column
              for name, column in zip(columns, values, strict=True)]
    return [dict(zip(columns, row, strict=True)) for row in zip(*values, strict=True)]


def _rebuilt(uses: list[dict[str, Any]], facts: list[dict[str, Any]]) -> Provenance:
    """Return the provenance whose tables have these rows."""
    made: dict[int, list[RecordedFact]] = {}
    for (step, kind, name, unit), pieces in itertools.groupby(facts, lambda row: (
            row['STEP'], row['KIND'], row['NAME'], row['UNIT'])):
        made.setdefault(step, []).append(RecordedFact(kind, name, json.loads(''.join(row['VALUE'] for row in pieces)), unit))
    entities: dict[int, Entity] = {}
    for row in uses:
        if row['STEP'] not in entities:
            entities[row['STEP']] = _entity(row, tuple(made.get(row['STEP'], ())))
    if [*entities] != [*range(1, len(entities) + 1)] or not entities:
        raise ValueError('its steps are not numbered in order')
    return Provenance(tuple(entities.values()), tuple(
        Use(row['STEP'], row['USED_BY'], row['ROLE'], row['POSITION']) for row in uses))


def _entity(row: Mapping[str, Any], facts: tuple[RecordedFact, ...]) -> Entity:
    raw = RecordedFile(row['RAW_FILE'], row['RAW_HDU'], row['RAW_DIGEST']) if row['RAW_HDU'] >= 0 else None
    filename, digest, observed, created, creator = (
        row[name] or None for name in ('FILENAME', 'DIGEST', 'DATE_OBS', 'CREATION_DATE', 'CREATOR'))
    return Entity(row['STEP'], row['CLASS'], row['OBJECT_ID'], filename or row['NAME'], filename, digest, observed, created,
                  creator, raw, facts)


def _ascii(text: str) -> str:
    r"""Return `text` as FITS can hold it: other characters are escaped as in Python, ``\xfc``, and can be read back."""
    return text.encode('unicode_escape').decode()


def _text(stored: str) -> str:
    """Return the text that `_ascii` stored as `stored`."""
    return stored.encode().decode('unicode_escape')
