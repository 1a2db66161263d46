"""The ingest of raw files: each file whole or not at all, each content once."""

import collections
import dataclasses
import functools
import io
import logging
import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from awlike.arguments import typed
from awlike.cameras.known import cameras
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.cameras.reading import read_raw
from awlike.context import context
from awlike.database.retry import is_there_after
from awlike.database.sessions import database
from awlike.digests import FileState, content_digest, file_digest
from awlike.errors import AwlikeError, Master, ParameterError, said
from awlike.fits.finding import fits_files
from awlike.fits.images import read_tiles
from awlike.fits.opening import load, source
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.ingest.arrivals import REFUSED, note, noted
from awlike.ingest.cards import cards_by_holder
from awlike.ingest.differences import header_differences
from awlike.ingest.imported_science import import_science
from awlike.ingest.imports import Given, geometry_of, given_of_files
from awlike.ingest.known import KnownFiles
from awlike.ingest.masters import import_master, importable
from awlike.ingest.objects import Prepared, References, raw_objects
from awlike.parallel import ahead
from awlike.persist.dataobject import Imstat
from awlike.pixels.amplifiers import light_sensitive
from awlike.pixels.statistics import image_statistics
from awlike.products.calibration import CalibrationFrame
from awlike.products.raw import RawFits, tiles_of
from awlike.progress import Progress
from awlike.remedies import to_type
from awlike.spelling import by_reason, counted
from awlike.store import server
from awlike.store.server import HOW
from awlike.terminal import Safe

log = logging.getLogger('awlike')

Arrived = RawFits | CalibrationFrame | ImportedScienceFrame


