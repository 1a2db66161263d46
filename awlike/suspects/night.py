"""Suspects of a night: raw frames that differ from the others of the same kind, in words."""

import collections
import dataclasses
import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awlike import nights
from awlike.arguments import typed
from awlike.context.interventions import instrument_called
from awlike.current import current
from awlike.products.raw import RawFrame
from awlike.progress import Progress
from awlike.query.properties import classes
from awlike.suspects import views
from awlike.suspects.compare import FEWEST, stand_out
from awlike.suspects.measure import measured, seen
from awlike.terminal import Readable

if TYPE_CHECKING:
    from astropy.table import Table

    from awlike.pixels.frame_signs import Signs

_DAY = datetime.timedelta(days=1)


@dataclasses.dataclass(frozen=True)
class Suspect:
    """A raw frame to look at.

    Attributes
    ----------
    frame : RawFrame
        The frame.
    night : datetime.date
        Its night.
    reasons : tuple of str
        How it differs, the strongest reason first.
    """

    frame: RawFrame
    night: datetime.date
    reasons: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        one: Any = self.frame
        return {'frame': one.filename, 'kind': type(one).__name__, 'instrument': one.instrument.name, 'chip': one.chip.name,
                'filter': name_of(getattr(one, 'filter', None)), 'object': one.OBJECT, 'exptime': one.EXPTIME,
                'date': one.DATE_OBS.isoformat(), 'night': self.night.isoformat(), 'reasons': list(self.reasons)}


class NightSuspects(Readable):
    """The raw frames of a night that differ from their neighbours. Print it, or look at it in a notebook.

    Attributes
    ----------
    nights : tuple of datetime.date
        The first and the last night.
    number : int
        The number of frames that were looked at.
    suspects : list of Suspect
        The frames to look at, in order of time.
    unjudged : list of str
        Frames that have too few others to be compared with, in words.
    """

    def __init__(self, span: tuple[datetime.date, datetime.date], frames: Sequence[tuple[datetime.date, RawFrame]]) -> None:
        self.nights, self.number = span, len(frames)
        self.suspects: list[Suspect] = []
        self.unjudged: list[str] = []
        night_of, groups = {raw.object_id: night for night, raw in frames}, collections.defaultdict(list)
        for night, raw in frames:
            groups[night, *_alike(raw)].append(raw)
        judged = [raw for some in groups.values() if len(some) >= FEWEST for raw in some]
        self.unjudged = _too_few([some for some in groups.values() if len(some) < FEWEST])
        found = self._measured(judged, night_of)
        for some in groups.values():
            known = [raw for raw in some if raw.object_id in found]
            reasons = stand_out([seen(raw, found[raw.object_id]) for raw in known], some[0].COMPARED)
            self.suspects += [Suspect(raw, night_of[raw.object_id], tuple(sign.text for sign in why))
                              for raw, why in zip(known, reasons, strict=True) if why]
        self.suspects.sort(key=lambda one: (one.frame.DATE_OBS, one.frame.filename))

    def _measured(self, raws: list[RawFrame], night_of: dict[Any, datetime.date]) -> 'dict[Any, Signs]':
        """Return the signs of frames by id; those that cannot be read are suspects."""
        found: dict[Any, Signs] = {}
        with Progress('suspects', len(raws)) as progress:
            for raw, what in measured(raws):
                progress.now(raw.filename)
                if isinstance(what, str):
                    self.suspects.append(Suspect(raw, night_of[raw.object_id], (f'it cannot be read: {what}',)))
                else:
                    found[raw.object_id] = what
                progress.advance()
        return found

    @property
    def ok(self) -> bool:
        """True if no frame is suspected."""
        return not self.suspects

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        first, last = self.nights
        return {'nights': [first.isoformat(), last.isoformat()], 'frames': self.number, 'ok': self.ok,
                'suspects': [one.to_dict() for one in self.suspects], 'unjudged': self.unjudged}

    def table(self) -> 'Table':
        """Return the suspects as an astropy `Table`."""
        return views.table([one.to_dict() for one in self.suspects])

    def __str__(self) -> str:
        return views.text(self.to_dict())

    def _repr_html_(self) -> str:
        return views.page(self.to_dict())


