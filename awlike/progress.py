"""A progress bar at a terminal and in a notebook; quiet in scripts, pipes and logs.

It appears when the work has taken a moment, tells how many are done, at which rate and how long the rest will take, and
goes away at the end. Of bars within bars the outermost is shown.
"""

import logging
import sys
import threading
import time

from awlike.terminal import duration

MOMENT = 1.0  # seconds: what takes less needs no bar


class Progress:
    """``with Progress('ReduceTask', 14) as progress: ... progress.now(what) ... progress.advance()``.

    Parameters
    ----------
    title : str
        What is done.
    total : int
        How many there are to do.
    """

    _shown = None

    def __init__(self, title: str, total: int):
        self.title, self.total, self.what, self.done = title, total, '', 0
        self._display = None

    def __enter__(self):
        if self.total and Progress._shown is None and (display := _display_here()) is not None:
            Progress._shown, self._display = self, display(self)
        return self

    def now(self, what) -> None:
        """`what` is begun just now."""
        self.what = str(what)
        if self._display is not None:
            self._display.update()

    def advance(self) -> None:
        """One more is done."""
        self.done += 1
        if self._display is not None:
            self._display.update()

    def __exit__(self, *_):
        if self._display is not None:
            Progress._shown = None
            self._display.close()


def _display_here():
    """The kind of display for where this runs; None where nobody looks."""
    shell = getattr(sys.modules.get('IPython'), 'get_ipython', lambda: None)()
    if getattr(shell, 'kernel', None) is not None:
        return NotebookBar
    return TerminalBar if sys.stderr.isatty() else None


class TerminalBar:
    """A line on standard error, by rich; what is printed or logged meanwhile comes above it."""

    def __init__(self, progress, file=None, moment=MOMENT, clock=time.monotonic):
        self._progress, self._file, self._clock, self._begun = progress, file, clock, clock()
        self._bar, self._lock = None, threading.Lock()
        self._timer = threading.Timer(moment, self.show)
        self._timer.daemon = True
        self._timer.start()

    def show(self) -> None:
        """Put the bar up."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, RenderableColumn, TextColumn
        from rich.table import Column
        console = Console(stderr=self._file is None, file=self._file)
        with self._lock:
            if self._timer is None or self._bar is not None:
                return
            self._bar = Progress(
                TextColumn('{task.description}'), BarColumn(20 if console.width < 100 else 40),
                RenderableColumn(_Now(self._told)),
                RenderableColumn(_Now(lambda: self._progress.what), table_column=Column(ratio=1, no_wrap=True)),
                console=console, transient=True, expand=True, redirect_stdout=sys.stdout.isatty(), get_time=self._clock)
            self._task = self._bar.add_task(self._progress.title, total=self._progress.total, completed=self._progress.done)
            self._bar.start()

    def update(self) -> None:
        """Tell what changed."""
        with self._lock:
            if self._bar is not None:
                self._bar.update(self._task, completed=self._progress.done)

    def _told(self):
        return told(self._progress.done, self._progress.total, self._clock() - self._begun)

    def close(self) -> None:
        """Take it away."""
        with self._lock:
            self._timer.cancel()
            self._timer = None
            if self._bar is not None:
                self._bar.stop()


class _Now:
    """A text that is asked for anew whenever the screen is."""

    def __init__(self, text):
        self._text = text

    def __rich__(self):
        from rich.text import Text
        return Text(self._text(), no_wrap=True, overflow='ellipsis')


class NotebookBar:
    """A bar below the cell of a notebook, of plain HTML; changed in place, a few times a second."""

    _EVERY = 0.2  # seconds

    def __init__(self, progress, moment=MOMENT, clock=time.monotonic):
        self._progress, self._clock, self._begun = progress, clock, clock()
        self._handle, self._next = None, self._begun + moment

    def update(self) -> None:
        """Tell what changed."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + self._EVERY
        self._show(self.html(now - self._begun))

    def html(self, seconds) -> str:
        """The bar after so many seconds."""
        import html
        progress = self._progress
        text = html.escape(f'{progress.title}  {told(progress.done, progress.total, seconds)}  {progress.what}')
        return (f'<progress value="{progress.done}" max="{progress.total}" style="width:20em;vertical-align:middle">'
                f'</progress> <code>{text}</code>')

    def _show(self, content):
        from IPython.display import HTML, display
        if self._handle is None:
            self._handle = display(HTML(content), display_id=True)
        else:
            self._handle.update(HTML(content))

    def close(self) -> None:
        """Take it away."""
        if self._handle is not None:
            self._show('')


def told(done: int, total: int, seconds: float) -> str:
    """How far it is after so many seconds: ``'120/500  4/s  30 s, 2 min left'``."""
    text = f'{done}/{total}'
    if done and seconds > 0:
        rate = done / seconds
        each = f'{rate:.2g}/s' if 1 <= rate < 99.5 else f'{rate:.0f}/s' if rate > 1 else f'{duration(1 / rate)} each'
        text += f'  {each}  {duration(seconds)}, {duration((total - done) / rate)} left'
    return text


class StandardError(logging.StreamHandler):
    """Log lines go to what standard error is when they are written: above a bar while there is one."""

    def __init__(self):
        logging.Handler.__init__(self)

    @property
    def stream(self):
        return sys.stderr
