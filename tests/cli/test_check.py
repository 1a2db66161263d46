"""awe check: exit status, text and JSON."""

import json

import pytest

from awlike.frames.raw import RawBiasFrame
from tests import paper
from tests.calibrations.test_check import NIGHT, biases, domes, science


def test_the_status_is_0_where_all_is_ok(awe, project):
    science(), biases(), domes()
    status, out, error = awe('check', NIGHT, '--instrument', 'OMEGACAM')
    assert (status, error) == (0, '') and out.endswith('\nall is OK\n')
    assert awe('check', '2012-05-30') == (
        0, 'the nearest night with science frames is 2012-05-31\nno science frames of 2012-05-30: nothing is needed\n', '')


def test_the_status_is_1_where_something_is_not(awe, project):
    science(), biases(), domes(number=2)
    status, out, error = awe('check', NIGHT)
    assert (status, error) == (1, '') and '-> take 1 more RawDomeFlatFrame r_SDSS' in out


def test_json_is_all_that_is_printed(awe, project):
    science(), biases(number=1), domes()
    status, out, _ = awe('check', NIGHT, '--json')
    found = json.loads(out)
    assert status == 1 and not found['ok'] and found['science_frames'] == 1
    assert {row['state']: row['raw_kinds'] for row in found['rows']} == {
        'FEW': [RawBiasFrame.__name__], 'OK': ['RawDomeFlatFrame']}


@pytest.mark.parametrize('words, said', [
    (('check', 'tonight'), 'a night is the date of the noon before it'), (('check',), "Missing argument 'NIGHT'"),
    (('check', NIGHT, '--instrument', 'OMEGA'), 'did you mean OMEGACAM')])
def test_wrong_use_has_status_2(awe, project, words, said):
    paper.chip()
    status, out, error = awe(*words)
    assert (status, out) == (2, '') and said in error


@pytest.mark.parametrize('command', ['check', 'suspects'])
def test_an_option_names_the_project(awe, project, command, monkeypatch):
    science(), biases(), domes()
    asked = []
    monkeypatch.setattr('awlike.cli.night.set_project', lambda *project: asked.append(project))
    assert awe(command, NIGHT)[0] == 0 and not asked
    assert awe(command, NIGHT, '--project', project.name)[0] == 0 and asked == [(project.name, None)]
    monkeypatch.undo()
    status, _, error = awe(command, NIGHT, '--project', 'NOWHERE')
    assert status == 2 and 'NOWHERE' in error
