"""What people type: `dpu` and `lpu`."""

import atexit
import concurrent.futures
import logging
import time

from awlike.arguments import typed
from awlike.context import context
from awlike.current import current
from awlike.database.sessions import database
from awlike.dpu import job_state, jobs, logs, status
from awlike.dpu.cluster import Cluster
from awlike.dpu.in_memory import unpacked_products
from awlike.dpu.job_order import JobOrder, versions
from awlike.dpu.jobs import DONE, FAILED, LOST
from awlike.dpu.ledger import Ledger
from awlike.dpu.own_recipes import keep_recipes, step_of
from awlike.dpu.scheduler import name_of
from awlike.errors import AwlikeError, NotFound, ParameterError, said
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch
from awlike.progress import Progress
from awlike.tasks.chain import Chain
from awlike.tasks.known import tasks

log = logging.getLogger('awlike')
_PAUSE = 0.2  # seconds between looks at a job


class LPU:
    """Runs tasks here and now, with the arguments of `dpu.run`."""

    @typed
    def run(self, step, instrument, date=None, chip=None, filter=None, object=None, template=None, raw_filenames=None,
            pars=None, commit=False, rebuild='missing') -> list:
        """Run a step, or several in order, in this process; the arguments are those of `dpu.run`.

        Returns
        -------
        list
            What the last step was asked for.

        Raises
        ------
        ProcessingError
            At the end, naming the targets that failed and why; the others are made.
        """
        chain = Chain(step_of(step), instrument=instrument, date=date, chip=chip, filter=filter, object=object, template=template,
                      raw_filenames=raw_filenames, pars=pars, commit=commit, rebuild=rebuild)
        chain.execute()
        return chain.products


