"""The commands for jobs that people type: `dpu`."""

import atexit
import concurrent.futures
import datetime
import logging
import time
import uuid
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, overload

from awlike.arguments import typed
from awlike.context import context
from awlike.current import current, in_this_context
from awlike.database.sessions import database
from awlike.dpu import job_state, jobs, logs, status
from awlike.dpu.cluster import Cluster, check_dask
from awlike.dpu.in_memory import unpacked_products
from awlike.dpu.job_order import JobOrder, versions
from awlike.dpu.jobs import DONE, FAILED, LOST
from awlike.dpu.ledger import Ledger
from awlike.dpu.own_recipes import keep_recipes, step_of
from awlike.dpu.scheduler import name_of
from awlike.dpu.session import Session
from awlike.errors import AwlikeError, NotFound, said
from awlike.persist.dataobject import DataObject
from awlike.persist.links import fetch
from awlike.progress import Progress
from awlike.remedies import to_type
from awlike.tasks.chain import Chain
from awlike.tasks.known import tasks
from awlike.tasks.task import Task
from awlike.tasks.task_arguments import given_frames

if TYPE_CHECKING:
    from distributed import Future
    from distributed.deploy import Cluster as DaskCluster

log = logging.getLogger('awlike')
_PAUSE = 0.2  # seconds between looks at a job


