"""Files of parameters: a line for each, ``SourceList.THRESHOLD = 5.0  # text``. People write them and awlike writes them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from awlike.errors import ParameterError

SUFFIX = '.cfg'
CONFIG = 'config'
"""The folder of an output that has the parameters."""
RUN = f'run{SUFFIX}'
"""The file in it with the values that are no process parameters; it tells that awlike wrote the folder."""
_QUOTED = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_LINE = re.compile(rf'\s*([A-Za-z_][\w.]*)\s*=\s*((?:{_QUOTED}|[^#\'"])*?)\s*(#.*)?')


def line(name: str, value: Any, text: str) -> str:
    """Return the line of a file that gives a parameter its value."""
    return f'{name} = {value!r}  # {text}'


def read_lines(path: Path) -> Iterator[tuple[str, str, str]]:
    """Yield (place, name, text of the value) of each line of the file that gives a value; blank lines and comments give none.

    Raises
    ------
    ParameterError
        When the file cannot be read, or a line is not ``NAME = VALUE``; the error names the line.
    """
    try:
        content = path.read_text('utf-8')
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else 'it is no text'
        raise ParameterError(f'{path}, a file of parameters, cannot be read: {reason}. --configfile takes text files alone; '
                             'frames come before it') from None
    for number, one in enumerate(content.splitlines(), 1):
        if not one.strip() or one.lstrip().startswith('#'):
            continue
        found = _LINE.fullmatch(one)
        if found is None or not found[2]:
            raise ParameterError(f'{path}, line {number}: {one.strip()!r}: write NAME = VALUE, and a comment behind #')
        yield f'{path}, line {number}', found[1], found[2]


def literal(text: str) -> Any:
    """Return the value that `text` writes as Python does, as ``5.0``, ``True`` or ``{'A': 1}``; any other text is itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text
