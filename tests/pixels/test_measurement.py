import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.pixels import strips
from awlike.pixels.detection import Detections, detect, gaussian_template, significance_image
from awlike.pixels.measurement import circular_fluxes, measure_shapes, measure_sources
from awlike.pixels.sky_sources import sky_sources
from awlike.pixels.source_flags import SourceFlag
from tests.pixels.fields import FWHM, GAIN, add, make_field, stamp

APERTURES = (6.0, 12.0)


def detected(image, variance, good=None):
    return detect(significance_image(image, variance, gaussian_template(FWHM), good))


def measured(image, noise=1.0, good=None, **options):
    """Return the detections in an image without sky, and their measurements."""
    variance = np.full(image.shape, noise**2, np.float32)
    detections = detected(image, variance, good)
    return detections, measure_sources(image, variance, detections, APERTURES, good, **options)


def star_image(*stars, shape=(90, 90), noise=1.0):
    image = np.random.default_rng(4).normal(0, noise, shape)
    for x, y, flux in stars:
        values, x0, y0 = stamp(x, y, 40)
        add(image, flux * values, x0, y0)
    return image.astype(np.float32)


@pytest.fixture(scope='module')
def field():
    """Return a field of stars that stand apart, its sky subtracted, its measurements, and the truth of each of these."""
    sky = make_field(9, (1200, 1200), stars=250, faintest=8, brightest=2000)
    image = sky.image - np.float32(500)
    _, table = measured(image, sky.noise, gain=GAIN)
    distance = np.hypot(table['X_IMAGE'] - 1 - sky.x[:, None], table['Y_IMAGE'] - 1 - sky.y[:, None])
    apart = np.flatnonzero((distance.min(axis=1) < 1.5) & (sky.snr > 10))
    nearest = distance[apart].argmin(axis=1)
    others = np.sort(np.hypot(sky.x[apart, None] - sky.x, sky.y[apart, None] - sky.y))[:, 1]
    alone = (table['FLAGS'][nearest] == 0) & (others > 25)
    return sky, table[nearest[alone]], apart[alone]


def test_positions_are_one_based_and_their_errors_true(field):
    sky, table, truth = field
    for name, true, error in (('X_IMAGE', sky.x, 'ERRX2_IMAGE'), ('Y_IMAGE', sky.y, 'ERRY2_IMAGE')):
        pull = (table[name] - 1 - true[truth]) / np.sqrt(table[error])
        assert len(pull) > 60 and abs(pull.mean()) < 0.4 and 0.75 < pull.std() < 1.3
    assert (np.abs(table['ERRXY_IMAGE']) < np.sqrt(table['ERRX2_IMAGE'] * table['ERRY2_IMAGE'])).all()


def test_aperture_fluxes_and_their_errors(field):
    sky, table, truth = field
    inside = [share(diameter / 2) for diameter in APERTURES]
    pull = (table['FLUX_APER'] / inside - sky.flux[truth, None]) / (table['FLUXERR_APER'] / inside)
    assert (np.abs(np.median(pull, axis=0)) < 0.35).all() and ((0.75 < pull.std(axis=0)) & (pull.std(axis=0) < 1.3)).all()


def share(radius):
    """Return which part of the light of a star lies within a radius, as measured without noise."""
    place = 60 + np.random.default_rng(1).uniform(-0.5, 0.5, (10, 2))
    stars = [star_image((x, y, 1e4), shape=(121, 121), noise=0) for x, y in place]
    ones = np.ones((121, 121))
    return np.mean([circular_fluxes(star, ones, [x], [y], [2 * radius])[0]
                    for star, (x, y) in zip(stars, place, strict=True)]) / 1e4


def test_sizes_of_stars(field):
    _, table, _ = field
    bright = table[table['FLUX_AUTO'] > 50 * table['FLUXERR_AUTO']]
    assert np.median(bright['FLUX_RADIUS']) == pytest.approx(2.36, rel=0.03)
    assert np.median(bright['FWHM_IMAGE']) == pytest.approx(FWHM, rel=0.07)
    assert np.median(bright['ELONGATION']) < 1.1


