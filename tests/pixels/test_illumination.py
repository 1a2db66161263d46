import numpy as np
import pytest
from astropy.wcs import WCS

from awlike.pixels import strips
from awlike.pixels.illumination import fit_illumination, illumination_image
from awlike.pixels.stars import Stars, measure_stars
from awlike.pixels.surface import basis
from awlike.sky.matching import match_stars, tangent_plane
from tests.pixels.conftest import add_star

SHAPE = (1000, 800)
PLANTED = (0.08, -0.05, -0.12, 0.10, 0.06)  # mag: x, y, x^2, xy, y^2
GRID = [(dx, dy) for dx in (-240, 0, 240) for dy in (-300, 0, 300)]


def magnitudes(x, y):
    """Return the planted surface."""
    return np.tensordot(PLANTED, basis(x / SHAPE[1], y / SHAPE[0], 2)[1:], 1)


def factor():
    """Return the planted factor on the detector, of mean 1."""
    y, x = np.indices(SHAPE)
    image = 10 ** (-0.4 * magnitudes(x, y))
    return image / image.mean()


def observe(offsets, angles=None, zero_points=0.001, variable=0.03, seed=1):
    """Return catalogues of one field, shifted and turned, where some stars vary; and positions wrong by up to 15 pixels."""
    rng = np.random.default_rng(seed)
    sky, true = rng.uniform(-1500, 2500, (4000, 2)), rng.uniform(-12, -8, 4000)
    centre = np.array([SHAPE[1], SHAPE[0]]) / 2
    catalogues, positions = [], []
    for number, offset in enumerate(offsets):
        angle = np.radians(angles[number]) if angles else 0.0
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        places = (sky - centre - offset) @ turn + centre
        inside = ((places > 10) & (places < 2 * centre - 10)).all(axis=1)
        places = places[inside] + rng.normal(0, 0.1, (inside.sum(), 2))
        error = 0.004 * 10 ** (0.2 * (true[inside] + 12))
        seen = true[inside] + magnitudes(*places.T) + rng.normal(0, error) + rng.normal(0, zero_points)
        seen += np.where(rng.random(seen.size) < variable, rng.normal(0, 0.5, seen.size), 0)
        order = np.argsort(seen)
        flux = 10 ** (-0.4 * seen[order])
        catalogues.append(Stars(*places[order].T, flux, flux * error[order] / 1.0857))
        positions.append((turn, centre + offset - turn @ centre + rng.uniform(-15, 15, 2)))
    return catalogues, positions


@pytest.mark.slow
def test_the_planted_surface_is_found_and_the_error_tells_how_well():
    ratios = []
    for seed in range(4):
        fit = fit_illumination(*observe(GRID, seed=seed), SHAPE, stability=0.001)
        wrong = np.abs(illumination_image(fit.fit_coeffs, SHAPE) / factor() - 1)
        assert np.std(factor()) > 0.02 and wrong.max() < 0.01 and wrong.mean() < 0.003
        assert fit.error < 0.005 and fit.number_of_stars > 300 and 0.004 < fit.rms < 0.02
        ratios.append(wrong.max() / fit.error)
    assert 0.2 < np.mean(ratios) < 3


def test_the_error_does_not_fall_when_the_errors_of_the_fluxes_are_too_small():
    catalogues, positions = observe(GRID, seed=2)
    boasting = [stars._replace(flux_error=stars.flux_error / 10) for stars in catalogues]
    honest, other = (fit_illumination(some, positions, SHAPE, stability=0.001) for some in (catalogues, boasting))
    assert honest.error < other.error < 2 * honest.error  # the weights are worse


