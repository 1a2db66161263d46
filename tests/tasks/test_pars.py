"""Pars: look at the parameters of a task, and change some."""

import pytest

from awlike.errors import ParameterError, UnknownAttribute
from awlike.frames.bias import BiasFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.recipes.reduced import ReduceTask
from awlike.tasks.pars import Pars


@pytest.fixture
def pars(home):
    return Pars('Reduce', instrument='OMEGACAM')


@pytest.mark.parametrize('subject', ['Reduce', 'ReduceTask', ReduceTask, ReducedScienceFrame])
def test_the_subject_is_a_step_a_task_or_a_class(home, subject):
    assert Pars(subject, instrument='OMEGACAM').BiasFrame.process_params.SIGMA_CLIP == 3.0


def test_nothing_was_changed_at_first(pars):
    assert pars.get() == {}


def test_what_was_changed_is_told_by_full_name(pars):
    pars.BiasFrame.process_params.SIGMA_CLIP = 4
    pars.ReducedScienceFrame.process_params.FRINGE_THRESHOLD_HIGH = 6.0
    assert pars.BiasFrame.process_params.SIGMA_CLIP == 4.0
    assert pars.get() == {'BiasFrame.process_params.SIGMA_CLIP': 4.0,
                          'ReducedScienceFrame.process_params.FRINGE_THRESHOLD_HIGH': 6.0}


def test_show_tells_value_unit_range_and_meaning(pars, capsys):
    pars.BiasFrame.process_params.SIGMA_CLIP = 4
    pars.show()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == 'process parameters for OMEGACAM'
    line, = [line for line in lines if 'SIGMA_CLIP' in line and line.startswith(' *')]
    assert '= 4.0' in line and 'read noise' in line and '(> 0)' in line and 'left out' in line
    assert any('OVERSCAN_CORRECTION' in line and '(>= 0, <= 10)' in line for line in lines)
    assert sum(line.startswith(' *') for line in lines) == 1
    assert {'BiasFrame', 'ReadNoise', 'FlatFrame', 'ReducedScienceFrame'} < set(lines)


def test_show_tells_defaults_of_the_place(home):
    assert Pars('Reduce', instrument='OMEGACAM').CosmicMap.process_params.GAIN == 2.5
    assert Pars('Reduce', 'OMEGACAM', chip='ESO_CCD_#65', filter='r_SDSS').CosmicMap.process_params.GAIN == 2.5


def test_tab_completion_offers_what_can_be_set(pars):
    assert 'BiasFrame' in dir(pars) and 'get' in dir(pars)
    assert dir(pars.BiasFrame.process_params) == sorted(BiasFrame.Parameters.model_fields)


@pytest.mark.parametrize(('change', 'error', 'words'), [
    (lambda p: setattr(p.BiasFrame.process_params, 'SIGMA_CLIP', 0), ParameterError, 'SIGMA_CLIP = 0.*greater than 0'),
    (lambda p: setattr(p.BiasFrame.process_params, 'SIGMACLIP', 3), UnknownAttribute, 'did you mean SIGMA_CLIP'),
    (lambda p: setattr(p.BiasFrame, 'SIGMA_CLIP', 3), ParameterError, r'p.BiasFrame.process_params.SIGMA_CLIP = 3'),
    (lambda p: setattr(p, 'BiasFrame', 3), ParameterError, r'p.BiasFrame.process_params.SIGMA_CLIP'),
    (lambda p: p.BiasFram, UnknownAttribute, 'did you mean BiasFrame'),
    (lambda p: p.BiasFrame.process_params.SIGMA, UnknownAttribute, 'SIGMA_CLIP')])
def test_mistakes_are_refused_with_what_to_write(pars, change, error, words):
    with pytest.raises(error, match=words):
        change(pars)
    assert pars.get() == {}


def test_what_has_no_parameters_is_refused(home):
    with pytest.raises(ParameterError, match='has no process parameters: name a task such as "Reduce"'):
        Pars(RawScienceFrame, instrument='OMEGACAM')
    with pytest.raises(UnknownAttribute, match='did you mean Reduce'):
        Pars('Reduc', instrument='OMEGACAM')


def test_a_task_makes_with_what_was_changed(night, pars):
    pars.BiasFrame.process_params.SIGMA_CLIP = 2.5
    task = ReduceTask('OMEGACAM', raw_filenames=RawScienceFrame.select_all()[0].filename, pars=pars.get(), commit=True)
    task.execute()
    bias = BiasFrame.select_all().one()
    assert bias.process_params.SIGMA_CLIP == 2.5 and task.products[0].bias == bias
    assert (BiasFrame.process_params.SIGMA_CLIP == 2.5).one() == bias


def test_what_a_task_hands_down_is_shown_as_it_is_in_force():
    p = Pars('Reduce', instrument='OMEGACAM')
    p.ReducedScienceFrame.process_params.FLAT_FIELD = False
    p.SatelliteMap.process_params.FLAT_FIELD = True
    shown = dict(part.split('\n', 1) for part in str(p).split('\n\n')[1:])
    flat = {name: next(line for line in shown[name].splitlines() if 'FLAT_FIELD' in line).split()[:4]
            for name in ('ReducedScienceFrame', 'WeightFrame', 'CosmicMap', 'SatelliteMap')}
    assert flat == {'ReducedScienceFrame': ['*', 'FLAT_FIELD', '=', 'False'], 'WeightFrame': ['>', 'FLAT_FIELD', '=', 'False'],
                    'CosmicMap': ['>', 'FLAT_FIELD', '=', 'False'], 'SatelliteMap': ['*', 'FLAT_FIELD', '=', 'True']}
    assert set(p.get()) == {'ReducedScienceFrame.process_params.FLAT_FIELD', 'SatelliteMap.process_params.FLAT_FIELD'}