@dataclasses.dataclass
class Report(Safe):
    """The result of an ingest."""

    ingested: list[Arrived] = dataclasses.field(default_factory=list)
    """The raw files (`RawFits`), or imported frames, that are new."""
    known: list[tuple[Path, Arrived]] = dataclasses.field(default_factory=list)
    """(path, `RawFits` or imported frame) of files whose content was known already, perhaps under another name."""
    refused: list[tuple[Path, str]] = dataclasses.field(default_factory=list)
    """(path, reason) of files that cannot be used."""
    kinds: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """How many files were refused as what: not FITS, damaged, master calibrations ..."""
    refused_as: list[str] = dataclasses.field(default_factory=list)
    """As what each of `refused` was refused."""
    remarks: list[tuple[Path, str]] = dataclasses.field(default_factory=list)
    """(path, remark) of files that were taken, and of which there is something to know."""
    frames: collections.Counter[str] = dataclasses.field(default_factory=collections.Counter)
    """The number of new frames of each class."""

    differing: dict[Path, str] = dataclasses.field(default_factory=dict)
    """For the path of a known file: the cards in which its header differs from the stored header."""

    def refusals(self) -> list[str]:
        """Return why files cannot be used, a line for each file; many files with one reason have one line."""
        return [f'{what}: refused: {reason}' for what, reason in by_reason(self.refused)]

    def told(self) -> list[str]:
        """Return a line for each file that is known under another name, or with another header, and for each remark."""
        known = [f'{path}: known already, as {file.original_name}{self._differs(path)}' for path, file in self.known
                 if Path(path).name != file.original_name or path in self.differing]
        return [*known, *(f'{path}: {remark}' for path, remark in self.remarks)]

    def _differs(self, path: Path) -> str:
        if path not in self.differing:
            return ''
        return f', but its header differs: {self.differing[path]}; the frames that are known stay as they are'

    def summary(self) -> str:
        """Return the numbers, in one line."""
        frames = ', '.join(f'{number:,} {name}' for name, number in sorted(self.frames.items()))
        refused = ', '.join(f'{number:,} {kind}{_remedy(kind)}' for kind, number in self.kinds.most_common())
        return (f'{counted(len(self.ingested), "file")} ingested{f" ({frames})" if frames else ""}, '
                f'{len(self.known):,} known already, {len(self.refused):,} refused{f": {refused}" if refused else ""}')

    def refuse(self, path: Path, error: Exception) -> None:
        """Note why the file `path` cannot be used."""
        self.refused.append((path, said(error).removeprefix(f'{path}: ')))
        self.refused_as.append(getattr(error, 'kind', 'for other reasons'))
        self.kinds[self.refused_as[-1]] += 1

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values, for machines."""
        return {
            'ingested': [{'filename': file.filename, 'original_name': file.original_name} for file in self.ingested],
            'known': [{'path': str(path), 'filename': file.filename, 'original_name': file.original_name,
                       'header_differs': self.differing.get(path)}
                      for path, file in self.known],
            'refused': [{'path': str(path), 'reason': reason} for path, reason in self.refused],
            'refused_as': dict(self.kinds.most_common()),
            'remarks': [{'path': str(path), 'remark': remark} for path, remark in self.remarks],
            'frames': dict(sorted(self.frames.items())),
        }

    def __str__(self) -> str:
        return '\n'.join([*self.refusals(), *self.told(), self.summary()])

    __repr__ = __str__


def _remedy(kind: str) -> str:
    return f' ({to_type("ingest(path, as_=CLASS)", "awe ingest --as CLASS")})' if kind == Master.kind else ''


@typed
def ingest(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], how: str = 'copy',
           as_: str | type[CalibrationFrame] | type[ImportedScienceFrame] | None = None, instrument: str | None = None,
           facts: Mapping[str, float] | None = None) -> Report:
    """Ingest raw files, and the FITS files in folders, into the current project at the current privileges.

    Parameters
    ----------
    paths : path or list of paths
        Files, and folders that are searched for FITS files.
    how : {'copy', 'link', 'refer'}
        Whether the data server keeps a copy, a hard link, or only a reference to the place of a file.
    as_ : class or str, optional
        The class of frames that the files are, ready-made. ImportedScienceFrame: science frames, reduced elsewhere; the data
        server keeps their images in ADU. BiasFrame, DarkFrame (bias subtracted), FlatFrame, DomeFlatFrame or
        TwilightFlatFrame: calibrations; the data server keeps their images, a dark per second, a flat with median 1. They serve
        by the date, setup, chip and filter in their headers. CrosstalkMatrix, TechData or GainLinearity: tables with values of
        the amplifiers of an `instrument`, see `awlike.fits.detector_tables`. Default: the files are what their camera writes,
        mostly raw.
    instrument : str, optional
        The camera that wrote the files; by default, for each file, the camera that claims its header.
    facts : dict, optional
        What is known of science frames that were reduced elsewhere, in place of header and archive: ``gain`` [electron/adu],
        ``read_noise`` [electron], ``saturation`` [adu].

    Returns
    -------
    Report
        The files that were ingested, known already, or refused, with the reason. A bad file does not stop the others.
    """
    report = take_all(paths, how, as_, instrument, facts)
    try:
        note(noted(path, REFUSED, reason, kind) for (path, reason), kind in zip(report.refused, report.refused_as, strict=True))
    except AwlikeError as error:  # what was ingested is told all the same
        log.warning('which files were refused cannot be kept for the nights: %s', said(error))
    return report


def take_all(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], how: str = 'copy',
             as_: str | type[CalibrationFrame] | type[ImportedScienceFrame] | None = None, instrument: str | None = None,
             facts: Mapping[str, float] | None = None) -> Report:
    """Ingest files as `ingest` does, and leave it to the caller to keep what was refused."""
    if how not in HOW:
        raise ParameterError(f'how={how!r}: a raw file is kept as one of {", ".join(HOW)}')
    server().check_way(how)
    given = given_of_files(instrument, facts)
    _ = context.project, cameras()  # refuse now if no project is set, or the description of a camera is wrong
    cls, files = None if as_ is None else importable(as_), fits_files(paths)
    report, references, known = Report(), References(), KnownFiles()
    if cls is not None:
        imports = functools.partial(import_master, cls=cls) if issubclass(cls, CalibrationFrame) else import_science
        imports = functools.partial(imports, report=report, references=references, given=given)
        with Progress('ingest', len(files)) as progress:
            for path in files:
                _one(path, report, progress, functools.partial(imports, path))
        return report
    with Progress('ingest', len(files)) as progress, ahead(
            functools.partial(_prepare, given=given), files, os.cpu_count() or 1) as all_prepared:
        for path, prepared in all_prepared:
            _one(path, report, progress, lambda path=path, prepared=prepared: _take(
                path, prepared.result(), how, report, references, known, given))
    return report


def _one(path: Path, report: Report, progress: Progress, take: Callable[[], None]) -> None:
    """Take one file by `take`; note in `report` why it cannot be used."""
    progress.now(path.name)
    try:
        take()
    except AwlikeError as error:
        report.refuse(path, error)
    except Exception as error:  # whatever is wrong with one file, the others are ingested
        log.debug('%s failed', path, exc_info=True)
        report.refuse(path, error)
    progress.advance()


def _prepare(path: Path, given: Given) -> Prepared | None:
    """Return the facts and the digests of a raw file; None for a file of science frames that were reduced elsewhere."""
    raw = read_raw(path, camera=given.camera)
    if raw.camera.reduced:
        return None
    if given.facts:
        raise ParameterError(f'{", ".join(given.facts)} can be said of frames that were reduced elsewhere alone, and this one '
                             'is raw: leave it out, or take the file as an ImportedScienceFrame')
    state = FileState.of(path)
    image = source(load(path))  # unzipped once for all detectors
    measured = [_measure(image, raw, facts) for facts in raw.frames]
    return Prepared(file_digest(path), os.path.getsize(path), state, raw, measured)


def _measure(image: str | os.PathLike[str] | io.BytesIO, raw: RawFile, facts: RawFacts) -> tuple[Imstat, str]:
    data = read_tiles(image, tiles_of(facts.extension, facts.amplifiers))
    statistics: dict[str, Any] = image_statistics(light_sensitive(data, geometry_of(facts)))
    return Imstat(**statistics), content_digest(data, _content(raw, facts))


def _content(raw: RawFile, facts: RawFacts) -> dict[str, Any]:
    """Return the values that belong to the pixels.

    HDUs do not, as the same frame can be packed in another way; nor what older digests leave out: setup, temperature, the name
    of the exposure, and the rotator.
    """
    values = {name: value for name, value in vars(facts).items()
              if name not in ('extension', 'OBSERVER', 'amplifiers', 'setup', 'TEMPERATURE', 'exposure', 'rotator')}
    amplifiers = [{name: value for name, value in amplifier.items() if name != 'extension'}
                  for amplifier in facts.amplifiers or ()]
    return values | {'instrument': raw.instrument} | ({'amplifiers': amplifiers} if amplifiers else {})


def _take(path: Path, prepared: Prepared | None, how: str, report: Report, references: References, files: KnownFiles,
          given: Given) -> None:
    """Store one file and all its frames."""
    if prepared is None:
        import_science(path, report, references, given)
        return
    known = files.find(prepared)
    if known is not None:
        if known.digest == prepared.digest and not server().has(known.filename):
            _restore(path, known, how)
        report.known.append((path, known))
        if differences := header_differences(path, prepared, known):
            report.differing[path] = differences
        return
    file, frames = raw_objects(path, prepared, references)
    cards = cards_by_holder(file.object_id, [frame.object_id for frame in frames], prepared.raw.headers)
    references.sizes.check(frames)
    server().take(path, file.filename, how, prepared.digest, prepared.state)
    db = database()
    try:
        with db.transaction() as connection:
            db.one_by_one(connection, file.digest)
            twin = files.twin(connection, prepared)
            if twin is None:
                db.insert_absent(connection, references.new)
                db.insert(connection, [file])
                db.insert(connection, frames)
                db.insert_cards(connection, cards)
    except BaseException as error:
        if not is_there_after(error, file):
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


def _restore(path: Path, known: RawFits, how: str) -> None:
    """Put the lost file of `known` back; `path` has the same bytes."""
    server().remove(known.filename)  # a reference to a file that is gone
    server().take(path, known.filename, how, known.digest)
