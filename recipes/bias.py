"""Make master biases, one for each chip and night."""

from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame
from awlike.tasks.task import Task


class BiasTask(Task):
    """Make master biases, one for each chip and night."""

    target = BiasFrame

    def requests(self):
        return self.one_for_each_night(self.raw_frames(RawBiasFrame))
