"""fsck: is everything there that the database names, and nothing else? Finds and tells; mends only when asked."""

import dataclasses
import time
from collections.abc import Callable

from sqlalchemy import delete, insert, or_, select

from awlike.context import context
from awlike.errors import AwlikeError
from awlike.frames.again import content_now
from awlike.frames.product import ProcessTarget
from awlike.frames.raw import RawFits
from awlike.persist.claims import is_dead
from awlike.persist.database import database
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import claim, dropped_file, lineage
from awlike.persist.types import utcnow
from awlike.progress import Progress
from awlike.store import server
from awlike.store.server import file_digest

_YOUNG = 600.0  # seconds for which a file that nothing names may be one that is being stored just now


@dataclasses.dataclass
class Finding:
    """Something that is not as it should be; `mend` does what can be done, or is None."""

    kind: str
    text: str
    remedy: str
    mend: Callable | None = None
    mended: bool = False

    def __str__(self):
        return f'{self.kind}: {self.text}\n    {"mended" if self.mended else self.remedy}'


def fsck(digests: bool = True, mend: bool = False) -> list[Finding]:
    """Compare the database with the data server; gives what was found, an empty list when all is well.

    Parameters
    ----------
    digests : bool
        Whether to read every file and compare its digest, which takes as long as reading takes; default yes.
    mend : bool
        Whether to remove what nothing names and what died, and to note what is to be made again; default no.
    """
    table = DataObject.__table__
    with_file = (RawFits.class_names() + ProcessTarget.class_names())
    rows = database().session.execute(
        select(table.c.object_id, table.c.filename, dropped_file.c.reason)
        .outerjoin(dropped_file, dropped_file.c.object_id == table.c.object_id)
        .where(table.c.filename.is_not(None), table.c.class_name.in_(with_file))).all()
    there = {row.filename for row in rows if server().has(row.filename)}
    findings = [*_lost(rows, there), *_unnamed({row.filename for row in rows}), *_broken_links(), *_stale_claims()]
    if digests:
        findings += _wrong_digests([row.object_id for row in rows if row.filename in there])
    for finding in findings if mend else ():
        if finding.mend is not None:
            finding.mend()
            finding.mended = True
    return findings


def _lost(rows, there):
    for row in rows:
        if row.filename not in there and row.reason is None:
            obj = DataObject.get(row.object_id)
            if isinstance(obj, RawFits):
                yield Finding('lost file', f'{obj} (arrived as {obj.original_name})', 'put it back from a backup, or ingest it again')
            else:
                yield Finding('lost file', str(obj), 'it is made again from its lineage when it is used; --mend notes it as lost, '
                              'so that plans show it', lambda obj=obj: _note_lost(obj))


def _note_lost(obj):
    with database().transaction() as connection:
        connection.execute(insert(dropped_file), {
            'object_id': obj.object_id, 'reason': 'lost', 'user_id': context.account().object_id, 'date': utcnow()})


def _unnamed(named):
    being_stored = {row.filename for row in database().session.execute(select(claim)) if row.filename and not is_dead(row)}
    for name, path in server().files():
        if name not in named and name not in being_stored:
            young = time.time() - path.lstat().st_mtime < _YOUNG
            remedy = 'a crash left it, or it is being stored just now: look again in ten minutes' if young else \
                'a crash left it: --mend removes it'
            yield Finding('file that nothing names', str(path), remedy, None if young else path.unlink)


def _broken_links():
    table = DataObject.__table__
    known = select(table.c.object_id)
    for row in database().session.execute(
            select(lineage).where(or_(lineage.c.input.not_in(known), lineage.c.product.not_in(known)))):
        yield Finding('broken link', f'{row.role} of {row.product} is {row.input}, and one of the two is not in the database',
                      'the database was changed by hand: put the row back from a backup')


def _stale_claims():
    for row in database().session.execute(select(claim)).all():
        if is_dead(row):
            yield Finding('stale claim', f'{row.key} by process {row.pid}, last heard of {row.heartbeat:%Y-%m-%d %H:%M:%S}',
                          'its maker died; the next who wants the same takes over, or --mend removes it',
                          lambda row=row: _end_claim(row))


def _end_claim(row):
    with database().transaction() as connection:
        connection.execute(delete(claim).where(claim.c.key == row.key, claim.c.owner == row.owner))
    if row.filename:
        server().remove(row.filename)


def _wrong_digests(ids):
    with Progress('digests', len(ids)) as progress:
        for start in range(0, len(ids), 1000):
            for obj in DataObject.object_id.in_(ids[start:start + 1000]):
                problem = _digest_problem(obj)
                if problem:
                    raw = isinstance(obj, RawFits)
                    remedy = 'raw files never change: put it back from a backup' if raw else \
                        'it was damaged: --mend removes the file, and it is made again from its lineage when it is used'
                    yield Finding('wrong digest', f'{obj}: {problem}', remedy, None if raw else lambda obj=obj: _remove(obj))
                progress.advance(obj)


def _digest_problem(obj) -> str:
    try:
        found = file_digest(server().open_path(obj.filename)) if isinstance(obj, RawFits) else content_now(obj)
    except AwlikeError as error:
        return str(error)
    return '' if found == obj.digest else f'its digest was {obj.digest}, it is {found}'


def _remove(obj):
    server().remove(obj.filename)
    _note_lost(obj)
