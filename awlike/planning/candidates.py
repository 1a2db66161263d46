"""Which existing objects count: calibrations that serve, products by their identity, raw frames to make one from."""

import collections
import datetime
import uuid

from sqlalchemy import and_, select

from awlike.cameras.known import camera
from awlike.context import context
from awlike.context.privileges import level_name, may_use
from awlike.current import current
from awlike.errors import NoCalibration
from awlike.nights import utcnow
from awlike.persist.dataobject import DataObject
from awlike.persist.references import User
from awlike.persist.tables import dropped_file, history, lineage
from awlike.planning.found import Found, Used
from awlike.planning.invalid import InvalidAncestry
from awlike.planning.reasons import INVALID, MISSING, Reason
from awlike.planning.request import at_places
from awlike.products.quality import compared_to
from awlike.products.raw import RawFrame
from awlike.query.criteria import Rule
from awlike.query.query import Query

_CHUNK = 10_000
_LOST = select(dropped_file.c.object_id).where(dropped_file.c.reason == 'lost')


class Candidates:
    """What counts, for one plan. `commit` says whether what is chosen goes into something that will be committed."""

    def __init__(self, commit: bool):
        self._audience = context.audience() if commit else None
        self.taint = InvalidAncestry()
        self.lost = set(current().session().scalars(_LOST))
        self._judged = {}

    # --- what is there ---

    def _rows(self, cls, condition, words, *more) -> list:
        """Rows of the columns of `Found`, and `more`, in the order of making."""
        rows = Query(cls, Rule(condition, words)).order_by('creation_date').columns(*Found._fields, *more)
        self.taint.look_at(row.object_id for row in rows)
        return rows

    def calibrations(self, cls, requests) -> list:
        """For each request all that cover its place and date, whether they count or not, the latest made first."""
        first, last = min(r.date for r in requests), max(r.date for r in requests)
        rows = self._rows(cls, lambda root: and_(
            at_places(root, requests), root.column('timestamp_start') <= last, root.column('timestamp_end') > first),
            'calibrations that cover', 'timestamp_start', 'timestamp_end')
        by_place, has_filter = collections.defaultdict(list), 'filter' in cls.__properties__
        for *values, start, end in reversed(rows):
            found = Found(*values)
            by_place[found.place(has_filter)].append((start, end, found))
        return [[found for start, end, found in by_place[r.place] if start <= r.date < end] for r in requests]

    def anything(self, cls, requests, made: bool = True) -> bool:
        """Whether any object of `cls` is there at the places of `requests`, or (`made`) raw frames that one can be made from."""
        requests = [r.for_class(cls) for r in {r.place: r for r in requests}.values()]
        if Query(cls, Rule(lambda root: at_places(root, requests), 'at these places')).exists():
            return True
        if not made or issubclass(cls, RawFrame):
            return False
        links = cls.inputs().values()
        needed = [link for link in links if not link.optional]
        enough = all if needed else any
        return enough(self.anything(link.target, requests, made=not link.existing) for link in needed or links)

    def by_key(self, cls, keys) -> dict:
        """The latest object of `cls` that counts with each of `keys`, as far as there is one."""
        keys, found = list(keys), {}
        for start in range(0, len(keys), _CHUNK):
            some = keys[start:start + _CHUNK]
            for row in self._rows(cls, lambda root: root.column('reuse_key').in_(some), 'objects with a key'):
                one = Found(*row)
                if self.unusable(one) is None:
                    found[one.reuse_key] = one
        return found

    def find_previous(self, cls, steps) -> None:
        """Tell each of `steps`, which make products of raw frames, the latest that was made of its raw frame, if any."""
        requests = [step.request for step in steps]
        dates, latest, has_filter = sorted({r.date for r in requests}), {}, 'filter' in cls.__properties__
        for start in range(0, len(dates), _CHUNK):
            some = dates[start:start + _CHUNK]
            for row in self._rows(cls, lambda root: and_(at_places(root, requests), root.column('DATE_OBS').in_(some)),
                                  'products of raw frames'):
                found = Found(*row)
                latest[found.place(has_filter), found.DATE_OBS] = found
        for step in steps:
            step.previous = latest.get((step.request.place, step.request.date))

    def inputs_of(self, found, roles=None) -> dict:
        """What each of `found` was made from, in `roles` or in all: lists of `Used` by object id and role."""
        used = collections.defaultdict(lambda: collections.defaultdict(list))
        ids, table = [one.object_id for one in found], DataObject.__table__
        wanted = [] if roles is None else [lineage.c.role.in_(roles)]
        for start in range(0, len(ids), _CHUNK):
            rows = current().session().execute(
                select(lineage.c.product, lineage.c.role, table.c.object_id, table.c.digest, table.c.filename, table.c.class_name)
                .join(table, table.c.object_id == lineage.c.input)
                .where(lineage.c.product.in_(ids[start:start + _CHUNK]), *wanted)
                .order_by(lineage.c.product, lineage.c.role, lineage.c.position))
            for product, role, object_id, digest, filename, class_name in rows:
                used[product][role].append(Used(object_id, digest, filename or class_name))
        return used

    def raw_frames(self, cls, params: dict) -> dict:
        """For each request, given with its parameters, the raw frames of class `cls` to make a calibration from, or the error that says why not.

        Whole nights are taken, the nearest first, until there are enough: so all that is observed in one night gets
        the same calibration.
        """
        requests = list(params)
        reach = datetime.timedelta(days=max(p.MAXIMUM_DAYS for p in params.values()) + 1)
        first, last = min(r.date for r in requests) - reach, max(r.date for r in requests) + reach
        found = Query(cls, Rule(lambda root: and_(
            at_places(root, requests), root.column('DATE_OBS').between(first, last)), 'raw frames'))
        nights = collections.defaultdict(lambda: collections.defaultdict(list))
        for frame in sorted(self._counting(found), key=_in_time):
            place = frame.instrument_id, frame.chip_id, frame.filter_id if 'filter' in cls.__properties__ else None
            nights[place][camera(frame.instrument.name).night(frame.DATE_OBS)].append(frame)
        return {r: self.enough(cls, r, _nearest(r, nights[r.place], params[r]), params[r]) for r in requests}

    def of_chips(self, link, requests, params) -> list:
        """For each request the raw frames of its exposure of the chips that a table among its parameters names, in the order
        of their names; None where it is empty, and the error that says which is not there.
        """
        chips = [sorted(getattr(p, link.of_chips)) for p in params]
        wanted = {(r.instrument, name) for r, names in zip(requests, chips, strict=True) for name in names}
        if not wanted:
            return [None] * len(requests)
        dates = sorted({r.date for r, names in zip(requests, chips, strict=True) if names})
        there = {}
        for start in range(0, len(dates), _CHUNK):
            found = link.target.chip.name.in_(sorted({name for _, name in wanted})) & \
                link.target.DATE_OBS.in_(dates[start:start + _CHUNK])
            there |= {(frame.instrument, frame.chip.name, frame.DATE_OBS): frame for frame in self._counting(found)}
        return [self._exposure(link, r, names, there) for r, names in zip(requests, chips, strict=True)]

    def _exposure(self, link, request, chips, there):
        if request.chip.name in chips:
            return NoCalibration(f'{request.chip.name} is in its own {link.of_chips}: leave it out, the gain has it')
        frames = [there.get((request.instrument, name, request.date)) for name in chips]
        if None not in frames:
            return frames or None
        return NoCalibration(f'no valid {link.target.__name__} of {chips[frames.index(None)]} of the exposure of {request.date}: '
                             f'ingest it, or leave that chip out of {link.of_chips}')

    def enough(self, cls, request, frames, params):
        """`frames` in time, at most MAXIMUM_NUMBER; or, when they are fewer than MINIMUM_NUMBER, the error that says so."""
        if len(frames) >= params.MINIMUM_NUMBER:
            return sorted(frames[:params.MAXIMUM_NUMBER], key=_in_time)
        place = ' '.join(name for name in request.names if name)
        night = camera(request.instrument.name).night(request.date)
        level = f' that may go into what is committed at {level_name(context.privileges)}' if self._audience else ''
        return NoCalibration(
            f'{len(frames)} valid {cls.__name__} for {place} within {params.MAXIMUM_DAYS:g} days of the night of {night}{level}, '
            f'{params.MINIMUM_NUMBER} are needed: ingest more of them, or change MINIMUM_NUMBER or MAXIMUM_DAYS')

    def _counting(self, query) -> list:
        """Those objects of `query` that count."""
        found = list(query)
        self.taint.look_at(obj.object_id for obj in found)
        return [obj for obj in found if self.unusable(obj) is None]

    # --- why something does not count ---

    def unusable(self, obj) -> Reason | None:
        """Why `obj`, a `Found` or a frame, does not count, or None when it does."""
        if obj.is_valid == 0 or self.taint.origin(obj.object_id) is not None:
            return Reason(INVALID, self.judgement(self.taint.origin(obj.object_id) or obj.object_id))
        if self._audience is not None and not may_use(obj, *self._audience):
            return Reason(MISSING, f'{obj.filename} is at {level_name(obj.privileges)}, hidden from some who would see the product')
        return None

    def still_compares(self, found) -> bool:
        """Whether what `found` was compared with when it was made, if anything, still counts."""
        other = compared_to(found)
        return other is None or self.taint.origin(uuid.UUID(other)) is None

    def judgement(self, object_id) -> str:
        """Which object is invalid, since when and by whose judgement."""
        if object_id not in self._judged:  # those of all that is invalid are read together
            self._judged |= _judgements(list({object_id, *self.taint.origins()}))
        return self._judged[object_id]


def _judgements(ids) -> dict:
    """What is known of who set the objects `ids` invalid, by id."""
    table, users, told = DataObject.__table__, User.__table__, {}
    then = history.c.date <= (current().moment or utcnow())
    for start in range(0, len(ids), _CHUNK):
        some = ids[start:start + _CHUNK]
        for object_id, filename, class_name in current().session().execute(
                select(table.c.object_id, table.c.filename, table.c.class_name).where(table.c.object_id.in_(some))):
            told[object_id] = f'{filename or f"{class_name} {object_id}"} is invalid'
        said = {row.object_id: row for row in current().session().execute(
            select(history.c.object_id, users.c.name, history.c.date).join(users, users.c.object_id == history.c.user_id)
            .where(history.c.object_id.in_(some), history.c.attribute == 'is_valid', history.c.new == '0', then)
            .order_by(history.c.number))}
        told |= {i: f'{told[i]}, set by {row.name} on {row.date:%Y-%m-%d %H:%M:%S}' for i, row in said.items()}
    return told


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