@typed
def suspects(date: Any, instrument: str | None = None) -> NightSuspects:
    """Compare the raw frames of a night with each other, and return those that differ from the others of their kind.

    Science frames are compared with those of the same object, filter, chip and setup, biases and darks with those of the
    same exposure time, flats with those of the same filter: level, noise, how light falls off across the frame, light of the
    stars. Levels are scaled by the exposure time. Moonlight and twilight that change smoothly raise no suspicion. Of fewer
    than four frames nothing can be said; they are listed apart. Pixels are read, nothing is made, and nothing is kept.

    Parameters
    ----------
    date : str, datetime.date or a pair of them
        A night, noon to noon at the telescope, by the date of the noon at which it begins; or the first and the last of
        several nights, as ``'2012-05-31:2012-06-03'``.
    instrument : str, optional
        The name of the camera; default all.

    Returns
    -------
    awlike.suspects.night.NightSuspects
        With `suspects`, `ok`, `table`, `to_dict`; print it.

    Examples
    --------
    >>> context.suspects('2012-05-31')
    """
    first, last = nights.parse(date)
    if instrument is not None:
        instrument_called(instrument)
    return NightSuspects((first, last), _raw_frames(first, last, instrument))


def _raw_frames(first: datetime.date, last: datetime.date, instrument: str | None) -> list[tuple[datetime.date, RawFrame]]:
    """Return night and frame of each valid raw frame of the nights, in order of class and time."""
    start, end = (datetime.datetime.combine(day, datetime.time()) for day in (first - _DAY, last + 2 * _DAY))
    found: list[tuple[datetime.date, RawFrame]] = []
    zones: dict[Any, datetime.tzinfo] = {}
    current().session()
    for _, cls in sorted(classes.items()):
        if not issubclass(cls, RawFrame) or cls is RawFrame:
            continue
        query = cls.select(instrument=instrument) & (cls.is_valid > 0) & (cls.DATE_OBS >= start) & (cls.DATE_OBS < end)
        for raw in query.order_by('DATE_OBS'):
            camera = raw.instrument
            zone = zones.setdefault(camera.object_id, nights.zone(camera.timezone, camera.longitude))
            if first <= (night := nights.night_of(raw.DATE_OBS, zone)) <= last:
                found.append((night, raw))
    return found


def _alike(raw: Any) -> tuple[Any, ...]:
    """Return what frames have in common that are compared with each other."""
    target = raw.OBJECT if raw.COMPARED == 'sky' else None
    exposed = round(raw.EXPTIME or 0.0, 2) if raw.COMPARED == 'level' else None
    return (type(raw).__name__, raw.instrument_id, raw.chip_id, getattr(raw, 'filter_id', None), raw.setup_id, target, exposed)


def _too_few(groups: Sequence[Sequence[Any]]) -> list[str]:
    """Return a line for each kind, filter and object of which there are too few frames, whatever the chip."""
    alike: dict[str, set[Any]] = collections.defaultdict(set)
    numbers: dict[str, int] = {}
    for some in groups:
        raw = some[0]
        words = [type(raw).__name__, name_of(getattr(raw, 'filter', None)), f'of {raw.OBJECT}' if raw.COMPARED == 'sky' else '']
        text = ' '.join(word for word in words if word)
        alike[text].add(raw.chip.name)
        numbers[text] = numbers.get(text, 0) + len(some)
    return [f'{text}: {numbers[text]} of {len(chips)} chip{"s" * (len(chips) != 1)}, too few to compare: '
            f'it takes {FEWEST} of a chip' for text, chips in sorted(alike.items())]


def name_of(reference: Any) -> str:
    """Return the name of a filter or another reference object; empty for None."""
    return reference.name if reference is not None else ''
