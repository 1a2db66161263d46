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


def medians_in_turn(first, second, runs=7) -> tuple:
    """Median times of `first()` and of `second()`, which run one after the other, so that both meet the same load."""
    times = [[median_seconds(work, runs=1) for work in (first, second)] for _ in range(runs)]
    return tuple(statistics.median(column) for column in zip(*times, strict=True))


def show(title, rows) -> None:
    """Print (what, ours, peer, goal, met) rows as a table."""
    from rich.console import Console
    from rich.table import Table
    table = Table('what', 'ours', 'beside it', 'goal', 'met', title=title)
    for *row, met in rows:
        table.add_row(*map(str, row), 'yes' if met else 'NO')
    Console(width=160).print(table)
