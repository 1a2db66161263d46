"""Batches of selections: XML files of centres and radii, as users of Terapix wrote them."""

import dataclasses
from pathlib import Path
from typing import Any
from xml.parsers import expat

from awlike.errors import AwlikeError, ParameterError
from awlike.query.query import Query

_LARGEST = 10_000_000  # bytes
_FIELDS = ('label', 'alpha', 'delta', 'radius', 'filter')
_NEEDED = _FIELDS[:4]
_HOW = '<batch><selection><label>D1</label><alpha>36.5</alpha><delta>-4.5</delta><radius>0.5</radius></selection></batch>'


@dataclasses.dataclass(frozen=True)
class BatchedSelection:
    """A selection of a batch: what it is called, its centre and radius (deg), and the name of a filter, if it names one."""

    label: str
    alpha: float
    delta: float
    radius: float
    filter: str = ''

    def query(self, cls: type[Any]) -> Query:
        """Return the query for the frames of `cls` that point there."""
        try:
            found = cls.within(self.alpha, self.delta, self.radius)
        except AwlikeError as error:
            raise ParameterError(f'selection {self.label}: {error}') from error
        return found & (cls.filter.name == self.filter) if self.filter else found


def read_batch(path: Path) -> list[BatchedSelection]:
    """Return the selections of a file.

    Nothing but elements and texts is read: a document type, and with it every entity, is refused.

    Raises
    ------
    ParameterError
        When the file is no such batch; names the line.
    """
    try:
        content = path.read_bytes() if path.stat().st_size <= _LARGEST else None
    except OSError as error:
        raise ParameterError(f'{path} cannot be read: {error.strerror or error}') from error
    if content is None:
        raise ParameterError(f'{path} has more than {_LARGEST:,} bytes: divide it')
    reader = _Reader(path)
    try:
        reader.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise ParameterError(f'{path} is no XML: {error}. It is written as {_HOW}') from None
    if not reader.found:
        raise ParameterError(f'{path} has no selections. It is written as {_HOW}')
    return reader.found


class _Reader:
    """Reads the elements of one file."""

    def __init__(self, path: Path) -> None:
        self.found: list[BatchedSelection] = []
        self.parser = expat.ParserCreate()
        self._path, self._open, self._values, self._text = path, [], {}, ''
        self.parser.StartDoctypeDeclHandler = self._doctype
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._start, self._end
        self.parser.CharacterDataHandler = self._characters

    def _refuse(self, reason: str) -> ParameterError:
        return ParameterError(f'{self._path}, line {self.parser.CurrentLineNumber}: {reason}. It is written as {_HOW}')

    def _doctype(self, *_: Any) -> None:
        raise self._refuse('a document type, with which a file can read others or grow without bound, is not read')

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        expected = {0: ('batch',), 1: ('selection',), 2: _FIELDS}.get(len(self._open), ())
        if name not in expected:
            where = f'in <{self._open[-1]}>' if self._open else 'at the beginning'
            raise self._refuse(f'<{name}> stands {where}' + (f', where <{"> or <".join(expected)}> stands' if expected else ''))
        if attributes:
            raise self._refuse(f'<{name}> has the attribute {next(iter(attributes))}, which nothing reads')
        if name in self._values:
            raise self._refuse(f'the selection has two <{name}>')
        self._open.append(name)
        self._text = ''
        if name == 'selection':
            self._values = {}

    def _characters(self, text: str) -> None:
        if len(self._open) < 3 and text.strip():
            raise self._refuse(f'{text.strip()[:40]!r} stands outside of the elements that have texts')
        self._text += text

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == 'selection':
            self._add()
        elif name in _FIELDS:
            self._values[name] = self._text.strip()

    def _add(self) -> None:
        values = self._values
        absent = [name for name in _NEEDED if not values.get(name)]
        if absent:
            raise self._refuse(f'selection {values.get("label") or len(self.found) + 1} has no <{absent[0]}>')
        label = values['label']
        if label in (one.label for one in self.found):
            raise self._refuse(f'the label {label!r} is there twice')
        alpha, delta, radius = (self._number(label, name) for name in ('alpha', 'delta', 'radius'))
        self.found.append(BatchedSelection(label, alpha, delta, radius, values.get('filter', '')))
        self._values = {}

    def _number(self, label: str, name: str) -> float:
        try:
            return float(self._values[name])
        except ValueError:
            raise self._refuse(f'<{name}> of selection {label} is {self._values[name][:40]!r}, and no number of '
                               'degrees') from None
