"""Text has colours at a terminal, and is plain everywhere else."""

import os
import pty
import re
import subprocess
import sys

import pytest

from awlike import terminal
from awlike.terminal import fitted

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


# --- the width of a terminal ---

def test_lines_break_at_words_and_hang():
    words = 'ReduceTask: 5 targets; 32 to make (about 15 s), 0 to reuse; a minute more to compile kernels, once on this machine'
    shown = fitted(words, 80).split('\n')
    assert [line[:2] for line in shown] == ['Re', '  '] and max(map(len, shown)) <= 80
    assert ' '.join(line.strip() for line in shown) == words


def test_a_branch_hangs_beside_the_branches():
    tree = '├─ bias: a b c d e f g h\n│  └─ raw: a b c d e f g h\n│    a note of many more words'
    assert fitted(tree, 20) == (
        '├─ bias: a b c d e f\n│    g h\n│  └─ raw: a b c d e\n│       f g h\n│    a note of many\n│      more words')


def test_a_name_longer_than_a_line_keeps_both_ends():
    name = 'ReducedScienceFrame_OMEGACAM_ESO_CCD_65_r_SDSS_2012-06-01T09-18-48_4469cb883f0a.fits'
    line, = fitted(name, 40).split('\n')
    assert line.startswith('ReducedScience') and '…' in line and line.endswith('_4469cb883f0a.fits') and len(line) <= 40
    assert fitted(f'  bias is not {name}', 90) == f'  bias is not\n    {name}', 'whole where a line has room'
    branch, = fitted(f'│  ├─ bias: {name}  (above)', 80).split('\n')
    assert branch.startswith('│  ├─ bias: ReducedScience') and branch.endswith('_4469cb883f0a.fits  (above)')
    assert len(branch) == 80
    assert fitted('short\n\n  and 2', 40) == 'short\n\n  and 2'
