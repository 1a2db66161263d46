"""The acceptance scripts, as users run them: with `awe` on the PATH and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / 'shared/acceptance'


@pytest.mark.slow
@pytest.mark.parametrize('name', ['tutorial', 'night', 'lazy'])
def test_acceptance(name):
    script = SCRIPTS / f'{name}.sh'
    if not script.is_file():
        pytest.skip(f'no {script}')
    settings = {key: value for key, value in os.environ.items() if not key.startswith('AWLIKE_')}
    path = f'{Path(sys.executable).parent}{os.pathsep}{os.environ["PATH"]}'
    done = subprocess.run(['bash', str(script)], env=settings | {'PATH': path}, capture_output=True, text=True)
    assert done.returncode == 0 and f'{name}: every' in done.stdout, done.stdout + done.stderr
