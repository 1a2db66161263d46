import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.pixels import strips
from awlike.pixels.dark import combine_darks
from awlike.pixels.strips import Rows
from tests.pixels.conftest import add_hit

SHAPE = (120, 140)
READ_NOISE, GAIN = 2.5, 2.0


def current(seed=1):
    """Return a dark current, ADU/s: a slope, a warm corner and hot pixels."""
    rng = np.random.default_rng(seed)
    rate = np.full(SHAPE, 0.002) + 0.01 * np.arange(SHAPE[1]) / SHAPE[1]
    rate[:20, :20] += 0.05
    rate[rng.random(SHAPE) < 0.01] += 5
    return rate


def dark(rate, time, seed, hits=10):
    rng = np.random.default_rng(seed)
    charge = np.zeros(SHAPE)
    for _ in range(hits):
        add_hit(charge, rng)
    frame = (rng.poisson(rate * time * GAIN) + charge) / GAIN + rng.normal(0, READ_NOISE, SHAPE)
    return frame.astype(np.float32), charge > 0


@pytest.mark.parametrize('times', [(300,) * 7, (100, 100, 300, 600, 900, 900, 1200), (900, 900, 900)])
def test_the_current_is_found_with_the_noise_of_the_whole_exposure(times):
    rate = current()
    frames, hit = zip(*(dark(rate, time, seed) for seed, time in enumerate(times)), strict=True)
    found = combine_darks(frames, times, READ_NOISE)
    assert found.dtype == np.float32
    expected = np.sqrt(len(times) * READ_NOISE**2 + rate * sum(times) / GAIN) / sum(times)
    pulls = (found - rate) / expected
    clean = ~np.any(hit, axis=0)
    for pixels in (clean & (rate < 1), clean & (rate > 1)):
        assert 0.95 < np.std(pulls[pixels]) < 1.3
    assert abs(np.mean(pulls[clean & (rate < 1)])) < 0.05
    assert np.abs(pulls[~clean]).max() < 8  # of hits that leave 100 and more


def test_the_noise_of_hot_pixels_is_not_clipped():
    rng, times, rate = np.random.default_rng(1), (300,) * 15, np.full(SHAPE, 5.0)
    frames = [(rng.poisson(rate * 300 * GAIN) / GAIN + rng.normal(0, READ_NOISE, SHAPE)).astype(np.float32) for _ in times]
    expected = np.sqrt((READ_NOISE**2 / 300 + 5 / GAIN) / sum(times))
    assert np.std(combine_darks(frames, times, READ_NOISE)) < 1.1 * expected


def test_rays_are_gone_that_would_be_in_the_mean():
    rate, times = current(), (300, 300, 600, 600, 1200)
    frames, hit = zip(*(dark(rate, time, seed, hits=30) for seed, time in enumerate(times)), strict=True)
    hit = (np.sum(hit, axis=0) == 1) & (rate < 1)
    left = (combine_darks(frames, times, READ_NOISE) - rate)[hit]
    assert np.std(left) < 0.004
    assert np.std((np.sum(frames, axis=0) / sum(times) - rate)[hit]) > 20 * np.std(left)


def test_what_is_not_finite_is_never_used():
    rate, times = current(), (300, 600, 600)
    frames = [dark(rate, time, seed, hits=0)[0] for seed, time in enumerate(times)]
    frames[0][:, 50], frames[1][:, 51] = np.nan, np.inf
    for frame in frames:
        frame[60] = np.nan
    found = combine_darks(frames, times, READ_NOISE)
    assert np.isnan(found[60]).all()
    found, rate = np.delete(found, 60, axis=0), np.delete(rate, 60, axis=0)
    assert np.isfinite(found).all()
    assert np.abs((found - rate)[:, 50:52][rate[:, 50:52] < 1]).max() < 0.05


@settings(max_examples=20)
@given(st.lists(st.floats(1, 3600), min_size=1, max_size=6))
def test_noiseless_darks_of_any_exposure_times_give_the_current(times):
    rate = current()
    found = combine_darks([(rate * time).astype(np.float32) for time in times], times, READ_NOISE)
    np.testing.assert_allclose(found, rate, rtol=1e-5)


def test_strips_and_threads_do_not_show(monkeypatch):
    times = (300, 600, 600, 900)
    frames = [dark(current(), time, seed)[0] for seed, time in enumerate(times)]
    whole = combine_darks(frames, times, READ_NOISE)
    monkeypatch.setattr(strips, '_cores', lambda: 5)
    assert np.array_equal(combine_darks([Rows(SHAPE, frame.__getitem__) for frame in frames], times, READ_NOISE), whole)


def test_senseless_darks_are_refused():
    frame = np.zeros(SHAPE, np.float32)
    with pytest.raises(ValueError, match='leave out what is a bias'):
        combine_darks([frame, frame], [300, 0], 2.5)
    with pytest.raises(ValueError, match='2 darks have the exposure times'):
        combine_darks([frame, frame], [300], 2.5)
    with pytest.raises(ValueError, match='read_noise is 0 and nsigma 3'):
        combine_darks([frame], [300], 0)
    with pytest.raises(ValueError, match='no frames to combine'):
        combine_darks([], [], 2.5)
    with pytest.raises(ValueError, match='do not combine'):
        combine_darks([frame, frame[1:]], [300, 300], 2.5)
