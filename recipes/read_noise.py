"""Measure the read noise, for each chip and night."""

from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.tasks.task import Task


class ReadNoiseTask(Task):
    """Measure the read noise, for each chip and night."""

    target = ReadNoise

    def requests(self):
        return self.one_for_each_night(self.raw_frames(RawBiasFrame))
