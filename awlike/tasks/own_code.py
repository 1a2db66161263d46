"""The place of an error in code of the user's own: a recipe, a class of frames, a module that these use."""

import sys
import traceback
from pathlib import Path
from types import FrameType

from awlike.errors import AwlikeError, said
from awlike.products.modules import is_library

USERS = 'awlike_user_recipes'  # the name of a package of which the files in the user's folder are as modules
TYPED = 'typed here'  # the place of code at the prompt


def place_in_own_code(error: BaseException) -> str:
    """Return the innermost line on the way to `error` that is not awlike's nor a library's: ``'recipe ours.py, line 7'``.

    The text is empty when there is no such line.
    """
    for frame, line in reversed(list(traceback.walk_tb(error.__traceback__))):
        if _is_own(frame):
            return f'{_file(frame)}, line {line}'
    return ''


def told(error: BaseException) -> str:
    """Return the message of `error`, with its type if it is no error of awlike, and its place in the user's own code."""
    place = place_in_own_code(error)
    return f'{said(error)} ({place})' if place else said(error)


def placed(error: Exception) -> AwlikeError:
    """Return `error` with its place in the user's own code in its message; as an `AwlikeError` if it is another library's."""
    if isinstance(error, AwlikeError):
        error.args = (told(error), *error.args[1:])  # the same object: its type and its attributes tell others what to do
        return error
    wrapped = AwlikeError(told(error))
    wrapped.__cause__ = error
    return wrapped


def _is_own(frame: FrameType) -> bool:
    name, file = frame.f_globals.get('__name__', ''), frame.f_code.co_filename
    if name.partition('.')[0] == 'awlike' or (file.startswith('<') and not _is_typed(file)):
        return False
    return name == '__main__' or not is_library(sys.modules.get(name))


def _is_typed(file: str) -> bool:
    return file.startswith('<ipython-input-') or 'ipykernel_' in file


def _file(frame: FrameType) -> str:
    """Return the file of `frame`; a recipe, which a worker keeps elsewhere, by its name."""
    path = Path(frame.f_code.co_filename)
    if _is_typed(str(path)):
        return TYPED
    return f'recipe {path.name}' if frame.f_globals.get('__name__', '').startswith(f'{USERS}.') else str(path)
