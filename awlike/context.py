"""Context: who asks. It bounds what is seen, stamps what is made, and changes the little that can change.

There is one, `context`; at the prompt it has this very name.
"""

import dataclasses
import datetime
import operator

from sqlalchemy import and_, delete, insert, select, update

from awlike.config import settings
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.persist.database import database
from awlike.persist.dataobject import DataObject
from awlike.persist.lineage import direct_inputs
from awlike.persist.links import Reference
from awlike.persist.references import Instrument, Project, User
from awlike.persist.tables import history, lineage, member
from awlike.persist.types import utcnow
from awlike.privileges import ANONYMOUS, LEVELS, level_name, may_use, projects_of, visible
from awlike.query.criteria import Compare
from awlike.query.path import parse
from awlike.query.runtime import Runtime
from awlike.store.purge import Freed, purge


@dataclasses.dataclass(frozen=True)
class Change:
    """One change after commit."""

    attribute: str
    old: str | None
    new: str | None
    user: str
    date: datetime.datetime


class CurrentProject:
    """The project one works in, as ``print(context.get_current_project())`` shows it; has the project's attributes."""

    def __init__(self, project, privileges):
        self._project, self._privileges = project, privileges

    def __getattr__(self, name):
        return getattr(self._project, name)

    def __str__(self):
        project = self._project
        rows = {
            'Name': project.name,
            'Description': project.description or '',
            'Instrument': project.instrument.name if project.instrument else 'any',
            'Owner': project.owner.name,
            'Maximum Privileges': level_name(project.maximum_privileges),
            'Current Privileges': level_name(self._privileges),
        }
        return '\n'.join(f'{name:>18}: {value}' for name, value in rows.items())

    __repr__ = __str__


