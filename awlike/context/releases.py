"""Releases in the context: give a list of objects a name that can be cited."""

import logging
import re
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from awlike.arguments import check_shown, typed
from awlike.context.privileges import level_name, may_use
from awlike.context.saved_selections import SavedSelection
from awlike.context.selections import Selections
from awlike.database.sessions import database
from awlike.digests import key_digest
from awlike.errors import NotAllowed, NotFound, ParameterError, QueryError
from awlike.persist.dataobject import DataObject
from awlike.persist.in_releases import ROLE
from awlike.persist.release import Release
from awlike.query.query import Query
from awlike.remedies import to_type
from awlike.spelling import counted, near

log = logging.getLogger('awlike')

_NAME = re.compile(r'[A-Za-z0-9]([A-Za-z0-9_.+-]{0,58}[A-Za-z0-9_+-])?')
_LONGEST = 2000  # characters of a comment


class Releases(Selections):
    """Releases of the current project: the part of the context that makes and finds them."""

    @typed
    def release(self, name: str, members: Query | SavedSelection | str | None = None, comment: str = '') -> Release:
        """Return a release; with `members`, make the release.

        A release is a named list of objects that stays what it is, whatever changes afterwards: its members are never
        deleted, and their files are not purged. It belongs to the current project, at your level of privileges, and is
        published by `publish`, with all its members and what they were made from.

        Parameters
        ----------
        name : str
            The name: letters, digits and ``_ . + -``, 60 at most.
        members : Query, SavedSelection or str, optional
            What belongs to it: a query, a selection, or the text of a rule. Default: the release exists.
        comment : str
            One line of at most 2000 characters. Default: none.

        Returns
        -------
        Release
            With `members()`, `query(cls)`, `kinds()`, `export(folder)` and `compare(other)`.

        Raises
        ------
        NotFound
            When there is no such release.
        ParameterError
            When the name or the comment is none, or when nothing is selected.
        NotAllowed
            When the project has a release of this name, or whoever sees the release could not see all members.

        Examples
        --------
        >>> context.release('DR1', ReducedScienceFrame.grade <= 'B', 'the first year')
        >>> context.release('DR1').query(ReducedScienceFrame)
        """
        return self._released(name) if members is None else self._new_release(name, members, comment)

    def releases(self) -> Query:
        """Return the query for the releases that you see, the releases of the current project first."""
        return Release.select_all().order_by('creation_date', 'object_id')

    def _released(self, name: str) -> Release:
        """Return the release `name`: of the current project, else the only one that you see. The first made counts."""
        found = list(self.releases() & (Release.name == name))
        project = self.project_or_none()
        own = [one for one in found if project is not None and one.project == project]
        if own:
            return own[0]
        projects = {one.project.name: one for one in reversed(found)}
        if len(projects) > 1:
            raise NotFound(f'the projects {", ".join(sorted(projects))} have a release {name}: set the one that you mean, by '
                           f'{to_type("context.set_project(name)", "--project NAME")}')
        if not found:
            known = [name for name, in self.releases().rows('name')]
            raise NotFound(f'there is no release {name!r} that you see{near(name, known)}: '
                           f'{to_type("context.releases()", "awe release list")} lists them, and '
                           f'{to_type("context.release(name, query)", "awe release make NAME RULE")} makes one')
        return next(iter(projects.values()))

    def _new_release(self, name: str, members: Any, comment: str) -> Release:
        if not _NAME.fullmatch(name):
            raise ParameterError(f'the name {name!r}: a release is called by letters, digits and _ . + -, 60 at most, the '
                                 'first a letter or a digit, the last no dot')
        check_shown('the comment of a release', comment)
        if len(comment) > _LONGEST:
            raise ParameterError(f'the comment of a release has {len(comment)} characters: it may have {_LONGEST}')
        self.account('make a release')
        self._refuse_twice(name)
        query = self._members_of_release(members)
        rows = query.columns('object_id', 'class_name', 'digest', 'privileges', 'project_id', 'creator_id', 'is_valid')
        if not rows:
            raise ParameterError(f'nothing belongs to the release {name}: {query} selects nothing that you see')
        release = Release(name=name, comment=comment.strip(), rule=_rule_of(query), number=len(rows), is_valid=1,
                          quality_flags=0, digest=_digest_of(rows))
        self.stamp(release)
        self._refuse_hidden(release, rows)
        invalid = sum(row.is_valid == 0 for row in rows)
        if invalid:
            log.warning('%s of release %s %s judged invalid', counted(invalid, 'member'), name, 'is' if invalid == 1 else 'are')
        self._commit_release(release, sorted(row.object_id for row in rows))
        return release

    def _refuse_twice(self, name: str) -> None:
        project = self.project
        if ((Release.name == name) & (Release.project == project)).exists():
            raise NotAllowed(f'project {project.name} has a release {name}, which stays what it is: choose another name')

    def _members_of_release(self, members: Any) -> Query:
        query = self._query_of(members) if isinstance(members, str) else members
        query = query.as_query() if isinstance(query, SavedSelection) else query
        if not issubclass(query.cls, DataObject) or issubclass(query.cls, Release):
            raise ParameterError(f'{query}: the members of a release are raw frames and products; name a class of those')
        return query

    def _refuse_hidden(self, release: Release, rows: Sequence[Any]) -> None:
        """Refuse members that not everybody who sees `release` could see."""
        mine = {one.object_id for one in self.projects()} if release.privileges == 1 else ()
        hidden = [row.object_id for row in rows
                  if not may_use(row, release.creator_id, mine, release.project_id, release.privileges)]
        if hidden:
            shown = ', '.join(str(DataObject.get(one)) for one in hidden[:3])
            more = f' and {len(hidden) - 3} more' if len(hidden) > 3 else ''
            raise NotAllowed(f'who sees the release at {level_name(release.privileges)} could not see {shown}{more}: publish '
                             'those first, or leave them out')

    def _commit_release(self, release: Release, ids: list[UUID]) -> None:
        db = database()
        with db.transaction() as connection:
            db.insert_inputs(connection, release, ROLE, ids)
            db.insert(connection, [release])
        db.adopt([release])


def _rule_of(query: Query) -> str:
    """Return the rule that `query` is, or what it selects in words where it cannot be written as a rule."""
    try:
        return query.written()
    except QueryError:
        return str(query)


def _digest_of(rows: Sequence[Any]) -> str:
    """Return the digest of the content of a release: of the classes and digests of its members, in whatever order."""
    return key_digest(sorted((row.class_name, row.digest or str(row.object_id)) for row in rows))
