"""The package that users install has all that is in the tree."""

import ast
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / 'pyproject.toml').read_text())
ROOMS = [*sorted((ROOT / 'awlike').rglob('__init__.py')), ROOT / 'recipes/__init__.py']


def test_every_package_is_listed():
    """An editable install finds a package that is not listed; the one that users get does not."""
    listed = PROJECT['tool']['setuptools']['packages']
    there = {'.'.join(path.relative_to(ROOT).parent.parts) for path in (ROOT / 'awlike').rglob('__init__.py')}
    assert set(listed) == there | {'awlike.recipes'} and listed == sorted(listed)


def test_every_folder_of_modules_is_a_package():
    """A folder without `__init__.py` is importable in the tree and absent from what users install."""
    folders = {path.parent for path in (ROOT / 'awlike').rglob('*.py') if 'migrations/versions' not in str(path)}
    assert folders == {path.parent for path in ROOMS if path.is_relative_to(ROOT / 'awlike')}


@pytest.mark.parametrize('path', ROOMS, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_every_room_says_what_it_holds(path):
    text = ast.get_docstring(ast.parse(path.read_text()))
    assert text and text.partition('\n')[0].endswith('.')


def test_every_room_has_its_floor():
    """The contract of the layers names each room and each module of awlike, but for those that stand above all."""
    layers = PROJECT['tool']['importlinter']['contracts'][0]['layers']
    named = {name.strip().strip('()').removeprefix('awlike.') for layer in layers for name in layer.split('|')}
    there = {path.stem for path in (ROOT / 'awlike').iterdir() if path.suffix == '.py' or (path / '__init__.py').is_file()}
    assert there - {'__init__', '__main__'} <= named


def test_types_are_part_of_the_package():
    """Without the marker `py.typed` no type checker reads the types of an installed awlike."""
    assert 'py.typed' in PROJECT['tool']['setuptools']['package-data']['awlike']
    assert (resources.files('awlike') / 'py.typed').is_file()


def test_the_versions_of_the_environment_are_exact():
    """A fresh environment of next year is that of today."""
    pins = [line for line in (ROOT / 'constraints.txt').read_text().splitlines() if not line.startswith('#')]
    assert len(pins) > 100 and all('==' in pin and '/' not in pin for pin in pins)
    names = {pin.partition('==')[0].lower().replace('_', '-') for pin in pins}
    assert 'awlike' not in names and {'numpy', 'photutils', 'pyrefly', 'ruff', 'pytest-cov', 'pre-commit'} <= names


def test_the_command_is_there_without_a_path_to_it(home):
    """In a notebook, say, of which the environment is not activated."""
    (home / 'script.py').write_text('print(ReduceTask.step())')
    done = subprocess.run([sys.executable, '-m', 'awlike', 'script.py'], capture_output=True, text=True, cwd=home)
    assert (done.returncode, done.stdout, done.stderr) == (0, 'Reduce\n', '')
