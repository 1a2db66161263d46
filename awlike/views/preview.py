"""The first rows of a query, as a table of text or HTML."""

import dataclasses
import datetime
import os
from collections.abc import Callable, Sequence
from typing import Any

from typing_extensions import override

from awlike.characters import printable
from awlike.terminal import Safe, columns

FILE = 'filename'  # the heading of the column of names, where that is not the first
_PLACE = 3  # columns of date and place
_LONGEST = 24  # characters of a text outside of the first column


@dataclasses.dataclass
class Preview(Safe):
    """The number of objects of a query, and some columns of the first objects.

    Attributes
    ----------
    title, number : str, int
        The query, and the number of its objects.
    names, units : list of str
        The names and units of the columns; the column 'filename', or else the first, names the objects.
    rows : list of tuple
        The values; None where a value is missing.
    """

    title: str
    number: int
    names: list[str]
    units: list[str]
    rows: Sequence[tuple[Any, ...]]

    @property
    def rest(self) -> str:
        """The number of objects that are not shown, in words; empty when all are shown."""
        left = self.number - len(self.rows)
        return f'... and {left} more' if left > 0 else ''

    def cells(self) -> list[list[str]]:
        """Return the values as texts."""
        return [[as_cell(value) for value in row] for row in self.rows]

    def filled(self) -> 'Preview':
        """Return the same preview without empty columns."""
        return self._with([n for n in range(len(self.names))
                           if not self.rows or any(row[n] is not None for row in self.rows)])

    def within(self, width: int) -> 'Preview':
        """Return the same preview with as many columns as `width` characters hold.

        Where names of files stand behind other columns, they lose their beginning first. Otherwise columns that the first
        column tells already are left out first; where not even the first column fits, its texts lose their common beginning.
        """
        if self._name:
            return self._within_before_names(width)
        fitting = self if self._widths()[0] + 2 <= width else self._shortened()
        shown, widths = list(range(len(fitting.names))), fitting._widths()
        while len(shown) > 1 and sum(widths[n] + 2 for n in shown) > width:
            shown.remove(next((n for n in shown[1:] if fitting._is_in_name(n)), shown[-1]))
        return fitting._with(shown)

    @property
    def _name(self) -> int:
        """The column that names the objects."""
        return self.names.index(FILE) if FILE in self.names else 0

    def _within_before_names(self, width: int) -> 'Preview':
        """Return the same preview for a `width` in characters; date and place, its first columns, stay before names do."""
        for fitting in (self, self._shortened(), self._ends()):
            if fitting._width() <= width:
                return fitting
        fitting = self._ends()
        while fitting._width() > width and len(fitting.names) > 1:
            others = [n for n in range(_PLACE, len(fitting.names)) if n != fitting._name]
            out = (others or [len(fitting.names) - 1])[-1]
            fitting = fitting._with([n for n in range(len(fitting.names)) if n != out])
        return fitting

    @override
    def __str__(self) -> str:
        return self.within(columns())._as_text()

    def _as_text(self) -> str:
        widths, numbers = self._widths(), [self.is_number(column) for column in range(len(self.names))]
        lines = ['  ' + '  '.join(_aligned(*cell) for cell in zip(row, widths, numbers, strict=True)).rstrip()
                 for row in self._table()] if self.rows else []
        return '\n'.join([self.title, *lines, *([f'  {self.rest}'] if self.rest else [])])

    def _table(self) -> list[list[str]]:
        units = [[f'[{unit}]' if unit else '' for unit in self.units]] if any(self.units) else []
        cells = [[text if n == self._name else _cut(text) for n, text in enumerate(row)] for row in self.cells()]
        return [self.names, *units, *cells]

    def _widths(self) -> list[int]:
        return [max(map(len, cells)) for cells in zip(*self._table(), strict=True)]

    def _width(self) -> int:
        return sum(width + 2 for width in self._widths())

    def is_number(self, column: int) -> bool:
        """Return whether the values of a column are numbers."""
        return any(isinstance(row[column], int | float) for row in self.rows)

    def _is_in_name(self, column: int) -> bool:
        """Return whether the first column tells a column, as names of files tell chip, filter and date.

        A number does not count: its digits are in a name by chance.
        """
        return not self.is_number(column) and all(_letters(row[column]) in _letters(row[0]) for row in self.cells())

    def _shortened(self) -> 'Preview':
        """Return the same preview with names that lost their common beginning."""
        same = os.path.commonprefix([row[self._name] or '' for row in self.rows]).rpartition('_')[0]
        return self._renamed(lambda name: f'..{name[len(same):]}') if same else self

    def _ends(self) -> 'Preview':
        """Return the same preview with the ends of names, behind class, place and date."""
        return self._renamed(lambda name: f'.._{name.rpartition("_")[2]}' if '_' in name else name)

    def _renamed(self, change: Callable[[str], str]) -> 'Preview':
        column = self._name
        rows = [(*row[:column], row[column] and change(row[column]), *row[column + 1:]) for row in self.rows]
        return dataclasses.replace(self, rows=rows)

    def _with(self, shown: Sequence[int]) -> 'Preview':
        return dataclasses.replace(self, names=[self.names[n] for n in shown], units=[self.units[n] for n in shown],
                                   rows=[tuple(row[n] for n in shown) for row in self.rows])


def as_cell(value: object) -> str:
    """Return a value as text for a cell of a table."""
    if value is None:
        return '-'
    if isinstance(value, datetime.datetime):
        return f'{value:%Y-%m-%d %H:%M:%S}'
    return f'{value:.6g}' if isinstance(value, float) else printable(str(value))


def _letters(text: str) -> str:
    return ''.join(filter(str.isalnum, text.replace('T', '')))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST - 3]}...'


def _aligned(text: str, width: int, right: bool) -> str:
    return f'{text:>{width}}' if right else f'{text:{width}}'
