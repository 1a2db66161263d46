"""Timing: the median of several runs."""

import statistics
import time


def median_seconds(work, runs=7, repeat=1) -> float:
    """Median over `runs` of the time that `work()` takes, each the mean of `repeat` calls; one call goes first."""
    work()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        for _ in range(repeat):
            work()
        times.append((time.perf_counter() - start) / repeat)
    return statistics.median(times)


def show(title, rows) -> None:
    """Print (what, ours, peer, goal, met) rows as a table."""
    from rich.console import Console
    from rich.table import Table
    table = Table('what', 'ours', 'beside it', 'goal', 'met', title=title)
    for *row, met in rows:
        table.add_row(*map(str, row), 'yes' if met else 'NO')
    Console(width=160).print(table)
