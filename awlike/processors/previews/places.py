"""Where the preview of a file lies."""

import base64
import os
import re
from pathlib import Path

from awlike.errors import ConfigError
from awlike.processors.files.descriptor import DataDescriptor

STANDARD = 'standardPreviewPath'
_SPLIT = re.compile(r'splitPreviewPath\{(\.\w+)\}')


def previewPath(accref: str, dd: DataDescriptor) -> str:
    """Return the path of the preview of a file with a product key, as ``previews`` in ``q.toml`` says.

    Raises
    ------
    ConfigError
        When ``q.toml`` names no folder for previews, or no such way to name them.
    """
    way = dd.getProperty('previews', STANDARD)
    split = _SPLIT.fullmatch(way)
    if split:
        return splitPreviewPath(accref, dd, split[1])
    if way != STANDARD:
        raise ConfigError(f'previews = {way!r} has no meaning: write "{STANDARD}", or "splitPreviewPath{{.jpeg}}" with the end '
                          'of the names')
    return standardPreviewPath(accref, dd)


def standardPreviewPath(accref: str, dd: DataDescriptor) -> str:
    """Return a path in the one folder of all previews, with the product key in base64 as its name."""
    return os.path.join(_folder(dd), base64.b64encode(accref.encode(), b'$!').decode())


def splitPreviewPath(accref: str, dd: DataDescriptor, extension: str) -> str:
    """Return a path in folders as those of the files, whose name ends in `extension`, as ``'.jpeg'``."""
    return os.path.join(_folder(dd), f'{accref}{extension}')


def _folder(dd: DataDescriptor) -> Path:
    name = dd.getProperty('previewDir')
    if not name:
        raise ConfigError(f'{dd.rd.path or dd.rd.resdir} names no folder for previews: add previewDir = "previews" to '
                          f'[data.{dd.id or "import"}]')
    return Path(dd.rd.resdir) / name
