"""The one import of authors: what it has, and that the built-in files do with it."""

import ast
from pathlib import Path

import pytest

import awlike.declare
import awlike.frames
import awlike.instruments
import awlike.recipes

FILES = [path for package in (awlike.frames, awlike.instruments, awlike.recipes)
         for path in sorted(Path(package.__path__[0]).glob('[!_]*.py'))]


def imported(path):
    """The modules of awlike that a file imports when it is imported itself."""
    return {node.module for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.ImportFrom) and node.module.startswith('awlike')}


@pytest.mark.parametrize('path', FILES, ids=lambda path: f'{path.parent.name}/{path.name}')
def test_the_files_of_authors_need_one_import_beside_other_kinds_and_functions_on_pixels(path):
    others = {name for name in imported(path) - {'awlike.declare'}
              if not name.startswith(('awlike.frames.', 'awlike.pixels.', 'awlike.sky.'))}
    assert not others and 'awlike.declare' in imported(path)


def test_it_says_what_each_of_its_names_is_for():
    assert [name for name in awlike.declare.__all__ if f'`{name}`' not in awlike.declare.__doc__] == []
    assert all(hasattr(awlike.declare, name) for name in awlike.declare.__all__)


def test_it_has_no_code():
    tree = ast.parse(Path(awlike.declare.__file__).read_text())
    assert {type(node) for node in tree.body[1:-1]} == {ast.ImportFrom} and isinstance(tree.body[-1], ast.Assign)
