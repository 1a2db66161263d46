import numpy as np
import pytest
from scipy.ndimage import binary_dilation

from awlike.pixels.cosmics import cosmic_rays


def detect(sky, image=None, good=None, threshold=5.0):
    good = ~sky.saturated if good is None else good
    return cosmic_rays(sky.image if image is None else image, good, sky.gain, sky.read_noise, threshold)


def judge(sky, found):
    """Completeness among planted pixels above 5 sigma, and false pixels per million."""
    planted = (sky.hits > 5 * sky.noise) & ~sky.saturated
    hit = found == 0
    return hit[planted].mean(), (hit & (sky.hits == 0)).mean() * 1e6


@pytest.mark.parametrize('fwhm', [2.5, 3.5])
def test_hits_are_found_and_little_else(simulate, fwhm):
    skies = [simulate(seed, fwhm=fwhm) for seed in (21, 22, 23)]
    completeness, false = np.mean([judge(sky, detect(sky)) for sky in skies], axis=0)
    assert completeness >= 0.9
    assert false < 50


@pytest.mark.parametrize('fwhm', [1.6, 3.5])
def test_stars_are_not_eaten_even_if_undersampled(simulate, fwhm):
    sky = simulate(31, hits=0, fwhm=fwhm)
    eaten = binary_dilation(detect(sky) == 0, np.ones((3, 3)))
    x, y = np.clip(np.round(sky.stars[:, :2]).astype(int), 0, 511).T
    assert eaten[y, x].sum() <= 2


def test_the_same_image_gives_the_same_map_and_is_left_alone(sky):
    before = sky.image.copy()
    first = detect(sky)
    assert first.dtype == np.uint8 and set(np.unique(first)) == {0, 1}
    assert np.array_equal(first, detect(sky))
    assert np.array_equal(sky.image, before)
    assert np.array_equal(first, detect(sky, sky.image.astype('>f4')))


def test_dead_columns_nan_and_holes_are_excluded_and_do_not_spread(sky):
    image, good = sky.image.copy(), ~sky.saturated
    good[:, 100] = good[300:310, 200:210] = False
    image[:, 100], image[300:310, 200:210] = 0, -5000
    image[50, 60:70] = np.nan
    image[400, 400] = np.inf
    found = detect(sky, image, good)
    excluded = ~good | ~np.isfinite(image)
    assert (found[excluded] == 1).all()
    completeness, false = judge(sky, np.where(binary_dilation(excluded, iterations=3), 1 - (sky.hits > 0), found))
    assert completeness > 0.88 and false < 80
    beside = binary_dilation(excluded, iterations=2) & (sky.hits == 0) & (detect(sky) == 1)
    assert (found[beside] == 0).sum() <= 3


def test_a_frame_with_nothing_good_has_no_hits(sky):
    assert detect(sky, good=np.zeros(sky.image.shape, np.uint8)).all()
    assert detect(sky, np.full_like(sky.image, np.nan)).all()
    assert detect(sky, np.zeros_like(sky.image)).all()


def test_noise_above_the_model_is_measured(simulate):
    sky = simulate(41, hits=0, stars=0)
    rng = np.random.default_rng(1)
    vignetted = (sky.image + rng.normal(0, 60, sky.image.shape)).astype(np.float32)
    assert (detect(sky, vignetted) == 0).mean() * 1e6 < 30


def test_senseless_arguments_are_refused(sky):
    with pytest.raises(ValueError, match='gain is 0'):
        cosmic_rays(sky.image, ~sky.saturated, 0, 5, 5)
    with pytest.raises(ValueError, match='pixel upon pixel'):
        cosmic_rays(sky.image, np.ones((3, 3)), 1, 5, 5)
