"""Which raw frames and calibrations of other projects a plan uses, in words."""

import collections
import uuid
from collections.abc import Iterable, Iterator

from awlike.context import context
from awlike.persist.links import listed
from awlike.persist.references import Project
from awlike.planning.found import ReferenceChoice
from awlike.planning.step import Step


def used_of_others(steps: Iterable[Step]) -> list[str]:
    """Return a line for each project other than the current one of which `steps` use frames; none without a current project.

    Each frame counts once: raw frames from which something is made, and what is reused.
    """
    mine = context.project_or_none()
    if mine is None:
        return []
    used: dict[uuid.UUID, dict[str, set[uuid.UUID]]] = collections.defaultdict(lambda: collections.defaultdict(set))
    for kind, project, object_id in _used(steps):
        if project != mine.object_id:
            used[project][kind].add(object_id)
    names = {project.object_id: project.name for project in Project.object_id.in_(set(used))} if used else {}
    return sorted(f'uses {_in_words(kinds)} of project {names[project]}' for project, kinds in used.items())


def _used(steps: Iterable[Step]) -> Iterator[tuple[str, uuid.UUID, uuid.UUID]]:
    """Yield class, project and id of what `steps` use."""
    for step in steps:
        if step.found is not None:
            yield step.cls.__name__, step.found.project_id, step.found.object_id
        elif step.to_make:
            for role, value in step.inputs.items():
                for one in listed(value):
                    if not isinstance(one, Step | ReferenceChoice):  # a reference catalogue is of no project
                        yield step.cls.inputs()[role].target.__name__, one.project_id, one.object_id


def _in_words(kinds: dict[str, set[uuid.UUID]]) -> str:
    return ', '.join(f'{len(ids):,} {kind}' for kind, ids in sorted(kinds.items()))
