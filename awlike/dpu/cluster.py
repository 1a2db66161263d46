"""The Dask cluster that jobs run on: the user's own, one that runs somewhere, or a local one, started when needed."""

import logging
import os
import shutil
import tempfile

from awlike.config import settings
from awlike.database.claims import place_of_process
from awlike.dpu.jobs import LOCAL
from awlike.errors import ConfigError, MissingExtra

log = logging.getLogger('awlike')
_PATIENCE = 10.0  # seconds until a scheduler must answer
_START = 120.0     # seconds until a local cluster must have a worker


class Cluster:
    """Where jobs run. Nothing is started before it is needed."""

    def __init__(self):
        self._client, self._own, self._given, self._folder = None, None, None, None

    @property
    def is_local(self) -> bool:
        """Whether it ends with this process."""
        return self._given is None and not settings().dpu

    @property
    def place(self) -> str:
        """Where jobs run, as it stands in their rows."""
        if self.is_local:
            return local_place()
        return self._given.scheduler_address if self._given is not None else settings().dpu

    @property
    def is_up(self) -> bool:
        """Whether it is there already."""
        return self._client is not None and self._client.status == 'running'

    def use(self, cluster) -> None:
        """Use `cluster`, any of Dask's, from now on; None for what the settings say."""
        self.close()
        self._given = cluster
        if cluster is not None:
            cluster.adapt(minimum=0, maximum=settings().dpu_workers)

    def client(self):
        """The connection to it; a local cluster starts now.

        Raises
        ------
        ConfigError
            When the scheduler does not answer.
        MissingExtra
            When Dask is not installed.
        """
        if not self.is_up:
            try:
                from distributed import Client
            except ImportError:
                raise MissingExtra("jobs run on Dask, which is not installed: pip install 'awlike[dpu]'") from None
            is_local = self.is_local
            address = self._given or settings().dpu or self._start_local()
            logging.getLogger('distributed').setLevel(logging.CRITICAL)  # what is wrong, the job tells
            try:
                self._client = Client(address, timeout=_PATIENCE, set_as_default=False, name='awlike')
            except (OSError, ValueError) as error:
                raise ConfigError(f'the Dask scheduler {address} does not answer ({error}): see that it runs, or set '
                                  'AWLIKE_DPU to the address of another, or to nothing for a cluster on this machine') from None
            if is_local:
                self._see_a_worker()
        return self._client

    def _start_local(self):
        from awlike.dpu.local import local_cluster
        if self._folder is None:
            self._folder = tempfile.mkdtemp(prefix='awlike-dpu-')
        self._own = local_cluster(self._folder, settings().dpu_workers)
        return self._own

    def _see_a_worker(self):
        from awlike.dpu.local import last_words
        try:
            self._client.wait_for_workers(1, timeout=_START)
        except TimeoutError:
            said = last_words(self._folder)
            self.close()
            raise ConfigError(f'the workers of the local Dask cluster do not start: {said}') from None

    def close(self) -> None:
        """End the connection, and the cluster if it is a local one."""
        client, own, folder = self._client, self._own, self._folder
        self._client = self._own = self._folder = None
        for one in (client, own):
            if one is not None:
                one.close()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def local_place() -> str:
    """The place of a cluster that lives and dies with this process."""
    return f'{LOCAL} {os.getpid()} {place_of_process()}'
