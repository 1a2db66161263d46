"""Changes after commit: validity, timestamps, privileges and deletion; who may make them, and their history."""

import dataclasses
import datetime
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from awlike.context.members import Members
from awlike.context.privileges import check_level, level_name, may_use
from awlike.database.sessions import database
from awlike.errors import NotAllowed, ParameterError
from awlike.nights import instant, utcnow
from awlike.persist.as_of import in_history
from awlike.persist.dataobject import DataObject
from awlike.persist.header_correction import HeaderCorrection, corrections_of
from awlike.persist.in_releases import ROLE
from awlike.persist.links import Reference
from awlike.persist.references import User
from awlike.persist.tables import history, lineage
from awlike.query.query import Query
from awlike.remedies import judged_invalid, to_type
from awlike.spelling import counted
from awlike.store import server
from awlike.store.purge import Freed, purge

_CHUNK = 10_000  # ids in one statement; SQLite allows 32,766 variables


@dataclasses.dataclass(frozen=True)
class Change:
    """One change after commit; `reason` is what the person said, if they said anything."""

    attribute: str
    old: str | None
    new: str | None
    user: str
    date: datetime.datetime
    reason: str | None = None


class Changes(Members):
    """Validity, publication, deletion: the part of the context that changes committed objects."""

    def update_is_valid(self, obj: DataObject, value: int, reason: str = '') -> None:
        """Judge `obj`: 0 invalid, 1 valid, 2 proposed for promotion. Descendants of an invalid object no longer count.

        The history keeps the `reason`.
        """
        _one(obj)
        if isinstance(obj, HeaderCorrection):
            raise NotAllowed(f'{obj} is taken back by another: {to_type("context.undo_correction(frame, reason=...)")}')
        if value not in (0, 1, 2) or isinstance(value, bool):
            raise ParameterError(f'is_valid {value!r}: it is 0 (invalid), 1 (valid) or 2 (proposed for promotion)')
        self._change(obj, reason, is_valid=value)

    def update_timestamps(self, obj: DataObject, start: datetime.datetime | str | None = None,
                          end: datetime.datetime | str | None = None) -> None:
        """Set the interval in which the calibration `obj` serves: from `start` up to, not including, `end` (UTC).

        Inside the interval `obj` goes before calibrations that are nearer; outside it does not serve.
        """
        _one(obj)
        if 'timestamp_start' not in type(obj).__properties__:
            raise ParameterError(f'{obj} has no timestamps: calibrations have')
        start, end = instant(start, 'start') or obj.timestamp_start, instant(end, 'end') or obj.timestamp_end
        if start >= end:
            raise ParameterError(f'timestamps {start} to {end}: the start must be before the end')
        self._change(obj, timestamp_start=start, timestamp_end=end)

    def update_timestamp_start(self, obj: DataObject, start: datetime.datetime | str) -> None:
        """Set the start of the interval in which the calibration `obj` serves (UTC). The end stays."""
        self.update_timestamps(obj, start=start)

    def update_timestamp_end(self, obj: DataObject, end: datetime.datetime | str) -> None:
        """Set the end of the interval in which the calibration `obj` serves (UTC). The start stays."""
        self.update_timestamps(obj, end=end)

    def publish(self, obj: DataObject, level: int) -> list[DataObject]:
        """Raise `obj` and all its ancestors to privileges `level`; return the objects that were raised.

        Raises
        ------
        NotAllowed
            Listing the objects in the way and their owners; then nothing is raised.
        """
        check_level(level)
        _one(obj)
        if not obj.is_committed:
            raise NotAllowed(f'{obj} is not committed: commit it, then publish it')
        if level < obj.privileges:
            raise NotAllowed(f'{obj} is at {level_name(obj.privileges)}: privileges only go up')
        hidden = self.hidden(_with_files([*obj.ancestors(), obj]), obj, level)
        lower = [o for o in _with_files([obj]) if o.privileges < level]
        raised = list({o.object_id: o for o in [*hidden, *lower] if not isinstance(o, HeaderCorrection)}.values())
        blocking = [o for o in raised if not self._may_change(o, for_publishing=True)
                    or o.project is None or o.project.maximum_privileges < level
                    or (level < 3 and o.project_id != obj.project_id)]
        if blocking:
            raise NotAllowed(f'{obj} cannot be published at {level_name(level)}; in the way stand\n{owners(blocking)}\n'
                             'Ask their creators or the owners of their projects to publish them')
        follow = [one for one in corrections_of(o.object_id for o in raised) if one.privileges < level]
        self._write([(o, 'privileges', level) for o in raised] + (
            [(one, 'privileges', level) for one in follow] if database().is_sqlite else []))
        return raised

    def delete(self, obj: DataObject) -> None:
        """Delete `obj`, a product of your own at level 1 or 2 from which nothing was made. Invalidate anything else instead."""
        self.account('delete anything')
        _one(obj)
        reason = self._why_not_delete(obj)
        if reason:
            raise NotAllowed(f'{obj} cannot be deleted: {reason}. '
                             f'Mark it bad instead, by {judged_invalid("obj")}')
        db = database()
        with db.transaction() as connection:
            table = DataObject.__table__
            # The row first: whoever makes a product from `obj` holds that row until the product can be seen.
            level = connection.scalar(select(table.c.privileges).where(table.c.object_id == obj.object_id).with_for_update())
            if level is None or level > 2:
                raise NotAllowed(f'{obj} cannot be deleted: it was {"deleted" if level is None else "published"} meanwhile')
            used = connection.execute(select(lineage.c.product).where(lineage.c.input == obj.object_id).limit(1)).first()
            if used:
                raise NotAllowed(f'{obj} cannot be deleted: something is made from it just now')
            try:
                deleted = db.delete(connection, obj)
            except IntegrityError:
                raise NotAllowed(f'{obj} cannot be deleted: something is made from it, which you do not see') from None
            if not deleted:
                raise NotAllowed(f'{obj} cannot be deleted: it has no lineage, so that it could not be made again')
        if (known := db.session.identity_map.get(obj._sa_instance_state.key)) is not None:
            db.session.expunge(known)
        if obj.filename:
            server().remove(obj.filename)

    def purge(self, query: Query | DataObject | Iterable[DataObject], commit: bool = False) -> Freed:
        """Drop the files of the products that `query` finds and that can be made again.

        The objects stay, and nothing is lost: the first use of a product makes its file again and compares the digest.

        Parameters
        ----------
        query : Query or list
            The products.
        commit : bool
            Whether to drop the files. Default: only tell what would be freed.
        """
        objects = [query] if isinstance(query, DataObject) else list(query)
        return purge(objects, self._may_change, self.account().object_id, commit, _released(objects))

    def _why_not_delete(self, obj: DataObject) -> str:
        """Return the reason for which nobody deletes `obj`, empty when there is none."""
        if not obj.is_committed:
            return 'it is not committed'
        if not type(obj).inputs():
            return 'raw files and frames are never deleted'
        if obj.creator != self.user:
            return f'it is {obj.creator.name}\'s'
        if obj.privileges > 2:
            return f'it is at {level_name(obj.privileges)}, where others may rely on it'
        if obj.privileges == 2 and obj.project not in self.projects():
            return f'you are no member of project {obj.project.name}, with which it stays'
        statement = select(lineage.c.product).where(lineage.c.input == obj.object_id)
        number = len(database().session.execute(statement).all())
        return f'{counted(number, "object was", "objects were")} made from it' if number else ''

    def history(self, obj: DataObject) -> list[Change]:
        """Return the changes of `obj` since it was committed, oldest first."""
        return self._histories([obj])[obj.object_id]

    def _histories(self, objects: Iterable[DataObject]) -> dict[UUID, list[Change]]:
        """Return by id the changes of each of `objects`, oldest first."""
        found: dict[UUID, list[Change]] = {obj.object_id: [] for obj in objects}
        users = User.__table__
        rows = database().session.execute(
            select(history.c.object_id, history.c.attribute, history.c.old, history.c.new, users.c.name, history.c.date,
                   history.c.reason)
            .join(users, users.c.object_id == history.c.user_id)
            .where(history.c.object_id.in_(found)).order_by(history.c.number))
        for object_id, *change in rows:
            found[object_id].append(Change(*change))
        return found

    def _may_change(self, obj: DataObject, for_publishing: bool = False) -> bool:
        """Return whether you may judge `obj`, or publish it; in a project that you left, you only judge your own at level 1."""
        if obj.project is None:  # a reference catalogue, which everybody reads
            return not for_publishing and self.user == obj.creator
        if self.user == obj.project.owner or (obj.privileges == 1 and not for_publishing and self.user == obj.creator):
            return True
        return (obj.privileges >= 2 and not for_publishing or self.user == obj.creator) and obj.project in self.projects()

    def may_judge(self, obj: DataObject) -> bool:
        """Return whether you may say what you think of `obj`: at level 1 its creator, above the members of its project."""
        return self.user == obj.creator if obj.privileges == 1 else self._may_change(obj)

    def _change(self, obj: DataObject, reason: str = '', **values: Any) -> None:
        if not obj.is_committed:
            for attribute, value in values.items():
                setattr(obj, attribute, value)
            return
        if not self._may_change(obj):
            others = f', and by the members of project {obj.project.name}; you are neither' if obj.project else ''
            raise NotAllowed(f'{" and ".join(values)} of {obj} can be changed by {obj.creator.name}, who made it{others}')
        self._write([(obj, attribute, value) for attribute, value in values.items()], reason)

    def _write(self, changes: list[tuple[DataObject, str, Any]], reason: str = '') -> None:
        """Make changes, (object, attribute, value), and keep them with `reason` in the history, all in one transaction."""
        me, now, written, kept = self.account('change anything').object_id, utcnow(), [], []
        db = database()
        with db.transaction() as connection:
            db.because(connection, reason)
            for obj, attribute, value in sorted(changes, key=lambda change: change[0].object_id):  # one order: no deadlock
                table = next(t for t in type(obj).tables() if attribute in t.c)
                mine = table.c.object_id == obj.object_id
                # "No key update": this change and the commit of a product made from the object do not wait for each other.
                row = connection.execute(select(table.c[attribute]).where(mine).with_for_update(key_share=True)).first()
                if row is None:
                    raise NotAllowed(f'{obj} cannot be changed: it is gone, or the database does not let you')
                old, = row
                if attribute == 'privileges':
                    value = max(old, value)  # somebody may have raised it since it was read
                written.append((obj, attribute, value))
                if value == old:
                    continue
                connection.execute(update(table).where(mine).values({attribute: value}))
                kept.append({'object_id': obj.object_id, 'attribute': attribute, 'old': in_history(old),
                             'new': in_history(value), 'user_id': me, 'date': now, 'reason': reason or None})
            db.keep_changes(connection, kept)
        for obj, attribute, value in written:
            obj.__dict__[attribute] = value

    def hidden(self, inputs: Iterable[DataObject], obj: DataObject, level: int) -> list[DataObject]:
        """Return the objects of `inputs` that not everybody who sees `obj` at `level` could see."""
        mine = {p.object_id for p in self.projects()} if level == 1 else ()
        return [i for i in inputs if not may_use(i, obj.creator_id, mine, obj.project_id, level)]


