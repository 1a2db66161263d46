"""Plots about sources: what they say is what is in the numbers."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from awlike.views.image import panels, source_panels
from awlike.views.image.keys import KEYS
from awlike.views.image.outlines import Outlines
from awlike.views.image.view import View
from awlike.views.image.window import Window
from tests.views.conftest import Hand

RNG = np.random.default_rng(7)
SHAPE = 400, 600


@pytest.fixture
def axes():
    return plt.figure().add_subplot()


def sources(number=3, label='points'):
    x = np.linspace(20, 100, number)
    return Outlines(label, 'tab:cyan', x, x / 2, np.full(number, 2.0), np.full(number, 0.5), np.full(number, 30.0))


def test_values_of_each_set_are_drawn_where_they_are_known(axes):
    x = np.array([1.0, 2.0, 3.0, np.nan])
    source_panels.against(x, {'used': [0.1, np.nan, 0.3, 0.4], 'left out': [np.nan, 5.0, np.nan, 1.0], 'none': [np.nan] * 4},
                          'title', 'MAG', 'residual')(axes)
    used, left_out, zero = (line.get_data() for line in axes.lines)
    assert used[0].tolist() == [1, 3] and used[1].tolist() == [0.1, 0.3] and left_out[1].tolist() == [5.0]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ['used', 'left out'] and zero[1] == [0, 0]


def test_whiskers_lie_along_the_major_axis_and_grow_with_the_ellipticity(axes):
    angle = np.radians([0, 45, 90, 150])
    size = np.array([0.1, 0.05, 0.2, 0.02])
    source_panels.whiskers(np.arange(4) * 100, np.full(4, 200), size * np.cos(2 * angle), size * np.sin(2 * angle), SHAPE)(axes)
    ends = np.array([line.get_xydata() for line in axes.lines])
    dx, dy = (ends[:, 1] - ends[:, 0]).T
    assert np.degrees(np.arctan2(dy, dx)) % 180 == pytest.approx([0, 45, 90, 150])
    assert np.hypot(dx, dy) / np.hypot(dx, dy)[2] == pytest.approx(size / 0.2)
    assert axes.get_title() == 'ellipticity: 0.075 at the median, 0.200 at most'
    assert axes.get_xlim() == (-0.5, 599.5) and axes.get_ylim() == (-0.5, 399.5)


def test_round_stars_have_no_whiskers_and_no_error(axes):
    source_panels.whiskers(np.arange(4), np.arange(4), np.zeros(4), np.zeros(4), SHAPE)(axes)
    assert '0.000' in axes.get_title()


def test_residuals_over_the_frame_are_white_at_zero(axes):
    values = RNG.normal(0, 0.02, 200)
    source_panels.over_frame(RNG.uniform(0, 600, 200), RNG.uniform(0, 400, 200), values, SHAPE, 'residual', 'mag')(axes)
    low, high = axes.collections[0].get_clim()
    assert low == -high and high == pytest.approx(0.04, rel=0.2)


def test_the_circle_of_residuals_has_the_rms_along_an_axis(axes):
    dra, ddec = RNG.normal(0, 0.03, (2, 5000))
    source_panels.residual_plane(dra, ddec)(axes)
    circle = next(line for line in axes.lines if str(line.get_label()).startswith('rms'))
    assert np.hypot(*circle.get_data()) == pytest.approx(0.03, rel=0.03) and axes.get_aspect() == 1
    assert axes.get_title() == 'DDEC against DRA, 5,000 stars'


def test_a_histogram_of_residuals_has_its_median(axes):
    source_panels.distribution(np.append(RNG.normal(0.1, 0.02, 500), np.nan), '500 stars', 'mag')(axes)
    assert axes.lines[0].get_xdata()[0] == pytest.approx(0.1, abs=0.005) and axes.get_title() == '500 stars'
    assert axes.get_ylabel() == 'stars'


def test_the_curve_of_growth_has_known_factors_in_order_of_the_circles(axes):
    others = {'FLUX_PSF': 1.01, 'FLUX_AUTO': None}
    source_panels.curve_of_growth([24, 6, 12], [1.0, 1.6, None], [0.01, 0.02, None], others)(axes)
    assert axes.lines[0].get_xdata().tolist() == [6, 24] and axes.lines[0].get_ydata().tolist() == [1.6, 1.0]
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {'FLUX_PSF 1.0100', 'circles'}


@pytest.mark.parametrize('end', [21.0, 22.5])
def test_number_counts_tell_where_the_catalogue_ends(axes, end):
    magnitudes = 15 + np.log10(1 + RNG.uniform(0, 1, 200_000) * (10 ** (0.4 * 9) - 1)) / 0.4
    kept = magnitudes[RNG.uniform(size=magnitudes.size) < 1 / (1 + np.exp((magnitudes - end) / 0.15))]
    source_panels.number_counts(kept, 'MAG', depth=end)(axes)
    assert float(axes.get_title().split()[-2]) == pytest.approx(end, abs=0.5)
    slope = float(axes.get_legend().get_texts()[0].get_text().removeprefix('slope '))
    assert slope == pytest.approx(0.4, abs=0.05) and axes.get_legend().get_texts()[1].get_text() == f'5 sigma {end:.2f}'
    assert axes.patches[0].get_data()[0].sum() == kept.size


def test_counts_of_few_sources_have_no_line(axes):
    source_panels.number_counts([18.0, 19.0, 19.1, np.nan], 'MAG')(axes)
    assert axes.get_title() == 'number counts' and axes.get_legend() is None


def test_errors_of_magnitudes_meet_5_sigma_at_the_depth(axes):
    magnitudes = np.linspace(15, 23, 50)
    source_panels.magnitude_errors(magnitudes, 0.2171 * 10 ** (0.4 * (magnitudes - 22)), 'MAG')(axes)
    dots, line = (one.get_data() for one in axes.lines)
    assert np.interp(line[1][0], dots[1], dots[0]) == pytest.approx(22, abs=0.02) and axes.get_yscale() == 'log'


def test_a_coarse_surface_covers_its_frame(axes):
    panels.surface(RNG.uniform(size=(4, 6)), 'level', 'adu', SHAPE)(axes)
    assert axes.images[0].get_extent() == [-0.5, 599.5, -0.5, 399.5]


NOTHING = np.zeros(0)


@pytest.mark.parametrize('panel', [
    source_panels.against(NOTHING, {'a': NOTHING, 'b': NOTHING}, 'title', 'x', 'y'),
    source_panels.against([np.nan], {'': [1.0]}, 'title', 'x', 'y'),
    source_panels.over_frame(NOTHING, NOTHING, NOTHING, SHAPE, 'title', 'mag'),
    source_panels.residual_plane(NOTHING, NOTHING), source_panels.distribution(NOTHING, 'title', 'mag'),
    source_panels.distribution([0.5], 'title', 'mag'), source_panels.curve_of_growth([6.0], [None], [None], {'PSF': None}),
    source_panels.number_counts(NOTHING, 'MAG'), source_panels.number_counts([np.nan], 'MAG', 22.0),
    source_panels.number_counts([19.0], 'MAG', 22.0), source_panels.magnitude_errors(NOTHING, NOTHING, 'MAG')])
def test_of_no_star_axes_are_drawn_all_the_same(axes, panel, recwarn):
    panel(axes)
    axes.figure.canvas.draw()
    assert axes.get_title() and axes.get_xlabel() and not recwarn.list


# --- outlines of sources in the window ---

@pytest.fixture
def outlined():
    window = Window(View('f', np.zeros((60, 120)) + np.arange(120), outlines=lambda: [sources(), sources(0, 'extended')]))
    window.figure.canvas.draw()
    return Hand(window)


def test_sources_are_ellipses_of_3_rms_at_least_3_pixels_and_none_are_not_explained(outlined):
    axes = outlined.window.layers.axes
    ellipses, = [one for one in axes.collections if one.get_label() == '3 points']
    assert ellipses._widths == pytest.approx(6) and ellipses._heights == pytest.approx(3)  # semi-axes
    assert np.asarray(ellipses.get_offsets())[:, 0] == pytest.approx([20, 60, 100])
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ['3 points']
    assert axes.get_xlim() == (-0.5, 119.5), 'the image fills the axes'


def test_a_key_hides_the_outlines_and_shows_them_again(outlined, hand):
    axes = outlined.window.layers.axes
    assert outlined.press('o') == 'no outlines'
    assert not axes.collections[0].get_visible() and not axes.get_legend().get_visible()
    assert outlined.press('o') == 'outlines of sources' and axes.collections[0].get_visible()
    assert hand.press('o') == 'o: no sources are outlined here' and not KEYS['o'].at_cursor


@pytest.mark.slow
@pytest.mark.parametrize(['number', 'places'], [(1, {(1, 1)}), (3, {(3, 1)}), (4, {(2, 2)}), (5, {(3, 2)})])
def test_more_than_three_plots_stand_in_two_columns(number, places):
    window = Window(View('many', panels=[lambda axes: axes.set_title('x')] * number))
    beside = window._beside.axes
    assert len(beside) == number and {one.get_subplotspec().get_gridspec().get_geometry() for one in beside} == places


def test_a_view_says_how_its_image_looks_best_unless_somebody_asks_otherwise():
    view = View('p', np.linspace(0, 1, 100).reshape(10, 10), levels={'vmin': 0.0, 'vmax': 1.0, 'stretch': 'log'})
    assert Window(view, vmin=None, stretch=None).layers.axes.images[0].get_clim() == (0.0, 1.0)
    assert Window(view, vmax=0.5).layers.axes.images[0].get_clim() == (0.0, 0.5)
