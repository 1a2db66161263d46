"""Quality: limits, their bits, and what verify() and compare() say."""

import math

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.read_noise import ReadNoise
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.products.making import produce
from awlike.products.parameters import limit
from awlike.products.quality import bits
from awlike.query.properties import classes
from tests.frames.conftest import make

PRODUCTS = [cls for cls in classes.values() if hasattr(cls, 'Parameters') and cls.__module__.startswith('awlike.')]


def biased(chain, previous=None, **limits):
    """The bias of `chain` again, held to other limits, after `previous`."""
    return produce(BiasFrame, {'raw_bias_frames': chain.bias.raw_bias_frames, 'read_noise': chain.noise},
                   BiasFrame.Parameters(**limits), previous)


def with_noise(value, **limits):
    """A read noise of that value, made with these limits; nothing of it is measured yet."""
    noise = ReadNoise(read_noise=value, median_diff=0.0)
    noise.process_params = ReadNoise.Parameters(**limits)
    return noise


# --- bits ---

def test_bits_are_what_they_always_were():
    """Archives hold them: a limit keeps its bit, and a new one comes after the others of its kind."""
    assert bits(ReadNoise) == {'MAXIMUM_READ_NOISE': 0, 'MAXIMUM_BIAS_DIFFERENCE': 1, 'MAXIMUM_READ_NOISE_DIFFERENCE': 16}
    assert bits(BiasFrame) == {'MAXIMUM_ABS_MEAN': 0, 'MAXIMUM_STDEV': 1, 'MAXIMUM_SUBWIN_FLATNESS': 2,
                               'MAXIMUM_SUBWIN_STDEV': 3, 'MAXIMUM_STDEV_DIFFERENCE': 16}
    assert bits(classes['GainLinearity']) == {'MINIMUM_GAIN': 0, 'MAXIMUM_GAIN': 1, 'MAXIMUM_LINEARITY_RMS': 2,
                                              'MAXIMUM_NONLINEARITY': 3, 'MAXIMUM_GAIN_DIFFERENCE': 16}
    flat = {'MAXIMUM_SUBWIN_FLATNESS': 0, 'MAXIMUM_NUMBER_OF_OUTLIERS': 1, 'MAXIMUM_SUBWIN_DIFF': 16}
    assert bits(classes['DomeFlatFrame']) == bits(TwilightFlatFrame) == flat
    assert bits(classes['FlatFrame']) == {'MAXIMUM_SUBWIN_DIFF': 16}
    for name, short in (('HotPixelMap', 'HOTPIXEL'), ('ColdPixelMap', 'COLDPIXEL')):
        assert bits(classes[name]) == {f'MAXIMUM_{short}_COUNT': 0, f'MAXIMUM_{short}_COUNT_DIFFERENCE': 16}


@pytest.mark.parametrize('cls', PRODUCTS, ids=lambda cls: cls.__name__)
def test_each_limit_is_a_parameter_that_changes_no_pixels(cls):
    assert bits(cls).keys() <= cls.Parameters.model_fields.keys() and len(cls.LIMITS) <= 16
    assert not bits(cls).keys() & cls.Parameters().key().keys()


def test_each_limit_that_is_missed_sets_its_bit(chain):
    for names in ((), ('MAXIMUM_ABS_MEAN',), ('MAXIMUM_STDEV', 'MAXIMUM_SUBWIN_STDEV'), tuple(BiasFrame.LIMITS)):
        bias = biased(chain, **dict.fromkeys(names, 1e-9))
        assert [one.name for one in bias.missed_limits()] == list(names)
        assert bias.quality_flags == sum(1 << bits(BiasFrame)[name] for name in names)


@pytest.mark.parametrize(('value', 'good'), [(10, True), (11, False), (float('nan'), False), (float('inf'), False),
                                               (None, False)])
def test_limit_is_kept_up_to_its_very_value_and_by_numbers_alone(value, good):
    assert bool(with_noise(value, MAXIMUM_READ_NOISE=10).verify()) is good


