"""The lineage around an object in stacks: objects of one role of the same products are one stack, however many they are.

A few statements read plain values, so that a lineage of ten thousand objects is there in a moment.
"""

import collections
import dataclasses
import datetime
import functools
import hashlib
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, or_, select

from awlike.current import current
from awlike.persist.lineage import ancestors_of
from awlike.persist.tables import lineage as edges
from awlike.query.properties import classes
from awlike.query.statement import Builder

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject

_DEEPEST = 3  # steps down: below a calibration may be all that an observatory made


class Member(NamedTuple):
    """An object of a stack, in plain values."""

    object_id: UUID
    kind: str
    name: str
    is_valid: int | None
    date: datetime.datetime | None


@dataclasses.dataclass(eq=False)
class Stack:
    """Objects that are inputs in the same role of the same products, or products of the same class of the same stack.

    Attributes
    ----------
    members : sequence of Member
        The objects, in the order in which they were made.
    roles : tuple of str
        The roles that they have as inputs.
    step : int
        The number of steps from the object in the middle: positive towards raw frames, negative towards products.
    inputs : list of (str, Stack)
        The roles and stacks from which the members were made, as far as they are shown.
    hidden : int
        The number of objects from which the members were made that are further than asked for.
    """

    members: Sequence[Member]
    step: int
    roles: tuple[str, ...] = ()
    inputs: 'list[tuple[str, Stack]]' = dataclasses.field(default_factory=list)
    hidden: int = 0

    @property
    def kinds(self) -> list[str]:
        """The classes of the members."""
        return list(dict.fromkeys(one.kind for one in self.members))

    @property
    def invalid(self) -> int:
        """The number of members that somebody judged invalid."""
        return sum(one.is_valid == 0 for one in self.members)

    @property
    def dates(self) -> tuple[datetime.datetime, datetime.datetime] | None:
        """The first and the last date of observation, None where no member has one."""
        found = [one.date for one in self.members if one.date is not None]
        return (min(found), max(found)) if found else None

    @functools.cached_property
    def key(self) -> str:
        """A short name of the stack, by which an address opens it."""
        return hashlib.blake2b(b''.join(sorted(one.object_id.bytes for one in self.members)), digest_size=9).hexdigest()


