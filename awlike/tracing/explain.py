"""A FITS file, its lineage and its making, explained by the file alone: no database is opened."""

import dataclasses
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from astropy.io import fits

from awlike.characters import printable
from awlike.digests import content_digest
from awlike.errors import AwlikeError, HeaderError
from awlike.fits.integrity import check_sums, check_whole
from awlike.fits.opening import load, named, opened, source
from awlike.fits.parts import PART
from awlike.fits.pixel_checks import image_data
from awlike.persist.object_facts import in_words
from awlike.persist.provenance import Entity, Provenance, ProvenanceTree
from awlike.persist.provenance_tables import NAMES, has_provenance, read_provenance
from awlike.products.associations import associations_in
from awlike.products.content import parts_in_file
from awlike.spelling import counted
from awlike.terminal import Readable

_FIRST = 'its header'  # or its pixels, but these have a digest


@dataclasses.dataclass(repr=False)
class FileExplanation(Readable):
    """A file and the provenance in it; print it.

    Attributes
    ----------
    path : pathlib.Path
        The file.
    provenance : Provenance
        The whole lineage; `to_prov()` returns it in the terms of the W3C.
    intact : bool
        Whether pixels and provenance are unchanged since the file was made.
    remarks : list of str
        The findings of that check. Checksums and digests show accidental changes; they are no signature.
    associations : list of (str, str)
        Step of the reduction and file that served for it, where the file has the table ASSOCIATIONS, as an exposure has.
    """

    path: Path
    provenance: Provenance
    intact: bool
    remarks: list[str]
    associations: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def lineage(self) -> ProvenanceTree:
        """Return the lineage as a tree."""
        return ProvenanceTree(self.provenance)

    def to_dict(self) -> dict[str, Any]:
        """Return the explanation as JSON values."""
        files = [{'correction': step, 'file': file} for step, file in self.associations]
        return {'file': str(self.path), 'intact': self.intact, 'remarks': self.remarks, 'steps': self.provenance.to_dict()} | (
            {'associations': files} if files else {})

    def __str__(self) -> str:
        return '\n'.join(map(printable, [str(self.path), *self._what_it_is(), *self._files(), *self._tree(), *self._facts()]))

    def _what_it_is(self) -> list[str]:
        target, raws = self.provenance.target, [one.raw_file for one in self.provenance.entities if one.raw_file]
        rows = [('is', target.name)] + ([('observed', f'{target.DATE_OBS[:19]} UTC')] if target.DATE_OBS else [])
        if target.creation_date:
            rows.append(('ingested' if target.raw_file else 'made', f'{target.creation_date[:19]} UTC by {target.creator}'))
        files = list(dict.fromkeys(raw.name for raw in raws))
        if target.raw_file:
            rows.append(('from', f'HDU {target.raw_file.hdu} of {target.raw_file.name}'))
        elif files:
            rows.append(('from', f'{counted(len(raws), "raw frame")}, in {counted(len(files), "file")} that arrived as '
                         f'{files[0]}'
                         + (f' ... {files[-1]}' if len(files) > 1 else '')))
        return [f'  {name:10}{value}' for name, value in [*rows, *(('check', remark) for remark in self.remarks)]]

    def _files(self) -> Iterator[str]:
        width = max((len(step) for step, _ in self.associations), default=0)
        if self.associations:
            yield from ['', 'files', *(f'  {step:{width}}  {file}' for step, file in self.associations)]

    def _tree(self) -> Iterator[str]:
        if len(self.provenance.entities) > 1:
            yield from ['', 'lineage', *(f'  {line}' for line in self.lineage().lines())]

    def _facts(self) -> Iterator[str]:
        facts = self.provenance.target.facts
        width = max((len(fact.name) for fact in facts), default=0)
        for kind, title in (('parameter', 'process parameters'), ('result', 'results'), ('making', 'making')):
            rows = [f'  {fact.name:{width}}  {_in_words(fact.value)} {fact.unit}'.rstrip()
                    for fact in facts if fact.kind == kind]
            yield from ['', title, *rows] if rows else ()


