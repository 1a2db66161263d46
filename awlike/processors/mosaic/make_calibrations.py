"""The calibration files that `collectcells` looks for, made of raw files."""

import logging
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from awlike.errors import NotFound, ProcessingError
from awlike.fits.detector_tables import write_tech_data
from awlike.frames.raw import RawDomeFlatFrame
from awlike.ingest import ingest
from awlike.placing import place
from awlike.processors.mosaic.calibration_file import raws_of, write_calibration
from awlike.processors.mosaic.masters import Files, table_files, take_masters
from awlike.processors.mosaic.options import AUTO, CalibrationOptions
from awlike.processors.mosaic.parameters import of_calibrations
from awlike.processors.mosaic.resolution import default_names, file_or_default, flat_name
from awlike.processors.mosaic.values import one_of
from awlike.processors.mosaic.wanted import gain_of, trimmed_of
from awlike.spelling import by_reason
from awlike.tasks.known import task_class

log = logging.getLogger('awlike')

KINDS = {'bias': ('Bias',), 'dark': ('Dark',), 'flat': ('DomeFlat', 'TwilightFlat'), 'techdata': ('TechData',)}
"""For each kind of calibration the steps that make it."""
ASKED = 'bias', 'dark', 'flat'
"""The kinds for which a user may ask."""
_FLATS = {'DomeFlat': 'dflat', 'TwilightFlat': 'tflat'}


def make_calibrations(raw: Sequence[Path], folder: Path, former: Path, options: CalibrationOptions,
                      instrument: str | None = None) -> list[str]:
    """Make calibrations of raw files, and write them into `folder`, in the home in which this process works.

    Parameters
    ----------
    raw : sequence of pathlib.Path
        Raw files and folders of them. Science frames among them are left alone.
    folder : pathlib.Path
        Where the files are written.
    former : pathlib.Path
        A folder with calibrations of earlier runs: those of kinds that are not made now serve for those that are.
    options : CalibrationOptions
        What is made, and with which corrections.
    instrument : str, optional
        The camera; by default that which claims the headers.

    Returns
    -------
    list of str
        The names of the files.

    Raises
    ------
    NotFound, ProcessingError
        When there are no raw files, or nothing could be made of those that there are.
    """
    name, only = _taken_in(raw, instrument), kinds_of(options)
    pars = of_calibrations(options, _take_files(former, options, name))
    written: list[str] = []
    failures: dict[str, None] = {}
    for step in (step for kind in [*_needed(options), *only] for step in KINDS[kind]):
        masters, failed = _made(step, name, pars)
        failures |= dict.fromkeys(failed)
        for file, group in _sorted(masters, step).items():
            _write(step, group, folder / file, trimmed_of(options))
            written.append(file)
    if failures and not written:
        raise ProcessingError(f'no calibration could be made: {"; ".join(failures)}')
    for text in failures:
        log.error('%s', text)
    if not written:
        raise NotFound(f'{raw[0]}: there are no raw frames of {", ".join(only)}: give files or folders that have some')
    return written


def _taken_in(raw: Sequence[Path], instrument: str | None) -> str:
    """Ingest the raw files by reference; return the name of their camera."""
    report = ingest(raw, 'refer', instrument=instrument)
    for what, why in by_reason(report.refused):
        log.warning('%s: left out: %s', what, why)
    files: list[Any] = [*report.ingested, *(known for _, known in report.known)]
    names = sorted({file.instrument.name for file in files})
    if len(names) != 1:
        raise NotFound(f'{raw[0]}: there are raw files of {" and ".join(names) or "no camera"}: give those of one camera')
    return names[0]


def _raw_frames(step: str, instrument: str) -> Any:
    """Return the query for the raw frames of a step."""
    raw_kind = task_class(step).target.raw_kind() or RawDomeFlatFrame
    return raw_kind.instrument.name == instrument


def kinds_of(options: CalibrationOptions) -> list[str]:
    """Return the kinds that are asked for. Raises ParameterError for an unknown one."""
    return list(ASKED) if options.only is None else [one_of('only', options.only, ASKED)]


def _needed(options: CalibrationOptions) -> list[str]:
    """Return the kinds that are made because others need them: the gains of the detector, where no file tells them."""
    return ['techdata'] if gain_of(options) == 'techdata' and options.techdata in (None, AUTO) else []


def _take_files(former: Path, options: CalibrationOptions, instrument: str) -> dict[str, set[str]]:
    """Import, for the nights of the raw frames, what options name, and calibrations of kinds that are not made now.

    Return the detectors that have one, by kind; what is made now counts as there.
    """
    only, made = kinds_of(options), _needed(options)
    raws = sorted((raw for kind in only for step in KINDS[kind] for raw in _raw_frames(step, instrument)),
                  key=lambda raw: raw.DATE_OBS)
    if not raws:
        return {}
    files: Files = {kind: path for kind in ('bias', 'dark') if kind not in only
                    and (path := file_or_default(former, default_names(kind))) is not None}
    files |= {kind: path for kind, path in table_files(options, None, 1, raws[0].MJD_OBS).items() if kind not in made}
    return take_masters(files, raws[0].DATE_OBS, raws[-1].DATE_OBS, instrument) | {kind: {'*'} for kind in made}


def _write(step: str, masters: dict[str, Any], path: Path, edge: int) -> None:
    if step != 'TechData':
        write_calibration(masters, path, edge)
        return
    values = {chip: {name: (gain, one.read_noises.get(name, math.nan)) for name, gain in one.gains.items()}
              for chip, one in masters.items()}
    place(path, lambda temporary: write_tech_data(temporary, values, next(iter(masters.values())).DATE_OBS))


def _made(step: str, instrument: str, pars: dict[str, Any]) -> tuple[list[Any], list[str]]:
    """Return the masters that a step makes of all raw frames, and why some failed."""
    if not _raw_frames(step, instrument).exists():
        return [], []
    task = task_class(step)(instrument=instrument, pars=pars, commit=True)
    try:
        task.execute()
    except ProcessingError as error:
        if not task.failures:
            return [], [str(error)]
    return task.products, [f'{of}: {reason}' for of, reason in task.failures]


def _sorted(masters: Iterable[Any], step: str) -> dict[str, dict[str, Any]]:
    """Return masters by the name of their file and by detector: of several darks the longest, of several others the latest."""
    found: dict[str, dict[str, Any]] = {}
    for master in sorted(masters, key=lambda one: (raws_of(one)[0].EXPTIME if step == 'Dark' else 0, one.DATE_OBS)):
        name = _file_name(master, step)
        group = found.setdefault(name, {})
        other = group.get(master.chip.name)
        if other is not None:
            log.warning('%s: of several for %s that of %s is taken, not that of %s', name, master.chip.name, master.DATE_OBS,
                        other.DATE_OBS)
        group[master.chip.name] = master
    return found


def _file_name(master: Any, step: str) -> str:
    bins = binning(master.setup.settings if master.setup is not None else {})
    if step in _FLATS:
        return flat_name(_FLATS[step], master.filter.name, bins)
    return f'techdata_bin{bins}.fits' if step == 'TechData' else default_names(step.lower(), binning=bins)[0]


def binning(settings: dict[str, str] | None) -> int:
    """Return the binning that the settings of a read-out tell, along the rows; 1 where they do not tell."""
    found = re.match(r'\D*(\d+)', str((settings or {}).get('BINNING', '')))
    return max(int(found[1]), 1) if found else 1
