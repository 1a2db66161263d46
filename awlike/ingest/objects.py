"""The persistent objects that raw files become, made in memory from the facts in their headers."""

import dataclasses
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar, cast

from awlike.cameras.camera import Camera
from awlike.cameras.header_values import ASTROMETRY
from awlike.cameras.known import camera
from awlike.cameras.raw_facts import SECTIONS, RawFacts, RawFile
from awlike.context import context
from awlike.database.sessions import database
from awlike.digests import FileState
from awlike.frames.raw import RAW_KINDS
from awlike.ingest.sizes import Sizes
from awlike.persist.dataobject import Imstat
from awlike.persist.references import (
    Chip,
    Filter,
    Instrument,
    ObservingBlock,
    Readout,
    Setup,
    Template,
    readout_name,
    setup_name,
)
from awlike.products.file_names import stamp_name
from awlike.products.raw import RawFits, RawFrame

T = TypeVar('T')


@dataclasses.dataclass
class Prepared:
    """The facts of a raw file that are found without the database."""

    digest: str
    size: int
    state: FileState  # before the digest was worked out
    raw: RawFile
    measured: list[tuple[Imstat, str]]  # statistics and content digest of each frame


class References:
    """Instruments, chips, filters, templates ..., each made once; `new` are those that the database may not have."""

    def __init__(self) -> None:
        self._made: dict[uuid.UUID, Any] = {}
        self.new: list[Any] = []
        self.sizes = Sizes()

    def get(self, cls: type[T], **values: Any) -> T:
        """Return the object of class `cls` with these values."""
        obj: Any = cls(**values)
        if obj.object_id not in self._made:
            known = database().session.get(cls, obj.object_id)
            if known is None:
                self.new.append(obj)
            self._made[obj.object_id] = known or obj
        return self._made[obj.object_id]

    def instrument(self, camera: Camera) -> Instrument:
        """Return the instrument of a camera."""
        return self.get(Instrument, name=camera.name, telescope=camera.telescope, latitude=camera.latitude,
                        longitude=camera.longitude, elevation=camera.elevation, timezone=str(camera.timezone))

    def linked(self, cls: type[T], instrument: Instrument, values: Mapping[str, Any] | None) -> T | None:
        """Return the template or observing block that a header names; None if it names none."""
        return None if values is None else self.get(cls, instrument=instrument, **values)

    def setup(self, instrument: Instrument, values: Mapping[str, str] | None) -> Setup | None:
        """Return the setup with these settings; None where a header names no setting."""
        return None if values is None else self.get(Setup, instrument=instrument, name=setup_name(values), values=dict(values))

    def readout(self, amplifiers: list[dict[str, Any]] | None) -> Readout | None:
        """Return the readout of a detector by several amplifiers; None for a single amplifier."""
        if amplifiers is None:
            return None
        return self.get(Readout, name=readout_name(amplifiers), amplifiers=amplifiers)


def raw_objects(path: Path, prepared: Prepared, references: References) -> tuple[RawFits, list[RawFrame]]:
    """Return the persistent objects of a file and of its frames, in memory."""
    instrument = references.instrument(prepared.raw.camera)
    file = RawFits(original_name=path.name, number_of_frames=len(prepared.measured), instrument=instrument,
                   digest=prepared.digest, size=prepared.size, is_valid=1, quality_flags=0)
    file.filename = _file_name(path, file)
    context.stamp(file)
    frames = [_frame(facts, imstat, digest, file, references, prepared.raw.camera)
              for facts, (imstat, digest) in zip(prepared.raw.frames, prepared.measured, strict=True)]
    return file, frames


def _frame(facts: RawFacts, imstat: Imstat, digest: str, file: RawFits, references: References, camera: Camera) -> RawFrame:
    """Return the raw frame of one detector."""
    cls, instrument = RAW_KINDS[facts.kind], cast(Any, file.instrument)
    frame = cls(
        raw_fits=file, instrument=instrument, chip=references.get(Chip, instrument=instrument, name=facts.chip),
        template=references.linked(Template, instrument, facts.template),
        observing_block=references.linked(ObservingBlock, instrument, facts.observing_block),
        setup=references.setup(instrument, facts.setup), readout=references.readout(facts.amplifiers),
        digest=digest, imstat=imstat, is_valid=1, quality_flags=0,
        astrom={name: getattr(facts, name) for name in ASTROMETRY},
        **{name: getattr(facts, name) for name in (
            'extension', 'DATE_OBS', 'MJD_OBS', 'exposure', 'EXPTIME', 'OBJECT', 'OBSERVER', 'TEMPERATURE', 'rotator',
            *SECTIONS)})
    if 'filter' in cls.__properties__ and facts.filter is not None:
        frame.filter = references.get(Filter, instrument=instrument, **camera.filter_facts(facts.filter).kept)
    if 'AIRMASS' in cls.__properties__:
        frame.AIRMASS = facts.AIRMASS
    context.stamp(frame)
    frame.filename = stamp_name(frame)
    return frame


def _file_name(path: Path, file: RawFits) -> str:
    """Return the name under which a raw file is stored: its original name, made unique."""
    stem, dot, suffixes = path.name.lower().partition('.fit')
    stem = (path.name[:len(stem)] or 'raw').replace(' ', '-')
    stem, suffixes = (''.join(c for c in part if c.isalnum() or c in '-_+.') for part in (stem, suffixes))
    stem = stem.lstrip('.')[:100] or 'raw'
    return f'{stem}_{file.object_id.hex[-12:]}{dot}{suffixes}' if dot else f'{stem}_{file.object_id.hex[-12:]}.fits'


def instrument_of(name: str) -> Instrument:
    """Return the instrument of the camera `name`, in the database."""
    references, db = References(), database()
    found = references.instrument(camera(name))
    with db.transaction() as connection:
        db.insert_absent(connection, references.new)
    db.adopt(references.new)
    return found
