"""The bar: what it tells, when it appears, and where it does not."""

import io
import logging
import os
import pty
import subprocess
import sys

import pytest

from awlike import progress
from awlike.progress import NotebookBar, Progress, StandardError, TerminalBar, told


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


class Notebook(NotebookBar):
    """A notebook's bar whose cell is a list."""

    def _show(self, content):
        self._handle = True
        self.shown = [*getattr(self, 'shown', []), content]


WORK = '''
import sys
from awlike import progress
progress.MOMENT = 0.0
with progress.Progress("reduce", 3) as bar:
    if bar._display is not None:
        bar._display.show()
    for n in range(3):
        bar.now(f"frame {n}")
        print("made", n)
        bar.advance()
print("done", file=sys.stderr)
'''


@pytest.mark.parametrize(('done', 'total', 'seconds', 'text'), [
    (0, 14, 3.0, '0/14'),
    (120, 500, 30.0, '120/500  4/s  30 s, 2 min left'),
    (3, 14, 42.0, '3/14  14 s each  42 s, 3 min left'),
    (20000, 100000, 10.0, '20000/100000  2000/s  10 s, 40 s left'),
    (14, 14, 7.0, '14/14  2/s  7 s, 0 s left'),
])
def test_it_tells_the_rate_and_the_time_left(done, total, seconds, text):
    assert told(done, total, seconds) == text


def test_a_pipe_and_a_log_stay_quiet():
    done = subprocess.run([sys.executable, '-c', WORK], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ('made 0\nmade 1\nmade 2\n', 'done\n')


def test_at_a_terminal_it_appears_goes_away_and_does_not_mix_with_what_is_piped():
    main, side = pty.openpty()
    with subprocess.Popen([sys.executable, '-c', WORK], stdout=subprocess.PIPE, stderr=side, text=True,
                          env=os.environ | {'TERM': 'xterm', 'COLUMNS': '100'}) as process:
        os.close(side)
        out = process.stdout.read()
        said = b''
        try:
            while part := os.read(main, 1 << 16):
                said += part
        except OSError:  # how the end of a terminal is told
            pass
    os.close(main)
    said = said.decode()
    assert out == 'made 0\nmade 1\nmade 2\n'
    assert 'reduce' in said and '━' in said and '/3' in said
    assert said.rpartition('\x1b[2K')[2].strip() == 'done', 'the last that is done with the line of the bar is to erase it'


def test_what_is_quick_shows_nothing():
    screen, clock = io.StringIO(), Clock()
    bar = TerminalBar(Progress('quick', 2), file=screen, moment=1000, clock=clock)
    bar.update()
    bar.close()
    bar.show()
    assert screen.getvalue() == ''


def test_a_notebook_has_a_bar_that_is_changed_in_place_now_and_then():
    clock, work = Clock(), Progress('plan <Reduce>', 4)
    bar = Notebook(work, moment=1.0, clock=clock)
    for second in (0.5, 0.9):
        clock.now = second
        bar.update()
    assert not hasattr(bar, 'shown')
    for clock.now in (1.1, 1.2, 1.25, 2.2):
        work.done, work.what = work.done + 1, 'FlatFrame'
        bar.update()
    assert len(bar.shown) == 2 and '<progress value="4" max="4"' in bar.shown[-1]
    assert 'plan &lt;Reduce&gt;  4/4  1.8/s' in bar.shown[-1] and bar.shown[-1].count('FlatFrame') == 1
    bar.close()
    assert bar.shown[-1] == ''


def test_of_bars_within_bars_the_outermost_is_shown(monkeypatch):
    shown = []

    class Display:
        def __init__(self, work):
            shown.append(work.title)

        def update(self):
            pass

        close = update

    monkeypatch.setattr(progress, '_display_here', lambda: Display)
    with Progress('outer', 2), Progress('inner', 2) as inner:
        inner.advance()
    with Progress('next', 1):
        pass
    with Progress('nothing', 0):
        pass
    assert shown == ['outer', 'next']


def test_log_lines_go_to_what_standard_error_is_now(monkeypatch):
    handler, screen = StandardError(), io.StringIO()
    monkeypatch.setattr(sys, 'stderr', screen)
    handler.emit(logging.makeLogRecord({'msg': 'above the bar'}))
    assert screen.getvalue() == 'above the bar\n'
