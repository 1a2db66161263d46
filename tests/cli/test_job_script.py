"""Runs written out as scripts: what the script says, and what it does not say."""

import os
import subprocess

import pytest

from awlike.cli.job_script import _without_script, write


def test_a_script_says_all_that_a_run_needs_and_no_password(home, tmp_path, monkeypatch):
    monkeypatch.setenv('AWLIKE_PROJECT', "it's mine")
    monkeypatch.setenv('AWLIKE_DATABASE', 'postgresql://ada:sesame@host/db')
    path = write(tmp_path / 'job.sh', ['run', 'Reduce>SourceList', '--object', "a 'b' $(touch x)", '--commit', '--script', 'x'])
    text = path.read_text()
    assert 'sesame' not in text and 'AWLIKE_DATABASE:?' in text and f'cd {home}' in text and os.access(path, os.X_OK)
    assert text.startswith('#!/bin/sh\n') and text.splitlines()[-1].startswith('exec ') and '--script' not in text
    shown = text.replace('exec ', 'printf "%s\\n" ')
    there = {'AWLIKE_DATABASE': 'x', 'PATH': '/usr/bin:/bin'}
    done = subprocess.run(['sh', '-c', shown], capture_output=True, text=True, env=there)
    assert done.stdout.splitlines()[3:] == ['run', 'Reduce>SourceList', '--object', "a 'b' $(touch x)", '--commit']
    refused = subprocess.run(['sh', path], capture_output=True, text=True, env={'PATH': '/usr/bin:/bin'})
    assert refused.returncode != 0 and 'it has a password' in refused.stderr


@pytest.mark.parametrize(('words', 'kept'), [
    (['run', '--script', 'a', 'b'], ['run', 'b']), (['run', '--script=a', 'b'], ['run', 'b']), (['run', 'b'], ['run', 'b'])])
def test_the_option_itself_is_left_out(words, kept):
    assert _without_script(words) == kept


def test_a_script_is_written_and_nothing_is_run(awe, night, tmp_path):
    status, _, said = awe('run', 'Reduce', '--instrument', 'OMEGACAM', '--project', 'TEST', '--script', tmp_path / 'x.sh')
    assert status == 2 and 'give --commit as well' in said
    status, out, _ = awe('run', 'Reduce', '--instrument', 'OMEGACAM', '--project', 'TEST', '--commit', '--script',
                         tmp_path / 'x.sh')
    assert status == 0 and out.strip() == str(tmp_path / 'x.sh') and '-m awlike run Reduce' in (tmp_path / 'x.sh').read_text()