def _released(objects: Sequence[DataObject]) -> dict[UUID, str]:
    """Return by id, of the `objects` that belong to a release, that they do: what makes them may change."""
    ids, found = [obj.object_id for obj in objects], set()
    for start in range(0, len(ids), _CHUNK):
        found |= set(database().session.scalars(select(lineage.c.input).where(
            lineage.c.input.in_(ids[start:start + _CHUNK]), lineage.c.role == ROLE)))
    return dict.fromkeys(found, 'it belongs to a release')


def _one(obj: Any) -> None:
    """Refuse anything but one object."""
    if not isinstance(obj, DataObject):
        raise ParameterError(f'{str(obj)[:200]} is no object: give one, as query[0]; for several, one after the other')


def _with_files(objects: Iterable[DataObject]) -> list[DataObject]:
    """Return `objects` and the data objects to which they refer, such as the file of a raw frame."""
    files = [getattr(obj, name) for obj in objects for name, p in type(obj).__properties__.items()
             if isinstance(p, Reference) and issubclass(p.target, DataObject)]
    return list({obj.object_id: obj for obj in [*objects, *files] if obj is not None}.values())


def owners(objects: Sequence[DataObject]) -> str:
    """Return a line for each of `objects`, the first ten: its level, its creator and its project."""
    shown = [f'  {obj} ({level_name(obj.privileges)}, {obj.creator.name}, '
             f'{f"project {obj.project.name}" if obj.project else "of no project"})' for obj in objects[:10]]
    return '\n'.join(shown + ([f'  and {len(objects) - 10} more'] if len(objects) > 10 else []))
