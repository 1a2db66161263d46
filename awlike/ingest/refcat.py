"""Reference catalogues in and out: from files of other programs into the archive, and away again."""

import dataclasses
import datetime
import logging
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from awlike.context import context
from awlike.database.sessions import database
from awlike.digests import file_digest
from awlike.errors import HeaderError, NotAllowed, ParameterError
from awlike.fits.opening import quiet
from awlike.nights import utcnow
from awlike.persist.references import User
from awlike.persist.tables import lineage
from awlike.products.reference_catalogue import STARS, ReferenceCatalogue, check_name, digest_of, star_columns
from awlike.remedies import to_type
from awlike.sky.healpix import cells
from awlike.spelling import counted
from awlike.store import server
from awlike.tables.binary import table_hdu
from awlike.tables.columns import Columns
from awlike.tables.reading import is_table, read_columns

log = logging.getLogger('awlike')
_WORLD = 4  # the level at which every role reads
_MOST_TURNED = 36000  # degrees: whatever goes further is no right ascension, but a number of a star


@dataclasses.dataclass(frozen=True)
class Mapped:
    """The columns of the files from which a catalogue is read; see `add`."""

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


def add(name: str, files: Iterable[str | os.PathLike[str]] | str, *, ra: str, dec: str, bands: Mapping[str, Any] | None = None,
        ra_error: str | None = None, dec_error: str | None = None, pm_ra: str | None = None, pm_dec: str | None = None,
        epoch: str | float | None = None) -> ReferenceCatalogue:
    """Add a reference catalogue, from tables in files.

    The content counts: the same stars under the same name are the catalogue that is there, other stars are another version.

    Parameters
    ----------
    name : str
        What to call it; a name belongs to who added it first.
    files : path or list of paths
        FITS, LDAC, Parquet, VOTable, ECSV or CSV files, or folders of them, as the shards of LSST.
    ra, dec : str
        The columns with the positions: degrees, or the unit that the file says. Right ascensions of any number of turns.
    bands : dict
        By name of a band, the column with its magnitude, or a pair of magnitude and error. Fluxes in a unit of flux density, as
        nJy, become AB magnitudes.
    ra_error, dec_error : str, optional
        The columns with the errors, mas unless the file says another unit; that in RA is along the circle.
    pm_ra, pm_dec : str, optional
        The columns with the proper motions, mas/yr unless the file says another unit; that in RA contains cos(DEC), as Gaia's.
    epoch : float or str, optional
        The Julian year of the positions, or the column that has it; proper motions need it.

    Returns
    -------
    ReferenceCatalogue

    Raises
    ------
    ParameterError
        When a column is not there, or a name or value cannot be.
    NotAllowed
        When the name is somebody else's.
    """
    of_bands = {band: (names,) if isinstance(names, str) else tuple(names) for band, names in (bands or {}).items()}
    wanted = Mapped(ra, dec, of_bands, ra_error, dec_error, pm_ra, pm_dec, _epoch(epoch))
    me = context.account('add a reference catalogue')
    own_versions(name, me)
    paths = _files(files)
    columns = wanted.columns
    rows = _sorted(columns, [_stars(path, wanted) for path in paths], name)
    digest = digest_of(columns, rows)
    before = own_versions(name, me)
    if same := next((one for one in before if one.digest == digest), None):
        log.info('%s has this content already', same)
        return same
    made = ReferenceCatalogue(name=name, version=max((one.version for one in before), default=0) + 1, number=len(rows),
                              bands=list(wanted.bands), fastest=_fastest(rows), digest=digest, is_valid=1, quality_flags=0,
                              files=[{'name': path.name, 'digest': file_digest(path)} for path in paths])
    made.creator, made.privileges, made.creation_date = me, _WORLD, utcnow()
    return _stored(made, columns, rows)


def own_versions(name: str, me: User) -> list[ReferenceCatalogue]:
    """Return the versions of the catalogue `name`, in order, to which `me` is about to add another.

    Raises
    ------
    ParameterError
        When that cannot be a name.
    NotAllowed
        When the name is somebody else's.
    """
    found = list((ReferenceCatalogue.name == check_name(name)).order_by('version'))
    if found and found[0].creator != me:
        raise NotAllowed(f'the name {name} is {found[0].creator.name}\'s, who added a reference catalogue under it: choose '
                         'another')
    return found


def remove(name: str) -> None:
    """Remove a reference catalogue from which nothing was made: one of your own, or as an administrator any.

    Parameters
    ----------
    name : str
        Its name; ``'NAME@2'`` of several versions another than the first.

    Raises
    ------
    NotAllowed
        When it is somebody else's, or lineage names it.
    """
    found, db = ReferenceCatalogue.named(name), database()
    me = context.account('remove a reference catalogue')
    if found.creator != me and (db.is_sqlite or not db.sees_all()):
        raise NotAllowed(f'{found} is {found.creator.name}\'s: its adder removes it, or an administrator')
    refusal = NotAllowed(f'{found} stays: something was made from it, and its lineage ends here. Mark it invalid instead, by '
                         + to_type(f'context.update_is_valid(ReferenceCatalogue.named({str(found)!r}), 0)',
                                   f'awe invalidate {found} --reason "..."'))
    with db.transaction() as connection:
        if connection.execute(select(lineage.c.product).where(lineage.c.input == found.object_id).limit(1)).first():
            raise refusal
        try:
            deleted = db.delete(connection, found)
        except IntegrityError:
            raise refusal from None
        if not deleted:
            raise NotAllowed(f'the database does not let you remove {found}')
    if (known := db.session.identity_map.get(found._sa_instance_state.key)) is not None:
        db.session.expunge(known)
    server().remove(found.filename)


# --- from files to rows ---

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


def _fastest(rows: np.ndarray) -> float | None:
    if 'PM_RA' not in (rows.dtype.names or ()):
        return None
    speed = np.hypot(rows['PM_RA'].astype(float), rows['PM_DEC'].astype(float))
    return float(np.nanmax(speed)) if np.isfinite(speed).any() else 0.0


def _stored(made: ReferenceCatalogue, columns: Columns, rows: np.ndarray) -> ReferenceCatalogue:
    """Store the file, then commit the object."""
    from astropy.io import fits
    db = database()
    made.filename = f'ReferenceCatalogue_{made.name}_{made.version}_{made.object_id.hex[-12:]}.fits'
    with server().new_file(made.filename) as path, quiet():
        header = fits.Header([('CLASS', 'ReferenceCatalogue'), ('NAME', str(made)), ('DIGEST', made.digest),
                              ('DATE', datetime.datetime.isoformat(made.creation_date, timespec='seconds'))])
        fits.HDUList([fits.PrimaryHDU(header=header), table_hdu(STARS, 'in the order of hpx', columns, rows)]).writeto(
            path, checksum=True)
        made.size = path.stat().st_size
    try:
        with db.transaction() as connection:
            db.insert(connection, [made])
    except BaseException as error:
        server().remove(made.filename)
        if isinstance(error, IntegrityError):
            raise NotAllowed(f'somebody added {made} just now: add yours again, under another name if it is not '
                             'yours') from None
        raise
    db.adopt([made])
    return made
