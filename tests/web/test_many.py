"""Many people on PostgreSQL: the password is that of the role, and the database itself says who sees what."""

import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text

from awlike.config import settings
from awlike.context import context
from awlike.database.engine import has_roles
from awlike.database.sessions import database
from awlike.errors import ConfigError
from awlike.frames.raw import RawScienceFrame
from awlike.web.logins import opens_database
from awlike.web.serve import identity_for
from tests.databases import PASSWORD
from tests.web.conftest import SAME, behind_proxy, with_passwords


@pytest.fixture
def on(postgresql):
    """Where databases come from, whatever the other tests run on."""
    return postgresql


@pytest.fixture
def asking(home):
    """Let the server ask ada and bob for their passwords; a server of tests lets all in."""
    with psycopg.connect(settings().database_url.replace('+psycopg', '', 1), autocommit=True) as sql:
        file = Path(sql.execute('SHOW hba_file').fetchone()[0])
        before = file.read_text()
        file.write_text(f'local all ada,bob scram-sha-256\nhost all ada,bob all scram-sha-256\n{before}')
        sql.execute('SELECT pg_reload_conf()')
        time.sleep(1)
        yield
        file.write_text(before)
        sql.execute('SELECT pg_reload_conf()')


def test_a_server_that_asks_for_no_password_lets_nobody_in(home):
    assert has_roles(settings().database_url)
    assert not opens_database('ada', PASSWORD) and not opens_database('ada', 'wrong')


def test_the_password_is_that_of_the_role(asking):
    assert opens_database('ada', PASSWORD)
    for name, password in (('ada', 'wrong'), ('ada', ''), ('nobody here', PASSWORD), ('', PASSWORD), ('ada\0', PASSWORD),
                           ('ada', 'x\0y')):
        assert not opens_database(name, password), (name, password)


def test_each_logs_in_for_themselves(asking):
    context.create_project('SECRET')
    ada, bob = with_passwords(opens_database), with_passwords(opens_database)
    for client, name in ((ada, 'ada'), (bob, 'bob')):
        assert client.post('/login', data={'name': name, 'password': PASSWORD}, headers=SAME).status_code == 303
        assert client.get('/here.json').json()['user'] == name
    assert ada.get('/here.json').json()['projects'] == ['SECRET'] and bob.get('/here.json').json()['projects'] == []
    assert bob.post('/here', data={'project': 'SECRET'}, headers=SAME).status_code == 403


def test_a_role_without_an_account_gets_in_nowhere(home):
    web = with_passwords(lambda name, password: True)
    answer = web.post('/login', data={'name': 'nobody here', 'password': 'x'}, headers=SAME)
    assert answer.status_code == 403 and web.get('/jobs').status_code == 303
    for name in ('no such account', 'none', '"; RESET ROLE; --', 'ada" --'):
        assert behind_proxy(name).get('/RawScienceFrame.json').status_code in (400, 403, 404), name


def test_the_server_asks_the_database_as_the_person(home):
    seen = []

    def note(connection, cursor, statement, *rest):
        if 'dbobject' in statement and not seen:
            seen.append(None)
            seen.append(connection.exec_driver_sql('SELECT current_user').scalar())
    event.listen(database().engine, 'before_cursor_execute', note)
    try:
        assert behind_proxy('bob').get('/RawScienceFrame.json').json()['count'] == 0
    finally:
        event.remove(database().engine, 'before_cursor_execute', note)
    assert seen[1] == 'bob'
    assert database().session.scalar(text('SELECT current_user')) == 'ada'
    assert RawScienceFrame.select_all().number_up_to(1) == 0


def test_passwords_need_a_database_that_knows_them(tmp_path, monkeypatch):
    monkeypatch.setenv('AWLIKE_HOME', str(tmp_path))
    monkeypatch.delenv('AWLIKE_DATABASE', raising=False)
    settings.cache_clear()
    with pytest.raises(ConfigError, match='SQLite'):
        identity_for(True, '', ())
    with pytest.raises(ConfigError, match='not both'):
        identity_for(True, 'X-Remote-User', ())
    settings.cache_clear()
