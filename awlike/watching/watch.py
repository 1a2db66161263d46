"""The watch of one folder: a claim in the database keeps others off, rows there say what became of each file."""

import dataclasses
import logging
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import select

from awlike.arguments import typed
from awlike.context import context
from awlike.database.claims import Claims, TakenOver
from awlike.database.sessions import database
from awlike.errors import AwlikeError, NotAllowed, NotFound, ParameterError, said
from awlike.frames.raw import RawScienceFrame
from awlike.ingest.arrivals import INGESTED, KNOWN, REFUSED, name_of, note, noted, state_of
from awlike.ingest.take import take_all
from awlike.notices import FAILED, tell_of
from awlike.notices.servers import tell_of_server
from awlike.persist.tables import arrival
from awlike.products.raw import RawFits
from awlike.tasks.chain import Chain, step_names
from awlike.tasks.known import task_class
from awlike.watching.nights_over import NightsOver
from awlike.watching.settled import Settling

log = logging.getLogger('awlike')


@dataclasses.dataclass(frozen=True)
class Arrived:
    """What became of a file.

    Attributes
    ----------
    path : str
        Its path.
    outcome : str
        ``'ingested'``; ``'known'``: its content was in the archive already; or ``'refused'``.
    reason : str
        Why it was refused, or what failed in the chain; else empty.
    made : tuple of str
        The names of the products that the chain made.
    """

    path: str
    outcome: str
    reason: str = ''
    made: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the same as JSON values."""
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        made = f': made {", ".join(self.made)}' if self.made else ''
        return f'{self.path}: {self.outcome}{made}{f": {self.reason}" if self.reason else ""}'


class Watch:
    """The watch of a folder.

    Each file is taken once its size and its time of change have stayed the same for a while. What became of it is kept in the
    database, so that another watch goes on where this one ended. A file that was refused is tried again when it changes.

    Parameters
    ----------
    folder : path
        The folder, which is searched at any depth.
    chain : str, optional
        Steps that run on the science frames of each new file, as ``'Reduce'`` or ``'Reduce>SourceList'``; products are
        committed. Default: none.
    how : {'copy', 'link', 'refer'}
        How the data server keeps a file.
    settle : float
        The seconds after which an unchanged file is taken. Default: 5.
    every : float
        The seconds between two looks into the folder. Default: 2.
    """

    @typed
    def __init__(self, folder: str | os.PathLike[str], chain: str = '', how: str = 'copy', settle: float = 5.0,
                 every: float = 2.0) -> None:
        self.folder = Path(os.path.realpath(folder))
        if not self.folder.is_dir():
            raise NotFound(f'{folder} is no folder: give the folder into which the files come')
        if not (settle >= 0 and every > 0):
            raise ParameterError(f'settle={settle}, every={every}: give seconds, 0 or more to settle, and more than 0 between '
                                 'two looks')
        for name in step_names(chain) if chain else ():
            task_class(name)
        self._name = name_of(self.folder)
        self._chain, self._how, self._every = chain, how, every
        self._settling = Settling(self.folder, settle)
        self._known: set[tuple[str, int | None, int | None]] = set()
        self._told = ''

    def run(self, tell: Callable[[Arrived], object], stop: threading.Event | None = None, once: bool = False) -> None:
        """Take files until `stop` is set; the file at hand is finished first.

        Parameters
        ----------
        tell : callable
            Called with each `Arrived`, once it is kept.
        once : bool
            Whether to end when each file that is there was taken. Default: go on.

        Raises
        ------
        NotAllowed
            When another process watches the folder for this project, or took over.
        """
        stop = stop or threading.Event()
        me, project = context.account('watch a folder'), context.project
        key = f'watch {self._name}'
        with Claims(database(), me.object_id, (2, project.object_id)) as claims:
            if not claims.acquire(key)[0]:
                raise NotAllowed(f'{self.folder} is being watched for project {project.name} already: end that watch first; '
                                 'one that was killed counts for half a minute at most')
            self._known |= self._taken_before()
            self._nights = NightsOver()
            while not stop.is_set():
                self._look(tell, stop, lambda: claims.insist(key))
                if once and not len(self._settling):
                    return
                stop.wait(self._every)

    def _taken_before(self) -> set[tuple[str, int | None, int | None]]:
        """Return path, size and time of change of the files of which the database says what became of them."""
        rows = database().session.execute(select(arrival.c.path, arrival.c.size, arrival.c.modified).where(
            arrival.c.watched == self._name, arrival.c.project_id == context.project.object_id))
        return {(path, size, modified) for path, size, modified in rows}

    def _look(self, tell: Callable[[Arrived], object], stop: threading.Event, insist: Callable[[], None]) -> None:
        """Take what has settled. A database or a folder that cannot be reached is told once, and tried again."""
        try:
            for path in self._settling.settled(self._known):
                if stop.is_set():
                    return
                insist()
                tell(self._take(path))
            if not len(self._settling):
                self._nights.check()
            self._told = ''
        except TakenOver as error:
            raise NotAllowed(f'{self.folder} is watched by another process now: {error}') from error
        except BrokenPipeError:  # nobody reads what is told
            raise
        except (AwlikeError, OSError) as error:
            tell_of_server(error)
            if said(error) != self._told:
                log.warning('%s; it is tried again every %g s', said(error), self._every)
            self._told = said(error)

    def _take(self, path: Path) -> Arrived:
        """Take one file, run the chain on it, and keep what became of it."""
        state = state_of(path)  # before: a file that changes meanwhile is another one, to be taken, too
        report = take_all([path], self._how)
        if report.refused:
            reason, kind = report.refused[0][1], report.refused_as[0]
            found, row = Arrived(str(path), REFUSED, reason), noted(path, REFUSED, reason, kind, self._name, None, state)
        else:
            files = report.ingested or [file for _, file in report.known]
            raw = files[0] if files and isinstance(files[0], RawFits) else None
            if raw is not None:
                self._nights.took(raw)
            reason, made = self._run_chain(raw) if raw is not None and self._chain else ('', ())
            outcome = INGESTED if report.ingested else KNOWN
            found = Arrived(str(path), outcome, reason, made)
            row = noted(path, outcome, reason, '', self._name, raw.object_id if raw is not None else None, state)
        note([row])
        self._known.add((row['path'], row['size'], row['modified']))
        return found

    def _run_chain(self, file: RawFits) -> tuple[str, tuple[str, ...]]:
        """Run the chain on the science frames of a file; return what failed, and the names of what was made."""
        frames = [frame.filename for frame in RawScienceFrame.raw_fits == file]
        if not frames:
            return '', ()
        made: list[Any] = []
        try:
            chain = Chain(self._chain, frames=frames, commit=True)
            try:
                chain.execute()
            finally:
                made = chain.made
        except AwlikeError as error:
            reason = f'{self._chain} failed: {said(error)}'
            if not tell_of_server(error):
                tell_of(FAILED, f'{self._chain} failed for {file.original_name}', reason,
                        once=f'{self._name} {file.object_id} {reason}', project=context.project.name)
            return reason, tuple(one.filename for one in made)
        return '', tuple(one.filename for one in made)
