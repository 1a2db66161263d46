"""Asker: somebody who asks, with a project, privileges, a date, and database sessions of their own."""

import contextlib
import datetime
import operator
import shlex
from collections.abc import Hashable
from typing import Any, Self, TypeVar, cast

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from awlike.config import settings
from awlike.context.offers import is_offered, let_in
from awlike.context.privileges import check_level, level_name, projects_of, visible
from awlike.current import Current
from awlike.database.accounts import ANONYMOUS
from awlike.database.sessions import Database, database
from awlike.errors import NotAllowed, NotFound
from awlike.persist.as_of import set_back, value_at
from awlike.persist.dataobject import DataObject
from awlike.persist.references import Project, ReferenceObject, User
from awlike.persist.sky_rows import SkyRow
from awlike.query.criteria import Compare
from awlike.query.path import compare, parse
from awlike.remedies import to_type

T = TypeVar('T', bound=ReferenceObject)


class Asker(Current):
    """Somebody who asks.

    Parameters
    ----------
    user_name : str, optional
        The account; by default the account that the settings name, and their project.
    project : Project, optional
        The project in which this asker works.
    privileges : int
        The level at which the products of this asker are seen. Default: 2, the members of the project.
    moment : datetime.datetime, optional
        The date as of which this asker sees the world (UTC); by default now.
    tasks : dict, optional
        The tasks that came with a job, by their identifiers, in place of the user's own.
    """

    def __init__(self, user_name: str | None = None, project: Project | None = None, privileges: int = 2,
                 moment: datetime.datetime | None = None, tasks: dict[str, Any] | None = None) -> None:
        self._user_name = user_name
        self._known: tuple[str, Database, User | None] | None = None
        self.chosen_project, self.privileges, self.moment, self.tasks = project, privileges, moment, tasks

    def but(self, **other: Any) -> Self:
        """Return another asker, like this one but for `other`, the parameters of `Asker`."""
        same: dict[str, Any] = {'user_name': self._user_name, 'project': self.chosen_project, 'privileges': self.privileges,
                'moment': self.moment, 'tasks': self.tasks}
        new = type(self)(**same | other)
        if new._user_name == self._user_name:
            new._known = self._known
        return new

    def close(self) -> None:
        """End the database sessions of this asker."""
        database().end_sessions(self)

    # --- account, project, privileges ---

    @property
    def user_name(self) -> str:
        """The name of the account."""
        return self._user_name or settings().user

    @property
    def user(self) -> User | None:
        """The account; None for anonymous."""
        name, db = self.user_name, database()
        if self._known is None or self._known[:2] != (name, db):
            self._known = name, db, None if name == ANONYMOUS else account_of(name)
        return self._known[2]

    def account(self, what: str) -> User:
        """Return the account of this asker, who is about to do `what`.

        Raises
        ------
        NotAllowed
            When this asker has no account, or looks at the past.
        """
        if self.moment is not None:
            raise NotAllowed(f'you see the world as of {self.moment:%Y-%m-%d %H:%M:%S} and cannot {what}: '
                             f'{to_type("context.as_of(None)")} returns to now')
        if self.user is None:
            raise NotAllowed(f'you are {ANONYMOUS} and cannot {what}: set AWLIKE_USER to the name of your account')
        return self.user

    @property
    def project(self) -> Project:
        """The project in which this asker works.

        Raises
        ------
        NotFound
            When no project was set.
        """
        if self.chosen_project is None and self._user_name is None and settings().project:
            self.set_project(settings().project)
        if self.chosen_project is None:
            raise NotFound(f'no project is set{self._how_to_get_one()}')
        return self.chosen_project

    def _how_to_get_one(self) -> str:
        """Return what to say to work in a project, for the end of a message."""
        names = sorted(project.name for project in self.projects())
        if not names:
            return f', and you have none yet: say {to_type("context.create_project(name)", "awe project create NAME")}'
        if len(names) == 1:
            return ': ' + to_type(f'say context.set_project({names[0]!r})',
                                  f'give --project {shlex.quote(names[0])}, or set AWLIKE_PROJECT')
        how = to_type('say context.set_project(name)', 'give --project NAME, or set AWLIKE_PROJECT')
        return f': {how}; your projects are {", ".join(names)}'

    def projects(self) -> list[Project]:
        """Return the projects of which this asker is a member."""
        if self.user is None:
            return []
        ids = database().session.scalars(projects_of(self.user.object_id)).all()
        return list(Project.object_id.in_(ids))

    def set_project(self, name: str, privileges: int | None = None) -> None:
        """Work in project `name` from now on, at `privileges`, by default the level that the settings name.

        Whoever was invited to the project and sets it for the first time becomes its member.

        Raises
        ------
        NotFound
            When there is no such project.
        NotAllowed
            When this asker is no member of the project, and was not invited.
        """
        privileges = settings().privileges if privileges is None else privileges
        check_level(privileges)
        found = (Project.name == name).first()
        if found is None:
            raise NotFound(f'there is no project {name!r}: there are '
                           f'{", ".join(sorted(p.name for p in Project.select_all())) or "none"}; '
                           f'{to_type(f"context.create_project({name!r})", f"awe project create {name}")} makes a new one')
        if found not in self.projects() and not self._accepts(found):
            raise NotAllowed(f'you are not a member of project {name}: ask its owner, {found.owner.name}, to add you, '
                             f'by {to_type(f"context.join({name!r})", f"awe project join {name}")}')
        self.chosen_project = found
        self.set_privileges(min(privileges, found.maximum_privileges))

    def _accepts(self, project: Project) -> bool:
        """Become a member of `project`, if its owner invited this asker; return whether this asker is one then."""
        if self.user is None or not is_offered(self.user, project, by_owner=True):
            return project in self.projects()  # which another process may have accepted just now
        me = self.account('join a project')
        with contextlib.suppress(NotAllowed):
            let_in(me, project)
        return project in self.projects()

    def set_privileges(self, level: int) -> None:
        """Make the products of now on visible at `level`."""
        check_level(level)
        if level > self.project.maximum_privileges:
            raise NotAllowed(f'project {self.project.name} publishes at most at '
                             f'{level_name(self.project.maximum_privileges)}, not at {level_name(level)}')
        self.privileges = level

    # --- what lower rooms ask ---

    def session(self) -> Session:
        """Return the session by which this asker reads in this thread."""
        return database().session

    @property
    def sight(self) -> Hashable | None:
        """The account, on which alone depends what this asker sees. None for a date in the past: no statement is reused."""
        return None if self.moment is not None else (self.user and self.user.object_id,)

    def visible(self, builder: Any) -> ColumnElement[bool] | None:
        """Return the SQL condition under which this asker sees the object at the root of a statement, None for all objects."""
        cls = builder.root.cls
        if issubclass(cls, SkyRow):
            if self.moment is None and not database().is_sqlite:
                return _row_is_seen(builder, self.user)
            table = builder.node((cls.__properties__[cls.LINK],)).table
        elif issubclass(cls, DataObject):
            table = builder.root.table
        else:
            return None
        seen = visible(table, self.user)
        return seen if self.moment is None else and_(seen, table.c.creation_date <= self.moment)

    def value(self, node: Any, key: str, column: Any) -> Any:
        """Return the SQL expression for attribute `key` of `node`, kept in `column`, at `moment`."""
        return value_at(self.moment, node, key, column)

    def loaded(self, objects: list[Any]) -> None:
        """Set `objects`, just read, back to `moment`."""
        set_back([obj for obj in objects if isinstance(obj, DataObject)], self.moment)

    def scope(self, cls: type, kind: str, value: int | None = None) -> Compare:
        """Return the criterion that narrows queries of `cls` to the current project, user or a privileges level."""
        before = f'{cls.LINK}.' if issubclass(cls, SkyRow) else ''
        if not before and not issubclass(cls, DataObject):
            raise NotAllowed(f'{cls.__name__} belongs to no project and to no user: everybody shares it')
        if kind == 'project':
            return compare(parse(cls, f'{before}project'), operator.eq, self.project)
        if kind == 'user':
            return compare(parse(cls, f'{before}creator'), operator.eq, self.account('own anything'))
        check_level(value)
        return Compare(parse(cls, f'{before}privileges'), operator.eq, value)


