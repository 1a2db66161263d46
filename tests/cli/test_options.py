"""JSON as every program reads it, and the project that commands work in."""

import datetime
import json
import os
import uuid

import numpy as np
import pytest
import typer.main

import awlike.cli
from awlike.cli.options import _WITHOUT_PROJECT, write_json
from awlike.config import settings
from tests.cli.conftest import process


@pytest.mark.parametrize(('value', 'written'), [
    (float('nan'), None), (float('-inf'), None), (1.5, 1.5), (True, True), (np.float32(0.5), 0.5), (np.int64(3), 3),
    (np.bool_(False), False), (np.array([1.0, np.nan]), [1.0, None]), ((1, 'a'), [1, 'a']),
    ({3: {'x': None}}, {'3': {'x': None}}), (datetime.datetime(2012, 5, 31, 20, 15), '2012-05-31T20:15:00'),
    (datetime.date(2012, 5, 31), '2012-05-31'),
    (uuid.UUID(int=1), '00000000-0000-0000-0000-000000000001'), ('Bj\xf6rk \udcff', 'Bj\xf6rk \udcff')])
def test_a_value_is_strict_json(capsys, value, written):
    write_json([value])
    out = capsys.readouterr().out
    found, = json.loads(out, parse_constant=lambda name: pytest.fail(f'{name} is no JSON'))
    assert found == written and type(found) is type(written) and out.isascii()


@pytest.mark.slow
def test_what_a_terminal_cannot_show_is_no_failure(project):
    name = os.fsencode(project.name) + b'\xff.fits'
    with open(name, 'wb') as file:
        file.write(b'junk')
    done = process('ingest', '--project', 'TEST', name.decode(errors='surrogateescape'),
                   env=os.environ | {'PYTHONIOENCODING': 'ascii:strict'})
    assert done.returncode == 1 and '1 refused' in done.stdout
    assert 'TEST?.fits: refused: ' in done.stderr and 'not a FITS file' in done.stderr
    done = process('plan', 'Bias', '--instrument', 'OMEGACAM', env=os.environ | {'PYTHONIOENCODING': 'ascii:strict'})
    assert 'Traceback' not in done.stderr


# --- a project that does not exist ---

@pytest.fixture
def nope(project, monkeypatch):
    """The settings name a project that does not exist, in a home with project TEST."""
    monkeypatch.setenv('AWLIKE_PROJECT', 'NOPE')
    settings.cache_clear()


COMMANDS = set(typer.main.get_command(awlike.cli.app).commands)


@pytest.mark.slow
@pytest.mark.parametrize('words', [
    ['list'], ['info', 'x'], ['lineage', 'x'], ['check', '2012-05-31'], ['suspects', '2012-05-31'],
    ['plan', 'Bias', '--instrument', 'OMEGACAM'],
    ['run', 'Bias', '--instrument', 'OMEGACAM'], ['ingest', '.'], ['retrieve', 'x'], ['purge', 'BiasFrame'], ['fsck'],
    ['job', 'list'], ['intervention', 'list'], ['selection', 'list'],
    ['release', 'list'], ['night', '2012-05-31'], ['trends', 'bias'],
    ['quality', 'list'], ['watch', '.', '--once'], ['invalidate', 'x', '--reason', 'y'], ['validate', 'x'],
    ['grade', 'x', 'A'], ['web', '--no-browser', '--port', '0'],
    ['export', 'x', 'y.fits'], ['deliver', 'x', '--into', 'y'], ['sources', 'cone', '1', '2', '3'],
    ['previews', 'RawScienceFrame', '--into', 'x']],
    ids=lambda words: words[0])
def test_every_command_in_a_project_refuses_one_that_does_not_exist(awe, nope, words):
    status, out, said = awe(*words)
    assert status == 2 and out == '' and said.startswith('awe: there is no project NOPE, which AWLIKE_PROJECT names')
    assert 'awe project list' in said and words[0] in COMMANDS


def test_every_command_is_on_one_side_or_the_other():
    tested = {words[0] for words in test_every_command_in_a_project_refuses_one_that_does_not_exist.pytestmark[0].args[1]}
    assert tested | (_WITHOUT_PROJECT & COMMANDS) == COMMANDS and not tested & _WITHOUT_PROJECT


def test_other_commands_work_whatever_project_the_settings_name(awe, nope):
    for words in (['project', 'list'], ['config'], ['simulate', 'night', '--shape', '64x64'], ['plan', '--help'],
                  ['list', '--project', 'TEST'], ['project', 'create', 'NOPE'], ['list']):
        status, _, said = awe(*words)
        assert status == 0, f'{words}: {said}'
    assert awe('doctor')[0] == 0


def test_a_misspelt_project_gets_the_near_name(awe, project, monkeypatch):
    monkeypatch.setenv('AWLIKE_PROJECT', 'TESST')
    settings.cache_clear()
    assert '(did you mean TEST?)' in awe('list')[2]
