"""A progress bar at a terminal; quiet in scripts, pipes and logs."""

import sys


class Progress:
    """``with Progress('ReduceTask', 14) as progress: ... progress.advance(what)``."""

    def __init__(self, title: str, total: int):
        self._title, self._total, self._bar = title, total, None

    def __enter__(self):
        if self._total and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import (
                BarColumn,
                MofNCompleteColumn,
                Progress,
                TextColumn,
                TimeRemainingColumn,
            )
            self._bar = Progress(TextColumn('{task.description}'), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
                                 console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task(self._title, total=self._total)
        return self

    def advance(self, what=None) -> None:
        """One more is done."""
        if self._bar is not None:
            self._bar.update(self._task, advance=1)

    def __exit__(self, *_):
        if self._bar is not None:
            self._bar.stop()
