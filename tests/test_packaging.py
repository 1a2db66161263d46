"""What is installed is what is there."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def test_every_package_is_listed():
    """An editable install finds a package that is not listed; the one that users get does not."""
    listed = tomllib.loads((ROOT / 'pyproject.toml').read_text())['tool']['setuptools']['packages']
    there = {'.'.join(path.relative_to(ROOT).parent.parts) for path in (ROOT / 'awlike').rglob('__init__.py')}
    assert set(listed) == there | {'awlike.recipes'} and listed == sorted(listed)


def test_the_command_is_there_without_a_path_to_it(home):
    """In a notebook, say, of which the environment is not activated."""
    (home / 'script.py').write_text('print(ReduceTask.step())')
    done = subprocess.run([sys.executable, '-m', 'awlike', 'script.py'], capture_output=True, text=True, cwd=home)
    assert (done.returncode, done.stdout, done.stderr) == (0, 'Reduce\n', '')
