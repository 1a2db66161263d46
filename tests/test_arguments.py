"""Wrong arguments of what people type are told in a line; help stays as it is."""

import inspect

import pytest

from awlike import BiasFrame, BiasTask, Pars, ReduceTask, ingest
from awlike.errors import ParameterError


@pytest.mark.parametrize(('call', 'message'), [
    (lambda: ReduceTask(instrumnt='OMEGACAM'), r"ReduceTask has no argument 'instrumnt' \(did you mean instrument\?\): it has"),
    (lambda: BiasTask(), 'a task needs the name of the camera, instrument="...", or frames='),
    (lambda: BiasFrame.select(chp='A'), r"Frame.select has no argument 'chp' \(did you mean chip\?\)"),
    (lambda: Pars('Reduce'), "Pars: missing a required argument: 'instrument'"),
    (lambda: ingest('a', 'copy', 'BiasFrame', None, None, 3),
     'ingest: too many positional arguments; it has paths, how, as_, instrument, facts'),
    (lambda: ReduceTask('OMEGACAM').execute(commit=True),
     r"Task.execute has no argument 'commit': give it to ReduceTask, as in ReduceTask\(..., commit=...\)"),
    (lambda: ReduceTask('OMEGACAM').execute(comit=True), "Task.execute has no argument 'comit': it has none"),
    (lambda: ReduceTask.execute(), r'Task.execute\(\) is called of an object, as in Task\(...\).execute\(\)'),
])
def test_a_wrong_call_names_what_there_is(call, message):
    with pytest.raises(ParameterError, match=message):
        call()


def test_signature_and_help_stay():
    assert list(inspect.signature(ReduceTask).parameters)[:2] == ['instrument', 'date']
    assert inspect.signature(ingest).parameters['how'].default == 'copy' and 'Ingest raw files' in ingest.__doc__


def test_an_error_within_is_left_alone(project):
    with pytest.raises(TypeError, match='NoneType'):
        ingest(None)
