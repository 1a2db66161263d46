"""The status of jobs, to be read: a table of several jobs, or one job with its failures."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

from sqlalchemy import Row

from awlike.dpu import job_state, jobs
from awlike.dpu.jobs import DONE, LOST, SUBMITTED, UNDER_WAY, Steps
from awlike.dpu.session import Session
from awlike.nights import utcnow
from awlike.remedies import to_type
from awlike.spelling import counted
from awlike.terminal import Readable, duration
from awlike.views.html import preview_view
from awlike.views.preview import Preview


class Job(Readable):
    """A job as it is now.

    Attributes
    ----------
    id : int
        The number of the job.
    step, status, place : str
        The steps of its chain; submitted, planning, running, done, failed, cancelled or lost; the cluster.
    done, failed, running, total : int
        The numbers of steps; 0 before the job is planned.
    seconds : float
        The time that the job takes, or took [s].
    reason : str
        Why the job ended as it did.
    """

    def __init__(self, row: Row, classes: dict[str, Steps], failures: Sequence[Row] = ()) -> None:
        self.id, self.step, self.place, self.submitted = row.number, row.step, row.place or '', row.submitted
        self.status, self.classes, self.failures = job_state.state(row), classes, failures
        self.total, self.done, self.failed, self.running = map(sum, zip(*(classes.values() or [Steps()]), strict=True))
        self.seconds = ((row.ended or (row.heartbeat if self.status == LOST else None) or utcnow())
                        - (row.started or row.submitted)).total_seconds()
        self.reason = row.reason or ''
        if self.status == LOST and not self.reason:
            self.reason = 'the job gives no sign of life: its cluster, or the process that it was submitted from, ended'

    @property
    def is_over(self) -> bool:
        """True once the job has ended."""
        return self.status not in UNDER_WAY

    @property
    def can_be_cancelled(self) -> bool:
        """True until the job has ended, and for a lost job, which may yet be begun anew."""
        return not self.is_over or self.status == LOST

    @property
    def left(self) -> float | None:
        """The time that the rest will take, if the steps go on as until now [s]; None when nothing is known."""
        ended = self.done + self.failed
        return (self.total - ended) * self.seconds / ended if not self.is_over and ended else None

    @property
    def missing(self) -> int:
        """The number of steps that are neither made nor failed."""
        return self.total - self.done - self.failed

    def __str__(self) -> str:
        lines = [f'job {self.id}: {self.step}, {self.status}' + (f', {self.done} of {self.total} steps' if self.total else '')
                 + (f', {self.failed} failed' if self.failed else '') + self._time()]
        for name, steps in self.classes.items():
            running = f', {steps.running} running' if steps.running and not self.is_over else ''
            failed = f', {steps.failed} failed' if steps.failed else ''
            lines.append(f'  {name:24} {steps.done} of {steps.total}{failed}{running}')
        lines += [f'  {line}' for line in self.reason.splitlines()]
        if self.is_over and self.missing and self.status != DONE:
            lines.append(f'  {counted(self.missing, "step is", "steps are")} missing: '
                         f'{to_type(f"dpu.run_again({self.id})", f"awe job again {self.id}")} makes '
                         + ('it' if self.missing == 1 else 'them'))
        return '\n'.join(lines)

    def _time(self) -> str:
        if self.status == SUBMITTED:
            return f', waiting for {duration(self.seconds)}'
        return f', {duration(self.seconds)}' + (f', about {duration(self.left)} left' if self.left else '')

    def to_dict(self) -> dict[str, Any]:
        """Return the job as JSON values, for machines."""
        return {'id': self.id, 'step': self.step, 'status': self.status, 'done': self.done, 'failed': self.failed,
                'total': self.total, 'seconds': self.seconds, 'left': self.left, 'submitted': self.submitted,
                'reason': self.reason or None, 'steps': {name: steps._asdict() for name, steps in self.classes.items()},
                'failures': [{'class': step.class_name, 'of': step.place, 'reason': step.reason} for step in self.failures]}


class Jobs(Readable, Sequence[Job]):
    """Jobs as they are now, the latest last; print them, or take one as ``[-1]``. Without jobs they print as `nothing`."""

    def __init__(self, members: Iterable[Job], nothing: str) -> None:
        self._members, self._nothing = list(members), nothing

    def __len__(self) -> int:
        return len(self._members)

    @overload
    def __getitem__(self, position: int) -> Job: ...

    @overload
    def __getitem__(self, position: slice) -> list[Job]: ...

    def __getitem__(self, position: int | slice) -> Job | list[Job]:
        return self._members[position]

    def _preview(self) -> Preview:
        rows = [(str(job.id), job.step, job.status, f'{job.done}/{job.total}' if job.total else None, job.failed or None,
                 duration(job.seconds), duration(job.left) if job.left else None, job.reason.partition('\n')[0] or None)
                for job in self]
        title = counted(len(rows), 'job') if rows else self._nothing
        return Preview(title, len(rows), ['job', 'step', 'status', 'done', 'failed', 'time', 'left', 'reason'], [''] * 8,
                       rows).filled()

    def __str__(self) -> str:
        return str(self._preview())

    def _repr_html_(self) -> str:
        return preview_view(self._preview())

    def to_dict(self) -> list[dict[str, Any]]:
        """Return the jobs as JSON values, for machines."""
        return [job.to_dict() for job in self]


def job(number: int) -> Job:
    """Return the user's job `number`."""
    row = job_state.current(jobs.of_number(number))
    return Job(row, jobs.counts([row.id])[row.id], jobs.failures(row.id))


def all_jobs() -> Jobs:
    """Return all jobs of the user."""
    return _of_rows(jobs.of_user(), f'no jobs: {to_type("dpu.run(step, instrument=...)", "awe run --dpu")} submits one')


def jobs_of(session: Session) -> Jobs:
    """Return the jobs that the user submitted in `session`."""
    return _of_rows(session.rows(), 'no jobs in this session: dpu.get_status(all_sessions=True) shows all of yours')


def _of_rows(rows: Iterable[Row], nothing: str) -> Jobs:
    rows = [job_state.current(row) for row in rows]
    classes = jobs.counts([row.id for row in rows])
    return Jobs((Job(row, classes[row.id]) for row in rows), nothing)
