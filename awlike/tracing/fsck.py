"""fsck: compare the files on the data server with the database, and mend only when asked."""

import dataclasses
import logging
import uuid
from collections.abc import Callable, Iterable, Iterator
from typing import Any, cast

from sqlalchemy import exists, or_, select, union

from awlike.context import context
from awlike.database.claims import end, is_dead
from awlike.database.sessions import database
from awlike.digests import file_digest
from awlike.errors import AwlikeError
from awlike.fits.opening import load, named, opened
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch
from awlike.persist.tables import claim, dropped_file, lineage
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFits
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.products.reproduce import content_now
from awlike.products.shapes import SHAPED, has_shape
from awlike.progress import Progress
from awlike.spelling import counted
from awlike.store import server
from awlike.store.server import Stored
from awlike.terminal import Safe
from awlike.tracing.fsck_rows import refill, rows_differ, rows_of_nothing

log = logging.getLogger('awlike')

_YOUNG = 600.0  # seconds: a younger file that nothing names may be being stored just now


@dataclasses.dataclass
class Finding(Safe):
    """Something that is wrong; `mend` repairs it, or is None where nothing can be done."""

    kind: str
    text: str
    remedy: str
    mend: Callable[[], Any] | None = None
    mended: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values, for machines."""
        return {'kind': self.kind, 'text': self.text, 'remedy': self.remedy, 'mended': self.mended}

    def __str__(self) -> str:
        return f'{self.kind}: {self.text}\n    {"mended" if self.mended else self.remedy}'


def fsck(digests: bool = True, mend: bool = False) -> list[Finding]:
    """Compare the database with the data server; return the findings, an empty list when all is well.

    Parameters
    ----------
    digests : bool
        Whether to read every file and compare its digest, which takes as long as reading all files; default yes.
    mend : bool
        Whether to remove files that nothing names and claims of dead processes, and to note lost files; default no.

    A user who does not see all objects cannot know that nothing names a file: on PostgreSQL only the administrator can.
    """
    if mend:
        context.account('mend anything')
    with Progress('fsck', 1) as progress:
        findings = _found(digests, progress)
    for finding in findings if mend else ():
        if finding.mend is not None:
            finding.mend()
            finding.mended = True
    return findings


def _found(digests: bool, progress: Progress) -> list[Finding]:
    """Return all findings; `progress` counts the objects whose content is compared, and says what is done before."""
    progress.now('list files')
    files = list(server().files())  # before claims, and claims before objects: one of them then names what is stored meanwhile
    claims = database().session.execute(select(claim)).all()
    rows = _kept_objects()
    progress.now('look for lost files')
    stored = server().has_all({row.filename for row in rows} - {None})
    at_hand = {row.object_id for row in rows if row.filename is None or row.filename in stored}
    findings = [*_lost([row.object_id for row in rows if row.object_id not in at_hand and row.reason is None]),
                *_odd_values(), *_stale_claims(claims)]
    progress.now('look for files and links that lead nowhere')
    if database().sees_all():
        findings += [*_unnamed(files, {row.filename for row in claims}), *_broken_links(), *_loose_rows()]
    else:
        log.warning('what you may see was looked at; files that nothing names, and broken links, an administrator finds')
    if digests:
        findings += _wrong_digests([row.object_id for row in rows if row.object_id in at_hand], progress)
    return findings


def _kept_objects() -> list[Any]:
    """Return the rows of raw files and products, visible or not, with the reason of a missing file where it is known."""
    table = DataObject.__table__
    kept = [name for cls in (RawFits, ProcessTarget, ReferenceCatalogue) for name in cls.class_names()]
    return list(database().session.execute(
        select(table.c.object_id, table.c.filename, dropped_file.c.reason)
        .outerjoin(dropped_file, dropped_file.c.object_id == table.c.object_id)
        .where(table.c.class_name.in_(kept))))


def _lost(ids: list[uuid.UUID]) -> Iterator[Finding]:
    for obj in fetch(database().session, DataObject, ids).values():
        if isinstance(obj, ReferenceCatalogue):
            yield Finding('lost file', f'reference catalogue {obj}', 'put its file back from a backup')
        elif isinstance(obj, RawFits) or getattr(obj, 'imported', None):
            yield Finding('lost file', f'{obj} (arrived as {cast(Any, obj).original_name})',
                          'put it back from a backup, or ingest it again')
        else:
            yield Finding('lost file', str(obj), 'it is made again from its lineage when it is used; --mend notes it as lost, '
                          'so that plans show it', lambda obj=obj: _note_lost(obj))


def _odd_values() -> Iterator[Finding]:
    """Yield values of another shape than awlike writes; whoever reads them takes them as absent."""
    table = DataObject.__table__
    rows = database().session.execute(
        select(table.c.object_id, table.c.filename, *(table.c[name] for name in SHAPED))
        .where(table.c.class_name.in_(Frame.class_names()), or_(*(table.c[name].is_not(None) for name in SHAPED))))
    for object_id, filename, *values in rows:
        for name in (name for name, value in zip(SHAPED, values, strict=True) if not has_shape(name, value)):
            yield Finding('odd value', f'{filename or object_id}: its {name} is no table of names and values, and counts as '
                          'absent', 'the database was changed by hand: put the row back from a backup')


def _note_lost(obj: DataObject) -> None:
    db = database()
    with db.transaction() as connection:
        db.insert_row_absent(connection, dropped_file, {
            'object_id': obj.object_id, 'reason': 'lost', 'user_id': context.account().object_id, 'date': utcnow()})


def _unnamed(files: Iterable[Stored], claimed: set[str | None]) -> Iterator[Finding]:
    """Yield files of no object of any class and of no claim; the file of a dead maker goes with its claim."""
    named = set(database().session.scalars(select(DataObject.__table__.c.filename)))
    for stored in files:
        if stored.name in claimed or (stored.whole and stored.name in named):
            continue
        if stored.written is None or (utcnow() - stored.written.replace(tzinfo=None)).total_seconds() < _YOUNG:
            yield Finding('file that nothing names', stored.place,
                          'a crash left it, or it is being stored just now: look again in ten minutes')
        else:
            yield Finding('file that nothing names', stored.place, 'a crash left it: --mend removes it',
                          lambda stored=stored: server().discard(stored))


def _broken_links() -> Iterator[Finding]:
    known = DataObject.__table__.c.object_id
    # One after the other: for "or" PostgreSQL looks up each edge by itself, for "not in" it never ends.
    loose = [select(lineage).where(~exists().where(known == end)) for end in (lineage.c.input, lineage.c.product)]
    for row in database().session.execute(union(*loose)):
        yield Finding('broken link', f'{row.role} of {row.product} is {row.input}, and one of the two is not in the database',
                      'the database was changed by hand: put the row back from a backup')


def _loose_rows() -> Iterator[Finding]:
    for row, number in rows_of_nothing():
        yield Finding('broken link', f'the {row.LINK} of {counted(number, "row")} of {row.__name__} is not in the database',
                      'the database was changed by hand: put the catalogue back from a backup, or delete the rows')


def _stale_claims(claims: Iterable[Any]) -> Iterator[Finding]:
    for row in claims:
        if is_dead(row):
            file = f' with {row.filename}' if row.filename and server().has(row.filename) else ''
            yield Finding('stale claim', f'{row.key.rpartition(":")[2]} by process {row.pid}{file}, '
                          f'last heard of {row.heartbeat:%Y-%m-%d %H:%M:%S}',
                          'its maker died; the next who wants the same takes over, or --mend removes it',
                          lambda row=row: _end_claim(row))


def _end_claim(row: Any) -> None:
    """Remove the file of a maker that died and end its claim, unless somebody has taken over meanwhile."""
    with database().transaction() as connection:
        if filename := end(connection, row, context.account().object_id):
            server().remove(filename)


def _wrong_digests(ids: list[uuid.UUID], progress: Progress) -> Iterator[Finding]:
    progress.total = len(ids)
    for start in range(0, len(ids), 1000):
        for obj in fetch(database().session, DataObject, ids[start:start + 1000]).values():
            progress.now(obj)
            problem = _digest_problem(obj)
            if problem:
                yield _wrong_digest(obj, problem)
            elif different := rows_differ(obj):
                yield _wrong_rows(obj, different)
            progress.advance()


def _wrong_digest(obj: DataObject, problem: str) -> Finding:
    text = f'{obj}: {problem}'
    if isinstance(obj, RawFits):
        return Finding('wrong digest', text, 'raw files never change: put it back from a backup')
    if obj.filename is None:
        return Finding('wrong digest', text, 'the database was changed by hand: put the row back from a backup')
    reason = obj.why_keep_file()
    if reason:
        return Finding('wrong digest', text, f'it was damaged, and cannot be made again: {reason}; put it back from a backup')
    return Finding('wrong digest', text, 'it was damaged: --mend removes the file, and it is made again from its lineage '
                   'when it is used', lambda: _remove(obj))


def _wrong_rows(obj: DataObject, different: str) -> Finding:
    remedy = 'they were changed by hand, or an older awlike made the list: '
    if not database().sees_all():
        return Finding('wrong rows', f'{obj}: {different}', remedy + 'an administrator fills them anew by awe fsck --mend')
    return Finding('wrong rows', f'{obj}: {different}', remedy + '--mend fills them anew from the file', lambda: refill(obj))


def _digest_problem(obj: Any) -> str:
    """Return what is wrong with the content of `obj`, empty when nothing is."""
    try:
        path = obj.filename and server().open_path(obj.filename, anew=True)
        if path and not isinstance(obj, RawFits):
            with named(path), opened(load(path)):  # whole, header and lineage as they were written
                pass
        found = file_digest(path) if isinstance(obj, RawFits) else \
            obj.content_now() if isinstance(obj, ReferenceCatalogue) else content_now(obj)
    except (AwlikeError, OSError) as error:
        return str(error)
    return '' if found == obj.digest else f'its digest was {obj.digest}, it is {found}'


def _remove(obj: DataObject) -> None:
    server().remove(obj.filename)
    _note_lost(obj)
