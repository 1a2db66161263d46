from dataclasses import dataclass

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation

from awlike.pixels import strips
from awlike.pixels.cosmics import cosmic_rays


@dataclass
class Verdict:
    """The quality of a map of hits."""

    completeness: float  # of the good pixels in which hits left more than 5 sigma
    false: float  # pixels in the map in which no hit left anything, per million
    light_lost: float  # of the light of stars in good pixels, what is in those false ones


def judge(found, sky, good=None):
    good = (~sky.saturated if good is None else good) & np.isfinite(sky.image)
    mapped, planted = found == 0, (sky.hits > 5 * sky.noise) & good
    false = mapped & (sky.hits == 0)
    starlight = (sky.noise**2 - sky.noise.min()**2) * good  # above the sky, noise squared is light
    return Verdict(mapped[planted].sum() / max(planted.sum(), 1), false.mean() * 1e6,
                   starlight[false].sum() / max(starlight.sum(), 1))


def detect(sky, image=None, good=None, threshold=5.0):
    good = ~sky.saturated if good is None else good
    return cosmic_rays(sky.image if image is None else image, good, sky.gain, sky.read_noise, threshold)


def average(verdicts):
    return Verdict(*np.mean([list(vars(verdict).values()) for verdict in verdicts], axis=0))


@pytest.mark.slow
@pytest.mark.parametrize('fwhm', [1.5, 2.0, 2.5, 3.5, 5.0])
def test_hits_are_found_and_little_else_however_sharp_stars_are(simulate, fwhm):
    verdict = average(judge(detect(sky), sky) for sky in (simulate(seed, fwhm=fwhm) for seed in (21, 22)))
    assert verdict.completeness >= 0.955 and verdict.false <= 25
    assert verdict.light_lost < 1e-4


@pytest.mark.parametrize(('sort', 'completeness', 'false'), [
    ({'level': 5000.0, 'fwhm': 2.0}, 0.93, 25), ({'level': 20.0}, 0.955, 25), ({'hits': 1500}, 0.95, 50),
    ({'stars': 2000}, 0.9, 25), pytest.param({'stars': 2000, 'fwhm': 2.0}, 0.88, 40, marks=pytest.mark.slow),
    ({'stars': 600, 'full_well': 8000.0}, 0.955, 25)],
    ids=str)
def test_hard_skies(simulate, sort, completeness, false):
    """Bright, dark, full of hits, full of stars; full of saturated stars."""
    verdict = average(judge(detect(sky), sky) for sky in (simulate(seed, **sort) for seed in (21, 22)))
    assert verdict.completeness >= completeness and verdict.false <= false
    assert verdict.light_lost < 1e-4


def test_more_is_found_than_by_astroscrappy_and_less_that_is_not_there(simulate):
    peer = pytest.importorskip('astroscrappy')
    sky = simulate(25, fwhm=2.0, stars=500)
    theirs, _ = peer.detect_cosmics(sky.image, inmask=sky.saturated, gain=sky.gain, readnoise=sky.read_noise, sigclip=5.0)
    ours, theirs = judge(detect(sky), sky), judge(~theirs, sky)
    assert ours.completeness > theirs.completeness
    assert ours.false < 0.2 * theirs.false and ours.light_lost < 0.2 * theirs.light_lost


@pytest.mark.parametrize('fwhm', [1.6, 3.5])
def test_stars_are_not_eaten_even_if_undersampled(simulate, fwhm):
    sky = simulate(31, hits=0, fwhm=fwhm)
    found = detect(sky)
    x, y = np.clip(np.round(sky.stars[:, :2]).astype(int), 0, 511).T
    assert binary_dilation(found == 0, np.ones((3, 3)))[y, x].sum() <= 1
    assert judge(found, sky).light_lost < 1e-4


def test_stars_cut_by_masks_are_not_eaten(simulate):
    sky = simulate(32, hits=0, fwhm=2.2, stars=400, full_well=8000.0)
    image, good = sky.image.copy(), ~sky.saturated
    good[:, np.round(sky.stars[:40, 0]).astype(int).clip(0, 511)] = False
    good[np.random.default_rng(1).random(good.shape) < 0.01] = False
    image[~good] = 65535
    found = detect(sky, image, good)
    assert (found[good] == 0).mean() * 1e6 < 25


