"""Considered: what was there when a calibration was chosen, and why the rest lost."""

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, cast

from awlike.nights import in_nights
from awlike.persist.links import Input
from awlike.planning import nearest
from awlike.planning.existing import existing
from awlike.planning.found import Found
from awlike.planning.request import Request
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames

if TYPE_CHECKING:
    from awlike.planning.raw_sets import RawSet
    from awlike.planning.resolve import Resolver

_SHOWN = 12

Lost = tuple[str, str]
"""What was there, and why it was not chosen."""


def considered(resolver: 'Resolver', link: Input, request: Request, chosen: CalibrationFrame) -> tuple[str, list[Lost]]:
    """Return how far the calibration is that `request` gets by `link`, and what else was there with why it lost.

    `chosen` is the calibration that was chosen when the product was made.
    """
    cls = link.target
    step, = existing(resolver, cls, [request]) if link.existing else resolver.resolve(cls, [request])
    how = resolver.chosen(cls, request)
    origin = {one.object_id for one in (chosen, *chosen.ancestors())}
    others = _objects(resolver, cls, request, chosen) if link.existing else [
        *_imported(resolver, cls, request, chosen), *_sets(resolver, cls, request, origin)]
    if step is not None and step.found is not None and step.found.digest != chosen.digest:
        others.insert(0, (step.found.name, 'would have been chosen by the rule of today'))
    return '' if how is None else str(how), others[:_SHOWN]


def _imported(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, chosen: CalibrationFrame) -> Iterator[Lost]:
    """Yield the imported calibrations that lost against `chosen`."""
    for one in resolver.imported.of(cls, request.place):
        if one.object_id != chosen.object_id:
            yield one.name, f'imported, {in_nights(request.nights_to(one.DATE_OBS))}, further away or of another setup or era'


def _sets(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, origin: set[uuid.UUID]) -> Iterator[Lost]:
    """Yield what was made from the raw frames that were chosen, and the other sets of raw frames, the nearest first.

    `origin` has the ids of the calibration that was chosen and of its ancestors.
    """
    if cls.raw_kind() is None:
        for link in cls.inputs().values():
            if issubclass(link.target, CalibrationFrame) and (link.optional or link is cls.inputs()[cls.principal_role()]):
                yield from _sets(resolver, link.target, request.for_class(link.target), origin)
        return
    params = cast(FromRawFrames, resolver.parameters.get(cls, *request.names))
    resolver.chooser.raw_sets.look(cast(Any, cls.raw_kind()), [request], params.LAST_RESORT_NIGHTS)
    made = _made(resolver, cls, request, params)
    by_hand = _by_hand(resolver, cls, request, origin)
    yield from ((one.name, _why_not_again(resolver, cls, request, one, by_hand)) for one, raws in made
                if one.object_id not in origin and not origin.isdisjoint(raws))
    every = [(one, group) for group, sets in resolver.chooser.raw_sets.groups(cls, request).items() for one in sets
             if nearest.level((one.night - request.night).days, params) is not None and not origin.issuperset(one.identity)]
    for one, (_, setup, era) in sorted(every, key=lambda entry: (abs((entry[0].night - request.night).days), entry[0].date)):
        own = [found for found, raws in made if raws == set(one.identity)]
        yield _name(cls, one), (_by_what_was_made(resolver, cls, request, own) or by_hand
                                or _why_lost(resolver, cls, request, params, one, setup, era))


def _made(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request,
          params: FromRawFrames) -> list[tuple[Found, set[uuid.UUID]]]:
    """Return the calibrations that may be as far away as any, the latest made first, each with the ids of its raw frames."""
    found = resolver.candidates.calibrations(cls, [request], params.LAST_RESORT_NIGHTS).get(request.place, [])
    role = cls.principal_role()
    used = resolver.candidates.inputs_of(found, [role])
    return [(one, {raw.object_id for raw in used[one.object_id][role]}) for one in found]


def _by_what_was_made(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, made: list[Found]) -> str:
    """Return why a set lost from which `made` was made, as far as these calibrations say so, or nothing."""
    by_hand = {one.found.object_id: one for one in resolver.by_hand.of(cls, request) if not one.covers(request.date)}
    for one in made:
        reason = resolver.unfit(resolver.step(cls, request), one)
        if reason or one.object_id in by_hand:
            return f'did not serve, {reason}' if reason else f'{by_hand[one.object_id]}, an interval by hand'
    return ''


def _by_hand(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, origin: set[uuid.UUID]) -> str:
    """Return that a person chose the calibration of class `cls` that is in `origin`, or nothing."""
    by_hand = any(one.found.object_id in origin and one.covers(request.date) for one in resolver.by_hand.of(cls, request))
    return 'a person chose another by its interval' if by_hand else ''


def _why_not_again(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, found: Found, by_hand: str) -> str:
    """Return why `found`, which was made from the raw frames that were chosen or from some of them, was not chosen.

    `by_hand` says that a person chose another, where a person did.
    """
    reason = resolver.unfit(resolver.step(cls, request), found) or \
        resolver.outdated(cls, {found.object_id: (request, found)})[found.object_id]
    return f'did not serve, {reason}' if reason else by_hand or 'made from other raw frames of the set, or made earlier'


def _name(cls: type[CalibrationFrame], one: 'RawSet') -> str:
    raw_kind = cast(Any, cls.raw_kind())
    return f'{len(one.frames)} {raw_kind.__name__} of {one.night}'


def _why_lost(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, params: FromRawFrames, one: 'RawSet',
              setup: Any, era: int) -> str:
    """Return why the set `one` was not chosen."""
    chooser, eras = resolver.chooser, resolver.chooser.eras.of(cls, request)
    mine = eras.number(request.date)
    if setup != request.setup_id:
        return f'would match but for {chooser.setups.differences(request.setup, setup)}'
    if era != mine:
        between = eras.between(era, mine)[0]
        return f'across the intervention of {between.date:%Y-%m-%d %H:%M} ({between.reason})'
    if len(one.frames) < params.MINIMUM_NUMBER:
        return f'too few, {params.MINIMUM_NUMBER} are needed'
    if cls.chosen_by() and request.EXPTIME is not None:
        return f'{in_nights((one.night - request.night).days)}, exposed {one.EXPTIME:g} s'
    return f'{in_nights((one.night - request.night).days)}, further away'


def _objects(resolver: 'Resolver', cls: type[CalibrationFrame], request: Request, chosen: CalibrationFrame) -> list[Lost]:
    """Return the calibrations that existed, the nearest first, and why they were not chosen."""
    params = resolver.parameters.get(cls, *request.names)
    limits = params if isinstance(params, FromRawFrames) else FromRawFrames()
    found = resolver.candidates.calibrations(cls, [request], limits.LAST_RESORT_NIGHTS).get(request.place, [])
    step = resolver.step(cls, request)
    lost = []
    for one in found:
        if one.object_id == chosen.object_id:
            continue
        reason = resolver.unfit(step, one) or resolver.outdated(cls, {one.object_id: (request, one)})[one.object_id]
        distance = in_nights(request.nights_to(one.DATE_OBS))
        lost.append((one.name, f'did not serve, {reason}' if reason else f'{distance}, further away or made earlier'))
    return lost
