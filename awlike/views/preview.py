"""The first rows of a query, as a table of text or of HTML."""

import dataclasses
import datetime
import os
from collections.abc import Sequence
from typing import Any

from awlike.terminal import columns, printable

_LONGEST = 24  # characters of a text other than the first column


@dataclasses.dataclass
class Preview:
    """How many objects a query has, and some columns of the first of them.

    Attributes
    ----------
    title, number : str, int
        What is asked for, and how many there are.
    names, units : list of str
        Of the columns; the first names the objects.
    rows : list of tuple
        The values; None where there is none.
    """

    title: str
    number: int
    names: list[str]
    units: list[str]
    rows: Sequence[tuple[Any, ...]]

    @property
    def rest(self) -> str:
        """How many are not shown, in words; empty when none."""
        left = self.number - len(self.rows)
        return f'... and {left} more' if left > 0 else ''

    def cells(self) -> list[list[str]]:
        """The values in words."""
        return [[as_cell(value) for value in row] for row in self.rows]

    def filled(self) -> 'Preview':
        """The same without columns in which there is nothing."""
        return self._with([n for n in range(len(self.names))
                           if not self.rows or any(row[n] is not None for row in self.rows)])

    def within(self, width: int) -> 'Preview':
        """The same with as many columns as `width` characters hold: what the first one tells already is left out first.

        Where not even names fit, they lose what they begin with in common.
        """
        this = self if self._widths()[0] + 2 <= width else self._shortened()
        shown, widths = list(range(len(this.names))), this._widths()
        while len(shown) > 1 and sum(widths[n] + 2 for n in shown) > width:
            shown.remove(next((n for n in shown[1:] if this._is_in_name(n)), shown[-1]))
        return this._with(shown)

    def __str__(self):
        return self.within(columns())._as_text()

    def _as_text(self) -> str:
        widths, numbers = self._widths(), [self.is_number(column) for column in range(len(self.names))]
        lines = ['  ' + '  '.join(_aligned(*cell) for cell in zip(row, widths, numbers, strict=True)).rstrip()
                 for row in self._table()] if self.rows else []
        return '\n'.join([self.title, *lines, *([f'  {self.rest}'] if self.rest else [])])

    def _table(self) -> list[list[str]]:
        units = [[f'[{unit}]' if unit else '' for unit in self.units]] if any(self.units) else []
        return [self.names, *units, *([row[0], *map(_cut, row[1:])] for row in self.cells())]

    def _widths(self) -> list[int]:
        return [max(map(len, cells)) for cells in zip(*self._table(), strict=True)]

    def is_number(self, column) -> bool:
        """Whether the values of a column are numbers."""
        return any(isinstance(row[column], int | float) for row in self.rows)

    def _is_in_name(self, column) -> bool:
        """Whether the first column tells it, as names of files tell chip, filter and date; a number is in them by chance."""
        return not self.is_number(column) and all(_letters(row[column]) in _letters(row[0]) for row in self.cells())

    def _shortened(self) -> 'Preview':
        same = os.path.commonprefix([row[0] or '' for row in self.rows]).rpartition('_')[0]
        rows = [(f'..{row[0][len(same):]}', *row[1:]) for row in self.rows]
        return dataclasses.replace(self, rows=rows) if same else self

    def _with(self, kept) -> 'Preview':
        return dataclasses.replace(self, names=[self.names[n] for n in kept], units=[self.units[n] for n in kept],
                                   rows=[tuple(row[n] for n in kept) for row in self.rows])


def as_cell(value) -> str:
    """A value as it stands in a table."""
    if value is None:
        return '-'
    if isinstance(value, datetime.datetime):
        return f'{value:%Y-%m-%d %H:%M:%S}'
    return f'{value:.6g}' if isinstance(value, float) else printable(str(value))


def _letters(text) -> str:
    return ''.join(filter(str.isalnum, text.replace('T', '')))


def _cut(text) -> str:
    return text if len(text) <= _LONGEST else f'{text[:_LONGEST - 3]}...'


def _aligned(text, width, right) -> str:
    return f'{text:>{width}}' if right else f'{text:{width}}'