def test_hits_of_real_frames_do_not_come_again_at_the_same_place_as_stars_do(data):
    def read(kind, number):
        """The overscan-subtracted, trimmed frame; the night was guided, not dithered."""
        raw = fits.getdata(data / f'lowell-42in/{kind}/20190326.{number:04d}.fits').astype(np.float32)
        return raw[:, 17:1382] - np.median(raw[:, 1388:1432], axis=1, keepdims=True)

    bias = np.median([read('zero', number) for number in (1, 2, 3)], axis=0)
    flats = [read('flat', number) - bias for number in (113, 114, 115)]
    flat = np.median([one / np.median(one) for one in flats], axis=0)
    hits = []
    for number in (142, 150):
        raw = read('5945', number)
        bad = binary_dilation((raw > 58000) | (flat < 0.3), np.ones((3, 3)))
        hits.append(cosmic_rays((raw - bias) / np.maximum(flat, 0.3), ~bad, 2.5, 2.0, 5) == 0)
    again = hits[0] & binary_dilation(hits[1], np.ones((3, 3)))
    assert 400 < hits[0].sum() < 1500 and again.sum() < 0.03 * hits[0].sum()


def test_the_same_image_gives_the_same_map_and_is_left_alone(sky):
    before = sky.image.copy()
    first = detect(sky)
    assert first.dtype == np.uint8 and set(np.unique(first)) == {0, 1}
    assert np.array_equal(first, detect(sky))
    assert np.array_equal(sky.image, before)
    assert np.array_equal(first, detect(sky, sky.image.astype('>f4')))
    assert np.array_equal(first, detect(sky, np.asfortranarray(sky.image.astype(float))))


def test_every_number_of_threads_gives_the_same_map(sky, monkeypatch):
    results = []
    for cores in (1, 2, 5):
        monkeypatch.setattr(strips, '_cores', lambda cores=cores: cores)
        results.append(detect(sky).tobytes())
    assert results[0] == results[1] == results[2]


def test_a_part_of_a_frame_has_the_same_hits(sky):
    upper, lower = sky.image[:300], sky.image[40:300]  # 40 is no multiple of the blocks in which noise is measured
    apart = [cosmic_rays(part, np.ones(part.shape), sky.gain, sky.read_noise, 5) for part in (upper, lower)]
    assert (apart[0][80:] != apart[1][40:]).mean() < 1e-4


def test_dead_columns_nan_and_holes_are_excluded_and_do_not_spread(sky):
    image, good = sky.image.copy(), ~sky.saturated
    good[:, 100] = good[300:310, 200:210] = False
    image[:, 100], image[300:310, 200:210] = 0, -5000
    image[50, 60:70] = np.nan
    image[400, 400] = np.inf
    found = detect(sky, image, good)
    excluded = ~good | ~np.isfinite(image)
    assert (found[excluded] == 1).all()
    assert (found != detect(sky))[~binary_dilation(excluded, iterations=5)].sum() <= 1
    beside = binary_dilation(excluded, iterations=2) & (sky.hits == 0) & (detect(sky) == 1)
    assert (found[beside] == 0).sum() <= 1


@given(seed=st.integers(0, 2**32 - 1), value=st.sampled_from([np.nan, np.inf, -np.inf, 0, 65535, -1e30, 3e38]))
@settings(max_examples=25, deadline=None)
def test_what_bad_pixels_hold_makes_no_difference(seed, value):
    rng = np.random.default_rng(seed)
    image = rng.normal(500, 16, (40, 50)).astype(np.float32)
    image[rng.integers(0, 40, 9), rng.integers(0, 50, 9)] += 1000
    good = rng.random(image.shape) < rng.choice([0.3, 0.9, 0.99])
    expected = cosmic_rays(image, good, 2, 5, 5)
    image[~good] = value
    assert np.array_equal(cosmic_rays(image, good, 2, 5, 5), expected) and expected[~good].all()


def test_a_hit_beside_a_bad_pixel_or_at_the_edge_is_found_all_the_same():
    image, good = np.full((40, 40), 500, np.float32), np.ones((40, 40), bool)
    hits = [(20, 20), (0, 10), (39, 39), (15, 0)]
    good[20, 21] = good[1, 10] = False
    for y, x in hits:
        image[y, x] = 900
    assert list(zip(*np.nonzero(cosmic_rays(image, good, 2, 5, 5) == 0), strict=True)) == sorted(hits)


def test_a_hole_makes_no_hits_beside_it():
    image = np.random.default_rng(1).normal(500, 16, (100, 100)).astype(np.float32)
    image[50, 50], image[:, 20] = -5000, 0
    assert cosmic_rays(image, np.ones(image.shape), 2, 5, 5).all()


@pytest.mark.parametrize('shape', [(1, 1), (1, 30), (30, 1), (2, 3), (33, 5), (70, 65)])
def test_images_of_any_size(shape):
    assert cosmic_rays(np.full(shape, 500), np.ones(shape), 2, 5, 5).shape == shape


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
