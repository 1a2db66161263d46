import numpy as np
import pytest

from awlike.errors import ParameterError, ProcessingError
from awlike.pixels.detection import detect, gaussian_template, significance_image
from awlike.pixels.measurement import columns, measure_sources
from awlike.pixels.psf_fit import fit_psf
from awlike.pixels.psf_model import PSF, Seeing
from awlike.pixels.psf_stars import select_stars
from tests.pixels.fields import FWHM, GAIN, add, make_field, stamp


def measured(image, noise, fwhm=FWHM):
    """Return variance, detections and measurements of an image without sky."""
    variance = np.full(image.shape, noise**2, np.float32)
    detections = detect(significance_image(image, variance, gaussian_template(fwhm)))
    return variance, detections, measure_sources(image, variance, detections, [8], gain=GAIN)


def psf_of(image, noise, fwhm=FWHM, **options):
    variance, detections, table = measured(image, noise, fwhm)
    return fit_psf(image, variance, detections.labels, table, select_stars(table), gain=GAIN, **options)


@pytest.fixture(scope='module')
def field():
    return make_field(21, (1000, 1000), stars=250, galaxies=150, faintest=4)


@pytest.fixture(scope='module')
def fitted(field):
    return psf_of(field.image - np.float32(500), field.noise)


def test_the_psf_is_that_of_the_truth(fitted):
    psf, _ = fitted
    found, true = psf.at(500, 500), stamp(0, 0, psf.radius)[0]
    assert np.abs(found - true).max() < 0.02 * true.max()
    assert found.sum() == pytest.approx(1, abs=1e-3)
    assert psf.fwhm() == pytest.approx(FWHM, rel=0.04) and np.hypot(*psf.ellipticity()) < 0.02


def test_galaxies_are_no_stars(field, fitted):
    _, fits = fitted
    distance = np.hypot(field.x - fits.x[:, None], field.y - fits.y[:, None])
    assert (field.galaxy[distance.argmin(axis=1)]).mean() < 0.05 and len(fits.x) > 25


def test_a_fifth_of_the_stars_checks_the_psf(fitted):
    _, fits = fitted
    check = fits.check()
    assert check['number'] == pytest.approx(len(fits.x) / 5, abs=1.1) and not (fits.used & fits.reserved).any()
    assert 0.6 < check['chi2'] < 1.5 and abs(check['residual']) < 0.02 and check['scatter'] < 0.05


def test_the_psf_varies_over_the_image():
    rng, image = np.random.default_rng(3), np.zeros((900, 900), np.float32)
    for y in range(40, 880, 60):
        for x in range(40, 880, 60):
            values, x0, y0 = stamp(x + rng.uniform(-0.5, 0.5), y + rng.uniform(-0.5, 0.5), 30, 3.2 + 1.2 * x / 900)
            add(image, 20000 * values, x0, y0)
    psf, _ = psf_of(image + rng.normal(0, 2, image.shape).astype(np.float32), 2.0)
    wide, narrow = psf.fwhm(850, 450), psf.fwhm(50, 450)
    assert psf.degree == 2 and narrow == pytest.approx(3.36, rel=0.04) and wide == pytest.approx(4.4, rel=0.05)
    for x, y in ((0, 0), (899, 0), (450, 450)):
        assert psf.at(x, y).sum() == pytest.approx(1, abs=2e-3)


def stars_in_steps(fwhms):
    """Return stars of 20,000 ADU as a stack has them, each the mean of the first so many `fwhms`, and its seeing."""
    rng, image, seeing = np.random.default_rng(8), np.zeros((900, 900), np.float32), np.full((900, 900), np.nan, np.float32)
    for y in range(45, 880, 60):
        for x in range(45, 880, 60):
            there = fwhms[:1 + int(rng.integers(len(fwhms)))]
            dx, dy = rng.uniform(-0.5, 0.5, 2)
            for fwhm in there:
                values, x0, y0 = stamp(x + dx, y + dy, 30, fwhm)
                add(image, 20000 / len(there) * values, x0, y0)
            seeing[y - 30:y + 31, x - 30:x + 31] = np.sqrt(np.mean(np.square(there)))
    return image + rng.normal(0, 2, image.shape).astype(np.float32), seeing


def test_the_psf_of_a_stack_follows_the_seeing_of_the_frames_there():
    image, width = stars_in_steps([3.4, 4.0, 4.4])
    scatter = {}
    for seeing in (None, Seeing.of(width)):
        psf, fits = psf_of(image, 2.0, seeing=seeing)
        scatter[seeing is not None] = np.std(fits.flux[fits.used | fits.reserved] / 20000 - 1)
    assert scatter[False] > 0.006 and scatter[True] < 0.0025
    narrow, wide = (np.argwhere(width == extreme(width))[0][::-1] for extreme in (np.nanmin, np.nanmax))
    assert psf.fwhm(*narrow) == pytest.approx(3.5, rel=0.04) and psf.fwhm(*wide) > 1.1 * psf.fwhm(*narrow)
    again = PSF.from_image(np.concatenate(list(psf.basis)), psf.sampling, psf.shape, psf.seeing)
    assert again.degree == psf.degree == 2 and np.array_equal(again.at(*wide), psf.at(*wide))
    assert psf.polynomials().shape[0] == 6 * psf.basis.shape[1]


