"""Make master biases, one for each chip and night."""

from awlike.declare import Request, Task
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame


class BiasTask(Task):
    """Make master biases, one for each chip and night."""

    target = BiasFrame

    def requests(self) -> list[Request]:
        return self.one_for_each_night(self.raw_frames(RawBiasFrame))
