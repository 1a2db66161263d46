"""Requests: which product of a class is wanted."""

import dataclasses
import datetime
import functools

from sqlalchemy import and_

from awlike.products.calibration import CalibrationFrame
from awlike.products.raw import RawFrame
from awlike.query.statement import among


@dataclasses.dataclass(frozen=True, eq=False)
class Request:
    """A product is wanted for a place and a date.

    Parameters
    ----------
    instrument, chip, filter : persistent objects
        The place; `filter` is None where it does not matter.
    date : datetime.datetime
        For which observing date (UTC).
    raw : RawFrame, optional
        The raw science frame that the product is of; None for a calibration.
    raws : tuple of RawFrame
        For a calibration: the very raw frames that it is to be made from. Empty: one that serves `date` is wanted.

    A plan for thousands of frames looks requests up many times; so what makes them equal is worked out once.
    """

    instrument: object
    chip: object
    filter: object
    date: datetime.datetime
    raw: RawFrame | None = None
    raws: tuple[RawFrame, ...] = ()

    def __post_init__(self):
        ids = tuple(one.object_id if one is not None else None for one in (self.instrument, self.chip, self.filter, self.raw))
        vars(self).update(place=ids[:3], _identity=(ids, self.date, tuple(raw.object_id for raw in self.raws)), _kin={})
        vars(self).update(_hash=hash(self._identity))

    def __eq__(self, other):
        return self is other or (isinstance(other, Request) and self._identity == other._identity)

    def __hash__(self):
        return self._hash

    def for_class(self, cls) -> 'Request':
        """What this request means for an input of class `cls`: calibrations are not of one raw frame."""
        kind = 'filter' in cls.__properties__, issubclass(cls, CalibrationFrame)
        if kind not in self._kin:
            filter_, raw = self.filter if kind[0] else None, None if kind[1] else self.raw
            same = filter_ is self.filter and raw is self.raw and not self.raws
            self._kin[kind] = self if same else dataclasses.replace(self, filter=filter_, raw=raw, raws=())
        return self._kin[kind]

    @functools.cached_property
    def names(self) -> tuple[str | None, ...]:
        """Instrument, chip and filter by name."""
        return tuple(one.name if one is not None else None for one in (self.instrument, self.chip, self.filter))

    def __str__(self):
        if self.raw is not None:
            return str(self.raw)
        return ' '.join(name for name in self.names if name) + f' {self.date:%Y-%m-%d %H:%M}'


def of_raw(raw) -> Request:
    """The request for a product of the raw science frame `raw`."""
    return Request(raw.instrument, raw.chip, raw.filter, raw.DATE_OBS, raw=raw)


def of_object(obj) -> Request:
    """The request for inputs of the existing or planned calibration `obj`."""
    filter_ = obj.filter if 'filter' in type(obj).__properties__ else None
    return Request(obj.instrument, obj.chip, filter_, obj.DATE_OBS)


def at_places(root, requests):
    """The SQL condition for the places of `requests`."""
    places = {r.place for r in requests}
    instruments, chips, filters = (set(column) for column in zip(*places, strict=True))
    columns = root.table.c
    condition = and_(among(columns.instrument_id, instruments), among(columns.chip_id, chips))
    return and_(condition, among(columns.filter_id, filters)) if None not in filters else condition
