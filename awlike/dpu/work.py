"""The work of a worker: make steps of a job as the user who submitted it, from plain values to plain values."""

import logging
import socket
import uuid
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from awlike.database.retry import patiently
from awlike.database.sessions import database
from awlike.dpu.identity import acting_for
from awlike.dpu.job_order import JobOrder, check_here
from awlike.dpu.jobs import DONE, FAILED, REUSED, RUNNING
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import JobLog
from awlike.dpu.own_recipes import load_recipes
from awlike.dpu.packing import packed_error, unpacked_all
from awlike.errors import Cancelled, Unreachable
from awlike.planning.plan import Plan
from awlike.planning.step import Step
from awlike.products.product import ProcessTarget
from awlike.tasks.execute import execute
from awlike.terminal import duration

if TYPE_CHECKING:
    from distributed import Worker

log = logging.getLogger('awlike')


def make(job: JobOrder, recipe: str, steps: list[dict], *before: list[dict]) -> list[dict[str, Any]]:
    """Make steps, one after the other.

    Parameters
    ----------
    job : JobOrder
        The job that the steps belong to.
    recipe : str
        The recipe that asks for the steps.
    steps : list of dict
        The steps, inputs first, from `awlike.dpu.packing.packed`.
    before : list of dict
        The outcomes of earlier steps, as this function returns them.

    Returns
    -------
    list of dict
        For each step its ``'number'``, the id of the product ``'made'`` (or found), the ``'error'`` if there is one, and the
        members ``'left_out'`` of a set.
    """
    results = {outcome['number']: outcome for outcomes in before for outcome in outcomes}
    try:
        return patiently(lambda: _make(job, recipe, steps, results))
    except Exception as error:  # the steps that wait for these must learn of any failure
        log.debug('the steps failed', exc_info=True)
        return [result(values['number'], None, error) for values in steps]


def _make(job: JobOrder, recipe: str, steps: list[dict], results: dict[int, dict]) -> list[dict[str, Any]]:
    with acting_for(job):
        ledger = Ledger(database(), job.id)
        if check_here(job, ledger, place()).cancelled:
            raise Cancelled('the job was cancelled')
        load_recipes(job.recipes)
        with JobLog(database(), job.id, place()):
            unpacked = unpacked_all(steps, results)
            numbers = {id(step): number for number, step in unpacked.items()}
            execute(Plan(unpacked.values()), True, recipe=recipe, job=OfJob(ledger, numbers))
            return [result(number, _made(step), step.error, step.members_left_out) for number, step in unpacked.items()]


def _made(step: Step) -> uuid.UUID | None:
    """Return the id of the product that a step found or made."""
    if step.reused and step.found is not None:
        return step.found.object_id
    return None if step.product is None else step.product.object_id


def result(number: int, made: uuid.UUID | None, error: BaseException | None,
           left_out: dict[str, str] | None = None) -> dict[str, Any]:
    """Return the outcome of a step as plain values; `left_out` has the members that the product of a set lacks."""
    return {'number': number, 'made': made, 'error': packed_error(error), 'left_out': left_out or {}}


class OfJob:
    """A job, as `execute` needs it: the ledger notes what happens to each step.

    Parameters
    ----------
    ledger : Ledger
        The ledger of the job.
    numbers : dict
        The numbers of the steps by their `id`.
    """

    def __init__(self, ledger: Ledger, numbers: dict[int, int]) -> None:
        self._ledger, self._numbers = ledger, numbers

    @property
    def made(self) -> set[uuid.UUID]:
        """The ids of the products that the job made until now."""
        return self._ledger.made()

    def begun(self, step: Step) -> None:
        """Note that `step` is being made, and by which worker."""
        self._ledger.note(self._numbers[id(step)], status=RUNNING, reason=address())

    def committing(self, connection: Connection, step: Step, product: ProcessTarget) -> None:
        """Note that `product` is committed, unless the job was called off."""
        self._ledger.commit(connection, self._numbers[id(step)], product)

    def ended(self, step: Step) -> None:
        """Note and log the outcome of `step`.

        Raises
        ------
        Unreachable, Cancelled
            When the database went away, or the job was called off: neither is a failure of the step.
        """
        if isinstance(step.error, Unreachable | Cancelled):
            raise step.error
        number, what = self._numbers[id(step)], f'{step.cls.__name__} {step.place}'
        made = _made(step)
        if step.error is not None:
            log.error('%s: %s', what, step.error)
            self._ledger.note(number, status=FAILED, reason=str(step.error), object_id=made)
        elif step.product is None:
            log.info('%s: found, %s', what, step.rule)
            self._ledger.note(number, status=DONE if made in self.made else REUSED, object_id=made, reason=None)
        else:
            log.info('%s: made in %s', what, duration(step.product.seconds))


def address() -> str | None:
    """Return the address by which the scheduler knows this worker; a worker that replaces it has another address."""
    worker = _worker()
    return None if worker is None else worker.address


def place() -> str:
    """Return the host and the name of this worker, for logs and messages."""
    worker, host = _worker(), socket.gethostname()
    return host if worker is None else f'{host} {worker.name}'


def _worker() -> 'Worker | None':
    """Return the Dask worker on which this code runs; None outside a worker, as in a test."""
    from distributed import get_worker
    try:
        return get_worker()
    except ValueError:
        return None
