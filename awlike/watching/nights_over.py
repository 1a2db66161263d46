"""The nights whose files a watch took, and which are checked for their calibrations once they are over."""

import datetime

from awlike import nights
from awlike.calibrations.alarm import tell_of_night
from awlike.calibrations.check import check
from awlike.frames.raw import RawScienceFrame
from awlike.nights import utcnow
from awlike.products.raw import RawFits


class NightsOver:
    """The nights that wait for their end. At the start these are the nights of science frames of the last two days."""

    def __init__(self) -> None:
        self._ends: dict[tuple[str, datetime.date], datetime.datetime] = {}
        lately = RawScienceFrame.DATE_OBS > utcnow() - datetime.timedelta(days=2)
        for frame in lately:
            self._add(frame)

    def took(self, file: RawFits) -> None:
        """Remember the nights of the science frames of a file."""
        for frame in RawScienceFrame.raw_fits == file:
            self._add(frame)

    def _add(self, frame: RawScienceFrame) -> None:
        camera = frame.instrument
        if camera is None:
            return
        zone = nights.zone(camera.timezone, camera.longitude)
        date = nights.night_of(frame.DATE_OBS, zone)
        self._ends[camera.name, date] = nights.span(date, date, zone)[1]

    def check(self) -> None:
        """Check the nights that are over, and tell of those that lack calibrations."""
        for (camera, date), end in list(self._ends.items()):
            if end <= utcnow():
                tell_of_night(check(date, camera))
                del self._ends[camera, date]
