"""The database that is attacked is PostgreSQL, whatever the other tests run on."""

import pytest

from tests.databases import databases
from tests.security.world import World


@pytest.fixture(scope='session')
def on():
    """Where databases come from."""
    with databases('postgresql') as found:
        yield found


@pytest.fixture(scope='session')
def _world(on, tmp_path_factory):
    return World(on, tmp_path_factory.mktemp('world') / 'awlike')


@pytest.fixture
def world(_world):
    """The world that is attacked; every test leaves it as it was."""
    yield _world
    if _world.snapshot() != _world.before:
        _world.restore()
        pytest.fail('something got through')
