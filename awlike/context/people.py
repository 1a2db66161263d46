"""People: the account that asks, projects and their members, and the privileges in force."""

import contextlib
import datetime
from collections.abc import Generator
from typing import Any, cast

from sqlalchemy import insert

from awlike.arguments import check_shown
from awlike.context.asker import Asker
from awlike.context.privileges import check_level, level_name
from awlike.current import acting, current, current_or_none, new_asker, set_default
from awlike.database.sessions import database
from awlike.errors import ParameterError
from awlike.nights import instant
from awlike.persist.references import Instrument, Project, User
from awlike.persist.tables import member
from awlike.remedies import to_type
from awlike.terminal import Safe

_SAME: Any = object()


class CurrentProject(Safe):
    """The project in which you work, as ``print(context.get_current_project())`` shows it; has the project's attributes."""

    def __init__(self, project: Project, privileges: int, reference: str | None = None) -> None:
        self._project, self._privileges, self._reference = project, privileges, reference

    def __getattr__(self, name: str) -> Any:
        return getattr(self._project, name)

    def __str__(self) -> str:
        project = self._project
        rows = {
            'Name': project.name,
            'Description': project.description or '',
            'Instrument': project.instrument.name if project.instrument else 'any',
            'Owner': project.owner.name,
            'Maximum Privileges': level_name(project.maximum_privileges),
            'Current Privileges': level_name(self._privileges),
            **({'Reference': self._reference} if self._reference else {}),
        }
        return '\n'.join(f'{name:>18}: {value}' for name, value in rows.items())

    __repr__ = __str__


class People:
    """User, project and privileges: the part of the context that says who asks."""

    @property
    def _asker(self) -> Asker:
        """Whoever asks: the innermost that acts in this thread or task, else the user of this process."""
        return cast(Asker, current())

    def reset(self) -> None:
        """Forget user, project and date of this process; they are found anew when they are needed."""
        set_default(new_asker())

    @contextlib.contextmanager
    def acting(self, user: str | None = None, project: str | None = None, privileges: int | None = None,
               as_of: datetime.datetime | str | None = _SAME) -> Generator[None, None, None]:
        """Act as another user, in another project or at another date, for the length of a ``with``.

        Only this thread or task acts so. Whatever you set meanwhile, as by `set_project` or `as_of`, ends with the ``with``.

        Parameters
        ----------
        user : str, optional
            The name of the account; by default the same. Another user has no project until one is set.
        project : str, optional
            The project; by default the same.
        privileges : int, optional
            The level at which products are seen: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO. By default the same, or in
            another project the level that the settings name.
        as_of : datetime.datetime, str or None, optional
            The date (UTC) as of which the world is seen, None for now; by default the same.

        Raises
        ------
        NotFound
            When there is no such account or project.
        NotAllowed
            When `user` is no member of `project`, or nobody acts yet and `user` is not given.
        """
        other: dict[str, Any] = {} if as_of is _SAME else {'moment': instant(as_of, 'as_of')}
        before = cast(Asker | None, current_or_none())
        if user is not None and (before is None or user != before.user_name):
            other |= {'user_name': user, 'project': None, 'privileges': 2}
        asker = self._asker.but(**other) if before or user is None else cast(Asker, new_asker(**other))
        try:
            with acting(asker):
                if project is not None:
                    asker.set_project(project, privileges)
                elif privileges is not None:
                    asker.set_privileges(privileges)
                yield
        finally:
            asker.close()

    @property
    def user(self) -> User | None:
        """The account that asks; None for anonymous."""
        return self._asker.user

    @property
    def privileges(self) -> int:
        """The level at which others see the products that you make."""
        return self._asker.privileges

    @property
    def moment(self) -> datetime.datetime | None:
        """The date as of which you see the world (UTC); None for now."""
        return self._asker.moment

    def account(self, what: str = 'make or change anything') -> User:
        """Return the account that asks, which is about to do `what`.

        Raises
        ------
        NotAllowed
            When you are anonymous, or look at the past, which nobody changes.
        """
        return self._asker.account(what)

    @property
    def project(self) -> Project:
        """The project in which you work.

        Raises
        ------
        NotFound
            When no project was set.
        """
        return self._asker.project

    def projects(self) -> list[Project]:
        """Return the projects of which you are a member."""
        return self._asker.projects()

    def set_project(self, name: str, privileges: int | None = None) -> None:
        """Work in project `name` from now on, at `privileges` (default as the settings say: 2, its members see products)."""
        self._asker.set_project(name, privileges)

    def set_privileges(self, level: int) -> None:
        """Make the products of now on visible at `level`: 1 MyDB, 2 Project, 3 Astro-WISE, 4 World, 5 VO."""
        self._asker.set_privileges(level)

    def create_project(self, name: str, description: str = '', instrument: Instrument | None = None,
                       maximum_privileges: int = 5) -> Project:
        """Open a project; you own the project and are its first member."""
        owner = self.account('open a project')
        check_level(maximum_privileges)
        if not name.strip():
            raise ParameterError('a project needs a name, as OMEGACAM@VST')
        check_shown('the name of a project', name)
        check_shown('the description of a project', description)
        if (Project.name == name).exists():
            raise ParameterError(f'there is a project {name!r} already: choose another name, '
                                 f'or work in it by {to_type(f"context.set_project({name!r})", f"--project {name}")}')
        project = Project(name=name, description=description, instrument=instrument, owner=owner,
                          maximum_privileges=maximum_privileges)
        db = database()
        with db.transaction() as connection:
            db.insert(connection, [project])
            connection.execute(insert(member), {'project_id': project.object_id, 'user_id': owner.object_id})
        db.adopt([project])
        return project
