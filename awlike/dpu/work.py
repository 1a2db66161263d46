"""What a worker does: some steps of a job, from plain values to plain values, as the user who submitted it."""

import logging
import socket

from awlike.database.retry import patiently
from awlike.database.sessions import database
from awlike.dpu.identity import acting_for
from awlike.dpu.job_order import check_here
from awlike.dpu.jobs import DONE, FAILED, REUSED, RUNNING
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import JobLog
from awlike.dpu.own_recipes import load_recipes
from awlike.dpu.packing import packed_error, unpacked_all
from awlike.errors import Cancelled, Unreachable
from awlike.planning.plan import Plan
from awlike.tasks.execute import execute
from awlike.terminal import duration

log = logging.getLogger('awlike')


def make(job, recipe: str, steps: list, *before: list) -> list[dict]:
    """Make steps, one after the other.

    Parameters
    ----------
    job : Travelling
        For which job.
    recipe : str
        Which recipe asks.
    steps : list of dict
        The steps, inputs first, from `awlike.dpu.packing.packed`.
    before : list of dict
        What became of those that had to be done first, as this function gives it.

    Returns
    -------
    list of dict
        For each step its ``'number'``, the id ``'made'`` (or found), and the ``'error'`` if there is one.
    """
    results = {one['number']: one for some in before for one in some}
    try:
        return patiently(lambda: _make(job, recipe, steps, results))
    except Exception as error:  # whatever it is, those who wait for it must know
        log.debug('the steps failed', exc_info=True)
        return [result(values['number'], None, error) for values in steps]


def _make(job, recipe, steps, results):
    with acting_for(job):
        ledger = Ledger(database(), job.id)
        if check_here(job, ledger, place()).cancelled:
            raise Cancelled('the job was cancelled')
        load_recipes(job)
        with JobLog(database(), job.id, place()):
            there = unpacked_all(steps, results)
            execute(Plan(there.values()), True, recipe=recipe, job=OfJob(ledger, {id(one): n for n, one in there.items()}))
            return [result(number, step.found.object_id if step.reused else step.product and step.product.object_id, step.error)
                    for number, step in there.items()]


def result(number, made, error) -> dict:
    """What became of a step, as plain values."""
    return {'number': number, 'made': made, 'error': packed_error(error)}


class OfJob:
    """A job, as `execute` wants it: what becomes of its steps is noted.

    Parameters
    ----------
    ledger : Ledger
        Of the job.
    numbers : dict
        The numbers of the steps by their `id`.
    """

    def __init__(self, ledger, numbers):
        self._ledger, self._numbers = ledger, numbers

    @property
    def made(self) -> set:
        """The ids of what the job made up to now."""
        return self._ledger.made()

    def begun(self, step) -> None:
        """Note that it is being made, and by which worker."""
        self._ledger.note(self._numbers[id(step)], status=RUNNING, reason=address())

    def committing(self, connection, step, product) -> None:
        """Note what is committed, if the job still wants it."""
        self._ledger.commit(connection, self._numbers[id(step)], product)

    def ended(self, step) -> None:
        """Note and tell what became of it.

        Raises
        ------
        Unreachable, Cancelled
            When the database went away, or the job was called off: that is no failure of the step.
        """
        if isinstance(step.error, Unreachable | Cancelled):
            raise step.error
        number, what = self._numbers[id(step)], f'{step.cls.__name__} {step.place}'
        made = step.found.object_id if step.reused else step.product and step.product.object_id
        if step.error is not None:
            log.error('%s: %s', what, step.error)
            self._ledger.note(number, status=FAILED, reason=str(step.error), object_id=made)
        elif step.product is None:
            log.info('%s: found, %s', what, step.rule)
            self._ledger.note(number, status=DONE if made in self.made else REUSED, object_id=made, reason=None)
        else:
            log.info('%s: made in %s', what, duration(step.product.seconds))


def address() -> str | None:
    """By which the scheduler knows this worker; that of its successor is another."""
    worker = _worker()
    return worker and worker.address


def place() -> str:
    """Which worker this is."""
    worker, host = _worker(), socket.gethostname()
    return host if worker is None else f'{host} {worker.name}'


def _worker():
    """The worker of Dask that this is done on; None on none, as in a test."""
    from distributed import get_worker
    try:
        return get_worker()
    except ValueError:
        return None
