import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.resample import BOX, Resampled, lanczos, noise_of
from awlike.pixels.strips import Rows
from awlike.sky.grid import Box, Grid
from awlike.sky.plate import Plate
from tests.pixels.dithers import SCALE, add_star, plate_near

SHAPE, GRID = (160, 150), Grid(0.0, 30.0, SCALE)


def plate_at(x=0.0, y=0.0, turn=0.0, scale=SCALE):
    """The plate of a frame whose middle lies at the pixel (x, y) of the grid."""
    ra, dec = GRID.plate.pixel_to_sky(x, y)
    angle = np.radians(turn)
    matrix = scale / 3600 * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return Plate((float(ra), float(dec)), ((SHAPE[1] + 1) / 2, (SHAPE[0] + 1) / 2), matrix)


def whole(member):
    return member.block(member.box)


def star(flux=1e5, x=75.3, y=80.7):
    image = np.zeros(SHAPE)
    add_star(image, x, y, flux)
    return image.astype(np.float32)


@settings(deadline=None, max_examples=12)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 360))
def test_light_is_kept_under_any_shift_and_rotation(x, y, turn):
    image = star()
    light, _ = whole(Resampled.of(image, plate_at(x, y, turn, SCALE), GRID))
    assert np.nansum(light) == pytest.approx(image.sum(), rel=6e-4)


@settings(deadline=None, max_examples=12)
@given(st.floats(-3, 3), st.floats(-3, 3), st.floats(0, 360), st.floats(0.7, 1.5))
def test_light_is_nearly_kept_by_pixels_of_another_size(x, y, turn, scale):
    image = star()
    light, _ = whole(Resampled.of(image, plate_at(x, y, turn, SCALE / scale), GRID))
    # Without a rotation, pixels of nearly the size of the frame's beat with them: one star is off by up to 0.8 per cent.
    assert np.nansum(light) == pytest.approx(image.sum(), rel=1e-2)


def test_a_pixel_of_the_grid_may_hold_many_of_the_frame():
    image = star()
    member = Resampled.of(image, plate_at(0.2, 0.3, 10), Grid(0.0, 30.0, 4.6 * SCALE))
    light, weight = whole(member)
    assert member.parts == 4 and np.nansum(light) == pytest.approx(image.sum(), rel=1e-3)
    assert np.median(weight[weight > 0]) == pytest.approx(4.6 ** -2, rel=0.01)  # it has the variance of 21 pixels


def test_whole_pixels_of_shift_change_nothing():
    image = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
    good = np.ones(SHAPE, np.uint8)
    good[50:53, 60] = 0
    member = Resampled.of(image, Plate((0.0, 30.0), (11.0, 21.0), GRID.plate.CD), GRID, good=good, variance=4.0)
    light, weight = whole(member)
    assert member.box == Box(-10, -20, SHAPE[1] - 10, SHAPE[0] - 20)
    inner = (slice(3, -3), slice(3, -3))
    np.testing.assert_allclose(light[inner][good[inner] > 0], image[inner][good[inner] > 0], atol=2e-3)
    assert np.array_equal(weight[inner] > 0, good[inner] > 0) and np.allclose(weight[weight > 0], 0.25)


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6), st.sampled_from([np.nan, np.inf, -np.inf, 1e30]))
def test_bad_pixels_do_not_spread_and_have_no_weight(seed, value):
    rng = np.random.default_rng(seed)
    image, good = rng.normal(100, 1, SHAPE).astype(np.float32), np.ones(SHAPE, np.uint8)
    where = rng.integers(5, 140, (2, 20))
    image[tuple(where)] = value
    good[tuple(where)] = 0
    plate = plate_at(*rng.uniform(-1, 1, 2), turn=rng.uniform(0, 360))
    light, weight = whole(Resampled.of(image, plate, GRID, good=good))
    inside = np.isfinite(light)
    assert np.abs(light[inside] - 100).max() < 10
    untouched = whole(Resampled.of(np.where(good > 0, image, 100).astype(np.float32), plate, GRID))[1]
    assert np.all(untouched[weight > 0] > 0)
    lost = (untouched > 0) & (weight == 0)
    assert 20 <= lost.sum() <= 20 * 16  # none but those next to a bad pixel


def test_pixels_that_are_not_finite_are_bad_though_no_map_says_so():
    image = np.ones(SHAPE, np.float32)
    image[80, 75] = np.nan
    light, weight = whole(Resampled.of(image, plate_at(0.4, 0.4), GRID))
    assert (weight[70:90, 65:85] == 0).any() and np.allclose(light[np.isfinite(light)], 1, atol=1e-3)


