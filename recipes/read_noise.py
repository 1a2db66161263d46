"""Measure the read noise, for each chip and night."""

from awlike.declare import Request, Task
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise


class ReadNoiseTask(Task):
    """Measure the read noise, for each chip and night."""

    target = ReadNoise

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawBiasFrame))
