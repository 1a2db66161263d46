"""Ghosts of other chips of the exposure: subtracted where a table says how strong they are, with those chips in the lineage."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits

from awlike.context import context
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.ingest import ingest
from awlike.planning.compare import parameters_differ
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.simulate import simulate

VICTIM, SOURCE, COEFFICIENT = 'ESO_CCD_#65', 'ESO_CCD_#66', 2e-3
TABLE = {'ReducedScienceFrame.CHIP_CROSSTALK': {SOURCE: COEFFICIENT}}


@pytest.fixture(scope='module')
def two_chips(tmp_path_factory):
    """Raw files of two chips; the first hears the second in the science exposures."""
    files = simulate(tmp_path_factory.mktemp('two') / 'raw', chips=2, shape=(128, 96), seed=4)
    for path in files:
        with fits.open(path, mode='update') as hdus:
            if hdus[0].header['ESO DPR CATG'] == 'SCIENCE':
                victim, source = (hdus[name].data.astype(float) for name in (VICTIM, SOURCE))
                hdus[VICTIM].data = np.rint(victim + COEFFICIENT * (source - 230)).clip(0, 65535).astype(np.uint16)
                for keyword in ('CHECKSUM', 'DATASUM'):
                    hdus[VICTIM].header.pop(keyword, None)
    return files


@pytest.fixture
def night_of_two(project, two_chips):
    ingest(two_chips, how='refer')


def reduce_one(pars=None):
    raw = (RawScienceFrame.chip.name == VICTIM)[0]
    task = ReduceTask('OMEGACAM', raw_filenames=raw.filename, pars=pars, commit=True)
    task.execute()
    return task.products[0], task


def ghost_left(red):
    """By how much of the other chip the image follows it where that is bright and the image itself is sky."""
    other = (RawScienceFrame.chip.name == SOURCE) & (RawScienceFrame.DATE_OBS == red.DATE_OBS)
    raw = other.one()
    source = raw.data[raw.geometry.trim.slices].astype(float) - 230
    sky, sigma = np.median(red.data), 1.5 * np.median(np.abs(red.data - np.median(red.data)))
    use = (source > 20000) & (np.abs(red.data - sky) < 8 * sigma + COEFFICIENT * 65000) & (red.weight.data > 0)
    assert use.sum() > 5
    return np.median((red.data - sky)[use] / source[use])


def test_a_ghost_is_subtracted_and_what_caused_it_is_an_input(night_of_two):
    plain, _ = reduce_one()
    assert not plain.crosstalk_frames and ghost_left(plain) == pytest.approx(COEFFICIENT, rel=0.3)
    red, task = reduce_one(TABLE)
    source, = red.crosstalk_frames
    assert (source.chip.name, source.DATE_OBS) == (SOURCE, red.raw.DATE_OBS) and source in red.ancestors()
    assert abs(ghost_left(red)) < 0.3 * COEFFICIENT
    assert 'CHIP_CROSSTALK' in str(task._plan) and red.why(TABLE) and red.reproduce().identical


def test_an_invalid_source_makes_the_product_invalid(night_of_two):
    red, _ = reduce_one(TABLE)
    context.update_is_valid(red.crosstalk_frames[0], 0)
    assert red.why(TABLE).reasons[0] == 'invalid ancestor'
    step, = ReduceTask('OMEGACAM', raw_filenames=red.raw.filename, pars=TABLE).plan().targets
    assert 'ESO_CCD_#66' in step.without['crosstalk_frames'] and 'crosstalk_frames' not in step.inputs


@pytest.mark.slow
def test_tables_are_of_one_chip_alone_by_the_description_of_the_camera(night_of_two, monkeypatch):
    from awlike.cameras.known import camera
    monkeypatch.setitem(camera('OMEGACAM').overrides, VICTIM, {'*.CHIP_CROSSTALK': {SOURCE: COEFFICIENT}})
    ReduceTask('OMEGACAM', commit=True).execute()
    for red in ReducedScienceFrame.select_all():
        assert len(red.crosstalk_frames) == (red.chip.name == VICTIM) == len(red.weight.cosmic.crosstalk_frames)


def test_a_chip_does_not_hear_itself(night_of_two):
    step, = ReduceTask('OMEGACAM', raw_filenames=(RawScienceFrame.chip.name == VICTIM)[0].filename,
                       pars={'ReducedScienceFrame.CHIP_CROSSTALK': {VICTIM: 0.5}}).plan().targets
    assert 'its own CHIP_CROSSTALK' in step.without['crosstalk_frames']


def test_a_table_that_was_taken_away_no_longer_holds(night_of_two):
    task = BiasTask('OMEGACAM', chip=VICTIM, pars={'BiasFrame.CROSSTALK': {'A': {'B': 0.1}}})
    step = task.plan().targets[0]
    made_with = SimpleNamespace(process_parameters=step.params.model_dump(), imported=None)
    assert parameters_differ(step, made_with) is None
    without = BiasTask('OMEGACAM', chip=VICTIM).plan().targets[0]
    assert 'CROSSTALK' in parameters_differ(without, made_with).detail
