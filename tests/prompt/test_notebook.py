"""A notebook after ``%load_ext awlike``."""

import logging
import sys

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@pytest.fixture
def notebook(home, monkeypatch, caplog):
    """A shell such as notebooks have, with awlike loaded."""
    monkeypatch.setattr(sys, 'displayhook', sys.displayhook)
    caplog.set_level(logging.NOTSET, 'awlike')  # it is set below, and again as it was at the end
    shell = InteractiveShell(config=Config({'HistoryManager': {'enabled': False}}))
    shell.run_line_magic('load_ext', 'awlike')
    return shell


def test_a_notebook_shows_the_names_that_one_made_oneself(notebook):
    notebook.run_cell('mine = 1')
    assert notebook.run_line_magic('who_ls', '') == ['mine']


def test_a_notebook_is_told_what_was_done(notebook, night, caplog):
    notebook.run_cell("BiasTask(instrument='OMEGACAM').execute()")
    assert caplog.messages == ['BiasTask: 2 made']


def test_in_a_notebook_tab_follows_links(notebook):
    with provisionalcompleter(), notebook.builtin_trap:
        found = {one.text for one in notebook.Completer.completions('RawScienceFrame.chip.na', 23)}
    assert found == {'.name'}


def test_a_recipe_written_in_a_notebook_is_there_after_reload(notebook, home):
    (home / 'recipes').mkdir()
    (home / 'recipes/mine.py').write_text('from awlike.recipes.bias import BiasTask as Standard\n'
                                          'class MineTask(Standard):\n    """Mine."""\n')
    notebook.run_line_magic('reload_ext', 'awlike')
    assert notebook.user_ns['MineTask'].step() == 'Mine'
