"""Process parameters in force: class, camera, chip, filter, user, the later before the earlier."""

import pytest

from awlike.errors import ParameterError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.cosmics import CosmicMap
from awlike.frames.crosstalk import CrosstalkMatrix
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.planning.parameters_in_force import ParametersInForce, checked, makers, split
from awlike.tasks.pars import Pars

CAMERA = '''
name = "MINE"
telescope = "a telescope"
latitude = 50.0
longitude = 10.0
elevation = 300.0
timezone = 1
[recognised_by]
INSTRUME = "MINE"
[frame_types]
"BIAS" = "bias"
[parameters]
CosmicMap.GAIN = 1.5
"*.OVERSCAN_CORRECTION" = 5
BiasFrame.OVERSCAN_CORRECTION = 8
[overrides.chip2]
CosmicMap.GAIN = 1.7
[overrides.r]
CosmicMap.READ_NOISE = 9.0
CosmicMap.GAIN = 1.6
[overrides.broken]
CosmicMap.GAIN = -1.0
'''


@pytest.fixture
def camera(home):
    folder = home / 'instruments'
    folder.mkdir()
    (folder / 'mine.toml').write_text(CAMERA)
    return 'MINE'


def test_defaults_are_those_of_class_then_camera(camera):
    force = ParametersInForce()
    assert force.get(CosmicMap, 'OMEGACAM').GAIN == 2.5
    params = force.get(CosmicMap, camera)
    assert (params.GAIN, params.READ_NOISE, params.DETECTION_THRESHOLD, params.OVERSCAN_CORRECTION) == (1.5, 5.0, 5.0, 5)
    assert force.get(BiasFrame, camera).OVERSCAN_CORRECTION == 8, 'the class itself goes before "*"'


def test_defaults_differ_by_chip_and_filter(camera):
    force = ParametersInForce()
    assert force.get(CosmicMap, camera, 'chip1', 'g').GAIN == 1.5
    assert force.get(CosmicMap, camera, 'chip1', 'r').GAIN == 1.6
    both = force.get(CosmicMap, camera, 'chip2', 'r')
    assert (both.GAIN, both.READ_NOISE) == (1.7, 9.0), 'the chip goes before the filter'


@pytest.mark.parametrize('name', ['CosmicMap.process_params.GAIN', 'CosmicMap.GAIN'])
def test_what_the_user_says_goes_before_all(camera, name):
    force = ParametersInForce({name: 3})
    assert force.get(CosmicMap, camera, 'chip2', 'r').GAIN == 3.0
    assert force.get(BiasFrame, camera) == ParametersInForce().get(BiasFrame, camera)


@pytest.mark.parametrize(('changes', 'words'), [
    ({'BiasFrame.SIGMA_CLIP': -1}, r'parameters of BiasFrame \(pars BiasFrame.SIGMA_CLIP\): SIGMA_CLIP = -1: .*greater than 0'),
    ({'BiasFrame.OVERSCAN_CORRECTION': 11}, 'OVERSCAN_CORRECTION = 11: .*less than or equal to 10'),
    ({'ReadNoise.MINIMUM_NUMBER': 1}, 'MINIMUM_NUMBER = 1: .*greater than or equal to 2'),
    ({'CosmicMap.READ_NOISE': 0}, 'READ_NOISE = 0: .*greater than 0'),
    ({'BiasFrame.SIGMA_CLIP': 'three'}, "SIGMA_CLIP = 'three': .*valid number"),
    ({'BiasFrame.SIGMA_CLIP': float('nan')}, 'SIGMA_CLIP = nan: .*finite')])
def test_values_out_of_range_are_refused_with_parameter_rule_and_range(changes, words):
    with pytest.raises(ParameterError, match=words):
        ParametersInForce(changes)


def test_default_of_a_camera_out_of_range_is_refused_with_the_place(camera):
    with pytest.raises(ParameterError, match=r'CosmicMap \(MINE broken\): GAIN = -1.0'):
        ParametersInForce().get(CosmicMap, camera, 'broken')


@pytest.mark.parametrize(('name', 'words'), [
    ('BiasFrame.process_params.SIGMA_CLIPP', 'did you mean SIGMA_CLIP'),
    ('BiasFrames.SIGMA_CLIP', 'did you mean BiasFrame'),
    ('RawBiasFrame.EXPTIME', 'RawBiasFrame'),
    ('BiasFrame.process_parms.SIGMA_CLIP', 'BiasFrame'), ('SIGMA_CLIP', 'SIGMA_CLIP')])
def test_misspelt_names_are_refused_with_the_near_ones(name, words):
    with pytest.raises(UnknownAttribute, match=words):
        split(name)


def test_makers_are_all_kinds_on_the_way(home):
    found = makers(ReducedScienceFrame)
    assert found[0] is ReducedScienceFrame and {BiasFrame, ReadNoise, CosmicMap} < set(found)
    assert len(found) == len(set(found))
    assert makers(ReadNoise) == (ReadNoise, CrosstalkMatrix)


def test_checked_makes_whole_numbers_floats_where_floats_are_meant():
    assert checked(BiasFrame, {'SIGMA_CLIP': 3}, 'here').key() == checked(BiasFrame, {'SIGMA_CLIP': 3.0}, 'here').key()


def test_pars_itself_is_refused_with_what_to_give_instead():
    with pytest.raises(ParameterError, match=r'give what Pars\(\.\.\.\)\.get\(\) gives'):
        ParametersInForce(Pars('Reduce', instrument='OMEGACAM'))