class Context:
    """User, project and privileges of this process."""

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """Forget user, project and date; they are found anew when needed."""
        Runtime.moment = None
        self._user = self._user_of = self._project = None
        self.privileges = 2

    # --- who ---

    @property
    def user(self) -> User | None:
        """The account of who asks; None for anonymous."""
        name, db = settings().user, database()
        if self._user_of != (name, db):
            self._user = None if name == ANONYMOUS else _known(User(name=name))
            self._user_of = (name, db)
        return self._user

    def account(self, what: str = 'make or change anything') -> User:
        """The account of who asks, who is about to do `what`.

        Raises
        ------
        NotAllowed
            When there is none, or when one looks at the past, which nobody changes.
        """
        if Runtime.moment is not None:
            raise NotAllowed(f'you see the world as of {Runtime.moment:%Y-%m-%d %H:%M:%S} and cannot {what}: '
                             'context.as_of(None) returns to now')
        if self.user is None:
            raise NotAllowed(f'you are {ANONYMOUS} and cannot {what}: set AWLIKE_USER to the name of your account')
        return self.user

    @property
    def project(self) -> Project:
        """The project that one works in.

        Raises
        ------
        NotFound
            When none was set.
        """
        if self._project is None and settings().project:
            self.set_project(settings().project)
        if self._project is None:
            names = ', '.join(sorted(p.name for p in self.projects())) or 'none yet: context.create_project(name)'
            raise NotFound(f'no project is set: say context.set_project(name); your projects are {names}')
        return self._project

    def projects(self) -> list[Project]:
        """The projects that one is a member of."""
        if self.user is None:
            return []
        ids = database().session.scalars(projects_of(self.user.object_id)).all()
        return list(Project.object_id.in_(ids))

    def set_project(self, name: str, privileges: int = 2) -> None:
        """Work in project `name` from now on, at `privileges` (default 2, the project's members see what is made)."""
        _check_level(privileges)
        found = (Project.name == name).first()
        if found is None:
            raise NotFound(f'there is no project {name!r}: there are '
                           f'{", ".join(sorted(p.name for p in Project.select_all())) or "none"}; '
                           f'a new one is made by context.create_project({name!r})')
        if found not in self.projects():
            raise NotAllowed(f'you are not a member of project {name}: ask its owner, {found.owner.name}, to add you')
        self._project = found
        self.set_privileges(min(privileges, found.maximum_privileges))

    def set_privileges(self, level: int) -> None:
        """Make what is made from now on visible at `level`: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO."""
        _check_level(level)
        if level > self.project.maximum_privileges:
            raise NotAllowed(f'project {self.project.name} publishes at most at '
                             f'{level_name(self.project.maximum_privileges)}, not at {level_name(level)}')
        self.privileges = level

    def get_current_project(self) -> CurrentProject:
        """The project one works in and the privileges in force; print it."""
        return CurrentProject(self.project, self.privileges)

    def create_project(self, name: str, description: str = '', instrument: Instrument | None = None,
                       maximum_privileges: int = 5) -> Project:
        """Open a project; you own it and are its first member."""
        owner = self.account('open a project')
        _check_level(maximum_privileges)
        if (Project.name == name).exists():
            raise ParameterError(f'there is a project {name!r} already: choose another name, '
                                 f'or work in it by context.set_project({name!r})')
        project = Project(name=name, description=description, instrument=instrument, owner=owner,
                          maximum_privileges=maximum_privileges)
        db = database()
        with db.transaction() as connection:
            db.insert(connection, [project])
            connection.execute(insert(member), {'project_id': project.object_id, 'user_id': owner.object_id})
        db.adopt([project])
        return project

    def add_member(self, name: str, project: Project | None = None) -> None:
        """Make user `name` a member of `project` (default the current one), which you own."""
        project = project or self.project
        if project.owner != self.account('add members'):
            raise NotAllowed(f'only {project.owner.name}, the owner of {project.name}, can add members to it')
        user, db = _known(User(name=name)), database()
        with db.transaction() as connection:
            db.insert_row_absent(connection, member, {'project_id': project.object_id, 'user_id': user.object_id})

    # --- what is seen and stamped ---

    @property
    def moment(self) -> datetime.datetime | None:
        """The date as of which one sees the world (UTC); None for now."""
        return Runtime.moment

    def as_of(self, date) -> None:
        """See the world as of `date` from now on: what existed then, with the validity that it had.

        Queries, lineage downwards and the choice of calibrations follow. Nothing can be committed or changed meanwhile.
        Objects that you hold already stay as they are; ask for them anew.

        Parameters
        ----------
        date : datetime.datetime, str or None
            An instant (UTC), as ``'2012-06-01T08:51:44'``; None returns to now.
        """
        if isinstance(date, str):
            try:
                date = datetime.datetime.fromisoformat(date)
            except ValueError:
                raise ParameterError(f'as_of({date!r}): write an instant as "2012-06-01T08:51:44", or None for now') from None
        if not (date is None or isinstance(date, datetime.datetime)):
            raise ParameterError(f'as_of({date!r}): write a datetime, a text as "2012-06-01T08:51:44", or None for now')
        if date is not None and date.tzinfo is not None:
            date = date.astimezone(datetime.UTC).replace(tzinfo=None)
        Runtime.moment = date
        database().session.expunge_all()

    def audience(self) -> tuple:
        """For whom things are made now: user, the user's projects, project and level, as `may_use` wants them."""
        user, level = self.account(), self.privileges if self.project else None
        own = database().session.scalars(projects_of(user.object_id)) if level == 1 else ()  # else they do not matter
        return user.object_id, frozenset(own), self.project.object_id, level

    def visible(self, table):
        """The SQL condition under which a row of the object table is seen."""
        return visible(table, self.user)

    def stamp(self, obj) -> None:
        """Write who makes `obj`, and in which project and privileges, into it."""
        obj.creator, obj.project = self.account('make anything'), self.project
        obj.privileges, obj.creation_date = self.privileges, utcnow()

    def check_inputs(self, obj) -> None:
        """Refuse `obj`, stamped, when those who would see it could not see what it was made from."""
        inputs = direct_inputs(obj)
        loose = [i for i in inputs if not i.is_committed]
        if loose:
            raise NotAllowed(f'{obj} cannot be committed: it is made from {loose[0]}, which is not committed. '
                             'Commit that first')
        hidden = self._hidden(inputs, obj, obj.privileges)
        if hidden:
            raise NotAllowed(f'{obj} cannot be committed at {level_name(obj.privileges)} in project {obj.project.name}: '
                             f'who sees it could not see\n{_owners(hidden)}\n'
                             'Publish those first, by context.publish(obj, level), or commit at lower privileges')

    def _hidden(self, inputs, obj, level):
        mine = {p.object_id for p in self.projects()} if level == 1 else ()
        return [i for i in inputs if not may_use(i, obj.creator_id, mine, obj.project_id, level)]

    # --- the little that can change after commit ---

    def update_is_valid(self, obj, value: int) -> None:
        """Judge `obj`: 0 invalid, 1 valid, 2 proposed for promotion. What descends from an invalid object no longer counts."""
        if value not in (0, 1, 2) or isinstance(value, bool):
            raise ParameterError(f'is_valid {value!r}: it is 0 (invalid), 1 (valid) or 2 (proposed for promotion)')
        self._change(obj, is_valid=value)

    def update_timestamps(self, obj, start=None, end=None) -> None:
        """Let the calibration `obj` serve for observing dates from `start` up to, not including, `end` (UTC)."""
        if 'timestamp_start' not in type(obj).__properties__:
            raise ParameterError(f'{obj} has no timestamps: calibrations have')
        start, end = start or obj.timestamp_start, end or obj.timestamp_end
        if start >= end:
            raise ParameterError(f'timestamps {start} to {end}: the start must be before the end')
        self._change(obj, timestamp_start=start, timestamp_end=end)

    def publish(self, obj, level: int) -> list:
        """Raise `obj` and all that it was made from to privileges `level`; gives what was raised.

        Raises
        ------
        NotAllowed
            Listing what stands in the way and whose it is; then nothing is raised.
        """
        _check_level(level)
        if not obj.is_committed:
            raise NotAllowed(f'{obj} is not committed: commit it, then publish it')
        if level < obj.privileges:
            raise NotAllowed(f'{obj} is at {level_name(obj.privileges)}: privileges only go up')
        hidden = self._hidden(_with_files([*obj.ancestors(), obj]), obj, level)
        lower = [o for o in _with_files([obj]) if o.privileges < level]
        raised = list({o.object_id: o for o in [*hidden, *lower]}.values())
        blocking = [o for o in raised if not self._may_change(o, for_publishing=True)
                    or o.project.maximum_privileges < level or (level < 3 and o.project_id != obj.project_id)]
        if blocking:
            raise NotAllowed(f'{obj} cannot be published at {level_name(level)}; in the way stand\n{_owners(blocking)}\n'
                             'Ask their creators or the owners of their projects to publish them')
        self._write([(o, 'privileges', level) for o in raised])
        return raised

    def delete(self, obj) -> None:
        """Delete `obj`: your own, at level 1 or 2, nothing made from it, not raw. Anything else is invalidated instead."""
        self.account('delete anything')
        reason = self._why_not_delete(obj)
        if reason:
            raise NotAllowed(f'{obj} cannot be deleted: {reason}. '
                             'Mark it bad instead, by context.update_is_valid(obj, 0)')
        db = database()
        with db.transaction() as connection:
            used = connection.execute(select(lineage.c.product).where(lineage.c.input == obj.object_id).limit(1)).first()
            if used:
                raise NotAllowed(f'{obj} cannot be deleted: something is made from it just now')
            connection.execute(delete(lineage).where(lineage.c.product == obj.object_id))
            connection.execute(delete(history).where(history.c.object_id == obj.object_id))
            for table in reversed(type(obj).tables()):
                connection.execute(delete(table).where(table.c.object_id == obj.object_id))
        if (known := db.session.identity_map.get(obj._sa_instance_state.key)) is not None:
            db.session.expunge(known)
        if obj.filename:
            from awlike.store import server
            server().remove(obj.filename)

    def purge(self, query, commit: bool = False) -> Freed:
        """Drop the files of the products that `query` finds and that can be made again.

        Their objects stay, and nothing is lost: a file is made again, and its digest compared, when it is used.

        Parameters
        ----------
        query : Query or list
            Which products.
        commit : bool
            Whether to do it; default no, which only tells what it would free.
        """
        return purge(list(query), self._may_change, self.account().object_id, commit)

    def _why_not_delete(self, obj) -> str:
        if not obj.is_committed:
            return 'it is not committed'
        if not type(obj).inputs():
            return 'raw files and frames are never deleted'
        if obj.creator != self.user:
            return f'it is {obj.creator.name}\'s'
        if obj.privileges > 2:
            return f'it is at {level_name(obj.privileges)}, where others may rely on it'
        statement = select(lineage.c.product).where(lineage.c.input == obj.object_id)
        number = len(database().session.execute(statement).all())
        return f'{number} objects were made from it' if number else ''

    def history(self, obj) -> list[Change]:
        """The changes of `obj` since it was committed, oldest first."""
        users = User.__table__
        rows = database().session.execute(
            select(history.c.attribute, history.c.old, history.c.new, users.c.name, history.c.date)
            .join(users, users.c.object_id == history.c.user_id)
            .where(history.c.object_id == obj.object_id).order_by(history.c.number))
        return [Change(*row) for row in rows]

    def _may_change(self, obj, for_publishing=False) -> bool:
        owns = self.user in (obj.creator, obj.project.owner)
        return owns or (not for_publishing and obj.privileges >= 2 and obj.project in self.projects())

    def _change(self, obj, **values):
        if not obj.is_committed:
            for attribute, value in values.items():
                setattr(obj, attribute, value)
            return
        if not self._may_change(obj):
            raise NotAllowed(f'{" and ".join(values)} of {obj} can be changed by {obj.creator.name}, who made it, '
                             f'and by the members of project {obj.project.name}; you are neither')
        self._write([(obj, attribute, value) for attribute, value in values.items()])

    def _write(self, changes):
        """Make changes and keep them in the history, all in one transaction."""
        me, now, written = self.account('change anything').object_id, utcnow(), []
        with database().transaction() as connection:
            for obj, attribute, value in changes:
                table = next(t for t in type(obj).tables() if attribute in t.c)
                mine = table.c.object_id == obj.object_id
                old = connection.scalar(select(table.c[attribute]).where(mine))
                if attribute == 'privileges':
                    value = max(old, value)  # somebody may have raised it since it was read
                written.append((obj, attribute, value))
                if value == old:
                    continue
                connection.execute(update(table).where(mine).values({attribute: value}))
                connection.execute(insert(history), {
                    'object_id': obj.object_id, 'attribute': attribute, 'old': _text(old), 'new': _text(value),
                    'user_id': me, 'date': now})
        for obj, attribute, value in written:
            obj.__dict__[attribute] = value

    def __repr__(self):
        name = self._project.name if self._project else 'no project'
        return f'<context: {settings().user} in {name}, privileges {level_name(self.privileges)}>'


