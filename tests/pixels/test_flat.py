import numpy as np
import pytest

from awlike.pixels.flat import combine_flats, join_flats, normalise

SHAPE = (200, 220)


def vignetting():
    y, x = np.indices(SHAPE)
    return 1 - 0.7 * ((y - 100) ** 2 + (x - 110) ** 2) / (100**2 + 110**2)


def response(rng):
    return rng.normal(1, 0.01, SHAPE)


def test_normalise_divides_by_the_median_of_good_pixels(rng):
    image = rng.normal(5000, 10, SHAPE).astype(np.float32)
    image[0] = np.nan
    good = np.ones(SHAPE, np.uint8)
    good[100:], image[100:] = 0, 60000
    flat = normalise(image, good)
    assert flat.dtype == np.float32
    assert np.median(flat[1:100]) == pytest.approx(1, abs=1e-5)
    for dark in (np.zeros(SHAPE), -image, np.full(SHAPE, np.nan)):
        with pytest.raises(ValueError, match='needs one above 0'):
            normalise(dark, good)


def test_flats_of_any_level_combine_to_the_response_and_stars_go(rng):
    truth = vignetting() * response(rng)
    frames = []
    for level in (8000, 12000, 18000, 25000, 30000):
        frame = rng.poisson(truth * level).astype(np.float32)
        y, x = rng.integers(5, 190, 2)
        frame[y:y + 4, x:x + 4] += 20000
        frames.append(frame)
    flat = combine_flats(frames)
    error = flat / (truth / np.median(truth)) - 1
    expected = np.sqrt(np.mean([1 / (truth * level) for level in (8000, 12000, 18000, 25000, 30000)]) / 5)
    assert error.std() == pytest.approx(expected, rel=0.15)
    assert np.abs(error).max() < 0.05
    assert np.median(flat) == pytest.approx(1, abs=1e-6)


def test_an_empty_flat_among_them_is_refused(rng):
    with pytest.raises(ValueError, match='leave this frame out'):
        combine_flats([np.ones(SHAPE, np.float32), np.zeros(SHAPE, np.float32)])


def test_joining_takes_small_scales_from_dome_and_large_from_twilight(rng):
    pixels = response(rng)
    y, x = np.indices(SHAPE)
    dome = (vignetting() * pixels * (1 + 0.1 * x / 220)).astype(np.float32)
    twilight = (vignetting() * pixels * rng.normal(1, 0.02, SHAPE)).astype(np.float32)
    dome[:, 50] = np.nan
    twilight[60, 60:70] = np.nan
    truth = vignetting() * pixels
    joined = join_flats(dome, twilight, 3, 10.0)
    ratio = joined / truth
    assert np.isnan(joined[:, 50]).all()
    ratio = np.delete(ratio, 50, axis=1) / np.nanmedian(ratio)
    assert np.isfinite(ratio).all()
    assert ratio.std() < 0.004
    assert np.array_equal(join_flats(dome, twilight, 1, 10.0), normalise(dome), equal_nan=True)
    assert np.array_equal(join_flats(dome, twilight, 2, 10.0), normalise(twilight), equal_nan=True)


def test_where_one_is_missing_the_other_is_the_flat(rng):
    flat = response(rng).astype(np.float32)
    for combine_type in (1, 2, 3):
        assert np.array_equal(join_flats(flat, None, combine_type, 0), normalise(flat))
        assert np.array_equal(join_flats(None, flat, combine_type, 0), normalise(flat))


def test_senseless_joins_are_refused():
    flat = np.ones(SHAPE, np.float32)
    with pytest.raises(ValueError, match=r'use 1 \(dome\), 2 \(twilight\) or 3 \(both\)'):
        join_flats(flat, flat, 4, 10)
    with pytest.raises(ValueError, match='neither a dome nor a twilight'):
        join_flats(None, None, 3, 10)
    with pytest.raises(ValueError, match='smoothing is 0'):
        join_flats(flat, flat, 3, 0)
    with pytest.raises(ValueError, match='pixel upon pixel'):
        join_flats(flat, flat[1:], 3, 10)
