"""No password and no key is shown, however it is written."""

import json
import logging

import pytest
from sqlalchemy.engine import make_url

from awlike.config import masked_options, settings
from awlike.database.engine import _without_password, open_engine
from awlike.errors import AwlikeError, ConfigError, said
from awlike.masking import masked, without_secrets
from awlike.progress import SafeLines


def as_logged(text):
    return SafeLines('%(message)s').format(logging.makeLogRecord({'msg': 'x %s', 'args': (text,)}))


@pytest.mark.parametrize('url', [
    'postgresql+psycopg://ada:hunter2@host/awlike', 'postgresql://ada:hunter2p@ss@host:5432/awlike',
    'postgresql://host/awlike?password=hunter2', 'postgresql://host/a?user=ada&password=hunter2&sslmode=require',
    'postgresql://host/a?sslpassword=hunter2', 'postgresql%3A%2F%2Fada%3Ahunter2%40host%2Fa', 'postgresql://ada:hunter2%40x@h/a',
    'host=h user=ada password=hunter2 dbname=a', "host=h password='hunter2 p@ss' dbname=a", 'PGPASSWORD=hunter2 awe list',
    's3://AKIA:hunter2@bucket/x', 's3://bucket/x?secret=hunter2', 's3://bucket?key=hunter2',
    'https://h/x?X-Amz-Security-Token=hunter2',
    "{'key': 'hunter2', 'secret': 'hunter2'}", '{"aws_secret_access_key": "hunter2", "token": "hunter2"}',
    'mssql://h/?odbc_connect=UID%3Dada%3BPWD%3Dhunter2', 'postgresql://h/a?PASSWORD=hunter2', 'api_key = "hunter2"'])
@pytest.mark.parametrize('show', [masked, without_secrets, lambda text: str(AwlikeError(f'bad {text}: see it')),
                                  lambda text: said(ValueError(f'cannot open {text}')), lambda text: as_logged(text)])
def test_secrets_are_masked_wherever_they_stand(url, show):
    assert 'hunter2' not in show(url) and 'p@ss' not in show(url) and '***' in show(url)


@pytest.mark.parametrize('text', [
    'sqlite:////data/awlike.db', 'postgresql://host:5432/awlike', 'project OMEGACAM@VST: there is none', 'a: b@c',
    'check your password (PGPASSWORD, ~/.pgpass)', 'password authentication failed for user "ada"', 'tcp://scheduler:8786',
    'the key ? in it lists its keys', 'EXPTIME = 10; FILTER = r', '2012-05-31T12:00:00 key=value'])
def test_other_texts_stay(text):
    assert without_secrets(text) == text


@pytest.mark.parametrize('url', ['postgresql+psycopg://ada:hunter2p@ss@host:x/a', 'ada:hunter2@host', 'postgresql+psycopg://ada:hun#ter2@h:p'])
def test_a_url_without_meaning_keeps_its_password(url):
    with pytest.raises(ConfigError) as caught:
        open_engine(url)
    assert not any(part in str(caught.value) for part in ('hunter2', 'ss@host', 'ter2'))


def test_what_a_driver_quotes_of_a_url():
    url = make_url('postgresql://ada:hunter2@host/a?sslpassword=other1')
    assert _without_password('missing "=" after "hunter2" or other1', url) == 'missing "=" after "***" or ***'


def test_options_of_a_store():
    shown = json.dumps(masked_options({'key': 'hunter2', 'secret': 'hunter2', 'endpoint_url': 'https://a:hunter2@h',
                                       'client_kwargs': {'aws_session_token': 'hunter2'}}))
    assert 'hunter2' not in shown


def test_settings_that_mean_nothing(home, monkeypatch):
    monkeypatch.setenv('AWLIKE_CACHE_SIZE', 'postgresql://ada:hunter2@host')
    settings.cache_clear()
    with pytest.raises(ConfigError) as caught:
        settings()
    assert 'hunter2' not in str(caught.value)
