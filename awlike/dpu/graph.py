"""The steps of a plan as Dask tasks, each after those of its inputs: what several need is made once, and first."""

import collections

from awlike.dpu.jobs import DONE, FAILED
from awlike.dpu.logs import say
from awlike.dpu.plain import packed_error, unpacked_error
from awlike.dpu.work import make, place
from awlike.errors import ProcessingError, Unreachable
from awlike.tasks.predecessors import Place

_PAUSE = 0.05  # seconds between looks at what is done


class Graph:
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
        self._before = {numbers[id(step)]: [numbers[id(one)] for one in step.before() if id(one) in numbers]
                        for step, _ in steps}
        self._after = {numbers[id(step)]: [numbers[id(one)] for one in others]
                       for step, others in _earlier([step for step, _ in steps])}
        self._results, self._futures, self._attempt = {}, {}, 0

    def run(self) -> None:
        """Do it; at the end each step has its `error`, if there is one.

        Raises
        ------
        Cancelled
            When the job was called off.
        """
        try:
            while left := [number for number in self._steps if number not in self._results]:
                self._submit(left)
                self._wait()
                self._take()
        except BaseException:
            self._client.cancel(list(self._futures.values()), reason='the job is over')
            raise
        for number, result in self._results.items():
            self._steps[number][0].error = unpacked_error(result['error'])

    def _submit(self, numbers):
        self._attempt, self._futures = self._attempt + 1, {}
        for number in numbers:
            kind = self._steps[number][1]['class']
            self._futures[number] = self._client.submit(
                make, self._job, self._recipe, self._steps[number][1], self._outcomes(self._before[number]),
                self._outcomes(self._after[number]), key=f'{kind}-{self._job.id}-{number}-{self._attempt}', pure=False)

    def _outcomes(self, numbers):
        """What became of steps, where it is known, and else the tasks that will tell."""
        return [self._results[number] if number in self._results else self._futures[number] for number in numbers]

    def _wait(self):
        from distributed import as_completed
        waiting = as_completed(list(self._futures.values()), raise_errors=False)
        while waiting.count():
            waiting.next_batch(block=False)
            self._heart.pause(_PAUSE)

    def _take(self):
        """Learn what became of the steps. Those that died with their workers failed; what was to follow goes on without."""
        by_status = collections.defaultdict(list)
        for number, future in self._futures.items():
            by_status[future.status].append(number)
        done = by_status.pop('finished', [])
        for result in self._client.gather([self._futures[number] for number in done]):
            self._results[result['number']] = result
        crashed = set(by_status.pop('error', []))
        if by_status:
            raise ProcessingError('the scheduler of the cluster is gone')
        for number in sorted(crashed):
            if not crashed & {*self._before[number], *self._after[number]}:
                self._results[number] = self._crashed(number)
        lost = [one for one in self._results.values() if one['error'] and one['error'][0] == Unreachable.__name__]
        if lost:
            raise unpacked_error(lost[0]['error'])

    def _crashed(self, number):
        """What became of a step whose workers died: it may have been committed before."""
        row = self._ledger.step(number)
        if row.status == DONE:
            return {'number': number, 'made': row.object_id, 'error': None}
        error = ProcessingError(f'{_why(self._futures[number])}. Look at the log of that worker, and run it again')
        self._ledger.note(number, status=FAILED, reason=str(error))
        say(self._ledger.db, self._job.id, place(), 'ERROR', f'{row.class_name} {row.place}: {error}')
        return {'number': number, 'made': None, 'error': packed_error(error)}


def _why(future) -> str:
    from distributed.scheduler import KilledWorker
    error = future.exception()
    if isinstance(error, KilledWorker):
        return (f'its worker died, {error.allowed_failures + 1} times in succession, at last {error.last_worker.address}: '
                'perhaps it needs more memory than there is')
    return f'{type(error).__name__}: {error}'


def _earlier(steps):
    """For each step those of its class and place that were observed earlier: its product is compared with theirs."""
    by_class = collections.defaultdict(list)
    for step in steps:
        if step.cls.DIFFERENCES:
            by_class[step.cls].append((step, Place.of(step)))
        else:
            yield step, []
    for members in by_class.values():
        for step, where in members:
            yield step, [one for one, other in members
                         if one is not step and where.follows(other.place, other.date, other.params.key())]
