"""References: the reference catalogue that serves a product, which is the one that is named, or the only one that covers it."""

import functools
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from awlike.cameras.known import camera
from awlike.context import context
from awlike.errors import NoCalibration, NotFound
from awlike.planning.counting import Counting
from awlike.planning.found import ReferenceChoice
from awlike.planning.request import Request
from awlike.products.astrometry import corners
from awlike.products.frame import Frame
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.remedies import to_type
from awlike.sky.sphere import separation

if TYPE_CHECKING:
    from awlike.persist.links import Input
    from awlike.products.parameters import ProcessParameters

PARAMETER = 'REFERENCE_CATALOGUE'
ONLY_ONE = 'the only one that covers the field'

_NEAR, _FAR = 2 / 60, 12 / 60  # deg: a corner is covered if a star is within a quarter of the diagonal, between these limits


class Undecided(NoCalibration):
    """A user must decide which reference catalogue serves: no product does without one unasked."""


class NamedBy(NamedTuple):
    """The name of the catalogue that is to serve, and who named it, in words."""

    name: str
    who: str


class References:
    """The choice of reference catalogues for one plan.

    Catalogues, settings and people are read when the first product asks, in a few statements for all products.

    Parameters
    ----------
    counting : Counting
        The rules by which objects count.
    """

    def __init__(self, counting: Counting) -> None:
        self._counting = counting
        self._named: dict[NamedBy, ReferenceCatalogue | Undecided] = {}
        self._fields: dict[uuid.UUID, np.ndarray | None] = {}
        self._covered: dict[tuple[uuid.UUID, uuid.UUID], bool] = {}

    def serving(self, link: 'Input', requests: Sequence[Request],
                params: 'Sequence[ProcessParameters]') -> list[ReferenceChoice | NoCalibration]:
        """Return for each of `requests` the catalogue that serves by `link`, or why there is none.

        The process parameter REFERENCE_CATALOGUE, else the setting of the project, names it. Where neither does, the only one
        that covers the field serves.
        """
        return [self._one(link, request, its) for request, its in zip(requests, params, strict=True)]

    def considered(self, link: 'Input', request: Request, params: 'ProcessParameters',
                   chosen: ReferenceCatalogue | None) -> list[tuple[str, str]]:
        """Return the other catalogues that `request` could have had by `link`, each with why it was not chosen."""
        adders, frames = context.trusted_adders(), _frames(request)
        lost = []
        for one in self._all:
            if one == chosen:
                continue
            why = f'added by {one.creator.name}, no member of the project' if one.creator_id not in adders else \
                'does not cover the field' if not self._covers(one, frames) else \
                f'has no band {_names(request, params)}' if link.in_band and not one.band_of(_bands(request, params)) else \
                'another version or another catalogue was chosen'
            lost.append((str(one), why))
        return lost

    def _one(self, link: 'Input', request: Request, params: 'ProcessParameters') -> ReferenceChoice | NoCalibration:
        name = getattr(params, PARAMETER, '')
        named = NamedBy(name, f'named by the parameter {PARAMETER}') if name else self._by_project
        if named is None:
            return self._by_coverage(link, request, params)
        if named not in self._named:
            self._named[named] = self._find(named)
        found = self._named[named]
        if isinstance(found, Undecided):
            return found
        if link.in_band and found.band_of(_bands(request, params)) is None:
            return NoCalibration(f'{found}, {named.who}, has no band {_names(request, params)}: it has {_listed(found.bands)}')
        return _choice(found, named.who)

    # --- by name ---

    @functools.cached_property
    def _by_project(self) -> NamedBy | None:
        """What the setting of the current project names; None where it names nothing."""
        name = context.reference_catalogue()
        return NamedBy(name, f'named by the setting of project {context.project.name}') if name else None

    def _find(self, named: NamedBy) -> ReferenceCatalogue | Undecided:
        """Return the catalogue that is named, or the error that it is not there, or that it does not count."""
        try:
            found, = self._counting.checked([ReferenceCatalogue.named(named.name)])
        except NotFound as error:
            return Undecided(f'{error} ({named.name} is {named.who})')
        return Undecided(f'{found} ({named.who}): {_name_one()}') if isinstance(found, NoCalibration) else found

    # --- by coverage ---

    def _by_coverage(self, link: 'Input', request: Request,
                     params: 'ProcessParameters') -> ReferenceChoice | NoCalibration:
        frames = _frames(request)
        if any(self._field(frame) is None for frame in frames) or not frames:
            return NoCalibration('no reference catalogue covers the field, since no header tells where the field is: '
                                 f'{_name_one()}')
        covering = [one for one in self._trusted if self._covers(one, frames)]
        fit = [one for one in covering if not link.in_band or one.band_of(_bands(request, params))]
        first = {one.name: one for one in reversed(fit)}  # of several versions the one that was added first
        if len(first) == 1:
            return _choice(next(iter(first.values())), ONLY_ONE)
        if first:
            names = sorted(map(str, first.values()))
            return Undecided(f'{len(names)} reference catalogues cover the field, {_listed(names)}: {_name_one()}')
        if covering:
            return NoCalibration(f'no reference catalogue that covers the field has the band {_names(request, params)}: '
                                 f'{_listed(str(one) for one in covering)}')
        return NoCalibration(f'no reference catalogue covers the field{self._of_whom()}: {_name_one(add=True)}')

    @functools.cached_property
    def _all(self) -> list[ReferenceCatalogue]:
        """All catalogues, in the order of name and version."""
        return list(ReferenceCatalogue.select_all().order_by('name', 'version'))

    @functools.cached_property
    def _trusted(self) -> list[ReferenceCatalogue]:
        """The catalogues that count, of members of the current project and of administrators."""
        adders = context.trusted_adders() if self._all else frozenset()
        mine = [one for one in self._all if one.creator_id in adders]
        self._counting.look_at(one.object_id for one in mine)
        return [one for one in mine if self._counting.unusable(one) is None]

    def _of_whom(self) -> str:
        """Return in words that some catalogues do not count, because of who added them."""
        project = context.project_or_none()
        if len(self._trusted) == len(self._all):
            return ''
        return f' of those that {f"members of {project.name}" if project else "you"} or administrators added'

    def _covers(self, catalogue: ReferenceCatalogue, frames: Iterable[Frame]) -> bool:
        """Return whether `catalogue` has stars around each corner of each of `frames`."""
        return all(self._covers_one(catalogue, frame) for frame in frames)

    def _covers_one(self, catalogue: ReferenceCatalogue, frame: Frame) -> bool:
        key = catalogue.object_id, frame.object_id
        if key not in self._covered:
            field = self._field(frame)
            self._covered[key] = field is not None and all(
                catalogue.covers(ra, dec, _reach(field)) for ra, dec in field.tolist())
        return self._covered[key]

    def _field(self, frame: Frame) -> np.ndarray | None:
        """Return the corners of `frame`, as `corners` returns them."""
        if frame.object_id not in self._fields:
            self._fields[frame.object_id] = corners(frame)
        return self._fields[frame.object_id]


