"""Crosstalk measured from bright stars, and undone to any order, before or after the overscan."""

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.pixels.crosstalk import measure_crosstalk, unmixing
from awlike.pixels.overscan import overscan_subtracted, subtract_overscan
from tests.amplifiers import COEFFICIENT, CROSSTALK, LEVELS, NAMES, FourAmplifiers

DETECTOR = FourAmplifiers()
SKY = 3000.0
STARS = [(20, 20), (40, 70), (100, 30), (90, 60)]  # one on each amplifier, no two read at the same instant


def starry(rng, stars=STARS, electrons=3e5):
    light = DETECTOR.light(SKY)
    for y, x in stars:
        light[y - 3:y + 3, x - 3:x + 3] = electrons
    return DETECTOR.mosaic(DETECTOR.read_out(light, rng)), light


def parts(raw, geometry):
    return overscan_subtracted(raw, geometry, 2).parts_as_read()


def test_coefficients_are_measured_from_saturated_stars(rng):
    frames = [parts(*starry(rng)[0]) for _ in range(6)]
    found = measure_crosstalk(frames, [NAMES], 30000.0)
    for victim in NAMES:
        for source, value in found.coefficients[victim].items():
            assert abs(value - COEFFICIENT) < max(5 * found.errors[victim][source], 2e-5), (victim, source)
            assert found.pixels[victim][source] == 6 * 36 and found.errors[victim][source] < 1e-4


def test_a_star_beneath_a_ghost_does_not_count(rng):
    (raw, geometry), _ = starry(rng)
    images = parts(raw, geometry)
    images['C01'][20:22, 20:26] += 900.0  # where C00 has its star
    found = measure_crosstalk([images], [NAMES], 30000.0)
    assert found.coefficients['C01']['C00'] == pytest.approx(COEFFICIENT, rel=0.15)


def test_a_pair_without_bright_pixels_gets_the_mean_of_its_group(rng):
    (raw, geometry), _ = starry(rng, STARS[:2])
    found = measure_crosstalk([parts(raw, geometry)], [NAMES], 30000.0)
    assert found.pixels['C00']['C11'] == 0 and 'C11' not in found.errors['C00']
    assert found.coefficients['C00']['C11'] == pytest.approx(COEFFICIENT, rel=0.1)


def test_groups_that_share_no_electronics_are_not_compared(rng):
    (raw, geometry), _ = starry(rng)
    found = measure_crosstalk([parts(raw, geometry)], [NAMES[:2], NAMES[2:]], 30000.0)
    assert set(found.coefficients['C00']) == {'C01'} and set(found.coefficients['C11']) == {'C10'}


def test_nothing_bright_is_an_error(rng):
    (raw, geometry), _ = starry(rng, [])
    with pytest.raises(ParameterError, match='select science frames with saturated stars'):
        measure_crosstalk([parts(raw, geometry)], [NAMES], 30000.0)


def two(number, coefficient=0.01, level=500.0, victim=100.0):
    """Parts without noise: `number` pixels of `a` have 2000 above its sky, and `b` has the ghosts of all that `a` reads."""
    a = np.full((20, 20), level)
    a.flat[:number] += 2000.0
    return {'a': a.astype(np.float32), 'b': (victim + coefficient * a).astype(np.float32)}


def test_ghosts_go_with_the_light_above_the_skies_of_both():
    found = measure_crosstalk([two(10)], [['a', 'b']], 1000.0)
    assert found.coefficients['b']['a'] == pytest.approx(0.01, rel=1e-3) and found.pixels['b'] == {'a': 10}


def test_too_few_bright_pixels_tell_nothing():
    with pytest.raises(ParameterError, match='10 pixels of 1000 ADU'):
        measure_crosstalk([two(9)], [['a', 'b']], 1000.0)


def test_pixels_that_are_bright_in_the_victim_do_not_count():
    images = two(40)
    images['b'].flat[:28] = 30000.0  # its own stars, on most of the bright pixels
    found = measure_crosstalk([images], [['a', 'b']], 1000.0)
    assert found.coefficients['b']['a'] == pytest.approx(0.01, rel=1e-3) and found.pixels['b']['a'] == 12


def mixed(true, coefficient):
    """Raw values, levels included, when each amplifier hears all others."""
    return true + coefficient * (true.sum(axis=0) - true)


@pytest.mark.parametrize('coefficient', [1e-4, 0.02])
def test_the_inverse_gives_back_the_truth_to_any_order(rng, coefficient):
    images = [np.round(rng.uniform(0, 30000, DETECTOR.raw_shape)) + level for level in LEVELS]
    for image, level in zip(images, LEVELS, strict=True):
        image[64:] = image[:, 52:] = level  # no light in the overscan
    raw, geometry = DETECTOR.mosaic(list(mixed(np.array(images), coefficient)))
    truth = subtract_overscan(DETECTOR.mosaic(images)[0], geometry, 2)
    table = {victim: {source: coefficient for source in NAMES if source != victim} for victim in NAMES}
    exact = np.asarray(overscan_subtracted(raw, geometry, 2, matrix=table))
    first_order = subtract_overscan(raw, geometry, 2, table)
    assert np.abs(exact - truth).max() < 0.02
    assert np.abs(first_order - truth).max() > (20 if coefficient > 1e-3 else -1)


def test_it_is_the_same_before_and_after_the_overscan_is_subtracted(rng):
    (raw, geometry), _ = starry(rng)
    images = np.array([raw[:76, :76], raw[:76, 76:], raw[76:, :76], raw[76:, 76:]], float)
    matrix = np.full((4, 4), COEFFICIENT) + (1 - COEFFICIENT) * np.eye(4)
    before = np.einsum('syx,st->tyx', images, np.linalg.inv(matrix))
    unmixed = np.block([[before[0], before[1]], [before[2], before[3]]])
    there = subtract_overscan(unmixed.astype(np.float32), geometry, 2)
    here = np.asarray(overscan_subtracted(raw, geometry, 2, matrix=CROSSTALK))
    assert np.abs(here - there).max() < 0.05


def test_a_matrix_takes_the_place_of_the_table_and_may_name_what_is_not_there():
    _, geometry = DETECTOR.mosaic(DETECTOR.read_out(DETECTOR.light(0), np.random.default_rng(1)))
    table, factors = unmixing(geometry, {'C00': {'C01': 0.1, 'gone': 0.5}, 'gone': {'C00': 0.3}})
    assert table == {'C00': {'C01': pytest.approx(0.1)}} and factors == pytest.approx(np.ones(4))
    with pytest.raises(ParameterError, match='no inverse'):
        unmixing(geometry, {'C00': {'C01': 1.0}, 'C01': {'C00': 1.0}})
