"""The import of ready-made calibrations: master biases, darks, flats and fringes that were made elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike import nights
from awlike.cameras.header_values import Cards, first
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.cameras.reading import read_raw
from awlike.digests import file_digest
from awlike.errors import HeaderError, ParameterError
from awlike.fits.headers import frame_header
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.fringe import FringeFrame
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.photometric_flat import PhotometricFlat
from awlike.frames.raw import RAW_KINDS
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.ingest.detector_tables import TABLES, import_table
from awlike.ingest.imports import COUNTS, Given, image_of, keep, placed
from awlike.ingest.objects import References
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import take
from awlike.products.quality import as_judged, is_bad, judge

if TYPE_CHECKING:
    from awlike.ingest.take import Report

IMPORTABLE: dict[str, type[CalibrationFrame]] = {
    cls.__name__: cls for cls in (BiasFrame, DarkFrame, FlatFrame, DomeFlatFrame, TwilightFlatFrame, FringeFrame,
                                  IlluminationCorrectionFrame, PhotometricFlat, *TABLES)}


def importable(as_: str | type) -> type[CalibrationFrame] | type[ImportedScienceFrame]:
    """Return the class of frames `as_`, a class or its name, if such frames can be imported.

    Raises
    ------
    ParameterError
        When they cannot.
    """
    name = as_ if isinstance(as_, str) else as_.__name__
    if name == ImportedScienceFrame.__name__:
        return ImportedScienceFrame
    if name not in IMPORTABLE:
        raise ParameterError(f'{name} cannot be imported: a ready-made frame is an ImportedScienceFrame, or a calibration, '
                             f'{", ".join(IMPORTABLE)}')
    return IMPORTABLE[name]


def import_master(path: Path, cls: type[CalibrationFrame], report: 'Report', references: References, given: Given) -> None:
    """Import one file as calibrations of class `cls`, one for each detector, and note them in `report`.

    Raises
    ------
    HeaderError
        When header or pixels cannot belong to such a calibration.
    """
    if cls in TABLES:
        import_table(path, cls, report, references, given)
        return
    raw, digest = read_raw(path, kind=_kind(cls), camera=given.camera), file_digest(path)
    for facts in raw.frames:
        product = _calibration(path, cls, raw, facts, references)
        product.imported = {'name': path.name, 'path': str(Path(path).resolve()), 'digest': digest, 'EXPTIME': facts.EXPTIME,
                            'TEMPERATURE': facts.TEMPERATURE}
        judge(product, None)  # which must know that it is imported
        if keep(product, path, report, references) and is_bad(product):
            missed = '; '.join(map(str, as_judged(cls, product).missed))
            report.remarks.append((path, f'serves for no product, since it misses its limits: {missed}'))


def _kind(cls: type[CalibrationFrame]) -> str:
    """Return the kind of the raw frames from which calibrations of class `cls` are made elsewhere."""
    return next(kind for kind, one in RAW_KINDS.items() if one is cls.begins_with().raw_kind())


def _calibration(path: Path, cls: type[CalibrationFrame], raw: RawFile, facts: RawFacts, references: References) -> Any:
    """Return the calibration of one detector, in memory."""
    product = placed(cls, raw, facts, references)
    night = raw.camera.night(facts.DATE_OBS)
    product.timestamp_start, product.timestamp_end = nights.span(night, night, raw.camera.zone)
    product.process_params = ParametersInForce().get(cls, raw.instrument, facts.chip, facts.filter)
    take(product, {'data': _in_unit(cls, image_of(path, facts), frame_header(path, facts.extension), facts.EXPTIME)})
    return product


def _in_unit(cls: type[CalibrationFrame], image: np.ndarray, header: Cards, EXPTIME: float) -> np.ndarray:
    """Return `image` in the unit of calibrations of class `cls`: ADU, ADU/s, over its median, or, of fringes, less it.

    Raises HeaderError for another unit, or an image that cannot be brought to the unit.
    """
    finite = image[np.isfinite(image)]
    if not finite.size:
        raise HeaderError('the image has no finite pixel; leave the file out')
    if cls is FringeFrame:
        return image - np.float32(np.median(finite))
    if cls not in (BiasFrame, DarkFrame):
        level = np.float32(np.median(finite))
        if level <= 0:
            raise HeaderError(f'the median of the flat is {level:g}, a flat has light: leave the file out')
        return image if level == 1 else image / level
    unit = str(first(header, ('BUNIT',))[1] or '').lower().replace(' ', '')
    rate = unit.removesuffix('/s').removesuffix('s-1').rstrip('.*')
    if rate not in COUNTS or (rate != unit and cls is BiasFrame):
        raise HeaderError(f'BUNIT = {unit!r}: a {cls.__name__} is in adu{"/s, or in adu" * (cls is DarkFrame)}; divide by the '
                          'gain, or correct the card')
    if cls is BiasFrame or rate != unit:
        return image
    if EXPTIME <= 0:
        raise HeaderError('the exposure time of the dark is 0 and BUNIT is not adu/s; give EXPTIME, the time for which its '
                          'counts are, or BUNIT')
    return image / np.float32(EXPTIME)
