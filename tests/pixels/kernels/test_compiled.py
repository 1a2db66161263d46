"""Kernels run where nothing can be kept on disk."""

import os
import subprocess
import sys

import pytest

MODULE = '''
from numba import types
from awlike.compiled import kernel, part

@part
def twice(value):
    return 2.0 * value

@kernel((types.float64[::1],))
def double(pixels):
    for n in range(pixels.size):
        pixels[n] = twice(pixels[n])
'''
PROGRAM = 'import numpy as np; from mine import double; a = np.arange(3.0); double(a); print(a.tolist())'


@pytest.mark.slow
@pytest.mark.parametrize('hindrance', ['file in the way', 'NUMBA_CACHE_DIR', 'no space'])
def test_a_kernel_runs_without_a_folder_for_what_is_compiled(tmp_path, hindrance):
    package = tmp_path / 'package'
    package.mkdir()
    (package / 'mine.py').write_text(MODULE)
    (package / '__pycache__').write_text('no folder')  # for root, too, who may write into each folder
    (tmp_path / 'home').write_text('no folder')
    environment = {name: value for name, value in os.environ.items() if name not in ('NUMBA_CACHE_DIR', 'XDG_CACHE_HOME')}
    environment |= {'HOME': str(tmp_path / 'home'), 'PYTHONPATH': str(package), 'AWLIKE_HOME': str(tmp_path),
                    'PYTHONDONTWRITEBYTECODE': '1'}
    program = PROGRAM
    if hindrance == 'NUMBA_CACHE_DIR':
        environment['NUMBA_CACHE_DIR'] = str(tmp_path / 'home')
    elif hindrance == 'no space':
        (package / '__pycache__').unlink()
        program = ('import errno, numba.core.caching as c\n'
                   'def full(*a): raise OSError(errno.ENOSPC, "No space left on device")\n'
                   'c.IndexDataCacheFile.save = full\n' + PROGRAM)
    done = subprocess.run([sys.executable, '-c', program], env=environment, capture_output=True, text=True)
    assert done.stdout == '[0.0, 2.0, 4.0]\n', done.stderr
