"""The ledger of one job: what whoever does it writes down, and whether its user still wants it."""

import collections

from sqlalchemy import delete, func, insert, select, update

from awlike.database.retry import patiently, rows
from awlike.dpu.jobs import DIED, DONE, FAILED, REUSED, RUNNING, UNDER_WAY, WAITING
from awlike.errors import Cancelled
from awlike.nights import utcnow
from awlike.persist.tables import job, job_step


class Ledger:
    """What is written of job `job_id` in the database `db`; each note is repeated while that cannot be reached."""

    def __init__(self, db, job_id):
        self.db, self.job_id, self._begun, self._next = db, job_id, 1, 1

    def read(self):
        """The row of the job; None where this database does not have it."""
        return self._first(select(job).where(job.c.id == self.job_id))

    def change(self, **values) -> bool:
        """Write `values` of the job while it is under way; False when it is so no longer."""
        under_way = job.c.id == self.job_id, job.c.status.in_(UNDER_WAY)
        return self._do(lambda connection: connection.execute(update(job).where(*under_way).values(values)).rowcount) == 1

    def end(self, status: str, reason: str | None = None) -> None:
        """Write how the job ended, unless it ended before."""
        self.change(status=status, reason=reason, ended=utcnow())

    def beat(self) -> bool:
        """Say that the job lives; gives whether its user called it off. Does not wait for the database."""
        with self.db.transaction() as connection:
            connection.execute(update(job).where(job.c.id == self.job_id).values(heartbeat=utcnow()))
            return bool(connection.scalar(select(job.c.cancelled).where(job.c.id == self.job_id)))

    # --- its steps ---

    def begin_steps(self, workers) -> None:
        """Number the steps that are to come after those that were planned before, so that who is still at one of these takes
        no other for it. What was being made on a worker that is not among `workers`, those that live, died with it.
        """
        mine = job_step.c.job_id == self.job_id

        def begin(connection):
            connection.execute(update(job_step).where(
                mine, job_step.c.status == RUNNING, job_step.c.reason.not_in(list(workers))).values(status=DIED))
            return connection.scalar(select(func.max(job_step.c.number)).where(mine)) or 0
        self._begun = self._next = self._do(begin) + 1

    def deaths(self) -> collections.Counter:
        """How often a coordinator died together with a step, by class and place of that."""
        died = select(job_step.c.class_name, job_step.c.place).where(
            job_step.c.job_id == self.job_id, job_step.c.status == DIED)
        return collections.Counter(map(tuple, rows(died, self.db)))

    def add_plan(self, plan, is_last: bool = True) -> dict:
        """Write the rows of what `plan` makes, and of all that was asked for; gives the numbers of its steps by their `id`.

        Targets of the job are those of the last step of its chain. What was planned before `begin_steps` and not made is
        forgotten, but for what died.
        """
        targets, to_make = set(map(id, plan.targets if is_last else ())), plan.to_make
        steps = [*to_make, *(step for step in plan.targets if not step.to_make)]
        new = [{'job_id': self.job_id, 'number': number, 'class_name': step.cls.__name__, 'place': step.place,
                'is_target': id(step) in targets, 'object_id': step.found.object_id if step.reused else None,
                'status': WAITING if step.to_make else REUSED if step.error is None else FAILED,
                'reason': step.error and str(step.error)} for number, step in enumerate(steps, self._next)]
        self._do(lambda connection: self._add(connection, new))
        numbers = {id(step): number for number, step in enumerate(steps, self._next)}
        self._next += len(steps)
        return numbers

    def _add(self, connection, new):
        mine, number = job_step.c.job_id == self.job_id, job_step.c.number
        connection.execute(delete(job_step).where(mine, number < self._begun, job_step.c.status.not_in([DONE, DIED])))
        connection.execute(delete(job_step).where(mine, number >= self._next))  # of an attempt of which nobody heard that it succeeded
        if new:
            connection.execute(insert(job_step), new)

    def note(self, number: int, **values) -> None:
        """Note what becomes of a step."""
        self._do(lambda connection: self._note(connection, number, values))

    def _note(self, connection, number, values) -> bool:
        mine = job_step.c.job_id == self.job_id, job_step.c.number == number
        return connection.execute(update(job_step).where(*mine).values(values)).rowcount == 1

    def step(self, number: int):
        """The row of a step."""
        return self._first(select(job_step).where(job_step.c.job_id == self.job_id, job_step.c.number == number))

    def made(self) -> set:
        """The ids of what the job made."""
        ids = select(job_step.c.object_id).where(job_step.c.job_id == self.job_id, job_step.c.status == DONE)
        return {row.object_id for row in rows(ids, self.db)}

    def commit(self, connection, number: int, product) -> None:
        """Note `product` in the transaction that commits it.

        Raises
        ------
        Cancelled
            When the job was called off, and who does that waits for the end of this transaction; or planned anew, because
            its coordinator died.
        """
        cancelled = select(job.c.cancelled).where(job.c.id == self.job_id).with_for_update(read=True)
        if connection.scalar(cancelled):
            raise Cancelled('the job was cancelled')
        if not self._note(connection, number, {'status': DONE, 'object_id': product.object_id, 'reason': None}):
            raise Cancelled('the job was planned anew meanwhile')

    def _first(self, statement):
        return next(iter(rows(statement, self.db)), None)

    def _do(self, change):
        def do():
            with self.db.transaction() as connection:
                return change(connection)
        return patiently(do)
