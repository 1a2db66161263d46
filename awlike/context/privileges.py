"""The rules of who sees what.

===== =========== ==========================================
level name        who sees an object at that level
===== =========== ==========================================
1     MyDB        its creator
2     Project     the members of its project
3     Astro-WISE  every account
4     World       everybody, also without an account
5     VO          everybody; also published to the Virtual Observatory
===== =========== ==========================================

Whoever sees an object sees all its ancestors. The rule `may_use` compares each product with its direct inputs; by
induction the rule then holds at any depth. Levels only go up, so a rule that held when a product was committed holds for ever.
But for one: when somebody leaves a project, `awlike.context.offers.withhold` hides their own objects at level 1 that were made
from what the project shares.
"""

import functools
from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select

from awlike.errors import ParameterError
from awlike.persist.references import User
from awlike.persist.tables import member

LEVELS = {1: 'MyDB', 2: 'Project', 3: 'Astro-WISE', 4: 'World', 5: 'VO'}


def level_name(level: int) -> str:
    """Return number and name of a level: ``'1 (MyDB)'``."""
    return f'{level} ({LEVELS[level]})'


def check_level(level: Any) -> None:
    """Refuse a value that is no level.

    Raises
    ------
    ParameterError
        Naming the levels.
    """
    if level not in LEVELS or isinstance(level, bool):
        raise ParameterError(f'privileges {level!r}: it is one of '
                             f'{", ".join(f"{n} ({name})" for n, name in LEVELS.items())}')


def projects_of(user_id: UUID) -> Select[Any]:
    """Select the ids of the projects of a user."""
    return select(member.c.project_id).where(member.c.user_id == user_id)


def visible(table: FromClause, user: User | None) -> ColumnElement[bool]:
    """Return the SQL condition under which `user` (None: no account) sees a row of the object table."""
    return table.c.privileges >= 4 if user is None else _visible(table, user.object_id)


@functools.lru_cache(1024)
def _visible(table: FromClause, user_id: UUID) -> ColumnElement[bool]:
    """Return the condition for an account; cached, because every statement asks for it."""
    return or_(
        table.c.privileges >= 3,
        and_(table.c.privileges == 2, table.c.project_id.in_(projects_of(user_id))),
        and_(table.c.privileges == 1, table.c.creator_id == user_id),
    )


def may_use(obj: Any, user_id: UUID, user_projects: Collection[UUID], project_id: UUID, level: int) -> bool:
    """Return whether everybody who sees a product of user `user_id` in `project_id` at `level` also sees `obj`.

    `obj` has `privileges`, `project_id` and `creator_id`.
    """
    if level >= 3:
        return obj.privileges >= min(level, 4)
    if level == 2:
        return obj.privileges >= 3 or (obj.privileges == 2 and obj.project_id == project_id)
    return (obj.privileges >= 3 or (obj.privileges == 2 and obj.project_id in user_projects)
            or (obj.privileges == 1 and obj.creator_id == user_id))


def scope(user_id: UUID, user_projects: Collection[UUID], project_id: UUID, level: int) -> tuple[Any, ...]:
    """Return who could reuse what user `user_id` makes in `project_id` at `level`: makers of one scope share products."""
    return (1, user_id) if level == 1 else (2, project_id) if level == 2 else (min(level, 4),)
