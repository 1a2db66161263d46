"""Predecessors: which earlier product each new one is compared with."""

import collections
import datetime
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, column, select, values

from awlike.current import current
from awlike.persist.links import fetch
from awlike.persist.types import COLUMN_TYPES, Id
from awlike.planning.counting import Counting
from awlike.planning.found import Found
from awlike.planning.request import Place, of_object
from awlike.planning.step import Step
from awlike.products.product import ProcessTarget
from awlike.query.criteria import Among, Rule
from awlike.query.query import Query
from awlike.query.statement import Builder
from awlike.store import server

if TYPE_CHECKING:
    import uuid

    from sqlalchemy import Select

    from awlike.products.parameters import ProcessParameters

_CHUNK = 5000     # products in one statement, with three values each
_CANDIDATES = 10  # earlier products that are looked at for each: some may be hidden, or made otherwise


class ComparedPlace(NamedTuple):
    """Where and when a product belongs, and its process parameters."""

    place: Place
    date: datetime.datetime
    params: 'ProcessParameters'

    @classmethod
    def of(cls, step: Step) -> 'ComparedPlace':
        """Return where and when the product of `step` belongs."""
        return cls(step.request.for_class(step.cls).place, step.date, step.params)

    def follows(self, place: Place, date: datetime.datetime, recorded: dict[str, Any]) -> bool:
        """Return whether to compare with a product of `place` and `date` that was made with the parameters `recorded`."""
        if place != self.place or date >= self.date:
            return False
        recorded = self.params.completed(recorded)
        return all(recorded.get(name) == value for name, value in self.params.compared_with(recorded).items())


class Predecessors:
    """For each of `steps` the latest good product of its class, place and parameters that was observed earlier.

    Products that exist are looked for together, class by class, when the first of a class is made. Products that are made
    on the way count as well, committed or not.
    """

    def __init__(self, counting: Counting, steps: Iterable[Step]) -> None:
        self._counting = counting
        self._steps: dict[type[ProcessTarget], list[Step]] = collections.defaultdict(list)
        self._made: dict[type[ProcessTarget], list[tuple[Place, ProcessTarget]]] = collections.defaultdict(list)
        for step in steps:
            if step.cls.DIFFERENCES:
                self._steps[step.cls].append(step)
        self._earlier: dict[type[ProcessTarget], dict[Step, ProcessTarget | None]] = {}

    def of(self, step: Step) -> ProcessTarget | None:
        """Return the product with which the product of `step` is compared, or None."""
        if not step.cls.DIFFERENCES:
            return None
        if step.cls not in self._earlier:
            steps = self._steps[step.cls]
            found = latest_before(self._counting, step.cls, [ComparedPlace.of(one) for one in steps])
            self._earlier[step.cls] = dict(zip(steps, found, strict=True))
        wanted, existing = ComparedPlace.of(step), self._earlier[step.cls].get(step)
        made = [product for place, product in self._made[step.cls]
                if wanted.follows(place, product.DATE_OBS, product.process_parameters)]
        return max([*made, existing] if existing else made, key=lambda product: product.DATE_OBS, default=None)

    def add(self, step: Step, product: ProcessTarget) -> None:
        """Note that `step` made `product`."""
        if step.cls.DIFFERENCES and not product.quality_flags:
            self._made[step.cls].append((step.request.for_class(step.cls).place, product))


def latest_before(counting: Counting, cls: type[ProcessTarget], wanted: list[ComparedPlace]) -> list[Any]:
    """Return for each of `wanted` the latest earlier object of `cls` that counts, or None."""
    rows = [Found.of_row(row) for start in range(0, len(wanted), _CHUNK)
            for row in _earlier(counting, cls, wanted[start:start + _CHUNK]).columns(*Found._fields)]
    counting.look_at(found.object_id for found in rows)
    by_place, has_filter = collections.defaultdict(list), 'filter' in cls.__properties__
    for found in sorted(rows, key=lambda found: (found.DATE_OBS, found.creation_date), reverse=True):
        by_place[found.place(has_filter)].append(found)

    def candidates(one: ComparedPlace) -> Iterator[Found]:
        return (found for found in by_place[one.place] if one.follows(
            one.place, found.DATE_OBS, found.process_parameters or {}) and counting.unusable(found) is None)

    chosen = _first_stored([candidates(one) for one in wanted])
    objects = fetch(current().session(), cls, {found.object_id for found in chosen if found is not None})
    return [None if found is None else objects.get(found.object_id) for found in chosen]


def _first_stored(chains: list[Iterator[Found]]) -> list[Found | None]:
    """Return the first of each of `chains` whose file is stored, or None: a comparison is not worth making a file again."""
    first, asked, stored = [next(chain, None) for chain in chains], set(), set()
    while new := {found.filename for found in first if found and found.filename} - asked:
        stored |= server().has_all(new)
        asked |= new
        first = [_advance(chain, found, asked - stored) for chain, found in zip(chains, first, strict=True)]
    return first


def _advance(chain: Iterator[Found], found: Found | None, gone: set[str]) -> Found | None:
    """Return `found`, or the next of `chain` whose file is not `gone`."""
    while found is not None and found.filename in gone:
        found = next(chain, None)
    return found


def _earlier(counting: Counting, cls: type[ProcessTarget], wanted: list[ComparedPlace]) -> Query:
    """Return the query for the latest good objects of `cls`, some before each of `wanted`."""
    has_filter = 'filter' in cls.__properties__
    columns = column('chip', Id), column('filter', Id), column('date', COLUMN_TYPES[datetime.datetime])
    places = values(*columns).data([(one.place[1], one.place[2], one.date) for one in wanted]).cte('wanted')
    latest = counting.of_sources(Query(cls, Rule(lambda root: and_(
        root.column('chip_id') == places.c.chip, root.column('DATE_OBS') < places.c.date, root.column('is_valid') > 0,
        root.column('quality_flags') == 0, *([root.column('filter_id') == places.c.filter] if has_filter else [])),
        'earlier ones')), told=False).order_by('-DATE_OBS').limit(_CANDIDATES)

    def ids(within: Builder) -> 'Select[tuple[uuid.UUID]]':
        root = Builder(cls, within).root
        return select(root.id).join(places, root.column('chip_id') == places.c.chip).where(root.id.in_(latest._ids(within)))

    return Query(cls, Among(ids, 'the latest before'))


def predecessor(product: Any) -> Any:
    """Return the product with which `product` is compared today when nothing else is said, or None."""
    wanted = ComparedPlace(of_object(product).place, product.DATE_OBS, product.process_params)
    return latest_before(Counting(commit=False), type(product), [wanted])[0]
