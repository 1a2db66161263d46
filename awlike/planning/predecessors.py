"""Predecessors: which earlier product each new one is compared with."""

import collections
import datetime
from typing import NamedTuple

from sqlalchemy import and_, column, select, values

from awlike.current import current
from awlike.persist.links import fetch
from awlike.persist.types import COLUMN_TYPES, Id
from awlike.planning.candidates import Candidates
from awlike.planning.found import Found
from awlike.planning.request import of_object
from awlike.query.criteria import Among, Rule
from awlike.query.query import Query
from awlike.query.statement import Builder
from awlike.store import server

_CHUNK = 5000     # products in one statement, with three values each
_CANDIDATES = 10  # earlier ones that are looked at for each: some may be hidden, or made otherwise


class ComparedPlace(NamedTuple):
    """Where and when a product belongs, and its process parameters."""

    place: tuple
    date: datetime.datetime
    params: object

    @classmethod
    def of(cls, step):
        return cls(step.request.for_class(step.cls).place, step.date, step.params)

    def follows(self, place, date, recorded) -> bool:
        """Whether a product of `place` and `date`, made with the parameters `recorded`, is one to be compared with."""
        return place == self.place and date < self.date and all(
            recorded.get(name) == value for name, value in self.params.key().items())


class Predecessors:
    """For each of `steps` the latest good product of its class, place and parameters that was observed earlier.

    Those that exist are looked for together, class by class, when the first of a class is made; those that are made
    on the way count as well, committed or not.
    """

    def __init__(self, choice, steps):
        self._choice, self._steps, self._made = choice, collections.defaultdict(list), collections.defaultdict(list)
        for step in steps:
            if step.cls.DIFFERENCES:
                self._steps[step.cls].append(step)
        self._there = {}

    def of(self, step):
        """What the product of `step` is compared with, or None."""
        if not step.cls.DIFFERENCES:
            return None
        if step.cls not in self._there:
            steps = self._steps[step.cls]
            found = latest_before(self._choice, step.cls, [ComparedPlace.of(one) for one in steps])
            self._there[step.cls] = dict(zip(steps, found, strict=True))
        wanted, there = ComparedPlace.of(step), self._there[step.cls].get(step)
        made = [one.product for one in self._made[step.cls] if wanted.follows(
            one.request.for_class(one.cls).place, one.product.DATE_OBS, one.product.process_parameters)]
        return max([*made, there] if there else made, key=lambda product: product.DATE_OBS, default=None)

    def add(self, step) -> None:
        """`step` has made a product."""
        if step.cls.DIFFERENCES and not step.product.quality_flags:
            self._made[step.cls].append(step)


def latest_before(choice, cls, wanted) -> list:
    """For each of `wanted`, a `ComparedPlace`, the latest earlier object of `cls` that counts, or None."""
    rows = [Found(*row) for start in range(0, len(wanted), _CHUNK)
            for row in _earlier(cls, wanted[start:start + _CHUNK]).columns(*Found._fields)]
    choice.taint.look_at(found.object_id for found in rows)
    by_place, has_filter = collections.defaultdict(list), 'filter' in cls.__properties__
    for found in sorted(rows, key=lambda found: (found.DATE_OBS, found.creation_date), reverse=True):
        by_place[found.place(has_filter)].append(found)

    def candidates(one):
        return (found for found in by_place[one.place] if one.follows(
            one.place, found.DATE_OBS, found.process_parameters or {}) and choice.unusable(found) is None)

    ids = [found and found.object_id for found in _first_stored([candidates(one) for one in wanted])]
    objects = fetch(current().session(), cls, set(ids) - {None})
    return [objects.get(object_id) for object_id in ids]


def _first_stored(chains) -> list:
    """The first of each of `chains` whose file is there, or None: it is not worth making it again."""
    first, asked, there = [next(chain, None) for chain in chains], set(), set()
    while new := {found.filename for found in first if found and found.filename} - asked:
        there |= server().has_all(new)
        asked |= new
        first = [_advance(chain, found, asked - there) for chain, found in zip(chains, first, strict=True)]
    return first


def _advance(chain, found, gone):
    while found is not None and found.filename in gone:
        found = next(chain, None)
    return found


def _earlier(cls, wanted) -> Query:
    """The query for the latest good objects of `cls`, some before each of `wanted`."""
    has_filter = 'filter' in cls.__properties__
    columns = column('chip', Id), column('filter', Id), column('date', COLUMN_TYPES[datetime.datetime])
    places = values(*columns).data([(one.place[1], one.place[2], one.date) for one in wanted]).cte('wanted')
    latest = Query(cls, Rule(lambda root: and_(
        root.column('chip_id') == places.c.chip, root.column('DATE_OBS') < places.c.date, root.column('is_valid') > 0,
        root.column('quality_flags') == 0, *([root.column('filter_id') == places.c.filter] if has_filter else [])),
        'earlier ones')).order_by('-DATE_OBS').limit(_CANDIDATES)

    def ids(within):
        root = Builder(cls, within).root
        return select(root.id).join(places, root.column('chip_id') == places.c.chip).where(root.id.in_(latest._ids(within)))

    return Query(cls, Among(ids, 'the latest before'))


def predecessor(product):
    """What `product` is compared with today when nothing else is said, or None."""
    place = of_object(product).place
    return latest_before(Candidates(False), type(product), [ComparedPlace(place, product.DATE_OBS, product.process_params)])[0]
