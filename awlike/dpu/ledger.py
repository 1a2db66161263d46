"""The ledger of a job: workers write what they do, and read whether the user still wants the job."""

import collections
import uuid
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from awlike.database.retry import patiently, rows
from awlike.database.sessions import Database
from awlike.dpu.jobs import DIED, DONE, FAILED, REUSED, RUNNING, UNDER_WAY, WAITING
from awlike.errors import Cancelled
from awlike.nights import utcnow
from awlike.persist.tables import job, job_step
from awlike.planning.plan import Plan
from awlike.products.product import ProcessTarget

T = TypeVar('T')


class Ledger:
    """The ledger of job `job_id` in the database `db`. Each note is repeated while the database cannot be reached."""

    def __init__(self, db: Database, job_id: uuid.UUID) -> None:
        self.db, self.job_id, self._begun, self._planned, self._next = db, job_id, 1, 1, 1

    def find(self) -> Row | None:
        """Return the row of the job; None when this database does not have the job."""
        return self._first(select(job).where(job.c.id == self.job_id))

    def read(self) -> Row:
        """Return the row of the job, which this database has."""
        row = self.find()
        assert row is not None, f'the database has no job {self.job_id}'
        return row

    def change(self, **values: Any) -> bool:
        """Write `values` of the job while it is under way; return False when it no longer is."""
        under_way = job.c.id == self.job_id, job.c.status.in_(UNDER_WAY)
        return self._do(lambda connection: connection.execute(update(job).where(*under_way).values(values)).rowcount) == 1

    def end(self, status: str, reason: str | None = None) -> bool:
        """Write how the job ended, unless it ended before; return whether it was written."""
        return self.change(status=status, reason=reason, ended=utcnow())

    def beat(self) -> bool:
        """Write a heartbeat; return whether the user called the job off. Does not wait for the database."""
        with self.db.transaction() as connection:
            connection.execute(update(job).where(job.c.id == self.job_id).values(heartbeat=utcnow()))
            return bool(connection.scalar(select(job.c.cancelled).where(job.c.id == self.job_id)))

    # --- its steps ---

    def begin_steps(self, workers: Iterable[str]) -> None:
        """Number new steps after the steps of earlier plans, so that a worker that still makes an earlier step does
        not mistake a new step for it. A step that ran on a worker that is not among the live `workers` died with that worker.
        """
        of_job = job_step.c.job_id == self.job_id

        def begin(connection: Connection) -> int:
            connection.execute(update(job_step).where(
                of_job, job_step.c.status == RUNNING, job_step.c.reason.not_in(list(workers))).values(status=DIED))
            return connection.scalar(select(func.max(job_step.c.number)).where(of_job)) or 0
        self._begun = self._next = self._do(begin) + 1

    def deaths(self) -> collections.Counter:
        """Count how often a coordinator died together with a step, by class and place of the step."""
        died = select(job_step.c.class_name, job_step.c.place).where(
            job_step.c.job_id == self.job_id, job_step.c.status == DIED)
        return collections.Counter(map(tuple, rows(died, self.db)))

    def add_plan(self, plan: Plan, is_last: bool = True) -> dict[int, int]:
        """Write the rows of the steps that `plan` makes, and of all its targets; return the numbers of the steps by their `id`.

        The job has the targets of the last step of its chain. Steps planned before `begin_steps` and not made are
        forgotten, except those that died.
        """
        targets, to_make = set(map(id, plan.targets if is_last else ())), plan.to_make
        steps = [*to_make, *(step for step in plan.targets if not step.to_make)]
        new = [{'job_id': self.job_id, 'number': number, 'class_name': step.cls.__name__, 'place': step.place,
                'is_target': id(step) in targets, 'object_id': step.found.object_id if step.reused and step.found else None,
                'status': WAITING if step.to_make else REUSED if step.error is None else FAILED,
                'reason': step.error and str(step.error)} for number, step in enumerate(steps, self._next)]
        self._do(lambda connection: self._add(connection, new))
        numbers = {id(step): number for number, step in enumerate(steps, self._next)}
        self._planned, self._next = self._next, self._next + len(steps)
        return numbers

    def forget_failed(self) -> None:
        """Forget the steps of the last plan that failed: they are planned again."""
        failed = job_step.c.job_id == self.job_id, job_step.c.number >= self._planned, job_step.c.status == FAILED
        self._do(lambda connection: connection.execute(delete(job_step).where(*failed)).rowcount)

    def _add(self, connection: Connection, new: list[dict]) -> None:
        of_job, number = job_step.c.job_id == self.job_id, job_step.c.number
        connection.execute(delete(job_step).where(of_job, number < self._begun, job_step.c.status.not_in([DONE, DIED])))
        connection.execute(delete(job_step).where(of_job, number >= self._next))  # committed by an attempt that lost the answer
        if new:
            connection.execute(insert(job_step), new)

    def note(self, number: int, **values: Any) -> None:
        """Write `values` of step `number`."""
        self._do(lambda connection: self._note(connection, number, values))

    def _note(self, connection: Connection, number: int, values: dict) -> bool:
        this_step = job_step.c.job_id == self.job_id, job_step.c.number == number
        return connection.execute(update(job_step).where(*this_step).values(values)).rowcount == 1

    def step(self, number: int) -> Row | None:
        """Return the row of step `number`; None when the step is forgotten."""
        return self._first(select(job_step).where(job_step.c.job_id == self.job_id, job_step.c.number == number))

    def made(self) -> set[uuid.UUID]:
        """Return the ids of the products that the job made."""
        ids = select(job_step.c.object_id).where(job_step.c.job_id == self.job_id, job_step.c.status == DONE)
        return {row.object_id for row in rows(ids, self.db)}

    def commit(self, connection: Connection, number: int, product: ProcessTarget) -> None:
        """Note `product` in the transaction that commits the product.

        Raises
        ------
        Cancelled
            When the job was called off (`cancel` waits for the end of this transaction), or was planned anew because its
            coordinator died.
        """
        cancelled = select(job.c.cancelled).where(job.c.id == self.job_id).with_for_update(read=True)
        if connection.scalar(cancelled):
            raise Cancelled('the job was cancelled')
        if not self._note(connection, number, {'status': DONE, 'object_id': product.object_id, 'reason': None}):
            raise Cancelled('the job was planned anew meanwhile')

    def _first(self, statement: Select) -> Row | None:
        return next(iter(rows(statement, self.db)), None)

    def _do(self, change: Callable[[Connection], T]) -> T:
        def do() -> T:
            with self.db.transaction() as connection:
                return change(connection)
        return patiently(do)
