"""The stars of a reference catalogue in files of other programs: which columns they are, and reading them."""

import dataclasses
import logging
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from awlike.digests import file_digest
from awlike.errors import HeaderError, ParameterError
from awlike.products.reference_catalogue import star_columns
from awlike.sky.healpix import cells
from awlike.spelling import counted
from awlike.tables.columns import Columns
from awlike.tables.reading import is_table, read_columns

log = logging.getLogger('awlike')
_MOST_TURNED = 36000  # degrees: whatever goes further is no right ascension, but a number of a star


@dataclasses.dataclass(frozen=True)
class Mapped:
    """The columns of the files from which a catalogue is read; see `awlike.ingest.refcat.add`."""

    ra: str
    dec: str
    bands: Mapping[str, tuple[str, ...]]
    ra_error: str | None = None
    dec_error: str | None = None
    pm_ra: str | None = None
    pm_dec: str | None = None
    epoch: str | float | None = None

    def __post_init__(self) -> None:
        for one, other in (('ra_error', 'dec_error'), ('pm_ra', 'pm_dec')):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ParameterError(f'{one} and {other} go together: name both columns, or neither')
        if self.pm_ra is not None and self.epoch is None:
            raise ParameterError('proper motions need the epoch of the positions: give epoch, a Julian year as 2016.0, or the '
                                 'name of its column')
        for band, names in self.bands.items():
            if not 1 <= len(names) <= 2:
                raise ParameterError(f'the band {band} has the columns {", ".join(names)}: name a magnitude, and perhaps its '
                                     'error')

    @classmethod
    def declared(cls, ra: str, dec: str, bands: Mapping[str, Any] | None, epoch: str | float | None = None,
                 **others: str | None) -> Self:
        """Return the columns that the arguments of `awlike.ingest.refcat.add` name."""
        of_bands = {band: (names,) if isinstance(names, str) else tuple(names) for band, names in (bands or {}).items()}
        return cls(ra, dec, of_bands, epoch=_epoch(epoch), **others)

    @property
    def names(self) -> list[str]:
        """The columns to read."""
        found = [self.ra, self.dec, self.ra_error, self.dec_error, self.pm_ra, self.pm_dec,
                 self.epoch if isinstance(self.epoch, str) else None, *(name for band in self.bands.values() for name in band)]
        return list(dict.fromkeys(name for name in found if name is not None))

    @property
    def columns(self) -> Columns:
        """The columns of the catalogue."""
        return star_columns(list(self.bands), self.ra_error is not None, self.pm_ra is not None)


class Read(NamedTuple):
    """The stars of a catalogue, read from files, and not yet added."""

    wanted: Mapped
    rows: np.ndarray
    files: list[dict[str, str]]  # name and digest of each


def bands_of(words: list[str] | None) -> dict[str, tuple[str, ...]]:
    """Return the columns of each band, from the words FILTER=MAGNITUDE,ERROR behind ``--band``.

    Raises
    ------
    ParameterError
        When a word is something else, or a filter comes twice.
    """
    bands: dict[str, tuple[str, ...]] = {}
    for one in words or []:
        filter_, sign, columns = one.partition('=')
        if not (filter_ and sign and columns):
            raise ParameterError(f'--band {one}: write FILTER=MAGNITUDE or FILTER=MAGNITUDE,ERROR, as r=r,r_err')
        if filter_ in bands:
            raise ParameterError(f'--band {one}: the filter {filter_} is there already')
        bands[filter_] = tuple(columns.split(','))
    return bands


def read(name: str, files: Iterable[str | os.PathLike[str]] | str, wanted: Mapped) -> Read:
    """Read the stars of a catalogue that will be called `name` from files; see `awlike.ingest.refcat.add`. Nothing is added."""
    paths = _files(files)
    rows = _sorted(wanted.columns, [_stars(path, wanted) for path in paths], name)
    return Read(wanted, rows, [{'name': path.name, 'digest': file_digest(path)} for path in paths])


def _files(files: Any) -> list[Path]:
    """Return the files; of folders the tables in them, in the order of their names."""
    found: list[Path] = []
    for path in map(Path, [files] if isinstance(files, str | os.PathLike) else files):
        if path.is_dir():
            found += sorted(one for one in path.rglob('*') if one.is_file() and not one.name.startswith('.') and is_table(one))
        elif path.exists():
            found.append(path)
        else:
            raise HeaderError(f'{path}: no such file or folder; check the path')
    if not found:
        raise ParameterError('no tables are there: name files, or folders of files')
    return found


