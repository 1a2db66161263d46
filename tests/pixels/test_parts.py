"""Factors and polynomials by amplifier; gain, read noise, linearity and full scale of each."""

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.pixels.geometry import Geometry
from awlike.pixels.nonlinearity import relative_gains_of, responses, saturation_level
from awlike.pixels.overscan import overscan_subtracted
from awlike.pixels.parts import linearised_parts, part_of, places, scaled_parts, scales
from awlike.pixels.tech_data import tech_data
from tests.amplifiers import COEFFICIENT, GAINS, NAMES, READ_NOISE, FourAmplifiers

DETECTOR = FourAmplifiers((64, 64))
C1, C2 = 1e-6, 5e-12  # of true = counts (1 + c1 counts + c2 counts^2)


def exposure(rng, electrons, bend=False):
    """A frame of a lamp, overscan subtracted, and its geometry."""
    images = DETECTOR.read_out(DETECTOR.light(electrons), rng)
    raw, geometry = DETECTOR.mosaic(images)
    image = np.asarray(overscan_subtracted(raw, geometry, 2))
    if bend:
        image = np.array(image)
        for name, place in places(geometry).items():
            own = image[place.slices] / scales(geometry)[name]
            image[place.slices] = scales(geometry)[name] * _measured(own)
    return image, geometry


def _measured(true):
    counts = true.copy()
    for _ in range(20):
        counts = true / (1 + C1 * counts + C2 * counts**2)
    return counts


def test_factors_go_to_the_amplifiers_and_unknown_ones_are_nan(rng):
    image, geometry = exposure(rng, 10000)
    found = np.asarray(scaled_parts(image, geometry, {'C00': 2.0, 'C11': 3.0}))
    assert np.array_equal(found[DETECTOR.part(0)], 2 * image[DETECTOR.part(0)])
    assert np.array_equal(found[DETECTOR.part(3)], 3 * image[DETECTOR.part(3)])
    assert np.isnan(found[DETECTOR.part(1)]).all()
    assert np.array_equal(scaled_parts(None, geometry, dict.fromkeys(NAMES, 5.0))[40:90], np.full((50, 128), 5, np.float32))
    whole = Geometry.from_fits(trim='[1:6,1:4]')
    assert list(places(whole)) == [''] and scales(whole) == {'': 1.0}
    assert np.array_equal(np.asarray(scaled_parts(None, whole, {'': 2.0})), np.full((4, 6), 2, np.float32))
    place = places(geometry)['C10']
    assert np.array_equal(np.asarray(part_of(image, place)), image[place.slices])


def test_gain_and_read_noise_of_each_amplifier(rng):
    flats = [(exposure(rng, 30000)[0], exposure(rng, 31000)[0]) for _ in range(3)]
    biases = [(exposure(rng, 0)[0], exposure(rng, 0)[0])]
    geometry = exposure(rng, 0)[1]
    found = tech_data(flats, biases, geometry)
    for name, gain in zip(NAMES, GAINS, strict=True):
        heard = 1 + 3 * COEFFICIENT * gain / np.mean(GAINS)  # ghosts add to the level and not to its noise
        assert found.gains[name] == pytest.approx(gain * heard, rel=0.03)
        assert found.read_noises[name] == pytest.approx(READ_NOISE, rel=0.05)
    electrons = np.asarray(scaled_parts(flats[0][0], geometry, {
        name: gain / scales(geometry)[name] for name, gain in found.gains.items()}))
    assert np.median(electrons) == pytest.approx(30000, rel=0.03)


def test_a_broken_amplifier_is_left_out_and_no_pairs_are_an_error(rng):
    flats, biases = [(exposure(rng, 30000)[0], exposure(rng, 30000)[0])], [(exposure(rng, 0)[0], exposure(rng, 0)[0])]
    for image in (*flats[0], *biases[0]):
        image[DETECTOR.part(2)] = np.nan
    geometry = exposure(rng, 0)[1]
    assert set(tech_data(flats, biases, geometry).gains) == set(NAMES) - {'C10'}
    with pytest.raises(ParameterError, match='take more of them'):
        tech_data(flats, [], geometry)
    with pytest.raises(ParameterError, match='no amplifier has light'):
        tech_data(biases, biases, geometry)


def ramp(rng, bend):
    times = [1.0, 2.0, 4.0, 8.0, 12.0, 16.0]
    return [(exposure(rng, 4000 * time, bend)[0], time) for time in (*times, *times)], exposure(rng, 0)[1]


def test_the_polynomial_of_each_amplifier_makes_its_counts_linear(rng):
    flats, geometry = ramp(rng, bend=True)
    found = responses(flats, READ_NOISE / np.mean(GAINS), geometry, 2)
    relative = relative_gains_of(found)
    coefficients = {name: one.coefficients for name, one in found.items()}
    for name, gain in zip(NAMES, GAINS, strict=True):
        counts = 50000 / gain
        wanted = C1 * counts + C2 * counts**2
        got = sum(number * counts**power for power, number in enumerate(coefficients[name], 1))
        assert got == pytest.approx(wanted, abs=0.003)
        assert relative[name] / relative['C00'] == pytest.approx(gain / GAINS[0], rel=0.005)
        assert found[name].saturation is None and found[name].gain == pytest.approx(gain, rel=0.06)
    rates = [np.median(np.asarray(linearised_parts(first, geometry, coefficients))) / time for first, time in flats]
    bent = [np.median(first) / time for first, time in flats]
    assert max(rates) / min(rates) < 1.004 < 1.01 < max(bent) / min(bent)
    untouched = np.asarray(linearised_parts(flats[0][0], geometry, {}))
    assert np.array_equal(untouched, flats[0][0])


def test_the_saturation_level_is_where_the_ramp_stops_to_rise():
    times = np.arange(1.0, 21)
    assert saturation_level(np.minimum(3000 * times, 40000), times) == pytest.approx(39000)
    assert saturation_level(3000 * times, times) is None
    assert saturation_level(np.zeros(3), [1.0, 2, 3]) is None
