"""Reference catalogues in and out: from files of other programs into the archive, and away again."""

import datetime
import logging
import os
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import NotAllowed
from awlike.fits.opening import quiet
from awlike.ingest.stars_in_files import Mapped, Read, read
from awlike.nights import utcnow
from awlike.persist.references import User
from awlike.persist.tables import lineage
from awlike.products.reference_catalogue import STARS, ReferenceCatalogue, check_name, digest_of
from awlike.remedies import to_type
from awlike.store import server
from awlike.tables.binary import table_hdu
from awlike.tables.columns import Columns

log = logging.getLogger('awlike')
_WORLD = 4  # the level at which every role reads


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
    wanted = Mapped.declared(ra, dec, bands, ra_error=ra_error, dec_error=dec_error, pm_ra=pm_ra, pm_dec=pm_dec, epoch=epoch)
    own_versions(name, context.account('add a reference catalogue'))
    return add_read(name, read(name, files, wanted))


def add_read(name: str, stars: Read) -> ReferenceCatalogue:
    """Add a reference catalogue of stars that were read; see `add`."""
    me, columns = context.account('add a reference catalogue'), stars.wanted.columns
    digest, before = digest_of(columns, stars.rows), own_versions(name, me)
    if same := next((one for one in before if one.digest == digest), None):
        log.info('%s has this content already', same)
        return same
    made = ReferenceCatalogue(name=name, version=max((one.version for one in before), default=0) + 1, number=len(stars.rows),
                              bands=list(stars.wanted.bands), fastest=_fastest(stars.rows), digest=digest, is_valid=1,
                              quality_flags=0, files=stars.files)
    made.creator, made.privileges, made.creation_date = me, _WORLD, utcnow()
    return _stored(made, columns, stars.rows)


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
