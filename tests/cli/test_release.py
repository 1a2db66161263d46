"""The commands for releases."""

import json

import pytest

from awlike import config, context
from awlike.errors import NotAllowed


@pytest.fixture(autouse=True)
def in_project(night, monkeypatch):
    """The project TEST is that of the settings."""
    monkeypatch.setenv('AWLIKE_PROJECT', 'TEST')
    config.settings.cache_clear()


def test_a_release_is_made_shown_compared_and_delivered(awe, tmp_path):
    assert awe('release', 'list')[1].strip() == 'no releases'
    status, out, _ = awe('release', 'make', 'DR1', 'RawBiasFrame.select_all()', '--comment', 'the first')
    assert status == 0 and out.startswith('release DR1, ') and 'the first' in out and 'RawBiasFrame' in out
    status, _, said = awe('release', 'make', 'DR1', 'RawBiasFrame.select_all()')
    assert status != 0 and 'stays what it is' in said
    assert awe('release', 'make', 'DR2', "RawBiasFrame.release == 'DR1'", '--json')[0] == 0
    status, out, _ = awe('release', 'list')
    assert status == 0 and out.startswith('DR1: ') and '\nDR2: ' in out and 'the first' in out
    told = json.loads(awe('release', 'show', 'DR1', '--json')[1])
    assert told['kinds'] == {'RawBiasFrame': told['number']} and told['user'] == 'ada'
    status, out, _ = awe('release', 'compare', 'DR1', 'DR2')
    assert status == 0 and f'RawBiasFrame: {told["number"]} the same' in out
    assert json.loads(awe('release', 'compare', 'DR1', 'DR2', '--json')[1])['kinds'][0]['differ'] == 0
    status, out, _ = awe('release', 'deliver', 'DR1', '--into', tmp_path / 'DR1')
    assert status == 0 and (tmp_path / 'DR1/SHA256SUMS').is_file()
    status, _, said = awe('release', 'show', 'DR3')
    assert status != 0 and "no release 'DR3'" in said and 'awe release list' in said


def test_privileges_of_a_release(awe):
    assert awe('release', 'make', 'DR1', 'RawBiasFrame.select_all()', '--privileges', '2')[0] == 0
    context.set_project('TEST')
    with pytest.raises(NotAllowed):
        context.delete(context.release('DR1'))
