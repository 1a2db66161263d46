"""Raw files in: each file whole or not at all, each content once."""

import collections
import dataclasses
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import select

from awlike.context import context
from awlike.errors import AwlikeError, HeaderError, ParameterError
from awlike.frames.frame import stamp_name
from awlike.frames.raw import RAW_KINDS, RawFits
from awlike.instruments import ASTROMETRY, SECTIONS, camera, fits_files, read_pixels, read_raw
from awlike.persist.database import database
from awlike.persist.dataobject import DataObject, Imstat
from awlike.persist.references import Chip, Filter, Instrument, ObservingBlock, Template
from awlike.pixels.geometry import Section
from awlike.pixels.statistics import image_statistics
from awlike.store import server
from awlike.store.digest import content_digest
from awlike.store.server import HOW, file_digest
from awlike.progress import Progress


@dataclasses.dataclass
class Report:
    """What became of the files."""

    ingested: list = dataclasses.field(default_factory=list)
    """The raw files (`RawFits`) that are new."""
    known: list = dataclasses.field(default_factory=list)
    """(path, `RawFits`) of files whose content was there already, perhaps under another name."""
    refused: list = dataclasses.field(default_factory=list)
    """(path, reason) of files that cannot be used."""
    frames: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    """How many new frames of each class."""

    def __str__(self):
        kinds = ', '.join(f'{number} {name}' for name, number in sorted(self.frames.items()))
        lines = [f'{path}: refused: {reason}' for path, reason in self.refused]
        renamed = [(path, file) for path, file in self.known if Path(path).name != file.original_name]
        lines += [f'{path}: known already, as {file.original_name}' for path, file in renamed]
        lines.append(f'{len(self.ingested)} files ingested{f" ({kinds})" if kinds else ""}, '
                     f'{len(self.known)} known already, {len(self.refused)} refused')
        return '\n'.join(lines)

    __repr__ = __str__


def ingest(paths, how: str = 'copy') -> Report:
    """Ingest raw files, and those in folders, into the current project at the current privileges.

    Parameters
    ----------
    paths : path or list of paths
        Files, and folders that are searched for FITS files.
    how : {'copy', 'link', 'refer'}
        Whether the data server keeps a copy, a hard link, or only a reference to where a file lies.

    Returns
    -------
    Report
        What was ingested, what was known already and what was refused, and why. One bad file does not stop the rest.
    """
    if how not in HOW:
        raise ParameterError(f'how={how!r}: a raw file is kept as one of {", ".join(HOW)}')
    _ = context.project  # refuse now when there is none
    files = fits_files(paths)
    report, references = Report(), References()
    workers = os.cpu_count() or 1
    with Progress('ingest', len(files)) as progress, ThreadPoolExecutor(workers) as pool:
        for path, prepared in _ahead(pool, _prepare, files, 2 * workers):
            try:
                _take(path, prepared.result(), how, report, references)
            except HeaderError as error:
                report.refused.append((path, str(error).removeprefix(f'{path}: ')))
            except (AwlikeError, OSError) as error:
                report.refused.append((path, f'{type(error).__name__}: {error}'))
            progress.advance(path)
    return report


def _ahead(pool, work, items, number):
    """`work` on `items` in the pool, at most `number` of them ahead; (item, future) in order."""
    items = iter(items)
    waiting = collections.deque((item, pool.submit(work, item)) for item in itertools.islice(items, number))
    while waiting:
        yield waiting.popleft()
        waiting.extend((item, pool.submit(work, item)) for item in itertools.islice(items, 1))


@dataclasses.dataclass
class Prepared:
    """All that is learnt from a file without the database."""

    digest: str
    size: int
    raw: object
    measured: list  # (Imstat, content digest) for each frame


def _prepare(path) -> Prepared:
    raw = read_raw(path)
    return Prepared(file_digest(path), os.path.getsize(path), raw, [_measure(path, raw, facts) for facts in raw.frames])


def _measure(path, raw, facts):
    data = read_pixels(path, facts.extension)
    light = data[Section.from_fits(facts.trim).slices] if facts.trim else data
    values = {name: value for name, value in vars(facts).items() if name not in ('extension', 'OBSERVER')}
    return Imstat(**image_statistics(light)), content_digest(data, values | {'instrument': raw.instrument})


def _take(path, prepared, how, report, references) -> None:
    """Store one file and all its frames."""
    known = (RawFits.digest == prepared.digest).first()
    if known is not None:
        report.known.append((path, known))
        return
    file, frames = _objects(path, prepared, references)
    server().take(path, file.filename, how)
    db = database()
    try:
        with db.transaction() as connection:
            mine = DataObject.__table__.c
            twin = connection.scalar(select(mine.object_id).where(
                mine.digest == file.digest, mine.class_name == RawFits.__name__, context.visible(DataObject.__table__)))
            if twin is None:
                db.insert_absent(connection, references.new)
                db.insert(connection, [file])
                db.insert(connection, frames)
    except BaseException:
        server().remove(file.filename)
        raise
    if twin is not None:  # another process was faster with the same content
        server().remove(file.filename)
        report.known.append((path, RawFits.get(twin)))
        return
    db.adopt([*references.new, file, *frames])
    references.new.clear()
    report.ingested.append(file)
    report.frames.update(type(frame).__name__ for frame in frames)


def _objects(path, prepared, references):
    """The persistent objects for a file and its frames, in memory."""
    path = Path(path)
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
        digest=digest, imstat=imstat, is_valid=1, quality_flags=0,
        astrom={name: getattr(facts, name) for name in ASTROMETRY},
        **{name: getattr(facts, name) for name in (
            'extension', 'DATE_OBS', 'MJD_OBS', 'EXPTIME', 'OBJECT', 'OBSERVER', *SECTIONS)})
    if frame.trim is None:
        frame.trim = Section(0, facts.shape[1], 0, facts.shape[0]).to_fits()
    if 'filter' in cls.__properties__:
        frame.filter = references.get(Filter, instrument=instrument, **vars(telescope.filter_facts(facts.filter)))
    if 'AIRMASS' in cls.__properties__:
        frame.AIRMASS = facts.AIRMASS
    context.stamp(frame)
    frame.filename = stamp_name(frame)
    return frame


def instrument_of(name: str) -> Instrument:
    """The instrument that the camera `name` is, in the database."""
    references, db = References(), database()
    found = references.instrument(camera(name))
    with db.transaction() as connection:
        db.insert_absent(connection, references.new)
    db.adopt(references.new)
    return found


def _file_name(path, file) -> str:
    """The name under which a raw file is stored: the one that it came with, made unique."""
    stem, dot, suffixes = path.name.lower().partition('.fit')
    stem = path.name[:len(stem)] or 'raw'
    stem = ''.join(c for c in stem.replace(' ', '-') if c.isalnum() or c in '-_+.').lstrip('.') or 'raw'
    return f'{stem}_{file.object_id.hex[-12:]}{dot}{suffixes}' if dot else f'{stem}_{file.object_id.hex[-12:]}.fits'


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