def test_minimum_is_a_limit_from_below(monkeypatch):
    class Parameters(ReadNoise.Parameters):
        MINIMUM_READ_NOISE: float = limit(3.0, 'the read noise is at least', unit='adu')

    monkeypatch.setattr(ReadNoise, 'LIMITS', {'MINIMUM_READ_NOISE': lambda noise: noise.read_noise})
    monkeypatch.setattr(ReadNoise, 'Parameters', Parameters)
    assert [with_noise(n).verify().flags for n in (2, 3, 4)] == [1, 0, 0]


# --- what is said ---

def test_a_missed_limit_says_value_and_limit(chain):
    bias = biased(chain, MAXIMUM_STDEV=0.1)
    stdev = bias.quality['MAXIMUM_STDEV']
    assert str(bias.missed_limits()) == f'[MAXIMUM_STDEV: {stdev:.6g} adu, limit 0.1]'
    assert str(bias.verify()).splitlines()[1] == f'MAXIMUM_STDEV: {stdev:.6g} adu, limit 0.1, missed'


def test_what_was_measured_stays_with_the_product_and_verify_finds_it_again(chain):
    for product in (chain.noise, chain.bias, chain.hot, chain.twilight, chain.cold):
        found = product.verify()
        assert found and found.flags == product.quality_flags == 0 and product.missed_limits() == []
        assert {one.name: one.value for one in found.held} == product.quality
        assert product.quality.keys() == type(product).LIMITS.keys()


def test_measures_of_a_bias(chain):
    data, quality = chain.bias.data.astype(float), chain.bias.quality
    assert quality['MAXIMUM_ABS_MEAN'] == pytest.approx(abs(np.mean(data[np.abs(data) < 3])), abs=0.02)
    assert quality['MAXIMUM_STDEV'] == pytest.approx(np.std(data[np.abs(data) < 3]), rel=0.05)
    assert quality['MAXIMUM_STDEV'] < quality['MAXIMUM_SUBWIN_STDEV'] < 2 * quality['MAXIMUM_STDEV']


def test_a_flat_without_light_in_a_corner_misses_its_limits(chain, monkeypatch):
    inputs = {role: getattr(chain.twilight, role) for role in TwilightFlatFrame.inputs()}
    dark = chain.twilight.data.copy()
    dark[:12, :10], dark[50, 50] = 0, np.nan
    monkeypatch.setattr(TwilightFlatFrame, 'make', staticmethod(lambda inputs, params: {'data': dark}))
    flat = produce(TwilightFlatFrame, inputs, TwilightFlatFrame.Parameters(MAXIMUM_NUMBER_OF_OUTLIERS=90), chain.twilight)
    assert flat.quality_flags == 1 << 0 | 1 << 1 | 1 << 16
    assert flat.quality['MAXIMUM_NUMBER_OF_OUTLIERS'] == 96 + 1, 'the dead column, and what is not a number'
    assert flat.quality['MAXIMUM_SUBWIN_FLATNESS'] == pytest.approx(1, abs=0.01)


def test_what_cannot_be_measured_is_missed_and_told(chain, monkeypatch):
    nothing = np.full((20, 20), np.nan, np.float32)
    monkeypatch.setattr(BiasFrame, 'make', staticmethod(lambda inputs, params: {'data': nothing}))
    bias = biased(chain)
    assert bias.quality_flags == 0b1111 and set(bias.quality.values()) == {None}
    assert str(bias.missed_limits()[1]) == 'MAXIMUM_STDEV: nan adu, limit 10'


def test_what_older_versions_made_tells_what_it_missed(chain):
    bias = biased(chain)
    bias.quality, bias.quality_flags = None, 2
    assert [one.name for one in bias.missed_limits()] == ['MAXIMUM_STDEV'] and math.isnan(bias.missed_limits()[0].value)
    bias.process_parameters = bias.quality_flags = None
    assert bias.missed_limits() == []


# --- comparing ---

