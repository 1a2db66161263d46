"""From values to grey levels."""

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.views.image.stretch import STRETCHES, is_map, normalisation, sample

SKY = (500 + 10 * np.random.default_rng(2).standard_normal((300, 300))).astype(np.float32)


def test_zscale_is_the_default_and_stars_do_not_matter():
    stars = SKY.copy()
    stars[::30, ::30] = 60000
    norm = normalisation(stars)
    assert 420 < norm.vmin < 500 < norm.vmax < 580


def test_kappa_times_the_clipped_scatter():
    stars = SKY.copy()
    stars[::30, ::30] = 60000
    norm = normalisation(stars, kappa=3)
    assert (norm.vmin, norm.vmax) == pytest.approx((470, 530), abs=1)
    assert normalisation(stars, iterations=5).vmax == pytest.approx(530, abs=1)


@pytest.mark.parametrize('stretch', STRETCHES)
def test_every_stretch_runs_from_black_to_white(stretch):
    norm = normalisation(SKY, vmin=400, vmax=600, stretch=stretch)
    levels = norm(np.linspace(400, 600, 50))
    assert levels[0] == pytest.approx(0, abs=1e-6) and levels[-1] == pytest.approx(1) and (np.diff(levels) > 0).all()


@pytest.mark.parametrize('image', [np.full((9, 9), np.nan), np.full((9, 9), 7.0), np.zeros((1, 1)), np.full((3, 3), np.inf)],
                         ids=['nan', 'even', 'one pixel', 'infinite'])
@pytest.mark.parametrize('options', [{}, {'kappa': 3}, {'vmin': 10}, {'vmax': -10}])
def test_limits_of_any_image_leave_something_between(image, options):
    norm = normalisation(image, **options)
    assert norm.vmin < norm.vmax and all(getattr(norm, name) == value for name, value in options.items() if name != 'kappa')


def test_map_is_black_and_white():
    good = np.ones((5, 5), np.uint8)
    assert is_map(good) and not is_map(good * 3) and not is_map(SKY)
    assert (normalisation(good).vmin, normalisation(good).vmax) == (0, 1)


@pytest.mark.parametrize(('options', 'says'), [({'stretch': 'loud'}, "stretch='loud': the stretches are linear, sqrt"),
                                               ({'kappa': 0}, 'kappa is 0, but must be above 0'),
                                               ({'iterations': -1}, 'iterations is -1'),
                                               ({'vmin': 2, 'vmax': 2}, 'vmin < vmax')])
def test_what_cannot_be_is_refused(options, says):
    with pytest.raises(ParameterError, match=says):
        normalisation(SKY, **options)


def test_sample_of_a_large_image_is_a_million_pixels():
    assert 500_000 < sample(np.broadcast_to(np.float32(1), (4096, 4096))).size <= 1_100_000
