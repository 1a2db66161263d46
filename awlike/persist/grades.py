"""Grades: what people think of a frame, from A to D, and the one grade that follows from them.

A grade belongs to the content that a person saw. It counts for each frame of this content: also for one that was made again,
of the same kind, project and date, and came out the same. What came out otherwise has the older grades in its list, as those
of an earlier one, and is ungraded until somebody looks at it.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn, overload
from uuid import UUID

from sqlalchemy import ColumnElement, Subquery, and_, func, or_, select
from typing_extensions import override

from awlike.config import settings
from awlike.current import current
from awlike.errors import NotAllowed
from awlike.persist.tables import grade as table
from awlike.query.path import Path
from awlike.query.properties import Property, classes
from awlike.query.statement import Builder
from awlike.remedies import to_type

if TYPE_CHECKING:
    from awlike.query.statement import Node

GRADES = ('A', 'B', 'C', 'D')


class CurrentGrade(Property):
    """The grade of a frame: on the class a path that compares to a query, on an instance ``'A'`` to ``'D'`` or None.

    The setting `grade_rule` says which grade of several people counts.
    """

    choices = GRADES

    def __init__(self) -> None:
        super().__init__(str, 'what people think of it: A the best, D the worst; none where nobody graded what it contains')

    @override
    def expression(self, node: 'Node') -> Any:
        graded = node.joined.get('grade')
        if graded is None:
            graded = node.joined['grade'] = _counting(node.builder)
            node.builder.joins.append((graded, graded.c.object_id == node.id, True))
        return graded.c.grade

    @overload
    def __get__(self, instance: None, owner: type[Any]) -> Path: ...
    @overload
    def __get__(self, instance: object, owner: type[Any]) -> str | None: ...
    def __get__(self, instance: object, owner: type[Any]) -> Any:
        if instance is None:
            return Path(owner, (), self)
        return self._read(instance)

    def __set__(self, instance: object, value: object) -> NoReturn:
        raise NotAllowed(f'a grade is given to a frame that is committed, by {to_type("context.grade(frame, grade)")}')

    @staticmethod
    def _read(instance: Any) -> str | None:
        if not instance.is_committed:
            return None
        return grades_now([instance]).get(instance.object_id)


def grades_now(objects: Iterable[Any]) -> dict[UUID, str]:
    """Return by id the grade of each of `objects` that has one, by one statement."""
    ids = [obj.object_id for obj in objects]
    graded = _counting(Builder(classes['DataObject']), ids)
    return {object_id: grade for object_id, grade in current().session().execute(
        select(graded.c.object_id, graded.c.grade))}


def _counting(within: Builder, ids: list[UUID] | None = None) -> Subquery:
    """Return the statement for the grade of each frame of `within`, or only of `ids` where given.

    Of each person the newest grade counts, and nothing where they withdrew it.
    """
    seen = Builder(classes['DataObject'], within)  # the frame that somebody looked at
    its, frame, given = seen.root.table, within.alias(classes['DataObject'].__table__), within.alias(table)
    newest = func.row_number().over(partition_by=[frame.c.object_id, given.c.user_id],
                                    order_by=[given.c.date.desc(), given.c.id.desc()])
    alike = and_(_of_one_frame(frame, its), frame.c.digest == given.c.digest)
    statement = (select(frame.c.object_id, given.c.grade, given.c.date, given.c.id, newest.label('turn')).select_from(given)
                 .join(its, its.c.object_id == given.c.object_id).join(frame, alike).where(*_seen_then(seen, given)))
    if ids is not None:
        statement = statement.where(frame.c.object_id.in_(ids))
    each = statement.subquery()
    counting = (each.c.turn == 1, each.c.grade.is_not(None))
    if settings().grade_rule == 'worst':
        return select(each.c.object_id, func.max(each.c.grade).label('grade')).where(*counting).group_by(
            each.c.object_id).subquery()
    last = func.row_number().over(partition_by=each.c.object_id, order_by=[each.c.date.desc(), each.c.id.desc()])
    people = select(each.c.object_id, each.c.grade, last.label('turn')).where(*counting).subquery()
    return select(people.c.object_id, people.c.grade).where(people.c.turn == 1).subquery()


def _of_one_frame(one: Any, other: Any) -> ColumnElement[bool]:
    """Return the condition that two rows are the same frame, made once or again: of one kind, date, place and project."""
    place = [one.c[name].is_not_distinct_from(other.c[name]) for name in ('chip_id', 'filter_id', 'instrument_id')]
    return and_(one.c.class_name == other.c.class_name, one.c.DATE_OBS == other.c.DATE_OBS,
                one.c.project_id == other.c.project_id, *place)


def _seen_then(seen: Builder, given: Any) -> list[ColumnElement[bool]]:
    """Return the conditions that who asks sees the frame that was graded, and the grade was given by then."""
    asker = current()
    visible, moment = asker.visible(seen), asker.moment
    return [one for one in (visible, None if moment is None else given.c.date <= moment) if one is not None]


def rows_of(frame: Any) -> list[Any]:
    """Return the rows of all grades of `frame`, and of those that were made earlier in its place, oldest first.

    Each has the columns of the table, `filename` of what was graded, and `name` of the person.
    """
    root = Builder(classes['DataObject'])
    seen = Builder(classes['DataObject'], root)
    its, me, given, users = seen.root.table, root.root.table, root.alias(table), classes['User'].__table__
    earlier = and_(_of_one_frame(me, its), or_(its.c.creation_date <= me.c.creation_date, given.c.digest == me.c.digest))
    statement = (select(given, its.c.filename, users.c.name).select_from(given).join(its, its.c.object_id == given.c.object_id)
                 .join(me, earlier).join(users, users.c.object_id == given.c.user_id)
                 .where(me.c.object_id == frame.object_id, *_seen_then(seen, given)).order_by(given.c.date, given.c.id))
    return list(current().session().execute(statement))
