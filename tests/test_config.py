"""Settings: where things are and who asks, from the environment."""

import getpass
from pathlib import Path

import pytest

from awlike.config import settings
from awlike.errors import ConfigError


@pytest.fixture
def environment(monkeypatch):
    """Settings as a fresh process would read them."""
    def environment(**variables):
        for name in ('HOME', 'DATABASE', 'STORE', 'PROJECT', 'USER'):
            monkeypatch.delenv(f'AWLIKE_{name}', raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f'AWLIKE_{name}', str(value))
        settings.cache_clear()
        return settings()

    yield environment
    settings.cache_clear()


def test_everything_is_embedded_below_home(environment, tmp_path):
    found = environment(HOME=tmp_path)
    assert found.database_url == f'sqlite:///{tmp_path}/awlike.db' and found.store_folder == tmp_path / 'files'
    assert found.instrument_folder == tmp_path / 'instruments' and found.recipe_folder == tmp_path / 'recipes'
    assert found.project == '' and found.user == getpass.getuser()


def test_each_part_can_be_elsewhere(environment, tmp_path):
    found = environment(HOME=tmp_path, STORE=tmp_path / 'big', DATABASE='postgresql://host/awlike', PROJECT='P',
                        USER='ada')
    assert (found.store_folder, found.database_url) == (tmp_path / 'big', 'postgresql://host/awlike')
    assert (found.project, found.user) == ('P', 'ada')


def test_home_is_that_of_the_account_by_default(environment):
    assert environment().home == Path.home() / '.awlike'
    assert environment(HOME='', STORE='', USER='').home == Path.home() / '.awlike', 'empty is not set'
    assert environment(HOME='~/elsewhere').store_folder == Path.home() / 'elsewhere/files'


def test_a_relative_home_stays_where_it_is_when_one_goes_elsewhere(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = environment(HOME='here', STORE='there')
    monkeypatch.chdir('/')
    assert found.database_url == f'sqlite:///{tmp_path}/here/awlike.db' and found.store_folder == tmp_path / 'there'


def test_an_account_without_a_name_must_say_who_it_is(environment, monkeypatch):
    def nobody():
        raise KeyError('getpwuid(): uid not found: 12345')

    monkeypatch.setattr(getpass, 'getuser', nobody)
    with pytest.raises(ConfigError, match='set AWLIKE_USER to your account name'):
        environment()
    assert environment(USER='ada').user == 'ada'
