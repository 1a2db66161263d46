"""Calibrations in files become imported masters of the home in which this process works, and serve the exposure."""

import datetime
import logging
from collections.abc import Mapping
from pathlib import Path

from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.ingest import ingest
from awlike.processors.mosaic.options import CollectOptions
from awlike.processors.mosaic.resolution import default_names, file_or_default, tell_absent
from awlike.products.calibration import CalibrationFrame

log = logging.getLogger('awlike')

CLASSES: Mapping[str, type[CalibrationFrame]] = {'bias': BiasFrame, 'dark': DarkFrame, 'flat': FlatFrame}
"""The class of the master of each kind of calibration."""
_AROUND = datetime.timedelta(days=1)


def calibration_files(options: CollectOptions, filter_: str | None, binning: int) -> dict[str, Path | None]:
    """Return the file of each kind of `CLASSES` that the options ask for; None where it is asked for and is nowhere.

    An option of its own goes before ``-cals``.
    """
    tell_absent('cals', options.cals)
    found: dict[str, Path | None] = {}
    for kind in CLASSES:
        own = getattr(options, kind)
        tell_absent(kind, own)
        if own is None and options.cals is None:
            continue
        names = default_names(kind, filter_, binning)
        found[kind] = file_or_default(options.cals if own is None else own, names)
        if found[kind] is None:
            log.warning('%s: there is no %s for the exposure (%s): the step fails', own or options.cals, kind, ', '.join(names))
    return found


def take_masters(files: Mapping[str, Path | None], first: datetime.datetime, last: datetime.datetime,
                 instrument: str) -> dict[str, set[str]]:
    """Import the calibrations in `files`, by kind, so that they serve from `first` to `last`, whatever their own date.

    Returns
    -------
    dict
        The names of the detectors for which there is one, by kind. What cannot be used is told.
    """
    found: dict[str, set[str]] = {}
    for kind, path in files.items():
        if path is None:
            continue
        report = ingest(path, as_=CLASSES[kind], instrument=instrument)
        for text in (*report.refusals(), *report.told()):
            log.warning('%s', text)
        masters = [*report.ingested, *(known for _, known in report.known)]
        for master in masters:
            context.update_timestamps(master, first - _AROUND, last + _AROUND)
        found[kind] = {master.chip.name for master in masters}  # pyrefly: ignore[missing-attribute]
    return found
