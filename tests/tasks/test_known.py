"""Recipes: the standard ones, and those of a user that stand for them."""

import importlib.util
import logging
from pathlib import Path

import pytest

import awlike.recipes
from awlike.errors import NotFound, UnknownAttribute
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.tasks.known import standard_tasks, task_class, tasks
from awlike.tasks.pars import Pars

MINE = '''
from awlike.recipes.reduced import ReduceTask as Standard
from awlike.frames.raw import RawScienceFrame


class ReduceTask(Standard):
    """Reduce the first frame alone."""

    def requests(self):
        return self.one_for_each(self.raw_frames(RawScienceFrame)[:1])
'''


@pytest.fixture
def folder(home):
    """The user's folder of recipes."""
    folder = home / 'recipes'
    folder.mkdir()
    return folder


@pytest.mark.parametrize('task', standard_tasks().values(), ids=lambda task: task.__name__)
def test_each_standard_recipe_has_a_target_and_says_what_it_does(task):
    assert issubclass(task.target, ProcessTarget)
    assert bool(task.of) != (task.requests.__qualname__ == f'{task.__name__}.requests'), 'it says what it is asked for, once'
    assert task.__name__ == task.step() + 'Task'
    first = task.__doc__.splitlines()[0]
    assert first.endswith('.') and 'Parameters\n' in task.__doc__ and 'raw_filenames' in task.__doc__ and 'pars' in task.__doc__


def test_there_is_a_recipe_for_each_kind_of_product():
    products = {cls for cls in classes.values() if issubclass(cls, ProcessTarget) and cls.make is not ProcessTarget.make and
                cls.__module__.startswith('awlike.')}
    ensembles = {link.target for cls in products for link in cls.inputs().values() if link.of_ensemble}
    assert {task.target for task in standard_tasks().values()} | ensembles == products
    assert {cls.__name__ for cls in ensembles} == {'GAstrometric', 'GPhotometric'}


def test_each_recipe_file_is_a_docstring_and_one_task():
    for path in Path(awlike.recipes.__path__[0]).glob('[!_]*.py'):
        module = importlib.import_module(f'awlike.recipes.{path.stem}')
        assert module.__doc__ and sum(hasattr(value, 'target') and value.__module__ == module.__name__
                                      for value in vars(module).values()) == 1


def test_a_task_is_found_by_its_step_or_its_name(home):
    assert task_class('Reduce') is task_class('ReduceTask') is standard_tasks()['Reduce']
    with pytest.raises(UnknownAttribute, match="awlike has no step 'Reduse': did you mean Reduce"):
        task_class('Reduse')


def test_importing_recipes_under_another_name_is_refused():
    path = Path(awlike.recipes.__path__[0]) / '__init__.py'
    spec = importlib.util.spec_from_file_location('recipes', path)
    with pytest.raises(ImportError, match="awlike.recipes; imported as 'recipes' their classes would exist twice"):
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


def test_a_users_recipe_stands_for_the_standard_one_and_a_line_says_so(folder, caplog):
    (folder / 'reduce.py').write_text(MINE)
    with caplog.at_level(logging.WARNING, 'awlike'):
        mine = task_class('Reduce')
    assert mine is not standard_tasks()['Reduce'] and mine.__doc__.startswith('Reduce the first frame alone.')
    assert caplog.messages == [f'{folder / "reduce.py"} stands for the standard recipe Reduce']
    assert set(tasks()) == set(standard_tasks())


def test_a_users_recipe_does_what_it_says(night, folder):
    (folder / 'reduce.py').write_text(MINE)
    task = task_class('Reduce')('OMEGACAM')
    assert len(task.plan().targets) == 1
    assert Pars('Reduce', instrument='OMEGACAM').get() == {}


def test_a_recipe_under_a_new_name_comes_on_top(folder, caplog):
    (folder / 'first.py').write_text(MINE.replace('class ReduceTask', 'class ReduceFirstTask'))
    assert set(tasks()) == set(standard_tasks()) | {'ReduceFirst'} and not caplog.messages


def test_a_recipe_is_read_again_when_it_was_edited(folder):
    (folder / 'reduce.py').write_text(MINE)
    first = task_class('Reduce')
    assert task_class('Reduce') is first
    (folder / 'reduce.py').write_text(MINE.replace('the first frame', 'the very first frame'))
    assert task_class('Reduce').__doc__.startswith('Reduce the very first frame alone.')
    (folder / 'reduce.py').unlink()
    assert task_class('Reduce') is standard_tasks()['Reduce']


def test_a_recipe_keeps_its_digest_when_it_is_edited_back(folder):
    (folder / 'reduce.py').write_text(MINE + '# one\n')
    first = task_class('Reduce')
    (folder / 'reduce.py').write_text(MINE.replace('[:1]', '[:2]'))
    second = task_class('Reduce').recipe()
    (folder / 'reduce.py').write_text(MINE + '# one\n')
    assert task_class('Reduce') is first and first.recipe() != second
    (folder / 'reduce.py').write_text(MINE)
    assert task_class('Reduce').recipe() == first.recipe()


def test_a_recipe_that_cannot_be_read_is_named(folder):
    (folder / 'broken.py').write_text('import no_such_module\n')
    with pytest.raises(NotFound, match='broken.py cannot be read: ModuleNotFoundError.*Mend it, or move it away'):
        tasks()
