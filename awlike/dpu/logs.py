"""What a job says: from the workers into the database while it runs, and from there to whoever asks."""

import logging
import threading
import time

from sqlalchemy import insert, select

from awlike.current import in_this_context
from awlike.database.retry import patiently
from awlike.errors import AwlikeError
from awlike.nights import utcnow
from awlike.persist.ids import new_id
from awlike.persist.tables import job_log
from awlike.terminal import Readable

_EVERY = 0.5   # seconds between writes while something is said
_LONGEST = 20_000  # characters of one line


class JobLog(logging.Handler):
    """As a context: what awlike and Python's warnings say in it goes to the log of a job, a few lines at once.

    Parameters
    ----------
    db : Database
        Where it is kept.
    job_id : UUID
        Of which job.
    place : str
        Where it is said.
    """

    def __init__(self, db, job_id, place):
        super().__init__(logging.INFO)
        self._db, self._job_id, self._place = db, job_id, place
        self._lines, self._ended = [], threading.Event()
        self._loggers = logging.getLogger('awlike'), logging.getLogger('py.warnings')

    def __enter__(self):
        logging.captureWarnings(True)
        for logger in self._loggers:
            logger.addHandler(self)
            logger.propagate = False
        self._loggers[0].setLevel(logging.INFO)
        self._writer = threading.Thread(target=in_this_context(self._write_now_and_then), name='awlike log', daemon=True)
        self._writer.start()
        return self

    def __exit__(self, *_):
        for logger in self._loggers:
            logger.removeHandler(self)
            logger.propagate = True
        self._ended.set()
        self._writer.join()
        patiently(self._write)

    def emit(self, record):
        text = record.getMessage()
        if record.exc_info:
            text += '\n' + logging.Formatter().formatException(record.exc_info)
        self._lines.append(_line(self._job_id, self._place, record.levelname, text[:_LONGEST]))

    def _write_now_and_then(self):
        while not self._ended.wait(_EVERY):
            try:
                self._write()
            except AwlikeError:
                pass  # they are kept until the database can be written to again

    def _write(self):
        lines = list(self._lines)
        if lines:
            with self._db.transaction() as connection:
                connection.execute(insert(job_log), lines)
            del self._lines[:len(lines)]


def say(db, job_id, place, level: str, text: str) -> None:
    """Put one line into the log of a job."""
    def write():
        with db.transaction() as connection:
            connection.execute(insert(job_log), line)
    line = _line(job_id, place, level, text)
    patiently(write)


def _line(job_id, place, level, text) -> dict:
    return {'id': new_id(), 'job_id': job_id, 'date': utcnow(), 'level': level, 'place': place, 'text': text}


def lines_of(job_id, after=None) -> list:
    """The rows of what a job said, in order; only those after the row `after`."""
    from awlike.database.retry import rows
    wanted = select(job_log).where(job_log.c.job_id == job_id)
    if after is not None:
        wanted = wanted.where(job_log.c.id > after.id)
    return rows(wanted.order_by(job_log.c.id))


class Log(Readable):
    """What a job said; print it. Its members are the lines, with `date`, `level`, `place`, `text`."""

    def __init__(self, rows):
        self.lines = rows

    def __str__(self):
        return told(self.lines) or 'nothing was said yet'

    def to_dict(self) -> list:
        """The same as JSON values, for machines."""
        return [{name: getattr(line, name) for name in ('date', 'level', 'place', 'text')} for line in self.lines]


def told(rows) -> str:
    """Rows of a log as text: when, how grave, where, and what."""
    return '\n'.join(f'{row.date:%Y-%m-%d %H:%M:%S} {row.level:7} {row.place}  {row.text}' for row in rows)


def follow(read, ended, show=print, pause=0.5) -> None:
    """Show lines as they come: `read(after)` gives new rows, `ended()` says whether none will come any more."""
    last = None
    while True:
        over = ended()  # asked first, so that nothing said before the end is missed
        if rows := read(last):
            show(told(rows))
            last = rows[-1]
        if over:
            return
        time.sleep(pause)
