"""An error in a recipe or a class of frames of one's own tells its file and line, wherever it is shown."""

import itertools
import sys

import pytest

from awlike.config import settings
from awlike.errors import AwlikeError, NotFound, ParameterError, ProcessingError
from awlike.tasks.known import task_class, tasks
from awlike.tasks.own_code import place_in_own_code, placed, told
from tests.cli.conftest import awe  # noqa: F401
from tests.prompt.conftest import shell  # noqa: F401

RECIPE = '''
from awlike.declare import CalibrationFrame, Input, Task
from awlike.frames.bias import BiasFrame


class StumblingFrame(CalibrationFrame):
    """A frame whose make stumbles."""
    bias = Input(BiasFrame, 'what it is made from')

    @staticmethod
    def make(inputs, params):
        pixels = inputs.bias.data
        return {'data': pixels.reshape(3, 5)}  # the line that stumbles


class StumblingTask(Task):
    """Make it."""
    target = StumblingFrame

    def requests(self):
        from awlike.frames.raw import RawBiasFrame
        return self.one_for_each_night(self.raw_frames(RawBiasFrame))


class RefusingTask(StumblingTask):
    """Refuse all."""
    def requests(self):
        from awlike.errors import ParameterError
        raise ParameterError('the moon is up')  # the line that refuses
'''
LINE = {what: next(n for n, line in enumerate(RECIPE.splitlines(), 1) if f'the line that {what}' in line)
        for what in ('stumbles', 'refuses')}
NUMBERS = itertools.count()


@pytest.fixture
def recipe(night):
    """A recipe of the user's whose frame fails, for a night."""
    folder = settings().recipe_folder
    folder.mkdir()
    number = next(NUMBERS)  # a process knows one class of a name
    (folder / 'stumbling.py').write_text(RECIPE.replace('StumblingFrame', f'Stumbling{number}Frame'))


def test_it_is_in_the_error_of_the_task(recipe):
    place = rf'ValueError: cannot reshape array .* \(recipe stumbling.py, line {LINE["stumbles"]}\)'
    with pytest.raises(ProcessingError, match=place):
        task_class('Stumbling')('OMEGACAM', commit=True).execute()


def test_it_is_at_the_command_line(recipe, awe):  # noqa: F811
    status, _, said = awe('run', 'Stumbling', '--instrument', 'OMEGACAM', '--project', 'TEST', '--commit')
    assert status == 1 and f'(recipe stumbling.py, line {LINE["stumbles"]})' in said
    status, _, said = awe('plan', 'Refusing', '--instrument', 'OMEGACAM')
    assert (status, said) == (2, f'awe: the moon is up (recipe stumbling.py, line {LINE["refuses"]})\n')


def test_it_is_at_the_prompt(recipe, shell, capsys):  # noqa: F811
    shell.user_ns['RefusingTask'] = tasks()['Refusing']
    shell.run_cell('RefusingTask("OMEGACAM").plan()')
    assert capsys.readouterr().out == f'ParameterError: the moon is up (recipe stumbling.py, line {LINE["refuses"]})\n'
    shell.run_cell('context.set_project("NONE")')
    assert 'line' not in capsys.readouterr().out, 'who typed it knows where'


def test_a_recipe_that_cannot_be_read_tells_the_line(home):
    (home / 'recipes').mkdir()
    (home / 'recipes/typo.py').write_text('from awlike.tasks.task import Task\n\nclass TypoTask(Taks):\n    pass\n')
    with pytest.raises(NotFound, match=r"NameError: name 'Taks' is not defined.* \(recipe typo.py, line 3\)\. Mend it"):
        tasks()


def caught(function) -> Exception:
    with pytest.raises(Exception) as found:
        function()
    return found.value


def test_a_module_of_ones_own_is_told_by_its_path(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'helpers_of_mine.py').write_text('def divide(a, b):\n    return a / b\n')
    import helpers_of_mine
    error = caught(lambda: helpers_of_mine.divide(1, 0))
    assert told(error) == f'ZeroDivisionError: division by zero ({tmp_path}/helpers_of_mine.py, line 2)'
    del sys.modules['helpers_of_mine']


def test_an_error_of_awlike_or_a_library_alone_has_no_place():
    def within_a_library():
        import json
        try:
            json.loads('{')
        except ValueError as error:
            return error.with_traceback(error.__traceback__.tb_next)
    error = within_a_library()
    assert place_in_own_code(error) == '' and told(error).startswith('JSONDecodeError: ') and 'line 1)' not in told(error)
    assert place_in_own_code(ValueError('never raised')) == ''


def test_an_error_of_awlike_keeps_its_class_and_what_it_carries():
    def refuse():
        raise ParameterError('no')
    error = caught(refuse)
    assert placed(error) is error and str(error).startswith('no (') and f'{__file__}, line' in str(error)
    other = placed(caught(lambda: 1 / 0))
    assert type(other) is AwlikeError and isinstance(other.__cause__, ZeroDivisionError)
