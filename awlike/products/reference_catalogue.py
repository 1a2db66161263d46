"""Reference catalogues: stars with known positions and magnitudes, one version of one survey, as an object of lineage.

The stars lie in one file, in the order of their HEALPix cells, mapped to memory. A cone is some ranges of cells, and so some
runs of rows, which a short index finds: reading takes as long from a hundred million stars as from a thousand. The database
does not have the stars: nobody asks which stars of a survey are brighter than something, and rows take ten times the room.
"""

import datetime
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sqlalchemy import UniqueConstraint

from awlike.characters import printable
from awlike.digests import content_digest
from awlike.errors import NotFound, ParameterError
from awlike.nights import instant
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import attribute
from awlike.sky.healpix import few_ranges
from awlike.sky.regions import Cone
from awlike.sky.sphere import moved
from awlike.spelling import near
from awlike.store import server
from awlike.tables.binary import TableFile, as_declared
from awlike.tables.columns import Columns, Table, column

if TYPE_CHECKING:
    from pathlib import Path

    from astropy.table import Table as AstropyTable

STARS = 'STARS'
"""The EXTNAME of the table of stars."""

_BLOCK = 4096  # stars for each entry of the index
_FEW = 6  # ranges of cells: to look into each takes longer than to read some stars beside the cone
_YEAR = 365.25  # days


def star_columns(bands: list[str], has_errors: bool, moves: bool) -> Columns:
    """Return the columns of a reference catalogue with these bands."""
    return Columns([
        column('hpx', 'i8', 'HEALPix cell, nested, of order 29'),
        column('RA', 'f8', 'right ascension at EPOCH, ICRS', unit='deg', ucd='pos.eq.ra;meta.main'),
        column('DEC', 'f8', 'declination at EPOCH, ICRS', unit='deg', ucd='pos.eq.dec;meta.main'),
        *([column('RA_ERROR', 'f4', 'error of RA, along the circle', unit='mas', ucd='stat.error;pos.eq.ra'),
           column('DEC_ERROR', 'f4', 'error of DEC', unit='mas', ucd='stat.error;pos.eq.dec')] if has_errors else []),
        *([column('PM_RA', 'f4', 'proper motion in RA, times cos(DEC)', unit='mas/yr', ucd='pos.pm;pos.eq.ra'),
           column('PM_DEC', 'f4', 'proper motion in DEC', unit='mas/yr', ucd='pos.pm;pos.eq.dec'),
           column('EPOCH', 'f8', 'Julian year of RA and DEC', unit='yr', ucd='time.epoch')] if moves else []),
        *(one for band in bands for one in (
            column(f'MAG_{band}', 'f4', f'magnitude in {band}', unit='mag', ucd='phot.mag'),
            column(f'MAGERR_{band}', 'f4', f'error of MAG_{band}', unit='mag', ucd='stat.error;phot.mag')))])


