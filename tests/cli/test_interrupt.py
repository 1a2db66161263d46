"""Whoever interrupts `awe` gets one line, also while its modules are imported."""

import signal
import subprocess
import sys
import time

import pytest

START = 'import sys\nfrom awlike.__main__ import main\nprint("begun", flush=True)\nsys.argv[0] = "awe"\nmain()'


def started(command):
    """Start `command`, which heeds SIGINT also where these tests run in the background of a shell and ignore it."""
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


@pytest.mark.slow
@pytest.mark.parametrize('words', [['list'], ['config'], ['--help']], ids=' '.join)
def test_an_interruption_shows_no_traceback(home, words):
    statuses = set()
    for number in range(8):
        process = started([sys.executable, '-c', START, *words])
        assert process.stdout.readline() == 'begun\n'
        time.sleep(0.005 + 0.05 * number)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
        statuses.add(process.returncode)
        assert 'Traceback' not in said, (number, said)
        assert process.returncode != 130 or said.endswith('awe: interrupted\n'), said
    assert 130 in statuses and statuses <= {-signal.SIGINT, 0, 130}, 'Python itself ends by the signal after its last line'


def test_a_process_that_ignores_interruptions_goes_on(home):
    ignoring = 'import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n' + START
    process = started([sys.executable, '-c', ignoring, '--version'])
    assert process.stdout.readline() == 'begun\n'
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=60)[0].startswith('awlike ') and process.returncode == 0
