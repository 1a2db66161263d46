"""The log of a command: the level of each component, and a file beside the terminal."""

import contextlib
import dataclasses
import logging
from collections.abc import Generator
from pathlib import Path

from awlike.errors import ParameterError, StoreError
from awlike.progress import SafeLines, StandardError

LEVELS = {'trace': logging.DEBUG, 'debug': logging.DEBUG, 'info': logging.INFO, 'warn': logging.WARNING,
          'warning': logging.WARNING, 'error': logging.ERROR, 'fatal': logging.CRITICAL, 'critical': logging.CRITICAL}


@dataclasses.dataclass(frozen=True)
class Logs:
    """The levels of components (``'awlike'``, ``'sqlalchemy'`` ...) by name, and the file to which log lines go as well."""

    levels: tuple[tuple[str, int], ...] = ()
    file: Path | None = None

    def begin(self) -> None:
        """Log in this way from now on, in a process of its own."""
        logging.basicConfig(level=logging.WARNING, handlers=[StandardError()])
        logging.getLogger('awlike').setLevel(logging.INFO)
        contextlib.ExitStack().enter_context(self.in_force())

    @contextlib.contextmanager
    def in_force(self) -> Generator[None]:
        """Return a context in which this process logs in this way.

        Raises
        ------
        StoreError
            When the file cannot be written.
        """
        root, handler = logging.getLogger(), self._handler()
        before = {name: logging.getLogger(name).level for name, _ in self.levels}
        try:
            for name, level in self.levels:
                logging.getLogger(name).setLevel(level)
            if handler is not None:
                root.addHandler(handler)
            yield
        finally:
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)
            if handler is not None:
                root.removeHandler(handler)
                handler.close()

    def _handler(self) -> logging.Handler | None:
        if self.file is None:
            return None
        try:
            handler = logging.FileHandler(self.file)
        except OSError as error:
            raise StoreError(f'--logdest {self.file} cannot be written: {error.strerror}') from None
        handler.setFormatter(SafeLines('%(asctime)s %(levelname)s %(name)s: %(message)s'))
        return handler


def levels_of(words: list[str], traced: list[str], debug: bool) -> tuple[tuple[str, int], ...]:
    """Return the levels that the words behind ``-L`` and ``--trace`` set; a later one goes before an earlier one.

    Parameters
    ----------
    words : list of str
        LEVEL, of awlike itself, or COMPONENT=LEVEL.
    traced : list of str
        COMPONENT=NUMBER: above 0 the component logs all that it can.
    debug : bool
        Whether awlike logs all that it can.

    Raises
    ------
    ParameterError
        When a word is something else.
    """
    found = [('awlike', logging.DEBUG)] if debug else []
    for word in words:
        component, _, level = word.rpartition('=')
        if level.lower() not in LEVELS:
            raise ParameterError(f'-L {word}: write a level, or COMPONENT=LEVEL; levels are {", ".join(LEVELS)}')
        found.append((component or 'awlike', LEVELS[level.lower()]))
    for word in traced:
        component, equals, number = word.partition('=')
        if not (component and equals and number.isdigit()):
            raise ParameterError(f'--trace {word}: write COMPONENT=NUMBER, as awlike=1')
        found.append((component, logging.DEBUG if int(number) else logging.INFO))
    return tuple(found)
