"""How things are told at a terminal: times, trees, and what may have been meant."""

import difflib


def duration(seconds: float) -> str:
    """A time as people say it: ``'2.5 s'``, ``'4 min'``, ``'1 h 10 min'``."""
    if seconds < 90:
        return f'{seconds:.2g} s' if seconds < 10 else f'{seconds:.0f} s'
    minutes = round(seconds / 60)
    return f'{minutes} min' if minutes < 90 else f'{minutes // 60} h {minutes % 60} min'


def drawn(branches):
    """The lines of `branches`, each an iterator of lines of which the first is its head, drawn as the branches of a tree."""
    branches = list(branches)
    for number, branch in enumerate(branches, 1):
        last = number == len(branches)
        yield ('└─ ' if last else '├─ ') + next(branch)
        yield from (('   ' if last else '│  ') + line for line in branch)


def near(name, names):
    """' (did you mean X?)' for the names most like `name`, or an empty string."""
    close = difflib.get_close_matches(str(name), [str(n) for n in names], n=3, cutoff=0.5)
    return f' (did you mean {" or ".join(close)}?)' if close else ''
