"""Each kernel that finds cosmic rays beside a plain twin in numpy."""

import numpy as np
import pytest
from scipy.ndimage import median_filter

from awlike.pixels.kernels import cosmics as kernels
from awlike.pixels.kernels.cosmics import BAD, BLOCK, GOOD, HIT

SHAPES = [(1, 1), (1, 9), (9, 1), (2, 3), (6, 5), (40, 71), (70, 33)]
OFFSETS = [(dy, dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx]


@pytest.fixture(params=SHAPES, ids=str)
def scene(request, rng):
    """Image, state and noise: sky, a few pixels far above or below it, some bad, some hit."""
    image = rng.normal(100, 10, request.param).astype(np.float32)
    strange = rng.random(image.shape) < 0.1
    image[strange] += rng.normal(0, 500, strange.sum())
    state = rng.choice([GOOD, BAD, HIT], image.shape, p=[0.8, 0.1, 0.1]).astype(np.uint8)
    return image, state, rng.uniform(8, 12, image.shape).astype(np.float32)


def window(image, y, x, reach):
    """Return the pixels within reach; beyond its edges the image continues with its last value."""
    return np.pad(image, reach, mode='edge')[y:y + 2 * reach + 1, x:x + 2 * reach + 1]


def middle(values):
    return np.sort(values, axis=None)[values.size // 2]


def edges_twin(image, noise):
    """Return van Dokkum's Laplacian: that of the image with each pixel four times, its positive part binned again."""
    doubled = np.pad(np.repeat(np.repeat(image.astype(float), 2, axis=0), 2, axis=1), 1, mode='edge')
    laplacian = 4 * doubled[1:-1, 1:-1] - doubled[:-2, 1:-1] - doubled[2:, 1:-1] - doubled[1:-1, :-2] - doubled[1:-1, 2:]
    height, width = image.shape
    return np.maximum(laplacian, 0).reshape(height, 2, width, 2).mean(axis=(1, 3)) / (2 * noise)


def fill_twin(image, state):
    filled = image.copy()
    for y, x in zip(*np.nonzero(state), strict=True):
        values = np.empty(0)
        for reach in range(1, 9):
            if values.size < 3:
                around = np.s_[max(y - reach, 0):y + reach + 1, max(x - reach, 0):x + reach + 1]
                values = image[around][state[around] == GOOD]
        filled[y, x] = middle(values) if values.size >= 3 else 0
    return filled


def is_star_twin(image, level, y, x):
    light = window(image, y, x, 1) - level
    peak, cross = light[1, 1], [light[0, 1], light[2, 1], light[1, 0], light[1, 2]]
    return 0 < peak == light.max() and min(cross) > 0.06 * peak and min(sum(cross[:2]), sum(cross[2:])) > 0.4 * peak


def judge_twin(image, noise, edges, state, y, x, threshold, contrast, bright):
    near = [(y + dy, x + dx) for dy, dx in OFFSETS if 0 <= y + dy < image.shape[0] and 0 <= x + dx < image.shape[1]]
    beside = any(state[one] == HIT for one in near)
    edge = edges[y, x] - middle(window(edges, y, x, 3))
    level, surroundings = middle(window(image, y, x, 3)), middle(window(image, y, x, 7))
    fine_structure = middle(window(image, y, x, 1)) - level
    least, light, share = (0.4, 0.7, 1 / 3) if beside else (1, 0.7, 1) if edge > threshold else (0.6, 1, 2)
    return (state[y, x] == GOOD and not any(state[one] == BAD and image[one] > bright for one in near)
            and edge > least * threshold and image[y, x] - level > light * threshold * noise[y, x]
            and edge > share * contrast * fine_structure / noise[y, x]
            and not any(edges[one] > 0.6 * threshold and is_star_twin(image, surroundings, *one)
                        for one in [*near, (y, x)]))


def test_edges_and_noise(scene, rng):
    image, _, _ = scene
    excess = rng.uniform(1, 2, (-(-image.shape[0] // BLOCK), image.shape[1])).astype(np.float32)
    noise, edges = np.empty_like(image), np.empty_like(image)
    kernels.find_edges(image, excess, np.float32(25), 0, len(image), noise, edges)
    level = median_filter(median_filter(image, (5, 1), mode='nearest'), (1, 5), mode='nearest')
    factor = np.repeat(excess, BLOCK, axis=0)[:len(image)]
    np.testing.assert_allclose(noise, np.sqrt((np.maximum(level, 0) + 25) * factor), rtol=1e-6)
    np.testing.assert_allclose(edges, edges_twin(image, noise), rtol=1e-4, atol=1e-4)


def test_edges_are_renewed_where_the_image_changed(scene):
    image, _, noise = scene
    edges = edges_twin(image, noise).astype(np.float32)
    image[image.shape[0] // 2, image.shape[1] // 2] += 1000
    place = np.array([image.shape[0] // 2 * image.shape[1] + image.shape[1] // 2])
    kernels.renew_edges(place, image, noise, edges)
    np.testing.assert_allclose(edges, edges_twin(image, noise), rtol=1e-4, atol=1e-4)


def test_filling(scene):
    image, state, _ = scene
    expected = fill_twin(image, state)
    kernels.fill(np.flatnonzero(state), state, image)
    assert np.array_equal(image, expected)


def test_filling_far_from_anything_good():
    image, state = np.full((30, 30), 7, np.float32), np.full((30, 30), BAD, np.uint8)
    state[0, :3] = GOOD
    kernels.fill(np.flatnonzero(state), state, image)
    assert image[8, 0] == 7 and image[9, 0] == image[29, 29] == 0


def test_blocks(rng):
    image = rng.normal(0, 10, (100, 70)).astype(np.float32)
    state = (rng.random(image.shape) < 0.1).astype(np.uint8)
    state[:, 32:64], state[40:60, :20] = BAD, BAD
    levels, curvatures = np.empty((2, 4, 3), np.float32)
    kernels.measure_blocks(image, state, 0, 4, levels, curvatures)
    expected = np.full((2, 4, 3), np.nan, np.float32)
    for row in range(4):
        for column in range(3):
            rows, columns = (np.arange(i * BLOCK, (i + 1) * BLOCK) for i in (row, column))
            cross = [(y, x) for y in rows[1::2] if y < 99 for x in columns if 0 < x < 69]
            values = np.array([image[y, x] for y, x in cross if not state[y, x]])
            differences = np.array([
                abs(4 * image[y, x] - image[y, x - 1] - image[y, x + 1] - image[y - 1, x] - image[y + 1, x])
                for y, x in cross if not state[[y, y, y, y - 1, y + 1], [x, x - 1, x + 1, x, x]].any()])
            expected[:, row, column] = [middle(some) if some.size > 51 else np.nan for some in (values, differences)]
    assert np.isnan(expected[:, :, 1]).all() and np.isfinite(expected[:, :3, 0]).all()
    np.testing.assert_array_equal([levels, curvatures], expected)


def test_judging(scene):
    image, state, noise = scene
    image[1::7, 2::9] += 300
    image = median_filter(image, (1, 2)) if image.size > 100 else image  # light on neighbours too
    edges = edges_twin(image, noise).astype(np.float32)
    found = np.zeros(image.size, bool)
    kernels.judge(np.arange(image.size), image, noise, edges, state, 5.0, 3.0, 150.0, found)
    expected = [judge_twin(image, noise, edges, state, y, x, 5.0, 3.0, 150.0) for y, x in np.ndindex(image.shape)]
    assert found.tolist() == expected
    assert image.size < 100 or 0 < found.sum() < 0.2 * found.size


def test_marking_what_is_near(scene):
    image, state, noise = scene
    edges = edges_twin(image, noise).astype(np.float32)
    near = np.zeros(image.shape, bool)
    kernels.mark_near(np.flatnonzero(state == HIT), edges, 5.0, state, near)
    expected = [(state == GOOD)[y, x] and edges[y, x] > 2 and (window((state == HIT).astype(int), y, x, 4)).any()
                for y, x in np.ndindex(image.shape)]
    assert near.ravel().tolist() == expected
