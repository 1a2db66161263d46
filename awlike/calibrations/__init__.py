"""Calibrations: which calibration serves when, shown on a time axis and changed there."""

from awlike.calibrations.overview import calibrations

__all__ = ['calibrations']
