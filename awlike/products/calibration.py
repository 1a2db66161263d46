"""Calibrations: products that serve for others."""

import datetime

from awlike import nights
from awlike.persist.dbobject import attribute
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame


class CalibrationFrame(ProcessTarget):
    """A product that serves for others observed in an interval of time."""

    FAMILY = 'calibration'

    _shared = True
    timestamp_start = attribute(datetime.datetime, 'it serves for observing dates from here (UTC)')
    timestamp_end = attribute(datetime.datetime, 'up to, not including, here (UTC)')

    def _describe_origin(self, params):
        super()._describe_origin(params)
        origin = self._origin()
        if isinstance(origin[0], RawFrame):
            margin = datetime.timedelta(days=params.VALIDITY_DAYS)
            zone = nights.zone(self.instrument.timezone, self.instrument.longitude)
            dates = sorted(nights.night_of(one.DATE_OBS, zone) for one in origin)
            start, end = nights.span(dates[0], dates[-1], zone)
            self.timestamp_start, self.timestamp_end = start - margin, end + margin
        else:
            self.timestamp_start, self.timestamp_end = origin[0].timestamp_start, origin[0].timestamp_end