def _in_words(value: Any) -> str:
    return in_words(value, 10 if isinstance(value, dict) else 6)


def explain(path: str | Path) -> FileExplanation:
    """Explain the file `path`, which awlike wrote, by what is in it; plain or gzipped.

    Raises
    ------
    HeaderError
        When it cannot be read, or has no provenance; then with what its header alone tells.
    """
    with named(path), opened(content := load(path), whole=False) as hdus:
        check_whole(hdus, content)
        if not has_provenance(hdus):
            raise HeaderError(_header_alone(hdus[0].header))
        provenance, changed = read_provenance(hdus), _changed(content)
        same, remark = _pixels(provenance.target, hdus, content, changed)
        spoilt, unsigned = not changed.isdisjoint(NAMES), any('CHECKSUM' not in hdus[name].header for name in NAMES)
        remarks = [remark] + ['its lineage was changed after it was written: do not rely on it'] * spoilt
        remarks += ['whether its lineage is as it was written cannot be told: its CHECKSUM was taken away'] * unsigned
        remarks += [f'{name} was changed after it was written' for name in sorted(changed.difference(NAMES)) if same]
        return FileExplanation(Path(path), provenance, same and not spoilt, remarks,
                               [(one.correction, one.filename_full) for one in associations_in(hdus)])


def explain_all(paths: Iterable[str | Path]) -> tuple[list[FileExplanation], list[AwlikeError]]:
    """`explain` each of `paths`; return the explanations, and the errors of files that cannot be explained."""
    explained: list[FileExplanation] = []
    refused: list[AwlikeError] = []
    for path in paths:
        try:
            explained.append(explain(path))
        except AwlikeError as error:
            refused.append(error)
    return explained, refused


def _pixels(target: Entity, hdus: Any, content: Any, changed: set[str]) -> tuple[bool, str]:
    """Return whether the pixels are those that were made, and the same in words."""
    if target.raw_file:  # its digest covers more than is in the file
        if 'CHECKSUM' not in hdus[0].header:
            return True, 'whether its pixels are as they were written cannot be told: its CHECKSUM was taken away'
        same = _FIRST not in changed
        return same, f'its pixels and header {"are as they were" if same else "were changed after they were"} written'
    image = next((hdu for hdu in hdus if hdu.is_image and hdu.shape and PART not in hdu.header), None)
    found = content_digest(image and image_data(image), target.facts_of('result'), parts_in_file(hdus, content))
    if found == target.digest:
        return True, f'its pixels are those of its digest, {found}'
    return False, (f'its pixels were changed: their digest is {found}, that of what was made {target.digest}'
                   + ('; it was compressed, which changes pixels of floating point' * isinstance(image, fits.CompImageHDU)))


def _changed(content: Any) -> set[str]:
    """Return the parts of the file, by name of extension, that have a false checksum."""
    with fits.open(source(content), memmap=False, disable_image_compression=True) as stored:
        return {hdu.name if number else _FIRST for number, hdu in enumerate(stored) if not _is_as_written(hdu, content)}


def _is_as_written(hdu: Any, content: Any) -> bool:
    try:
        check_sums([hdu], content)
    except HeaderError:
        return False
    return True


def _header_alone(header: fits.Header) -> str:
    """Return the message for a file without provenance, with what its header tells."""
    message = f'there are no extensions {" and ".join(NAMES)}, by which files of awlike explain themselves'
    if 'AWE IN1 ROLE' not in header:
        return f'{message}, nor does its header name what it was made from: it is no product of awlike, or was rewritten'
    inputs = []
    while f'AWE IN{len(inputs) + 1} ROLE' in header:
        inputs.append(f'{header[f"AWE IN{len(inputs) + 1} ROLE"]} {header[f"AWE IN{len(inputs) + 1} NAME"]}')
    return (f'{message}. Its header alone tells: {header.get("FILENAME")}, made by {header.get("CREATOR")} '
            f'from {", ".join(inputs)}. Its database knows the rest: awe lineage {header.get("FILENAME")}')
