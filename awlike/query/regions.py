"""Criteria on positions: an object lies in a region of the sky."""

import dataclasses
import json
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import ColumnElement, and_, case, false, func, or_
from typing_extensions import override

from awlike.current import current

if TYPE_CHECKING:
    import numpy as np

    from awlike.query.statement import Builder, Links


class Region(Protocol):
    """A region of the sky, as `awlike.sky.regions` has them."""

    @property
    def ranges(self) -> 'np.ndarray[Any, Any]':
        """The ranges of HEALPix cells that contain the region."""

    def holds(self, ra: Any, dec: Any, f: Any) -> Any:
        """Return the condition that a position lies in the region."""

    def written(self) -> str:
        """Return the region as the arguments by which a query names it, with all digits."""


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Inside:
    """The position of the object, in the columns `hpx`, `RA` and `DEC`, lies in `region`; `text` says so in words.

    The ranges of cells, some tens at most, find what is near by the index of `hpx`; RA and DEC decide.
    """

    region: Region
    text: str

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        cell = builder.root.column('hpx')
        near = [cell.between(first, last) if first < last else cell == first for first, last in self.region.ranges.tolist()]
        return and_(or_(false(), *near), self._decided(builder))

    def at_top(self, builder: 'Builder') -> ColumnElement[bool]:
        """Return the condition where it is one of those that all hold: on SQLite the ranges are joined, which is quicker.

        No object comes twice, because no two ranges have a cell in common. PostgreSQL joins ranges by reading whole tables.
        """
        if current().session().get_bind().dialect.name != 'sqlite':
            return self.where(builder)
        cell, ranges = builder.root.column('hpx'), func.json_each(json.dumps(self.region.ranges.tolist()))
        each = ranges.table_valued('value').alias()
        first, last = (func.json_extract(each.c.value, f'$[{end}]') for end in (0, 1))
        builder.joins.append((each, cell.between(first, last), False))
        return self._decided(builder)

    def _decided(self, builder: 'Builder') -> ColumnElement[bool]:
        return self.region.holds(builder.root.column('RA'), builder.root.column('DEC'), func)

    @override
    def __str__(self) -> str:
        return self.text

    def written(self) -> str:
        """Return the condition as a rule."""
        return f'{self.text.partition("(")[0]}({self.region.written()})'


@dataclasses.dataclass(frozen=True, eq=False, slots=True)
class Pointing:
    """The frame at the end of `links` points into `region`, by CRVAL1 and CRVAL2 of its astrometry; `text` says so in words."""

    links: 'Links'
    region: Region
    text: str

    def where(self, builder: 'Builder') -> ColumnElement[bool]:
        astrom = builder.node(self.links).column('astrom')
        ra, dec = (_number(astrom, f'CRVAL{axis}', largest) for axis, largest in ((1, 360), (2, 90)))
        return self.region.holds(ra, dec, func)

    @override
    def __str__(self) -> str:
        return self.text

    def written(self) -> str:
        """Return the condition as a rule."""
        return f'{self.text.partition("(")[0]}({self.region.written()})'


def _number(column: Any, name: str, largest: float) -> ColumnElement[Any]:
    """Return the number `name` of a JSON column as SQL; NULL where the column has no such number, or one beyond `largest`.

    What somebody wrote by plain SQL is converted only where it is written as a number of an angle, for an error of one row
    would end the queries of all who see it.
    """
    element = column[name]
    if current().session().get_bind().dialect.name == 'sqlite':
        number = element.as_float()
    else:
        is_angle = element.as_string().regexp_match(r'^-?[0-9]{1,3}(\.[0-9]{0,30})?([eE]-[0-9]{1,2})?$')
        number = case((is_angle, element.as_float()))
    return case((number.between(-largest, largest), number))
