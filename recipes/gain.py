"""Measure gain and linearity, for each chip and night, from dome flats of one filter: that with the most exposure times."""

import dataclasses

from awlike.frames.gain import GainLinearity
from awlike.frames.raw import RawDomeFlatFrame
from awlike.tasks.task import Task


class GainTask(Task):
    """Measure gain and linearity, for each chip and night, from dome flats of one filter: that with the most exposure times."""

    target = GainLinearity

    def requests(self):
        nights = self.one_for_each_night(self.raw_frames(RawDomeFlatFrame))
        return [dataclasses.replace(one, of=of_one_filter(one.members)) for one in nights]


def of_one_filter(raws):
    """Those of `raws` that are of one filter: that with the most exposure times, or else the most frames."""
    groups = {}
    for raw in raws:
        groups.setdefault(raw.filter.name, []).append(raw)
    return tuple(max(groups.values(), key=lambda group: (len({raw.EXPTIME for raw in group}), len(group))))
