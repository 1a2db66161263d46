import numpy as np
import pytest

from awlike.pixels import combine
from awlike.pixels.combine import combine_clipped, combine_median, mad_to_sigma


def stack(rng, number, shape=(100, 120), sigma=5.0):
    return [rng.normal(200, sigma, shape).astype(np.float32) for _ in range(number)]


@pytest.mark.parametrize('sigma', [5.0, None])
@pytest.mark.parametrize('number', [3, 5, 10, 25])
def test_noise_falls_as_one_over_root_n_once_outliers_are_clipped(rng, number, sigma):
    frames = stack(rng, number)
    for frame in frames[:1 if number < 5 else 2]:
        frame[rng.random(frame.shape) < 0.02] += 3000
    combined = combine_clipped(frames, 4.0, sigma)
    assert combined.dtype == np.float32
    assert combined.std() == pytest.approx(5 / np.sqrt(number), rel=0.06)
    assert combined.mean() == pytest.approx(200, abs=0.15)


def test_one_outlier_of_ten_goes_though_three_sigma_about_the_mean_would_keep_it(rng):
    frames = stack(rng, 10)
    frames[4][...] = 1e5
    assert np.abs(combine_clipped(frames, 3.0) - 200).max() < 20


def test_values_that_are_not_finite_are_never_used(rng):
    frames = stack(rng, 6)
    frames[0][10] = np.nan
    frames[1][10] = np.inf
    for frame in frames:
        frame[20] = np.nan
    for combined in (combine_clipped(frames, 3.0), combine_clipped(frames, 3.0, 5.0), combine_median(frames)):
        assert np.isnan(combined[20]).all()
        assert np.isfinite(np.delete(combined, 20, axis=0)).all()
        assert abs(combined[10].mean() - 200) < 2


def test_the_median_is_that_of_numpy(rng):
    for number in (1, 2, 5, 6):
        frames = stack(rng, number)
        frames[0][3, 4] = np.nan
        with np.errstate(all='ignore'):
            expected = np.median(np.stack(frames), axis=0) if number == 1 else np.nanmedian(np.stack(frames), axis=0)
        np.testing.assert_allclose(combine_median(frames), expected, rtol=1e-6)


def test_strips_do_not_show(rng, monkeypatch):
    frames = stack(rng, 7)
    whole = combine_clipped(frames, 3.0), combine_median(frames)
    monkeypatch.setattr(combine, '_STRIP_VALUES', 7 * 120 * 3)
    assert np.array_equal(whole[0], combine_clipped(frames, 3.0))
    assert np.array_equal(whole[1], combine_median(frames))


def test_identical_integers_and_far_pairs_give_their_median():
    same = [np.full((4, 40), 7, np.float32)] * 4
    assert (combine_clipped(same, 3.0) == 7).all()
    apart = [np.zeros((4, 40), np.float32), np.full((4, 40), 100, np.float32)]
    assert (combine_clipped(apart, 3.0, 1.0) == 50).all()


@pytest.mark.parametrize('number', range(2, 14))
def test_the_mad_of_few_gaussian_values_becomes_their_sigma(rng, number):
    values = rng.normal(0, 5, (20000, number))
    deviations = np.median(np.abs(values - np.median(values, axis=1, keepdims=True)), axis=1)
    assert np.mean(deviations) * mad_to_sigma(number) == pytest.approx(5, rel=0.02)


def test_what_cannot_be_combined_is_refused():
    with pytest.raises(ValueError, match='no frames to combine'):
        combine_median([])
    with pytest.raises(ValueError, match=r'shapes \[\(2, 3\), \(3, 2\)\]'):
        combine_clipped([np.zeros((2, 3)), np.zeros((3, 2))], 3.0)
    with pytest.raises(ValueError, match='nsigma is 0'):
        combine_clipped([np.zeros((2, 3))], 0)
    with pytest.raises(ValueError, match='sigma is -1'):
        combine_clipped([np.zeros((2, 3))], 3.0, -1)