def test_stars_are_as_bright_everywhere_once_corrected():
    catalogues, positions = observe(GRID, variable=0.0)
    image = illumination_image(fit_illumination(catalogues, positions, SHAPE, stability=0.001).fit_coeffs, SHAPE)
    numbers = match_stars(catalogues, [lambda x, y, m=m, o=o: m @ [x, y] + o[:, None] for m, o in positions])
    measured = [(n, *c) for n, c in zip(numbers, catalogues, strict=True)]
    stars, x, y, flux, error = (np.concatenate(part) for part in zip(*measured, strict=True))
    corrected = flux / image[y.astype(int), x.astype(int)]

    def slopes(fluxes):
        """Return how the brightness of a star depends on its place: mag from edge to edge."""
        fluxes = np.where(error / flux < 0.01, fluxes, np.nan)
        residuals = np.full(fluxes.size, np.nan)
        for star in np.unique(stars):
            own = (stars == star) & np.isfinite(fluxes)
            if own.sum() > 3:
                residuals[own] = np.log(fluxes[own]) - np.log(fluxes[own]).mean()
        known = np.isfinite(residuals)
        return [np.ptp([residuals[known & (part // 0.25 == k)].mean() for k in range(4)])
                for part in (x / SHAPE[1], y / SHAPE[0])]
    assert max(slopes(corrected)) < 0.003 < 0.006 < max(slopes(flux))


def test_turned_and_shifted_exposures_need_no_stable_night():
    offsets = [(0, 0), (200, -200), (-200, 100), (100, 250), (-150, -250), (50, 150)]
    catalogues, positions = observe(offsets, [0, 90, 180, 270, 45, 135], zero_points=0.3)
    fit = fit_illumination(catalogues, positions, SHAPE, stability=1.0)
    assert fit.error < 0.01
    assert np.abs(illumination_image(fit.fit_coeffs, SHAPE) / factor() - 1).max() < 0.012


def test_exposures_that_cannot_tell_say_so():
    """Too small shifts, none at all, or a night of unknown transparency, in which a slope could be anything."""
    small = [(0, 0), (20, 10), (-10, 20), (5, -20)]
    assert fit_illumination(*observe(small), SHAPE, stability=0.001).error > 0.02
    assert fit_illumination(*observe([(0, 0)] * 3), SHAPE, stability=0.001).error > 1
    assert fit_illumination(*observe(GRID), SHAPE, stability=0.3).error > 0.1
    same = observe([(0, 0)])
    assert fit_illumination(same[0] * 3, same[1] * 3, SHAPE).error == np.inf


def test_zero_points_are_those_of_the_exposures():
    catalogues, positions = observe(GRID, variable=0.0)
    times = [1, 1, 2, 1, 1, 3, 1, 1, 1]
    catalogues = [stars._replace(flux=stars.flux * time, flux_error=stars.flux_error * time)
                  for stars, time in zip(catalogues, times, strict=True)]
    fit = fit_illumination(catalogues, positions, SHAPE, exposure_times=times, stability=0.001)
    assert np.abs(fit.zero_points).max() < 0.01


def test_an_exposure_of_another_field_is_left_out():
    catalogues, positions = observe(GRID)
    other, away = observe([(9000, 9000)], seed=2)
    far, elsewhere = observe([(0, 0)], seed=77)  # at this place, but other stars
    fit = fit_illumination(catalogues + other + far, positions + away + elsewhere, SHAPE, stability=0.001)
    assert np.isnan(fit.zero_points).tolist() == [False] * len(GRID) + [True] * 2
    alone = fit_illumination(catalogues, positions, SHAPE, stability=0.001)
    assert fit.fit_coeffs == pytest.approx(alone.fit_coeffs, abs=1e-6)


def test_a_chain_of_exposures_is_matched_link_by_link():
    catalogues, _ = observe([(600 * number, 0) for number in range(4)], variable=0.0)
    rng = np.random.default_rng(5)
    shifts = [(600 * number + rng.uniform(-25, 25), rng.uniform(-25, 25)) for number in range(4)]
    positions = [lambda x, y, shift=shift: (x + shift[0], y + shift[1]) for shift in shifts]
    for order in ([0, 1, 2, 3], [3, 0, 2, 1]):
        numbers = match_stars([catalogues[one] for one in order], [positions[one] for one in order])
        by_exposure = dict(zip(order, numbers, strict=True))
        for one, other in ((0, 1), (1, 2), (2, 3)):
            same, a, b = np.intersect1d(by_exposure[one], by_exposure[other], return_indices=True)
            assert same.size > 20 and (same >= 0).all()
            apart = catalogues[one].x[a] - catalogues[other].x[b]
            assert np.mean(np.abs(apart - 600) < 1) > 0.97


def test_from_images_to_the_correction():
    """Stars on seven exposures of one field, through the surface, measured, matched by their headers, fitted."""
    shape, rng = (500, 400), np.random.default_rng(4)
    planted = 10 ** (-0.4 * magnitudes(*(np.indices(shape)[::-1] * 2)))
    stars = np.array([rng.uniform(-150, 550, 260), rng.uniform(-200, 700, 260), 10 ** rng.uniform(4.2, 5.2, 260)]).T
    catalogues, positions = [], []
    for dx, dy in ((0, 0), (120, 0), (-120, 30), (20, 170), (-30, -170), (130, 150), (-120, -160)):
        image = np.zeros(shape)
        for x, y, flux in stars:
            if -10 < x - dx < shape[1] + 10 and -10 < y - dy < shape[0] + 10:
                add_star(image, x - dx, y - dy, flux, 3.2)
        image = (image + 300) * planted + rng.normal(0, 10, shape)
        catalogues.append(measure_stars(image.astype(np.float32)))
        error = rng.uniform(-5, 5, 2)
        positions.append(tangent_plane((150.0, 70.0), (error[0] - dx, error[1] - dy), np.diag([-5e-5, 5e-5]), (150.0, 70.0)))
    fit = fit_illumination(catalogues, positions, shape, stability=0.001)
    wrong = illumination_image(fit.fit_coeffs, shape) / (planted / planted.mean()) - 1
    assert fit.number_of_stars > 50 and fit.error < 0.02
    assert np.std(wrong) < 0.005 < 0.015 < np.std(planted)


def test_linear_astrometry_is_that_of_astropy():
    cd, centre = np.array([[-5e-5, 2e-6], [1e-6, 6e-5]]), (10.2, -79.9)
    x, y = np.array([0.0, 2000, 30]), np.array([0.0, 10, 4000])
    planes = []
    for crval, matrix in ((centre, np.eye(2)), ((10.9, -80.1), cd)):
        wcs = WCS(naxis=2)
        wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix, wcs.wcs.cd = ('RA---TAN', 'DEC--TAN'), crval, (1000, 2000), matrix
        planes.append(wcs)
    common, exposure = planes
    expected = np.array(common.wcs_world2pix(*exposure.wcs_pix2world(x, y, 0), 1)) - [[1000], [2000]]
    found = tangent_plane((10.9, -80.1), (1000, 2000), cd, centre)(x, y)
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_the_image_has_mean_one_and_is_the_same_on_any_number_of_threads(monkeypatch):
    image = illumination_image(PLANTED, SHAPE)
    assert image.dtype == np.float32 and image.shape == SHAPE
    assert image.mean(dtype=float) == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(image, factor(), rtol=1e-5)
    np.testing.assert_allclose(illumination_image((0.0,) * 9, SHAPE), 1, rtol=1e-6)
    monkeypatch.setattr(strips, '_cores', lambda: 5)
    assert np.array_equal(illumination_image(PLANTED, SHAPE), image)


def test_what_gives_no_surface_is_refused():
    catalogues, positions = observe(GRID)
    nothing = Stars(*np.zeros((4, 0)))
    for few in ([], catalogues[:1], [nothing] * 3, [Stars(*(part[:10] for part in stars)) for stars in catalogues[:2]]):
        with pytest.raises(ValueError, match='stars are in two or more of'):
            fit_illumination(few, positions[:len(few)], SHAPE)
    with pytest.raises(ValueError, match='degree is 0'):
        fit_illumination(catalogues, positions, SHAPE, degree=0)
    with pytest.raises(ValueError, match='one position each'):
        fit_illumination(catalogues, positions[1:], SHAPE)
