"""Which of several frames that should be alike stand out; frames are seeded images, measured as real ones are."""

import re

import numpy as np
import pytest

from awlike.errors import DefinitionError
from awlike.pixels.frame_signs import signs
from awlike.simulate.chip import add_star
from awlike.suspects.compare import Seen, stand_out

SHAPE = 400, 300
Y, X = np.indices(SHAPE)
VIGNETTED = np.exp(-((Y - 200) ** 2 + (X - 150) ** 2) / 350 ** 2)


def stars():
    """The light of stars, ADU."""
    image = np.zeros((SHAPE[0] + 20, SHAPE[1] + 20))
    dy, dx = np.mgrid[-7:8, -7:8]
    profile = np.exp(-0.5 * (dy ** 2 + dx ** 2) / 1.7 ** 2)
    for y, x, flux in np.random.default_rng(77).uniform(0, 1, (400, 3)):
        row, column = 10 + int(SHAPE[0] * y), 10 + int(SHAPE[1] * x)
        image[row - 7:row + 8, column - 7:column + 8] += 90 * flux ** -0.9 * profile
    return image[10:-10, 10:-10]


STARS = stars()


def sky(number, level=1000.0, transparency=1.0, light=None, gain=2.0, seconds=300.0):
    """An exposure of the same stars behind clouds, with the light of a lamp."""
    rng = np.random.default_rng(number)
    image = level * VIGNETTED * np.ones(SHAPE) * seconds / 300
    image += transparency * seconds / 300 * np.roll(STARS, rng.integers(-3, 4), axis=0)
    image += 0 if light is None else light
    image += np.sqrt(np.maximum(image, 0) / gain + 16) * rng.standard_normal(SHAPE)
    return Seen(400.0 * number, seconds, signs(image.astype(np.float32)))


def dark(number, level=0.0, noise=4.0, slope=0.0):
    rng = np.random.default_rng(number)
    image = level + noise * rng.standard_normal(SHAPE) + slope * X / SHAPE[1]
    return Seen(30.0 * number, 0.0, signs(np.rint(image + 200).astype(np.float32)))


def out(frames, compared='sky'):
    """The numbers of the frames that stand out, with their first reason."""
    return {number: why[0].text for number, why in enumerate(stand_out(frames, compared)) if why}


@pytest.fixture(scope='module')
def night():
    return [sky(number) for number in range(10)]


def test_frames_that_are_alike_raise_no_suspicion(night):
    assert out(night) == {} and out(night[:4]) == {}


@pytest.mark.parametrize('where', [0, 4, 9])
def test_a_flashlight_is_found_wherever_it_is(night, where):
    light = 20000 * np.exp(-((Y - 100) ** 2 + (X - 80) ** 2) / 120 ** 2)
    frames = [sky(n, light=light) if n == where else one for n, one in enumerate(night)]
    found = out(frames)
    assert list(found) == [where]
    assert 'others' in found[where] and ('light falls' in found[where] or 'level' in found[where])


def test_two_in_a_row_are_found(night):
    frames = [sky(n, level=5600) if n in (4, 5) else one for n, one in enumerate(night)]
    assert list(out(frames)) == [4, 5] and out(frames)[4].startswith('level 48')


def test_clouds_take_stars_away(night):
    frames = [sky(n, transparency=0.25) if n in (5, 6, 7) else one for n, one in enumerate(night)]
    found = out(frames)
    assert list(found) == [5, 6, 7]
    assert all(re.match(r'stars have 2\d % of the light that they have in the clearest frame', text) for text in found.values())


# --- simulated exposures of one field, with seeing, clouds, moonlight and dithers of their own ---

FIELD = 800, 600
ROWS, COLUMNS = np.indices(FIELD)
TRUTH = np.random.default_rng(3).uniform(0, 1, (300, 3))


def exposure(number, transparency=1.0, fwhm=4.0, moon=0.0, seconds=300.0, airmass=1.2, dither=0):
    rng = np.random.default_rng(1000 + number)
    light = np.full(FIELD, 600.0, np.float32) + moon * (COLUMNS / FIELD[1] + 0.5)
    for y, x, flux in TRUTH:
        add_star(light, x * FIELD[1] + dither, y * FIELD[0] + rng.uniform(-4, 4), 4e3 * transparency * flux ** -0.9, fwhm)
    light *= np.exp(-((ROWS - 400) ** 2 + (COLUMNS - 300) ** 2) / 900 ** 2) * seconds / 300
    image = light + np.sqrt(light / 2 + 16) * rng.standard_normal(FIELD)
    return Seen(400.0 * number, seconds, signs(image.astype(np.float32)), airmass)


CLEAR = [exposure(number, fwhm=(4.0, 5.5, 3.2)[number % 3], dither=3 * (number % 4)) for number in range(10)]
THICK = (0.5, 0.3, 0.1, 0.02, 0.4, 0.6, 0.25)


@pytest.mark.slow
@pytest.mark.parametrize('clear', [(0, 1, 2), (0, 5, 9), (7, 8, 9), (2, 6)])
def test_clouds_over_most_of_a_night_are_found(clear):
    frames = [one if n in clear else exposure(n, THICK[n % 7], fwhm=(4.0, 5.5)[n % 2], dither=3 * (n % 4))
              for n, one in enumerate(CLEAR)]
    found = stand_out(frames, 'sky')
    assert [n for n, why in enumerate(found) if why] == [n for n in range(10) if n not in clear]
    assert all('stars' in why[0].text for why in found if why)


