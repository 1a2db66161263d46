"""The steps of a plan as Dask tasks, each after those of its inputs: what several need is made once, and first."""

import collections
import graphlib
import uuid

from awlike.dpu.jobs import DONE, FAILED
from awlike.dpu.logs import say
from awlike.dpu.packing import unpacked_error
from awlike.dpu.work import make, place, result
from awlike.errors import Unreachable, WorkerDied, said
from awlike.planning.outcome import Failed
from awlike.planning.predecessors import ComparedPlace

_PAUSE = 0.05  # seconds between looks at what is done
_TO_DO = 'Look at the log of that worker, and run it again'


class Superseded(Exception):
    """This coordinator is it no longer: its worker closes, and Dask begins it anew on another; or its job was ended."""


class TaskGraph:
    """The steps of one plan.

    Parameters
    ----------
    client : distributed.Client
        Of the cluster.
    job, recipe : Travelling, str
        For which job, and which recipe of it.
    steps : list of (Step, dict)
        What is to be made, inputs first, and the same packed.
    ledger, heart : Ledger, Heartbeat
        Of the job.
    """

    def __init__(self, client, job, recipe, steps, ledger, heart):
        self._client, self._job, self._recipe, self._ledger, self._heart = client, job, recipe, ledger, heart
        self._steps = {values['number']: (step, values) for step, values in steps}
        numbers = {id(step): values['number'] for step, values in steps}
        self._before = {number: {numbers[id(one)] for one in step.before() if id(one) in numbers}
                        for number, (step, _) in self._steps.items()}
        for step, others in _earlier([step for step, _ in steps]):
            self._before[numbers[id(step)]] |= {numbers[id(one)] for one in others}
        self._results, self._futures, self._attempt = {}, {}, 0

    def run(self) -> None:
        """Do it; at the end each step has its `error`, if there is one.

        Raises
        ------
        Cancelled
            When the job was called off.
        Superseded
            When this worker was told to close.
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
        for number, result in self._results.items():
            error = unpacked_error(result['error'])
            if error is not None:
                self._steps[number][0].outcome = Failed(error)

    def _together(self):
        """The numbers of the steps in groups, each for one worker to do in one go: what is made of one raw frame is a group.

        A step that is compared with earlier ones, or is of many raw frames, goes alone.
        """
        raws = {number: values['of'] if isinstance(values['of'], uuid.UUID) and not step.cls.DIFFERENCES else number
                for number, (step, values) in self._steps.items()}
        groups, before = collections.defaultdict(list), collections.defaultdict(set)
        for number in self._in_order(self._before):
            groups[raws[number]].append(number)
            before[raws[number]] |= {raws[one] for one in self._before[number]} - {raws[number]}
        try:
            return [groups[raw] for raw in self._in_order(before)]
        except graphlib.CycleError:  # something of many raw frames goes into another product of one of these
            return [[number] for number in self._in_order(self._before)]

    @staticmethod
    def _in_order(before):
        return list(graphlib.TopologicalSorter(before).static_order())

    def _submit(self, groups):
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

    def _wait(self):
        from distributed import as_completed
        waiting = as_completed(set(self._futures.values()), raise_errors=False)
        while waiting.count():
            waiting.next_batch(block=False)
            self._heart.pause(_PAUSE)

    def _take(self):
        """Learn what became of the steps. Those that died with their workers failed; what was to follow goes on without."""
        by_status = collections.defaultdict(list)
        for number, future in self._futures.items():
            by_status[future.status].append(number)
        if set(by_status) - {'finished', 'error'}:
            raise Superseded('the client of this worker is closed')
        done = {self._futures[number] for number in by_status.pop('finished', [])}
        for results in self._client.gather(list(done)):
            self._results |= {one['number']: one for one in results}
        crashed, together = set(by_status.pop('error', [])), collections.Counter(self._futures.values())
        for number in crashed:  # one of several that went together is found when they go one by one
            if not crashed & self._before[number] and together[self._futures[number]] == 1:
                self._results[number] = self._crashed(number)
        lost = [one for one in self._results.values() if one['error'] and one['error'][0] == Unreachable.__name__]
        if lost:
            raise unpacked_error(lost[0]['error'])

    def _crashed(self, number):
        """What became of a step whose workers died: it may have been committed before."""
        row = self._ledger.step(number)
        if row.status == DONE:
            return result(number, row.object_id, None)
        error = _crash(self._futures[number].exception())
        self._ledger.note(number, status=FAILED, reason=str(error))
        say(self._ledger.db, self._job.id, place(), 'ERROR', f'{row.class_name} {row.place}: {error}')
        return result(number, None, error)


def _crash(error) -> WorkerDied:
    from distributed.scheduler import KilledWorker
    if isinstance(error, KilledWorker):
        return worker_died(f'{error.allowed_failures + 1} times in succession, at last {error.last_worker.address}')
    return WorkerDied(f'{said(error)}. {_TO_DO}')


def worker_died(how_often: str) -> WorkerDied:
    """The error of a step that seems to kill its worker."""
    return WorkerDied(f'its worker died, {how_often}: perhaps it needs more memory than there is. {_TO_DO}')


def _earlier(steps):
    """For each step those of its class and place that were observed earlier: its product is compared with theirs."""
    by_class = collections.defaultdict(list)
    for step in steps:
        if step.cls.DIFFERENCES:
            by_class[step.cls].append((step, ComparedPlace.of(step)))
        else:
            yield step, []
    for members in by_class.values():
        for step, where in members:
            yield step, [one for one, other in members
                         if one is not step and where.follows(other.place, other.date, other.params.key())]
