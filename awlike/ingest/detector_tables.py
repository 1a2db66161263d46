"""The import of values of amplifiers that were measured elsewhere: crosstalk, gain and read noise, response to a ramp."""

import datetime
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike import nights
from awlike.cameras.camera import Camera
from awlike.digests import file_digest
from awlike.errors import ParameterError
from awlike.fits.detector_tables import ALL, date_of, read_crosstalk, read_ramp, read_tech_data
from awlike.frames.crosstalk import CrosstalkMatrix
from awlike.frames.gain import GainLinearity
from awlike.frames.tech_data import TechData
from awlike.ingest.imports import Given, keep
from awlike.ingest.objects import References
from awlike.persist.references import Chip
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import take
from awlike.products.quality import as_judged, is_bad, judge

if TYPE_CHECKING:
    from awlike.ingest.take import Report

_UNDATED = datetime.datetime(2000, 1, 1)


def import_table(path: Path, cls: type[CalibrationFrame], report: 'Report', references: References, given: Given) -> None:
    """Import one file of values of amplifiers as calibrations of class `cls`, one for each detector, and note them in `report`.

    A file without DATE-OBS is of the year 2000: it serves where a person says from when to when it does.

    Raises
    ------
    ParameterError
        When nobody says of which camera the file is.
    HeaderError
        When the file has no such values.
    """
    if given.camera is None:
        raise ParameterError(f'a file of {cls.__name__} does not say of which camera it is: name it, instrument=')
    date, digest = date_of(path), file_digest(path)
    for chip, values in _by_chip(TABLES[cls](path), given.camera):
        product = _calibration(cls, given.camera, chip, date or _UNDATED, references)
        take(product, values)
        product.imported = {'name': path.name, 'path': str(path.resolve()), 'digest': digest, 'EXPTIME': None,
                            'TEMPERATURE': None}
        judge(product, None)
        if keep(product, path, report, references) and is_bad(product):
            missed = '; '.join(map(str, as_judged(cls, product).missed))
            report.remarks.append((path, f'serves for no product, since it misses its limits: {missed}'))
    if date is None:
        report.remarks.append((path, 'has no DATE-OBS: set from when to when it serves (context.update_timestamps)'))


def _by_chip(found: Mapping[str, dict[str, Any]], camera: Camera) -> Iterable[tuple[str, dict[str, Any]]]:
    """Return the values for each chip; those for all are for each chip that has none of its own."""
    if ALL in found:
        return [(name, found.get(name, found[ALL])) for name in camera.chips]
    return found.items()


def _calibration(cls: type[CalibrationFrame], camera: Camera, chip: str, date: datetime.datetime,
                 references: References) -> Any:
    """Return the calibration of one detector, in memory, still without values."""
    if camera.chips and chip not in camera.chips:
        raise ParameterError(f'{chip} is no chip of {camera.name}: correct the file, or name the right camera')
    product: Any = cls()
    product.instrument = references.instrument(camera)
    product.chip = references.get(Chip, instrument=product.instrument, name=chip)
    product.setup = references.setup(product.instrument, None)
    product.DATE_OBS, product.is_valid = date, 1
    night = camera.night(date)
    product.timestamp_start, product.timestamp_end = nights.span(night, night, camera.zone)
    product.process_params = ParametersInForce().get(cls, camera.name, chip, None)
    return product


def _crosstalk(path: Path) -> dict[str, dict[str, Any]]:
    return {chip: {'coefficients': table, 'errors': {}, 'largest_error': 0.0,
                   'largest': max((abs(value) for its in table.values() for value in its.values()), default=0.0)}
            for chip, table in read_crosstalk(path).items()}


def _tech_data(path: Path) -> dict[str, dict[str, Any]]:
    return {chip: {'gains': _column(its, 'GAIN'), 'read_noises': _column(its, 'READ_NOISE'), 'gain': _median(its, 'GAIN'),
                   'read_noise': _median(its, 'READ_NOISE')} for chip, its in read_tech_data(path).items()}


def _ramp(path: Path) -> dict[str, dict[str, Any]]:
    return {chip: {'amplifiers': {name: _response(one) for name, one in its.items()}, 'gain': _median(its, 'GAIN'),
                   'coefficients': []} for chip, its in read_ramp(path).items()}


def _response(row: dict[str, Any]) -> dict[str, Any]:
    values = {name: None if not np.isfinite(row.get(column, np.nan)) else row[column]
              for name, column in (('gain', 'GAIN'), ('relative_gain', 'RELATIVE_GAIN'), ('saturation', 'SATLEVEL'))}
    return {**values, 'coefficients': row['coefficients'], 'linearity_rms': None}


def _column(rows: Mapping[str, Mapping[str, Any]], column: str) -> dict[str, float]:
    """Return the finite values of a column by amplifier."""
    return {name: row[column] for name, row in rows.items() if np.isfinite(row.get(column, np.nan))}


def _median(rows: Mapping[str, Mapping[str, Any]], column: str) -> float | None:
    values = list(_column(rows, column).values())
    return float(np.median(values)) if values else None


TABLES: dict[type[CalibrationFrame], Callable[[Path], Mapping[str, dict[str, Any]]]] = {
    CrosstalkMatrix: _crosstalk, TechData: _tech_data, GainLinearity: _ramp}
"""The kinds of calibrations that are imported from tables, and what reads them."""
