import itertools

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from awlike.pixels import strips
from awlike.pixels.combine import combine_median
from awlike.pixels.gain import linearised, linearity, photon_transfer
from awlike.pixels.strips import Rows

SHAPE = (300, 330)
GAIN, READ_NOISE = 2.3, 3.1  # e-/ADU, ADU


def flat(rng, level, pixels, bend=0.0):
    """Return a flat field as a camera would write it, less its bias: vignetted, rounded; `bend` is a00 in 1/e-."""
    y, x = np.indices(SHAPE)
    mean = level * (1 - 0.3 * ((x - 165) ** 2 + (y - 150) ** 2) / 165**2) * pixels
    variance = mean / GAIN if not bend else np.expm1(2 * bend * mean * GAIN) / (2 * GAIN**2 * bend)
    return np.round(rng.normal(mean, np.sqrt(variance + READ_NOISE**2))).astype(np.float32)


def pairs_at(rng, levels, drift=0.0, bend=0.0, rate=1000.0):
    pixels = rng.normal(1, 0.01, SHAPE)
    return [((flat(rng, level, pixels, bend), flat(rng, level * (1 + drift), pixels, bend)), level / rate)
            for level in levels]


@pytest.mark.parametrize('levels', [[8000], [2000, 9000], [500, 2000, 8000, 20000]])
def test_the_gain_is_found_within_its_error(rng, levels):
    found = photon_transfer(pairs_at(rng, levels), READ_NOISE)
    assert found.gain_error < 0.02 * GAIN
    assert abs(found.gain - GAIN) < 3 * found.gain_error
    assert found.n == len(levels) and found.used.all()
    assert found.brighter_fatter == 0 or abs(found.brighter_fatter) < 1e-6
    np.testing.assert_allclose(found.variances, found.levels / GAIN + READ_NOISE**2, rtol=0.03)
    np.testing.assert_allclose(found.rms_diff**2, 2 * found.variances, rtol=1e-3)
    np.testing.assert_allclose(found.median_sum, 2 * found.levels, rtol=0.1)
    assert found.exposure_times.tolist() == [level / 1000 for level in levels]


def test_the_error_is_that_of_the_scatter():
    found = [photon_transfer(pairs_at(np.random.default_rng(seed), [5000, 10000]), READ_NOISE) for seed in range(12)]
    pulls = [(one.gain - GAIN) / one.gain_error for one in found]
    assert 0.4 < np.std(pulls) < 1.6 and abs(np.mean(pulls)) < 1


def test_the_relative_error_does_not_depend_on_the_unit(rng):
    pairs = pairs_at(rng, [2000, 9000])
    found = photon_transfer(pairs, READ_NOISE)
    doubled = photon_transfer([((2 * first, 2 * second), time) for (first, second), time in pairs], 2 * READ_NOISE)
    assert doubled.gain == pytest.approx(found.gain / 2)
    assert doubled.gain_error == pytest.approx(found.gain_error / 2)


def test_a_lamp_that_drifts_within_a_pair_and_shifts_its_light_does_not_matter(rng):
    pairs = pairs_at(rng, [6000, 12000], drift=-0.2)
    slope = 1 + 0.1 * (np.arange(SHAPE[1]) / SHAPE[1] - 0.5)
    found = photon_transfer(pairs, READ_NOISE)
    assert found.gain == pytest.approx(GAIN, rel=0.02)
    levels = [np.mean([image.mean() for image in pair]) for pair, _ in pairs]
    np.testing.assert_allclose(found.levels, levels, rtol=1e-3)
    np.testing.assert_allclose(found.variances, found.levels / GAIN + READ_NOISE**2, rtol=0.03)
    pixels = rng.normal(1, 0.01, SHAPE)
    pair = flat(rng, 9000, pixels), flat(rng, 9000, pixels * slope)
    assert photon_transfer([(pair, 9.0)], READ_NOISE).gain == pytest.approx(GAIN, rel=0.02)


def test_cosmic_rays_bad_pixels_and_what_is_not_finite_do_not_count(rng):
    pairs = pairs_at(rng, [3000, 15000])
    good = np.ones(SHAPE, np.uint8)
    good[:, :40] = 0
    for (first, second), _ in pairs:
        for image in (first, second):
            image[rng.random(SHAPE) < 0.002] += 5000
            image[good == 0] = rng.normal(0, 5000, (good == 0).sum())
        second[100:110] = np.nan
    assert photon_transfer(pairs, READ_NOISE, good).gain == pytest.approx(GAIN, rel=0.02)


def test_brighter_fatter_is_told_from_the_gain(rng):
    levels = [1000, 3000, 8000, 15000, 22000, 30000]
    pairs = pairs_at(rng, levels, bend=-2e-6)
    found = photon_transfer(pairs, READ_NOISE)
    assert found.brighter_fatter == pytest.approx(-2e-6, rel=0.2)
    assert found.gain == pytest.approx(GAIN, rel=0.02)
    assert photon_transfer(pairs[-2:], READ_NOISE).gain > 1.05 * GAIN  # what two high levels make of it


def test_full_pixels_do_not_make_the_gain(rng):
    pairs = pairs_at(rng, [2000, 8000, 20000, 50000, 60000])
    pairs = [(tuple(np.minimum(image, 30000) for image in pair), time) for pair, time in pairs]
    found = photon_transfer(pairs, READ_NOISE)
    assert found.used.tolist() == [True, True, True, False, False] and found.n == 3
    assert found.gain == pytest.approx(GAIN, rel=0.02)


