"""What stars tell a mosaic: its place on the sky, its zero point, its seeing; in memory, without a database."""

import datetime

import numpy as np
import pytest

from awlike.errors import ProcessingError
from awlike.frames.astrometric_parameters import MATCH_COLUMNS, AstrometricParameters
from awlike.frames.initial_sources import PIXEL_COLUMNS, InitialSourceList
from awlike.frames.mosaic import MosaicFrame
from awlike.frames.photometric_parameters import STANDARD_COLUMNS, PhotometricParameters
from awlike.frames.reduced import ReducedScienceFrame
from awlike.persist.references import Chip, Filter, Instrument
from awlike.products.making import produce, take
from awlike.sky.headers import read_plate

SCALE, SHAPE, STARS = 0.11 / 3600, (200, 180), 30
MOVED = 3.0  # arcsec, by which the headers have the exposure too far south
NIGHT = datetime.datetime(2013, 1, 2, 4)


class Exposure:
    """Two detectors with stars, and all that is measured on them."""

    def __init__(self):
        self.instrument = Instrument(name='ODI', longitude=-111.6)
        self.filter = Filter(name='odi_i', instrument=self.instrument)
        self.rng = np.random.default_rng(6)
        self.frames, self.sources, self.astrom, self.photom = [], [], [], []
        for name, row in (('OTA34', -30.0), ('OTA33', 210.0)):
            self._add(Chip(name=name, instrument=self.instrument), row)

    def _made(self, cls, chip, values):
        made = cls(instrument=self.instrument, chip=chip, filter=self.filter, DATE_OBS=NIGHT)
        made.is_valid = 1
        take(made, values)
        return made

    def _add(self, chip, row):
        astrom = {'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 150.0, 'CRVAL2': 40.0, 'CRPIX1': 90.0, 'CRPIX2': row,
                  'CD1_1': -SCALE, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': SCALE}
        image = self.rng.normal(400, 20, SHAPE).astype('f4')
        self.frames.append(self._made(ReducedScienceFrame, chip, {
            'data': image, 'astrom': astrom, 'EXPTIME': 100.0, 'OBJECT': 'a field', 'AIRMASS': 1.2}))
        x, y = self.rng.uniform(5, 175, (2, STARS))
        ra, dec = read_plate(astrom).pixel_to_sky(x - 1, y - 1)
        empty = {one.name: np.zeros((STARS, one.size) if one.size > 1 else STARS, one.kind) for one in PIXEL_COLUMNS}
        number = np.arange(1, STARS + 1)
        self.sources.append(self._made(InitialSourceList, chip, {
            'sources': empty | {'SID': number, 'X_IMAGE': x, 'Y_IMAGE': y, 'FWHM_IMAGE': np.full(STARS, 7.0)},
            'number_of_sources': STARS, 'fwhm': 7.0, 'threshold': 10.0, 'apertures': [6, 12, 24]}))
        matches = dict(zip([one.name for one in MATCH_COLUMNS], (
            number, x, y, ra, dec + MOVED / 3600, np.full(STARS, 18.0), np.zeros(STARS), np.zeros(STARS)), strict=True))
        self.astrom.append(self._made(AstrometricParameters, chip, {'matches': matches, 'solution': {}, 'reason': ''}))
        instrumental = -7.0 + self.rng.normal(0, 0.01, STARS)
        standards = dict(zip([one.name for one in STANDARD_COLUMNS], (
            number, ra, dec, np.full(STARS, 18.0), instrumental, np.zeros(STARS), number > 3), strict=True))
        self.photom.append(self._made(PhotometricParameters, chip, {'standards': standards, 'reason': ''}))

    def mosaic(self, left_out=0, **params):
        """The mosaic by these parameters; of so many detectors nothing is measured."""
        inputs = {'frames': self.frames, 'initial_sources': self.sources[left_out:], 'astrom_params': self.astrom[left_out:],
                  'photom_params': self.photom[left_out:]}
        return produce(MosaicFrame, inputs, MosaicFrame.Parameters(**params))


@pytest.fixture(scope='module')
def exposure():
    return Exposure()


def test_the_tables_have_the_stars_of_all_detectors_in_the_order_of_their_names(exposure):
    made = exposure.mosaic(SOURCES=True, FIXWCS='shift', PHOTCALIB=True)
    for table in (made.sources, made.pairs, made.standards, made.calibration):
        assert table['OTA'].tolist() == [b'OTA33'] * STARS + [b'OTA34'] * STARS
    assert np.isfinite(made.sources['RA']).all()


@pytest.mark.parametrize('mode', ['shift', 'rotation', 'otashift', 'otashear', 'distortion'])
def test_stars_bring_the_exposure_to_its_place(exposure, mode):
    made = exposure.mosaic(FIXWCS=mode)
    assert made.outcomes['log']['_WCSCAL'] == 'successful'
    for cards in made.detectors.values():
        assert (cards['CRVAL2'] - 40) * 3600 == pytest.approx(MOVED, abs=0.01)
    assert made.measured['WCSYRMS'] < 0.01 and made.measured['WCSQUALS'] == 2 * STARS
    off = (made.pairs['ODI_DEC'] - made.pairs['REF_DEC']) * 3600
    assert np.abs(off).max() < 0.01


def test_one_detector_brings_the_other_to_its_place(exposure):
    made = exposure.mosaic(left_out=1, FIXWCS='rotation', SOURCES=True)
    assert (made.detectors['OTA34']['CRVAL2'] - 40) * 3600 == pytest.approx(MOVED, abs=0.02)
    assert set(made.sources['OTA']) == {b'OTA33'}


def test_without_stars_the_place_stays_and_the_zero_point_is_skipped(exposure):
    made = exposure.mosaic(left_out=2, FIXWCS='shift', PHOTCALIB=True)
    assert made.outcomes['log'] == {'_WCSCAL': 'failed', '_PHOTCAL': 'skipped after fail'}
    assert made.detectors['OTA33']['CRVAL2'] == 40 and made.PHOTZP is None
    with pytest.raises(ProcessingError, match='take shift, rotation'):
        exposure.mosaic(FIXWCS='best')


def test_standard_stars_tell_the_zero_point_and_the_sky_its_brightness(exposure):
    made = exposure.mosaic(FIXWCS='shift', PHOTCALIB=True, SOURCES=True)
    assert made.PHOTZP == pytest.approx(25.0, abs=0.01) and made.SEEING == pytest.approx(0.77)
    cards = made.measured
    assert cards['PHOTZPN0'] == 2 * (STARS - 3) and cards['PHOTZP_X'] == pytest.approx(made.PHOTZP + 5)
    assert cards['SKYMAG'] == pytest.approx(cards['PHOTZP_X'] - 2.5 * np.log10(400 / 0.11 ** 2), abs=0.01)
    assert made.outcomes['log']['_PHOTCAL'] == 'successful'


def test_a_mosaic_without_place_has_sources_without_place(exposure):
    for frame in exposure.frames:
        assert frame.astrom
    made = exposure.mosaic()
    assert len(made.images) == 2 and made.SKYBG == pytest.approx(400, abs=2) and made.outcomes == {'log': {}}


def test_a_detector_comes_once(exposure):
    with pytest.raises(ProcessingError, match='each detector once'):
        produce(MosaicFrame, {'frames': [exposure.frames[0]] * 2}, MosaicFrame.Parameters())
