"""The package that users install has all that is in the tree."""

import ast
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from tests.pip_with_progress import main, show, steps

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


# --- a working copy ---

def test_a_script_beside_a_clone_imports_the_package_rather_than_the_folder(tmp_path):
    (tmp_path / 'awlike').symlink_to(ROOT)
    (tmp_path / 'script.py').write_text('import awlike, awlike.recipes\nfrom awlike import BiasTask\nprint(awlike.__file__)\n')
    for where in (tmp_path, ROOT.parent):
        done = subprocess.run([sys.executable, tmp_path / 'script.py'], capture_output=True, text=True, cwd=where)
        assert Path(done.stdout.strip()) == ROOT / 'awlike/__init__.py', \
            f'{done.stderr}\npip install -e . anew adds the file awlike-clone.pth, by setup.py'


def test_an_environment_is_made_with_progress():
    lines = ['Obtaining file:///x', 'Collecting numpy>=2 (from awlike)', '  Downloading numpy.whl (17 MB)',
             'Collecting scipy', 'Installing collected packages: scipy, numpy', 'Successfully installed']
    assert list(steps(lines, 100)) == [(1, '1 of at most 100 packages: numpy'), (2, '2 of at most 100 packages: scipy'),
                                       (0, 'install 2 packages, which takes a minute')]


@pytest.mark.parametrize('terminal', [True, False])
def test_progress_is_a_line_that_changes_at_a_terminal_and_a_few_lines_elsewhere(capsys, terminal):
    show([(number, f'{number} packages') for number in range(1, 61)], terminal)
    out = capsys.readouterr().out
    assert out.count('\n') == (0 if terminal else 2) and ('\r\x1b[K  60 packages' in out) is terminal


def test_a_failure_of_pip_is_shown(capfd):
    assert main(['no-such-folder-here/']) != 0
    assert 'no-such-folder-here' in capfd.readouterr().out
