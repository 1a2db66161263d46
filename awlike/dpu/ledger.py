"""The ledger of one job: what whoever does it writes down, and whether its user still wants it."""

from sqlalchemy import delete, func, insert, select, update

from awlike.dpu.jobs import DONE, UNDER_WAY
from awlike.errors import Cancelled
from awlike.persist.patience import patiently
from awlike.persist.tables import job, job_step
from awlike.persist.types import utcnow


class Ledger:
    """What is written of job `job_id` in the database `db`; each note is repeated while that cannot be reached."""

    def __init__(self, db, job_id):
        self.db, self.job_id = db, job_id

    def read(self):
        """The row of the job; None where this database does not have it."""
        return self._first(select(job).where(job.c.id == self.job_id))

    def change(self, **values) -> bool:
        """Write `values` of the job while it is under way; False when it is so no longer."""
        under_way = job.c.id == self.job_id, job.c.status.in_(UNDER_WAY)
        return self._do(lambda connection: connection.execute(update(job).where(*under_way).values(values)).rowcount) == 1

    def beat(self) -> bool:
        """Say that the job lives; gives whether its user called it off. Does not wait for the database."""
        with self.db.transaction() as connection:
            connection.execute(update(job).where(job.c.id == self.job_id).values(heartbeat=utcnow()))
            return bool(connection.scalar(select(job.c.cancelled).where(job.c.id == self.job_id)))

    # --- its steps ---

    def begin_steps(self) -> int:
        """Forget what was planned before and not made; gives the number of the next step."""
        mine = job_step.c.job_id == self.job_id

        def begin(connection):
            connection.execute(delete(job_step).where(mine, job_step.c.status != DONE))
            return 1 + (connection.scalar(select(func.max(job_step.c.number)).where(mine)) or 0)
        return self._do(begin)

    def add_steps(self, steps: list[dict]) -> None:
        """Write the rows of steps."""
        if steps:
            self._do(lambda connection: connection.execute(insert(job_step), [{'job_id': self.job_id} | one for one in steps]))

    def note(self, number: int, **values) -> None:
        """Note what becomes of a step."""
        self._do(lambda connection: self._note(connection, number, values))

    def _note(self, connection, number, values):
        connection.execute(update(job_step).where(job_step.c.job_id == self.job_id, job_step.c.number == number).values(values))

    def step(self, number: int):
        """The row of a step."""
        return self._first(select(job_step).where(job_step.c.job_id == self.job_id, job_step.c.number == number))

    def made(self) -> set:
        """The ids of what the job made."""
        ids = select(job_step.c.object_id).where(job_step.c.job_id == self.job_id, job_step.c.status == DONE)
        return {row.object_id for row in self._rows(ids)}

    def commit(self, connection, number: int, product) -> None:
        """Note `product` in the transaction that commits it.

        Raises
        ------
        Cancelled
            When the job was called off; who does that waits for the end of this transaction.
        """
        cancelled = select(job.c.cancelled).where(job.c.id == self.job_id).with_for_update(read=True)
        if connection.scalar(cancelled):
            raise Cancelled('the job was cancelled')
        self._note(connection, number, {'status': DONE, 'object_id': product.object_id, 'reason': None})

    def _first(self, statement):
        return next(iter(self._rows(statement)), None)

    def _rows(self, statement):
        """What a statement gives, which keeps nobody from writing."""
        def read():
            self.db.ready()
            with self.db.engine.connect() as connection:
                return connection.execute(statement).all()
        return patiently(read)

    def _do(self, change):
        def do():
            with self.db.transaction() as connection:
                return change(connection)
        return patiently(do)
