"""Calibrations in files become imported masters of the home in which this process works, and serve its exposures."""

import datetime
import logging
from collections.abc import Mapping
from pathlib import Path

from awlike.context import context
from awlike.frames.bias import BiasFrame
from awlike.frames.crosstalk import CrosstalkMatrix
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.fringe import FringeFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.photometric_flat import PhotometricFlat
from awlike.frames.tech_data import TechData
from awlike.ingest import ingest
from awlike.processors.mosaic.options import AUTO, CollectOptions, Corrections
from awlike.processors.mosaic.resolution import at_date, default_names, file_or_default, tell_absent
from awlike.processors.mosaic.wanted import gain_of
from awlike.products.calibration import CalibrationFrame

log = logging.getLogger('awlike')

CLASSES: Mapping[str, type[CalibrationFrame]] = {
    'bias': BiasFrame, 'dark': DarkFrame, 'flat': FlatFrame, 'fringe': FringeFrame, 'techdata': TechData,
    'photflat': PhotometricFlat, 'illumcorr': IlluminationCorrectionFrame,
    'nonlinearity': GainLinearity, 'crosstalk': CrosstalkMatrix}
"""The class of the masters of each kind of calibration."""
IMAGES = 'bias', 'dark', 'flat'
"""The kinds that -cals tells, which are images."""
_OWN = 'photflat', 'illumcorr'  # images that an option of their own tells
_AROUND = datetime.timedelta(days=1)
Files = dict[str, Path | None]
"""The file of each kind that is asked for; None where it is nowhere."""


def image_files(options: CollectOptions, filter_: str | None, binning: int) -> Files:
    """Return the files of images that the options ask for. An option of its own goes before ``-cals``."""
    tell_absent('cals', options.cals)
    found: Files = {}
    for kind in IMAGES:
        own = getattr(options, kind)
        if own is not None or options.cals is not None:
            tell_absent(kind, own)
            found[kind] = _found(kind, own or str(options.cals), default_names(kind, filter_, binning))
    for kind in _OWN:
        given = getattr(options, kind)
        if given is not None:
            tell_absent(kind, None if given == AUTO else given)
            found[kind] = _found(kind, given, default_names(kind, filter_, binning))
    return found


def template_files(options: CollectOptions, filter_: str | None, mjd: float) -> Files:
    """Return the files of templates that the options ask for, at a date: fringes, and the pupil ghost."""
    return {kind: at_date(_found(kind, given, default_names(kind, filter_)), mjd) for kind in ('fringe', 'pupilghost')
            if (given := getattr(options, kind)) is not None}


def table_files(options: Corrections, filter_: str | None, binning: int, mjd: float) -> Files:
    """Return the files with values of amplifiers that the options ask for: gains, nonlinearity, crosstalk, at a date."""
    found: Files = {}
    if gain_of(options) == 'techdata':
        given = getattr(options, 'cals', None) if options.techdata in (None, AUTO) else options.techdata
        found['techdata'] = _found('techdata', given, default_names('techdata', filter_, binning))
    for kind in ('nonlinearity', 'crosstalk'):
        given = getattr(options, kind)
        if given is not None:
            tell_absent(kind, None if given == AUTO else given)
            found[kind] = at_date(_found(kind, given, [f'{kind}.history', f'{kind}.fits', f'{kind}_coefficients.fits']), mjd)
    return found


def _found(kind: str, given: str | None, names: list[str]) -> Path | None:
    """Return the file of a kind; tell where there is none."""
    if given == AUTO:
        log.warning('-%s: no file comes with the instrument: name one; the step fails', kind)
        return None
    path = file_or_default(given, names)
    if path is None:
        log.warning('%s: there is no %s (%s): the step fails', given or 'no folder', kind, ', '.join(names))
    return path


def take_masters(files: Mapping[str, Path | None], first: datetime.datetime, last: datetime.datetime,
                 instrument: str) -> dict[str, set[str]]:
    """Import the calibrations in `files`, by kind, so that they serve from `first` to `last`, whatever their own date.

    Returns
    -------
    dict
        The names of the detectors for which there is one, by kind; none where there is no file. What cannot be used is told.
    """
    found: dict[str, set[str]] = {kind: set() for kind in files}
    for kind, path in files.items():
        if path is None:
            continue
        report = ingest(path, as_=CLASSES[kind], instrument=instrument)
        for text in (*report.refusals(), *(f'{path}: {remark}' for path, remark in report.remarks if 'DATE-OBS' not in remark)):
            log.warning('%s', text)
        masters = [*report.ingested, *(known for _, known in report.known)]
        for master in masters:
            context.update_timestamps(master, first - _AROUND, last + _AROUND)
        found[kind] = {master.chip.name for master in masters}  # pyrefly: ignore[missing-attribute]
    return found
