"""The names that users have."""

import subprocess
import sys

import awlike
from awlike.names import at_the_prompt

RECIPE = '''
"""Bias, our way."""
from awlike.recipes.bias import BiasTask as Standard
from awlike.tasks.task import Task

class BiasTask(Task):
    """Bias, our way."""
    target = Standard.target
    requests = Standard.requests

class OursTask(BiasTask):
    """Something of ours."""
'''

KIND = '''
"""A frame of our own."""
from awlike.frames.bias import BiasFrame
from awlike.persist.dbobject import Input
from awlike.products.calibration import CalibrationFrame
from awlike.tasks.task import Task

class OurFrame(CalibrationFrame):
    """A frame of our own."""
    bias = Input(BiasFrame, 'what it is made from')

class OursTask(Task):
    """A task of our own."""
    target = OurFrame
'''


def test_star_gives_classes_tasks_and_what_else_one_types():
    names = {}
    exec('from awlike import *', names)
    assert set(awlike.__all__) <= set(names)
    assert {'RawScienceFrame', 'ReducedScienceFrame', 'BiasFrame', 'Instrument', 'Filter', 'Project', 'ReduceTask',
            'BiasTask', 'Pars', 'context', 'ingest', 'simulate', 'AwlikeError'} <= set(names)
    exec('from datetime import datetime\nfrom awlike import *\ndatetime(2012, 6, 1)', names)


def test_every_name_says_what_it_is():
    for name in awlike.__all__:
        assert (getattr(awlike, name).__doc__ or '').strip(), f'{name} has no docstring'


def test_what_errors_name_for_help_is_at_hand():
    assert 'name = "ASPEN"' in eval('awlike.cameras.described.__doc__', at_the_prompt())


def test_recipes_of_ones_own_are_at_the_prompt_in_place_of_the_standard_ones(home, caplog):
    assert at_the_prompt()['BiasTask'] is awlike.BiasTask
    (home / 'recipes').mkdir()
    (home / 'recipes/bias.py').write_text(RECIPE)
    names = at_the_prompt()
    assert names['BiasTask'].__doc__.startswith('Bias, our way.') and names['OursTask'].__name__ == 'OursTask'
    assert f'{home}/recipes/bias.py stands for the standard recipe Bias' in caplog.text


def test_a_kind_of_frame_in_ones_own_recipes_is_at_the_prompt(home):
    (home / 'recipes').mkdir()
    (home / 'recipes/ours.py').write_text(KIND)
    names = at_the_prompt()
    assert names['OurFrame'].inputs()['bias'].target is awlike.BiasFrame and names['OursTask'].target is names['OurFrame']
    assert 'OurFrame' not in awlike.__all__


def test_the_names_come_without_kernels_and_libraries_that_load_slowly():
    slow = 'numba', 'scipy', 'astropy', 'matplotlib', 'dask'
    script = f'import awlike.names, sys; print(*sys.modules.keys() & {set(slow)!r})'
    said = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True, check=True)
    assert said.stdout.split() == []
