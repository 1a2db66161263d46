"""Requests: which product of a class is wanted."""

import dataclasses
import datetime
import enum
import functools
import uuid
from collections.abc import Hashable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_

from awlike.errors import ParameterError
from awlike.nights import night_of, zone
from awlike.persist.references import Chip, Filter, Instrument, Setup
from awlike.planning.kinds import takes_ensemble
from awlike.products.calibration import CalibrationFrame
from awlike.products.frame import Frame
from awlike.products.making import common, mean_date
from awlike.products.raw import RawFrame
from awlike.query.statement import Node, among

Place = tuple[uuid.UUID, uuid.UUID | None, uuid.UUID | None]
"""The ids of instrument, chip and filter."""


class Members(tuple[Frame, ...]):
    """The members of a set, each once, in the order of date, chip and id. Thousands of requests can have the same."""

    _ids: tuple[uuid.UUID, ...]
    _hash: int

    def __new__(cls, frames: Iterable[Frame] = ()) -> 'Members':
        if isinstance(frames, Members):
            return frames
        ordered = super().__new__(cls, sorted({frame.object_id: frame for frame in frames}.values(), key=_in_order))
        ordered._ids = tuple(frame.object_id for frame in ordered)
        ordered._hash = hash(ordered._ids)
        return ordered

    def __eq__(self, other: object) -> bool:
        return self is other or (self._ids == other._ids if isinstance(other, Members) else super().__eq__(other))

    def __hash__(self) -> int:
        return self._hash


class Exposure(enum.Enum):
    """All detectors of one pointing at one time: the instrument and the date of a request say which."""

    WHOLE = 'exposure'


@dataclasses.dataclass(frozen=True, eq=False)
class Request:
    """A product is wanted for a place and a date.

    Parameters
    ----------
    instrument, chip, filter : Instrument, Chip, Filter
        The place; `filter` is None where it does not matter, `chip` where the product is of no single detector.
    date : datetime.datetime
        For which observing date (UTC).
    of : Frame, Exposure or tuple of Frame, optional
        What the product is of: one raw or science frame, the whole exposure, or a set of members, such as the very raw
        frames that a calibration is to be made from. Members are kept in the order of date, chip and id, so that the same
        set is the same request. None for a calibration that serves `date`.
    grid : hashable, optional
        The pixel grid of a resampled product. Its `str` says all of it: the product keeps that text.
    setup : Setup, optional
        The setup in which the frame was read out that the product is of, or serves.
    EXPTIME, TEMPERATURE : float, optional
        Exposure time [s] and temperature of the detector [deg C] of that frame.
    avoid : frozenset, optional
        The sets of raw frames, by `RawSet.identity`, that must not serve.
    ensemble : tuple of Frame, optional
        The frames, this one among them, that are solved together: inputs that are `of_ensemble` are products of all of them.

    A plan for thousands of frames looks requests up many times, so `place` and the hash are worked out once.
    """

    instrument: Instrument
    chip: Chip | None
    filter: Filter | None
    date: datetime.datetime
    of: Frame | Exposure | tuple[Frame, ...] | None = None
    grid: Hashable = None
    setup: Setup | None = None
    EXPTIME: float | None = None
    TEMPERATURE: float | None = None
    avoid: frozenset[tuple[uuid.UUID, ...]] = frozenset()
    ensemble: tuple[Frame, ...] | None = None
    place: Place = dataclasses.field(init=False, repr=False)
    _identity: tuple = dataclasses.field(init=False, repr=False)
    _hash: int = dataclasses.field(init=False, repr=False)
    _kin: dict[tuple[str, ...], 'Request'] = dataclasses.field(init=False, repr=False)

    def __post_init__(self) -> None:
        of = (Members(self.of) or None) if isinstance(self.of, tuple) else self.of
        ensemble = Members(self.ensemble or ()) or None
        content = of.object_id if isinstance(of, Frame) else of
        place = self.instrument.object_id, self.chip and self.chip.object_id, self.filter and self.filter.object_id
        identity = (place, self.date, content, self.grid, ensemble, self.setup_id, self.EXPTIME, self.TEMPERATURE, self.avoid)
        vars(self).update(of=of, ensemble=ensemble, place=place, _identity=identity, _hash=hash(identity), _kin={})

    def __eq__(self, other: object) -> bool:
        return self is other or (isinstance(other, Request) and self._identity == other._identity)

    def __hash__(self) -> int:
        return self._hash

    @property
    def raw(self) -> RawFrame | None:
        """The one raw frame that the product is of; None where it is of something else."""
        return self.of if isinstance(self.of, RawFrame) else None

    @property
    def members(self) -> tuple[Frame, ...]:
        """The members of the set that the product is of; none where it is of something else."""
        return self.of if isinstance(self.of, tuple) else ()

    def for_class(self, cls: type[Frame]) -> 'Request':
        """Return what this request means for an input of class `cls`.

        A calibration serves a place, a date and a setup, whatever the product is of; some kinds also an exposure time and a
        temperature. Only a class that declares `grid` is resampled. The ensemble matters only where it leads to an input.
        """
        without = _not_for(cls)
        if without not in self._kin:
            changed: dict[str, Any] = {name: None for name in without if getattr(self, name) is not None}
            self._kin[without] = dataclasses.replace(self, **changed) if changed else self
        return self._kin[without]

    def at(self, date: datetime.datetime, setup: Setup | None, EXPTIME: float | None = None,
           TEMPERATURE: float | None = None) -> 'Request':
        """Return the request for an input of what was observed at `date`, in `setup`, at the same place."""
        return dataclasses.replace(self, date=date, setup=setup, EXPTIME=EXPTIME, TEMPERATURE=TEMPERATURE, avoid=frozenset())

    @property
    def setup_id(self) -> uuid.UUID | None:
        """The id of the setup; None where there is none."""
        return None if self.setup is None else self.setup.object_id

    @functools.cached_property
    def night(self) -> datetime.date:
        """The observing night of the date."""
        return night_of(self.date, zone_of(self.instrument))

    def nights_to(self, date: datetime.datetime) -> int:
        """Return how many nights after the night of the request the night of `date` is; negative for a night before."""
        return (night_of(date, zone_of(self.instrument)) - self.night).days

    @functools.cached_property
    def names(self) -> tuple[str, str | None, str | None]:
        """Instrument, chip and filter by name."""
        chip, filter_ = (None if one is None else one.name for one in (self.chip, self.filter))
        return self.instrument.name, chip, filter_

    def __str__(self) -> str:
        if isinstance(self.of, Frame):
            text = str(self.of)
        elif self.of is Exposure.WHOLE:
            text = ' '.join(name for name in self.names if name) + f' {self.date:%Y-%m-%d %H:%M:%S}'
        else:
            text = ' '.join(name for name in self.names if name) + f' {self.date:%Y-%m-%d %H:%M}'
        return text if self.grid is None else f'{text} on {self.grid}'


