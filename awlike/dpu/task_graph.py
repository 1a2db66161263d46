"""The steps of a plan as Dask tasks, each after the tasks of its inputs: an input of several steps is made once, and first."""

import collections
import graphlib
import uuid
from collections.abc import Hashable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

from awlike.dpu.heartbeat import Heartbeat
from awlike.dpu.job_order import JobOrder
from awlike.dpu.jobs import DONE, FAILED
from awlike.dpu.ledger import Ledger
from awlike.dpu.logs import say
from awlike.dpu.packing import unpacked_error
from awlike.dpu.work import make, place, result
from awlike.errors import Unreachable, WorkerDied, said
from awlike.planning.outcome import Failed
from awlike.planning.predecessors import ComparedPlace
from awlike.planning.step import Step

if TYPE_CHECKING:
    from distributed import Client, Future

K = TypeVar('K', bound=Hashable)
_PAUSE = 0.05  # seconds between looks at the tasks
_TO_DO = 'Look at the log of that worker, and run it again'


class Superseded(Exception):
    """This coordinator must stop: its worker closes, and Dask runs it again on another worker; or the job was ended."""


class TaskGraph:
    """The steps of one plan.

    Parameters
    ----------
    client : distributed.Client
        The connection to the cluster.
    job, recipe : JobOrder, str
        The job, and the recipe that asks for the steps.
    steps : list of (Step, dict)
        The steps to make, inputs first, each with its packed form.
    ledger, heart : Ledger, Heartbeat
        The ledger and the heartbeat of the job.
    """

    def __init__(self, client: 'Client', job: JobOrder, recipe: str, steps: list[tuple[Step, dict]], ledger: Ledger,
                 heart: Heartbeat) -> None:
        self._client, self._job, self._recipe, self._ledger, self._heart = client, job, recipe, ledger, heart
        self._steps = {values['number']: (step, values) for step, values in steps}
        numbers = {id(step): values['number'] for step, values in steps}
        self._before = {number: {numbers[id(input_)] for input_ in step.before() if id(input_) in numbers}
                        for number, (step, _) in self._steps.items()}
        for step, others in _earlier([step for step, _ in steps]):
            self._before[numbers[id(step)]] |= {numbers[id(other)] for other in others}
        self._results: dict[int, dict[str, Any]] = {}
        self._futures: dict[int, Future] = {}
        self._attempt = 0

    def run(self) -> None:
        """Make the steps; at the end each step has its `error`, if there is one.

        Raises
        ------
        Cancelled
            When the job was called off.
        Superseded
            When this worker has to close.
        """
        try:
            groups = self._together()
            while groups:
                self._submit(groups)
                self._wait()
                self._take()
                groups = [[number] for number in self._in_order(self._before) if number not in self._results]
        except Superseded:
            raise
        except BaseException:
            self._client.cancel(list(self._futures.values()), reason='the job is over')
            raise
        for number, values in self._results.items():
            error = unpacked_error(values['error'])
            if error is not None:
                self._steps[number][0].outcome = Failed(error)

    def _together(self) -> list[list[int]]:
        """Return the numbers of the steps in groups, each for one worker: the products of one raw frame are a group.

        A step that is compared with earlier steps, or is made from many frames, goes alone. Of what needs the solution of an
        ensemble, the products of one raw frame are another group, which waits for that.
        """
        raws = {number: (values['of'], step.request.ensemble is None)
                if isinstance(values['of'], uuid.UUID) and not step.cls.DIFFERENCES else (number, True)
                for number, (step, values) in self._steps.items()}
        groups, before = collections.defaultdict(list), collections.defaultdict(set)
        for number in self._in_order(self._before):
            groups[raws[number]].append(number)
            before[raws[number]] |= {raws[earlier] for earlier in self._before[number]} - {raws[number]}
        try:
            return [groups[raw] for raw in self._in_order(before)]
        except graphlib.CycleError:  # a step that goes alone lies between two steps of one group
            return [[number] for number in self._in_order(self._before)]

    @staticmethod
    def _in_order(before: Mapping[K, Iterable[K]]) -> list[K]:
        return list(graphlib.TopologicalSorter(before).static_order())

    def _submit(self, groups: list[list[int]]) -> None:
        self._attempt, self._futures = self._attempt + 1, {}
        for numbers in groups:
            steps = [self._steps[number][1] for number in numbers]
            before = set().union(*(self._before[number] for number in numbers)).difference(numbers)
            known = [self._results[number] for number in before if number in self._results]
            awaited = {self._futures[number].key: self._futures[number] for number in before - self._results.keys()}
            future = self._client.submit(
                make, self._job, self._recipe, steps, known, *awaited.values(),
                key=f'{steps[-1]["class"]}-{self._job.id}-{numbers[-1]}-{self._attempt}', pure=False)
            self._futures |= dict.fromkeys(numbers, future)

    def _wait(self) -> None:
        from distributed import as_completed
        waiting = as_completed(set(self._futures.values()), raise_errors=False)
        while waiting.count():
            waiting.next_batch(block=False)
            self._heart.pause(_PAUSE)

    def _take(self) -> None:
        """Collect the outcomes of the steps. A step whose workers died has failed; later steps go on without it."""
        by_status = collections.defaultdict(list)
        for number, future in self._futures.items():
            by_status[future.status].append(number)
        if set(by_status) - {'finished', 'error'}:
            raise Superseded('the client of this worker is closed')
        done = {self._futures[number] for number in by_status.pop('finished', [])}
        for results in cast('list[list[dict[str, Any]]]', self._client.gather(list(done))):
            self._results |= {outcome['number']: outcome for outcome in results}
        crashed, together = set(by_status.pop('error', [])), collections.Counter(self._futures.values())
        for number in crashed:  # which step of a group crashes shows when the steps of the group go one by one
            if not crashed & self._before[number] and together[self._futures[number]] == 1:
                self._results[number] = self._crashed(number)
        for outcome in self._results.values():
            error = unpacked_error(outcome['error'])
            if isinstance(error, Unreachable):
                raise error

    def _crashed(self, number: int) -> dict[str, Any]:
        """Return the outcome of a step whose workers died: its product may have been committed before."""
        row = self._ledger.step(number)
        assert row is not None, 'the steps of this plan have rows'
        if row.status == DONE:
            return result(number, row.object_id, None)
        error = _crash(self._futures[number].exception())
        self._ledger.note(number, status=FAILED, reason=str(error))
        say(self._ledger.db, self._job.id, place(), 'ERROR', f'{row.class_name} {row.place}: {error}')
        return result(number, None, error)


def _crash(error: BaseException) -> WorkerDied:
    from distributed.scheduler import KilledWorker
    if isinstance(error, KilledWorker):
        return worker_died(f'{error.allowed_failures + 1} times in succession, at last {error.last_worker.address}')
    return WorkerDied(f'{said(error)}. {_TO_DO}')


def worker_died(how_often: str) -> WorkerDied:
    """Return the error of a step that seems to kill its worker."""
    return WorkerDied(f'its worker died, {how_often}: perhaps it needs more memory than there is. {_TO_DO}')


def _earlier(steps: list[Step]) -> Iterator[tuple[Step, list[Step]]]:
    """Yield each step with the steps of its class and place that were observed earlier: its product is compared with theirs."""
    by_class = collections.defaultdict(list)
    for step in steps:
        if step.cls.DIFFERENCES:
            by_class[step.cls].append((step, ComparedPlace.of(step)))
        else:
            yield step, []
    for members in by_class.values():
        for step, where in members:
            yield step, [earlier for earlier, other in members
                         if earlier is not step and where.follows(other.place, other.date, other.params.key())]
