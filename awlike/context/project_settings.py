"""Settings of projects: what their owners set for all members."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, insert, or_, select, text, update

from awlike.context.people import CurrentProject
from awlike.context.sources import Sources
from awlike.database.sessions import database
from awlike.errors import NotAllowed
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.references import Project
from awlike.persist.tables import member, project_setting
from awlike.query.properties import classes

REFERENCE = 'reference_catalogue'


class ProjectSettings(Sources):
    """Settings of projects: the part of the context that says which reference catalogue serves a project."""

    def reference_catalogue(self) -> str | None:
        """Return the name of the reference catalogue that serves the current project, now or at the date that you see.

        None where no project is set, or nobody named one: then the only one that covers a field serves.
        """
        project, moment = self.project_or_none(), self.moment
        if project is None:
            return None
        then = project_setting.c.ended.is_(None) if moment is None else and_(
            project_setting.c.date <= moment, or_(project_setting.c.ended.is_(None), project_setting.c.ended > moment))
        return database().session.scalar(select(project_setting.c.value).where(_of(project), then)
                                         .order_by(project_setting.c.date.desc()).limit(1))

    def get_current_project(self) -> CurrentProject:
        """Return the project in which you work, with the privileges and the reference catalogue in force; print it."""
        return CurrentProject(self.project, self.privileges, self.reference_catalogue())

    def set_reference_catalogue(self, name: str | None) -> None:
        """Name the reference catalogue that serves the current project, which you own, for astrometry and for photometry.

        The process parameter REFERENCE_CATALOGUE goes before it.

        Parameters
        ----------
        name : str or None
            ``'NAME'``, the version that was added first, or ``'NAME@2'``. None: no catalogue is named any more.

        Raises
        ------
        NotFound
            When there is no such catalogue.
        NotAllowed
            When you do not own the current project.
        """
        me, project = self.account('set what serves a project'), self.project
        if project.owner != me:
            raise NotAllowed(f'only {project.owner.name}, the owner of {project.name}, names its reference catalogue: ask the '
                             'owner, or name one for your own products by the process parameter REFERENCE_CATALOGUE')
        if name is not None:
            classes['ReferenceCatalogue'].named(name)
        now = utcnow()
        with database().transaction() as connection:
            connection.execute(update(project_setting).where(_of(project), project_setting.c.ended.is_(None)).values(
                ended_by=me.object_id, ended=now))
            if name is not None:
                connection.execute(insert(project_setting), {
                    'id': new_id(), 'project_id': project.object_id, 'name': REFERENCE, 'value': name,
                    'user_id': me.object_id, 'date': now})

    def trusted_adders(self) -> frozenset[UUID]:
        """Return the ids of those whose reference catalogues serve unasked: you, members of the project, administrators.

        An SQLite file has no administrators.
        """
        project, user, db = self.project_or_none(), self.user, database()
        mine = frozenset() if user is None else frozenset({user.object_id})
        if project is not None:
            mine |= frozenset(db.session.scalars(select(member.c.user_id).where(member.c.project_id == project.object_id)))
        if db.is_sqlite:
            return mine
        return mine | frozenset(db.session.scalars(text('SELECT unnest(awlike.administrators())')))


def _of(project: Project) -> ColumnElement[bool]:
    """Return the SQL condition for the setting of `project` that names its reference catalogue."""
    return and_(project_setting.c.project_id == project.object_id, project_setting.c.name == REFERENCE)
