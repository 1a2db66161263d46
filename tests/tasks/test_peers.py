"""What other systems get wrong."""

import json
import os
import subprocess
import sys

import pytest

from awlike.context import context
from awlike.database.sessions import database
from awlike.frames.bias import BiasFrame
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.hot_pixels import HotPixelsTask
from awlike.recipes.reduced import ReduceTask
from tests import paper
from tests.planning.test_reasons import replace_bias
from tests.tasks.conftest import make_on_paper


def newest():
    """The digests of the reduced frames made last, by raw frame."""
    return {red.raw: red.digest for red in ReducedScienceFrame.select_all().order_by('creation_date')}


def test_a_changed_parameter_is_not_ignored_because_an_output_exists(reduced):
    """As LSST --skip-existing does."""
    old = newest()
    task = ReduceTask('OMEGACAM', commit=True, pars={'ReducedScienceFrame.OVERSCAN_CORRECTION': 5})
    assert {step.reason for step in task.plan().to_make} == {'parameters differ'}
    task.execute()
    assert len(task.made) == 5 and all(newest()[raw] != digest for raw, digest in old.items())


def test_a_replaced_calibration_is_not_ignored(reduced):
    """As LSST --skip-existing does."""
    old, new = newest(), replace_bias()
    task = ReduceTask('OMEGACAM', commit=True)
    assert {step.reason for step in task.plan().to_make} == {'better input'}
    task.execute()
    assert all(newest()[raw] != digest for raw, digest in old.items()) and all(red.bias == new for red in task.products)


MODULE = '''
from awlike import BiasFrame, RawBiasFrame
from awlike.products.parameters import FromRawFrames
from awlike.persist.dbobject import Input
from awlike.products.calibration import CalibrationFrame
from awlike.persist.dbobject import attribute
from awlike.tasks.task import Task
import helpers_of_mine

class BiasLevel(CalibrationFrame):
    """The level of the bias."""
    raw_bias_frames = Input(RawBiasFrame, 'raw biases', many=True)
    level = attribute(float, 'level', unit='adu')

    class Parameters(FromRawFrames):
        pass

    @staticmethod
    def make(inputs, params):
        return {'level': helpers_of_mine.level([raw.data for raw in inputs.raw_bias_frames])}

class BiasLevelTask(Task):
    """Measure the level of the bias."""
    target = BiasLevel

    def requests(self):
        return self.one_for_each_night(self.raw_frames(RawBiasFrame))
'''
HELPERS = '''
import numpy as np

def level(frames):
    return middle(np.concatenate([frame.ravel() for frame in frames]))

def middle(values):
    return float(np.median(values))
'''


@pytest.mark.slow
def test_a_helper_module_that_changed_is_noticed(night, home, tmp_path):
    """AiiDA's cache answers with the old value."""
    (home / 'recipes').mkdir()
    (home / 'recipes' / 'level.py').write_text(MODULE)
    helpers = tmp_path / 'mine' / 'helpers_of_mine.py'
    helpers.parent.mkdir()
    helpers.write_text(HELPERS)
    database().close()

    def awe(*words):
        command = [sys.executable, '-c', 'from awlike.cli import main; main()', *words, 'BiasLevel', '--instrument', 'OMEGACAM',
                   '--project', 'TEST']
        done = subprocess.run(command, capture_output=True, text=True, env=os.environ | {'PYTHONPATH': str(helpers.parent)})
        assert done.returncode == 0, done.stderr
        return done.stdout

    awe('run', '--commit')
    helpers.write_text(HELPERS.replace('def middle', '# the middle\ndef middle'))
    assert json.loads(awe('plan', '--json', '--rebuild', 'stale'))[0]['make'] == []
    helpers.write_text(HELPERS.replace('np.median', 'np.mean'))
    made, = json.loads(awe('plan', '--json', '--rebuild', 'stale'))[0]['make']
    assert (made['class'], made['reason']) == ('BiasLevel', 'code differs')
    assert 'the source that makes BiasLevel' in made['detail']


def test_of_a_stale_product_nothing_that_was_made_from_it_is_called_fresh_with_hundreds_of_inputs(project, monkeypatch):
    """As Dagster does."""
    make_on_paper(monkeypatch)
    raws = paper.raws(300, RawBiasFrame, DATE_OBS=paper.START)
    asked = {'pars': {'BiasFrame.MAXIMUM_NUMBER': 300, 'ReadNoise.MAXIMUM_NUMBER': 300}, 'commit': True}
    task = HotPixelsTask('OMEGACAM', **asked)
    task.execute()
    hot, = task.products
    assert len(hot.bias.raw_bias_frames) == 300 and hot.why(pars=asked['pars'])
    assert not HotPixelsTask('OMEGACAM', **asked).plan().to_make
    context.update_is_valid(raws[271], 0)
    for product in (hot, hot.bias, hot.bias.read_noise):
        assert product.why(pars=asked['pars']).reasons[0] == 'invalid ancestor', product
    plan = HotPixelsTask('OMEGACAM', **asked).plan()
    reasons = {step.cls: step.reason for step in plan.to_make}
    assert reasons == dict.fromkeys([ReadNoise, BiasFrame, HotPixelMap], 'invalid ancestor')
    assert str(plan).count(str(raws[271])) == 3


def test_two_that_differ_in_one_of_hundreds_of_inputs_are_not_the_same(project, monkeypatch):
    make_on_paper(monkeypatch)
    raws = paper.raws(300, RawBiasFrame, DATE_OBS=paper.START)
    params = ReadNoise.Parameters()
    keys = {ReadNoise.key_for({'raw_bias_frames': raws[:n] + raws[n + 1:]}, params) for n in range(300)}
    assert len(keys) == 300
