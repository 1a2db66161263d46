"""Checksums of the files of a folder, as ``sha256sum --check`` reads them."""

import hashlib
from pathlib import Path

SUMS = 'SHA256SUMS'
"""The file with the checksums."""


def write_sums(folder: Path) -> dict[str, str]:
    """Write the checksums of all other files of `folder` into it; return them by name."""
    sums = {one.name: _sha256(one) for one in sorted(folder.iterdir()) if one.name != SUMS}
    (folder / SUMS).write_text(''.join(f'{value}  {name}\n' for name, value in sums.items()), 'utf-8')
    return sums


def _sha256(path: Path) -> str:
    with open(path, 'rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()