@pytest.mark.parametrize(('now', 'before', 'good'), [(2, 3, True), (3, 2, True), (2, 3.5, False), (3.5, 2, False)])
def test_change_counts_either_way(now, before, good):
    compared = with_noise(now, MAXIMUM_READ_NOISE_DIFFERENCE=1).compare(with_noise(before))
    assert bool(compared) is good and compared.flags == (0 if good else 1 << 16)
    assert [one.value for one in compared.held] == [abs(now - before)]


def test_change_since_the_one_before_sets_its_bit_and_is_told(chain):
    noisy = biased(chain)
    noisy.quality = {'MAXIMUM_STDEV': 23.0}
    bias = biased(chain, noisy)
    assert bias.quality_flags == 1 << 16
    change = 23 - bias.quality['MAXIMUM_STDEV']
    assert str(bias.missed_limits()) == f'[MAXIMUM_STDEV_DIFFERENCE: {change:.6g} adu, limit 10]'
    assert str(bias.compare(noisy)).endswith(f'limit 10, missed\ncompared with {noisy}')


def test_the_one_before_is_no_part_of_content_or_identity(chain):
    first, second = biased(chain), biased(chain, chain.bias)
    assert first.digest == second.digest and first.reuse_key == second.reuse_key
    assert chain.bias.object_id not in second.ancestors().ids
    assert 'MAXIMUM_STDEV_DIFFERENCE' in second.quality and 'MAXIMUM_STDEV_DIFFERENCE' not in first.quality


def test_flats_of_another_light_are_told_apart(chain):
    other = make(TwilightFlatFrame, raw_twilight_flat_frames=chain.twilight.raw_twilight_flat_frames, bias=chain.bias,
                 hot=chain.hot)
    assert chain.twilight.compare(other).held[0].value == 0
    other._data = other.data * np.linspace(1, 3, 80, dtype=np.float32)
    assert chain.twilight.compare(other).flags == 1 << 16 and chain.flat.compare(chain.flat)


def test_only_the_like_are_compared(chain):
    with pytest.raises(ParameterError, match='is compared with another BiasFrame, not with'):
        chain.bias.compare(chain.hot)


def test_what_has_no_limits_says_so(chain):
    assert chain.reduced.verify() and str(chain.reduced.verify()).startswith('nothing is measured: it has no such limits')


def test_info_shows_each_value_with_its_limit(chain, capsys):
    bias = biased(chain, chain.bias, MAXIMUM_STDEV=0.1)
    bias.info()
    lines = capsys.readouterr().out.split('\nquality\n')[1].splitlines()
    told = {words[0]: ' '.join(words[1:]) for words in map(str.split, lines) if words}
    assert told['quality_flags'] == '2 (MAXIMUM_STDEV)' and told['MAXIMUM_STDEV'].endswith('adu, limit 0.1 MISSED')
    assert told['MAXIMUM_ABS_MEAN'].endswith('adu, limit 10') and told['compared'] == f'with {chain.bias}'


def test_count_of_a_map_is_held_to_its_limit(chain):
    hot = make(HotPixelMap, HotPixelMap.Parameters(MAXIMUM_HOTPIXEL_COUNT=0), bias=chain.bias)
    assert str(hot.missed_limits()) == f'[MAXIMUM_HOTPIXEL_COUNT: {hot.count} pixel, limit 0]'


# --- unknown values ---

def test_a_value_that_is_unknown_misses_its_limit_and_raises_nothing():
    noise = ReadNoise(read_noise=2.0)
    noise.process_params = ReadNoise.Parameters()
    assert noise.median_diff is None and [one.name for one in noise.verify().missed] == ['MAXIMUM_BIAS_DIFFERENCE']


@pytest.mark.parametrize(('name', 'known'), [
    ('PSFModel', {'check_number': 3}), ('AstrometricParameters', {'NREF': 12}), ('DarkFrame', {}),
    ('ApertureCorrection', {}), ('PhotometricParameters', {}), ('SourceList', {}), ('IlluminationCorrection', {})])
def test_a_measurement_that_got_little_is_judged(name, known):
    made = classes[name](**known)
    made.process_params = classes[name].Parameters()
    assert made.verify().held is not None