class ReferenceCatalogue(DataObject):
    """Stars with known positions and magnitudes: one version of one survey.

    Everybody reads it; it belongs to no project. Its name belongs to who added it first.
    """

    FAMILY = 'reference'
    FOR_MAKING = 'cone', 'stars', 'band_of'
    """What `make` of a product may use beside the values that describe the catalogue."""

    name = attribute(str, 'what it is called')
    version = attribute(int, 'counts the catalogues of this name, from 1')
    number = attribute(int, 'how many stars it has')
    bands = attribute(list, 'names of the bands in which it has magnitudes')
    fastest = attribute(float, 'largest proper motion of its stars', unit='mas/yr')
    files = attribute(list, 'name and digest of each file from which it was made')

    __table_args__ = (UniqueConstraint('name', 'version'),)

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the catalogue ``'NAME'``, of several versions the one that was added first, or ``'NAME@2'``.

        Raises
        ------
        NotFound
            When there is none.
        ParameterError
            When `name` is no text.
        """
        if not isinstance(name, str):
            raise ParameterError(f'a reference catalogue is named by a text, as \'GAIA\' or \'GAIA@2\', not by {name!r}')
        plain, _, version = name.partition('@')
        query = cls.name == plain
        found = (query & (cls.version == int(version))).first() if version.isdecimal() else \
            query.order_by('version').first() if not version else None
        if found is None:
            known = sorted(str(one) for one in cls.select_all())
            raise NotFound(f'there is no reference catalogue {name}{near(name, known)}: there are '
                           f'{", ".join(known) or "none yet; awe refcat add makes one"}')
        return found

    @classmethod
    def columns_to_show(cls) -> list[str]:
        return ['name', 'version', 'number', 'bands', 'creator.name', 'creation_date', 'is_valid']

    def why_keep_file(self, stored: Any = None) -> str:
        return 'a reference catalogue cannot be made again'

    @property
    def stars(self) -> Table:
        """All stars, mapped to memory: ``catalogue.stars['RA']`` reads one column of all."""
        return self._file()[0]

    def cone(self, ra: Any, dec: Any, radius: Any, date: datetime.datetime | str | None = None) -> 'AstropyTable':
        """Return the stars within a distance of a position, as an astropy `Table` with units.

        Parameters
        ----------
        ra, dec, radius : float or Quantity
            Degrees unless a Quantity is given.
        date : datetime.datetime or str, optional
            The date of observation (UTC), to which the stars are moved; who moves out of the cone is left out. Default: the
            positions as the catalogue has them. A star of unknown motion stays where it is.
        """
        cone, moment = Cone(ra, dec, radius), instant(date, 'date')
        year = None if moment is None or 'PM_RA' not in self.stars.columns else _julian_year(moment)
        reach = 0.0 if year is None else (self.fastest or 0) * self._longest(year) / 3.6e6
        rows = self._rows(Cone(cone.ra, cone.dec, min(cone.radius + reach, 180)))
        if year is not None:
            rows['RA'], rows['DEC'] = _at(rows, year)
        inside = np.asarray(cone.holds(rows['RA'], rows['DEC'], np), bool)
        columns = Columns([one for one in self.stars.columns.values() if one.name != 'hpx'])
        found = {name: rows[name][inside] for name in columns}
        if year is not None:
            found['EPOCH'] = np.full(inside.sum(), year)
        return Table(columns, columns.rows(found, str(self))).to_table()

    def around(self, ra: Any, dec: Any, radius: Any) -> np.ndarray:
        """Return the stars in the cells of the sky within a distance of a position, as rows of the columns of `stars`."""
        columns = self.stars.columns
        return columns.rows(self._rows(Cone(ra, dec, radius)), str(self))

    def covers(self, ra: Any, dec: Any, radius: Any) -> bool:
        """Return whether the catalogue has any star within a distance of a position."""
        cone, (stars, index) = Cone(ra, dec, radius), self._file()
        return any(_is_in(cone, stars.columns, stars.rows[slice(*_run(stars.rows, index, first, last))])
                   for first, last in few_ranges(cone.ranges, _FEW).tolist())

    def band_of(self, names: Iterable[str | None]) -> str | None:
        """Return the first of `names`, of a filter and of its photometric band, in which it has magnitudes, or None."""
        return next((name for name in names if name in (self.bands or ())), None)

    def content_now(self) -> str:
        """Return the digest of what the file contains now; it should equal `digest`."""
        table = TableFile(server().open_path(self.filename), STARS)
        return digest_of(table.columns, table.whole())

    # --- reading ---

    def _file(self) -> tuple[TableFile, np.ndarray]:
        """Return the stars, and the cell of each 4096th of them."""
        if '_stars' not in self.__dict__:
            path: Path = server().open_path(self.filename)
            stars = TableFile(path, STARS)
            self.__dict__['_stars'] = stars, as_declared(stars.columns['hpx'], stars.rows['hpx'][::_BLOCK])
        return self.__dict__['_stars']

    def _longest(self, year: float) -> float:
        """Return the longest time between the positions of stars and `year`, in years."""
        if '_epochs' not in self.__dict__:
            epochs = self.stars['EPOCH']
            self.__dict__['_epochs'] = (float(np.nanmin(epochs)), float(np.nanmax(epochs))) if np.isfinite(epochs).any() else ()
        return max((abs(year - epoch) for epoch in self.__dict__['_epochs']), default=0.0)

    def _rows(self, cone: Cone) -> dict[str, np.ndarray]:
        """Return the columns of all stars in the cells of a cone."""
        stars, index = self._file()
        parts = [stars.rows[slice(*_run(stars.rows, index, first, last))] for first, last in cone.ranges.tolist()]
        rows = np.concatenate(parts) if parts else stars.rows[:0]
        return {name: as_declared(one, rows[name]) for name, one in stars.columns.items()}

    def __str__(self) -> str:
        return printable(f'{self.name}@{self.version}' if (self.version or 1) > 1 else str(self.name))


def digest_of(columns: Columns, rows: np.ndarray) -> str:
    """Return the digest of the content of a catalogue, whatever its name."""
    return content_digest(None, {}, {STARS: (columns.described(), rows)})


def _run(rows: np.ndarray, index: np.ndarray, first: int, last: int) -> tuple[int, int]:
    """Return the first row whose cell is at least `first`, and the first whose cell is beyond `last`."""
    return _place(rows, index, first, 'left'), _place(rows, index, last, 'right')


def _is_in(cone: Cone, columns: Columns, rows: np.ndarray) -> bool:
    """Return whether any of `rows` lies in `cone`; most often the first ones do."""
    return any(np.any(cone.holds(as_declared(columns['RA'], some['RA']), as_declared(columns['DEC'], some['DEC']), np))
               for some in (rows[start:start + _BLOCK] for start in range(0, len(rows), _BLOCK)))


def _place(rows: np.ndarray, index: np.ndarray, cell: int, side: Any) -> int:
    """Return where `cell` would be inserted: by the index, then within one block."""
    block = max(int(np.searchsorted(index, cell, side)) - 1, 0) * _BLOCK
    within = rows['hpx'][block:block + _BLOCK]
    return block + int(np.searchsorted(within.astype(np.int64), cell, side))


def _at(rows: dict[str, np.ndarray], year: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the positions of stars in a Julian year, deg; a star of unknown motion or epoch stays exactly where it is."""
    years = np.nan_to_num(year - rows['EPOCH'])
    ra, dec = moved(rows['RA'], rows['DEC'], rows['PM_RA'], rows['PM_DEC'], years)
    still = (np.nan_to_num(rows['PM_RA']) * years == 0) & (np.nan_to_num(rows['PM_DEC']) * years == 0)
    return np.where(still, rows['RA'], ra), np.where(still, rows['DEC'], dec)


def _julian_year(moment: datetime.datetime) -> float:
    return 2000 + (moment - datetime.datetime(2000, 1, 1, 12)) / datetime.timedelta(days=_YEAR)


def check_name(name: str) -> str:
    """Return `name`; refuse what cannot be the name of a catalogue.

    Raises
    ------
    ParameterError
        Saying what can.
    """
    if not re.fullmatch(r'[A-Za-z0-9][A-Za-z0-9_.-]{0,59}', name):
        raise ParameterError(f'a reference catalogue cannot be called {name!r}: a name has letters, digits, _, - and ., up to '
                             '60 of them, a letter or digit first')
    return name
