"""From the return key to what one waits for: the prompt, help, what a shell offers; beside a plain ipython."""

import contextlib
import os
import pty
import subprocess
import sys
from tempfile import TemporaryDirectory

from tests.bench.timing import medians_in_turn

AWE = [sys.executable, '-c', 'from awlike.cli import main; main()']
IPYTHON = [sys.executable, '-m', 'IPython', '--no-banner']
OFFERED = {'_AWE_COMPLETE': 'complete_bash', 'COMP_WORDS': 'awe run Re', 'COMP_CWORD': '2'}


def rows():
    """The rows of the table, one after the other."""
    with TemporaryDirectory() as folder:
        # Compiled, as an installed package is, whatever the environment says of bytecode; each command runs once beforehand.
        home = os.environ | {'AWLIKE_HOME': folder, 'IPYTHONDIR': f'{folder}/ipython', 'TERM': 'xterm',
                             'PYTHONDONTWRITEBYTECODE': '', 'PYTHONPYCACHEPREFIX': f'{folder}/compiled'}
        ours, peer = medians_in_turn(lambda: _until(AWE, b'awe> ', home), lambda: _until(IPYTHON, b'In [', home))
        yield 'awe, until its prompt', f'{ours:.2f} s', f'ipython {peer:.2f} s', '<= 0.6 s', ours <= 0.6
        told, offered = medians_in_turn(lambda: _run('--help', home), lambda: _run('', home | OFFERED))
        yield 'awe --help', f'{told:.2f} s', '', '<= 0.5 s', told <= 0.5
        yield 'what a shell offers at Tab', f'{offered:.2f} s', '', '<= 0.5 s', offered <= 0.5


def _run(argument, environment):
    subprocess.run([*AWE, *argument.split()], capture_output=True, env=environment, check=True)


def _until(command, prompt, environment):
    """Start `command` at a terminal and wait for its prompt."""
    main, side = pty.openpty()
    with subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=environment, start_new_session=True) as process:
        os.close(side)
        said = b''
        with contextlib.suppress(OSError):  # how the end of a terminal is told
            while prompt not in said:
                said += os.read(main, 1 << 16)
        process.kill()
    os.close(main)
