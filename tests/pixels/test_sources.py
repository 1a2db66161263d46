"""PSF photometry and whole catalogues, against the truth of simulated fields."""

import numpy as np
import pytest

from awlike.errors import ParameterError, ProcessingError
from awlike.pixels import strips
from awlike.pixels.aperture_correction import flux_correction, psf_correction
from awlike.pixels.background import measure_background
from awlike.pixels.psf_model import PSF
from awlike.pixels.psf_photometry import Photometer, find_sources
from awlike.pixels.source_flags import SourceFlag
from awlike.pixels.sources import catalogue
from tests.pixels.fields import GAIN, add, make_field, stamp

RADIUS = 14


def true_psf(shape, radius=RADIUS):
    """Return the PSF of the simulated fields: its coefficients are the values, sharpened so that splines meet them."""
    from scipy.ndimage import spline_filter
    values = stamp(0, 0, radius + 2)[0].astype(float)
    basis = spline_filter(values, 3, mode='mirror')[None]
    return PSF((basis / PSF(basis.astype(np.float32), 1, shape).at(9, 9).sum()).astype(np.float32), 1, shape)


def image_of(*stars, shape=(90, 90), noise=1.0, seed=4):
    image = np.random.default_rng(seed).normal(0, noise, shape)
    for x, y, flux in stars:
        values, x0, y0 = stamp(x, y, 40)
        add(image, flux * values, x0, y0)
    return image.astype(np.float32)


def photometer(image, noise=1.0, good=None, gain=None):
    return Photometer(image, np.full(image.shape, noise**2, np.float32), true_psf(image.shape), good, gain)


def nearest(x, y, field):
    distance = np.hypot(x - field.x[:, None], y - field.y[:, None])
    return distance.argmin(axis=1), distance.min(axis=1)


@pytest.fixture(scope='module')
def crowded():
    """Return a crowded field and its catalogue."""
    field = make_field(31, (512, 512), stars=1250)
    return field, catalogue_of(field)


def catalogue_of(field, **options):
    sky = measure_background(field.image)
    return catalogue(sky.subtracted(field.image), sky.variance_image(), true_psf(field.image.shape), [8], gain=GAIN,
                     measured_noise=True, **options)


def test_one_star_is_measured_to_its_error():
    pulls = []
    for seed in range(40):
        found = find_sources(photometer(image_of((45.3, 44.6, 800), seed=seed)), [45], [45])
        pulls.append((found.sources.values[0, 2] / 0.9965 - 800) / np.sqrt(found.results[0, 0]))
    assert abs(np.mean(pulls)) < 0.5 and 0.7 < np.std(pulls) < 1.3


def test_blended_stars_are_fitted_together():
    found = find_sources(photometer(image_of((45, 45, 9000), (49, 46, 3000))), [45, 49], [45, 46])
    x, y, flux = found.sources.values[:2].T
    assert flux == pytest.approx([9000, 3000], rel=0.03)
    assert x == pytest.approx([45, 49], abs=0.05) and y == pytest.approx([45, 46], abs=0.05)
    alone = find_sources(photometer(image_of((45, 45, 9000), (75, 46, 3000))), [45, 75], [45, 46])
    assert found.results[0, 0] > 1.05 * alone.results[0, 0]  # the neighbour costs certainty


def test_a_hidden_star_is_found_in_the_residual():
    found = find_sources(photometer(image_of((45, 45, 9000), (49.5, 45, 700))), [45], [45])
    assert found.sources.found_later.tolist() == [False, True]
    assert found.sources.values[1] == pytest.approx([49.5, 45, 700], rel=0.1)


@pytest.mark.parametrize('ratio', [1.0, 0.5])
def test_a_galaxy_is_not_shredded(ratio):
    y, x = np.mgrid[:90, :90] - 45.0
    light = 60 * np.exp(-np.hypot(x, y / ratio) / 4)
    image = light + np.random.default_rng(1).normal(0, np.sqrt(1 + light / GAIN))
    found = find_sources(photometer(image.astype(np.float32), gain=GAIN), [45], [45])
    assert len(found.sources.values) == 1


def test_crowded_field_complete_and_pure(crowded):
    field, found = crowded
    x, y = found.table['X_PSF'] - 1, found.table['Y_PSF'] - 1
    inside = (field.x > 8) & (field.x < 504) & (field.y > 8) & (field.y < 504)
    _, distance = nearest(x, y, field)
    assert (distance[inside & (field.snr > 10) & (field.snr < 20)] < 2).mean() >= 0.93
    real = field.snr > 2.5
    assert (np.hypot(field.x[real] - x[:, None], field.y[real] - y[:, None]).min(axis=1) < 3).mean() >= 0.97


def test_crowded_fluxes_are_unbiased(crowded):
    field, found = crowded
    index, distance = nearest(found.table['X_PSF'] - 1, found.table['Y_PSF'] - 1, field)
    bright = (distance < 0.5) & (field.snr > 50)
    ratio = found.table['FLUX_PSF'][index[bright]] / 0.9965 / field.flux[bright]
    assert abs(np.median(ratio) - 1) < 0.01
    assert np.median(found.table['EXTENDEDNESS'][index[bright]]) < 0.1


