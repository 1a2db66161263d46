"""Statistics of an image in 8 x 8 parts."""

import numpy as np
import pytest

from awlike.pixels.subwindows import (
    largest_change,
    largest_scatter,
    levels,
    outliers,
    scatters,
    unevenness,
)

PART = np.s_[100:150, 150:200]  # one of the sub-windows of an image of 400x400


@pytest.fixture
def flat(rng):
    return rng.normal(1, 0.02, (400, 400)).astype(np.float32)


def test_each_part_has_its_median_and_scatter(rng):
    image = rng.normal(0, 2, (163, 80)).astype(np.float32)
    parts = [part for row in np.array_split(image, 8) for part in np.array_split(row, 8, axis=1)]
    assert np.array_equal(levels(image).ravel(), [np.median(part) for part in parts])
    deviations = [np.median(np.abs(part - np.median(part))) for part in parts]
    assert scatters(image).ravel() == pytest.approx(1.4826 * np.array(deviations))


def test_one_part_that_is_off_shows(flat):
    assert unevenness(flat) < 0.01 and largest_scatter(flat) == pytest.approx(0.02, rel=0.1)
    flat[PART] += 0.3
    assert unevenness(flat) == pytest.approx(0.3, abs=0.01)


def test_one_part_that_is_noisy_shows(flat, rng):
    flat[PART] += rng.normal(0, 0.2, (50, 50)).astype(np.float32)
    assert largest_scatter(flat) == pytest.approx(0.2, rel=0.1) and unevenness(flat) < 0.05


def test_stars_and_bad_columns_are_no_unevenness(flat):
    flat[::7, ::11], flat[:, 40] = 60000, 0
    assert unevenness(flat) < 0.01 and largest_scatter(flat) < 0.03


def test_change_is_relative_to_what_was_before_and_darkness_does_not_count(flat):
    now = flat.copy()
    now[PART] *= 0.8
    assert largest_change(flat, flat) == 0 and largest_change(now, flat) == pytest.approx(0.2, abs=0.01)
    dark = flat.copy()
    dark[PART] = 0
    assert largest_change(now, dark) < 0.01 and largest_change(dark, flat) == 1


def test_images_of_two_sizes_can_be_compared(flat):
    assert largest_change(flat[::2, ::2], flat) < 0.02


def test_outliers_are_what_is_not_finite_or_far_from_its_part(flat):
    assert outliers(flat, 0.5) == 0
    flat[0, 0], flat[0, 1], flat[5, 5], flat[6, 6] = np.nan, np.inf, 0.4, 1.6
    assert outliers(flat, 0.5) == 4 and outliers(flat, 0.7) == 2


def test_a_gradient_makes_no_outliers(flat):
    assert outliers(flat * np.linspace(0.2, 5, 400, dtype=np.float32)[:, None], 0.7) == 0


def test_what_is_not_finite_has_no_part_in_it(flat):
    flat[PART], flat[0] = np.nan, np.inf
    assert np.isnan(levels(flat)).sum() == 1
    assert unevenness(flat) < 0.01 and largest_change(flat, np.ones_like(flat)) < 0.01
    empty = np.full((64, 64), np.nan, np.float32)
    assert all(np.isnan(value) for value in (unevenness(empty), largest_scatter(empty), largest_change(empty, empty)))
    assert outliers(empty, 0.5) == 64 * 64


def test_an_image_of_few_pixels_has_fewer_parts():
    assert levels(np.ones((3, 20))).shape == (3, 8) and unevenness(np.ones((1, 1))) == 0


def test_of_large_parts_a_sample_stands_for_all_columns_even_and_odd_ones(rng):
    image = rng.normal(0, 1, (2048, 2048)).astype(np.float32)
    assert np.abs(levels(image)).max() < 0.1 and scatters(image) == pytest.approx(np.ones((8, 8)), rel=0.1)
    image[:, 1::2] += 20
    assert scatters(image).min() > 10
