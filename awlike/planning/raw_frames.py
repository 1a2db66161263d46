"""The raw frames for a product: the frames of the nearest nights, or of other chips of the same exposure."""

import collections
import datetime
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_

from awlike.cameras.known import camera
from awlike.errors import NoCalibration
from awlike.persist.links import Input
from awlike.planning.counting import Counting, in_chunks
from awlike.planning.request import Place, Request, at_places
from awlike.products.parameters import FromRawFrames, ProcessParameters
from awlike.products.raw import RawFrame
from awlike.query.criteria import Rule
from awlike.query.query import Query

Nights = dict[datetime.date, list[RawFrame]]


def raw_frames(counting: Counting, cls: type[RawFrame],
               params: dict[Request, FromRawFrames]) -> dict[Request, list[RawFrame] | NoCalibration]:
    """Return the raw frames of class `cls` to make a calibration from, or the error that says why there are none, by request.

    `params` are the process parameters of the calibration by request. Whole nights are taken, the nearest first, until
    there are enough: so all that is observed in one night gets the same calibration.
    """
    requests = list(params)
    reach = datetime.timedelta(days=max(p.MAXIMUM_DAYS for p in params.values()) + 1)
    first, last = min(r.date for r in requests) - reach, max(r.date for r in requests) + reach
    found = Query(cls, Rule(lambda root: and_(
        at_places(root, requests), root.column('DATE_OBS').between(first, last)), 'raw frames'))
    nights: dict[Place, Nights] = collections.defaultdict(lambda: collections.defaultdict(list))
    for frame in sorted(counting.among(found), key=_in_time):
        place = frame.instrument_id, frame.chip_id, frame.filter_id if 'filter' in cls.__properties__ else None
        assert frame.instrument is not None, f'{frame} has no instrument'
        nights[place][camera(frame.instrument.name).night(frame.DATE_OBS)].append(frame)
    return {r: enough(counting, cls, r, _nearest(r, nights[r.place], params[r]), params[r]) for r in requests}


def enough(counting: Counting, cls: type[RawFrame], request: Request, frames: Sequence[RawFrame],
           params: FromRawFrames) -> list[RawFrame] | NoCalibration:
    """Return at most MAXIMUM_NUMBER of `frames`, in time; or the error that says so when they are fewer than MINIMUM_NUMBER."""
    if len(frames) >= params.MINIMUM_NUMBER:
        return sorted(frames[:params.MAXIMUM_NUMBER], key=_in_time)
    place = ' '.join(name for name in request.names if name)
    night = camera(request.instrument.name).night(request.date)
    return NoCalibration(
        f'{len(frames)} valid {cls.__name__} for {place} within {params.MAXIMUM_DAYS:g} days of the night of {night}'
        f'{counting.limit_in_words()}, {params.MINIMUM_NUMBER} are needed: ingest more of them, '
        'or change MINIMUM_NUMBER or MAXIMUM_DAYS')


def of_chips(counting: Counting, link: Input, requests: list[Request],
             params: list[ProcessParameters]) -> list[list[RawFrame] | NoCalibration | None]:
    """Return for each request the raw frames of its exposure of other chips, in the order of the names of the chips.

    A table among `params` names the chips. Where it is empty there is None, where a frame is lacking the error that says which.
    """
    table = link.of_chips or ''
    chips: list[list[str]] = [sorted(getattr(p, table)) for p in params]
    wanted = {(r.instrument, name) for r, names in zip(requests, chips, strict=True) for name in names}
    if not wanted:
        return [None] * len(requests)
    dates = sorted({r.date for r, names in zip(requests, chips, strict=True) if names})
    frames = {}
    for some in in_chunks(dates):
        found = link.target.chip.name.in_(sorted({name for _, name in wanted})) & link.target.DATE_OBS.in_(some)
        frames |= {(frame.instrument, frame.chip.name, frame.DATE_OBS): frame for frame in counting.among(found)}
    return [_exposure(link, r, names, frames) for r, names in zip(requests, chips, strict=True)]


def _exposure(link: Input, request: Request, chips: list[str], frames: dict) -> list[RawFrame] | NoCalibration | None:
    if request.chip is not None and request.chip.name in chips:
        return NoCalibration(f'{request.chip.name} is in its own {link.of_chips}: leave it out, the gain has it')
    found = [frames.get((request.instrument, name, request.date)) for name in chips]
    there = [frame for frame in found if frame is not None]
    if len(there) == len(found):
        return there or None
    return NoCalibration(f'no valid {link.target.__name__} of {chips[found.index(None)]} of the exposure of {request.date}: '
                         f'ingest it, or leave that chip out of {link.of_chips}')


def _in_time(frame: Any) -> tuple[datetime.datetime, str]:
    """Return what to sort by: of two frames of one instant the content decides, so that no order of ingestion matters."""
    return frame.DATE_OBS, frame.digest


def _nearest(request: Request, nights: Nights, params: FromRawFrames) -> list[RawFrame]:
    """Return the raw frames of the nights nearest to that of `request`, until there are enough or MAXIMUM_DAYS is passed."""
    night = camera(request.instrument.name).night(request.date)
    near = sorted((abs((other - night).days), other) for other in nights)
    frames = []
    for distance, other in near:
        if distance <= params.MAXIMUM_DAYS and len(frames) < params.MINIMUM_NUMBER:
            frames += nights[other]
    return frames
