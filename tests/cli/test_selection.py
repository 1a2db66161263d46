"""The commands for selections, and runs of what they select."""

import json

import pytest

from awlike import RawScienceFrame, config, context
from tests.context.test_selections import BATCH


@pytest.fixture(autouse=True)
def in_project(night, monkeypatch):
    """The project TEST is that of the settings."""
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    config.settings.cache_clear()


def test_selections_are_saved_shown_exported_and_removed(awe, night, tmp_path):
    status, out, _ = awe('selection', 'create', 'GOOD', 'RawScienceFrame.EXPTIME > 0')
    assert status == 0 and out.startswith('selection GOOD of RawScienceFrame, saved by ada')
    context.set_project('TEST')
    names = [one.filename for one in context.selection('GOOD').members()]
    assert awe('selection', 'create', 'R', "selection('GOOD') & (RawScienceFrame.filter.name == 'r_SDSS')")[0] == 0
    status, out, _ = awe('selection', 'list')
    assert status == 0 and out.startswith('2 selections in TEST') and 'RawScienceFrame.EXPTIME > 0' in out
    assert [one['name'] for one in json.loads(awe('selection', 'list', '--json')[1])] == ['GOOD', 'R']
    status, out, _ = awe('selection', 'show', 'GOOD')
    assert status == 0 and all(name in out for name in names)
    told = json.loads(awe('selection', 'show', 'GOOD', '--json')[1])
    assert told['members'] == names and told['uses'] == [] and len(told['history']) == 1
    assert json.loads(awe('selection', 'show', 'GOOD', '--json', '--at', '2001-01-01')[1])['members'] == []
    assert awe('selection', 'export', 'GOOD')[1].splitlines() == names
    assert awe('selection', 'export', 'GOOD', tmp_path / 'x.csv')[1].strip() == str(tmp_path / 'x.csv')
    assert (tmp_path / 'x.csv').read_text().startswith('filename,object_id')
    status, _, said = awe('selection', 'remove', 'GOOD')
    assert status != 0 and 'the rules of R refer to GOOD' in said
    assert awe('selection', 'remove', 'R')[0] == 0 == awe('selection', 'remove', 'GOOD')[0]
    status, _, said = awe('selection', 'show', 'GOOD')
    assert status != 0 and "has no selection 'GOOD'" in said and 'awe selection list' in said


def test_a_batch_is_imported(awe, night, tmp_path):
    (tmp_path / 'fields.xml').write_text(BATCH)
    status, out, _ = awe('selection', 'import', tmp_path / 'fields.xml')
    assert status == 0 and out == '2 selections saved: D1, D 2\n'
    (tmp_path / 'fields.xml').write_text(BATCH.replace('<batch>', '<!DOCTYPE x><batch>'))
    status, _, said = awe('selection', 'import', tmp_path / 'fields.xml')
    assert status == 2 and 'document type' in said


def test_a_rule_is_no_code(awe, night):
    status, _, said = awe('selection', 'create', 'X', '__import__("os").system("true")')
    assert status != 0 and 'says no condition' in said


def test_a_run_works_on_a_selection(awe, night):
    raw = RawScienceFrame.select_all()[0]
    context.select('ONE', RawScienceFrame.filename == raw.filename)
    status, out, _ = awe('plan', 'Reduce', '--selection', 'ONE')
    assert status == 0 and 'of selection ONE' in out and ': 1 target' in out
    status, _, said = awe('plan', 'Reduce')
    assert status == 2 and '--instrument NAME, or --frame or --selection' in said