@functools.cache
def _not_for(cls: type[Frame]) -> tuple[str, ...]:
    """Return the parts of a request that do not matter for an input of class `cls`."""
    without = [name for name in ('filter', 'grid') if name not in cls.__properties__]
    without += [] if takes_ensemble(cls) else ['ensemble']
    if issubclass(cls, CalibrationFrame):
        without += ['of', *(name for name in ('EXPTIME', 'TEMPERATURE') if name not in cls.chosen_by())]
    return tuple(without)


@functools.lru_cache
def _zone(name: str | None, longitude: float | None) -> datetime.tzinfo:
    return zone(name, longitude)


def zone_of(instrument: Instrument) -> datetime.tzinfo:
    """Return the time zone at the telescope of `instrument`."""
    return _zone(instrument.timezone, instrument.longitude)


def _in_order(member: Any) -> tuple[datetime.datetime, str, uuid.UUID]:
    """Return the key by which the members of a set are sorted."""
    return member.DATE_OBS, member.chip.name if member.chip is not None else '', member.object_id


def of_frame(frame: Any, grid: Hashable = None, ensemble: tuple[Frame, ...] | None = None) -> Request:
    """Return the request for a product of the raw or science frame `frame`, or for what serves it."""
    filter_ = frame.filter if 'filter' in type(frame).__properties__ else None
    return Request(frame.instrument, frame.chip, filter_, frame.DATE_OBS, frame, grid, frame.setup,
                   getattr(frame, 'EXPTIME', None), getattr(frame, 'TEMPERATURE', None), ensemble=ensemble)


def of_set(frames: Iterable[Any], grid: Hashable = None, ensemble: tuple[Frame, ...] | None = None) -> Request:
    """Return the request for one product of all `frames` together, its members.

    Raises
    ------
    ParameterError
        When there are none, or when they are of several instruments.
    """
    members = Members(frames)
    if not members:
        raise ParameterError('a set has no members: name at least one frame')
    instruments: list[Any] = list(dict.fromkeys(one.instrument for one in members))
    if len(instruments) > 1:
        names = ', '.join(sorted(one.name for one in instruments))
        raise ParameterError(f'the members of one set are of several instruments, {names}: ask for a product of each')
    filter_, setup = (common(one, members) for one in ('filter', 'setup'))
    return Request(instruments[0], None, filter_, mean_date(members), members, grid, setup, ensemble=ensemble)


def of_object(obj: Any) -> Request:
    """Return the request for inputs of the calibration `obj`, which exists or is planned."""
    filter_ = obj.filter if 'filter' in type(obj).__properties__ else None
    return Request(obj.instrument, obj.chip, filter_, obj.DATE_OBS, setup=obj.setup)


def places_of(requests: Iterable[Request]) -> dict[str, set[uuid.UUID] | None]:
    """Return the places of `requests` as `at_places` takes them: the ids of instruments, chips, and filters."""
    # None where a product is of no single detector, or filters do not matter: then the condition lets all through
    instruments, chips, filters = (set(column) for column in zip(*{r.place for r in requests}, strict=True))
    return {'instruments': instruments, 'chips': None if None in chips else chips,
            'filters': None if None in filters else filters}


def at_places(root: Node, instruments: Any, chips: Any, filters: Any) -> ColumnElement[bool]:
    """Return the SQL condition for places, as `places_of` returns them."""
    columns = root.table.c
    named = [(columns.instrument_id, instruments), (columns.chip_id, chips), (columns.filter_id, filters)]
    return and_(*(among(column, values) for column, values in named if values is not None))


def at_places_between(root: Node, start: Any, end: Any, **places: Any) -> ColumnElement[bool]:
    """Return the SQL condition for places and dates of observation from `start` up to, not including, `end`."""
    return and_(at_places(root, **places), root.column('DATE_OBS') >= start, root.column('DATE_OBS') < end)
