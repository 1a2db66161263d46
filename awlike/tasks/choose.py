"""Which existing objects count: calibrations that serve, products by their key, raw frames to make one from."""

import collections
import datetime

from sqlalchemy import and_, select

from awlike.context import context
from awlike.errors import NoCalibration
from awlike.instruments import camera
from awlike.persist.database import database
from awlike.persist.dataobject import DataObject
from awlike.persist.tables import lineage
from awlike.privileges import level_name
from awlike.query.criteria import Rule
from awlike.query.query import Query

_CHUNK = 10_000


class Choice:
    """What counts, for one plan. `commit` says whether what is chosen goes into something that will be committed."""

    def __init__(self, commit: bool):
        self._commit = commit
        self.tainted = _tainted()

    def _objects(self, cls, condition, words) -> list:
        """Valid objects of `cls` that may be used here and for which `condition` holds, by date of creation."""
        def rule(root):
            conditions = [condition(root), root.table.c.is_valid >= 1]
            return and_(*conditions, context.usable(root.table)) if self._commit else and_(*conditions)
        return [obj for obj in Query(cls, Rule(rule, words)).order_by('creation_date')
                if obj.object_id not in self.tainted]

    def calibrations(self, cls, requests) -> dict:
        """For each request those that serve its place and date, the latest made first."""
        first, last = min(r.date for r in requests), max(r.date for r in requests)
        found = self._objects(cls, lambda root: and_(
            _at(root, requests), root.table.c.quality_flags == 0,
            root.column('timestamp_start') <= last, root.column('timestamp_end') > first), 'calibrations that serve')
        by_place = _by_place(found)
        return {r: [c for c in reversed(by_place[r.place]) if c.timestamp_start <= r.date < c.timestamp_end]
                for r in requests}

    def by_key(self, cls, keys) -> dict:
        """The latest object of `cls` with each of `keys`, as far as there is one."""
        keys, found = list(keys), {}
        for start in range(0, len(keys), _CHUNK):
            some = keys[start:start + _CHUNK]
            for obj in self._objects(cls, lambda root: root.column('reuse_key').in_(some), 'objects with a key'):
                found[obj.reuse_key] = obj
        return found

    def raw_frames(self, cls, requests, params) -> dict:
        """For each request the raw frames of class `cls` to make a calibration from, or the error that says why not.

        Whole nights are taken, the nearest first, until there are enough: so all that is observed in one night gets
        the same calibration.
        """
        reach = datetime.timedelta(days=max(params[r].MAXIMUM_DAYS for r in requests) + 1)
        first, last = min(r.date for r in requests) - reach, max(r.date for r in requests) + reach
        found = self._objects(cls, lambda root: and_(
            _at(root, requests), root.column('DATE_OBS').between(first, last)), 'raw frames')
        by_place = _by_place(found)
        nights = {}
        for place, frames in by_place.items():
            telescope = camera(frames[0].instrument.name)
            nights[place] = collections.defaultdict(list)
            for frame in sorted(frames, key=_in_time):
                nights[place][telescope.night(frame.DATE_OBS)].append(frame)
        return {r: self.enough(cls, r, _nearest(r, nights.get(r.place, {}), params[r]), params[r]) for r in requests}

    def enough(self, cls, request, frames, params):
        """`frames` in time, at most MAXIMUM_NUMBER; or, when they are fewer than MINIMUM_NUMBER, the error that says so."""
        if len(frames) >= params.MINIMUM_NUMBER:
            return sorted(frames[:params.MAXIMUM_NUMBER], key=_in_time)
        place = ' '.join(name for name in request.names() if name)
        night = camera(request.instrument.name).night(request.date)
        level = f' that may go into what is committed at {level_name(context.privileges)}' if self._commit else ''
        return NoCalibration(
            f'{len(frames)} valid {cls.__name__} for {place} within {params.MAXIMUM_DAYS:g} days of the night of {night}{level}, '
            f'{params.MINIMUM_NUMBER} are needed: ingest more of them, or change MINIMUM_NUMBER or MAXIMUM_DAYS')


def _in_time(frame):
    """What to sort by: of two frames of one instant the content decides, so that no order of ingestion matters."""
    return frame.DATE_OBS, frame.digest


def _nearest(request, nights, params):
    """The raw frames of the nights nearest to that of `request`, until there are enough or MAXIMUM_DAYS is passed."""
    night = camera(request.instrument.name).night(request.date)
    near = sorted((abs((other - night).days), other) for other in nights)
    frames = []
    for distance, other in near:
        if distance <= params.MAXIMUM_DAYS and len(frames) < params.MINIMUM_NUMBER:
            frames += nights[other]
    return frames


def _at(root, requests):
    """The SQL condition for the places of `requests`."""
    places = {r.place for r in requests}
    instruments, chips, filters = (set(column) for column in zip(*places, strict=True))
    condition = and_(root.table.c.instrument_id.in_(instruments), root.table.c.chip_id.in_(chips))
    return and_(condition, root.table.c.filter_id.in_(filters)) if None not in filters else condition


def _by_place(objects) -> dict:
    by_place = collections.defaultdict(list)
    for obj in objects:
        has_filter = 'filter' in type(obj).__properties__
        by_place[obj.instrument_id, obj.chip_id, obj.filter_id if has_filter else None].append(obj)
    return by_place


def _tainted() -> set:
    """The ids of all invalid objects and of all that descends from them."""
    table = DataObject.__table__
    reached = select(table.c.object_id.label('id')).where(table.c.is_valid == 0).cte('reached', recursive=True)
    reached = reached.union(select(lineage.c.product).join(reached, lineage.c.input == reached.c.id))
    return set(database().session.scalars(select(reached.c.id)))
