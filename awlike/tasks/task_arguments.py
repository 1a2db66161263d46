"""The arguments of tasks: what their docstrings say of them, and the checks of their values."""

from collections.abc import Iterable
from typing import TypeVar

from awlike.errors import ParameterError

T = TypeVar('T')

ARGUMENTS = '''
Parameters
----------
instrument : str
    Name of the camera; needed.
date : str, datetime.date or a pair of them, optional
    A night: the date of the noon, local at the telescope, at which it begins; or the first and the last of several
    nights, in text ``'2012-05-31:2012-06-03'``.
chip, filter : str or list of str, optional
    Names of detectors and filters; default all.
object : str, optional
    What the frames show, as the observer calls it; ``*`` and ``?`` are wild.
template : str or datetime.datetime, optional
    When the template began that the frames belong to (UTC).
raw_filenames : list of str, optional
    The raw frames themselves, by name.
pars : dict, optional
    Process parameters to change, from ``Pars(...).get()``.
commit : bool
    Whether all that is made is kept in the database; default no.
rebuild : {'missing', 'stale', 'all'}
    What is made again: what is missing, lost, or was made from other inputs or with other parameters than would be
    used now (the default); also what other code made; also all that is asked for.
calibration_level : {'plan', 'acceptable', 'last resort'}, optional
    The worst level of a calibration that is accepted. A calibration of a worse level is an error, and names its remedy. By
    default the setting `calibration_level`, which is "last resort" unless you change it.

Raises
------
ParameterError
    When an argument makes no sense; before anything is done.
ProcessingError
    At the end of `execute`: it names the targets that failed and why; the others are made.
'''


def one_of(argument: str, value: T, values: tuple[T, ...]) -> T:
    """Return `value`, which must be one of `values`."""
    if value not in values or (isinstance(values[0], bool) and not isinstance(value, bool)):
        raise ParameterError(f'{argument} {value!r}: it is one of {", ".join(map(repr, values))}')
    return value


def names_of(argument: str, value: str | Iterable[str] | None) -> list[str] | None:
    """Return a list of names from one name or several; None, for any, stays."""
    if value is None:
        return None
    names = list(value) if isinstance(value, Iterable) and not isinstance(value, str) else [value]
    if not all(isinstance(name, str) for name in names):
        raise ParameterError(f'{argument} {value!r}: give a name, or a list of names')
    return names