def test_a_seeing_that_is_the_same_everywhere_is_none():
    assert Seeing.of(np.full((4, 5), 0.9, np.float32)) is None and Seeing.of(np.full((4, 5), np.nan, np.float32)) is None
    seeing = Seeing.of(np.array([[0.8, np.nan, 1.0]], np.float32))
    assert seeing.term(np.array([0.2, 1, 2, 9, np.nan]), np.zeros(5)) == pytest.approx([-1, 0, 1, 1, -1], abs=1e-6)


def test_an_undersampled_psf_has_a_finer_grid():
    rng, image = np.random.default_rng(3), np.zeros((600, 600), np.float32)
    for y in range(30, 580, 40):
        for x in range(30, 580, 40):
            values, x0, y0 = stamp(x + rng.uniform(-0.5, 0.5), y + rng.uniform(-0.5, 0.5), 20, 1.8, sampling=7)
            add(image, 20000 * values, x0, y0)
    psf, fits = psf_of(image + rng.normal(0, 2, image.shape).astype(np.float32), 2.0, 1.8)
    assert psf.sampling >= 2
    for shift in (0.0, 0.25, 0.5):
        found, true = psf.stamps([300 + shift], [300], 5)[0], stamp(shift if shift < 0.5 else 0.5, 0, 5, 1.8, sampling=7)[0]
        assert np.abs(found - true).max() < 0.03 * true.max()
    assert abs(np.median(fits.flux) / 20000 - 1) < 0.01


def test_stamps_move_with_the_star(fitted):
    psf, _ = fitted
    half = psf.radius
    steps = np.arange(-half, half + 1)
    for x, y in ((300.3, 200.0), (299.6, 200.2)):
        image = psf.stamps([x], [y])[0]
        assert (image * steps).sum() / image.sum() == pytest.approx(x - round(x), abs=0.06)


def test_the_same_stars_give_the_same_bits(field, fitted):
    again = psf_of(field.image - np.float32(500), field.noise)[0]
    assert again.basis.tobytes() == fitted[0].basis.tobytes()


def test_few_stars_and_none(field):
    image = np.zeros((100, 100), np.float32)
    values, x0, y0 = stamp(50.2, 49.7, 30)
    add(image, 1e4 * values, x0, y0)
    psf, fits = psf_of(image + np.random.default_rng(1).normal(0, 1, image.shape).astype(np.float32), 1.0)
    assert psf.degree == 0 and len(fits.x) == 1 and psf.fwhm() == pytest.approx(FWHM, rel=0.06)
    nothing = np.zeros(0, columns(1))
    assert not select_stars(nothing).index.size and np.isnan(select_stars(nothing).radius)
    with pytest.raises(ProcessingError, match='no star is fit'):
        fit_psf(image, image + 1, np.zeros(image.shape, np.int32), nothing, select_stars(nothing))


def test_candidates_without_light_are_no_stars():
    """A single candidate in whose place the fit finds no light, as the trail of a saturated pixel in a small frame."""
    image = np.zeros((100, 100), np.float32)
    values, x0, y0 = stamp(50.2, 49.7, 30)
    add(image, 1e4 * values, x0, y0)
    image += np.random.default_rng(1).normal(0, 1, image.shape).astype(np.float32)
    variance, detections, table = measured(image, 1.0)
    with pytest.raises(ProcessingError, match='no star is fit for a PSF: .* no light'):
        fit_psf(-image, variance, detections.labels, table, select_stars(table), gain=GAIN)


def test_saturated_stars_and_bad_pixels_do_not_count(field):
    image = field.image - np.float32(500)
    good = np.ones(image.shape, np.uint8)
    good[:, 400:404] = 0
    spoilt = np.where(good, image, np.nan).astype(np.float32)
    variance = np.full(image.shape, field.noise**2, np.float32)
    detections = detect(significance_image(spoilt, variance, gaussian_template(FWHM), good))
    table = measure_sources(spoilt, variance, detections, [8], good, GAIN)
    psf, _ = fit_psf(spoilt, variance, detections.labels, table, select_stars(table), good, GAIN)
    assert psf.fwhm() == pytest.approx(FWHM, rel=0.04) and np.isfinite(psf.basis).all()


def test_wrong_places(fitted):
    with pytest.raises(ParameterError, match='no place'):
        fitted[0].at(np.nan, 3)
