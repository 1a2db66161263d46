"""What a message tells a person to type: a call at the prompt, or a command in the shell.

A message is written where nobody knows which of the two the person uses. The command `awe` says so for the time of a command.
"""

import contextlib
from collections.abc import Generator

_in_shell = False


def to_type(call: str, command: str = '') -> str:
    """Return what the person types, in the spelling of the place where the person types.

    Parameters
    ----------
    call : str
        The call in Python, as ``context.set_project(name)``.
    command : str
        The same in the shell, as ``--project NAME``. Default: the shell has no command for this, and is sent to the prompt.
    """
    if not _in_shell:
        return call
    return command or f'{call} at the prompt (awe)'


@contextlib.contextmanager
def typed_in_shell(here: bool = True) -> Generator[None]:
    """Return a context in which messages name commands of the shell; with `here` False, calls of the prompt.

    This holds for the whole process, since threads that work for the person write messages as well.
    """
    global _in_shell
    before, _in_shell = _in_shell, here
    try:
        yield
    finally:
        _in_shell = before


def judged_invalid(name: str = 'raw') -> str:
    """Return how a frame is marked as invalid."""
    return to_type(f'context.update_is_valid({name}, 0)', 'awe invalidate NAME --reason TEXT')


def imported_instead(name: str) -> str:
    """Return how a ready-made calibration of the class `name` is imported."""
    return to_type(f'ingest(path, as_={name})', f'awe ingest --as {name} FILE')


def by_parameter() -> str:
    """Return how a process parameter is changed, behind the name of the parameter."""
    return to_type('by Pars', 'by --par CLASS.PARAMETER=VALUE')
