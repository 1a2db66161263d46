"""Plots beside an image: what they show is what is in the image."""

import datetime

import matplotlib.pyplot as plt
import numpy as np
import pytest

from awlike.views.image import panels

FLAT = (1 + 0.1 * np.linspace(-1, 1, 60) + 0.01 * np.random.default_rng(3).standard_normal((80, 60))).astype(np.float32)


@pytest.fixture
def axes():
    return plt.figure().add_subplot()


def test_means_are_those_of_finite_values(axes):
    image = FLAT.copy()
    image[:, 7], image[3, 4] = np.nan, np.inf
    panels.means(image, '')(axes)
    columns, rows = (line.get_ydata() for line in axes.lines)
    finite = np.where(np.isfinite(image), image, np.nan)
    assert np.isnan(columns[7]) and columns[8:] == pytest.approx(finite[:, 8:].mean(axis=0), rel=1e-5)
    assert rows == pytest.approx(np.nanmean(finite, axis=1), rel=1e-5)


def test_histogram_of_noise_lies_under_the_noise_that_is_expected(axes):
    noise = np.random.default_rng(5).normal(0, 3, (400, 400)).astype(np.float32)
    panels.histogram(noise, 'adu', 3.0)(axes)
    counts, edges, _ = axes.patches[0].get_data()
    middle = (edges[1:] + edges[:-1]) / 2
    expected = np.interp(middle, *axes.lines[-1].get_data())
    assert np.abs(counts - expected).max() < 5 * np.sqrt(expected.max())
    assert axes.get_legend().get_texts()[0].get_text() == 'expected noise\n3 adu'


def test_histogram_of_counts_has_whole_bins(axes):
    panels.histogram(np.random.default_rng(5).normal(200, 30, (300, 300)).astype(np.uint16), 'adu')(axes)
    _, edges, _ = axes.patches[0].get_data()
    assert set(np.diff(edges) % 1) == {0} and set(edges % 1) == {0.5}


def test_contours_do_not_see_a_dead_column(axes):
    dead = FLAT.copy()
    dead[:, 20] = 0
    panels.contours(dead, '')(axes)
    assert 0.85 < min(axes.collections[0].levels) < max(axes.collections[0].levels) < 1.15


def test_bad_pixels_are_counted_in_cells_and_in_all(axes):
    good = np.ones((100, 100), np.uint8)
    good[10, 10] = good[11, 10] = good[90, 50] = 0
    panels.bad_pixels(good, '1 track: ')(axes)
    assert axes.get_title() == '1 track: 3 bad pixels, 0.03 %' and axes.images[0].get_array().sum() == 3


def test_groups_are_counted_by_size(axes):
    good = np.ones((100, 100), np.uint8)
    good[10, 10] = good[11, 11] = good[90, 50] = 0
    good[20:25, 20:25] = 0
    panels.groups(good, 'cosmic rays')(axes)
    assert axes.get_title() == '3 cosmic rays' and [bar.get_height() for bar in axes.patches] == [1, 1, *[0] * 7, 1]


def test_value_is_marked_among_others_in_time(axes):
    dates = [datetime.datetime(2012, 6, day) for day in (1, 2, 9)]
    panels.against_time(dates, [2.0, 2.1, 2.4], dates[1], 2.1, 'read_noise', 'adu')(axes)
    assert axes.get_title() == 'read_noise: 3 of this detector' and axes.lines[1].get_ydata() == [2.1]


def test_photon_transfer_points_lie_on_the_line_of_their_gain(axes):
    levels = np.array([1e3, 1e4, 5e4])
    panels.photon_transfer(2 * levels, np.sqrt(2 * (levels / 2.5 + 9)), 2.5)(axes)
    points, line = (one.get_data() for one in axes.lines)
    assert np.interp(points[0], *line) == pytest.approx(points[1], rel=1e-6)


def test_what_was_made_linear_lies_on_zero(axes):
    true = np.array([1e3, 1e4, 3e4, 5e4])
    measured = true * (1 - 2e-7 * true)
    panels.linearity(true / 1000, measured, [2e-7, 8e-14])(axes)
    before, after = (line.get_ydata() for line in axes.lines[:2])
    assert np.abs(after).max() < 0.01 < 0.5 < np.abs(before).max()


@pytest.mark.parametrize('image', [np.full((30, 30), np.nan), np.zeros((30, 40)),
                                   np.ones((1, 1)), np.ones((500, 3), np.uint16)],
                         ids=['nan', 'even', 'one pixel', 'narrow'])
@pytest.mark.parametrize('panel', [panels.means, panels.histogram, panels.contours])
def test_odd_images_are_drawn(axes, panel, image):
    panel(image, '')(axes)
    axes.figure.canvas.draw()