def test_auto_takes_in_nearly_all_light(field):
    sky, table, truth = field
    bright = sky.snr[truth] > 50
    assert 0.93 < np.median(table['FLUX_AUTO'][bright] / sky.flux[truth][bright]) < 1.0


def test_the_ellipse_of_a_galaxy():
    y, x = np.mgrid[:120, :120] - 60.0
    angle = np.radians(30)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    image = (500 * np.exp(-0.5 * ((u / 8) ** 2 + (v / 4) ** 2))).astype(np.float32)
    _, table = measured(image)
    assert table['THETA_IMAGE'][0] == pytest.approx(30, abs=1) and table['ELONGATION'][0] == pytest.approx(2, rel=0.05)
    assert table['A_IMAGE'][0] == pytest.approx(8, rel=0.05) and table['X_IMAGE'][0] == pytest.approx(61, abs=0.01)


def test_neighbours_are_masked():
    alone = measured(star_image((45, 45, 5000)))[1]
    both = measured(star_image((45, 45, 5000), (57, 45, 20000)))[1]
    near = both[np.argmin(np.abs(both['X_IMAGE'] - 46))]
    assert near['FLUX_APER'][1] == pytest.approx(alone['FLUX_APER'][0, 1], rel=0.12)
    assert near['FLAGS'] & SourceFlag.BLENDED and not alone['FLAGS'][0] & SourceFlag.BLENDED


def test_the_windowed_position_does_not_run_to_a_bright_neighbour():
    for distance in range(6, 14):
        _, table = measured(star_image((45, 45, 1500), (45 + distance, 45, 50000)))
        faint = np.hypot(table['X_IMAGE'] - 46, table['Y_IMAGE'] - 46)
        if len(table) > 1:
            assert faint.min() < 2.5


def test_flags():
    image = star_image((45, 45, 5000), (2, 70, 5000), noise=1.0)
    image[40:50, 20] = np.nan
    maps = {SourceFlag.SATURATED: np.ones(image.shape, np.uint8), SourceFlag.COSMIC: np.ones(image.shape, np.uint8)}
    maps[SourceFlag.SATURATED][45, 46] = 0
    _, table = measured(image, maps=maps)
    middle, edge = (table[np.argmin(np.abs(table['X_IMAGE'] - x))] for x in (46, 3))
    assert middle['FLAGS'] & SourceFlag.SATURATED and not middle['FLAGS'] & SourceFlag.EDGE
    assert edge['FLAGS'] & SourceFlag.EDGE and not edge['FLAGS'] & SourceFlag.SATURATED
    assert not (table['FLAGS'] & SourceFlag.COSMIC).any()


def test_each_flag_explains_itself():
    assert all(flag.explanation for flag in SourceFlag)
    assert SourceFlag.EDGE.explanation in (SourceFlag.EDGE | SourceFlag.BLENDED).explanation


def test_bad_pixels_are_mirrored():
    image = star_image((45, 45, 8000))
    good = np.ones(image.shape, np.uint8)
    good[:, 47] = 0
    spoilt = np.where(good, image, 1e6).astype(np.float32)
    whole, table = measured(image)[1], measured(spoilt, good=good)[1]
    assert table['FLUX_APER'][0, 1] == pytest.approx(whole['FLUX_APER'][0, 1], rel=0.03)
    assert table['FLAGS'][0] & SourceFlag.BAD_PIXELS


