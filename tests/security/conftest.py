"""The database that is attacked is PostgreSQL, whatever the other tests run on."""

import pytest

from tests.databases import databases
from tests.security.world import World


@pytest.fixture(scope='session')
def on():
    """Where databases come from."""
    with databases() as found:
        yield found


@pytest.fixture(scope='session')
def _world(on, tmp_path_factory):
    world = World(on, tmp_path_factory.mktemp('world') / 'awlike')
    yield world
    world.close()


@pytest.fixture(scope='module')
def world(_world):
    """The world that is attacked, which stands in the end as it stood."""
    yield _world
    _world.stands_as_before(catalogue=True)