class DPU:
    """Runs tasks on a cluster, as jobs. The jobs of each user are numbered from 1."""

    def __init__(self) -> None:
        self._cluster = Cluster()
        self._sender: concurrent.futures.ThreadPoolExecutor | None = None
        self._futures: dict[uuid.UUID, tuple[JobOrder, Ledger, Future]] = {}
        self._results: dict[uuid.UUID, list] = {}
        self._session = Session()

    @typed
    def run(self, step: str | type[Task], instrument: str | None = None,
            date: str | datetime.date | tuple[str | datetime.date, str | datetime.date] | None = None,
            chip: str | list[str] | None = None, filter: str | list[str] | None = None, object: str | None = None,
            template: str | datetime.datetime | None = None, raw_filenames: str | list[str] | None = None,
            pars: dict[str, Any] | None = None, commit: bool = False, rebuild: str = 'missing',
            calibration_level: str | None = None, frames: Any = None, selection: Any = None,
            group_by: str | None = None) -> int:
        """Submit a job; return its number at once.

        Parameters
        ----------
        step : str or Task class
            The step of the pipeline, as ``'Reduce'`` or `ReduceTask`; or several in order, as ``'Bias>Flat>Reduce'``. A task
            of your own must be in a file in the folder of recipes; a task that was typed cannot travel.
        instrument, date, chip, filter, object, template, raw_filenames, pars, commit, rebuild, calibration_level, frames, \
        selection, group_by
            The arguments of a task: ``help(ReduceTask)``. With ``commit=True`` any free worker makes the next product.
            Without, one worker makes all products, nothing is kept, and `get_result` brings the products here.

        Returns
        -------
        int
            The number of the job, for `get_status`, `get_logs`, `cancel_job`, `wait`, `get_result`, `run_again`.

        Raises
        ------
        MissingExtra
            When Dask is not installed.
        ParameterError
            When an argument has no meaning.
        """
        return self._submit(step_of(step), {
            'instrument': instrument, 'date': date, 'chip': chip, 'filter': filter, 'object': object, 'template': template,
            'raw_filenames': raw_filenames, 'pars': pars, 'commit': commit, 'rebuild': rebuild,
            'calibration_level': calibration_level,
            'frames': None if frames is None else [one.filename for one in given_frames(frames)],
            'selection': getattr(selection, 'name', selection), 'group_by': group_by})

    def _submit(self, step: str, arguments: dict[str, Any]) -> int:
        check_dask()
        if arguments['raw_filenames'] is not None and not isinstance(arguments['raw_filenames'], str):
            arguments = arguments | {'raw_filenames': list(arguments['raw_filenames'])}
        chain = Chain(step, **arguments)
        chain.check()
        recipes = keep_recipes([type(task) for task in chain.tasks])
        if not self._cluster.is_local:
            self._cluster.client()  # an error of the cluster shows now
        row = jobs.new_job(step, arguments, self._cluster.place)
        self._session.add(row.id)
        user, project = context.account().name, context.project.name if row.project_id else ''
        job = JobOrder(row.id, row.number, user, project, row.privileges, step, arguments, recipes, versions())
        ledger = Ledger(database(), row.id)
        if self._cluster.is_up:
            self._send(job, ledger)
        else:
            self._background().submit(in_this_context(self._send), job, ledger)
        return row.number

    def _background(self) -> concurrent.futures.ThreadPoolExecutor:
        if self._sender is None:
            self._sender = concurrent.futures.ThreadPoolExecutor(1, 'awlike dpu')
            atexit.register(self.close)
        return self._sender

    def _send(self, job: JobOrder, ledger: Ledger) -> None:
        """Hand a job to the cluster; when the cluster does not take the job, note the reason in the job."""
        from awlike.dpu.coordinate import coordinate
        try:
            client = self._cluster.client()
            from distributed import fire_and_forget
            future = client.submit(coordinate, job, key=name_of(job.id), pure=False)
            if not job.arguments['commit']:
                client.publish_dataset(future, name=name_of(job.id))
            elif not self._cluster.is_local:
                fire_and_forget(future)
            self._futures[job.id] = job, ledger, future
            future.add_done_callback(in_this_context(lambda future: self._over(job, ledger, future)))
        except Exception as error:
            log.debug('the job was not submitted', exc_info=True)
            ledger.end(FAILED, said(error))

    def _over(self, job: JobOrder, ledger: Ledger, future: 'Future') -> None:
        """Note how the coordinator of a job ended, when the coordinator itself could not."""
        if future.status == 'error':
            ledger.end(FAILED, said(future.exception()))
        elif future.status in ('cancelled', 'lost') and job.id in self._futures:  # the scheduler goes, not this process
            ledger.end(LOST, 'the scheduler of its cluster is gone')

    # --- looking on ---

    def get_jobids(self) -> list[int]:
        """Return the numbers of your jobs, the latest last."""
        return [row.number for row in jobs.of_user()]

    @overload
    def get_status(self, id: None = None, *, all_sessions: bool = False) -> status.Jobs: ...

    @overload
    def get_status(self, id: int) -> status.Job: ...

    def get_status(self, id: int | None = None, *, all_sessions: bool = False) -> status.Jobs | status.Job:
        """Return the status of job `id`; without `id`, of all jobs that you submitted in this session. Print it.

        Parameters
        ----------
        id : int, optional
            The number of a job, of any session.
        all_sessions : bool
            Whether to return the jobs of all sessions; default no.

        Returns
        -------
        awlike.dpu.status.Jobs or awlike.dpu.status.Job
        """
        if id is not None:
            return status.job(id)
        return status.all_jobs() if all_sessions else status.jobs_of(self._session)

    def get_logs(self, id: int | None = None, follow: bool = False) -> logs.Log | None:
        """Return the log of job `id` until now, from all its workers in order; print it.

        Without `id`, the log has the lines of all jobs that you submitted in this session. The session also keeps what was
        asked for in a file, ``<date and time>.log`` in the working directory.

        Parameters
        ----------
        id : int, optional
            The number of a job, of any session.
        follow : bool
            Print the log, and new lines as they come, until the jobs end; default no.

        Returns
        -------
        awlike.dpu.logs.Log or None
        """
        rows = self._session.rows() if id is None else [jobs.of_number(id)]
        return self._session.follow(rows, id is None) if follow else self._session.log(rows, id is None)

    def wait(self, id: int, timeout: float | None = None) -> status.Job:
        """Wait until a job has ended, with a progress bar. Ctrl-C ends the wait, not the job.

        Parameters
        ----------
        timeout : float, optional
            The longest wait [s]; default no limit.

        Returns
        -------
        awlike.dpu.status.Job
            The job as it is then; print it.
        """
        until, job = None if timeout is None else time.monotonic() + timeout, status.job(id)
        try:
            job = self._until(lambda job: job.is_over or bool(job.total), id, until)
            with Progress(f'job {id}: {job.step}', job.total) as progress:
                return self._until(lambda job: job.is_over, id, until, progress)
        except KeyboardInterrupt:
            log.warning('job %d goes on: %s waits again, %s ends it', id, _to_wait(id),
                        to_type(f'dpu.cancel_job({id})', f'awe job cancel {id}'))
            return status.job(id)

    @staticmethod
    def _until(enough: Callable[[status.Job], bool], id: int, until: float | None,
               progress: Progress | None = None) -> status.Job:
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
        """Cancel a job: it makes and commits nothing more. What it committed before stays, and a job that is over stays."""
        if status.job(id).can_be_cancelled:
            job_state.cancel(jobs.of_number(id))

    def run_again(self, id: int) -> int:
        """Submit a job again, as a new job in the current project: it reuses what was made, and makes the rest."""
        row = jobs.of_number(id)
        return self._submit(row.step, dict(row.arguments))

    def get_result(self, id: int) -> list:
        """Return the products that a job was asked for, made or found, as `task.products` does.

        The products of a job that keeps nothing are in memory alone, with their arrays.

        Raises
        ------
        NotFound
            When the job is not over, or its products are gone.
        """
        row = jobs.of_number(id)
        job = status.job(id)
        if not job.is_over:
            raise NotFound(f'job {id} is {job.status}: {_to_wait(id)} waits for it')
        if job.status not in (DONE, FAILED) or job.failed:
            log.warning('%s', job)
        tasks()  # a user's own recipe may declare the classes of the products
        if row.arguments['commit']:
            ids = jobs.results(row.id)
            found = fetch(current().session(), DataObject, ids)
            return [found[object_id] for object_id in ids if object_id in found]
        if row.id not in self._results:
            name, client = name_of(row.id), self._cluster.client()
            made = client.get_dataset(name, None) if row.place == self._cluster.place else None
            if made is None or not made.done():
                raise NotFound(f'job {row.number} kept nothing, and its cluster no longer has the products: '
                               f'{to_type(f"dpu.run_again({row.number})", f"awe job again {row.number}")} makes them '
                               f'anew; a job with {to_type("commit=True", "--commit")} keeps them')
            self._results[row.id] = unpacked_products(made.result() or [])
            client.unpublish_dataset(name)
            self._futures.pop(row.id, None)
        return self._results[row.id]

    # --- the cluster ---

    def use(self, cluster: 'DaskCluster | None') -> None:
        """Run jobs on `cluster`, a cluster of any class of Dask's, with up to `dpu_workers` workers.

        An example is ``dask_jobqueue.SLURMCluster(...)``. None returns to the cluster of the settings.
        """
        self.close()
        self._cluster.use(cluster)

    def close(self) -> None:
        """End the connection to the cluster. A local cluster ends, with its jobs; the next job starts a new one."""
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
                    log.debug('the end of job %d could not be noted', job.number, exc_info=True)
        self._cluster.close()


def _to_wait(number: int) -> str:
    return to_type(f'dpu.wait({number})', f'awe job wait {number}')