def test_rows_give_the_same_bits_on_any_number_of_threads(rng, monkeypatch):
    pairs = pairs_at(rng, [4000, 9000])
    whole = photon_transfer(pairs, READ_NOISE)
    monkeypatch.setattr(strips, '_cores', lambda: 5)
    lazy = [(tuple(Rows(SHAPE, image.__getitem__) for image in pair), time) for pair, time in pairs]
    for one, other in zip(whole, photon_transfer(lazy, READ_NOISE), strict=True):
        assert np.array_equal(one, other)


def test_senseless_flats_are_refused(rng):
    (pair, time), = pairs_at(rng, [4000])
    with pytest.raises(ValueError, match='no pairs of flat fields'):
        photon_transfer([], READ_NOISE)
    with pytest.raises(ValueError, match='pixel upon pixel'):
        photon_transfer([((pair[0], pair[1][1:]), time)], READ_NOISE)
    with pytest.raises(ValueError, match='leave it out, or look at its map'):
        photon_transfer([((-pair[0], pair[1]), time)], READ_NOISE)
    with pytest.raises(ValueError, match='does not grow with their level'):
        photon_transfer([((pair[0], pair[0]), time)], READ_NOISE)
    with pytest.raises(ValueError, match='read_noise is -1'):
        photon_transfer([(pair, time)], -1)


def test_real_twilight_flats_agree_in_the_gain(data):
    """Five pairs whose light falls by 7 % from one exposure to the next, strongly vignetted."""
    def exposure(folder, number):
        raw = fits.getdata(data / 'lowell-42in' / folder / f'20190326.{number:04d}.fits').astype(np.float32)
        return raw[:, 17:1382] - np.median(raw[:, 1387:], axis=1)[:, None]
    bias = combine_median([exposure('zero', number) for number in range(1, 11)])
    flats = [exposure('flat', number) - bias for number in range(110, 116)]
    pairs = [(pair, 4.5) for pair in itertools.pairwise(flats)]
    single = [photon_transfer([pair], 1.05).gain for pair in pairs]
    found = photon_transfer(pairs, 1.05)
    assert np.ptp(single) < 0.005 * found.gain
    assert found.gain == pytest.approx(np.mean(single), rel=1e-3)
    assert 1.7 < found.gain < 3.7  # what others got from these frames


TIMES = np.array([1.0, 2, 5, 10, 20, 30, 20, 10, 5, 2, 1])


def measured(true, c1, c2):
    """Return the measured value of a detector whose correction is (1 + c1 m + c2 m^2), by Newton's method."""
    level = true.copy()
    for _ in range(50):
        level -= (level * (1 + c1 * level + c2 * level**2) - true) / (1 + 2 * c1 * level + 3 * c2 * level**2)
    return level


@given(st.floats(-5e-7, 2e-6), st.floats(-5e-12, 2e-11), st.floats(100, 2000))
def test_linearised_levels_are_in_proportion_to_exposure_time(c1, c2, rate):
    levels = measured(rate * TIMES, c1, c2)
    found = linearity(levels, TIMES)
    assert found.rms < 1e-9 and found.n == len(TIMES)
    ratio = linearised(levels[None], found.coefficients)[0] / TIMES
    np.testing.assert_allclose(ratio, rate, rtol=1e-6)  # also in size: at low level nothing is corrected


def test_planted_bend_is_found_in_noise_and_rms_tells_the_noise(rng):
    levels = measured(1500 * TIMES, 8e-7, 0.0) * rng.normal(1, 5e-4, TIMES.size)
    found = linearity(levels, TIMES, order=1)
    assert found.coefficients[0] == pytest.approx(8e-7, rel=0.06)
    assert 2e-4 < found.rms < 8e-4


def test_a_drift_of_the_lamp_is_in_rms_when_times_go_up_and_down():
    drift = 1 + 0.02 * np.linspace(-1, 1, TIMES.size)
    found = linearity(1500 * TIMES * drift, TIMES, order=1)
    assert abs(found.coefficients[0]) * 45000 < 0.005
    assert found.rms > 0.01
    up = linearity((1500 * TIMES * drift)[:6], TIMES[:6], order=1)
    assert abs(up.coefficients[0]) * 45000 > 0.015  # on the way up alone it looks like a bend


@pytest.mark.parametrize('times', [[1, 2, 3], [10, 11, 12, 13], [1, 1, 5, 5], []])
def test_too_few_exposure_times_are_refused(times):
    with pytest.raises(ValueError, match='take flat fields of more exposure times'):
        linearity([1000 * time for time in times], times)


def test_what_is_not_finite_stays_where_it_is():
    image = np.full((4, 5), 10000, np.float32)
    image[1, 1], image[2, 2], image[3, 3] = np.nan, np.inf, -5
    found = linearised(image, (1e-6, 1e-12))
    assert found.dtype == np.float32
    assert np.array_equal(np.isfinite(found), np.isfinite(image))
    np.testing.assert_allclose(found[0], 10000 * (1 + 1e-2 + 1e-4), rtol=1e-6)
    assert found[3, 3] == pytest.approx(-5, abs=1e-4)
    assert np.array_equal(linearised(image, ()), image, equal_nan=True)
    lazy = linearised(Rows(image.shape, image.__getitem__), (1e-6, 1e-12))
    assert isinstance(lazy, Rows) and np.array_equal(lazy[1:3], found[1:3], equal_nan=True)
