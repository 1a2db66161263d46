"""Selections: named, saved rules of projects. The part of the context that saves, finds and removes them."""

import contextlib
import datetime
import re
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, insert, or_, select, update

from awlike.arguments import typed
from awlike.context.project_settings import ProjectSettings
from awlike.context.rule_reading import RuleReading
from awlike.context.saved_selections import SavedSelection, SelectionList, SelectionUse, in_fixed_order, objects_of
from awlike.context.selection_batch import read_batch
from awlike.database.sessions import database
from awlike.errors import NotAllowed, NotFound, ParameterError, QueryError
from awlike.nights import instant, utcnow
from awlike.persist.ids import new_id
from awlike.persist.references import Project, User
from awlike.persist.tables import saved_selection, selection_use
from awlike.query.properties import classes
from awlike.query.query import Query
from awlike.query.rules import names_in
from awlike.remedies import to_type
from awlike.spelling import near

_NAME = re.compile(r'[A-Za-z0-9]([A-Za-z0-9_.+ -]{0,58}[A-Za-z0-9_.+-])?')

_Rows = Sequence[Any]


class Selections(ProjectSettings):
    """Saved selections of the current project. Its members see, make, change and remove them."""

    # --- saving ---

    @typed
    def select(self, name: str, query: Query | SavedSelection | str) -> SavedSelection:
        """Save a rule under a name, for the members of the current project.

        The same name again changes the rule. The history keeps the earlier rule.

        Parameters
        ----------
        name : str
            The name: letters, digits, blanks and ``_ . + -``, 60 at most.
        query : Query, SavedSelection or str
            The rule: a query, combinations of queries and selections, or the text of a rule.

        Returns
        -------
        SavedSelection

        Raises
        ------
        ParameterError
            When the name is none.
        QueryError
            When the query cannot be saved as a rule, or refers to the selection itself.
        NotAllowed
            When you have no account, or are no member of the project.

        Examples
        --------
        >>> context.select('GOOD', (RawScienceFrame.EXPTIME > 60) & RawScienceFrame.within(315.0, -31.0, 2.5))
        >>> context.select('GOOD-R', context.selection('GOOD') & (RawScienceFrame.filter.name == 'r_SDSS'))
        """
        return self.select_all_of({name: query})[0]

    def select_all_of(self, rules: 'dict[str, Query | SavedSelection | str]') -> list[SavedSelection]:
        """Save several rules by name, all or none; see `select`."""
        me, project = self.account('save a selection'), self._of_mine()
        rows = [self._new_row(name, query, me, project) for name, query in rules.items()]
        before = {row.name: row for row in self._rows(saved_selection.c.ended.is_(None))}
        new = [row for row in rows if row['name'] not in before or _differs(before[row['name']], row)]
        if new:
            with database().transaction() as connection:
                connection.execute(update(saved_selection).where(
                    _of(project), saved_selection.c.ended.is_(None), saved_selection.c.name.in_([row['name'] for row in new])
                ).values(ended_by=me.object_id, ended=new[0]['date']))
                connection.execute(insert(saved_selection), new)
        return [self.selection(name) for name in rules]

    @typed
    def import_selections(self, path: str | Path, cls: str = 'RawScienceFrame') -> list[SavedSelection]:
        """Save the selections of a file of centres and radii, in XML, all or none.

        ::

            <batch>
              <selection><label>D1</label><alpha>36.5</alpha><delta>-4.5</delta><radius>0.5</radius><filter>r</filter></selection>
            </batch>

        Centre and radius are degrees; the name of a filter may be left out.

        Parameters
        ----------
        path : str or pathlib.Path
            The file.
        cls : str
            The class of the frames that point there. Default: RawScienceFrame.

        Raises
        ------
        ParameterError
            When the file is no such batch; names the selection and what is wrong with it.
        """
        kind = classes.get(cls)
        if kind is None or not hasattr(kind, 'within'):
            raise ParameterError(f'class {cls!r}{near(cls, classes)}: name a class of frames, as RawScienceFrame')
        return self.select_all_of({one.label: one.query(kind) for one in read_batch(Path(path))})

    def _new_row(self, name: str, query: Any, me: User, project: Project) -> dict[str, Any]:
        """Return the row of a new rule, which can be read back and refers to no selection that refers to it."""
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise ParameterError(f'the name {name!r}: a selection is called by letters, digits, blanks and _ . + -, '
                                 '60 at most, the first a letter or a digit')
        if isinstance(query, str):
            query = self._query_of(query)
        query = query.as_query() if isinstance(query, SavedSelection) else query
        if not isinstance(query, Query):
            raise ParameterError(f'{str(query)[:200]} is no query: give one, as RawScienceFrame.EXPTIME > 60')
        rule = query.written()
        self._query_of(rule, query.cls.__name__)
        self._refuse_circle(name, rule)
        return {'id': new_id(), 'project_id': project.object_id, 'name': name, 'class_name': query.cls.__name__, 'rule': rule,
                'user_id': me.object_id, 'date': utcnow()}

    def _refuse_circle(self, name: str, rule: str) -> None:
        waiting, seen = names_in(rule), set()
        while waiting:
            one = waiting.pop()
            if one == name:
                shown = to_type(f'context.selection({name!r}).rule', f'awe selection show {name}')
                raise QueryError(f'the rule of {name} refers to {name} itself: write out its rule, which {shown} shows')
            if one not in seen:
                seen.add(one)
                waiting += names_in(self._row(one).rule)

    @typed
    def remove_selection(self, name: str) -> None:
        """Remove a selection of the current project. Its history, and what was made by it, stay.

        Raises
        ------
        NotFound
            When there is no such selection.
        NotAllowed
            When the rules of other selections refer to it.
        """
        me, project = self.account('remove a selection'), self._of_mine()
        self._row(name)
        others = [row.name for row in self._rows(saved_selection.c.ended.is_(None)) if name in names_in(row.rule)]
        if others:
            raise NotAllowed(f'the rules of {", ".join(others)} refer to {name}: change or remove these first')
        with database().transaction() as connection:
            connection.execute(update(saved_selection).where(
                _of(project), saved_selection.c.ended.is_(None), saved_selection.c.name == name
            ).values(ended_by=me.object_id, ended=utcnow()))

    # --- finding ---

    @typed
    def selection(self, name: str) -> SavedSelection:
        """Return a selection of the current project, with the rule in force now, or at the date that you see.

        Raises
        ------
        NotFound
            When there is no such selection; names those that are spelt alike.
        """
        return SavedSelection(self._row(name), self)

    def selections(self) -> SelectionList:
        """Return the selections of the current project, by name; print them."""
        return SelectionList([SavedSelection(row, self) for row in self._in_force()], self._of_mine().name)

    def _in_force(self) -> _Rows:
        return sorted({row.name: row for row in self._rows(self._then())}.values(), key=lambda row: row.name)

    def _then(self) -> ColumnElement[bool]:
        """Return the SQL condition for the rules in force now, or at the date that you see."""
        moment, table = self.moment, saved_selection.c
        return table.ended.is_(None) if moment is None else and_(
            table.date <= moment, or_(table.ended.is_(None), table.ended > moment))

    def _row(self, name: str) -> Any:
        """Return the row of the rule in force; at an earlier date than the first rule, of the first."""
        rows = self._rows(self._then(), saved_selection.c.name == name)
        if not rows and self.moment is not None:
            rows = self._rows(saved_selection.c.name == name, saved_selection.c.date > self.moment)[:1]
        if not rows:
            known = [row.name for row in self._in_force()]
            raise NotFound(f'project {self._of_mine().name} has no selection {name!r}{near(name, known)}: '
                           f'{to_type("context.selections()", "awe selection list")} lists them, and '
                           f'{to_type("context.select(name, query)", "awe selection create NAME RULE")} saves one')
        return rows[-1]

    def _rows(self, *conditions: ColumnElement[bool]) -> _Rows:
        """Return rows of selections of the current project, the first saved first."""
        return database().session.execute(_selections().where(_of(self._of_mine()), *conditions)).all()

    def _of_mine(self) -> Project:
        """Return the current project, of which you must be a member: the selections of others are not to be seen."""
        project = self.project
        if project not in self.projects():
            raise NotAllowed(f'you are no member of project {project.name} any more, and only members see its selections: '
                             f'{to_type("context.set_project(name)", "--project NAME")} sets another')
        return project

    # --- what a selection asks ---

    def _query_of(self, rule: str, class_name: str = '') -> Query:
        """Return the query that a rule of the current project describes, for objects of a class."""
        return RuleReading(self.selection).query(rule, class_name)

    def _members_at(self, name: str, date: datetime.datetime | str) -> list[Any]:
        moment = instant(date, 'date')
        if moment is None:
            raise ParameterError('members_at(None): give an instant, or ask members() for those of today')
        with self.acting(as_of=moment):
            return list(in_fixed_order(self.selection(name).query))

    def _history(self, name: str) -> list[SavedSelection]:
        return [SavedSelection(row, self) for row in self._rows(saved_selection.c.name == name)]

    # --- uses ---

    def note_use(self, selection: SavedSelection, task: str, ids: Sequence[uuid.UUID]) -> None:
        """Note that a task that commits products uses `selection`, whose members `ids` it works on."""
        me, project = self.account('use a selection'), self._of_mine()
        with database().transaction() as connection:
            connection.execute(insert(selection_use), {
                'id': new_id(), 'selection_id': selection.id, 'project_id': project.object_id, 'privileges': self.privileges,
                'user_id': me.object_id, 'date': utcnow(), 'task': task[:200], 'members': [str(one) for one in ids]})

    def _uses(self, name: str) -> list[SelectionUse]:
        mine = self.user.object_id if self.user is not None else None
        table = selection_use.c
        rows = database().session.execute(
            select(table.task, User.__table__.c.name, table.date, saved_selection.c.rule, table.members)
            .join(saved_selection, saved_selection.c.id == table.selection_id)
            .join(User.__table__, User.__table__.c.object_id == table.user_id)
            .where(_of(self._of_mine()), saved_selection.c.name == name, or_(table.privileges > 1, table.user_id == mine),
                   *([] if self.moment is None else [table.date <= self.moment])).order_by(table.date, table.id))
        return [SelectionUse(task, user, date, rule, _ids(texts), self) for task, user, date, rule, texts in rows]

    def _objects(self, ids: Sequence[uuid.UUID]) -> list[Any]:
        return objects_of(lambda: database().session, classes['DataObject'], ids)


def _ids(texts: Sequence[str]) -> tuple[uuid.UUID, ...]:
    """Return the ids in `texts`; what is none, which somebody wrote by hand, is no member."""
    found = []
    for text in texts:
        with contextlib.suppress(ValueError):
            found.append(uuid.UUID(text))
    return tuple(found)


def _of(project: Project) -> ColumnElement[bool]:
    return saved_selection.c.project_id == project.object_id


def _differs(row: Any, new: dict[str, Any]) -> bool:
    return (row.rule, row.class_name) != (new['rule'], new['class_name'])


def _selections() -> Select[*tuple[Any, ...]]:
    """Select all selections, with the names of people."""
    by, ended_by = User.__table__.alias(), User.__table__.alias()
    table = saved_selection.c
    return select(table.id, table.name, table.class_name, table.rule, by.c.name.label('user'), table.date,
                  ended_by.c.name.label('ended_by'), table.ended).join(by, by.c.object_id == table.user_id).outerjoin(
        ended_by, ended_by.c.object_id == table.ended_by).order_by(table.date, table.id)
