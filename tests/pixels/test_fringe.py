import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.pixels import fringe, strips
from awlike.pixels.fringe import fringe_pattern, fringe_scale
from awlike.pixels.strips import Rows
from tests.pixels.conftest import add_hit, add_star

SHAPE = (403, 326)
GAIN = 2.0
LEVELS = (900, 1400, 700, 1100, 2000, 800)


def fringes(amplitude=0.02):
    """Return curved bands some 30 pixels wide; of median 0, per ADU of sky."""
    y, x = np.indices(SHAPE)
    bands = np.sin(2 * np.pi * (np.hypot(x - 100, y + 80) / 45 + 0.4 * np.sin(y / 70)))
    return amplitude * (bands - np.median(bands))


def exposure(level, seed, truth, slope=0.1, stars=40, hits=20):
    """Return a science frame with fringes in proportion to its sky, a gradient, stars and cosmic rays."""
    rng = np.random.default_rng(seed)
    y, x = np.indices(SHAPE)
    sky = level * GAIN * (1 + slope * (x / SHAPE[1] - 0.5) - slope * (y / SHAPE[0] - 0.5) ** 2 + truth)
    electrons = sky.copy()
    for x, y, flux in zip(*rng.uniform(0, (SHAPE[1], SHAPE[0], 1), (stars, 3)).T, strict=True):
        add_star(electrons, x, y, 3e3 * max(flux, 0.01) ** -1, 3.5)
    for _ in range(hits):
        add_hit(electrons, rng)
    return (rng.normal(electrons, np.sqrt(electrons)) / GAIN).astype(np.float32)


def amount(image, truth):
    """Return how much of `truth` is in an image."""
    return float(np.sum((image - np.mean(image)) * truth) / np.sum((truth - truth.mean()) * truth))


@pytest.fixture(scope='module')
def truth():
    return fringes()


@pytest.fixture(scope='module')
def frames(truth):
    return [exposure(level, seed, truth) for seed, level in enumerate(LEVELS)]


@pytest.fixture(scope='module')
def pattern(frames):
    return fringe_pattern(frames)


def test_the_pattern_is_that_of_one_adu_of_sky(pattern, truth):
    assert pattern.dtype == np.float32 and np.isfinite(pattern).all()
    assert np.median(pattern) == pytest.approx(0, abs=1e-6)
    assert amount(pattern, truth) == pytest.approx(1, abs=0.02)
    noise = np.sqrt(np.mean([1 / (GAIN * level) for level in LEVELS]) / len(LEVELS))
    assert 1.4826 * np.median(np.abs(pattern - truth)) < 1.2 * noise


def test_neither_stars_nor_gradients_are_in_the_pattern(pattern, frames, truth):
    noise = np.std(fringe_pattern([exposure(level, seed, truth, slope=0, stars=0, hits=0)
                                   for seed, level in enumerate(LEVELS)]) - truth)
    left = pattern - truth
    assert np.std(left) < 1.3 * noise
    assert abs(np.mean(left[np.max(frames, axis=0) > 2500])) < 0.3 * noise
    blocks = left[:400, :320].reshape(4, 100, 4, 80).mean(axis=(1, 3))
    assert np.abs(blocks).max() < 0.002  # of a gradient that is 0.1 from edge to edge


def test_bad_pixels_do_not_count_and_what_no_frame_tells_is_zero(frames, pattern):
    goods = [np.ones(SHAPE, np.uint8) for _ in frames]
    spoilt = [frame.copy() for frame in frames]
    for number, (good, frame) in enumerate(zip(goods, spoilt, strict=True)):
        good[50 * number:50 * number + 40, :100] = 0
        frame[good == 0] = 60000
        good[:, 200], frame[:, 201] = 0, np.nan
    found = fringe_pattern(spoilt, goods)
    assert not found[:, 200:202].any()
    same = np.ones(SHAPE[1], bool)
    same[200:202] = False
    assert np.abs((found - pattern)[:, same]).max() < 0.1
    assert np.std((found - pattern)[:, same]) < 0.008


@pytest.mark.slow
def test_frames_may_be_worked_out_in_strips(frames, pattern):
    flat = np.full(SHAPE, 0.5, np.float32)
    rows = [Rows(frame.shape, (flat * frame).__getitem__) / flat for frame in frames]
    assert np.array_equal(fringe_pattern(rows), pattern)
    flat[:, 100] = 0
    assert not fringe_pattern([Rows(frame.shape, frame.__getitem__) / flat for frame in frames])[:, 100].any()