def _epoch(epoch: Any) -> str | float | None:
    """Return the epoch as a year, or as the name of a column."""
    try:
        year = float(epoch)
    except (TypeError, ValueError):
        return epoch
    if not 1800 <= year <= 2200:
        raise ParameterError(f'the epoch {epoch} is no Julian year, as 2016.0')
    return year


def _stars(path: Path, wanted: Mapped) -> dict[str, np.ndarray]:
    """Return the columns of the catalogue from one file, without rows that have no position."""
    found = read_columns(path, wanted.names)

    def angle(name: str, unit: str, to: str) -> np.ndarray:
        return _in_unit(path, name, *found[name], unit, to)
    stars = {'RA': angle(wanted.ra, 'deg', 'deg'), 'DEC': angle(wanted.dec, 'deg', 'deg')}
    if wanted.ra_error and wanted.dec_error:
        stars |= {'RA_ERROR': angle(wanted.ra_error, 'mas', 'mas'), 'DEC_ERROR': angle(wanted.dec_error, 'mas', 'mas')}
    if wanted.pm_ra and wanted.pm_dec:
        stars |= {'PM_RA': angle(wanted.pm_ra, 'mas/yr', 'mas/yr'), 'PM_DEC': angle(wanted.pm_dec, 'mas/yr', 'mas/yr'),
                  'EPOCH': found[wanted.epoch][0] if isinstance(wanted.epoch, str) else np.full(len(stars['RA']), wanted.epoch)}
    for band, names in wanted.bands.items():
        stars[f'MAG_{band}'], stars[f'MAGERR_{band}'] = _magnitudes(path, *(found[name] for name in names))
    known = np.isfinite(stars['RA']) & np.isfinite(stars['DEC'])
    if (turned := np.abs(stars['RA'][known]).max(initial=0)) > _MOST_TURNED:
        raise ParameterError(f'{path}: {wanted.ra} goes up to {turned:g} degrees, many turns: name the column of right '
                             'ascensions, in degrees unless the file says its unit')
    if (beyond := np.abs(stars['DEC'][known]).max(initial=0)) > 90:
        raise ParameterError(f'{path}: {wanted.dec} goes up to {beyond:g} degrees, beyond a pole: name the column of '
                             'declinations, in degrees unless the file says its unit')
    if not known.all():
        log.warning('%s: %s without a position left out', path, counted(int((~known).sum()), 'star'))
    return {name: values[known] for name, values in stars.items()}


def _in_unit(path: Path, name: str, values: np.ndarray, said: str, default: str, to: str) -> np.ndarray:
    from astropy import units as u
    try:
        return np.asarray((values * u.Unit(said or default)).to_value(to))
    except ValueError as error:
        raise ParameterError(f'{path}: the column {name} has the unit {said!r}, and {to} is needed: {error}') from None


def _is_strange(unit: str) -> bool:
    """Return whether astropy does not know a unit."""
    from astropy import units as u
    return u.Unit(unit, parse_strict='silent').physical_type == 'unknown'  # pyrefly: ignore[unexpected-keyword]  # it takes it


def _magnitudes(path: Path, value: tuple[np.ndarray, str], error: tuple[np.ndarray, str] | None = None,
                ) -> tuple[np.ndarray, np.ndarray]:
    """Return magnitudes and errors; of fluxes AB magnitudes. An unknown error is NaN."""
    values, unit = value
    errors = np.full(len(values), np.nan) if error is None else error[0]
    if not unit or _is_strange(unit) or 'mag' in unit:
        return values, errors
    flux, noise = (_in_unit(path, 'of a band', one, unit, 'Jy', 'Jy') for one in (values, errors))
    with np.errstate(invalid='ignore', divide='ignore'):
        good = flux > 0
        return np.where(good, 8.90 - 2.5 * np.log10(flux), np.nan), np.where(good, 2.5 / math.log(10) * noise / flux, np.nan)


def _sorted(columns: Columns, parts: list[dict[str, np.ndarray]], what: str) -> np.ndarray:
    """Return the stars of all files in the order of their cells."""
    stars = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    if not len(stars['RA']):
        raise ParameterError(f'{what} would have no star: the files have none with a position')
    stars['RA'] = stars['RA'] % 360
    stars['hpx'] = cells(stars['RA'], stars['DEC'])
    order = np.lexsort((stars['DEC'], stars['RA'], stars['hpx']))
    return columns.rows({name: values[order] for name, values in stars.items()}, what)
