"""The log of a job: workers write it into the database while the job runs, and its user reads it there."""

import contextlib
import logging
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Self

from sqlalchemy import Row, insert, select

from awlike.current import in_this_context
from awlike.database.retry import patiently, rows
from awlike.database.sessions import Database
from awlike.errors import AwlikeError
from awlike.masking import without_secrets
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.tables import job_log
from awlike.terminal import Readable

_EVERY = 0.5   # seconds between writes
_LONGEST = 20_000  # characters of one line
_here: 'ContextVar[JobLog | None]' = ContextVar('job_log', default=None)


class JobLog(logging.Handler):
    """A context in which the log lines of awlike and the warnings of Python go to the log of a job, a few lines at once.

    A worker of several threads may work for several jobs: each log gets the lines of its own threads.

    Parameters
    ----------
    db : Database
        The database that keeps the log.
    job_id : UUID
        The job.
    place : str
        The worker that writes.
    """

    def __init__(self, db: Database, job_id: uuid.UUID, place: str) -> None:
        super().__init__(logging.INFO)
        self._db, self._job_id, self._place = db, job_id, place
        self._lines: list[dict] = []
        self._ended = threading.Event()
        self._loggers = logging.getLogger('awlike'), logging.getLogger('py.warnings')

    def __enter__(self) -> Self:
        logging.captureWarnings(True)
        for logger in self._loggers:
            logger.addHandler(self)
            logger.propagate = False
        self._loggers[0].setLevel(logging.INFO)
        self._writer = threading.Thread(target=in_this_context(self._write_now_and_then), name='awlike log', daemon=True)
        self._writer.start()
        self._token = _here.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        _here.reset(self._token)
        for logger in self._loggers:
            logger.removeHandler(self)
            logger.propagate = True
        self._ended.set()
        self._writer.join()
        patiently(self._write)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line of `record` for the next write, unless the line belongs to another job."""
        if _here.get() not in (self, None):  # None: a thread that belongs to no job
            return
        text = record.getMessage()
        if record.exc_info:
            text += '\n' + logging.Formatter().formatException(record.exc_info)
        self._lines.append(_line(self._job_id, self._place, record.levelname, without_secrets(text)[:_LONGEST]))

    def _write_now_and_then(self) -> None:
        while not self._ended.wait(_EVERY):
            with contextlib.suppress(AwlikeError):  # the lines wait until the database can be written to again
                self._write()

    def _write(self) -> None:
        lines = list(self._lines)
        if lines:
            with self._db.transaction() as connection:
                connection.execute(insert(job_log), lines)
            del self._lines[:len(lines)]


def say(db: Database, job_id: uuid.UUID, place: str, level: str, text: str) -> None:
    """Write one line into the log of a job."""
    def write() -> None:
        with db.transaction() as connection:
            connection.execute(insert(job_log), line)
    line = _line(job_id, place, level, text)
    patiently(write)


def _line(job_id: uuid.UUID, place: str, level: str, text: str) -> dict:
    return {'id': new_id(), 'job_id': job_id, 'date': utcnow(), 'level': level, 'place': place, 'text': text}


def lines_of(job_id: uuid.UUID, after: Row | None = None) -> list[Row]:
    """Return the log lines of a job, in order; only those after the line `after`, if given."""
    return lines_of_all([job_id], after)


def lines_of_all(job_ids: Collection[uuid.UUID], after: Row | None = None) -> list[Row]:
    """Return the log lines of several jobs, in order; only those after the line `after`, if given."""
    wanted = select(job_log).where(job_log.c.job_id.in_(job_ids))
    if after is not None:
        wanted = wanted.where(job_log.c.id > after.id)
    return rows(wanted.order_by(job_log.c.id))


class Log(Readable):
    """The log of a job, or of several; print it. Each of its `lines` has `date`, `level`, `place` and `text`.

    Parameters
    ----------
    lines : sequence of Row
        The lines, in order.
    numbers : dict, optional
        The numbers of the jobs by their ids, when each line shall name its job.
    nothing : str
        The text of a log without lines.
    """

    def __init__(self, lines: Sequence[Row], numbers: Mapping[uuid.UUID, int] | None = None,
                 nothing: str = 'the job has logged nothing yet') -> None:
        self.lines, self._numbers, self._nothing = lines, numbers, nothing

    def __str__(self) -> str:
        return as_text(self.lines, self._numbers) or self._nothing

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the log as JSON values, for machines."""
        return [{name: getattr(line, name) for name in ('date', 'level', 'place', 'text')} for line in self.lines]


def as_text(lines: Sequence[Row], numbers: Mapping[uuid.UUID, int] | None = None) -> str:
    """Return lines of a log as text: date, level, the number of the job where `numbers` has it, worker, and message."""
    def job(line: Row) -> str:
        return f'job {numbers[line.job_id]} ' if numbers else ''
    return '\n'.join(f'{line.date:%Y-%m-%d %H:%M:%S} {line.level:7} {job(line)}{line.place}  {line.text}' for line in lines)


def follow(read: Callable[[Row | None], list[Row]], ended: Callable[[], bool], show: Callable[[list[Row]], None],
           pause: float = 0.5) -> None:
    """Show lines as they come: `read(after)` returns the new lines, `ended()` whether no more lines will come."""
    last = None
    while True:
        over = ended()  # asked first, so that no line before the end is missed
        if new := read(last):
            show(new)
            last = new[-1]
        if over:
            return
        time.sleep(pause)
