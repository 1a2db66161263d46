"""Small frames in memory: raw frames of a synthetic detector, and all that is made from them, without a database."""

import datetime

import numpy as np
import pytest

from awlike.digests import content_digest
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import (
    RawBiasFrame,
    RawDomeFlatFrame,
    RawScienceFrame,
    RawTwilightFlatFrame,
)
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.frames.weight import WeightFrame
from awlike.persist.references import Chip, Filter, Instrument
from awlike.products.making import produce
from tests.measured import field, measured, measured_home  # noqa: F401

NIGHT = datetime.datetime(2012, 6, 1, 1)
SHAPE = 96, 80  # light-sensitive rows and columns, between 8 columns of prescan and 8 of overscan
LEVEL, SKY, LAMP = 200.0, 500.0, 20000.0  # ADU
ASTROM = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 10.0, 'CRVAL2': -30.0, 'CRPIX1': 50.0, 'CRPIX2': 40.0,
          'CD1_1': -6e-5, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': 6e-5}
STAR, DEAD, HOT = (30, 20), 40, (60, 60)  # a saturated star [y, x], a dead column [x], a hot pixel [y, x]


class Detector:
    """A detector that delivers raw frames; every frame has its own noise and is the same in every run."""

    def __init__(self):
        self.instrument = Instrument(name='OMEGACAM', longitude=-70.4)
        self.chip = Chip(name='ESO_CCD_#65', instrument=self.instrument)
        self.filter = Filter(name='r_SDSS', instrument=self.instrument)
        self._number = 0

    def raw(self, cls, light=0.0, **values):
        """A raw frame of class `cls` that has seen `light`, ADU."""
        self._number += 1
        rng = np.random.default_rng(self._number)
        image = LEVEL + 2 * rng.standard_normal((SHAPE[0], SHAPE[1] + 16))
        exposed = image[:, 8:-8]
        light = np.array(np.broadcast_to(light, SHAPE), float)
        light[:, DEAD] = 0
        exposed += np.clip(light + np.sqrt(light / 2.5) * rng.standard_normal(SHAPE), 0, 62000)
        exposed[HOT] += 300
        return self.from_image(cls, np.rint(image).astype(np.uint16), **values)

    def from_image(self, cls, image, **values):
        """A raw frame of class `cls` with these very pixels, pre- and overscan included."""
        if 'filter' in cls.__properties__:
            values.setdefault('filter', self.filter)
        values = {'DATE_OBS': NIGHT + datetime.timedelta(minutes=self._number), 'instrument': self.instrument,
                  'chip': self.chip, 'EXPTIME': 10.0, 'OBJECT': 'a field', 'trim': f'[9:{SHAPE[1] + 8},1:{SHAPE[0]}]',
                  'prescan_x': f'[1:8,1:{SHAPE[0]}]', 'is_valid': 1,
                  'overscan_x': f'[{SHAPE[1] + 9}:{SHAPE[1] + 16},1:{SHAPE[0]}]'} | values
        frame = cls(digest=content_digest(image, {'date': values['DATE_OBS']}), **values)
        frame._data = image
        return frame

    def biases(self, number=5):
        return [self.raw(RawBiasFrame) for _ in range(number)]

    def flats(self, cls, number=4):
        return [self.raw(cls, LAMP * (1 + 0.1 * n) * response()) for n in range(number)]

    def science(self):
        """Sky, one star that saturates, and one cosmic ray at [80, 10]."""
        y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
        light = SKY + 200_000 * np.exp(-0.5 * ((y - STAR[0]) ** 2 + (x - STAR[1]) ** 2) / 1.8 ** 2)
        light *= response()
        light[80, 10] += 3000
        return self.raw(RawScienceFrame, light, astrom=ASTROM)


def response():
    """The response of the pixels: a slope, fine structure."""
    rng = np.random.default_rng(99)
    return np.linspace(0.95, 1.05, SHAPE[1])[None, :] * (1 + 0.01 * rng.standard_normal(SHAPE))


def make(cls, params=None, **inputs):
    """A product of class `cls` from `inputs`, with its default parameters unless others are given."""
    return produce(cls, inputs, params or cls.Parameters())


class Chain:
    """All that is made from raw frames, each kind once; a raw frame may be changed before."""

    def __init__(self, biases, domes, twilights, raw):
        self.raw = raw
        self.noise = make(ReadNoise, raw_bias_frames=biases)
        self.bias = make(BiasFrame, raw_bias_frames=biases, read_noise=self.noise)
        self.hot = make(HotPixelMap, bias=self.bias)
        self.dome = make(DomeFlatFrame, raw_dome_flat_frames=domes, bias=self.bias, hot=self.hot)
        self.twilight = make(TwilightFlatFrame, raw_twilight_flat_frames=twilights, bias=self.bias, hot=self.hot)
        self.flat = make(FlatFrame, dome_flat=self.dome, twilight_flat=self.twilight)
        self.cold = make(ColdPixelMap, flat=self.flat)
        self.saturated = make(SaturatedPixelMap, raw=raw)
        maps = {'hot': self.hot, 'cold': self.cold}
        self.cosmic = make(CosmicMap, raw=raw, bias=self.bias, flat=self.flat, saturated=self.saturated, **maps)
        self.satellite = make(SatelliteMap, raw=raw, bias=self.bias, flat=self.flat, saturated=self.saturated, **maps)
        self.weight = make(WeightFrame, flat=self.flat, saturated=self.saturated, cosmic=self.cosmic,
                           satellite=self.satellite, **maps)
        self.reduced = make(ReducedScienceFrame, raw=raw, bias=self.bias, flat=self.flat, weight=self.weight, **maps)

    @property
    def images(self):
        return [product.data for product in vars(self).values() if product is not self.raw and product.data is not None]


def chain_of(detector, *, biases=None, domes=None, twilights=None, raw=None):
    """The `Chain` of a detector, of these raw frames where they are given."""
    return Chain(biases or detector.biases(), domes or detector.flats(RawDomeFlatFrame),
                 twilights or detector.flats(RawTwilightFlatFrame), raw or detector.science())


@pytest.fixture
def detector():
    return Detector()


@pytest.fixture(scope='session')
def chain():
    """All kinds of products of one detector."""
    return chain_of(Detector())
