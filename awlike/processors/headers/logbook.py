"""Logbooks: tables of observers, a row for each plate, which scripts look up by a part of a file's name.

::

    self.logbook = api.Logbook(os.path.join(dd.rd.resdir, 'res/plates.csv'), key='plate')   # once
    row = self.logbook.rowFor(srcName, r'_(\\w+)[.]fits$')                                   # for each file: a dict
"""

import csv
import io
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from typing_extensions import override

from awlike.errors import NotFound, ParameterError
from awlike.processors.files.processor import CannotComputeHeader
from awlike.spelling import near

_DELIMITERS = ';\t,|'


class Logbook(Mapping[str, dict[str, str]]):
    """A table in a text file; a mapping from the value of the column `key` to a row, which is a dict of texts.

    Parameters
    ----------
    path : path
        A file of text in UTF-8. Its first line names the columns.
    key : str, optional
        The column by which rows are found. Default: the first one.
    delimiter : str, optional
        What separates the columns. Default: the one of ``;``, tab, ``,`` and ``|`` that the first line has most.

    Raises
    ------
    ParameterError
        When the file is not UTF-8, has no such column, or has two rows with one key.
    NotFound
        When there is no such file.
    """

    def __init__(self, path: str | os.PathLike[str], key: str | None = None, delimiter: str | None = None) -> None:
        self.path = Path(path)
        text = self._text()
        first = text.partition('\n')[0]
        if not first.strip():
            raise ParameterError(f'{path}: the first line is empty; it names the columns')
        rows = csv.reader(io.StringIO(text, newline=''), delimiter=delimiter or max(_DELIMITERS, key=first.count))
        self.columns = [name.strip() for name in next(rows)]
        self.key = self.columns[0] if key is None else key
        if self.key not in self.columns:
            raise ParameterError(f'{path}: there is no column {self.key}{near(self.key, self.columns)}: '
                                 f'there are {", ".join(self.columns)}')
        self._rows: dict[str, dict[str, str]] = {}
        for row in rows:
            self._add(row, rows.line_num)

    def rowFor(self, srcName: str, pattern: str) -> dict[str, str]:
        """Return the row of a file.

        Parameters
        ----------
        srcName : str
            The path of the file.
        pattern : str
            A regular expression; its group is the key within the path.

        Raises
        ------
        CannotComputeHeader
            When the path does not match, or the logbook has no such row.
        """
        found = re.search(pattern, srcName)
        if found is None:
            raise CannotComputeHeader(f'{os.path.basename(srcName)} has no key that {pattern} finds')
        key = found[1] if found.re.groups else found[0]
        if key not in self._rows:
            raise CannotComputeHeader(f'{self.path.name} has no row with {self.key} {key}{near(key, self._rows)}')
        return self._rows[key]

    @override
    def __getitem__(self, key: str) -> dict[str, str]:
        return self._rows[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    @override
    def __len__(self) -> int:
        return len(self._rows)

    def _text(self) -> str:
        try:
            return self.path.read_text('utf-8-sig')
        except UnicodeDecodeError as error:
            raise ParameterError(f'{self.path} is not UTF-8 (byte {error.start}): convert it, as '
                                 f'iconv -f CP1251 -t UTF-8 {self.path.name}') from None
        except OSError as error:
            raise NotFound(f'{self.path}: the logbook cannot be read ({error.strerror}); check the path') from None

    def _add(self, values: list[str], line: int) -> None:
        if not any(value.strip() for value in values):
            return
        if len(values) > len(self.columns):
            raise ParameterError(f'{self.path}, line {line}: {len(values)} values for {len(self.columns)} columns; quote a '
                                 'value that has the delimiter in it')
        texts = [value.strip() for value in values] + [''] * (len(self.columns) - len(values))
        row = dict(zip(self.columns, texts, strict=True))
        if row[self.key] in self._rows:
            raise ParameterError(f'{self.path}, line {line}: {self.key} {row[self.key]} stands in an earlier line, '
                                 'too: remove one')
        self._rows[row[self.key]] = row
