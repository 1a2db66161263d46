"""A night in several read-out modes: each mode has its own calibrations, and no frame gets those of another."""

import numpy as np
import pytest

from awlike.context import context
from awlike.errors import ProcessingError
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.ingest import ingest
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.simulate import simulate

MODES = 'slow', 'fast', 'high'


@pytest.fixture
def night(project, tmp_path):
    simulate(tmp_path / 'raw', shape=(128, 64), seed=3, modes=MODES)
    ingest([tmp_path / 'raw'], how='refer')


def test_three_modes_of_a_night_give_three_masters_and_each_frame_gets_its_own(night):
    task = BiasTask('OMEGACAM', commit=True)
    task.execute()
    masters = {bias.setup.name: bias for bias in task.products}
    assert len(masters) == 3 == len(BiasFrame.select_all())
    assert all(len(bias.raw_bias_frames) == 10 for bias in masters.values())
    assert len({bias.digest for bias in masters.values()}) == 3
    names = [(RawScienceFrame.setup.name == mode)[0].filename for mode in masters]
    reduce = ReduceTask('OMEGACAM', raw_filenames=names, commit=True)
    reduce.execute()
    for red in reduce.products:
        assert red.bias == masters[red.raw.setup.name] and red.setup == red.raw.setup == red.flat.setup
        assert red.calibration_levels['bias'] == {'nights': 0, 'level': 'plan', 'note': ''}
        assert np.isfinite(red.imstat.median)


def test_a_mode_without_biases_is_refused_with_the_near_miss(night):
    fast = next(raw.setup for raw in RawBiasFrame.select_all() if 'fast' in raw.setup.name)
    for raw in RawBiasFrame.setup.name == fast.name:
        context.update_is_valid(raw, 0)
    names = [(RawScienceFrame.setup.name == fast.name)[0].filename]
    with pytest.raises(ProcessingError) as told:
        ReduceTask('OMEGACAM', raw_filenames=names).execute()
    assert 'would match but for' in str(told.value) and 'slow instead of fast' in str(told.value)
