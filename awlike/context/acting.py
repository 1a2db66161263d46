"""The context: the rules for whoever asks. It bounds queries, stamps products, and changes the few attributes that can change.

There is one, `context`; at the prompt it has this very name. Whoever asks is an `awlike.context.asker.Asker`.
"""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, FromClause, select

from awlike.context.changes import owners
from awlike.context.header_corrections import HeaderCorrections
from awlike.context.privileges import level_name, projects_of, visible
from awlike.context.releases import Releases
from awlike.current import current
from awlike.database.sessions import database
from awlike.errors import NotAllowed
from awlike.nights import instant, utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.relatives import direct_inputs
from awlike.remedies import to_type


class Context(HeaderCorrections, Releases):
    """User, project and privileges of whoever asks, and the date as of which they see the world."""

    def as_of(self, date: datetime.datetime | str | None) -> None:
        """See the world as of `date` from now on: the objects of that date, with the validity that they had.

        Queries, lineage downwards and the choice of calibrations follow. Nothing can be committed or changed meanwhile.
        Objects that you hold already stay as they are; ask for them anew. In a ``with context.acting():`` the date ends
        with the ``with``.

        Parameters
        ----------
        date : datetime.datetime, str or None
            An instant (UTC), as ``'2012-06-01T08:51:44'``; None returns to now.
        """
        self._asker.moment = instant(date, 'as_of')
        database().session.expunge_all()

    def suspects(self, date: Any, instrument: str | None = None) -> Any:
        """Return the raw frames of a night that differ from the others of their kind: light, clouds, read-out failures.

        Parameters
        ----------
        date : str, datetime.date or a pair of them
            A night, by the date of the noon at which it begins; or the first and the last of several nights.
        instrument : str, optional
            The name of the camera; default all.

        Returns
        -------
        awlike.suspects.night.NightSuspects
            With `suspects`, `ok`, `table`, `to_dict`; print it.

        Examples
        --------
        >>> context.suspects(date='2012-05-31')
        """
        return current().suspects(date, instrument)

    def night(self, date: Any, instrument: str | None = None, quantity: str = 'imstat.median') -> Any:
        """Return the report of a night: what came in by run and filter, what was refused and why, what was made.

        Parameters
        ----------
        date : str, datetime.date or a pair of them
            A night, by the date of the noon at which it begins; or the first and the last of several nights.
        instrument : str, optional
            The name of the camera; may be left out where frames of one camera alone are known.
        quantity : str
            A number of raw frames by which the focal plane is coloured. Default: the median level.

        Returns
        -------
        awlike.nightly.report.NightReport
            With `groups`, `refused`, `made`, `focal_plane()`, `timeline()`, `table()`, `to_dict()`; print it.

        Examples
        --------
        >>> context.night('2012-05-31')
        """
        return current().night(date, instrument, quantity)

    def trends(self, instrument: str, quantities: Sequence[str] | None = None, dates: Any = None, chip: str | None = None,
               limits: Mapping[str, tuple[float | None, float | None]] | None = None) -> Any:
        """Return how an instrument changes: bias level, read noise, gain, flat level and shape, zero point, seeing.

        Parameters
        ----------
        instrument : str
            The name of the camera.
        quantities : list of str, optional
            Some of ``'bias level'``, ``'read noise'``, ``'gain'``, ``'flat level'``, ``'flat shape'``, ``'zero point'``,
            ``'seeing'``. Default: all.
        dates : str or pair of dates, optional
            The first and the last night, as ``'2012-01-01:2012-06-30'``. Default: all time.
        chip : str, optional
            One detector. Default: all.
        limits : dict, optional
            The least and the largest value by quantity, as ``{'read noise': (None, 5.0)}``.

        Returns
        -------
        awlike.nightly.trends.Trends
            With `ok`, `picture()`, `table()`, `to_dict()`; print it.

        Examples
        --------
        >>> context.trends('OMEGACAM')
        """
        return current().trends(instrument, quantities, dates, chip, limits)

    def audience(self, projects: frozenset[UUID] | None = None) -> tuple[UUID, frozenset[UUID], UUID, int]:
        """Return for whom products are made now: user, the user's projects, project and level, as `may_use` wants them.

        Parameters
        ----------
        projects : frozenset of UUID, optional
            The user's projects, where they were read just now.
        """
        user, project, level = self.account(), self.project, self.privileges
        own = frozenset(database().session.scalars(projects_of(user.object_id))) if projects is None else projects
        if project.object_id not in own:
            raise NotAllowed(f'you are no member of project {project.name} any more: '
                             f'{to_type("context.set_project(name)", "--project NAME")} sets another')
        return user.object_id, own, project.object_id, level

    def visible(self, table: FromClause) -> ColumnElement[bool]:
        """Return the SQL condition under which you see a row of the object table."""
        return visible(table, self.user)

    def stamp(self, obj: DataObject) -> None:
        """Write the maker, the project, the privileges and the date into `obj`."""
        obj.creator, obj.project = self.account('make anything'), self.project
        obj.privileges, obj.creation_date = self.privileges, utcnow()

    def check_inputs(self, obj: DataObject) -> None:
        """Refuse `obj`, stamped, when not everybody who would see `obj` sees its inputs, or an input is not committed.

        Raises
        ------
        NotAllowed
            Naming the inputs.
        """
        inputs = direct_inputs(obj)
        loose = [i for i in inputs if not i.is_committed]
        if loose:
            raise NotAllowed(f'{obj} cannot be committed: it is made from {loose[0]}, which is not committed. '
                             'Commit that first')
        hidden = self.hidden(inputs, obj, obj.privileges)
        if hidden:
            raise NotAllowed(f'{obj} cannot be committed at {level_name(obj.privileges)} in project {obj.project.name}: '
                             f'who sees it could not see\n{owners(hidden)}\n'
                             f'Publish those first, by {to_type("context.publish(obj, level)")}, or commit at lower '
                             f'privileges{to_type("", " (--privileges)")}')

    @staticmethod
    def hold_inputs(obj: DataObject, connection: Connection) -> None:
        """Refuse `obj` when an input is gone.

        The lineage of `obj` goes into the database first; from then on the database lets nobody delete an input.

        Raises
        ------
        NotAllowed
            Naming the first input that is gone.
        """
        inputs, table = direct_inputs(obj), DataObject.__table__
        ids = select(table.c.object_id).where(table.c.object_id.in_({i.object_id for i in inputs}))
        there = set(connection.scalars(ids))
        gone = [i for i in inputs if i.object_id not in there]
        if gone:
            raise NotAllowed(f'{obj} cannot be committed: {gone[0]}, which it is made from, was deleted meanwhile. '
                             'Ask for it again, and another input is chosen or made')

    def __repr__(self) -> str:
        asker = self._asker
        name = asker.chosen_project.name if asker.chosen_project else 'no project'
        return f'<context: {asker.user_name} in {name}, privileges {level_name(self.privileges)}>'


context = Context()
