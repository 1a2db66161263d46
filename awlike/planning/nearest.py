"""The rule by which a calibration is chosen: of the sets of its setup and era, the nearest by observing night."""

import bisect
import datetime
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from awlike.nights import in_nights
from awlike.planning.raw_sets import RawSet, same_exposure_time
from awlike.products.parameters import FromRawFrames

PLAN, ACCEPTABLE, LAST_RESORT = LEVELS = 'plan', 'acceptable', 'last resort'

Identity = tuple[uuid.UUID, ...]


class Chosen(NamedTuple):
    """How far a calibration is from what it serves.

    Attributes
    ----------
    nights : int
        From the night of what is served to the night of the calibration; negative for a calibration before.
    level : str
        One of LEVELS.
    note : str
        What else a user must know of the choice; empty where there is nothing.
    """

    nights: int
    level: str
    note: str = ''

    @property
    def distance(self) -> str:
        """The distance in words."""
        return in_nights(self.nights)

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return self._asdict()

    def noted(self, note: str) -> 'Chosen':
        """Return the same with one more note."""
        return self._replace(note=', '.join(part for part in (self.note, note) if part))

    def __str__(self) -> str:
        return ': '.join(part for part in (self.distance, self.level, self.note) if part)


class Wanted(NamedTuple):
    """What a calibration is chosen for, as the rule needs it: night, date, and what some kinds are chosen by."""

    night: datetime.date
    date: datetime.datetime
    EXPTIME: float | None = None
    TEMPERATURE: float | None = None
    avoid: Collection[Identity] = ()


def level(nights: int, params: FromRawFrames) -> str | None:
    """Return the level of a calibration so many nights away; None where it is too far away to serve."""
    limits = params.PLAN_NIGHTS, params.ACCEPTABLE_NIGHTS, params.LAST_RESORT_NIGHTS
    number = bisect.bisect_left(limits, abs(nights))
    return LEVELS[number] if number < len(LEVELS) else None


def is_worse(chosen: Chosen, allowed: str) -> bool:
    """Return whether the level of `chosen` is worse than the level that is `allowed`."""
    return LEVELS.index(chosen.level) > LEVELS.index(allowed)


class Sets:
    """The sets of one place, kind, setup and era, in order of night and time, to be searched many times."""

    def __init__(self, sets: Sequence[RawSet]) -> None:
        self.sets = sets
        self._nights = [one.night.toordinal() for one in sets]

    def nearest(self, wanted: Wanted, after_first: bool = False) -> RawSet | None:
        """Return the set of the nearest night.

        At equal distance the night before goes first, or the night after if `after_first`; of two sets of one night the
        set nearer in time, and at last the earlier.
        """
        for night in self._by_distance(wanted.night.toordinal(), after_first):
            usable = [one for one in night if one.identity not in wanted.avoid]
            if usable:
                return usable[0] if len(usable) == 1 else min(usable, key=lambda one: abs(one.date - wanted.date))
        return None

    def _by_distance(self, night: int, after_first: bool) -> Iterator[Sequence[RawSet]]:
        """Yield the sets of each night, the nearest night first."""
        nights, after = self._nights, bisect.bisect_left(self._nights, night)
        before = after
        while before > 0 or after < len(nights):
            ahead = nights[after] - night if after < len(nights) else None
            behind = night - nights[before - 1] if before > 0 else None
            if behind is None or (ahead is not None and (ahead < behind or (ahead == behind and (after_first or ahead == 0)))):
                end = bisect.bisect_right(nights, nights[after], lo=after)
                yield self.sets[after:end]
                after = end
            else:
                start = bisect.bisect_left(nights, nights[before - 1], hi=before)
                yield self.sets[start:before]
                before = start


