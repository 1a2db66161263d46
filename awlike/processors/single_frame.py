"""One frame: from a file, or from a home, to its image and catalogues in the output."""

import collections
import dataclasses
import logging
import traceback
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from awlike.errors import AwlikeError, HeaderError, ProcessingError, said
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame
from awlike.ingest import ingest
from awlike.persist.links import listed
from awlike.processors.inputs import FrameToDo
from awlike.processors.output_folder import OutputFolder
from awlike.processors.written import write_image, write_product
from awlike.products.content import ContentTable, parts
from awlike.products.frame import Frame
from awlike.products.product import ProcessTarget
from awlike.spelling import counted
from awlike.tasks.known import task_class

log = logging.getLogger('awlike')

STEP = 'SourceList'
"""The step of the pipeline that is run for each frame."""
PRODUCTS = {'src': 'SourceList', 'icSrc': 'InitialSourceList', 'background': 'BackgroundModel'}
"""The products that are written, by the name of their file."""
IMPORTED = ImportedScienceFrame.__name__


@dataclasses.dataclass(frozen=True)
class Work:
    """What is done to each frame.

    Attributes
    ----------
    output : OutputFolder
        Where the products go.
    pars : dict
        Process parameters that differ from their defaults, as tasks take them.
    facts : dict
        Facts of imported frames in place of header and archive; see `awlike.ingest.ingest`.
    instrument : str, optional
        The camera that wrote the files; by default, for each file, the camera that claims its header.
    imported : bool
        Whether the files are science frames that were reduced elsewhere, whatever their camera says.
    variance : bool
        Whether the image has its variance beside it.
    """

    output: OutputFolder
    pars: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    facts: Mapping[str, float] = dataclasses.field(default_factory=dict)
    instrument: str | None = None
    imported: bool = False
    variance: bool = True


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one frame: a text, which is the reason where it `failed`; then with the traceback."""

    name: PurePosixPath
    text: str
    failed: bool = False
    traceback: str = ''


def process(frames: Sequence[FrameToDo], work: Work) -> list[Outcome]:
    """Process `frames`, all of one file, or one of a home; return what became of each. An error of one stops no other."""
    try:
        found = _taken_in(frames, work)
    except Exception as error:  # whatever is wrong with one file, others go on
        return [_failed(frame, error) for frame in frames]
    return [_processed(frame, found.get(frame.chip), work) for frame in frames]


def _taken_in(frames: Sequence[FrameToDo], work: Work) -> dict[str, Any]:
    """Return the objects of the database for `frames`, by chip."""
    path = frames[0].path
    if path is None:
        return {frame.chip: Frame.get(frame.object_id) for frame in frames if frame.object_id is not None}
    report = ingest(path, 'refer', IMPORTED if work.imported else None, instrument=work.instrument, facts=dict(work.facts))
    if report.refused:
        raise HeaderError(report.refused[0][1])
    found: dict[str, Any] = {}
    for file in [*report.ingested, *(known for _, known in report.known)]:
        of_file = [file] if isinstance(file, ImportedScienceFrame) else RawScienceFrame.raw_fits == file
        found |= {frame.chip.name: frame for frame in of_file if frame.chip is not None}
    return found


def _processed(todo: FrameToDo, frame: Any, work: Work) -> Outcome:
    try:
        if frame is None:
            raise ProcessingError(f'{todo.path} has no science frame of {todo.chip} any more: it was changed meanwhile')
        return Outcome(todo.name, _written(todo, _made(frame, work), work))
    except Exception as error:  # whatever is wrong with one frame, others go on
        return _failed(todo, error)


def _failed(todo: FrameToDo, error: Exception) -> Outcome:
    if not isinstance(error, AwlikeError):
        log.debug('%s failed', todo.name, exc_info=True)
    return Outcome(todo.name, said(error), True, traceback.format_exc())


def _made(frame: Frame, work: Work) -> ProcessTarget:
    """Return the product of the step for `frame`, with all that is made on the way to it."""
    task = task_class(STEP)(frames=[frame], pars=dict(work.pars), commit=True)
    try:
        task.execute()
    except ProcessingError:
        if not task.failures:
            raise
        raise ProcessingError('; '.join(reason for _, reason in task.failures)) from None
    return task.products[0]


def _written(todo: FrameToDo, product: ProcessTarget, work: Work) -> str:
    """Write what was made of a frame; return a line about it."""
    found = _by_kind(product)
    science = next((one for kind, one in found.items() if isinstance(one, ScienceFrame)), None)
    for name, kind in PRODUCTS.items():
        if kind in found:
            write_product(found[kind], work.output.product(todo.name, name))
    if science is not None:
        write_image(science, work.output.image(todo.name), work.variance)
    return _in_words(product)


def _by_kind(product: ProcessTarget) -> dict[str, ProcessTarget]:
    """Return `product` and what it was made from, the nearest of each kind, by the name of the kind."""
    found: dict[str, ProcessTarget] = {}
    waiting: collections.deque[Any] = collections.deque([product])
    while waiting:
        one = waiting.popleft()
        if isinstance(one, ProcessTarget) and found.setdefault(type(one).__name__, one) is one:
            waiting.extend(input_ for role in type(one).inputs() for input_ in listed(getattr(one, role)))
    return found


def _in_words(product: Any) -> str:
    tables = [name for name, part in parts(type(product)).items() if isinstance(part, ContentTable)]
    number = len(getattr(product, tables[0])) if tables else 0
    return counted(number, tables[0].removesuffix('s')) if tables else str(product)


def schemas() -> dict[str, type[ProcessTarget]]:
    """Return the kinds of the products that are written and have tables, by the name of their file."""
    from awlike.query.properties import classes
    found = {name: classes[kind] for name, kind in PRODUCTS.items() if kind in classes}
    return {name: cls for name, cls in found.items() if any(isinstance(part, ContentTable) for part in parts(cls).values())}
