"""Members differ: which product of a set was made before, and which members came and went since."""

import collections
import datetime
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from awlike.planning.found import Found, Used
from awlike.planning.reasons import MEMBERS, Reason
from awlike.planning.step import Step, member_of
from awlike.products.product import ProcessTarget
from awlike.spelling import counted

if TYPE_CHECKING:
    from awlike.planning.counting import Counting
    from awlike.planning.resolve import Resolver

_NAMED = 3  # members that a reason names

Key = tuple[uuid.UUID | None, datetime.datetime]
"""Chip and date of observation of a member, which all products of the member have, whatever they were made with."""


def made_before(resolver: 'Resolver', cls: type[ProcessTarget], steps: list[Step]) -> dict[Step, Found]:
    """Return for each of `steps` the latest product of its class, place and grid that has any of its members, if there is one.

    Products are compared with a step from the latest on; one statement reads the products of all steps.
    """
    role, candidates = cls.principal_role(), resolver.candidates
    keys = {step: {_key(frame) for frame in step.request.members} for step in steps}
    made = collections.defaultdict(list)
    for grid, found in candidates.with_members(cls, role, {date for some in keys.values() for _, date in some}):
        made[found.place('filter' in cls.__properties__), grid].insert(0, found)
    chains = {step: iter(made.get((step.request.for_class(cls).place, step.grid), ())) for step in steps}
    chosen: dict[Step, Found] = {}
    while chains:
        front = {step: found for step, chain in chains.items() if (found := next(chain, None)) is not None}
        used = candidates.inputs_of({found.object_id: found for found in front.values()}.values(), [role])
        chosen |= {step: found for step, found in front.items()
                   if any(_key(one) in keys[step] for one in used[found.object_id][role])}
        chains = {step: chains[step] for step in front if step not in chosen}
    return chosen


def _key(one: Any) -> Key:
    """Return the key of a frame, or of the product of one that was used."""
    return one.chip_id, one.DATE_OBS


def _key_now(one: Any) -> Key:
    """Return the key of what would be used: a frame, or the step of a product of one."""
    return _key(one.request.of if isinstance(one, Step) else one)


def only_common(value: Iterable[Any], used: Iterable[Used]) -> tuple[list[Any], list[Used]]:
    """Return the inputs of `value`, one a member, and the inputs of `used`, of the members that both have."""
    value, used = list(value), list(used)
    common = {_key_now(one) for one in value} & {_key(one) for one in used}
    return [one for one in value if _key_now(one) in common], [one for one in used if _key(one) in common]


def members_differ(counting: 'Counting', role: str, value: Iterable[Any], used: list[Used]) -> Reason | None:
    """Return which members came and which went since the inputs `used`, when `value` would be used now; None without any."""
    value = list(value)
    now, then = {_key_now(one) for one in value}, {_key(one) for one in used}
    came = [member_of(one) if isinstance(one, Step) else str(one) for one in value if _key_now(one) not in then]
    went = [one for one in used if _key(one) not in now]
    counting.look_at(one.object_id for one in went[:_NAMED])
    why = {one.name: counting.invalid_because(one.object_id) for one in went[:_NAMED]}
    names = [f'{one.name}{f" ({why[one.name]})" if why.get(one.name) else ""}' for one in went]
    told = (came, 'more'), (names, 'less')
    texts = [f'{counted(len(some), "frame")} {what}: {_listed(some)}' for some, what in told if some]
    return Reason(MEMBERS, '; '.join(texts), (role,)) if texts else None


def _listed(names: list[str]) -> str:
    more = f' and {len(names) - _NAMED} more' if len(names) > _NAMED else ''
    return ', '.join(names[:_NAMED]) + more
