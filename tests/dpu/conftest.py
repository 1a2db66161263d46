"""Fixtures for tests of the DPU: a small night in a home of its own, with a local cluster of two workers."""

import contextlib
import os

import pytest

from awlike.config import settings
from awlike.context import context
from awlike.database import sessions
from awlike.dpu import dpu
from awlike.products import image_cache
from awlike.products.product import ProcessTarget
from awlike.store import use_server
from tests.conftest import become


@contextlib.contextmanager
def living_in(folder, small_home, on):
    """Be ada in a copy of the small home, working in project TEST."""
    folder.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith('AWLIKE_')]:
            patch.delenv(name)
        patch.setenv('AWLIKE_HOME', str(folder))
        patch.setenv('AWLIKE_DATABASE', on.new(folder))
        patch.setenv('AWLIKE_DPU_WORKERS', '2')
        on.copy(small_home, folder)
        sessions.use(None)
        use_server(None)
        become(patch, 'ada')
        image_cache._cache.clear()
        context.set_project('TEST')
        yield folder
        dpu.close()
        sessions.use(None)
        use_server(None)
        on.drop(folder)
    settings.cache_clear()
    context.reset()


@pytest.fixture(scope='module')
def cluster(tmp_path_factory, small_home, on):
    """The small night, and a cluster for the tests of a module; return the folder of the home."""
    with living_in(tmp_path_factory.mktemp('cluster') / 'awlike', small_home, on) as folder:
        yield folder


def ended(number: int, status: str = 'done'):
    """Wait for a job, check that it ends with `status`, and return it."""
    job = dpu.wait(number, timeout=120)
    assert job.status == status, f'{job}\n{dpu.get_logs(number)}'
    return job


def products() -> list:
    """All products, by class and date."""
    return list(ProcessTarget.select_all().order_by('creation_date'))


def content(objects) -> list:
    """Return class, digest, identity, recipe, flags and digests of inputs of `objects`: all but their ids."""
    def inputs(one):
        found = {role: getattr(one, role) for role in type(one).inputs()}
        return tuple((role, tuple(i.digest for i in value)) if isinstance(value, list) else (role, value and value.digest)
                     for role, value in found.items())
    return sorted((type(one).__name__, one.digest, one.reuse_key, one.recipe, one.quality_flags, str(one.process_parameters),
                   str(inputs(one))) for one in objects)
