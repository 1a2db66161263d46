"""The Dask cluster on which jobs run: the user's own, a running one, or a local one that starts when a job needs it."""

import importlib.util
import logging
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

from awlike.config import settings
from awlike.database.claims import place_of_process
from awlike.errors import ConfigError, DpuUnreachable, MissingExtra

if TYPE_CHECKING:
    from distributed import Client
    from distributed.deploy import Cluster as DaskCluster

log = logging.getLogger('awlike')
LOCAL = 'local'    # the first word of the place of a job on a cluster that ends with the process that submitted it
_PATIENCE = 10.0   # seconds until a scheduler must answer
_START = 120.0     # seconds until a local cluster must have a worker


class Cluster:
    """The cluster on which jobs run. Nothing starts before a job needs it."""

    def __init__(self) -> None:
        self._client: Client | None = None
        self._own: DaskCluster | None = None
        self._given: DaskCluster | None = None
        self._folder: str | None = None

    @property
    def is_local(self) -> bool:
        """True if the cluster ends with this process."""
        return self._given is None and not settings().dpu

    @property
    def place(self) -> str:
        """The place of the cluster, as the rows of its jobs name it."""
        if self._given is not None:
            return self._given.scheduler_address
        return settings().dpu or local_place()

    @property
    def is_up(self) -> bool:
        """True while there is a connection to the cluster."""
        return self._client is not None and self._client.status == 'running'

    def use(self, cluster: 'DaskCluster | None') -> None:
        """Use `cluster`, of any class of Dask's, from now on; None returns to the cluster of the settings."""
        self.close()
        self._given = cluster
        if cluster is not None:
            cluster.adapt(minimum=0, maximum=settings().dpu_workers)

    def client(self) -> 'Client':
        """Return the connection to the cluster; start a local cluster if needed.

        Raises
        ------
        DpuUnreachable
            When the scheduler does not answer.
        MissingExtra
            When Dask is not installed.
        """
        client = self._client
        return client if client is not None and self.is_up else self._connect()

    def _connect(self) -> 'Client':
        check_dask()
        from distributed import Client
        is_local = self.is_local
        address = self._given or settings().dpu or self._start_local()
        logging.getLogger('distributed').setLevel(logging.CRITICAL)  # the job itself reports what is wrong
        try:
            client = self._client = Client(address, timeout=_PATIENCE, set_as_default=False, name='awlike')
        except (OSError, ValueError) as error:
            raise DpuUnreachable(f'the Dask scheduler {address} does not answer ({error}): check that it runs, or set '
                                 'AWLIKE_DPU to the address of another scheduler, or to nothing for a cluster on this '
                                 'machine') from None
        if is_local:
            self._wait_for_a_worker(client)
        return client

    def _start_local(self) -> 'DaskCluster':
        from awlike.dpu.local import local_cluster
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix='awlike-dpu-')
        self._own = local_cluster(self._folder, settings().dpu_workers)
        return self._own

    def _wait_for_a_worker(self, client: 'Client') -> None:
        from awlike.dpu.local import last_words
        try:
            client.wait_for_workers(1, timeout=_START)
        except TimeoutError:
            assert self._folder is not None, 'a local cluster has a folder'
            reason = last_words(self._folder)
            self.close()
            raise ConfigError(f'the workers of the local Dask cluster do not start: {reason}') from None

    def close(self) -> None:
        """End the connection, and with it a local cluster."""
        client, own, folder = self._client, self._own, self._folder
        self._client = self._own = self._folder = None
        for part in (client, own):
            if part is not None:
                part.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def check_dask() -> None:
    """Refuse jobs where Dask is not installed.

    Raises
    ------
    MissingExtra
        With the command that installs Dask.
    """
    if importlib.util.find_spec('distributed') is None:
        raise MissingExtra("jobs run on Dask, which is not installed: pip install 'awlike[dpu]'; without Dask, "
                           'lpu.run with the same arguments runs the task in this process')


def local_place() -> str:
    """Return the place of a cluster that starts and ends with this process."""
    return f'{LOCAL} {os.getpid()} {place_of_process()}'
