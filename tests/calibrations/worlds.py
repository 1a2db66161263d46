"""Worlds on paper for tests of calibrations: nights of raw biases and science frames, and biases made from them."""

import datetime

from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.products.making import mean_date
from tests import paper

NOON = datetime.datetime(2012, 5, 31, 16)  # at OmegaCAM, in UTC
DAY = datetime.timedelta(days=1)
FAST, SLOW = {'READMODE': 'fast'}, {'READMODE': 'slow'}


def moment(night, hours=0.0):
    """So many hours after noon of the night so many days after the first."""
    return NOON + night * DAY + datetime.timedelta(hours=hours)


def night(number):
    """The night so many days after the first, as it is printed."""
    return str((NOON + number * DAY).date())


def observed(night, number=3, cls=RawBiasFrame, hours=10.0, setup=None, **values):
    """Raw frames of one night, a minute apart."""
    frames = [paper.raw(cls, setup=setup, DATE_OBS=moment(night, hours + n / 60), **values) for n in range(number)]
    paper.insert(*frames)
    return frames


def science(*nights, hours=13.0, **values):
    """A raw science frame of each of `nights`."""
    return [frame for night in nights for frame in observed(night, 1, RawScienceFrame, hours, **values)]


def made(cls, frames, **values):
    """A calibration in the database as a task would make it from `frames`, raw frames or by role the inputs."""
    inputs = frames if isinstance(frames, dict) else {'raw_bias_frames': frames}
    raws = next(iter(inputs.values()))
    noon = moment((raws[0].DATE_OBS - NOON).days)
    params = values.pop('process_params', cls.Parameters())
    obj = paper.product(cls, **{'chip': raws[0].chip, 'setup': raws[0].setup, 'DATE_OBS': mean_date(raws), **inputs,
                                'timestamp_start': noon, 'timestamp_end': noon + DAY, **values})
    obj.process_params, obj.reuse_key = params, cls.key_for(inputs, params)
    return paper.insert(obj)


def bias_of(frames, read_noise=None, **values):
    """A bias in the database as a task would make it from `frames`, with its read noise."""
    read_noise = read_noise or made(ReadNoise, frames, read_noise=2.0)
    return made(BiasFrame, {'raw_bias_frames': frames, 'read_noise': read_noise}, **values)