def _row_is_seen(builder: Any, user: User | None) -> ColumnElement[bool]:
    """Return the SQL condition under which a row of a catalogue is seen, in a database that may hold its rules by itself.

    Where it does, one question for each statement says so: to join the catalogue of each row takes several times as long.
    """
    cls, objects = builder.root.cls, builder.alias(DataObject.__table__)
    held = select(func.row_security_active(cls.__table__.name)).scalar_subquery()
    seen = select(objects.c.object_id).where(visible(objects, user))
    return or_(held, builder.root.column(f'{cls.LINK}_id').in_(seen))


def account_of(name: str) -> User:
    """Return the account `name`; on SQLite, where anybody may claim any name, the account is made when it is asked for.

    Raises
    ------
    NotFound
        When the database has no such account: an administrator must open it.
    """
    db, user = database(), User(name=name)
    if db.is_sqlite:
        return known(user)
    found = db.session.get(User, user.object_id)
    if found is None:
        raise NotFound(f'the database has no account {name!r}: an administrator opens it by awe user add {name}')
    return found


def known(reference: T) -> T:
    """Return the reference object as the database has it; put it there when it is new."""
    db = database()
    found = db.session.get(type(reference), reference.object_id)
    if found is None:
        with db.transaction() as connection:
            db.insert_absent(connection, [reference])
        found = db.session.get(type(reference), reference.object_id)
    return cast(T, found)
