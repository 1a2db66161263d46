"""The import of ready-made calibrations: master biases, darks and flats that were made elsewhere."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike import nights
from awlike.cameras.header_values import Cards, first
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.cameras.reading import read_raw
from awlike.database.sessions import database
from awlike.digests import file_digest, text_digest
from awlike.errors import HeaderError, ParameterError
from awlike.fits.headers import frame_header
from awlike.fits.images import read_tiles
from awlike.fits.opening import load, source
from awlike.frames.bias import BiasFrame
from awlike.frames.dark import DarkFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RAW_KINDS
from awlike.frames.twilight_flat import TwilightFlatFrame
from awlike.ingest.objects import References
from awlike.persist.references import Chip, Filter
from awlike.pixels.amplifiers import light_sensitive
from awlike.pixels.geometry import REGIONS, Geometry
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.products.calibration import CalibrationFrame
from awlike.products.making import take
from awlike.products.quality import as_judged, is_bad, judge
from awlike.tasks.commit import commit_product

if TYPE_CHECKING:
    from awlike.ingest.take import Report

IMPORTABLE: dict[str, type[CalibrationFrame]] = {
    cls.__name__: cls for cls in (BiasFrame, DarkFrame, FlatFrame, DomeFlatFrame, TwilightFlatFrame)}
COUNTS = ('', 'adu', 'count', 'counts', 'ct', 'dn')


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


def import_master(path: Path, cls: type[CalibrationFrame], report: 'Report', references: References) -> None:
    """Import one file as calibrations of class `cls`, one for each detector, and note them in `report`.

    Raises
    ------
    HeaderError
        When header or pixels cannot be those of such a calibration.
    """
    raw, digest = read_raw(path, kind=_kind(cls)), file_digest(path)
    for facts in raw.frames:
        product = _calibration(path, cls, raw, facts, references)
        product.imported = {'name': path.name, 'digest': digest, 'EXPTIME': facts.EXPTIME, 'TEMPERATURE': facts.TEMPERATURE}
        judge(product, None)  # which must know that it is imported
        known = ((cls.digest == product.digest) & (cls.DATE_OBS == product.DATE_OBS) & (cls.chip == product.chip)).first()
        if known is not None:
            report.known.append((path, known))
            continue
        commit_imported(product, references)
        report.ingested.append(product)
        report.frames[cls.__name__] += 1
        if is_bad(product):
            missed = '; '.join(map(str, as_judged(cls, product).missed))
            report.remarks.append((path, f'serves for no product, since it misses its limits: {missed}'))


def _kind(cls: type[CalibrationFrame]) -> str:
    """Return the kind of the raw frames from which calibrations of class `cls` are made elsewhere."""
    return next(kind for kind, one in RAW_KINDS.items() if one is cls.begins_with().raw_kind())


def _calibration(path: Path, cls: type[CalibrationFrame], raw: RawFile, facts: RawFacts, references: References) -> Any:
    """Return the calibration of one detector, in memory."""
    product: Any = cls()
    product.instrument = instrument = references.instrument(raw.camera)
    product.chip = references.get(Chip, instrument=instrument, name=facts.chip)
    product.setup = references.setup(instrument, facts.setup)
    if 'filter' in cls.__properties__:
        product.filter = references.get(Filter, instrument=instrument, **vars(raw.camera.filter_facts(str(facts.filter))))
    product.DATE_OBS, product.is_valid = facts.DATE_OBS, 1
    night = raw.camera.night(facts.DATE_OBS)
    product.timestamp_start, product.timestamp_end = nights.span(night, night, raw.camera.zone)
    product.process_params = ParametersInForce().get(cls, raw.instrument, facts.chip, facts.filter)
    take(product, {'data': _in_unit(cls, image_of(path, facts), frame_header(path, facts.extension), facts.EXPTIME)})
    product.reuse_key = text_digest(f'{cls.__name__} imported {product.digest} {facts.DATE_OBS.isoformat()}')
    return product


def image_of(path: Path, facts: RawFacts) -> np.ndarray:
    """Return the light-sensitive part of a calibrated image, which is trimmed already or still has its overscan."""
    data = read_tiles(source(load(path)), [(facts.extension, None)])
    if data.ndim != 2:
        raise HeaderError(f'the image has {data.ndim} axes, a calibrated image has two: split the cube')
    return np.array(light_sensitive(data, geometry_of(facts)), np.float32)


def geometry_of(facts: RawFacts) -> Geometry:
    """Return the regions of an image."""
    return Geometry.from_fits(**{name: getattr(facts, name) for name in (*REGIONS, 'amplifiers')})


def _in_unit(cls: type[CalibrationFrame], image: np.ndarray, header: Cards, EXPTIME: float) -> np.ndarray:
    """Return `image` in the unit of calibrations of class `cls`: ADU, ADU/s, or relative to its median.

    Raises HeaderError for another unit, or an image that cannot be brought to the unit.
    """
    finite = image[np.isfinite(image)]
    if not finite.size:
        raise HeaderError('the image has no finite pixel; leave the file out')
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


def commit_imported(product: Any, references: References) -> None:
    """Store the calibration and what it refers to."""
    db = database()
    with db.transaction() as connection:
        db.insert_absent(connection, references.new)
    db.adopt(references.new)
    references.new.clear()
    commit_product(product)
