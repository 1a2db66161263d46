"""The arguments of tasks: what their docstrings say of them, and the checks of their values."""

from collections.abc import Iterable
from typing import Any, TypeVar

from awlike.cameras.known import camera
from awlike.errors import NotFound, ParameterError
from awlike.persist.dbobject import DBObject
from awlike.products.frame import Frame
from awlike.remedies import to_type
from awlike.spelling import near
from awlike.tasks.selected import Selected

T = TypeVar('T')

ARGUMENTS = '''
Parameters
----------
instrument : str
    Name of the camera; needed, unless `frames` or `selection` says it.
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
frames : list of frames or str, or a query, optional
    The raw or science frames themselves, as objects or by name.
selection : str, optional
    The name of a saved selection (``context.select``), whose members of now are the frames; or whose members are of these
    frames, as a `PSFModel` is.
group_by : str, optional
    An attribute of the frames, as ``'OBJECT'`` or ``'filter.name'``: a task that makes one product of many frames makes one of
    each group with the same value. Default: one of all.

Raises
------
ParameterError
    When an argument makes no sense; before anything is done.
ProcessingError
    At the end of `execute`: it names the targets that failed and why; the others are made.
'''


def given_frames(frames: Any) -> list[Frame]:
    """Return the frames that the argument `frames` names: an object, a name, a query, or a list of objects and names.

    Raises
    ------
    ParameterError
        When something else is given, or nothing.
    NotFound
        When no frame that you may see has a name.
    """
    several = [frames] if isinstance(frames, str | Frame) else list(frames) if isinstance(frames, Iterable) else [frames]
    odd = [one for one in several if not isinstance(one, str | Frame) or (isinstance(one, Frame) and not one.is_committed)]
    if odd or not several:
        raise ParameterError(f'frames: {odd[0]!r} is no committed frame and no name of one' if odd else
                             'frames is empty: give frames, or leave the argument out')
    named = [one for one in several if isinstance(one, str)]
    found = {one.filename: one for one in Frame.filename.in_(named)} if named else {}
    missing = [name for name in named if name not in found]
    if missing:
        raise NotFound(f'frames: no frame that you may see is called {missing[0]!r}; look for it by '
                       'RawScienceFrame.filename.like("...")')
    return list(dict.fromkeys(found[one] if isinstance(one, str) else one for one in several))


def instrument_of(instrument: str | None, frames: list[Frame] | None, selected: Selected | None = None) -> str:
    """Return the name of the camera `instrument`, or of the camera of `frames`, or of those that a selection selects."""
    if frames is None and (instrument is not None or selected is None):
        if instrument is None:
            how = to_type('instrument="...", or frames=[...]', '--instrument NAME, or --frame or --selection')
            raise ParameterError(f'a task needs the name of the camera, {how}')
        return camera(instrument).name
    names = {one.instrument.name for one in frames or () if one.instrument is not None}
    if frames is None and selected is not None:
        names.update(selected.instruments())
    if instrument is not None:
        names.add(camera(instrument).name)
    if len(names) != 1:
        which = f'the frames of selection {selected.name}' if frames is None and selected is not None else 'frames'
        raise ParameterError(f'{which} are of the cameras {" and ".join(sorted(names))}: a task is of one camera; ask for '
                             'each')
    return camera(names.pop()).name


def attribute_of_groups(name: Any) -> str:
    """Return `name`, which must name an attribute, as ``'OBJECT'`` or ``'filter.name'``.

    Raises
    ------
    ParameterError
        When it is none.
    """
    if not isinstance(name, str) or not all(part.isidentifier() and not part.startswith('_') for part in name.split('.')):
        raise ParameterError(f'group_by {name!r}: give an attribute of the frames, as "OBJECT" or "filter.name"')
    return name


def grouped(frames: Iterable[Frame], name: str | None) -> list[list[Frame]]:
    """Return `frames` in groups with the same value of the attribute `name`, in the order of the values; None: all in one.

    Raises
    ------
    ParameterError
        When frames have no such attribute, or not a plain value there.
    """
    groups: dict[Any, list[Frame]] = {}
    for frame in frames:
        groups.setdefault(None if name is None else _value_of(frame, name), []).append(frame)
    return [groups[value] for value in sorted(groups, key=lambda value: (value is None, str(value)))]


def _value_of(frame: Frame, name: str) -> Any:
    value: Any = frame
    for part in name.split('.'):
        if value is not None and part not in getattr(type(value), '__properties__', {}):
            raise ParameterError(f'group_by {name!r}: {type(value).__name__} has no attribute {part}'
                                 f'{near(part, type(value).__properties__) if isinstance(value, DBObject) else ""}')
        value = getattr(value, part) if value is not None else None
    if isinstance(value, dict | list):
        raise ParameterError(f'group_by {name!r}: {type(frame).__name__}.{name} is no plain value; give one of its parts')
    return value.strip() if isinstance(value, str) else value


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
