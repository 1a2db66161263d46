"""Who asks, and with whom one shares: the account, projects and their members, the privileges in force."""

from sqlalchemy import insert

from awlike.config import settings
from awlike.context.privileges import check_level, level_name, projects_of
from awlike.current import Runtime
from awlike.database.accounts import ANONYMOUS
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.persist.references import Instrument, Project, User
from awlike.persist.tables import member


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


class People:
    """User, project and privileges: the part of the context that says who asks."""

    def __init__(self):
        self.reset()

    def reset(self) -> None:
        """Forget user, project and date; they are found anew when needed."""
        Runtime.moment = None
        self._user = self._user_of = self._project = None
        self.privileges = 2

    @property
    def user(self) -> User | None:
        """The account of who asks; None for anonymous."""
        name, db = settings().user, database()
        if self._user_of != (name, db):
            self._user = None if name == ANONYMOUS else account_of(name)
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

    def set_project(self, name: str, privileges: int | None = None) -> None:
        """Work in project `name` from now on, at `privileges` (default as the settings say: 2, its members see what is made)."""
        privileges = settings().privileges if privileges is None else privileges
        check_level(privileges)
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
        check_level(level)
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
        check_level(maximum_privileges)
        if not name.strip():
            raise ParameterError('a project needs a name, as OMEGACAM@VST')
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
        user, db = account_of(name), database()
        with db.transaction() as connection:
            db.insert_row_absent(connection, member, {'project_id': project.object_id, 'user_id': user.object_id})


def account_of(name: str) -> User:
    """The account `name`; on SQLite, where anybody can say to be anybody, it is there when it is asked for.

    Raises
    ------
    NotFound
        When the database has no such account, and an administrator must open it.
    """
    db, user = database(), User(name=name)
    if db.is_sqlite:
        return known(user)
    found = db.session.get(User, user.object_id)
    if found is None:
        raise NotFound(f'the database has no account {name!r}: an administrator opens it by awe user add {name}')
    return found


def known(reference):
    """The reference object as the database has it; put there when it is new."""
    db = database()
    found = db.session.get(type(reference), reference.object_id)
    if found is None:
        with db.transaction() as connection:
            db.insert_absent(connection, [reference])
        found = db.session.get(type(reference), reference.object_id)
    return found
