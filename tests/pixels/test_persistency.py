"""Trails of charge, in the exposure itself and in later ones, by amplifier and its direction of reading."""

import numpy as np
import pytest

from awlike.pixels.geometry import Geometry
from awlike.pixels.persistency import left_behind, trails_after
from tests.amplifiers import FourAmplifiers

DETECTOR = FourAmplifiers()
WHOLE = Geometry.from_fits(trim='[1:10,1:20]')


def test_a_trail_runs_from_the_first_full_pixel_to_the_last_row_and_what_is_left_from_there_to_the_output():
    full = np.ones((20, 10), np.uint8)
    full[5:8, 3] = full[12, 6] = 0
    after, left = trails_after(full, WHOLE), left_behind([full], WHOLE)
    assert (after[5:, 3] == 0).all() and (after[:5, 3] == 1).all() and (after[12:, 6] == 0).all()
    assert (left[:8, 3] == 0).all() and (left[8:, 3] == 1).all() and (left[:13, 6] == 0).all()
    assert after.sum() == 200 - 15 - 8 and left.sum() == 200 - 8 - 13


def test_each_amplifier_is_read_towards_its_own_edge():
    _, geometry = DETECTOR.mosaic(DETECTOR.read_out(DETECTOR.light(0), np.random.default_rng(1)))
    full = np.ones((128, 96), np.uint8)
    full[20, 10] = full[100, 70] = 0  # below, read downwards from row 0; above, read upwards from row 127
    after, left = trails_after(full, geometry), left_behind([full], geometry)
    assert (after[20:64, 10] == 0).all() and after[:20, 10].all() and after[64:, 10].all()
    assert (after[64:101, 70] == 0).all() and after[101:, 70].all()
    assert (left[:21, 10] == 0).all() and left[21:, 10].all()
    assert (left[100:, 70] == 0).all() and left[:100, 70].all()
    one_image = DETECTOR.one_image(DETECTOR.read_out(DETECTOR.light(0), np.random.default_rng(1)))[1]
    assert np.array_equal(left_behind([full], one_image), left) and np.array_equal(trails_after(full, one_image), after)


def test_a_broken_amplifier_leaves_nothing_and_several_exposures_add_up():
    _, geometry = DETECTOR.mosaic(DETECTOR.read_out(DETECTOR.light(0), np.random.default_rng(1)))
    broken, other = np.ones((128, 96), np.uint8), np.ones((128, 96), np.uint8)
    broken[DETECTOR.part(1)] = 0
    other[10, 5] = 0
    assert trails_after(broken, geometry).all() and left_behind([broken], geometry).all()
    assert left_behind([broken, other], geometry).sum() == 128 * 96 - 11
    assert left_behind([], geometry).all()
    with pytest.raises(ValueError, match='shape'):
        left_behind([np.ones((3, 3))], geometry)
