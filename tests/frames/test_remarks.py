"""Remarks: declared gain and read noise beside those that frames show."""

import logging

import pytest

from awlike.frames.cosmics import CosmicMap
from awlike.frames.gain import GainLinearity
from awlike.frames.raw import RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.products.declared import declared, disagreements
from awlike.recipes.gain import GainTask
from awlike.recipes.reduced import ReduceTask
from tests.frames.conftest import make


@pytest.mark.parametrize(['gain', 'noise', 'told'], [
    ((2.5, 2.6), (5.0, 5.5), []), ((4.95, 3.65), (None, 5.0), ['gain']), ((2.5, None), (9.0, 5.0), ['read noise']),
    ((1.0, 2.5), (5.0, 12.0), ['gain', 'read noise']), ((0.0, 2.5), (5.0, 0.0), [])])
def test_a_factor_of_a_quarter_is_told(gain, noise, told):
    found = list(disagreements(gain, noise))
    assert [sentence.split(' is ')[0].removeprefix('the declared ') for sentence in found] == told


def test_what_agrees_says_nothing_and_what_differs_is_in_info(chain, detector):
    right = CosmicMap.Parameters(GAIN=2.5, READ_NOISE=5.0)
    inputs = {name: getattr(chain.cosmic, name) for name in ('raw', 'bias', 'flat', 'hot', 'cold', 'saturated')}
    assert make(CosmicMap, right, **inputs).remarks() == []
    wrong = make(CosmicMap, CosmicMap.Parameters(GAIN=2.5, READ_NOISE=11.0), **inputs)
    assert 'the declared read noise is 11 electron, and 5' in str(wrong.facts())
    assert wrong.facts().to_dict()['quality']['remark']['value'].endswith('by Pars')
    assert chain.noise.remarks() == [] and declared(chain.noise, 'gain') == 2.5
    raw = type('Raw', (), {'amplifiers': [{'gain': 4.0}, {'gain': 5.0}]})
    assert declared(chain.noise, 'gain', raw) == 4.5


def test_the_log_tells_it_once_for_all_frames(night, caplog):
    pars = {'CosmicMap.READ_NOISE': 20.0}
    with caplog.at_level(logging.WARNING, 'awlike'):
        ReduceTask('OMEGACAM', pars=pars, commit=True).execute()
    told = [record.getMessage() for record in caplog.records if 'the declared read noise is 20 electron' in record.getMessage()]
    assert len(RawScienceFrame.select_all()) > 1 and len(told) == 1
    assert ReadNoise.select_all()[0].remarks() == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('awlike.frames.gain.declared', lambda *arguments: 5.5)
        GainTask('OMEGACAM', commit=True).execute()
        assert 'the declared gain is 5.5 electron/adu' in str(GainLinearity.select_all()[0].facts())