@pytest.mark.parametrize('level', [300, 1500, 6000])
def test_the_scale_is_the_sky_in_spite_of_stars_gradients_hits_and_masks(truth, pattern, rng, level):
    image = exposure(level, 77, truth, slope=0.3)
    good = (rng.random(SHAPE) > 0.2).astype(np.uint8)
    image[good == 0] = np.nan
    scale = fringe_scale(image, pattern, good)
    assert scale == pytest.approx(level, rel=0.06 if level < 1000 else 0.03)
    assert abs(amount(np.where(good, image - scale * pattern, np.nanmedian(image)), truth)) < 0.12 * level  # of outliers


def test_bins_hold_the_sum_of_4_x_4_pixels_and_fewer_at_the_far_edges(rng):
    image = rng.integers(0, 9, (10, 7)).astype(np.float32)
    expected = [[image[y:y + 4, x:x + 4].sum() for x in (0, 4)] for y in (0, 4, 8)]
    assert np.array_equal(fringe._binned(image), expected)


def test_noise_in_the_pattern_makes_the_scale_neither_smaller_nor_larger():
    """The pattern has more noise than fringes: least squares would find a third, and too much in a frame that made it."""
    truth = fringes(0.01)
    frames = [exposure(level, seed, truth, stars=10) for seed, level in enumerate(LEVELS[:3])]
    pattern = fringe_pattern(frames)
    assert np.std(pattern - truth) > 1.5 * np.std(truth)
    scales = [fringe_scale(frame, pattern) / level for frame, level in zip(frames, LEVELS, strict=False)]
    scales += [fringe_scale(exposure(900, seed, truth, stars=10), pattern) / 900 for seed in range(20, 25)]
    assert np.mean(scales) == pytest.approx(1, abs=0.05)


@settings(max_examples=10)
@given(st.floats(0, 3), st.floats(0.5, 20))
def test_what_is_added_is_found_and_the_unit_does_not_matter(added, unit):
    truth = fringes()
    image = np.random.default_rng(3).normal(1000, 22, SHAPE)
    scale = fringe_scale(image + 1000 * added * truth, truth)
    assert scale == pytest.approx(1000 * added, abs=15)
    assert fringe_scale(unit * (image + 1000 * added * truth), truth) == pytest.approx(unit * scale, rel=1e-3, abs=1e-3)


def test_a_galaxy_and_two_amplifiers_of_different_level_do_not_matter():
    truth = fringes()
    y, x = np.indices(SHAPE)
    galaxy = 4000 * np.exp(-np.hypot(x - 200, y - 150) / 10)
    electrons = 2 * (1000 * (1 + truth) + galaxy)
    image = np.random.default_rng(5).normal(electrons, np.sqrt(electrons)) / 2 + 8 * (x >= 256)
    assert fringe_scale(image, truth) == pytest.approx(1000, rel=0.03)


def test_thresholds_bound_what_counts(truth):
    image = np.random.default_rng(3).normal(1000 * (1 + truth), 22)
    image[np.random.default_rng(4).random(SHAPE) < 0.2] += 150  # beyond 3 sigma, within 10
    image += 500 * truth * (image > 1080)
    assert fringe_scale(image, truth, high=3) == pytest.approx(1000, rel=0.03)
    assert fringe_scale(image, truth, high=10) > 1060


def test_without_pattern_or_pixels_the_scale_is_zero(truth):
    image = exposure(900, 1, truth)
    assert fringe_scale(image, np.zeros(SHAPE, np.float32)) == 0
    assert fringe_scale(image, truth, np.zeros(SHAPE, np.uint8)) == 0
    assert fringe_scale(np.full(SHAPE, np.nan), truth) == 0
    assert fringe_scale(image, np.full(SHAPE, np.nan)) == 0
    assert fringe_scale(image, -truth) == 0
    assert fringe_scale(image[:3], truth[:3]) == 0


def test_nothing_is_changed_and_every_number_of_threads_gives_the_same_bits(frames, pattern, monkeypatch):
    before = [frame.copy() for frame in frames]
    monkeypatch.setattr(strips, '_cores', lambda: 5)
    assert np.array_equal(fringe_pattern(frames), pattern)
    scales = {fringe_scale(frames[0], pattern) for _ in range(2)}
    assert len(scales) == 1
    assert all(np.array_equal(frame, one) for frame, one in zip(frames, before, strict=True))


def test_what_makes_no_pattern_is_refused(frames, truth):
    with pytest.raises(ValueError, match='fewer than three a star cannot be told from a fringe'):
        fringe_pattern(frames[:2])
    with pytest.raises(ValueError, match='leave this frame out'):
        fringe_pattern([*frames[:2], np.zeros(SHAPE, np.float32)])
    with pytest.raises(ValueError, match='do not combine: one 2-D shape is needed'):
        fringe_pattern([*frames[:2], frames[2][1:]])
    with pytest.raises(ValueError, match='low is 0 and high 3'):
        fringe_scale(frames[0], truth, low=0, high=3)
    with pytest.raises(ValueError, match='pixel upon pixel'):
        fringe_scale(frames[0], truth[1:])
