"""awe config: the settings in force, and the file of them."""

import json

import pytest

from awlike.config import Settings, settings, template


@pytest.mark.sqlite
def test_each_setting_is_shown_with_where_it_comes_from(awe, home, monkeypatch):
    (home / 'awlike.toml').write_text('database = "postgresql://ada:secret@host/db"\n')
    settings.cache_clear()
    status, out, said = awe('config')
    assert status == 0 and said == '' and 'secret' not in out
    assert 'database          = postgresql://ada:***@host/db' in out and f'from {home}/awlike.toml' in out
    assert 'from the environment, AWLIKE_HOME' in out and 'from the default; AWLIKE_PROJECT changes it' in out
    told = json.loads(awe('config', '--json')[1])
    assert {one['setting']: one['origin'] for one in told['settings']} == {
        'home': 'AWLIKE_HOME', 'database': f'{home}/awlike.toml', 'store': 'default', 'store_options': 'default',
        'cache': 'default', 'cache_size': 'default', 'largest_unpacked': 'default', 'project': 'default',
        'privileges': 'default', 'user': 'AWLIKE_USER', 'calibration_level': 'default', 'dpu': 'default',
        'dpu_workers': 'default', 'sources': 'default', 'grade_rule': 'default', 'inputs_dir': 'default',
        'notice_command': 'default', 'notice_webhook': 'default', 'notice_mail': 'default', 'notice_smtp': 'default',
        'notice_sender': 'default'}
    assert all(one['about'] == Settings.model_fields[one['setting']].description for one in told['settings'])


def test_options_of_the_store_are_not_shown(awe, home, monkeypatch):
    monkeypatch.setenv('AWLIKE_STORE', 'sftp://ada:secret@host/awlike')
    monkeypatch.setenv('AWLIKE_STORE_OPTIONS', json.dumps({
        'key': 'secret', 'endpoint_url': 'http://host', 'anon': False, 'client_kwargs': {'aws_session_token': 'secret'}}))
    settings.cache_clear()
    for words in (['config'], ['config', '--json']):
        out = awe(*words)[1]
        assert 'secret' not in out and 'sftp://ada:***@host/awlike' in out and 'http://host' in out


def test_it_makes_nothing(awe, home):
    assert awe('config')[0] == 0 and awe('doctor')[0] == 0
    assert not list(home.iterdir())


def test_init_writes_the_file_once(awe, home):
    status, out, _ = awe('config', '--init')
    assert status == 0 and (home / 'awlike.toml').read_text() == template() and str(home / 'awlike.toml') in out
    (home / 'awlike.toml').write_text('project = "MINE"')
    status, _, said = awe('config', '--init')
    assert status == 2 and 'exists and stays as it is' in said and (home / 'awlike.toml').read_text() == 'project = "MINE"'


def test_what_has_no_meaning_is_status_2(awe, home):
    (home / 'awlike.toml').write_text('privilege = 3')
    settings.cache_clear()
    status, _, said = awe('project', 'list')
    assert status == 2 and "there is no setting 'privilege' (did you mean privileges?)" in said


def test_the_project_and_level_of_the_file_are_worked_in(awe, home, write):
    awe('project', 'create', 'NIGHT')
    (home / 'awlike.toml').write_text('project = "NIGHT"\nprivileges = 4')
    settings.cache_clear()
    assert awe('ingest', write())[0] == 0
    assert awe('list', 'RawScienceFrame', '--project', 'NIGHT')[2] == '1 RawScienceFrame\n'
    from awlike import RawFrame
    assert RawFrame.select_all()[0].privileges == 4


@pytest.mark.sqlite
def test_a_home_that_cannot_be_made_is_named_with_the_remedy(awe, home, monkeypatch):
    (home / 'file').write_text('')
    monkeypatch.setenv('AWLIKE_HOME', str(home / 'file'))
    settings.cache_clear()
    for words in (['list'], ['config', '--init']):
        status, out, said = awe(*words)
        assert (status, out) == (2, '') and f'the folder {home}/file cannot be made (File exists)' in said, words
