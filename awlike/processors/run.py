"""A run: many frames with one set of parameters into one output, in this process or in several."""

import contextlib
import dataclasses
import functools
import itertools
import logging
import signal
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from awlike.cameras.known import camera
from awlike.cameras.reading import read_raw
from awlike.errors import AwlikeError, ParameterError
from awlike.fits.finding import fits_files
from awlike.ingest import ingest
from awlike.ingest.masters import IMPORTABLE
from awlike.processors.catalogue import Catalogue
from awlike.processors.inputs import FrameToDo, Inputs
from awlike.processors.output_folder import OutputFolder
from awlike.processors.overrides import Changes, Override, changes
from awlike.processors.pool import in_order
from awlike.processors.run_config import Section, kinds_on_the_way, run_config
from awlike.processors.single_frame import IMAGE, STEP, Outcome, Work, process, schemas
from awlike.processors.written import write_schema
from awlike.products.product import ProcessTarget
from awlike.progress import Progress
from awlike.spelling import by_reason
from awlike.tasks.known import task_class

log = logging.getLogger('awlike')

_MASTERS = {'bias': 'BiasFrame', 'dark': 'DarkFrame', 'domeflat': 'DomeFlatFrame', 'twilightflat': 'TwilightFlatFrame'}


@dataclasses.dataclass(frozen=True)
class Planned:
    """What a run will do: the frames, the kinds that are made, the changes of the user, and all values in force."""

    frames: Sequence[FrameToDo]
    kinds: Sequence[type[ProcessTarget]]
    changes: Changes
    sections: Sequence[Section]

    @property
    def from_raw(self) -> bool:
        """Whether some frames are raw, and need calibrations."""
        return not all(frame.imported for frame in self.frames)


def plan(inputs: Inputs, overrides: Sequence[Override]) -> Planned:
    """Return what a run over `inputs` with these `overrides` will do.

    Raises
    ------
    NotFound, ParameterError
        When there are no frames, frames of several cameras, or an override has no meaning.
    """
    name = inputs.only_camera()
    from_raw = not all(frame.imported for frame in inputs.frames)
    kinds = [task_class(IMAGE).target, *kinds_on_the_way(task_class(STEP).target, from_raw)]
    changed = changes(overrides, kinds)
    if changed.facts and from_raw:
        raise ParameterError(f'{", ".join(changed.facts)} can be said of frames that were reduced elsewhere alone; frames of '
                             f'{camera(name).name} are raw: leave it out, or give --as ImportedScienceFrame')
    if changed.facts and any(frame.path is None for frame in inputs.frames):
        raise ParameterError(f'{", ".join(changed.facts)}: the frames of a home have the facts with which they were taken in; '
                             'leave it out')
    return Planned(inputs.frames, kinds, changed, run_config(name, kinds, changed))


def add_catalogue(catalogue: Catalogue | None, planned: Planned) -> dict[str, Any]:
    """Add a reference catalogue to the home in which this process works; return the parameters of the run, which name it.

    A catalogue that the user names by a parameter goes before it.
    """
    pars = planned.changes.pars
    if catalogue is None:
        return pars
    return pars | {name: value for name, value in catalogue.add(planned.kinds).items() if not pars.get(name)}


def take_calibrations(paths: Sequence[Path], instrument: str | None) -> None:
    """Take raw calibration frames by reference, and ready-made ones as what their header calls them; tell what is refused."""
    if not paths:
        return
    refused: list[tuple[Path, str]] = []
    for path, reason in ingest(paths, 'refer', instrument=instrument).refused:
        kind = _kind_of_master(path, instrument)
        refused += ingest(path, as_=kind, instrument=instrument).refused if kind else [(path, reason)]
    for what, why in by_reason(refused):
        log.warning('%s: no calibration that can be used: %s', what, why)


def _kind_of_master(path: Path, instrument: str | None) -> str | None:
    """Return the class of the ready-made calibration in a file, as its header calls it; None where it is none."""
    with contextlib.suppress(AwlikeError):
        raw = read_raw(path, False, camera=None if instrument is None else camera(instrument))
        kinds = {facts.kind for facts in raw.frames}
        found = _MASTERS.get(kinds.pop()) if len(kinds) == 1 else None
        return found if found in IMPORTABLE else None
    return None


def calibrations_in(folder: Path | None) -> list[Path]:
    """Return the FITS files in a folder of calibrations, or the one file; none without a folder."""
    return [] if folder is None else fits_files(folder)


def write_schemas(output: OutputFolder) -> None:
    """Write the schemas of the catalogues into the output."""
    for name, cls in schemas().items():
        write_schema(cls, output.schemas / f'{name}.fits')


def execute(frames: Sequence[FrameToDo], work: Work, processes: int = 1,
            begin: Callable[[], None] = lambda: None) -> Iterator[Outcome]:
    """Process `frames`; yield what became of each as soon as it is known, in order.

    Parameters
    ----------
    processes : int
        The number of processes; 1 is this one.
    begin : callable
        Called first in each process that is started; it can be pickled.
    """
    jobs = [list(group) for _, group in itertools.groupby(frames, lambda frame: frame.path or frame.object_id)]
    with Progress('process', len(jobs)) as progress:
        for outcomes in _in_order(jobs, work, min(processes, len(jobs)), begin):
            progress.advance()
            yield from outcomes


def _in_order(jobs: Sequence[list[FrameToDo]], work: Work, processes: int,
              begin: Callable[[], None]) -> Iterator[list[Outcome]]:
    if processes <= 1:
        yield from (process(job, work) for job in jobs)
        return
    yield from in_order(functools.partial(process, work=work), jobs, processes, _begin, begin)


def _begin(begin: Callable[[], None]) -> None:
    """Begin in a process that was just started. Ctrl-C, which all processes get, ends it without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    begin()

