"""Large images on few pixels of a screen."""

import numpy as np
import pytest
from matplotlib import pyplot as plt

from awlike.views.image.blocks import BlockImage, block_means, block_medians, block_minima, block_sums

IMAGE = np.arange(35.0).reshape(5, 7).astype(np.float32)


def blocks(step):
    return [[IMAGE[y:y + step, x:x + step] for x in range(0, 7, step)] for y in range(0, 5, step)]


@pytest.mark.parametrize('step', [2, 3, 10])
@pytest.mark.parametrize(('function', 'single'), [(block_means, np.mean), (block_minima, np.min), (block_sums, np.sum),
                                                  (block_medians, np.median)])
def test_blocks_are_reduced_and_those_at_the_edge_as_far_as_they_go(step, function, single):
    assert function(IMAGE, step) == pytest.approx(np.array([[single(block) for block in row] for row in blocks(step)]))


def test_mean_is_that_of_finite_values():
    image = IMAGE.copy()
    image[0, 0], image[2:4, 2:4] = np.inf, np.nan
    means = block_means(image, 2)
    assert means[0, 0] == pytest.approx((1 + 7 + 8) / 3) and np.isnan(means[1, 1]) and np.isnan(means).sum() == 1


def test_integers_do_not_overflow():
    assert (block_means(np.full((40, 40), 65535, np.uint16), 20) == 65535).all()


@pytest.fixture
def axes():
    return plt.figure(figsize=(2, 2), dpi=100).add_axes((0, 0, 1, 1))


def test_no_more_pixels_are_drawn_than_the_screen_has_and_close_up_all(axes):
    picture = BlockImage(axes, np.random.default_rng(1).random((1000, 900)))
    axes.figure.canvas.draw()
    assert picture.get_array().shape == (200, 180)
    axes.set(xlim=(99.5, 149.5), ylim=(199.5, 249.5))
    axes.figure.canvas.draw()
    assert np.array_equal(picture.get_array(), picture.image[200:250, 100:150])


def test_single_bad_pixel_is_seen_however_large_the_map(axes):
    good = np.ones((1000, 1000), np.uint8)
    good[517, 333] = 0
    axes.set_axis_off()
    BlockImage(axes, good, block_minima, cmap='gray')
    axes.figure.canvas.draw()
    screen = np.asarray(axes.figure.canvas.buffer_rgba())[..., 0]
    assert (screen < 128).sum() == 1 and screen[200 - 1 - 517 // 5, 333 // 5] < 128


def test_pixels_lie_where_they_belong_after_any_reduction(axes):
    picture = BlockImage(axes, np.random.default_rng(1).random((1003, 907)))
    for limits in ((-0.5, 906.5), (100.5, 700.5), (300, 320)):
        axes.set_xlim(limits)
        axes.figure.canvas.draw()
        left, right, *_ = picture.get_extent()
        assert left <= limits[0] + 1 and right >= limits[1] - 1 and (left + 0.5) % 1 == 0
