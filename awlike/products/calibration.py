"""Calibrations: products that serve for other observations."""

import datetime

from awlike.persist.dbobject import attribute
from awlike.products.product import ProcessTarget


class CalibrationFrame(ProcessTarget):
    """A product that serves for frames observed in an interval of time."""

    FAMILY = 'calibration'

    _shared = True
    timestamp_start = attribute(datetime.datetime, 'it serves for observing dates from here (UTC)')
    timestamp_end = attribute(datetime.datetime, 'up to, not including, here (UTC)')
