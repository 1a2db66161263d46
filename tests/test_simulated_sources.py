"""The whole chain on a simulated night with a sky: from raw frames to positions and magnitudes, held to the truth."""

import numpy as np
import pytest

from awlike.simulate import simulate
from tests.conftest import home_in
from tests.exposures import exposures_of, exposures_off
from tests.starfields import width

pytestmark = pytest.mark.slow

SHAPE = 1500, 1500
CLEAN = 19.5  # mag: the places of brighter stars are compared


@pytest.fixture(scope='module')
def exposures(tmp_path_factory, on):
    night = tmp_path_factory.mktemp('night')
    simulate(night, chips=1, shape=SHAPE, seed=5, sky=True)
    with home_in(tmp_path_factory.mktemp('simulated') / 'awlike', on):
        yield exposures_of(night)


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
    off = np.array([one.off for one in exposures])
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
    frames, pulls = exposures_off(exposures)
    print('exposures off by', 1000 * frames, 'mmag, of', pulls.shape[1], 'stars')
    assert pulls.shape[1] >= 20 and np.std(frames) < 0.003
    assert 0.8 < width(pulls) * np.sqrt(5 / 4) < 1.25
