"""Measure gain and read noise of each amplifier, for each chip and night, from dome flats and the biases of the night."""

import dataclasses

from awlike.declare import Request, Task
from awlike.frames.gain import of_one_filter
from awlike.frames.raw import RawBiasFrame, RawDomeFlatFrame
from awlike.frames.tech_data import TechData


class TechDataTask(Task):
    """Measure gain and read noise of each amplifier, for each chip and night, from dome flats and the biases of the night."""

    target = TechData

    def requests(self) -> list[Request]:
        biases: dict[tuple, list] = {}
        for night in self.one_for_each_night(self.raw_frames(RawBiasFrame)):
            biases[night.place, night.setup_id, night.night] = list(night.members)
        return [dataclasses.replace(night, of=(*of_one_filter(night.members),
                                               *biases.get((night.place, night.setup_id, night.night), ())))
                for night in self.one_for_each_night(self.raw_frames(RawDomeFlatFrame))]