class DPU:
    """Runs tasks on a cluster, as jobs that are numbered for each user, from 1."""

    def __init__(self):
        self._cluster = Cluster()
        self._sender = None
        self._futures, self._results = {}, {}

    @typed
    def run(self, step, instrument, date=None, chip=None, filter=None, object=None, template=None, raw_filenames=None,
            pars=None, commit=False, rebuild='missing') -> int:
        """Submit a job; gives its number at once.

        Parameters
        ----------
        step : str or Task class
            Step of the pipeline, as ``'Reduce'`` or `ReduceTask`; or several in order, as ``'Bias>Flat>Reduce'``. A task of
            your own must lie in a file in the folder of recipes; one that was typed cannot travel.
        instrument, date, chip, filter, object, template, raw_filenames, pars, commit, rebuild
            The arguments of a task: ``help(ReduceTask)``. With ``commit=True`` each product is made by whichever worker
            is free; without, one worker makes all, and `get_result` brings it here.

        Returns
        -------
        int
            The number of the job, for `get_status`, `get_logs`, `cancel_job`, `wait`, `get_result`, `run_again`.

        Raises
        ------
        ParameterError
            When an argument makes no sense.
        """
        return self._submit(step_of(step), {
            'instrument': instrument, 'date': date, 'chip': chip, 'filter': filter, 'object': object, 'template': template,
            'raw_filenames': raw_filenames, 'pars': pars, 'commit': commit, 'rebuild': rebuild})

    def _submit(self, step, arguments):
        if arguments['raw_filenames'] is not None and not isinstance(arguments['raw_filenames'], str):
            arguments = arguments | {'raw_filenames': list(arguments['raw_filenames'])}
        chain = Chain(step, **arguments)
        chain.check()
        recipes = keep_recipes([type(task) for task in chain.tasks])
        if not self._cluster.is_local:
            self._cluster.client()  # what is wrong with it is told now
        row = jobs.new_job(step, arguments, self._cluster.place)
        job = JobOrder(row.id, row.number, context.user.name, context.project.name if row.project_id else '', row.privileges,
                         step, arguments, recipes, versions())
        ledger = Ledger(database(), row.id)
        if self._cluster.is_up:
            self._send(job, ledger)
        else:
            self._background().submit(self._send, job, ledger)
        return row.number

    def _background(self):
        if self._sender is None:
            self._sender = concurrent.futures.ThreadPoolExecutor(1, 'awlike dpu')
            atexit.register(self.close)
        return self._sender

    def _send(self, job, ledger):
        """Hand a job to the cluster; when that cannot be done, the job says why."""
        from awlike.dpu.coordinate import coordinate
        try:
            client = self._cluster.client()
            from distributed import fire_and_forget
            future = client.submit(coordinate, job, key=name_of(job.id), pure=False)
            if not job.arguments['commit']:
                client.publish_dataset(future, name=name_of(job.id))
            elif not self._cluster.is_local:
                fire_and_forget(future)
            self._futures[job.number] = job, ledger, future
            future.add_done_callback(lambda future: self._over(job, ledger, future))
        except Exception as error:
            log.debug('the job was not submitted', exc_info=True)
            ledger.end(FAILED, said(error))

    def _over(self, job, ledger, future):
        """The coordinator ended; when it could not write down how, that is done here."""
        if future.status == 'error':
            ledger.end(FAILED, said(future.exception()))
        elif future.status in ('cancelled', 'lost') and job.number in self._futures:  # it is not we who go
            ledger.end(LOST, 'the scheduler of its cluster is gone')

    # --- looking on ---

    def get_jobids(self) -> list[int]:
        """The numbers of your jobs, the latest last."""
        return [row.number for row in jobs.of_user()]

    def get_status(self, id: int | None = None):
        """What becomes of your jobs, or of one of them.

        Returns
        -------
        awlike.dpu.status.Jobs or awlike.dpu.status.Job
            Print it.
        """
        return status.all_jobs() if id is None else status.job(id)

    def get_logs(self, id: int, follow: bool = False):
        """What a job said up to now, from all its workers in order.

        Parameters
        ----------
        follow : bool
            Whether to print it, and what comes, until the job ends; default no.

        Returns
        -------
        awlike.dpu.logs.Log or None
            Print it.
        """
        row = jobs.of_number(id)
        if not follow:
            return logs.Log(logs.lines_of(row.id))
        logs.follow(lambda after: logs.lines_of(row.id, after), lambda: status.job(id).is_over)

    def wait(self, id: int, timeout: float | None = None):
        """Wait until a job has ended, with a progress bar. Ctrl-C ends the waiting and leaves the job running.

        Parameters
        ----------
        timeout : float, optional
            How long to wait at most [s]; default as long as it takes.

        Returns
        -------
        awlike.dpu.status.Job
            What became of it; print it.
        """
        until, job = None if timeout is None else time.monotonic() + timeout, status.job(id)
        try:
            job = self._until(lambda job: job.is_over or job.total, id, until)
            with Progress(f'job {id}: {job.step}', job.total) as progress:
                return self._until(lambda job: job.is_over, id, until, progress)
        except KeyboardInterrupt:
            log.warning('job %d goes on: dpu.wait(%d) waits again, dpu.cancel_job(%d) ends it', id, id, id)
            return status.job(id)

    @staticmethod
    def _until(enough, id, until, progress=None):
        while True:
            job = status.job(id)
            if progress is not None:
                progress.total = max(progress.total, job.total)
                for _ in range(job.done + job.failed - progress.done):
                    progress.advance()
            if enough(job) or (until is not None and time.monotonic() >= until):
                return job
            time.sleep(_PAUSE)

    # --- deciding ---

    def cancel_job(self, id: int) -> None:
        """Call a job off: it makes nothing more, and what is being made is not committed. What was committed stays."""
        job = status.job(id)
        if job.is_over and job.status != LOST:  # what is lost may yet be begun anew
            raise ParameterError(f'job {id} is over, {job.status}: there is nothing to cancel')
        job_state.cancel(jobs.of_number(id))

    def run_again(self, id: int) -> int:
        """Submit the same once more, as a new job in the project of now: what was made is found, and the rest is made."""
        row = jobs.of_number(id)
        return self._submit(row.step, dict(row.arguments))

    def get_result(self, id: int) -> list:
        """What a job was asked for, as `task.products`: made by it, or found to exist.

        Of a job that keeps nothing the objects are in memory alone, with their arrays.

        Raises
        ------
        NotFound
            When the job is not over, or what it made is nowhere any more.
        """
        row = jobs.of_number(id)
        job = status.job(id)
        if not job.is_over:
            raise NotFound(f'job {id} is {job.status}: dpu.wait({id}) waits for it')
        if job.status not in (DONE, FAILED) or job.failed:
            log.warning('%s', job)
        tasks()  # a user's own recipe may declare what it made
        if row.arguments['commit']:
            ids = jobs.results(row.id)
            found = fetch(current().session(), DataObject, ids)
            return [found[object_id] for object_id in ids if object_id in found]
        if row.id not in self._results:
            name, client = name_of(row.id), self._cluster.client()
            made = client.get_dataset(name, None) if row.place == self._cluster.place else None
            if made is None or not made.done():
                raise NotFound(f'job {row.number} kept nothing, and its cluster has it no more: run it with commit=True, or again')
            self._results[row.id] = unpacked_products(made.result() or [])
            client.unpublish_dataset(name)
            self._futures.pop(row.number, None)
        return self._results[row.id]

    # --- where it runs ---

    def use(self, cluster) -> None:
        """Run jobs on `cluster`, any of Dask's (``dask_jobqueue.SLURMCluster(...)``), which gets up to `dpu_workers` workers.

        None returns to what the settings say.
        """
        self.close()
        self._cluster.use(cluster)

    def close(self) -> None:
        """End the connection to the cluster. A local cluster ends with its jobs; the next job starts it anew."""
        local = self._cluster.is_local
        if self._sender is not None:
            self._sender.shutdown(cancel_futures=True)
            self._sender = None
        futures, self._futures = self._futures, {}
        for job, ledger, future in futures.values():
            if local and not future.done():
                try:
                    ledger.end(LOST, 'its local cluster was closed')
                except AwlikeError:
                    log.debug('job %d does not know that it ended', job.number, exc_info=True)
        self._cluster.close()
