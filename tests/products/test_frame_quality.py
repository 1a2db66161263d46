"""What a quality report tells of the air and of sources, as physics has it."""

from types import SimpleNamespace

import numpy as np
import pytest

from awlike.pixels.source_flags import SourceFlag
from awlike.products.frame_quality import _counts, _effective_time, _transparency

CLEAR = SimpleNamespace(CLEAR_ZERO_POINT=24.5, EXTINCTION=0.1, CLEAR_SEEING=0.8, CLEAR_SKY=21.0)


def frame(airmass=1.5, exptime=100.0):
    return SimpleNamespace(AIRMASS=airmass, EXPTIME=exptime)


def test_air_that_a_clear_night_has_too_is_no_cloud():
    assert _transparency(frame(1.5), CLEAR, {'zero_point': 24.35}) == pytest.approx(1.0)
    assert _transparency(frame(2.5), CLEAR, {'zero_point': 24.25}) == pytest.approx(1.0)
    half = {'zero_point': 24.35 - 2.5 * np.log10(2)}
    assert _transparency(frame(1.5), CLEAR, half) == pytest.approx(0.5)
    assert _transparency(frame(None), CLEAR, {'zero_point': 24.4}) == pytest.approx(1.0)


def test_a_frame_is_worth_the_time_in_which_a_clear_night_gives_its_depth():
    """Signal by noise of a faint star: flux x time / sqrt(sky x time x area of its image)."""
    seeing, sky, clouds, time = 1.6, 20.0, 0.5, 100.0
    worth = _effective_time(frame(exptime=time), CLEAR, {'seeing': seeing, 'sky_brightness': sky, 'transparency': clouds})

    def depth(time, seeing, counts_of_sky, transparency):
        return transparency * time / np.sqrt(counts_of_sky * time * seeing ** 2)

    # The brightness of the sky is calibrated by stars behind the same clouds: its counts are less than it says.
    expected = depth(time, seeing, clouds * 10 ** (-0.4 * sky), clouds)
    assert depth(worth, 0.8, 10 ** (-0.4 * 21.0), 1.0) == pytest.approx(expected)


def test_what_is_saturated_or_hardly_extended_is_a_star():
    kind = np.dtype([(name, 'f4') for name in ('EXTENDEDNESS', 'EXTENDEDNESS_ERR')] + [('FLAGS', 'i4')]
                    + [(name, 'f4') for name in ('FLUX_PSF', 'FLUX_AUTO')])
    table = np.array([(1, .1, 0, 90, 100), (1, .1, int(SourceFlag.SATURATED), 100, 100), (.7, .3, 0, 100, 100),
                      (0, .1, 0, 100, 9), (0, .1, 0, 99, 900), (1, .1, 0, 900, 99)], kind)
    assert _counts(table, 100.0) == {'number_of_stars': 3, 'number_of_galaxies': 1}
