"""Left out: what could serve but for the project or the level that it is in, and what a person can do about it."""

import collections
import uuid
from collections.abc import Iterable
from typing import Any, NamedTuple

from awlike.context import context
from awlike.context.privileges import level_name
from awlike.persist.references import Project
from awlike.query.query import Query
from awlike.remedies import judged_invalid, to_type

_SHOWN = 10  # lines for one class


class LeftOutGroup(NamedTuple):
    """Objects of one class and project that were left out for one reason.

    Attributes
    ----------
    kind : str
        The name of their class.
    project : str
        The name of their project.
    number : int
        How many they are.
    why : str
        The reason, in words.
    level : int or None
        Their level, if it is the reason.
    remedy : str
        What a person can do about it.
    """

    kind: str
    project: str
    number: int
    why: str
    level: int | None
    remedy: str

    def __str__(self) -> str:
        return f'{self.number} {self.kind} of project {self.project}, {self.why}: {self.remedy}'


class LeftOut:
    """What one plan left out, and why.

    What is hidden from readers is noted as it is met. What is of no source is counted in the database when somebody asks, one
    statement for each class, so that a plan which nobody prints costs nothing more.
    """

    def __init__(self) -> None:
        self._broken: dict[tuple[type, uuid.UUID], set[uuid.UUID]] = collections.defaultdict(set)
        self._hidden: dict[tuple[type, uuid.UUID, int], set[uuid.UUID]] = collections.defaultdict(set)
        self._outside: dict[type, list[Query]] = collections.defaultdict(list)
        self._counted: dict[type, tuple[int, dict[uuid.UUID, int]]] = {}
        self._names: dict[uuid.UUID, str] = {}

    def broken(self, cls: type, objects: Iterable[Any]) -> None:
        """Note `objects` of class `cls` that lack what planning compares."""
        for one in objects:
            self._broken[cls, one.project_id].add(one.object_id)

    def hidden(self, cls: type, objects: Iterable[Any]) -> None:
        """Note `objects` of class `cls`, which not all who will see the product may see."""
        for one in objects:
            self._hidden[cls, one.project_id, one.privileges].add(one.object_id)

    def outside(self, query: Query) -> None:
        """Note the objects of `query`, which are in projects that are no sources."""
        self._outside[query.cls].append(query)

    def groups(self, cls: type | None = None) -> list[LeftOutGroup]:
        """Return what was left out, of class `cls` or of all, by class, project and level."""
        hidden = {key: len(ids) for key, ids in self._hidden.items() if cls in (None, key[0])}
        outside = {(kind, project): number for kind in self._outside if cls in (None, kind)
                   for project, number in self._count(kind).items()}
        broken = {key: len(ids) for key, ids in self._broken.items() if cls in (None, key[0])}
        if not hidden and not outside and not broken:
            return []
        ids = {key[1] for key in (*hidden, *outside, *broken)}
        if new := ids - self._names.keys():
            self._names |= {project.object_id: project.name for project in Project.object_id.in_(new)}
        names = self._names
        found = [LeftOutGroup(kind.__name__, names[project], number,
                              f'at {level_name(level)}, hidden from some who would see the product', level,
                              _remedy(level, project)) for (kind, project, level), number in hidden.items()]
        found += [LeftOutGroup(kind.__name__, names[project], number, 'which is no source', None, _how_to_add(names[project]))
                  for (kind, project), number in outside.items()]
        found += [LeftOutGroup(kind.__name__, names[project], number, 'without a date, content or exposure time', None,
                               f'mark them invalid by {judged_invalid("frame")}')
                  for (kind, project), number in broken.items()]
        return sorted(found, key=lambda one: (one.kind, -one.number, one.project, one.level or 0))

    def lines(self, cls: type | None = None) -> list[str]:
        """Return the same in words, a line for each group; of many groups the largest of each class."""
        by_kind: dict[str, list[str]] = collections.defaultdict(list)
        for group in self.groups(cls):
            by_kind[group.kind].append(str(group))
        return [line for kind, texts in by_kind.items() for line in (
            *texts[:_SHOWN], *([f'{kind} of {len(texts) - _SHOWN} more projects'] if len(texts) > _SHOWN else []))]

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the same as JSON values."""
        return [group._asdict() for group in self.groups()]

    def _count(self, cls: type) -> dict[uuid.UUID, int]:
        """Return how many objects of class `cls` each project has that is no source."""
        queries = self._outside[cls]
        number, counted = self._counted.get(cls, (0, {}))
        if number != len(queries):
            every = queries[0]
            for query in queries[1:]:
                every |= query
            counted = every.numbers_by('project_id')
            self._counted[cls] = len(queries), counted
        return counted


def _remedy(level: int, project: uuid.UUID) -> str:
    """Return how objects at `level` of `project` can go into what is made now."""
    current = context.project_or_none()
    mine = current is not None and project == current.object_id
    needed = min(context.privileges, 4) if context.privileges > 2 or mine else 3
    return (f'publish them by {to_type(f"context.publish(frame, {needed})")}, or make the product for yourself by '
            f'{to_type("context.set_privileges(1)", "--privileges 1")}')


def _how_to_add(name: str) -> str:
    """Return how project `name` becomes a source."""
    project = context.project_or_none()
    if project is None:
        return 'work in a project of which it is a source, or set AWLIKE_SOURCES=all'
    how = to_type(f'context.add_source({name!r})', f'awe project add-source {name} --project {project.name}')
    return f'{project.owner.name}, the owner of {project.name}, trusts it by {how}'
