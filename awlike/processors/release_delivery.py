"""A release in a folder: the files of its members, their lineage, checksums, and an RO-Crate that describes them."""

import json
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any

from awlike.characters import printable
from awlike.errors import StoreError
from awlike.persist.provenance import provenance_of
from awlike.persist.release import Release
from awlike.placing import place_folder
from awlike.processors.checksums import SUMS, write_sums
from awlike.products.frame import Frame
from awlike.products.raw import RawFrame
from awlike.progress import Progress
from awlike.store import server

CRATE = 'ro-crate-metadata.json'
LINEAGE = 'lineage.json'
_PROFILE = 'https://w3id.org/ro/crate/1.1'


def deliver_release(release: Release, folder: Path) -> list[Path]:
    """Write the members of a release into a new folder, whole or not at all; return the files.

    Each file is that of the member, byte by byte; a file that was dropped is made again. ``lineage.json`` has the lineage of
    each member down to raw frames; ``ro-crate-metadata.json`` describes all as an RO-Crate 1.1; ``SHA256SUMS`` is for
    ``sha256sum --check``. Members without a file, as measured values, are in the lineage alone.
    """
    return sorted(place_folder(folder, lambda temporary: _fill(temporary, release)).iterdir())


def _fill(folder: Path, release: Release) -> None:
    members = list(release.members())
    named: dict[str, Any] = {}
    with Progress('deliver', len(members)) as progress, open(folder / LINEAGE, 'w', encoding='utf-8') as lineages:
        lineages.write('{')
        for number, member in enumerate(members):
            if isinstance(member, RawFrame) or (isinstance(member, Frame) and member.filename):
                named[_copied(member, folder).name] = member
            lineages.write((',\n' if number else '\n') + json.dumps(str(member.object_id)) + ': '
                           + json.dumps(provenance_of(member).to_dict(), default=str))
            progress.advance()
        lineages.write('\n}\n')
    sums = write_sums(folder)
    (folder / CRATE).write_text(json.dumps(_crate(release, folder, named, sums), indent=1, ensure_ascii=False) + '\n', 'utf-8')
    write_sums(folder)


def _copied(member: Any, folder: Path) -> Path:
    """Put the file of a member into `folder`, and return its path there: of a raw frame the file as it arrived."""
    holder = member.raw_fits if isinstance(member, RawFrame) else member
    check_name(holder.filename, (CRATE, LINEAGE, SUMS))
    path = folder / holder.filename
    if not path.exists():  # several detectors may share a raw file
        shutil.copyfile(server().open_path(holder.filename) if holder is not member else member._path(), path)
    return path


def check_name(name: str, taken: Collection[str] = ()) -> None:
    """Refuse a name that no delivered file can have: anybody may have written the name of a frame into the database.

    `taken` are the names of other files that the folder has. Raises StoreError.
    """
    if '/' in name or name.startswith(('.', '-')) or '\\' in name or printable(name) != name:
        raise StoreError(f'{name!r} cannot be the name of a file that is delivered: it must be a plain file name')
    if name in taken:
        raise StoreError(f'{name!r} cannot be the name of a file that is delivered: a delivery has a file of its own called so')


def _crate(release: Release, folder: Path, named: dict[str, Any], sums: dict[str, str]) -> dict[str, Any]:
    """Return the description of the folder as an RO-Crate: https://www.researchobject.org/ro-crate/specification/1.1."""
    person = {'@id': f'#{release.creator.name}', '@type': 'Person', 'name': release.creator.name}
    files = [{'@id': name, '@type': 'File', 'name': name, 'contentSize': str((folder / name).stat().st_size),
              'encodingFormat': 'application/fits' if name in named else 'application/json', 'sha256': sums[name],
              **_described(named.get(name))} for name in sorted(sums)]
    root = {'@id': './', '@type': 'Dataset', 'name': release.name, 'datePublished': f'{release.creation_date:%Y-%m-%d}',
            'description': release.comment or f'{release}: {release.rule}', 'identifier': f'urn:uuid:{release.object_id}',
            'creator': {'@id': person['@id']}, 'hasPart': [{'@id': one['@id']} for one in files]}
    head = {'@id': CRATE, '@type': 'CreativeWork', 'conformsTo': {'@id': _PROFILE}, 'about': {'@id': './'}}
    return {'@context': f'{_PROFILE}/context', '@graph': [head, root, person, *files]}


def _described(member: Any) -> dict[str, Any]:
    """Return what a crate says of the file of a member beside its name and size."""
    if member is None:
        return {'description': 'the lineage of each member, down to raw frames'}
    return {'additionalType': type(member).__name__, 'identifier': f'urn:uuid:{member.object_id}',
            'dateCreated': f'{member.creation_date:%Y-%m-%dT%H:%M:%S}'}