def _choice(catalogue: ReferenceCatalogue, rule: str) -> ReferenceChoice:
    return ReferenceChoice(catalogue.object_id, catalogue.digest, str(catalogue), rule)


def _frames(request: Request) -> tuple[Frame, ...]:
    """Return the frames that a product is of."""
    return (request.of,) if isinstance(request.of, Frame) else request.members


def _reach(field: np.ndarray) -> float:
    """Return how far a star may be from a corner of `field`, deg."""
    diagonal = float(separation(*field[0], *field[-1]))
    return float(np.clip(diagonal / 4, _NEAR, _FAR)) if len(field) > 1 else _FAR


def _bands(request: Request, params: 'ProcessParameters') -> list[str]:
    """Return the names under which a catalogue may have the band, the best first.

    They are the parameter BAND and, unless a person chose another than the band that the camera declares, those of the filter
    and of its system.
    """
    filter_: Any = request.filter
    band, names = getattr(params, 'BAND', ''), [] if filter_ is None else [filter_.name, filter_.mag_id]
    if band and (filter_ is None or band != (camera(request.instrument.name).filter_facts(filter_.name).band or filter_.name)):
        return [band]
    return [name for name in dict.fromkeys((band, *names)) if name]


def _names(request: Request, params: 'ProcessParameters') -> str:
    return ' or '.join(dict.fromkeys(_bands(request, params))) or 'of an unknown filter'


def _listed(names: Iterable[str]) -> str:
    return ', '.join(names) or 'none'


def _name_one(add: bool = False) -> str:
    """Return how a user names a catalogue; with `add`, also how to add one."""
    by_project = to_type('context.set_reference_catalogue(NAME)', 'awe project refcat NAME')
    return f'{"add one by awe refcat add, or " if add else ""}name one by the parameter {PARAMETER}, or for the project by ' \
           f'{by_project}'
