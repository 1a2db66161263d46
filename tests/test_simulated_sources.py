"""The whole chain on a simulated night with a sky: from raw frames to positions and magnitudes, held to the truth."""

import datetime
import json

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from awlike.frames.source_list import SourceList
from awlike.ingest import ingest, refcat
from awlike.recipes.source_list import SourceListTask
from awlike.simulate import simulate
from tests.conftest import home_in
from tests.starfields import width

pytestmark = pytest.mark.slow

SHAPE = 1500, 1500
CLEAN, FAINTER, APART = 19.5, 6.0, 15.0  # mag: brighter stars are compared; mag, pixels: without neighbours of that kind


class Exposure:
    """The source list of an exposure, and the truth about it."""

    def __init__(self, sources, truth, sky):
        self.sources, self.zero_point = sources, truth['zero_point']
        wcs, table = WCS(fits.Header(truth['wcs'])), sources.sources.whole()
        x, y = wcs.all_world2pix(sky['ra'], sky['dec'], 0, quiet=True)
        apart = np.hypot(x[:, None] - (table['X_IMAGE'] - 1), y[:, None] - (table['Y_IMAGE'] - 1))
        nearest = apart.argmin(axis=1)
        same = np.flatnonzero((apart.min(axis=1) < 1.5) & (apart.argmin(axis=0)[nearest] == np.arange(len(x))))
        mag = np.asarray(sky['mag'])
        alone = np.array([((np.hypot(x - x[k], y - y[k]) < APART) & (mag < mag[k] + FAINTER)).sum() == 1 for k in same])
        kept = alone & np.asarray(sky['star'])[same] & (table['FLAGS'][nearest[same]] == 0)
        self.star, self.rows = same[kept], table[nearest[same[kept]]]
        self.x, self.y, self.mag = x[self.star], y[self.star], mag[self.star]
        self.ra, self.dec = (np.asarray(sky[name])[self.star] for name in ('ra', 'dec'))


@pytest.fixture(scope='module')
def exposures(tmp_path_factory, on):
    night = tmp_path_factory.mktemp('night')
    simulate(night, chips=1, shape=SHAPE, seed=5, sky=True)
    truth, sky = json.loads((night / 'truth.json').read_text()), Table.read(night / 'sky.fits')
    starts = {one['filename']: datetime.datetime.fromisoformat(one['DATE_OBS']) for one in truth['files']}
    with home_in(tmp_path_factory.mktemp('simulated') / 'awlike', on):
        assert not ingest(night.glob('OMEGA*.fits'), how='refer').refused
        refcat.add('SIMULATED', night / 'reference.fits', ra='ra', dec='dec', ra_error='ra_error', dec_error='dec_error',
                   pm_ra='pmra', pm_dec='pmdec', epoch='epoch', bands={'r': ('mag', 'mag_err')})
        SourceListTask(instrument='OMEGACAM', commit=True).execute()
        made = list(SourceList.select_all().order_by('DATE_OBS'))
        frames = sorted(truth['frames'], key=lambda frame: starts[frame['filename']])
        yield [Exposure(one, frame, sky) for one, frame in zip(made, frames, strict=True)]


def test_all_is_made_of_the_raw_frames_and_good(exposures):
    assert len(exposures) == 5
    for one in exposures:
        made = one.sources
        assert made.weight == made.frame.weight and made.saturated == made.frame.weight.saturated
        assert made.background.gain == 2.5 and {type(raw).__name__ for raw in made.ancestors()} > {'RawBiasFrame', 'BiasFrame'}
        for product in (made, made.psf, made.aperture_correction, made.astrom_params, made.photom_params):
            assert not product.quality_flags, product
        assert 0.85 < made.sky_noise_ratio < 1.25 and made.number_of_sources > 700


def test_places_on_the_sky_are_those_of_the_truth(exposures):
    for one in exposures:
        bright = one.mag < CLEAN
        off = 3600 * np.array([(one.rows['RA'] - one.ra) * np.cos(np.radians(one.dec)), one.rows['DEC'] - one.dec])[:, bright]
        assert bright.sum() > 10 and np.abs(np.median(off, axis=1)).max() < 0.004 and off.std() < 0.015, 'arcsec'
        for axis, place in (('X', one.x), ('Y', one.y)):
            pulls = (one.rows[f'{axis}_IMAGE'] - 1 - place) / np.sqrt(one.rows[f'ERR{axis}2_IMAGE'])
            assert 0.8 < width(pulls) < 1.2 and abs(pulls.mean()) < 0.3


def test_zero_points_are_right(exposures):
    off = np.array([one.sources.photom_params.zero_point - one.zero_point for one in exposures])
    errors = [one.sources.photom_params.zero_point_error for one in exposures]
    print('zero points off by', 1000 * off, 'mmag, errors', 1000 * np.array(errors))
    assert abs(off.mean()) < 0.002 and np.median(np.abs(off)) < 0.002, 'mag'
    assert (np.abs(off) < 3 * np.array(errors)).all() and max(errors) < 0.005


def test_magnitudes_are_right_within_their_errors(exposures):
    for one in exposures:
        off = one.rows['MAG_PSF'] - one.mag
        pulls = off / np.hypot(one.rows['MAGERR_PSF'], 0.003)
        assert abs(np.average(off, weights=np.hypot(one.rows['MAGERR_PSF'], 0.003) ** -2)) < 0.004
        assert 0.8 < width(pulls) < 1.25


def test_the_same_stars_have_the_same_magnitudes_in_all_exposures_clouds_or_not(exposures):
    number = 1 + max(one.star.max() for one in exposures)
    magnitudes, errors = np.full((2, len(exposures), number), np.nan)
    for k, one in enumerate(exposures):
        magnitudes[k, one.star], errors[k, one.star] = one.rows['MAG_PSF'], one.rows['MAGERR_PSF']
    seen = np.isfinite(magnitudes).all(axis=0)
    off = magnitudes[:, seen] - np.average(magnitudes[:, seen], axis=0, weights=errors[:, seen] ** -2)
    frames = np.average(off, axis=1, weights=errors[:, seen] ** -2)
    print('exposures off by', 1000 * frames, 'mmag, of', seen.sum(), 'stars')
    assert seen.sum() >= 20 and np.std(frames) < 0.003
    assert 0.8 < width(off / np.hypot(errors[:, seen], 0.002)) * np.sqrt(5 / 4) < 1.25
