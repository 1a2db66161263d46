"""FITS files in folders."""

import os
import re
from pathlib import Path

from awlike.errors import HeaderError

FITS_NAME = re.compile(r'(?!\.).*\.(fits|fit|fts)(\.fz|\.gz)?', re.IGNORECASE)


def fits_files(paths):
    """The files to try under `paths`: those named themselves, and in folders (at any depth) those named like FITS.

    Names ending in .fits, .fit or .fts, in any case, with or without .fz or .gz after it, count; hidden files do
    not. Each folder's files come sorted, each file once.

    Raises HeaderError for a path that does not exist.
    """
    found = []
    for path in map(Path, [paths] if isinstance(paths, (str, os.PathLike)) else paths):
        if path.is_dir():
            found += sorted(file for file in path.rglob('*') if FITS_NAME.fullmatch(file.name) and file.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise HeaderError(f'{path}: no such file or folder; check the path')
    return list(dict.fromkeys(found))
