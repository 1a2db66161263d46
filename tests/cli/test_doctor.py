"""awe doctor: finds what is wrong, says what to mend, and changes nothing."""

import datetime
import importlib.metadata
import json
import os
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from awlike import context
from awlike.cli import checks, database_checks
from awlike.config import settings
from awlike.database import sessions


@pytest.fixture(autouse=True)
def large_disk(monkeypatch):
    """Let the tests not depend on the free space of this machine."""
    monkeypatch.setattr(checks.shutil, 'disk_usage', lambda path: SimpleNamespace(free=1e12))


@pytest.fixture
def found(awe):
    """Return the problems and warnings of the doctor: (state, subject, text, remedy)."""
    def found(expected=1):
        status, out, _ = awe('doctor', '--json')
        assert status == expected
        keys = 'state', 'subject', 'text', 'mend'
        return [tuple(one[key] for key in keys) for one in json.loads(out) if one['state'] != 'ok']

    return found


@pytest.mark.sqlite
def test_all_is_well_and_nothing_is_made(awe, home):
    status, out, _ = awe('doctor')
    assert status == 0 and out.endswith('all is well\n')
    assert f'{home}/awlike.db is not there yet: it is made at first use' in out
    assert not list(home.iterdir())


@pytest.mark.slow
@pytest.mark.sqlite
def test_all_is_well_with_a_night_in_it(awe, night):
    before = (settings().home / 'awlike.db').read_bytes()
    status, out, _ = awe('doctor')
    assert status == 0 and 'objects' in out and out.endswith('all is well\n')
    assert (settings().home / 'awlike.db').read_bytes() == before


@pytest.mark.sqlite
def test_a_damaged_database(found, home):
    (home / 'awlike.db').write_bytes(b'this is no database' * 1000)
    (state, subject, text, mend), = found()
    assert (state, subject) == ('problem', 'database') and 'file is not a database' in text and 'backup' in mend


@pytest.mark.sqlite
def test_what_is_wrong_is_counted(awe, home):
    (home / 'awlike.db').write_bytes(b'this is no database' * 1000)
    assert awe('doctor')[1].splitlines()[-1] == '1 problem'


@pytest.mark.sqlite
def test_pages_that_are_damaged(found, project):
    sessions.use(None)
    path = settings().home / 'awlike.db'
    content = bytearray(path.read_bytes())
    content[4096 * 6:4096 * 8] = b'\xff' * 8192
    path.write_bytes(content)
    assert any(state == 'problem' and subject == 'database' for state, subject, *_ in found())


@pytest.mark.sqlite
def test_a_database_of_something_else(found, home):
    with sqlite3.connect(home / 'awlike.db') as other:
        other.execute('CREATE TABLE cats (name)')
    assert [one[:3] for one in found()] == [('problem', 'database', "it has none of awlike's tables")]


@pytest.mark.sqlite
def test_a_database_of_an_earlier_version(found, project):
    sessions.use(None)
    with sqlite3.connect(settings().home / 'awlike.db') as old:
        old.execute('DROP TABLE claim')
    assert found(0) == [('warning', 'database', 'it lacks table claim', 'it is added at the next use')]


@pytest.mark.slow
@pytest.mark.sqlite
def test_what_was_made_in_the_future(night):
    db = settings().home / 'awlike.db'
    sessions.use(None)
    with sqlite3.connect(db) as other:
        other.execute("UPDATE dbobject SET creation_date = '2999-01-01 00:00:00.000000'")
    told = [one for one in database_checks.database() if one.state != 'ok']
    assert [(one.state, one.subject) for one in told] == [('problem', 'clock')] and 'set the clock' in told[0].mend


def test_a_server_that_does_not_answer(found, home, monkeypatch):
    pytest.importorskip('psycopg')
    monkeypatch.setenv('AWLIKE_DATABASE', 'postgresql+psycopg://ada:secret@127.0.0.1:1/db')
    settings.cache_clear()
    (state, subject, text, mend), = found()
    assert (state, subject) == ('problem', 'database') and 'secret' not in text and 'check that the server runs' in mend


def test_settings_that_cannot_be_read_end_the_examination(found, home):
    (home / 'awlike.toml').write_text('privileges = 9')
    settings.cache_clear()
    (state, subject, text, _), = found()
    assert (state, subject) == ('problem', 'settings') and 'privileges = 9 has no meaning' in text


