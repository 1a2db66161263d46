"""A folder beside the output in which all is written first: then each file is moved to its place, or nothing is there."""

import contextlib
import os
import shutil
import uuid
from collections.abc import Generator
from pathlib import Path

from awlike.errors import StoreError


@contextlib.contextmanager
def staging(folder: Path) -> Generator[Path]:
    """Return a context with a hidden folder in `folder`, which is removed at the end, whatever happens.

    Raises
    ------
    StoreError
        When it cannot be made.
    """
    hidden = folder / f'.{uuid.uuid4().hex}.part'
    try:
        hidden.mkdir(parents=True)
    except OSError as error:
        raise StoreError(f'{folder} cannot be written ({error.strerror}): choose another place for the output') from None
    try:
        yield hidden
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def move_into(staged: Path, folder: Path, last: str = '') -> list[Path]:
    """Move all files of the folder `staged` to the same places in `folder`; return them. The file `last` comes last.

    Each file replaces one of its name at once; readers see the former or the new one.
    """
    names = sorted((path.relative_to(staged) for path in staged.rglob('*') if path.is_file()),
                   key=lambda one: (str(one) == last, one))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.replace(staged / name, folder / name)
    return [folder / name for name in names]