def test_outside_the_frame_there_is_no_light_and_no_weight():
    member = Resampled.of(np.ones(SHAPE, np.float32), plate_at(turn=45), GRID)
    light, weight = whole(member)
    assert np.isnan(light[0, 0]) and weight[0, 0] == 0 and not weight[np.isnan(light)].any()
    assert (weight > 0).sum() == pytest.approx(SHAPE[0] * SHAPE[1], rel=0.04)


@pytest.mark.parametrize('turn', [0, 3, 45, 90, 180, 271])
def test_blocks_are_the_whole_bit_by_bit(turn):
    rng = np.random.default_rng(turn)
    image = rng.normal(size=SHAPE).astype(np.float32)
    good, variance = (rng.random(SHAPE) > 0.02).astype(np.uint8), rng.uniform(1, 2, SHAPE).astype(np.float32)
    plate = plate_at(0.3, -0.2, turn)
    member = Resampled.of(image, plate, GRID, good=good, variance=variance, scale=3.0)
    light, weight = whole(member)
    rows = Resampled.of(Rows(SHAPE, lambda part: image[part]), plate, GRID, good=Rows(SHAPE, lambda part: good[part]),
                        variance=Rows(SHAPE, lambda part: variance[part]), scale=3.0)
    kept = Resampled.of(image, plate, GRID, good=good, variance=variance, scale=3.0).keep_whole()
    box, step = member.box, 17
    for y in range(box.y0, box.y1, step):
        for x in range(box.x0, box.x1, 50):
            part = Box(x, y, min(x + 50, box.x1), min(y + step, box.y1))
            own = (slice(part.y0 - box.y0, part.y1 - box.y0), slice(part.x0 - box.x0, part.x1 - box.x0))
            for one in (rows, kept):
                for plane, expected in zip(one.block(part), (light, weight), strict=True):
                    np.testing.assert_array_equal(plane, expected[own])


def test_the_mask_goes_with_the_nearest_pixel():
    mask = np.zeros(SHAPE, np.int16)
    mask[40:60, 30:50] = MaskFlag.SAT
    member = Resampled.of(np.ones(SHAPE, np.float32), plate_at(0.2, 0.1, 90), GRID, mask=mask)
    found = member.mask_block(member.box)
    assert (found == MaskFlag.SAT).sum() == pytest.approx(400, abs=25)
    light = whole(member)[0]
    assert np.array_equal(found == MaskFlag.NO_DATA, np.isnan(light))


def test_the_weight_tells_the_noise_of_boxes_and_noise_of_tells_that_of_pixels():
    rng, shape = np.random.default_rng(3), (1100, 1100)
    plate = plate_near(GRID, rng, shape, distortion=2.0)
    member = Resampled.of(rng.normal(0, 7, shape).astype(np.float32), plate, GRID, variance=49.0, scale=2.0)
    light, weight = (plane[80:880, 80:880] for plane in whole(member))
    pulls = light * np.sqrt(weight)
    pixel, box = noise_of(member)
    boxes = pulls.reshape(100, BOX, 100, BOX).sum(axis=(1, 3)) / BOX
    assert pulls.std() == pytest.approx(pixel, rel=0.01) and 0.85 < pixel < 0.95
    assert boxes.std() == pytest.approx(box, rel=0.02) and box == pytest.approx(1, abs=0.02)


def test_a_star_keeps_its_width():
    image = star(1e6)
    light, _ = whole(Resampled.of(image, plate_at(0.37, 0.21, 20), GRID))

    def width(array):
        array = np.nan_to_num(array)
        y, x = np.indices(array.shape)
        column, row = (np.sum(place * array) / array.sum() for place in (x, y))
        near = np.hypot(x - column, y - row) < 8
        return np.sqrt(np.sum(((x - column) ** 2 + (y - row) ** 2)[near] * array[near]) / array[near].sum())
    assert width(light) == pytest.approx(width(image), rel=3e-3)


def test_the_weights_of_taps_add_up():
    assert np.allclose(lanczos().sum(axis=1), 1, atol=1e-6) and lanczos()[0, 2] == lanczos()[-1, 3] == 1


def test_a_frame_beside_the_grid_is_none():
    assert Resampled.of(np.ones(SHAPE, np.float32), plate_at(5000, 0), Grid(0.0, 30.0, SCALE, (100, 100))) is None
