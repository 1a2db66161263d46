"""Sources: the projects whose frames serve unasked for the products of a project."""

import dataclasses
import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, insert, null, or_, select, update

from awlike.config import settings
from awlike.context.interventions import Interventions
from awlike.context.members import project_called
from awlike.context.privileges import projects_of
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.references import Project, User
from awlike.persist.tables import source
from awlike.remedies import to_type


@dataclasses.dataclass(frozen=True)
class ProjectSource:
    """A project whose frames serve for the products of another project, or of all projects.

    Attributes
    ----------
    name : str
        The source.
    project : str or None
        The project that uses it; None for all projects.
    user, date
        Who named it, and when (UTC).
    ended_by, ended
        Who withdrew it, and when (UTC); None as long as it is a source.
    """

    name: str
    project: str | None
    user: str
    date: datetime.datetime
    ended_by: str | None = None
    ended: datetime.datetime | None = None

    def __str__(self) -> str:
        text = f'{self.name} for {self.project or "all projects"}, named by {self.user} on {self.date:%Y-%m-%d %H:%M}'
        return text if self.ended is None else f'{text}, withdrawn by {self.ended_by} on {self.ended:%Y-%m-%d %H:%M}'


class Sources(Interventions):
    """Sources of projects: the part of the context that says whose frames serve unasked."""

    def add_source(self, name: str, for_all: bool = False) -> None:
        """Name project `name` as a source of the current project, which you own.

        Parameters
        ----------
        name : str
            The source. Its raw frames, calibrations and interventions serve from now on, as far as readers may see them.
        for_all : bool
            Whether it is a source of all projects. Only the owner of the database may say so. Default: no.

        Raises
        ------
        NotFound
            When there is no such project.
        NotAllowed
            When you own neither the current project nor, with `for_all`, the database.
        """
        me, of = self.account('name sources'), None if for_all else self._owned()
        found = project_called(name)
        if found == of:
            raise ParameterError(f'{name} uses its own frames anyway: name another project as its source')
        _insist_on_administrator(of)
        with database().transaction() as connection:
            if connection.scalar(select(source.c.id).where(_is(found, of)).limit(1)) is None:
                connection.execute(insert(source), {
                    'id': new_id(), 'project_id': None if of is None else of.object_id, 'source_id': found.object_id,
                    'user_id': me.object_id, 'date': utcnow()})

    def remove_source(self, name: str, for_all: bool = False) -> None:
        """Withdraw a source of the current project, which you own; with `for_all` a source of all projects.

        Raises
        ------
        NotFound
            When `name` is no such source.
        NotAllowed
            When you own neither the current project nor, with `for_all`, the database.
        """
        me, of = self.account('withdraw sources'), None if for_all else self._owned()
        found = project_called(name)
        _insist_on_administrator(of)
        with database().transaction() as connection:
            done = connection.execute(update(source).where(_is(found, of)).values(ended_by=me.object_id, ended=utcnow()))
        if not done.rowcount:
            raise NotFound(f'{name} is no source of {"all projects" if of is None else of.name}: '
                           f'{to_type("context.sources()", "awe project sources")} lists them')

    def sources(self, withdrawn: bool = False) -> list[ProjectSource]:
        """Return the sources of the current project and of all projects, in the order of their naming.

        Parameters
        ----------
        withdrawn : bool
            Whether to list those that were withdrawn, too. Default: no.
        """
        project = self.project_or_none()
        by, ended_by, of, names = User.__table__.alias(), User.__table__.alias(), Project.__table__.alias(), \
            Project.__table__.alias()
        rows = database().session.execute(
            select(names.c.name, of.c.name, by.c.name, source.c.date, ended_by.c.name, source.c.ended)
            .join(names, names.c.object_id == source.c.source_id).outerjoin(of, of.c.object_id == source.c.project_id)
            .join(by, by.c.object_id == source.c.user_id).outerjoin(ended_by, ended_by.c.object_id == source.c.ended_by)
            .where(_named_for(project), *([] if withdrawn else [source.c.ended.is_(None)])).order_by(source.c.date))
        return [ProjectSource(*row) for row in rows]

    def trusts_all(self) -> bool:
        """Return whether the frames of all projects serve unasked: by the setting `sources`, and by default on SQLite."""
        return (settings().sources or ('all' if database().is_sqlite else 'named')) == 'all'

    def trusted(self, projects: frozenset[UUID] | None = None,
                sources: frozenset[UUID] | None = None) -> frozenset[UUID] | None:
        """Return the ids of the projects whose frames serve unasked for what you make now; None where all projects do.

        They are the current project, your other projects, and the sources that are named for the current project or for all.

        Parameters
        ----------
        projects, sources : frozenset of UUID, optional
            Your projects, and the sources that `named_sources` selects, where they were read just now.
        """
        if self.trusts_all():
            return None
        project, user = self.project_or_none(), self.user
        if sources is None:
            sources = frozenset(database().session.scalars(self.named_sources()))
        if projects is None:
            projects = frozenset() if user is None else frozenset(database().session.scalars(projects_of(user.object_id)))
        return sources | projects | ({project.object_id} if project is not None else frozenset())

    def named_sources(self) -> Select[Any]:
        """Select the ids of the sources that are named for the current project or for all, now or at the date that you see."""
        moment = self.moment
        then = source.c.ended.is_(None) if moment is None else and_(
            source.c.date <= moment, or_(source.c.ended.is_(None), source.c.ended > moment))
        return select(source.c.source_id).where(_named_for(self.project_or_none()), then)

    def project_or_none(self) -> Project | None:
        """Return the current project; None where none is set."""
        try:
            return self.project
        except NotFound:
            return None

    def _owned(self) -> Project:
        """Return the current project, which must be one's own."""
        if self.project.owner != self.user:
            raise NotAllowed(f'only {self.project.owner.name}, the owner of {self.project.name}, names its sources; '
                             'an administrator names sources of all projects')
        return self.project


def _named_for(project: Project | None) -> ColumnElement[bool]:
    """Return the SQL condition for the sources of `project` and of all projects."""
    mine = null() if project is None else project.object_id
    return or_(source.c.project_id.is_(None), source.c.project_id == mine)


def _is(found: Project, of: Project | None) -> ColumnElement[bool]:
    """Return the SQL condition for the row that makes `found` a source of `of`, None for all projects."""
    return and_(source.c.source_id == found.object_id, source.c.ended.is_(None),
                source.c.project_id.is_(None) if of is None else source.c.project_id == of.object_id)


def _insist_on_administrator(of: Project | None) -> None:
    """Refuse anybody but the owner of the database where sources of all projects, `of` None, are named."""
    if of is None and not database().sees_all():
        raise NotAllowed('only the owner of the database names sources of all projects: ask an administrator, '
                         'or name a source of your own project')
