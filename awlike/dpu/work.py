"""What a worker does: one step of a job, from plain values to plain values, as the user who submitted it."""

import logging
import socket

from awlike.dpu.identity import acting_for
from awlike.dpu.jobs import DONE, FAILED, REUSED, RUNNING
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import JobLog
from awlike.dpu.plain import packed_error, unpacked
from awlike.dpu.recipes import load_recipes
from awlike.dpu.travel import check_here
from awlike.errors import Cancelled, Unreachable
from awlike.persist.database import database
from awlike.persist.patience import patiently
from awlike.tasks.execute import execute
from awlike.tasks.plan import Plan
from awlike.text import duration

log = logging.getLogger('awlike')


def make(job, recipe: str, values: dict, before: list, after: list) -> dict:
    """Make one step.

    Parameters
    ----------
    job : Travelling
        For which job.
    recipe : str
        Which recipe asks.
    values : dict
        The step, from `awlike.dpu.plain.packed`.
    before, after : list of dict
        What became of the steps of its inputs; and of those that are only to be done first.

    Returns
    -------
    dict
        ``'number'`` of the step, the id ``'made'`` (or found), and the ``'error'`` if there is one.
    """
    try:
        return patiently(lambda: _make(job, recipe, values, {one['number']: one for one in before}))
    except Exception as error:  # whatever it is, those who wait for it must know
        log.debug('the step failed', exc_info=True)
        return {'number': values['number'], 'made': None, 'error': packed_error(error)}


def _make(job, recipe, values, results):
    with acting_for(job):
        ledger = Ledger(database(), job.id)
        if check_here(job, ledger, place()).cancelled:
            raise Cancelled('the job was cancelled')
        load_recipes(job)
        with JobLog(database(), job.id, place()):
            ledger.note(values['number'], status=RUNNING, reason=None)
            return _outcome(ledger, values['number'], _attempt(ledger, recipe, values, results))


def _outcome(ledger, number, step) -> dict:
    """What became of a step, which is also noted."""
    made = step.found.object_id if step.reused else step.product and step.product.object_id
    what = f'{step.cls.__name__} {step.place}'
    if step.error is not None:
        log.error('%s: %s', what, step.error)
        ledger.note(number, status=FAILED, reason=str(step.error), object_id=made)
    elif step.product is None:
        log.info('%s: found, %s', what, step.rule)
        ledger.note(number, status=REUSED if made not in ledger.made() else DONE, object_id=made)
    else:
        log.info('%s: made in %s', what, duration(step.product.seconds))
    return {'number': number, 'made': made, 'error': packed_error(step.error)}


def _attempt(ledger, recipe, values, results):
    """Do the step; when the database goes away meanwhile, that is no failure of the step."""
    step = unpacked(values, results)
    execute(Plan([step]), True, recipe=recipe, job=_OfJob(ledger, values['number']))
    if isinstance(step.error, Unreachable | Cancelled):
        raise step.error
    return step


class _OfJob:
    """The job, as `execute` wants it."""

    def __init__(self, ledger, number):
        self._ledger, self._number = ledger, number

    @property
    def made(self) -> set:
        """The ids of what the job made up to now."""
        return self._ledger.made()

    def committing(self, connection, product) -> None:
        self._ledger.commit(connection, self._number, product)


def place() -> str:
    """Which worker this is."""
    from distributed import get_worker
    try:
        return f'{socket.gethostname()} {get_worker().name}'
    except ValueError:  # no worker: a test, say
        return socket.gethostname()
