"""The session: the jobs that this process submitted, and the file that keeps their log."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Row

from awlike.dpu import job_state, jobs
from awlike.dpu.logs import Log, as_text, follow, lines_of_all
from awlike.nights import utcnow
from awlike.persist.tables import job

log = logging.getLogger('awlike')


class Session:
    """The jobs of one session, and its log file: ``<date and time>.log``, in the working directory when it is begun."""

    def __init__(self) -> None:
        self._submitted: list[uuid.UUID] = []
        self._kept: set[uuid.UUID] = set()
        self._file: Path | None = None

    def add(self, job_id: uuid.UUID) -> None:
        """Count a job as submitted in this session."""
        self._submitted.append(job_id)

    def rows(self) -> list[Row]:
        """Return the rows of the jobs that the user submitted in this session, the latest last."""
        return jobs.of_user(job.c.id.in_(self._submitted)) if self._submitted else []

    def log(self, rows: Sequence[Row], named: bool) -> Log:
        """Return the log of the jobs `rows` until now, and keep it; `named` says whether each line names its job."""
        numbers = {row.id: row.number for row in rows}
        lines = lines_of_all(numbers)
        self._keep(lines, numbers)
        if rows:
            return Log(lines, numbers if named else None)
        return Log(lines, nothing='no jobs in this session: dpu.get_logs(3) returns the log of job 3')

    def follow(self, rows: Sequence[Row], named: bool) -> None:
        """Print and keep the log of the jobs `rows`, and new lines as they come, until all of them have ended."""
        numbers = {row.id: row.number for row in rows}

        def show(lines: list[Row]) -> None:
            print(as_text(lines, numbers if named else None))
            self._keep(lines, numbers)

        follow(lambda after: lines_of_all(numbers, after), lambda: all(map(_is_over, numbers.values())), show)

    def _keep(self, lines: Sequence[Row], numbers: Mapping[uuid.UUID, int]) -> None:
        """Append the new ones among `lines` to the log file. `numbers` has the number of each job by its id."""
        new = [line for line in lines if line.id not in self._kept]
        if not new:
            return
        file = self._file or Path.cwd() / f'{utcnow():%Y-%m-%dT%H-%M-%S}.log'
        try:
            with open(file, 'a', encoding='utf-8', errors='backslashreplace') as kept:
                kept.write(as_text(new, numbers) + '\n')
        except OSError as error:
            log.warning('the log of this session is not kept in a file: %s', error)
            return
        if self._file is None:
            log.info('the log of this session is kept in %s', file)
        self._file = file
        self._kept |= {line.id for line in new}


def _is_over(number: int) -> bool:
    return job_state.state(job_state.current(jobs.of_number(number))) not in jobs.UNDER_WAY
