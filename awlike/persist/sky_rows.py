"""Rows of catalogues in the database, found by their position on the sky.

A catalogue keeps its table in its file. Each row is also a row of a table of the database, so that people query the rows of
all catalogues at once: ``(Source.MAG_AUTO < 20) & Source.within(ra, dec, radius)``. Rows are inserted in the transaction that
commits the catalogue, seen as the catalogue is, and removed with it.
"""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from sqlalchemy import BigInteger, Boolean, Float, Identity, Index, Integer, SmallInteger, String
from sqlalchemy.orm import mapped_column
from sqlalchemy.types import TypeEngine

from awlike.characters import printable
from awlike.errors import DefinitionError, Immutable, NotFound
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import DBObject, snake
from awlike.persist.links import Reference
from awlike.persist.types import Id
from awlike.query.query import Query
from awlike.query.regions import Inside
from awlike.sky.healpix import cells
from awlike.sky.regions import Cone, Polygon
from awlike.tables.columns import Column, Columns, Table

if TYPE_CHECKING:
    from sqlalchemy import Table as SqlTable

# Single precision is kept in double: PostgreSQL would return its digits in decimal, which are another number in double.
_TYPES: dict[str, tuple[type, TypeEngine[Any]]] = {
    'u1': (int, SmallInteger()), 'i2': (int, SmallInteger()), 'i4': (int, Integer()), 'i8': (int, BigInteger()),
    'f4': (float, Float(53)), 'f8': (float, Float(53)), 'bool': (bool, Boolean()),
}

_classes: list[type['SkyRow']] = []


class SkyRow(DBObject):
    """A row of a catalogue, with its position.

    A subclass names the class of catalogues, which of its tables has the rows, and how a row calls its catalogue::

        class Source(SkyRow, of=SourceList, table='sources', link='source_list'):
            \"\"\"A source that was detected on a frame.\"\"\"

    Attributes of a row are the columns of that table, of which RA and DEC (deg) are two; a missing value (NaN) is None. Of a
    column with several values in a cell the second is ``FLUX_APER_1``, as SExtractor counts.
    """

    __abstract__ = True
    OF: ClassVar[type[DataObject]]
    TABLE: ClassVar[str]
    LINK: ClassVar[str]
    COLUMNS: ClassVar[Columns]
    TO_SHOW: ClassVar[tuple[str, ...]] = ()
    INDEXED: ClassVar[tuple[str, ...]] = ()
    """Columns by which the rows of one catalogue are found."""

    def __init_subclass__(cls, of: type[DataObject], table: str, link: str, **options: Any) -> None:
        if not cls.__module__.startswith('awlike.'):
            raise DefinitionError(f'{cls.__name__}: classes of rows are part of awlike, because their tables have rules of '
                                  'their own; a table in the file of your products needs none')
        columns = getattr(of, table).columns
        if not {'RA', 'DEC'} <= set(columns):
            raise DefinitionError(f'{cls.__name__}: the table {table} of {of.__name__} has no columns RA and DEC')
        cls.OF, cls.TABLE, cls.LINK, cls.COLUMNS, cls.__tablename__ = of, table, link, columns, snake(cls.__name__)
        reference: Reference[Any] = Reference(of, 'the catalogue that it is a row of')
        reference.__set_name__(cls, link)
        setattr(cls, link, reference)
        cls.object_id = mapped_column(BigInteger().with_variant(Integer, 'sqlite'), Identity(always=True), primary_key=True,
                                      info={'declared': (int, 'number of the row in this database', '')})
        setattr(cls, f'{link}_id', mapped_column(Id, nullable=False))
        cls.hpx = mapped_column(BigInteger, nullable=True,
                                info={'declared': (int, 'HEALPix cell, nested, of order 29', '')})
        for one in columns.values():
            _add_columns(cls, one)
        cls.__table_args__ = (Index(f'ix_{cls.__tablename__}_{link}', f'{link}_id', *cls.INDEXED),
                              Index(f'ix_{cls.__tablename__}_hpx', 'hpx', 'RA', 'DEC'))
        super().__init_subclass__(**options)
        _classes.append(cls)

    def __init__(self, **values: Any) -> None:
        raise Immutable(f'{type(self).__name__} cannot be made by itself: its rows come with a {self.OF.__name__}')

    @classmethod
    def get(cls, object_id: Any) -> Self:
        """Return the row with this number in this database.

        Raises
        ------
        NotFound
            When no row that you may see has this number.
        """
        number = object_id if isinstance(object_id, int) else int(object_id) if str(object_id).isdecimal() else -1
        found = (cls.object_id == number).first() if 0 <= number < 2**63 else None
        if found is None:
            raise NotFound(f'there is no {cls.__name__} with object_id {object_id} that you may see: look for it by a query')
        return found

    @classmethod
    def within(cls, ra: Any, dec: Any, radius: Any) -> Query:
        """Select the rows within `radius` of a position; degrees unless a Quantity is given.

        Parameters
        ----------
        ra, dec : float or Quantity
            The position.
        radius : float or Quantity
            The largest distance, up to 180 degrees.
        """
        cone = Cone(ra, dec, radius)
        return Query(cls, Inside(cone, f'{cls.__name__}.within({cone})'))

    @classmethod
    def inside(cls, polygon: Any) -> Query:
        """Select the rows inside a polygon, whose sides are great circles.

        Parameters
        ----------
        polygon : list of (ra, dec), or SkyCoord
            Its corners, degrees unless Quantities are given; the polygon need not be convex.
        """
        region = Polygon(polygon)
        return Query(cls, Inside(region, f'{cls.__name__}.inside({region})'))

    @classmethod
    def columns_to_show(cls) -> list[str]:
        return [*(name for name in cls.TO_SHOW if name in cls.__properties__), f'{cls.LINK}.filename']

    @classmethod
    def values_of(cls, catalogue_id: uuid.UUID, table: Table) -> dict[str, Any]:
        """Return the rows of a catalogue as the database keeps them: an array for each column, and the id of the catalogue.

        Columns that the file of an older catalogue lacks are left out. An infinite position is none.
        """
        values: dict[str, Any] = {f'{cls.LINK}_id': catalogue_id, 'hpx': cells(table['RA'], table['DEC'])}
        for name in cls.COLUMNS:
            if name in table.columns:
                values |= table.parts(name)
        return values | {name: np.where(np.isfinite(values[name]), values[name], np.nan) for name in ('RA', 'DEC')}

    def __str__(self) -> str:
        return printable(f'{type(self).__name__} {self.__dict__.get("SID", self.object_id)} of {getattr(self, self.LINK)}')


def row_classes(cls: type[DataObject]) -> list[type[SkyRow]]:
    """Return the classes of the rows that catalogues of class `cls` have in the database."""
    return [row for row in _classes if issubclass(cls, row.OF)]


def all_row_classes() -> list[type[SkyRow]]:
    """Return all classes of rows."""
    return list(_classes)


def row_table(row: type[SkyRow]) -> 'tuple[SqlTable, Any]':
    """Return the table of a class of rows, and its column with the id of the catalogue."""
    return row.__table__, row.__table__.c[f'{row.LINK}_id']


def _add_columns(cls: type[SkyRow], one: Column) -> None:
    type_, kind = _TYPES.get(one.kind, (str, String()))
    for number, name in enumerate(one.names_of_parts):
        text = one.text + (f' ({number + 1} of {one.size})' if one.size > 1 else '')
        setattr(cls, name, mapped_column(kind, nullable=True, info={'declared': (type_, text, one.unit)}))

