"""How things are told at a terminal: times, trees, what may have been meant, and colour where it can be shown."""

import io
import os
import shutil
import sys

WIDTH = 120  # columns, where what is written goes to a file or a pipe

_STYLES = {  # what is matched in a line, and how it is shown; where two overlap, the later one counts
    r'(?<![\w.:#\-/\[])-?\d+(\.\d+)?(e[+-]?\d+)?(?![\w.:\-/\]])': 'cyan',
    r'\b[A-Z][a-z]+([A-Z][a-z]+)+\b': 'bold',
    r'\S+\.fits\b': 'green',
    r'(?m)^[│├└─ ]*[├└]─ ': 'dim',
    r'(?m)^│[│ ]*': 'dim',
    r'(?m)(?<=─ )[a-z_]+:': 'magenta',
    r'\((above|not committed)\)|\.\.\. .*more.*|(?m:^  without .*)': 'dim default',
    r'(?m)^(what it is|inputs|parameters|results|quality|file)$': 'bold',
    r'\bmake \d+|\b\d+ to make': 'yellow',
    r'\breuse \d+|\b\d+ to reuse': 'green',
    r'\bcannot (make \d+|be made)|\bMISSED\b|\[is_valid 0\]|\b0 \(invalid\)|\bdoes not hold\b': 'bold red',
}


class Readable:
    """What is there to be read: `str` and `repr` tell it, plain; at the prompt it is shown in colour."""

    def __repr__(self):
        return str(self)

    def _repr_pretty_(self, printer, cycle):
        printer.text(coloured(str(self)))


def tell(text) -> None:
    """Print `text`, in colour at a terminal."""
    print(coloured(str(text)))


def coloured(text: str) -> str:
    """`text` with the colours of a terminal, if standard output is one and ``NO_COLOR`` is not set; else as it is."""
    if not _is_terminal() or os.environ.get('NO_COLOR') or os.environ.get('TERM') == 'dumb':
        return text
    return _painted(text)


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _painted(text: str) -> str:
    from rich.console import Console
    from rich.text import Text
    shown = Text(text)
    for pattern, style in _STYLES.items():
        shown.highlight_regex(pattern, style)
    console = Console(file=io.StringIO(), force_terminal=True, color_system='standard', soft_wrap=True)
    console.print(shown, end='')
    return console.file.getvalue()


def columns() -> int:
    """The width for tables and long lines: that of the terminal, or of `WIDTH` columns where there is none."""
    return max(80, shutil.get_terminal_size((WIDTH, 24)).columns) if _is_terminal() else WIDTH


def printable(text: str) -> str:
    """`text` with a question mark for whatever would do something to a terminal rather than be seen."""
    return text if text.isprintable() else ''.join(c if c.isprintable() else '?' for c in text)


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
