"""FITS files in folders."""

import os
import re
from collections.abc import Iterable
from pathlib import Path

from awlike.errors import HeaderError

FITS_NAME = re.compile(r'(?!\.).*\.(fits|fit|fts)(\.fz|\.gz)?', re.IGNORECASE)


def fits_files(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[Path]:
    """Return the files to try under `paths`: each file that `paths` name, and the FITS files in the folders, at any depth.

    In a folder a FITS file is known by its name: it ends in .fits, .fit or .fts, in any case, perhaps with .fz or .gz
    after it, and neither it nor a folder on the way to it is hidden. The files of a folder come sorted; each file comes once.

    Raises HeaderError for a path that does not exist.
    """
    found = []
    for path in map(Path, [paths] if isinstance(paths, (str, os.PathLike)) else paths):
        if path.is_dir():
            found += sorted(file for file in path.rglob('*') if FITS_NAME.fullmatch(file.name) and file.is_file()
                            and not any(part.startswith('.') for part in file.relative_to(path).parts))
        elif path.exists():
            found.append(path)
        else:
            raise HeaderError(f'{path}: no such file or folder; check the path')
    return list(dict.fromkeys(found))
