"""Eras: the times between interventions. No calibration of a kind that an intervention names serves across the intervention."""

import bisect
import datetime
import functools
import uuid
from typing import TYPE_CHECKING

from awlike.persist.intervention import Intervention
from awlike.planning.beforehand import valid_interventions
from awlike.planning.request import Place, Request

if TYPE_CHECKING:
    from awlike.planning.counting import Counting
    from awlike.products.calibration import CalibrationFrame


class Era:
    """The interventions that concern one kind of calibration at one place, in order of time."""

    def __init__(self, interventions: list[Intervention]) -> None:
        self.interventions = interventions
        self._dates: list[datetime.datetime] = [one.date for one in interventions]

    def number(self, date: datetime.datetime) -> int:
        """Return the number of the era in which `date` lies."""
        return bisect.bisect_right(self._dates, date)

    def between(self, one: int, other: int) -> list[Intervention]:
        """Return the interventions between two eras."""
        return self.interventions[min(one, other):max(one, other)]


_ONE_ERA = Era([])


class Eras:
    """The valid interventions of sources, for one plan; they are read when the first is asked for."""

    def __init__(self, counting: 'Counting') -> None:
        self._counting = counting
        self._known: dict[tuple[type, Place], Era] = {}

    @functools.cached_property
    def _interventions(self) -> list[Intervention]:
        if not self._counting.known.interventions:
            return []
        return sorted(self._counting.of_sources(valid_interventions()), key=lambda one: (one.date, one.object_id))

    def of(self, cls: 'type[CalibrationFrame]', request: Request) -> Era:
        """Return the eras of calibrations of class `cls` at the place of `request`."""
        if not self._interventions:
            return _ONE_ERA
        key = cls, request.place
        if key not in self._known:
            self._known[key] = Era([one for one in self._interventions if _concerns(one, cls.__name__, request.place)])
        return self._known[key]


def _concerns(intervention: Intervention, kind: str, place: Place) -> bool:
    """Return whether `intervention` concerns calibrations of the class `kind` at `place`."""
    instrument, chip, filter_ = place

    def fits(mine: uuid.UUID | None, theirs: uuid.UUID | None) -> bool:
        return mine is None or mine == theirs

    return intervention.instrument_id == instrument and fits(intervention.chip_id, chip) and \
        fits(intervention.filter_id, filter_) and (not intervention.kinds or kind in intervention.kinds)
