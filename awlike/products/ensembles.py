"""Ensembles of science frames: of which detector and exposure each member is, and the row that tells of a member."""

import datetime
from collections.abc import Sequence
from typing import Any

import numpy as np

from awlike.errors import ProcessingError
from awlike.tables.columns import column

_LONGEST = 80  # bytes, of the names of a detector

J2000 = datetime.datetime(2000, 1, 1, 12)

MEMBER_COLUMNS = [
    column('DETECTOR', f'S{_LONGEST}', 'instrument, chip and filter of the member', ucd='meta.id;instr.det'),
    column('START', 'f8', 'start of its exposure, seconds from 2000-01-01T12:00:00 UTC', unit='s',
           ucd='time.start;obs.exposure'),
    column('EXPOSURE', 'i4', 'number of its exposure, from 1', ucd='meta.id;obs.exposure'),
    column('SOLVED', 'bool', 'whether the ensemble tells of it', ucd='meta.code'),
]
"""The columns by which a row tells of which member it is."""


def check_aligned(**roles: Sequence[Any]) -> None:
    """Raise ProcessingError unless the inputs of all roles are as many: the first of each are of one member, and so on."""
    numbers = {role: len(values) for role, values in roles.items()}
    if len(set(numbers.values())) > 1:
        told = ', '.join(f'{number} {role}' for role, number in numbers.items())
        raise ProcessingError(f'a member lacks what the others have: {told}; ask without that member')


def start_of(frame: Any) -> float:
    """Return the start of a frame, seconds from J2000."""
    return (frame.DATE_OBS - J2000).total_seconds()


def name_of(frame: Any) -> str:
    """Return the name of a member, for reasons."""
    return f'{" ".join(frame.detector)} {frame.DATE_OBS:%Y-%m-%dT%H:%M:%S}'


def numbered(frames: Sequence[Any]) -> tuple[list[int], list[int]]:
    """Return the number of the detector and of the exposure of each frame, both from 0, in the order of names and dates."""
    detectors = sorted({frame.detector for frame in frames})
    exposures = sorted({_exposure(frame) for frame in frames})
    return ([detectors.index(frame.detector) for frame in frames], [exposures.index(_exposure(frame)) for frame in frames])


def _exposure(frame: Any) -> tuple[float, str]:
    """Return what frames of one exposure have in common: start and instrument."""
    return start_of(frame), frame.detector[0]


def member_rows(frames: Sequence[Any], solved: Sequence[bool]) -> dict[str, Any]:
    """Return the values of `MEMBER_COLUMNS`."""
    return {'DETECTOR': np.array([_text(frame) for frame in frames]),
            'START': [start_of(frame) for frame in frames], 'EXPOSURE': 1 + np.array(numbered(frames)[1], int),
            'SOLVED': np.array(solved, bool)}


def _text(frame: Any) -> bytes:
    """Return the names of the detector of a frame as rows have them."""
    return ' '.join(frame.detector).encode('ascii', 'replace')[:_LONGEST].rstrip()


def row_of(rows: np.ndarray, frame: Any) -> int | None:
    """Return the number of the row, from 0, that tells of a frame; None where none does."""
    same = (rows['DETECTOR'] == _text(frame)) & (np.abs(rows['START'] - start_of(frame)) < 0.5e-3)
    found = np.flatnonzero(same)
    return int(found[0]) if len(found) else None
