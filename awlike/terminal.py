"""Text at a terminal: durations, trees, and colour where the terminal can show colour."""

import functools
import io
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from typing_extensions import override

from awlike.characters import readable

WIDTH = 120  # columns of a text that goes to a file or a pipe
_BEFORE_WORDS = ' │├└─'
_SHORTEST = 40  # characters of a name that is cut
_BELOW = str.maketrans('├└─', '│  ')

_STYLES = {  # pattern in a line: style; where two matches overlap, the later style counts
    r'(?<![\w.:#\-/\[])-?\d+(\.\d+)?(e[+-]?\d+)?(?![\w.:\-/\]])': 'cyan',
    r'\b[A-Z][a-z]+([A-Z][a-z]+)+\b': 'bold',
    r'\S+\.fits\b': 'green',
    r'(?m)^[│├└─ ]*[├└]─ ': 'dim',
    r'(?m)^│[│ ]*': 'dim',
    r'(?m)(?<=─ )[a-z_]+:': 'magenta',
    r'\((above|not committed)\)|\.\.\. .*more.*|(?m:^  without .*)': 'dim default',
    r'(?m)^(what it is|inputs|parameters|results|quality|file)$': 'bold',
    r'(?m)^  OK(?= )': 'green',
    r'(?m)^  (OLD|FEW)(?= )': 'yellow',
    r'(?m)^  (MISSING|BAD)(?= )': 'bold red',
    r'\bmake \d+|\b\d+ to make': 'yellow',
    r'\breuse \d+|\b\d+ to reuse': 'green',
    r'\bcannot (make \d+|be made)|\bMISSED\b|\[is_valid 0\]|\b0 \(invalid\)|\bdoes not hold\b': 'bold red',
}


class Safe:
    """An object whose `str` and `repr` are safe to show, whatever its classes put into them: see `awlike.characters`."""

    def __init_subclass__(cls, **named: Any) -> None:
        super().__init_subclass__(**named)
        for name in {'__str__', '__repr__'}.intersection(vars(cls)):
            setattr(cls, name, _safe(vars(cls)[name]))


def _safe(to_text: Callable[[Any], str]) -> Callable[[Any], str]:
    @functools.wraps(to_text)
    def text(self: Any) -> str:
        return readable(to_text(self))
    return text


class Readable(Safe):
    """An object that is a text to read: `str` and `repr` return the plain text; the prompt shows it in colour."""

    @override
    def __repr__(self) -> str:
        return str(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(coloured(str(self)))


def tell(text: object) -> None:
    """Print `text`, in colour at a terminal."""
    print(coloured(str(text)))


def say(*texts: object, sep: str = ' ', file: TextIO | None = None) -> None:
    """Print `texts` without colour, on standard output by default; nothing where there are none."""
    if texts:
        print(readable(sep.join(map(str, texts))), file=file)


def coloured(text: str) -> str:
    """Return `text`, safe to show. At a terminal lines break at words, and there are colours unless ``NO_COLOR`` is set."""
    text = readable(text)
    if not _is_terminal():
        return text
    text = fitted(text, columns())
    if os.environ.get('NO_COLOR') or os.environ.get('TERM') == 'dumb':
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
    written = io.StringIO()
    Console(file=written, force_terminal=True, color_system='standard', soft_wrap=True).print(shown, end='')
    return written.getvalue()


def fitted(text: str, width: int) -> str:
    """Return `text` without lines that are longer than `width` characters.

    Lines break between words and continue with a hanging indent, in a tree beside its branches. A word that is longer than a
    line, as the name of a file may be, keeps its beginning and its end; so does the name of an object in a tree.
    """
    return '\n'.join(part for line in text.split('\n') for part in ([line] if len(line) <= width else _broken(line, width)))


def _broken(line: str, width: int) -> list[str]:
    words = line.lstrip(_BEFORE_WORDS)
    first = line[:len(line) - len(words)]
    longest, excess = max(words.split(' '), key=len), len(line) - width
    if '─' in first and len(longest) - excess >= _SHORTEST:  # an object in a tree stays one line
        return [first + words.replace(longest, _cut(longest, len(longest) - excess), 1)]
    hanging = f'{first.translate(_BELOW)}  '
    if len(hanging) > width // 2:
        first = hanging = ''
    room = width - len(hanging)
    short = ' '.join(_cut(word, room) for word in words.split(' '))
    return textwrap.wrap(short, width, initial_indent=first, subsequent_indent=hanging, break_long_words=False,
                         break_on_hyphens=False, expand_tabs=False)


def _cut(word: str, room: int) -> str:
    tail = (room - 1) // 2
    return word if len(word) <= room else f'{word[:room - 1 - tail]}\N{HORIZONTAL ELLIPSIS}{word[-tail:]}'


def columns() -> int:
    """Return the width for tables and long lines: the width of the terminal, or `WIDTH` without a terminal."""
    return max(80, shutil.get_terminal_size((WIDTH, 24)).columns) if _is_terminal() else WIDTH


def duration(seconds: float) -> str:
    """Return a time as people say it: ``'2.5 s'``, ``'4 min'``, ``'1 h 10 min'``."""
    if seconds < 90:
        return f'{seconds:.2g} s' if seconds < 10 else f'{seconds:.0f} s'
    minutes = round(seconds / 60)
    return f'{minutes} min' if minutes < 90 else f'{minutes // 60} h {minutes % 60} min'


def drawn(branches: Iterable[Iterator[str]]) -> Iterator[str]:
    """Yield the lines of `branches` drawn as the branches of a tree; the first line of a branch is its head."""
    waiting = list(branches)
    for number, branch in enumerate(waiting, 1):
        last = number == len(waiting)
        yield ('└─ ' if last else '├─ ') + next(branch)
        yield from (('   ' if last else '│  ') + line for line in branch)