def test_a_share_of_the_light_is_told_as_it_is():
    frames = [exposure(n, 0.4) if n in (3, 4, 5, 6, 7, 8) else one for n, one in enumerate(CLEAR)]
    shares = [int(re.search(r'stars have (\d+) %', text)[1]) for text in out(frames).values()]
    assert len(shares) == 6 and shares == pytest.approx([40] * 6, abs=4)


@pytest.mark.slow
def test_a_clear_night_has_no_clouds_whatever_seeing_moon_dithers_and_airmass_do():
    assert out(CLEAR) == {}
    seeing = [exposure(n, fwhm=3 + 0.7 * n) for n in range(8)]
    moonrise = [exposure(n, moon=1500 / (1 + np.exp(4 - n)), fwhm=3.5) for n in range(8)]
    setting = [exposure(n, 10 ** (-0.4 * 0.45 * 0.15 * n), airmass=1 + 0.15 * n) for n in range(8)]
    apart = [exposure(n, dither=(0, 45, 200)[n % 3]) for n in range(9)]
    assert [out(some) for some in (seeing, moonrise, setting, apart)] == [{}] * 4


def test_the_exposure_time_is_no_transparency_and_a_wrong_one_makes_no_others_cloudy():
    frames = [exposure(n, seconds=(100.0, 300.0)[n % 2]) for n in range(8)]
    assert not [text for text in out(frames).values() if 'clearest' in text]
    frames = [one._replace(exposure_time=30.0) if n == 4 else one for n, one in enumerate(CLEAR)]
    assert list(out(frames)) == [4]


def test_moonlight_and_twilight_that_change_smoothly_are_no_suspects():
    moon = [sky(n, level=1000 + 2500 / (1 + np.exp(5 - n))) for n in range(12)]
    dawn = [sky(n, level=1000 + 10 * np.exp(0.75 * (n - 2))) for n in range(10)]
    dusk = [sky(n, level=1000 + 3000 * np.exp(-n)) for n in range(10)]
    assert out(moon) == out(dawn) == out(dusk) == {}


def test_levels_are_scaled_by_the_exposure_time():
    frames = [sky(n, seconds=(60.0, 300.0, 600.0)[n % 3]) for n in range(12)]
    assert not [text for text in out(frames).values() if 'level' in text]
    frames[4] = sky(4, level=3000, seconds=300.0)
    assert out(frames)[4].startswith('level 2') and 'in 300 s' in out(frames)[4]


def test_noise_of_the_read_out_is_found(night):
    noisy = night[3]._replace(signs=night[3].signs._replace(noise=2.5 * night[3].signs.noise))
    assert out([*night[:3], noisy, *night[4:]])[3].startswith('noise')


def test_a_bias_with_light_or_noise_or_a_slope_is_found():
    frames = [dark(n) for n in range(10)]
    assert out(frames, 'level') == {}
    for bad, text in ((dark(3, level=111), 'level 311.* ADU, others 200.* ADU'), (dark(3, noise=8), 'noise 8'),
                      (dark(3, slope=40), 'its level varies by .* ADU across the frame')):
        found = stand_out([*frames[:3], bad, *frames[4:]], 'level')
        assert [n for n, why in enumerate(found) if why] == [3]
        assert any(re.match(text, sign.text) for sign in found[3])


def test_a_level_that_drifts_is_no_suspect():
    assert out([dark(n, level=2.5 * n) for n in range(12)], 'level') == {}


def test_flats_of_twilight_may_have_any_level_and_not_any_shape():
    flats = [sky(n, level=8000 * 1.25 ** n, transparency=0) for n in range(8)]
    assert out(flats, 'shape') == {}
    flats[4] = sky(4, level=20000, transparency=0, light=8000 * (X > 200))
    assert list(out(flats, 'shape')) == [4] and '% across the frame' in out(flats, 'shape')[4]


def test_of_few_nothing_is_said(night):
    three = [night[0], sky(1, level=9000), night[2]]
    assert out(three) == {} == out(three[:1]) == out([])
    assert [bool(why) for why in stand_out(three, 'sky', fewest=3)] == [False, True, False]


def test_a_frame_without_finite_pixels_stands_out(night):
    empty = Seen(1.0, 300.0, signs(np.full(SHAPE, np.nan, np.float32)))
    assert out([*night, empty]) == {10: 'no pixel has a finite value'}


def test_the_order_of_the_frames_does_not_matter(night):
    frames = [sky(n, level=5600) if n == 4 else one for n, one in enumerate(night)]
    assert [bool(why) for why in stand_out(frames[::-1], 'sky')] == [n == 5 for n in range(10)]


def test_equal_times_and_values_are_no_trouble(night):
    same = [night[0]] * 6
    assert out(same) == {} and out(same, 'level') == {} and out(same, 'light') == {}
    zero = [Seen(0.0, 0.0, one.signs) for one in night]
    assert out(zero) == {}


def test_an_unknown_rule_is_refused(night):
    with pytest.raises(DefinitionError, match="COMPARED is 'moon'"):
        stand_out(night, 'moon')
