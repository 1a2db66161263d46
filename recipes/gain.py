"""Measure gain and linearity, for each chip and night, from dome flats of the filter with the most exposure times."""

import dataclasses

from awlike.declare import Request, Task
from awlike.frames.gain import GainLinearity
from awlike.frames.raw import RawDomeFlatFrame


class GainTask(Task):
    """Measure gain and linearity, for each chip and night, from dome flats of the filter with the most exposure times."""

    target = GainLinearity

    def requests(self) -> list[Request]:
        nights = self.one_for_each_night(self.raw_frames(RawDomeFlatFrame))
        return [dataclasses.replace(night, of=of_one_filter(night.members)) for night in nights]


def of_one_filter(raws: tuple) -> tuple:
    """Return the `raws` of the filter with the most exposure times or, of equal filters, the most frames."""
    groups: dict[str, list] = {}
    for raw in raws:
        groups.setdefault(raw.filter.name, []).append(raw)
    return tuple(max(groups.values(), key=lambda group: (len({raw.EXPTIME for raw in group}), len(group))))
