"""Options with many values each, ``-c gain=2 doVariance=True``, and ``@file`` in place of words: as the LSST stack had them."""

import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer.core import TyperCommand

from awlike.errors import ParameterError

if TYPE_CHECKING:
    from typer._click.core import Context

SHOWN = 'config', 'data', 'tasks', 'run'
GIVEN = 'awlike.given'
"""The key under which the context of a command keeps (option, value) of options with many values, in the order typed."""

_FITS = re.compile(r'.*\.(fits|fit|fts)(\.fz|\.gz)?', re.IGNORECASE)
_ASSIGNED = re.compile(r'[A-Za-z_][\w.-]*=.*', re.DOTALL)


def _is_file_of_parameters(word: str) -> bool:
    return not word.startswith('-') and not _FITS.fullmatch(word) and not os.path.isdir(word)


def _is_assigned(word: str) -> bool:
    return _ASSIGNED.fullmatch(word) is not None


BELONGS: Mapping[str, Callable[[str], bool]] = {
    '--config': _is_assigned, '--configfile': _is_file_of_parameters, '--id': _is_assigned, '--show': SHOWN.__contains__,
    '--trace': _is_assigned}
"""For each option with many values: whether a word behind the first value belongs to the option, too."""
_SHORT = {'-c': '--config'}
_MAY_BE_EMPTY = '--id'


class ManyValued(TyperCommand):
    """A command with options of many values and with ``@file``."""

    def parse_args(self, ctx: 'Context', args: list[str]) -> list[str]:
        """Read the words of the command."""
        if ctx.resilient_parsing:  # a shell asks for completion
            return super().parse_args(ctx, args)
        words, given = grouped(list(expanded(args)), {option for one in self.params for option in one.opts})
        ctx.meta[GIVEN] = given
        return super().parse_args(ctx, words)


def given(context: Any) -> list[tuple[str, str]]:
    """Return (option, value) of the options with many values of a command, in the order in which they were typed."""
    return context.meta.get(GIVEN, [])


def expanded(words: Iterable[str], within: tuple[Path, ...] = ()) -> Iterator[str]:
    """Yield `words`, in place of each word ``@file`` the words in that file.

    A file has words as a shell reads them, quoted if need be, in as many lines as one likes; what follows ``#`` is a comment.

    Raises
    ------
    ParameterError
        When a file cannot be read, has a quotation mark without its other, or names itself.
    """
    for word in words:
        if not word.startswith('@') or len(word) == 1:
            yield word
            continue
        path = Path(word[1:])
        if path.resolve() in within:
            raise ParameterError(f'{word}: the file names itself; leave that out')
        yield from expanded(_words(path, word), (*within, path.resolve()))


def _words(path: Path, word: str) -> list[str]:
    try:
        found = shlex.split(path.read_text('utf-8'), comments=True)
        return [one.removeprefix('\n') for one in found if one != '\n']  # as a \ at the end of a line leaves it
    except OSError as error:
        raise ParameterError(f'{word}: the file of options cannot be read: {error.strerror}') from None
    except ValueError as error:  # no text, or an open quotation
        raise ParameterError(f'{word}: the file of options has no meaning: {str(error).lower()}') from None


def grouped(words: list[str], options: set[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """Return `words` with each value of an option of many values behind the name of the option, and these options alone.

    All values of one ``--id`` become one word. `options` are the names of the options of the command.

    Raises
    ------
    ParameterError
        For ``--option=a b``, which other programs misread, and an option without a value.
    """
    found, chosen, number = [], [], 0
    while number < len(words):
        word, number = words[number], number + 1
        if word == '--':
            return [*found, word, *words[number:]], chosen
        name, value = _split(word)
        if name not in options or name not in BELONGS:
            found.append(word)
            continue
        following = words[number] if number < len(words) else None
        if value is not None and word.startswith('--') and following is not None and not following.startswith('-'):
            raise ParameterError(f'{word} {following}: an option of several values has no =: write {name} {value} {following}; '
                                 f'or put {following} before it, if it is none of its values')
        values = [] if value is None else [value]
        while number < len(words) and (_begins(name, words[number]) if not values else BELONGS[name](words[number])):
            values.append(words[number])
            number += 1
        for one in _told(name, values):
            found += [name, one]
            chosen.append((name, one))
    return found, chosen


def _split(word: str) -> tuple[str, str | None]:
    """Return the long name of an option and the value that is attached to it, None where none is."""
    if word.startswith('--'):
        name, equals, value = word.partition('=')
        return name, value if equals else None
    name = _SHORT.get(word[:2], word)
    return name, None if name == word or len(word) == 2 else word[2:].removeprefix('=')


def _begins(name: str, word: str) -> bool:
    """Return whether `word` is the first value of an option: whatever is no option; an id may have none."""
    return BELONGS[name](word) if name == _MAY_BE_EMPTY else not word.startswith('-')


def _told(name: str, values: list[str]) -> list[str]:
    if name == _MAY_BE_EMPTY:
        return [shlex.join(values)]
    if not values:
        raise ParameterError(f'{name} has no value: name one or several behind it')
    return values
