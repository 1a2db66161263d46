"""The files that patterns and folders name."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from awlike.errors import NotFound
from awlike.fits.finding import fits_files


def is_pattern(text: str) -> bool:
    """Return whether a text is a pattern of paths, with ``*``, ``?`` or ``[``, and no file that is called so."""
    return glob.has_magic(text) and not os.path.exists(text)


def files_of(patterns: Iterable[str], folder: Path) -> Iterator[Path]:
    """Yield the files that `patterns`, relative to `folder`, name; those of each pattern sorted, each file once.

    A pattern is a path, a glob (``data/**/*.fits``) or a folder, which stands for the FITS files below it.

    Raises
    ------
    NotFound
        For a path that does not exist. A glob without files is no error.
    """
    seen = set()
    for pattern in patterns:
        for path in _of_one(pattern, folder):
            if path not in seen:
                seen.add(path)
                yield path


def _of_one(pattern: str, folder: Path) -> list[Path]:
    place = folder / Path(pattern).expanduser()
    if is_pattern(str(place)):
        return sorted(Path(found) for found in glob.glob(str(place), recursive=True) if os.path.isfile(found))
    if not place.exists():
        raise NotFound(f'{place}: no such file or folder; check the path')
    return fits_files(place) if place.is_dir() else [place]
