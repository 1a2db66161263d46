"""Verify stored raw files: their bytes, their checksums, and the rules of fitsverify where it is installed."""

import dataclasses
import os
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any
from uuid import UUID

from awlike.cameras.known import cameras
from awlike.digests import file_digest
from awlike.errors import AwlikeError
from awlike.fits.opening import load, opened
from awlike.parallel import ahead
from awlike.persist.references import Instrument
from awlike.products.raw import RawFits
from awlike.store import server

_PROGRAM = 'fitsverify'
_PATIENCE = 300  # seconds for one file
_LINES = 3


@dataclasses.dataclass(frozen=True)
class Fault:
    """What is wrong with a stored raw file.

    Attributes
    ----------
    filename, original_name : str
        The names of the file in the archive and as it arrived.
    rule : str
        What found it: ``'content'``, ``'checksum'`` or ``'fitsverify'``.
    what : str
        What is wrong, in words.
    """

    filename: str
    original_name: str
    rule: str
    what: str


def verify(files: Collection[UUID]) -> list[Fault]:
    """Return what is wrong with the raw files of these ids, in the order of their names."""
    raw: Any = RawFits
    found = list(raw.object_id.in_(list(files)).order_by('original_name')) if files else []
    jobs = [(file.filename, file.original_name, file.digest, _has_sums(file.instrument)) for file in found]
    with ahead(_faults, jobs, os.cpu_count() or 1) as all_found:
        return [fault for _, faults in all_found for fault in faults.result()]


def _has_sums(instrument: Instrument | None) -> bool:
    """Return whether the checksums that files of a camera have are to be believed."""
    camera = cameras().get(instrument.name) if instrument is not None else None
    return camera is None or camera.checksums


def _faults(job: tuple[str, str, str, bool]) -> list[Fault]:
    name, original, digest, sums = job
    try:
        path = server().open_path(name)
        faults = [] if file_digest(path) == digest else [
            Fault(name, original, 'content', 'the bytes are not those that were ingested: restore the file from its source')]
        try:
            with opened(load(path), sums=sums):
                pass
        except AwlikeError as error:
            faults.append(Fault(name, original, 'checksum', str(error).removeprefix(f'{path}: ')))
    except (AwlikeError, OSError) as error:
        return [Fault(name, original, 'content', str(error))]
    return faults + [Fault(name, original, _PROGRAM, what) for what in _by_fitsverify(path)]


def _by_fitsverify(path: Path) -> list[str]:
    """Return the errors that fitsverify finds in a file; none where it is not installed."""
    program = shutil.which(_PROGRAM)
    if program is None:
        return []
    try:
        done = subprocess.run([program, '-e', os.path.abspath(path)], capture_output=True, text=True, errors='replace',
                              timeout=_PATIENCE, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired) as error:
        return [f'{_PROGRAM} did not end well: {error}']
    lines = [line.strip(' *') for line in done.stdout.splitlines() if line.strip().startswith('***')]
    return ['; '.join(lines[:_LINES]) or f'{_PROGRAM} ended with status {done.returncode}'] if done.returncode else []
