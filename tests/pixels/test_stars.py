import numpy as np
import pytest

from awlike.pixels.stars import measure_stars
from awlike.pixels.strips import Rows
from tests.pixels.conftest import add_hit, add_star

SHAPE = (600, 500)
FWHM, GAIN, NOISE = 3.8, 2.0, 15.0


@pytest.fixture(scope='module')
def field():
    """Return an image with a tilted sky, stars on a grid, and their places and fluxes [n, 3]."""
    rng = np.random.default_rng(8)
    y, x = np.meshgrid(np.arange(35, 590, 45), np.arange(30, 480, 45), indexing='ij')
    stars = np.array([x.ravel(), y.ravel(), 10 ** rng.uniform(3.8, 5.2, x.size)]).T
    stars[:, :2] += rng.uniform(-5, 5, (len(stars), 2))
    image = np.zeros(SHAPE)
    for x, y, flux in stars:
        add_star(image, x, y, flux, FWHM)
    return with_noise(image, rng), stars


def with_noise(image, rng):
    sky = 500 + 0.1 * np.arange(SHAPE[1]) + 0.05 * np.arange(SHAPE[0])[:, None]
    return (rng.poisson(np.maximum(image, 0) * GAIN) / GAIN + sky + rng.normal(0, NOISE, SHAPE)).astype(np.float32)


def matched(found, stars):
    """Return the index of the star of each measurement; -1 where none is near."""
    distances = np.hypot(found.x[:, None] - stars[:, 0], found.y[:, None] - stars[:, 1])
    return np.where(distances.min(axis=1) < 1, distances.argmin(axis=1), -1)


def test_stars_are_found_and_their_fluxes_agree_to_the_noise(field):
    image, stars = field
    found = measure_stars(image, gain=GAIN)
    number = matched(found, stars)
    assert (number >= 0).all() and len(np.unique(number)) > 0.8 * len(stars)
    assert np.hypot(found.x - stars[number, 0], found.y - stars[number, 1])[:50].max() < 0.3
    ratio = found.flux / stars[number, 2]
    level = np.average(ratio, weights=1 / (found.flux_error / found.flux) ** 2)
    assert 0.95 < level < 1  # some light is outside of any aperture
    pulls = (found.flux - level * stars[number, 2]) / found.flux_error
    assert 0.7 < np.std(pulls) < 1.4
    assert (np.diff(found.flux) <= 0).all()


def test_without_photons_the_error_is_the_scatter_from_the_sky_in_aperture_and_annulus():
    rng, star = np.random.default_rng(4), np.zeros((301, 301))
    y, x = np.meshgrid(np.arange(30, 300, 60), np.arange(30, 300, 60), indexing='ij')
    for place in zip(x.ravel(), y.ravel(), strict=True):
        add_star(star, *place, 2e4, FWHM)
    found = [measure_stars((star + rng.normal(0, NOISE, star.shape)).astype(np.float32), fwhm=FWHM) for _ in range(16)]
    fluxes, errors = (np.concatenate(part) for part in zip(*[(one.flux, one.flux_error) for one in found], strict=True))
    assert fluxes.size > 390
    assert np.std(fluxes) == pytest.approx(np.mean(errors), rel=0.08)


def test_a_star_on_a_bright_patch_is_measured():
    image, (y, x) = np.zeros((301, 301)), np.ogrid[:301, :301]
    for place in [(128, 128), (40, 40), (220, 40), (40, 220), (220, 220)]:
        add_star(image, *place, 1e5, FWHM)
    image[np.hypot(y - 128, x - 128) < 30] += 500  # where four cells of the sky meet: it is in none of them
    found = measure_stars((image + np.random.default_rng(4).normal(0, 5, image.shape)).astype(np.float32), fwhm=FWHM)
    assert found.x.size == 5
    assert found.flux == pytest.approx(np.full(5, found.flux.mean()), rel=0.01)


def test_given_the_width_the_brightness_ratios_are_the_same(field):
    image, stars = field
    found = measure_stars(image, fwhm=FWHM)
    ratio = found.flux / stars[matched(found, stars), 2]
    assert np.std(ratio[:30]) < 0.02


def test_spoilt_stars_are_left_out(field):
    image, stars = field
    image, (x, y, _) = image.copy(), stars[40]
    good = np.ones(SHAPE, np.uint8)
    good[int(stars[20, 1]) + 2, :int(stars[20, 0]) + 30] = 0
    image[int(stars[30, 1]), int(stars[30, 0])] = np.nan
    close = np.zeros(SHAPE)
    add_star(close, x + 3 * FWHM, y, 0.5 * stars[40, 2], FWHM)
    image += close.astype(np.float32)
    saturation = np.sort(image[np.isfinite(image)])[-30]
    found = measure_stars(image, good, saturation=saturation)
    number = set(matched(found, stars).tolist())
    assert not number & {20, 30, 40, int(np.argmax(stars[:, 2]))}
    assert len(number) > 0.8 * len(stars)


def test_neither_cosmic_rays_nor_galaxies_are_stars(field):
    image, stars = field
    rng = np.random.default_rng(2)
    hits, galaxies = np.zeros(SHAPE), np.zeros(SHAPE)
    for _ in range(40):
        add_hit(hits, rng)
    for number in range(5):
        add_star(galaxies, 55 + 90 * number, 57, 60000, 4 * FWHM)
    found = measure_stars(image + hits + galaxies)
    number = matched(found, stars)
    assert (number < 0).sum() <= 1
    assert (number >= 0).sum() > 0.6 * len(stars)


def test_an_image_without_stars_gives_none():
    rng = np.random.default_rng(1)
    for image in (rng.normal(100, 5, SHAPE), np.full(SHAPE, np.nan), np.zeros(SHAPE), np.zeros((3, 3))):
        assert len(measure_stars(image).x) == 0


def test_the_unit_does_not_matter_and_nothing_is_changed(field):
    image, _ = field
    before = image.copy()
    one, other = measure_stars(image), measure_stars(Rows(SHAPE, lambda rows: 8 * image[rows]))
    assert np.array_equal(image, before)
    for first, second, factor in zip(one, other, (1, 1, 8, 8), strict=True):
        np.testing.assert_allclose(second, factor * first, rtol=1e-5)


def test_senseless_widths_are_refused(field):
    image, _ = field
    with pytest.raises(ValueError, match='fwhm is 0, but must be positive'):
        measure_stars(image, fwhm=0)
    with pytest.raises(ValueError, match='pixel upon pixel'):
        measure_stars(image, np.ones((2, 2)))
