"""The whole chain on a simulated night with a sky: from raw frames to positions and magnitudes, held to the truth."""

import numpy as np
import pytest

from awlike.frames.quality_report import QualityReport
from awlike.recipes.quality_report import QualityTask
from awlike.simulate import simulate
from awlike.tasks.pars import Pars
from tests.conftest import home_in
from tests.exposures import exposures_of, exposures_off, what_was_seen
from tests.starfields import width

pytestmark = pytest.mark.slow

SHAPE = 1500, 1500
CLEAN = 19.5  # mag: the places of brighter stars are compared


@pytest.fixture(scope='module')
def night(tmp_path_factory):
    folder = tmp_path_factory.mktemp('night')
    simulate(folder, chips=1, shape=SHAPE, seed=5, sky=True)
    return folder


@pytest.fixture(scope='module')
def exposures(night, tmp_path_factory, on):
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


# --- quality reports ---

@pytest.fixture(scope='module')
def reports(night, exposures):
    truth = what_was_seen(night, SHAPE)
    clear = 25.5 - 2.5 * np.log10(truth[0].gain)
    pars = Pars('Quality', instrument='OMEGACAM')
    pars.QualityReport.process_params.CLEAR_ZERO_POINT = float(clear)
    QualityTask('OMEGACAM', commit=True, pars=pars.get()).execute()
    made = list(QualityReport.select_all().order_by('DATE_OBS'))
    assert [one.source_list for one in made] == [one.sources for one in exposures], 'what is there is used'
    return list(zip(made, truth, strict=True))


def test_a_report_tells_what_the_sky_was_like(reports):
    for report, truth in reports:
        seen = np.hypot(truth.fwhm, 2.3548 / np.sqrt(12)) * report.pixel_scale  # pixels widen it
        print('seeing', report.seeing / seen, 'zero point', 1000 * (report.zero_point - truth.zero_point), 'mmag, depth',
              report.depth - truth.depth, 'ellipticity', report.ellipticity - truth.ellipticity)
        assert report.seeing == pytest.approx(seen, rel=0.03) and report.seeing == pytest.approx(
            truth.fwhm * report.pixel_scale, rel=0.04)
        assert abs(report.zero_point - truth.zero_point) < 0.005 and abs(report.depth - truth.depth) < 0.1
        assert report.background == pytest.approx(truth.sky, rel=0.01)
        assert report.background_noise == pytest.approx(truth.noise, rel=0.03)
        assert report.transparency == pytest.approx(truth.transparency, abs=0.01)
        assert abs(report.ellipticity - truth.ellipticity) < 0.02
        assert report.psf_area == pytest.approx(truth.psf_area, rel=0.03) and 0.7 < report.psf_chi2 < 1.5
        assert report.zenith_distance == pytest.approx(np.degrees(np.arccos(1 / truth.airmass)), abs=0.5)


def test_a_report_counts_stars_and_galaxies(reports):
    off = []
    for report, truth in reports:
        stars, galaxies = truth.brighter_than_snr(report.process_params.LEAST_SNR)
        print('stars', report.number_of_stars, 'of', stars, 'galaxies', report.number_of_galaxies, 'of', galaxies)
        assert report.number_of_stars == pytest.approx(stars, rel=0.05)
        assert report.number_of_galaxies == pytest.approx(galaxies, rel=0.10), 'two stars side by side look like one galaxy'
        off.append(report.number_of_galaxies / galaxies - 1)
    assert abs(np.mean(off)) < 0.05


def test_a_report_counts_bad_pixels(reports):
    for report, truth in reports:
        assert report.cosmic_rays == pytest.approx(truth.cosmic_rays, rel=0.1)
        assert 0.98 < report.good_fraction < 1 and 0 < report.saturated_fraction < 1e-3


def test_stars_differ_from_the_psf_by_noise_alone(reports):
    for report, _ in reports:
        assert abs(report.psf_e1_median) < 0.01 and abs(report.psf_e2_median) < 0.01
        assert abs(report.psf_size_median) < 0.03 and report.psf_size_scaled_scatter < 0.05
        assert 10 < report.star_distance < 1000 and report.astrometric_rms < 0.1


def test_a_cloudy_exposure_is_unusual(reports):
    views = [report.show() for report, _ in reports]
    assert views[0].rows[0].earlier.values == () and len(views[4].rows[0].earlier.values) == 4
    said = {row.name: row.earlier for row in views[4].rows}
    assert said['zero_point'].median == pytest.approx(np.median([one.zero_point for one, _ in reports[:4]]))