def test_a_variable_that_is_no_setting(found, home, monkeypatch):
    monkeypatch.setenv('AWLIKE_PROJCT', 'NIGHT')
    assert found(0) == [('warning', 'settings', 'the environment has AWLIKE_PROJCT, which is no setting '
                         '(did you mean project?)', 'unset AWLIKE_PROJCT')]


def test_a_project_that_is_not_there(found, project, monkeypatch):
    monkeypatch.setenv('AWLIKE_PROJECT', 'NONE')
    settings.cache_clear()
    assert [one[:3] for one in found(0)] == [('warning', 'project', 'there is no project NONE, which the settings name')]
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    monkeypatch.setenv('AWLIKE_USER', 'eve')
    settings.cache_clear()
    context.reset()
    assert [one[2] for one in found(0)] == ['eve is not a member of TEST, which the settings name']


def test_a_home_for_everybody(found, home):
    home.chmod(0o777)
    assert found(0)[0][1:] == ('home', f'{home} can be written to by everybody on this machine', f'chmod o-w {home}')


def test_folders_that_cannot_be_written_to(found, home, monkeypatch):
    monkeypatch.setattr(os, 'access', lambda path, mode: False)
    assert {one[1] for one in found()} >= {'home', 'store'}


@pytest.mark.sqlite
def test_a_home_that_cannot_be_made(found, home, monkeypatch):
    (home / 'file').write_text('')
    monkeypatch.setenv('AWLIKE_HOME', str(home / 'file/awlike'))
    settings.cache_clear()
    assert [one[1] for one in found()] == ['home', 'database', 'store']


def test_a_database_in_a_folder_that_is_not_there(found, home, monkeypatch):
    monkeypatch.setenv('AWLIKE_DATABASE', f'sqlite:///{home}/away/awlike.db')
    settings.cache_clear()
    (state, subject, text, mend), = found()
    assert (state, subject) == ('problem', 'database') and 'cannot be made' in text and 'its folder must exist' in mend


def test_a_disk_that_is_nearly_full(home, monkeypatch):
    monkeypatch.setattr(checks.shutil, 'disk_usage', lambda path: SimpleNamespace(free=2.5e9))
    one, = checks.store()
    assert one.state == 'warning' and 'only 2.5 GB free' in one.text and 'awe purge' in one.mend


def test_libraries_that_are_too_old_or_absent(monkeypatch):
    versions = {'numpy': '1.20'}
    actual = importlib.metadata.version
    monkeypatch.setattr(importlib.metadata, 'version', lambda name: versions.get(name) or actual(name))
    monkeypatch.setattr(importlib.metadata, 'requires', lambda name: [
        'numpy>=2', 'astropy>=7', 'no-such-library>=1', 'nothing-either; extra == "test"'])
    told = list(checks.versions())
    assert [(one.state, one.mend) for one in told] == [
        ('problem', "pip install 'numpy>=2'"), ('problem', "pip install 'no-such-library>=1'")]


def test_a_clock_that_was_never_set():
    told = list(checks.clock(datetime.datetime(1970, 1, 1, 0, 5)))
    assert [one.state for one in told] == ['problem', 'ok']


def test_cameras_and_recipes_of_ones_own(found, home):
    (home / 'recipes').mkdir()
    (home / 'recipes/mine.py').write_text('import nothing_of_that_name')
    (home / 'instruments').mkdir()
    (home / 'instruments/mine.toml').write_text('name = 3')
    told = found()
    assert [one[:2] for one in told] == [('problem', 'cameras'), ('problem', 'recipes')]
    assert 'recipes/mine.py cannot be read: ModuleNotFoundError' in told[1][2] and str(home / 'recipes') in told[1][3]


@pytest.mark.sqlite
def test_a_database_on_a_network_disk_is_a_warning(home, monkeypatch):
    kinds = {line.split()[2] for line in Path('/proc/mounts').read_text().splitlines()}
    monkeypatch.setattr(checks, '_NETWORK', kinds)
    found, = checks.file_system()
    assert found.state == 'warning' and 'where machines cannot share an SQLite database' in found.text
    monkeypatch.setattr(checks, '_NETWORK', set())
    assert not list(checks.file_system())
