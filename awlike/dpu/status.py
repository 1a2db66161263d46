"""What becomes of jobs, to be read: a table of several, or one with what failed."""

import collections

from awlike.dpu import job_state, jobs
from awlike.dpu.jobs import DONE, LOST, SUBMITTED, UNDER_WAY, Steps
from awlike.nights import utcnow
from awlike.terminal import Readable, duration
from awlike.views.html import preview_view
from awlike.views.preview import Preview

_SHOWN = 3  # targets that are named for one reason


class Job(Readable):
    """A job as it is now.

    Attributes
    ----------
    id : int
        Its number.
    step, status, place : str
        What is done; submitted, planning, running, done, failed, cancelled or lost; and where.
    done, failed, total : int
        How many steps there are, and what became of them; none before it is planned.
    seconds : float
        How long it runs, or ran [s].
    reason : str
        Why it ended as it did.
    """

    def __init__(self, row, classes, failures=()):
        self.id, self.step, self.place, self.submitted = row.number, row.step, row.place or '', row.submitted
        self.status, self.classes, self.failures = job_state.state(row), classes, failures
        self.total, self.done, self.failed, self.running = map(sum, zip(*(classes.values() or [Steps()]), strict=True))
        self.seconds = ((row.ended or (row.heartbeat if self.status == LOST else None) or utcnow())
                        - (row.started or row.submitted)).total_seconds()
        self.reason = row.reason or ''
        if self.status == LOST and not self.reason:
            self.reason = 'nothing is heard of it any more: its cluster, or the process that it was submitted from, ended'

    @property
    def is_over(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status not in UNDER_WAY

    @property
    def left(self) -> float | None:
        """How long it will take from here, as its steps took until now [s]."""
        ended = self.done + self.failed
        return (self.total - ended) * self.seconds / ended if not self.is_over and ended else None

    @property
    def missing(self) -> int:
        """How many steps are neither made nor known to fail."""
        return self.total - self.done - self.failed

    def __str__(self):
        lines = [f'job {self.id}: {self.step}, {self.status}' + (f', {self.done} of {self.total} steps' if self.total else '')
                 + (f', {self.failed} failed' if self.failed else '') + self._time()]
        for name, steps in self.classes.items():
            running = f', {steps.running} running' if steps.running and not self.is_over else ''
            failed = f', {steps.failed} failed' if steps.failed else ''
            lines.append(f'  {name:24} {steps.done} of {steps.total}{failed}{running}')
        lines += [f'  {line}' for line in self.reason.splitlines()]
        if self.is_over and self.missing and self.status != DONE:
            one = self.missing == 1
            lines.append(f'  {self.missing} {"step is" if one else "steps are"} missing: dpu.run_again({self.id}) makes '
                         + ('it' if one else 'them'))
        return '\n'.join(lines)

    def _time(self):
        if self.status == SUBMITTED:
            return f', waiting for {duration(self.seconds)}'
        return f', {duration(self.seconds)}' + (f', about {duration(self.left)} left' if self.left else '')

    def to_dict(self) -> dict:
        """The same as JSON values, for machines."""
        return {'id': self.id, 'step': self.step, 'status': self.status, 'done': self.done, 'failed': self.failed,
                'total': self.total, 'seconds': self.seconds, 'left': self.left, 'submitted': self.submitted,
                'reason': self.reason or None, 'steps': {name: steps._asdict() for name, steps in self.classes.items()},
                'failures': [{'class': one.class_name, 'of': one.place, 'reason': one.reason} for one in self.failures]}


class Jobs(Readable, collections.abc.Sequence):
    """Jobs as they are now, the latest last; print it, or take one as ``[-1]``."""

    def __init__(self, members):
        self._members = list(members)

    def __len__(self):
        return len(self._members)

    def __getitem__(self, position):
        return self._members[position]

    def _preview(self) -> Preview:
        rows = [(str(job.id), job.step, job.status, f'{job.done}/{job.total}' if job.total else None, job.failed or None,
                 duration(job.seconds), duration(job.left) if job.left else None, job.reason.partition('\n')[0] or None)
                for job in self]
        title = f'{len(rows)} job{"s" * (len(rows) > 1)}' if rows else 'no jobs: dpu.run(step, instrument=...) submits one'
        return Preview(title, len(rows), ['job', 'step', 'status', 'done', 'failed', 'time', 'left', 'reason'], [''] * 8,
                       rows).filled()

    def __str__(self):
        return str(self._preview())

    def _repr_html_(self):
        return preview_view(self._preview())

    def to_dict(self) -> list:
        """The same as JSON values, for machines."""
        return [job.to_dict() for job in self]


def job(number: int) -> Job:
    """The user's job `number`."""
    row = job_state.current(jobs.of_number(number))
    return Job(row, jobs.counts([row.id])[row.id], jobs.failures(row.id))


def all_jobs() -> Jobs:
    """All jobs of the user's."""
    rows = [job_state.current(row) for row in jobs.of_user()]
    classes = jobs.counts([row.id for row in rows])
    return Jobs(Job(row, classes[row.id]) for row in rows)
