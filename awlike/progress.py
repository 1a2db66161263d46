"""A progress bar at a terminal and in a notebook; quiet in scripts, pipes and logs.

The bar appears when the work has taken a moment. It shows how many items are done, the rate and the time left, and
goes away at the end. Where one bar runs inside another, only the outer one is shown.
"""

import contextlib
import logging
import sys
import threading
import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, TextIO

from typing_extensions import override

from awlike.characters import printable, readable
from awlike.masking import without_secrets
from awlike.terminal import duration

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress
    from rich.progress import TaskID
    from rich.text import Text

MOMENT = 1.0  # seconds: shorter work needs no bar


class Display(Protocol):
    """A bar on a screen."""

    def update(self) -> None:
        """Show the present state of the work."""

    def close(self) -> None:
        """Take the bar away."""


class Progress:
    """``with Progress('ReduceTask', 14) as progress: ... progress.now(what) ... progress.advance()``.

    Parameters
    ----------
    title : str
        The name of the work.
    total : int
        The number of items to do.
    """

    _shown: ClassVar['Progress | None'] = None

    def __init__(self, title: str, total: int) -> None:
        self.title, self.total, self.what, self.done = title, total, '', 0
        self._display: Display | None = None

    def __enter__(self) -> Self:
        if self.total and Progress._shown is None and (display := _display_here()) is not None:
            Progress._shown, self._display = self, display(self)
        return self

    def now(self, what: object) -> None:
        """Show that `what` begins now."""
        self.what = str(what)
        if self._display is not None:
            self._display.update()

    def advance(self) -> None:
        """Count one more item as done."""
        self.done += 1
        if self._display is not None:
            self._display.update()

    def __exit__(self, *_: object) -> None:
        if self._display is not None:
            Progress._shown = None
            self._display.close()


@contextlib.contextmanager
def hidden() -> Generator[None]:
    """Return a context without bars, as for runs in the background."""
    before, Progress._shown = Progress._shown, Progress('', 0)
    try:
        yield
    finally:
        Progress._shown = before


def _display_here() -> Callable[[Progress], Display] | None:
    """Return the kind of display for this process; None where nobody looks."""
    shell = getattr(sys.modules.get('IPython'), 'get_ipython', lambda: None)()
    if getattr(shell, 'kernel', None) is not None:
        return NotebookBar
    return TerminalBar if sys.stderr.isatty() else None


class TerminalBar:
    """A line on standard error, by rich; text that is printed or logged meanwhile appears above the line."""

    def __init__(self, progress: Progress, file: TextIO | None = None, moment: float = MOMENT,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._progress, self._file, self._clock, self._begun = progress, file, clock, clock()
        self._bar: RichProgress | None = None
        self._task: TaskID | None = None
        self._lock = threading.Lock()
        timer = threading.Timer(moment, self.show)
        timer.daemon = True
        self._timer: threading.Timer | None = timer
        timer.start()

    def show(self) -> None:
        """Put the bar up."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, RenderableColumn, TextColumn
        from rich.table import Column
        console = Console(stderr=self._file is None, file=self._file)
        with self._lock:
            if self._timer is None or self._bar is not None:
                return
            bar = Progress(
                TextColumn('{task.description}'), BarColumn(20 if console.width < 100 else 40),
                RenderableColumn(_Now(self._state)),
                RenderableColumn(_Now(lambda: self._progress.what), table_column=Column(ratio=1, no_wrap=True)),
                console=console, transient=True, expand=True, redirect_stdout=sys.stdout.isatty(), get_time=self._clock)
            self._task = bar.add_task(printable(self._progress.title), total=self._progress.total,
                                      completed=self._progress.done)
            bar.start()
            self._bar = bar

    def update(self) -> None:
        """Show the present state of the work."""
        with self._lock:
            if self._bar is not None and self._task is not None:
                self._bar.update(self._task, total=self._progress.total, completed=self._progress.done)

    def _state(self) -> str:
        return told(self._progress.done, self._progress.total, self._clock() - self._begun)

    def close(self) -> None:
        """Take the bar away."""
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
            self._timer = None
            if self._bar is not None:
                self._bar.stop()


class _Now:
    """A text that rich asks for anew at each refresh of the screen."""

    def __init__(self, text: Callable[[], str]) -> None:
        self._text = text

    def __rich__(self) -> 'Text':
        from rich.text import Text
        return Text(printable(self._text()), no_wrap=True, overflow='ellipsis')


class NotebookBar:
    """A bar of plain HTML below the cell of a notebook, updated in place a few times a second."""

    _EVERY = 0.2  # seconds

    def __init__(self, progress: Progress, moment: float = MOMENT, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress, self._clock, self._begun = progress, clock, clock()
        self._handle: Any = None  # a DisplayHandle of IPython
        self._next = self._begun + moment

    def update(self) -> None:
        """Show the present state of the work."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + self._EVERY
        self._show(self.html(now - self._begun))

    def html(self, seconds: float) -> str:
        """Return the bar after so many seconds."""
        import html
        progress = self._progress
        text = html.escape(printable(f'{progress.title}  {told(progress.done, progress.total, seconds)}  {progress.what}'))
        return (f'<progress value="{progress.done}" max="{progress.total}" style="width:20em;vertical-align:middle">'
                f'</progress> <code>{text}</code>')

    def _show(self, content: str) -> None:
        from IPython.display import HTML, display
        if self._handle is None:
            self._handle = display(HTML(content), display_id=True)
        else:
            self._handle.update(HTML(content))

    def close(self) -> None:
        """Take the bar away."""
        if self._handle is not None:
            self._show('')


def told(done: int, total: int, seconds: float) -> str:
    """Return how far the work is after so many seconds: ``'120/500  4/s  30 s, 2 min left'``."""
    text = f'{done}/{total}'
    if done and seconds > 0:
        rate = done / seconds
        each = f'{rate:.2g}/s' if 1 <= rate < 99.5 else f'{rate:.0f}/s' if rate > 1 else f'{duration(1 / rate)} each'
        text += f'  {each}  {duration(seconds)}, {duration((total - done) / rate)} left'
    return text


class SafeLines(logging.Formatter):
    """Format each log line as its message alone, without secrets and safe to show, whatever it quotes."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        return readable(without_secrets(super().format(record)))


class StandardError(logging.StreamHandler):
    """A handler that writes each log line to the standard error of that moment: above a bar while there is a bar."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)
        self.setFormatter(SafeLines('%(message)s'))

    @property
    @override
    def stream(self) -> TextIO:  # pyrefly: ignore[bad-override]  # read anew at each line
        return sys.stderr
