"""Text has colours at a terminal, and is plain everywhere else."""

import os
import pty
import re
import subprocess
import sys

import pytest

from awlike import terminal

TOLD = 'RawScienceFrame: make 5, cannot make 2\n├─ bias: BiasFrame_1.fits  [is_valid 0]\n\ninputs\n  EXPTIME  10 s'
PROGRAM = f'from awlike.terminal import tell\ntell({TOLD!r})'


def at_a_terminal(**environment):
    """What a program writes to a terminal."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != 'NO_COLOR'} | {'TERM': 'xterm'} | environment
    subprocess.run([sys.executable, '-c', PROGRAM], stdout=theirs, env=environment, check=True)
    os.close(theirs)
    written = b''
    try:
        while chunk := os.read(ours, 4096):
            written += chunk
    except OSError:  # all is read
        pass
    os.close(ours)
    return written.decode().replace('\r\n', '\n')


def without_colour(words):
    return re.sub(r'\x1b\[[\d;]*m', '', words)


def test_at_a_terminal_there_is_colour_and_the_same_text():
    shown = at_a_terminal()
    assert '\x1b[' in shown and without_colour(shown) == TOLD + '\n'


@pytest.mark.parametrize('environment', [{'NO_COLOR': '1'}, {'TERM': 'dumb'}])
def test_who_wants_none_gets_none(environment):
    assert at_a_terminal(**environment) == TOLD + '\n'


def test_into_a_pipe_it_is_plain():
    shown = subprocess.run([sys.executable, '-c', PROGRAM], capture_output=True, text=True, check=True).stdout
    assert shown == TOLD + '\n'


@pytest.mark.parametrize(('words', 'style'), [
    ('cannot make 2', '1;31'), ('[is_valid 0]', '1;31'), ('make 5', '33'), ('BiasFrame_1.fits', '32'), ('bias:', '35'),
    ('├─ ', '2'), ('inputs', '1'), ('10', '36'), ('RawScienceFrame', '1')])
def test_what_is_alike_has_one_colour(words, style):
    parts = re.findall(r'\x1b\[([\d;]*)m([^\x1b]+)\x1b\[0m', terminal._painted(TOLD))
    assert words in ''.join(part if one == style else '|' for one, part in parts)


def test_long_lines_are_not_broken():
    line = 'x' * 300 + '.fits ' + 'y' * 300
    assert without_colour(terminal._painted(line)) == line
