"""Known files: whether the content of a raw file is in the archive already.

Any account can write into the database that a file of some content exists. So a file is known only if whoever ingests it sees
the file and its frames, in a project whose frames serve for theirs, and if the data server has the file. Otherwise it is
ingested: what others claim keeps nobody from their own data.
"""

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, true
from sqlalchemy.orm import Session

from awlike.context import context
from awlike.database.sessions import database
from awlike.ingest.objects import Prepared
from awlike.persist.dataobject import DataObject
from awlike.products.raw import RawFits, RawFrame
from awlike.query.statement import Statement, among
from awlike.store import server

_objects = DataObject.__table__


class KnownFiles:
    """The raw files in the archive, for one ingest: the projects whose frames serve are those at its beginning."""

    def __init__(self) -> None:
        trusted = context.trusted()
        self._of_sources: ColumnElement[bool] = true() if trusted is None else among(_objects.c.project_id, trusted)

    def find(self, prepared: Prepared) -> RawFits | None:
        """Return the raw file with the same bytes, or with the same frames packed in another way; None if there is none.

        A file with the same bytes that the data server lost is known, too: its content can be put back.
        """
        session = database().session
        same = self._same_bytes(session, prepared)
        stored = [file.object_id for file in same if server().has(file.filename)]
        found = next(iter(stored or [file.object_id for file in same]), None) or self._with_frames(session, prepared)
        return None if found is None else RawFits.get(found)

    def twin(self, connection: Connection, prepared: Prepared) -> uuid.UUID | None:
        """Return the id of a raw file with the same bytes that another process committed meanwhile; None if there is none."""
        same = self._same_bytes(connection, prepared)
        return next((file.object_id for file in same if server().has(file.filename)), None)

    def _same_bytes(self, reader: Connection | Session, prepared: Prepared) -> list[Row[Any]]:
        """Return id and name of the raw files with the same bytes that count and have all their frames, the first first."""
        files = self._counting(RawFits, _objects.c.object_id, _objects.c.filename).where(_objects.c.digest == prepared.digest)
        found = reader.execute(files.order_by(_objects.c.object_id)).all()
        if not found:
            return []
        frames = self._counting(RawFrame, _objects.c.raw_fits_id, func.count()).where(
            _objects.c.raw_fits_id.in_([file.object_id for file in found])).group_by(_objects.c.raw_fits_id)
        number = {row[0]: row[1] for row in reader.execute(frames)}
        return [file for file in found if number.get(file.object_id, 0) >= len(prepared.measured)]

    def _with_frames(self, session: Session, prepared: Prepared) -> uuid.UUID | None:
        """Return the id of a raw file that has the same frames; None if not all frames are stored."""
        wanted, file = {digest for _, digest in prepared.measured}, _objects.alias()
        rows = session.execute(
            self._counting(RawFrame, _objects.c.raw_fits_id, _objects.c.digest, file.c.filename)
            .join(file, file.c.object_id == _objects.c.raw_fits_id)
            .where(_objects.c.digest.in_(wanted)).order_by(_objects.c.raw_fits_id)).all()
        stored = server().has_all({row.filename for row in rows})
        there = [row for row in rows if row.filename in stored]
        return there[0].raw_fits_id if there and {row.digest for row in there} == wanted else None

    def _counting(self, cls: type[DataObject], *columns: Any) -> Statement:
        """Return the statement for `columns` of the objects of `cls` that who asks sees, in projects whose frames serve."""
        seen = context.visible(_objects)
        return select(*columns).where(and_(_objects.c.class_name.in_(cls.class_names()), seen, self._of_sources))
