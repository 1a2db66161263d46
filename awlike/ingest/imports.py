"""The steps that all imports of ready-made frames share: find the place of a frame, read its image, commit what is new."""

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.cameras.camera import Camera
from awlike.cameras.known import camera
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.database.sessions import database
from awlike.digests import text_digest
from awlike.errors import HeaderError, ParameterError
from awlike.fits.images import read_tiles
from awlike.fits.opening import load, source
from awlike.ingest.objects import References
from awlike.persist.references import Chip, Filter
from awlike.pixels.amplifiers import light_sensitive
from awlike.pixels.geometry import REGIONS, Geometry
from awlike.products.product import ProcessTarget
from awlike.spelling import near
from awlike.tasks.commit import commit_product

if TYPE_CHECKING:
    from awlike.ingest.take import Report

COUNTS = ('', 'adu', 'count', 'counts', 'ct', 'dn')
"""Units of an image that mean ADU, in lower case."""
FACTS = {'gain': 'electrons per ADU', 'read_noise': 'read noise [electron]', 'saturation': 'level of saturated pixels [adu]'}
"""Facts of an imported science frame that whoever imports the frame may say, with their meaning."""


@dataclasses.dataclass(frozen=True)
class Given:
    """The facts that the caller of `ingest` gives in place of headers: the camera, and `FACTS` of science frames."""

    camera: Camera | None = None
    facts: Mapping[str, float] = dataclasses.field(default_factory=dict)


def given_of_files(instrument: str | None, facts: Mapping[str, float] | None) -> Given:
    """Return what somebody says of files: the name of their camera, and facts by name.

    Raises
    ------
    NotFound
        When there is no such camera.
    ParameterError
        When a fact is unknown, or no positive number.
    """
    for name, value in (facts or {}).items():
        check_fact(name, value)
    return Given(None if instrument is None else camera(instrument), dict(facts or {}))


def check_fact(name: str, value: object) -> None:
    """Refuse a fact of a science frame that is unknown, or no positive number.

    Raises
    ------
    ParameterError
        Naming the facts that there are, or what the fact is.
    """
    if name not in FACTS:
        raise ParameterError(f'{name} is no fact of an imported frame{near(name, FACTS)}: there are {", ".join(FACTS)}')
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ParameterError(f'{name} = {value!r}: {FACTS[name]} is a number above 0')


def placed(cls: type[ProcessTarget], raw: RawFile, facts: RawFacts, references: References) -> Any:
    """Return an object of class `cls`, in memory, with the place, the setup and the date of a detector in a file."""
    product: Any = cls()
    product.instrument = instrument = references.instrument(raw.camera)
    product.chip = references.get(Chip, instrument=instrument, name=facts.chip)
    product.setup = references.setup(instrument, facts.setup)
    if 'filter' in cls.__properties__:
        product.filter = references.get(Filter, instrument=instrument, **raw.camera.filter_facts(str(facts.filter)).kept)
    product.DATE_OBS, product.is_valid = facts.DATE_OBS, 1
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


def keep(product: Any, path: Path, report: 'Report', references: References) -> bool:
    """Commit a frame that was imported from `path`, unless its content is known, and note it in `report`.

    Returns
    -------
    bool
        Whether the frame is new.
    """
    cls = type(product)
    known = ((cls.digest == product.digest) & (cls.DATE_OBS == product.DATE_OBS) & (cls.chip == product.chip)).first()
    if known is not None:
        report.known.append((path, known))
        return False
    product.reuse_key = text_digest(f'{cls.__name__} imported {product.digest} {product.DATE_OBS.isoformat()}')
    db = database()
    with db.transaction() as connection:
        db.insert_absent(connection, references.new)
    db.adopt(references.new)
    references.new.clear()
    commit_product(product)
    report.ingested.append(product)
    report.frames[cls.__name__] += 1
    return True