@pytest.mark.parametrize('shape', [(5, 5), (1, 30), (90, 90)])
def test_small_and_empty_images(shape):
    image = np.zeros(shape, np.float32)
    assert len(measured(image)[1]) == 0
    image[shape[0] // 2, shape[1] // 2] = 1000
    detections = Detections((image > 0).astype(np.int32), np.array([shape[1] // 2]), np.array([shape[0] // 2]),
                            np.ones(1, np.float32), np.zeros(1, bool))
    table = measure_sources(image, np.ones(shape), detections, APERTURES)
    assert table['X_IMAGE'][0] == pytest.approx(shape[1] // 2 + 1, abs=0.1) and np.isfinite(table['FLUX_AUTO'][0])


def test_a_source_without_pixels_is_measured_at_its_peak():
    image = star_image((45, 45, 8000))
    detections = Detections(np.zeros(image.shape, np.int32), np.array([45]), np.array([45]), np.ones(1, np.float32),
                            np.zeros(1, bool))
    table = measure_sources(image, np.ones(image.shape), detections, APERTURES)
    assert table['X_IMAGE'][0] == pytest.approx(46, abs=0.1) and table['FLAGS'][0] & SourceFlag.MOMENTS_FAILED


def test_all_bad():
    image, variance = star_image((45, 45, 8000)), np.ones((90, 90), np.float32)
    table = measure_sources(image, variance, detected(image, variance), APERTURES, good=np.zeros((90, 90)))
    assert (table['FLUX_APER'] == 0).all() and (table['FLAGS'] & SourceFlag.BAD_PIXELS).all()


def test_shapes_of_another_image():
    deep, shallow = star_image((45, 45, 8000)), star_image((45, 45, 80))
    variance = np.ones(deep.shape, np.float32)
    detections = detected(deep, variance)
    table = measure_sources(shallow, variance, detections, APERTURES, shapes=measure_shapes(deep, variance, detections))
    assert table['X_IMAGE'][0] == pytest.approx(46, abs=0.05)
    assert table['FLUX_APER'][0, 0] == pytest.approx(80 * share(3), abs=4 * float(table['FLUXERR_APER'][0, 0]))


def test_wrong_arguments():
    image = star_image((45, 45, 8000))
    detections = detected(image, np.ones(image.shape))
    with pytest.raises(ParameterError, match='diameters'):
        measure_sources(image, np.ones(image.shape), detections, [0])
    with pytest.raises(ParameterError, match='gain'):
        measure_sources(image, np.ones(image.shape), detections, APERTURES, gain=0)
    with pytest.raises(ValueError):
        measure_sources(image[1:], np.ones((89, 90)), detections, APERTURES)


def test_circles_beside_the_exact_area():
    image = np.ones((60, 60), np.float32)
    flux, error = circular_fluxes(image, image * 4, np.array([30.0, 30.3, 29.51]), np.array([30, 30.4, 30.5]), [1, 3, 7.7])
    np.testing.assert_allclose(flux, np.broadcast_to(np.pi * np.array([1, 3, 7.7]) ** 2 / 4, (3, 3)), rtol=0.015)
    np.testing.assert_allclose(flux[:, 1:], np.broadcast_to(np.pi * np.array([3, 7.7]) ** 2 / 4, (3, 2)), rtol=3e-3)
    np.testing.assert_allclose(error, 2 * np.sqrt(flux))


def test_empty_apertures_show_the_noise(rng):
    image = rng.normal(0, 3, (500, 500)).astype(np.float32)
    labels = np.zeros(image.shape, np.int32)
    labels[:, 100:200], image[:, 100:200] = 1, 1e6
    good = np.ones(image.shape, np.uint8)
    good[300:320] = 0
    table = sky_sources(image, np.full(image.shape, 9), labels, [8], good=good)
    assert len(table) > 150 and (table['FLUX_APER'] / table['FLUXERR_APER']).std() == pytest.approx(1, abs=0.15)
    assert np.array_equal(table, sky_sources(image, np.full(image.shape, 9), labels, [8], good=good))
    assert len(sky_sources(image, np.full(image.shape, 9), labels + 1, [8])) == 0
    with pytest.raises(ParameterError):
        sky_sources(image, np.full(image.shape, 9), labels, [])


def test_every_number_of_threads_gives_the_same_bits(monkeypatch):
    sky, found = make_field(6, (500, 900), stars=900), set()
    for cores in (1, 2, 5):
        monkeypatch.setattr(strips, '_cores', lambda cores=cores: cores)
        found.add(measured(sky.image - 500, sky.noise, gain=GAIN)[1].tobytes())
    assert len(found) == 1


def test_a_place_that_is_nowhere_has_no_flux():
    """A place that no projection knows is NaN; one that is far away is not in the image."""
    image = np.ones((40, 40))
    fluxes, errors = circular_fluxes(image, image, [20, np.nan, 1e300], [20, 20, 20], [4])
    assert np.isnan(fluxes[1:]).all() and np.isnan(errors[1:]).all()
    assert fluxes[0, 0] == pytest.approx(4 * np.pi, rel=1e-2)