class Around:
    """The lineage around an object.

    Parameters
    ----------
    obj : DataObject
        The object in the middle; committed.
    up : int or None
        The number of steps towards raw frames; None for all.
    down : int
        The number of steps towards products, at most 3. Who asks sees only products that they may see.

    Attributes
    ----------
    middle : Stack
        The stack of the object alone.
    stacks : list of Stack
        All stacks, the middle included.
    ancestors : int
        The number of all objects from which the object was made, whether shown or not.
    """

    def __init__(self, obj: 'DataObject', up: int | None = 1, down: int = 1) -> None:
        self._inputs = _inputs_of_all(obj.object_id)
        self._known = _members(or_(_object_id().in_(ancestors_of(obj.object_id)), _object_id() == obj.object_id))
        self.ancestors, self._up = len(self._known) - 1, up
        self._by_key: dict[frozenset[UUID], Stack] = {}
        self.middle = self._grown(obj.object_id)
        self.stacks = [*self._by_key.values(), *self._products(obj.object_id, min(down, _DEEPEST))]

    def tainted(self) -> set[Stack]:
        """Return the stacks with an invalid member, and those that were made from them."""
        judged: dict[int, bool] = {}

        def is_tainted(stack: Stack) -> bool:
            if id(stack) not in judged:
                judged[id(stack)] = bool(stack.invalid)
                judged[id(stack)] |= any([is_tainted(below) for _, below in stack.inputs])
            return judged[id(stack)]
        return {stack for stack in self.stacks if is_tainted(stack)}

    def _grown(self, object_id: UUID) -> Stack:
        """Return the stack of the object alone, and all from which it was made, a step at a time."""
        middle = self._by_key[frozenset([object_id])] = Stack([self._known[object_id]], 0)
        edge = [middle]
        while edge:
            reached: list[Stack] = []
            for stack in edge:
                for role, ids in self._used_by(stack).items():
                    below = self._by_key.get(ids)
                    if below is None and (self._up is None or stack.step < self._up):
                        below = self._by_key[ids] = Stack([self._known[one] for one in sorted(ids)], stack.step + 1)
                        reached.append(below)
                    if below is None:
                        stack.hidden += len(ids)
                    else:
                        below.roles = tuple(dict.fromkeys([*below.roles, role]))
                        stack.inputs.append((role, below))
            edge = reached
        return middle

    def _used_by(self, stack: Stack) -> dict[str, frozenset[UUID]]:
        """Return the ids of the inputs of the members of `stack`, by role."""
        found: dict[str, set[UUID]] = collections.defaultdict(set)
        for member in stack.members:
            for role, used in self._inputs.get(member.object_id, ()):
                found[role].add(used)
        return {role: frozenset(ids & self._known.keys()) for role, ids in found.items()}

    def _products(self, object_id: UUID, down: int) -> list[Stack]:
        """Return the stacks of the products, a step at a time: those of one class, that are made from one class, together."""
        found: list[Stack] = []
        before, seen = [self.middle], {object_id}
        for step in range(1, down + 1):
            after: list[Stack] = []
            made = _products_of([member.object_id for stack in before for member in stack.members])
            known = _members(_object_id().in_({product for product, _, _ in made} - seen), seen_only=True) if made else {}
            by_kind: dict[str, list[Member]] = collections.defaultdict(list)
            for one in sorted(known):
                by_kind[known[one].kind].append(known[one])
            for members in by_kind.values():
                ids = {member.object_id for member in members}
                stack = Stack(members, -step)
                for source in before:
                    sources = {member.object_id for member in source.members}
                    roles = dict.fromkeys(role for product, role, used in made if product in ids and used in sources)
                    stack.inputs += [(role, source) for role in roles]
                after.append(stack)
            seen |= set(known)
            found += after
            before = after
        return found


def _object_id() -> Any:
    return classes['DataObject'].__table__.c.object_id


def _inputs_of_all(object_id: UUID) -> dict[UUID, list[tuple[str, UUID]]]:
    """Return role and id of the direct inputs of an object and of all its ancestors."""
    statement = select(edges.c.product, edges.c.role, edges.c.input).where(
        or_(edges.c.product == object_id, edges.c.product.in_(ancestors_of(object_id)))).order_by(
        edges.c.product, edges.c.role, edges.c.position)
    found: dict[UUID, list[tuple[str, UUID]]] = collections.defaultdict(list)
    for product, role, used in current().session().execute(statement):
        found[product].append((role, used))
    return found


def _products_of(ids: Iterable[UUID]) -> list[tuple[UUID, str, UUID]]:
    """Return product, role and input for the direct products of the objects `ids`."""
    statement = select(edges.c.product, edges.c.role, edges.c.input).where(edges.c.input.in_(list(ids)))
    return [(product, role, used) for product, role, used in current().session().execute(statement)]


def _members(condition: Any, seen_only: bool = False) -> dict[UUID, Member]:
    """Return the objects for which `condition` on the table of objects holds, by id; on demand only those that who asks sees.

    Whoever sees an object sees its ancestors.
    """
    builder = Builder(classes['DataObject'], aliased=False)
    root = builder.root
    statement: Select = select(root.id, root.table.c.class_name, root.table.c.filename, root.column('is_valid'),
                               root.table.c.DATE_OBS).where(condition)
    seen = current().visible(builder) if seen_only else None
    if seen is not None:
        statement = statement.where(seen)
    rows = current().session().execute(builder.apply(statement))
    return {row[0]: Member(row[0], row[1], row[2] or f'{row[1]} {row[0].hex[-12:]}', row[3], row[4]) for row in rows}
