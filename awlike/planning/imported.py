"""Imported calibrations: made elsewhere, without raw frames here; candidates at the date of their header."""

import collections
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from awlike.cameras.known import camera
from awlike.planning import nearest
from awlike.planning.beforehand import is_imported
from awlike.planning.existing import in_order
from awlike.planning.found import Found
from awlike.planning.nearest import LEVELS, Chosen
from awlike.planning.raw_sets import RawRow, mean_temperature
from awlike.planning.request import Place, Request
from awlike.planning.step import Step
from awlike.products.calibration import CalibrationFrame
from awlike.products.parameters import FromRawFrames
from awlike.products.quality import is_bad
from awlike.query.criteria import Rule
from awlike.query.query import Query

if TYPE_CHECKING:
    from awlike.planning.counting import Counting
    from awlike.planning.resolve import Resolver

Kind = type[CalibrationFrame]


class Alike(NamedTuple):
    """What some kinds of calibrations are chosen by, besides night and setup."""

    EXPTIME: float | None
    TEMPERATURE: float | None


class Rank(NamedTuple):
    """How well a calibration serves a request; the least is the best."""

    other_setup: bool
    unknown_temperature: bool
    level: int
    exposure: int
    nights: int


class ImportedCalibrations:
    """The imported calibrations that count, for one plan; they are read when the first is asked for."""

    def __init__(self, counting: 'Counting') -> None:
        self._counting = counting
        self._known: dict[Kind, dict[Place, list[Found]]] = {}

    def of(self, cls: Kind, place: Place) -> list[Found]:
        """Return the calibrations of class `cls` at `place` that count and missed no limit, in the order of import."""
        if cls.__name__ not in self._counting.known.imported:
            return []
        if cls not in self._known:
            self._known[cls] = self._read(cls)
        return self._known[cls].get(place, [])

    def _read(self, cls: Kind) -> dict[Place, list[Found]]:
        rows = self._counting.of_sources(_all(cls)).order_by('creation_date').columns(*Found._fields)
        found = [Found.of_row(row) for row in rows]
        self._counting.look_at(one.object_id for one in found)
        by_place: dict[Place, list[Found]] = collections.defaultdict(list)
        for one in found:
            usable = self._counting.unusable(one) is None and one.object_id not in self._counting.lost
            if usable and not is_bad(one):
                by_place[one.place('filter' in cls.__properties__)].append(one)
        return by_place


def _all(cls: Kind) -> Query:
    return Query(cls, Rule(is_imported, 'imported', {}))


def best_imported(resolver: 'Resolver', cls: Kind, request: Request) -> tuple[Found, Chosen, Rank] | None:
    """Return the imported calibration of class `cls` that serves `request` best, and how far it is; None without any.

    The rule is the rule of `nearest`; the calibration imported last serves among equal ones.
    """
    found = [] if request.members else resolver.imported.of(cls, request.place)
    limits = limits_of(resolver, cls, request) if found else FromRawFrames()
    ranked = []
    for one, chosen in in_order(resolver, cls, request, limits, found):
        alike = Alike(*(cast(Any, one.imported or {}).get(name) for name in Alike._fields))
        if one.imported is None or (one.object_id,) in request.avoid or not _temperature_agrees(cls, alike, request):
            continue
        chosen = nearest.scaled(chosen, alike.EXPTIME, request.EXPTIME if cls.chosen_by() else None)
        ranked.append((rank(resolver, cls, request, one.setup_id, alike, chosen), one, chosen))
    if not ranked:
        return None
    its_rank, one, chosen = min(reversed(ranked), key=lambda entry: entry[0])
    return one, chosen, its_rank


def limits_of(resolver: 'Resolver', cls: Kind, request: Request) -> FromRawFrames:
    """Return the parameters with the limits in nights of class `cls`: its own, or the limits of its principal input."""
    first = cls.begins_with()
    return cast(FromRawFrames, resolver.parameters.get(first, *request.for_class(first).names))


def rank_of_lead(resolver: 'Resolver', cls: Kind, request: Request, value: Any, chosen: Chosen) -> Rank:
    """Return how well the calibration of class `cls` serves `request` that follows from `value`, a step or raw frames."""
    if isinstance(value, Step):
        setup_id, alike = (value.own or value.request).setup_id, Alike(None, None)
    else:
        raws = cast(Sequence[RawRow], value)
        setup_id, alike = raws[0].setup_id, Alike(raws[len(raws) // 2].EXPTIME, mean_temperature(raws))
    return rank(resolver, cls, request, setup_id, alike, chosen)


def rank(resolver: 'Resolver', cls: Kind, request: Request, setup_id: Any, alike: Alike, chosen: Chosen) -> Rank:
    """Return how well a calibration of class `cls`, `chosen` far away, serves `request`."""
    unknown, exposure = False, 0
    if cls.chosen_by():
        unknown = (alike.TEMPERATURE is None) is not (request.TEMPERATURE is None)
        exposure = nearest.exposure_class(alike.EXPTIME, request.EXPTIME)
    other_setup = not resolver.chooser.setups.same(request.setup, setup_id)
    return Rank(other_setup, unknown, LEVELS.index(chosen.level), exposure, abs(chosen.nights))


def _temperature_agrees(cls: Kind, alike: Alike, request: Request) -> bool:
    tolerance = camera(request.instrument.name).temperature_tolerance
    return not cls.chosen_by() or nearest.temperature_agrees(alike.TEMPERATURE, request.TEMPERATURE, tolerance)