def test_sources_of_the_residual_are_marked_and_have_pixels(crowded):
    _, found = crowded
    later = np.flatnonzero(found.table['FLAGS'] & SourceFlag.RESIDUAL)
    assert later.size and (found.table['FLAGS'][later] & SourceFlag.BLENDED).all()
    assert (found.table['ISOAREA_IMAGE'][later] > 0).mean() > 0.9
    assert found.table['SID'].tolist() == list(range(1, len(found.table) + 1))
    assert found.detections.labels.max() <= len(found.table)


def test_the_residual_is_noise(crowded):
    field, found = crowded
    assert np.percentile(np.abs(found.residual), 68.27) < 1.15 * field.noise


def test_galaxies_are_extended():
    field = make_field(13, (800, 800), stars=120, galaxies=120, faintest=20, brightest=300)
    found = catalogue_of(field).table
    index, distance = nearest(found['X_PSF'] - 1, found['Y_PSF'] - 1, field)
    stars, galaxies = (found[index[(distance < 1.5) & (field.galaxy == kind)]] for kind in (False, True))
    extended = np.sort(stars['EXTENDEDNESS'])[:, None] < galaxies['EXTENDEDNESS']
    assert len(stars) > 80 and len(galaxies) > 80 and extended.mean() > 0.93
    assert ((found['EXTENDEDNESS'] >= 0) & (found['EXTENDEDNESS'] <= 1)).all()
    assert np.median(galaxies['EXTENDEDNESS_ERR']) < 0.3


def test_the_aperture_correction_brings_fluxes_to_the_total():
    image = image_of(*[(x + 0.2, y - 0.3, 20000) for x in range(60, 560, 70) for y in range(60, 560, 70)], shape=(600, 600))
    places = np.array([(x, y) for x in range(60, 560, 70) for y in range(60, 560, 70)]).T
    found = find_sources(photometer(image), *places)
    correction = psf_correction(found, np.arange(places.shape[1]))
    assert correction.number > 50 and 0 < correction.error < 0.003
    assert np.median(found.sources.values[:, 2]) * correction.factor == pytest.approx(20000, rel=0.003)
    fluxes = np.full(50, 0.78) * 20000
    aperture = flux_correction(fluxes, fluxes / 100, np.full(50, 20000.0))
    assert aperture.factor == pytest.approx(1 / 0.78) and aperture.number == 50


def test_aperture_corrections_without_stars():
    found = find_sources(photometer(image_of((3, 3, 5000))), [3], [3])
    for nothing in (psf_correction(found, np.zeros(0, int)), psf_correction(found, np.array([0])), flux_correction([], [], [])):
        assert nothing.number == 0 and np.isnan(nothing.factor)
    with pytest.raises(ProcessingError, match='same stars'):
        flux_correction([1.0], [1.0], [])


def test_empty_images_and_small_ones():
    for image in (np.zeros((60, 60), np.float32), np.full((60, 60), np.nan, np.float32), np.zeros((5, 5), np.float32)):
        found = catalogue(image, np.ones(image.shape), true_psf(image.shape), [8])
        assert len(found.table) == 0 and {'X_IMAGE', 'FLUX_PSF', 'EXTENDEDNESS'} <= set(found.table.dtype.names)
    tiny = np.zeros((5, 5), np.float32)
    tiny[2, 2] = 1000
    assert len(catalogue(tiny, np.ones((5, 5)), true_psf((5, 5)), [3]).table) >= 1


def test_bad_columns_and_saturated_stars():
    image, good = image_of((45, 45, 9000), (20, 20, 200000)), np.ones((90, 90), np.uint8)
    good[:, 47] = 0
    good[image > 3000] = 0
    image[:, 47] = np.nan
    saturated = np.where(image > 3000, 0, 1)
    found = catalogue(image, np.ones(image.shape), true_psf(image.shape), [8], good, maps={SourceFlag.SATURATED: saturated})
    star = found.table[np.hypot(found.table['X_PSF'] - 46, found.table['Y_PSF'] - 46).argmin()]
    assert star['FLUX_PSF'] == pytest.approx(9000, rel=0.03) and not star['FLAGS'] & SourceFlag.SATURATED
    assert (found.table['FLAGS'] & SourceFlag.SATURATED).any()


def test_a_star_on_bad_pixels_says_so():
    image, good = image_of((45, 45, 9000)), np.ones((90, 90), np.uint8)
    good[44:47, 44:47] = 0
    found = catalogue(image, np.ones(image.shape), true_psf(image.shape), [8], good)
    assert (found.table['FLAGS'] & SourceFlag.PSF_BAD_PIXELS).any()


def test_wrong_arguments():
    image = image_of((45, 45, 9000))
    with pytest.raises(ParameterError, match='shape'):
        Photometer(image, image + 1, true_psf((80, 90)))
    with pytest.raises(ParameterError, match='gain'):
        Photometer(image, image + 1, true_psf(image.shape), gain=-1)


def test_every_number_of_threads_gives_the_same_bits(monkeypatch):
    field, found = make_field(6, (400, 400), stars=500), set()
    for cores in (1, 2, 5):
        monkeypatch.setattr(strips, '_cores', lambda cores=cores: cores)
        result = catalogue_of(field)
        found.add((result.table.tobytes(), result.residual.tobytes(), result.detections.labels.tobytes()))
    assert len(found) == 1
