"""Settings: where things are and who asks, from the environment."""

import getpass
import tomllib
from pathlib import Path

import pytest

from awlike.config import Settings, origin, settings, settings_file, template
from awlike.errors import ConfigError
from awlike.masking import masked


@pytest.fixture
def environment(monkeypatch):
    """Settings as a fresh process would read them."""
    def environment(**variables):
        for name in Settings.model_fields:
            monkeypatch.delenv(f'AWLIKE_{name.upper()}', raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(f'AWLIKE_{name}', str(value))
        settings.cache_clear()
        return settings()

    yield environment
    settings.cache_clear()


def test_everything_is_embedded_below_home(environment, tmp_path):
    found = environment(HOME=tmp_path)
    assert found.database_url == f'sqlite:///{tmp_path}/awlike.db' and found.store_place == tmp_path / 'files'
    assert found.instrument_folder == tmp_path / 'instruments' and found.recipe_folder == tmp_path / 'recipes'
    assert found.project == '' and found.user == getpass.getuser()


def test_each_part_can_be_elsewhere(environment, tmp_path):
    found = environment(HOME=tmp_path, STORE=tmp_path / 'big', DATABASE='postgresql://host/awlike', PROJECT='P',
                        USER='ada')
    assert (found.store_place, found.database_url) == (tmp_path / 'big', 'postgresql://host/awlike')
    assert (found.project, found.user) == ('P', 'ada')


def test_home_is_that_of_the_account_by_default(environment):
    assert environment().home == Path.home() / '.awlike'
    assert environment(HOME='', STORE='', USER='').home == Path.home() / '.awlike', 'empty is not set'
    assert environment(HOME='~/elsewhere').store_place == Path.home() / 'elsewhere/files'


def test_a_relative_home_stays_where_it_is_when_one_goes_elsewhere(environment, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = environment(HOME='here', STORE='there')
    monkeypatch.chdir('/')
    assert found.database_url == f'sqlite:///{tmp_path}/here/awlike.db' and found.store_place == tmp_path / 'there'


def test_an_account_without_a_name_must_say_who_it_is(environment, monkeypatch):
    def nobody():
        raise KeyError('getpwuid(): uid not found: 12345')

    monkeypatch.setattr(getpass, 'getuser', nobody)
    with pytest.raises(ConfigError, match='set AWLIKE_USER to your account name'):
        environment()
    assert environment(USER='ada').user == 'ada'


# --- the file ---


@pytest.fixture
def file(environment, tmp_path):
    """Settings with a file of this content, and these variables."""
    def file(content, **variables):
        (tmp_path / 'awlike.toml').write_text(content)
        return environment(HOME=tmp_path, **variables)

    return file


def test_the_file_is_read_and_the_environment_goes_before_it(file, tmp_path):
    found = file('project = "NIGHT"\nprivileges = 3\nuser = "bob"', USER='ada')
    assert (found.project, found.privileges, found.user) == ('NIGHT', 3, 'ada')
    assert settings_file() == tmp_path / 'awlike.toml'
    assert [origin(name) for name in ('project', 'user', 'store')] == [str(tmp_path / 'awlike.toml'), 'AWLIKE_USER', 'default']


def test_a_folder_in_the_file_is_relative_to_it(file, tmp_path):
    assert file('store = "big"').store_place == tmp_path / 'big'
    assert file('store = "/data/big"').store_place == Path('/data/big')


def test_a_store_behind_a_url_stays_as_it_is_written(file, environment, tmp_path):
    found = file('store = "s3://bucket/awlike/"\nstore_options = {endpoint_url = "http://minio:9000"}\ncache = "kept"')
    assert found.store_place == 's3://bucket/awlike' and found.store_options == {'endpoint_url': 'http://minio:9000'}
    assert found.cache_folder == tmp_path / 'kept' and found.cache_bytes == 50e9
    found = environment(HOME=tmp_path / 'other', STORE=f'file://{tmp_path}/big', STORE_OPTIONS='{"key": "k"}', CACHE_SIZE='0.5')
    assert found.store_place == tmp_path / 'big' and found.store_options == {'key': 'k'} and found.cache_bytes == 5e8


def test_options_that_are_no_table_are_refused_without_being_shown(environment):
    for wrong in ('secret', '["secret"]'):
        with pytest.raises(ConfigError, match='AWLIKE_STORE_OPTIONS.* has no meaning') as refused:
            environment(STORE_OPTIONS=wrong)
        assert 'secret' not in str(refused.value)


@pytest.mark.parametrize(('content', 'message'), [
    ('projct = "NIGHT"', r"awlike.toml: there is no setting 'projct' \(did you mean project\?\)"),
    ('home = "/data"', 'only AWLIKE_HOME can set it'),
    ('privileges = 6', r'awlike.toml: privileges = 6 has no meaning \(input should be less than or equal to 5\): it is '
                       r'the privileges level .*VO\. Correct it'),
    ('privileges = "all"', "privileges = 'all' has no meaning"),
    ('store = 3', 'store = 3 has no meaning'),
    ('project = NIGHT', 'awlike.toml cannot be read: .*line 1'),
])
def test_what_has_no_meaning_is_refused_with_file_entry_and_rule(file, content, message):
    with pytest.raises(ConfigError, match=message):
        file(content)


def test_a_variable_without_meaning_is_named(environment):
    with pytest.raises(ConfigError, match="AWLIKE_PRIVILEGES = '9' has no meaning"):
        environment(PRIVILEGES='9')


def test_the_file_to_fill_in_has_every_setting_and_changes_none(file):
    empty = file('')
    assert file(template()) == empty
    entries = {line.partition(' ')[0].removeprefix('#') for line in template().splitlines() if ' = ' in line}
    assert entries == set(Settings.model_fields) - {'home'}
    spoken = '\n'.join(line.removeprefix('#') for line in template().splitlines() if ' = ' in line)
    assert file(spoken).model_dump(mode='json', exclude={'home'}) == tomllib.loads(spoken)


def test_every_setting_is_in_the_documentation():
    page = (Path(__file__).parents[1] / 'docs/howto/settings.md').read_text()
    for name, field in Settings.model_fields.items():
        assert f'`{name}`' in page and f'`AWLIKE_{name.upper()}`' in page and field.description in ' '.join(page.split()), name


def test_no_password_is_shown():
    assert masked('postgresql+psycopg://ada:se@cret@host/awlike') == 'postgresql+psycopg://ada:***@host/awlike'
    assert masked('postgresql://host/awlike?password=secret&sslmode=require') == \
        'postgresql://host/awlike?password=***&sslmode=require'
    assert masked('postgres:secret@host') == 'postgres:***@host', 'also of what is no URL'
    assert masked('sqlite:////data/awlike.db') == 'sqlite:////data/awlike.db'
    assert masked('postgresql://ada@/awlike?host=%2Frun%2Fpg') == 'postgresql://ada@/awlike?host=/run/pg'
    assert masked('postgresql://host:5432/awlike') == 'postgresql://host:5432/awlike'
