import numpy as np
import pytest

from awlike.pixels import hot_pixels as hot_pixels_module
from awlike.pixels.hot_pixels import hot_in_exposure, hot_pixels

SHAPE = (300, 320)


def test_hot_pixels_are_found_on_gradients_and_columns(rng):
    y, x = np.indices(SHAPE)
    bias = rng.normal(0, 1, SHAPE) + 0.1 * y + 20 * np.sin(x / 30) + rng.normal(0, 10, SHAPE[1])
    bias -= 300 * np.exp(-y / 4)
    planted = rng.random(SHAPE) < 0.002
    planted[100:106, 40] = True  # a trail
    planted[0, 200] = planted[-1, 7] = planted[150, 0] = True  # at the edges
    bias[planted] += rng.uniform(12, 500, planted.sum())
    bias[5, 5] = np.nan
    found = hot_pixels(bias.astype(np.float32), 6.0, 10)
    assert found.dtype == np.uint8 and found[5, 5] == 0
    assert (found[planted] == 0).mean() >= 0.99
    planted[5, 5] = True
    assert (found[~planted] == 0).sum() <= 3


@pytest.mark.parametrize('spread', [0.0, 0.02, 0.5])
def test_hot_pixels_of_integers_whose_robust_sigma_is_zero(rng, spread):
    bias = 100 + np.round(rng.normal(0, spread, SHAPE)).astype(np.int32) + (rng.random(SHAPE) < 0.1)
    bias[7, 9] = 150
    found = hot_pixels(bias, 5.0, 10)
    assert found[7, 9] == 0
    assert (found == 0).sum() <= 3


def test_a_bias_with_nothing_good_has_a_map_of_0():
    assert not hot_pixels(np.full(SHAPE, np.nan, np.float32), 5, 5).any()


def test_a_threshold_that_is_not_positive_is_refused():
    with pytest.raises(ValueError, match='rejection threshold must be positive'):
        hot_pixels(np.ones(SHAPE), 0, 5)


NOISE = 5.0  # ADU: read noise of one exposure


def dark_of(rng, hot, glow=0.0):
    """A master dark of 10 exposures of 240 s, ADU/s, with pixels of a current `hot` beyond the others; and where they are."""
    dark = 0.01 + NOISE / 10 ** 0.5 / 240 * rng.standard_normal(SHAPE)
    dark += glow * np.exp(-np.hypot(*np.indices(SHAPE)) / 60)
    planted = rng.random(SHAPE) < 0.003
    dark[planted] += hot
    return dark.astype(np.float32), planted


@pytest.mark.parametrize('glow', [0.0, 3.0])
def test_a_pixel_is_hot_once_the_exposure_is_long_enough(rng, glow):
    dark, planted = dark_of(rng, hot=0.25, glow=glow)  # 25 ADU, 5 times the read noise, in 100 s
    for seconds, is_hot in ((0, False), (1, False), (60, False), (150, True), (1000, True)):
        found = hot_in_exposure(dark, seconds, NOISE) == 0
        assert found.dtype == bool and abs(found[planted].mean() - is_hot) < 0.02, seconds
        assert found[~planted].sum() <= 5, seconds


def test_pixels_whose_dark_current_is_off_by_all_of_it_stay_below_the_threshold(rng):
    dark, _ = dark_of(rng, hot=rng.exponential(0.2, SHAPE)[0, 0])
    kept = hot_in_exposure(dark, 240, NOISE) == 1
    assert ((dark[kept] - np.median(dark)) * 240).max() < 5.5 * NOISE


def test_many_hot_pixels_are_found_in_wide_surroundings(rng):
    dark, planted = dark_of(rng, hot=1.0)
    more = rng.random(SHAPE) < 0.05
    dark[more] += 1
    found = hot_in_exposure(dark, 240, NOISE) == 0
    assert found[planted | more].all() and found[~(planted | more)].sum() <= 5


def test_unknown_dark_current_is_not_hot_and_hides_nothing(rng):
    dark, planted = dark_of(rng, hot=1.0)
    dark[100:110], dark[200, 5] = np.nan, np.inf
    planted[100:110] = planted[200, 5] = False
    found = hot_in_exposure(dark, 240, NOISE) == 0
    assert found[planted].all() and not found[100:110].any() and not found[200, 5]
    assert hot_in_exposure(np.full(SHAPE, np.nan, np.float32), 240, NOISE).all()


def test_without_read_noise_the_scatter_of_the_dark_counts(rng):
    dark, planted = dark_of(rng, hot=1.0)
    found = hot_in_exposure(dark, 240, None) == 0
    assert found[planted].all() and found[~planted].sum() <= 5


@pytest.mark.parametrize(('seconds', 'nsigma', 'text'), [(-1, 5, 'exposure_time is -1'), (np.nan, 5, 'exposure_time is nan'),
                                                         (10, 0, 'nsigma is 0')])
def test_senseless_exposures_are_refused(seconds, nsigma, text):
    with pytest.raises(ValueError, match=text):
        hot_in_exposure(np.ones(SHAPE), seconds, 5.0, nsigma)


def test_the_map_of_an_unchangeable_dark_is_computed_once_for_weight_and_searches(rng, monkeypatch):
    dark, planted = dark_of(rng, hot=1.0)
    asked = []
    monkeypatch.setattr(hot_pixels_module, '_too_charged', lambda *given, compute=hot_pixels_module._too_charged: (
        asked.append(given[1:]), compute(*given))[1])
    changing = hot_in_exposure(dark, 240, NOISE)
    dark[~planted] += 1
    assert (hot_in_exposure(dark, 240, NOISE) != changing).any() and len(asked) == 2, 'an array that changes is no key'
    dark.flags.writeable = False
    found = [hot_in_exposure(dark, *numbers) for numbers in ((240, NOISE), (240, NOISE), (120, NOISE), (240, NOISE, 9.0))]
    assert len(asked) == 5 and found[0] is found[1] and not found[0].flags.writeable
    other = dark.copy()
    other.flags.writeable = False
    assert np.array_equal(hot_in_exposure(other, 240, NOISE), found[0]) and len(asked) == 6


def test_a_map_is_forgotten_with_its_dark(rng):
    for _ in range(6):
        dark, planted = dark_of(rng, hot=1.0)
        dark.flags.writeable = False
        assert (hot_in_exposure(dark, 240, NOISE) == 0)[planted].all()
    del dark
    assert sum(key() is not None for key, _, _ in hot_pixels_module._in_exposure._results) == 0