def nearest_alike(sets: Iterable[RawSet], wanted: Wanted, params: FromRawFrames, tolerance: float,
                  after_first: bool = False) -> RawSet | None:
    """Return the set for a kind that is chosen by exposure time and temperature, as darks are.

    Within a level a set of the same exposure time goes first, then a longer one. A shorter one, which would be scaled up,
    is the last resort. Temperatures agree to `tolerance` [deg C]; a set of unknown temperature serves where no other does.
    Of equal sets the nearest night goes first.
    """
    def order(one: RawSet) -> tuple:
        nights = (one.night - wanted.night).days
        lower = level(nights, params)
        assert lower is not None
        worth = exposure_class(one.EXPTIME, wanted.EXPTIME)
        band = LEVELS.index(LAST_RESORT if worth == _SHORTER else lower)
        unknown = (one.TEMPERATURE is None) is not (wanted.TEMPERATURE is None)
        return (unknown, band, worth, abs(nights), (nights < 0) if after_first else (nights > 0),
                abs(one.EXPTIME - (wanted.EXPTIME or 0)), abs(one.date - wanted.date), one.date)

    return min((one for one in sets if level((one.night - wanted.night).days, params) is not None
                and one.identity not in wanted.avoid and temperature_agrees(one.TEMPERATURE, wanted.TEMPERATURE, tolerance)),
               key=order, default=None)


_EQUAL, _LONGER, _SHORTER = range(3)


def exposure_class(one: float | None, wanted: float | None) -> int:
    """Return by how much the exposure time `one` [s] is worse for one that is `wanted`: 0 equal, 1 longer, 2 shorter."""
    if one is None or wanted is None or same_exposure_time(one, wanted):
        return _EQUAL
    return _LONGER if one > wanted else _SHORTER


def scaled(chosen: Chosen, EXPTIME: float | None, wanted: float | None) -> Chosen:
    """Return `chosen`, exposed `EXPTIME`, for the exposure time that is `wanted` [s]: a dark scaled up is the last resort."""
    if exposure_class(EXPTIME, wanted) != _SHORTER:
        return chosen
    note = f'exposed {EXPTIME:g} s, scaled up to {wanted:g} s'
    return Chosen(chosen.nights, LAST_RESORT, ', '.join(part for part in (note, chosen.note) if part))


def temperature_agrees(one: float | None, other: float | None, tolerance: float) -> bool:
    """Return whether two temperatures agree; an unknown temperature agrees with any."""
    return one is None or other is None or abs(one - other) <= tolerance


def joined(sets: Sequence[RawSet], wanted: Wanted, params: FromRawFrames, after_first: bool = False) -> RawSet | None:
    """Return the set that the nearest nights of `sets` have together, once there are enough frames, or None."""
    def distance(one: RawSet) -> tuple:
        nights = (one.night - wanted.night).days
        return abs(nights), (nights < 0) if after_first else (nights > 0), abs(one.date - wanted.date), one.date

    near = sorted((one for one in sets if level((one.night - wanted.night).days, params) is not None), key=distance)
    frames, nights = [], []
    for one in near:
        frames += one.frames
        nights.append(one.night)
        if len(frames) >= params.MINIMUM_NUMBER:
            found = RawSet(near[0].night, sorted(frames, key=lambda frame: (frame.DATE_OBS, frame.digest)), sorted(nights))
            return None if found.identity in wanted.avoid else found
    return None


def chosen(raws: RawSet, wanted: Wanted, params: FromRawFrames, note: str = '') -> Chosen:
    """Return how far `raws` is from what it serves; a set of several nights is of level acceptable at best.

    So is a dark that is scaled up: it is the last resort.
    """
    nights = max(((night - wanted.night).days for night in raws.nights), key=abs)
    found = level(nights, params) or LAST_RESORT
    if len(raws.nights) > 1:
        found = max(found, ACCEPTABLE, key=LEVELS.index)
        note = ', '.join(part for part in (f'{len(raws.nights)} sets joined', note) if part)
    return scaled(Chosen(nights, found, note), raws.EXPTIME, wanted.EXPTIME)