def _check_level(level):
    if level not in LEVELS or isinstance(level, bool):
        raise ParameterError(f'privileges {level!r}: it is one of '
                             f'{", ".join(f"{n} ({name})" for n, name in LEVELS.items())}')


def _known(reference):
    """The reference object as the database has it; put there when it is new."""
    db = database()
    found = db.session.get(type(reference), reference.object_id)
    if found is None:
        with db.transaction() as connection:
            db.insert_absent(connection, [reference])
        found = db.session.get(type(reference), reference.object_id)
    return found


def _with_files(objects):
    """`objects` and the data objects that they refer to, such as the file that a raw frame lies in."""
    files = [getattr(obj, name) for obj in objects for name, p in type(obj).__properties__.items()
             if isinstance(p, Reference) and issubclass(p.target, DataObject)]
    return list({obj.object_id: obj for obj in [*objects, *files] if obj is not None}.values())


def _owners(objects):
    shown = [f'  {obj} ({level_name(obj.privileges)}, {obj.creator.name}, project {obj.project.name})'
             for obj in objects[:10]]
    return '\n'.join(shown + ([f'  and {len(objects) - 10} more'] if len(objects) > 10 else []))


def _text(value):
    return value.isoformat(' ', 'microseconds') if isinstance(value, datetime.datetime) else None if value is None else str(value)


context = Context()


def _visible(builder):
    if not issubclass(builder.root.cls, DataObject):
        return None
    seen = context.visible(builder.root.table)
    return seen if Runtime.moment is None else and_(seen, builder.root.table.c.creation_date <= Runtime.moment)


def _scope(cls, kind, value):
    if not issubclass(cls, DataObject):
        raise NotAllowed(f'{cls.__name__} belongs to no project and to no user: everybody shares it')
    path, value = {'project': lambda: ('project', context.project.object_id),
                   'user': lambda: ('creator', context.account('own anything').object_id),
                   'privileges': lambda: ('privileges', value)}[kind]()
    if kind == 'privileges':
        _check_level(value)
    return Compare(parse(cls, path), operator.eq, value)


Runtime.visible = staticmethod(_visible)
Runtime.scope = staticmethod(_scope)
