"""The persistent objects that raw files become, made in memory from what their headers say."""

from awlike.cameras.header_values import ASTROMETRY
from awlike.cameras.known import camera
from awlike.cameras.raw_facts import SECTIONS
from awlike.context import context
from awlike.database.sessions import database
from awlike.digests import key_digest
from awlike.frames.raw import RAW_KINDS
from awlike.persist.references import (
    Chip,
    Filter,
    Instrument,
    ObservingBlock,
    Readout,
    Template,
)
from awlike.products.file_names import stamp_name
from awlike.products.raw import RawFits


class References:
    """Instruments, chips, filters, templates ..., each made once; `new` are those not known to be in the database."""

    def __init__(self):
        self._made, self.new = {}, []

    def get(self, cls, **values):
        """The object of class `cls` with these values."""
        obj = cls(**values)
        if obj.object_id not in self._made:
            known = database().session.get(cls, obj.object_id)
            if known is None:
                self.new.append(obj)
            self._made[obj.object_id] = known or obj
        return self._made[obj.object_id]

    def instrument(self, facts) -> Instrument:
        """The instrument that a camera is."""
        return self.get(Instrument, name=facts.name, telescope=facts.telescope, latitude=facts.latitude,
                        longitude=facts.longitude, elevation=facts.elevation, timezone=str(facts.timezone))

    def linked(self, cls, instrument, values):
        """The template or observing block that a header names, if it does."""
        return None if values is None else self.get(cls, instrument=instrument, **values)

    def readout(self, amplifiers):
        """How these amplifiers read a detector; None where there is one."""
        if amplifiers is None:
            return None
        return self.get(Readout, name=f'{len(amplifiers)} amplifiers, {key_digest(amplifiers)[:16]}', amplifiers=amplifiers)


def raw_objects(path, prepared, references):
    """The persistent objects for a file and its frames, in memory."""
    instrument = references.instrument(prepared.raw.camera)
    file = RawFits(original_name=path.name, number_of_frames=len(prepared.measured), instrument=instrument,
                   digest=prepared.digest, size=prepared.size, is_valid=1, quality_flags=0)
    file.filename = _file_name(path, file)
    context.stamp(file)
    frames = [_frame(facts, imstat, digest, file, references, prepared.raw.camera)
              for facts, (imstat, digest) in zip(prepared.raw.frames, prepared.measured, strict=True)]
    return file, frames


def _frame(facts, imstat, digest, file, references, telescope):
    cls, instrument = RAW_KINDS[facts.kind], file.instrument
    frame = cls(
        raw_fits=file, instrument=instrument, chip=references.get(Chip, instrument=instrument, name=facts.chip),
        template=references.linked(Template, instrument, facts.template),
        observing_block=references.linked(ObservingBlock, instrument, facts.observing_block),
        readout=references.readout(facts.amplifiers),
        digest=digest, imstat=imstat, is_valid=1, quality_flags=0,
        astrom={name: getattr(facts, name) for name in ASTROMETRY},
        **{name: getattr(facts, name) for name in (
            'extension', 'DATE_OBS', 'MJD_OBS', 'EXPTIME', 'OBJECT', 'OBSERVER', *SECTIONS)})
    if 'filter' in cls.__properties__:
        frame.filter = references.get(Filter, instrument=instrument, **vars(telescope.filter_facts(facts.filter)))
    if 'AIRMASS' in cls.__properties__:
        frame.AIRMASS = facts.AIRMASS
    context.stamp(frame)
    frame.filename = stamp_name(frame)
    return frame


def _file_name(path, file) -> str:
    """The name under which a raw file is stored: the one that it came with, made unique."""
    stem, dot, suffixes = path.name.lower().partition('.fit')
    stem = path.name[:len(stem)] or 'raw'
    stem = ''.join(c for c in stem.replace(' ', '-') if c.isalnum() or c in '-_+.').lstrip('.')[:100] or 'raw'
    return f'{stem}_{file.object_id.hex[-12:]}{dot}{suffixes}' if dot else f'{stem}_{file.object_id.hex[-12:]}.fits'


def instrument_of(name: str) -> Instrument:
    """The instrument that the camera `name` is, in the database."""
    references, db = References(), database()
    found = references.instrument(camera(name))
    with db.transaction() as connection:
        db.insert_absent(connection, references.new)
    db.adopt(references.new)
    return found
