"""Digests of code that are kept on disk: valid for the code as it is, and for no other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import awlike
from awlike.frames.bias import BiasFrame
from awlike.products import code_digest as computing
from awlike.products import kept_digests

SCRIPT = 'from awlike import BiasFrame; from awlike.products.code_digest import code_digest; print(code_digest(BiasFrame))'


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.setattr(kept_digests, '_FILE', tmp_path / 'kept' / 'code_digests.json')
    return kept_digests._FILE


@pytest.fixture
def digest(file, monkeypatch):
    """Compute a digest as a new process does; gives the digest, and whether the code was walked."""
    walked = []
    reached = computing._reached
    monkeypatch.setattr(computing, '_reached', lambda *arguments: walked.append(True) or reached(*arguments))

    def digest(cls=BiasFrame):
        walked.clear()
        return computing.code_digest.__wrapped__(cls), bool(walked)

    return digest


def test_a_digest_is_computed_once_for_all_processes(digest):
    first, walked = digest()
    assert walked and digest() == (first, False)


@pytest.mark.parametrize('change', [
    lambda patch, file: patch.setattr(kept_digests, '_key', lambda: 'of another text'),
    lambda patch, file: patch.setattr(kept_digests, '_origin', lambda package: f'/elsewhere/{package}.py'),
    lambda patch, file: patch.setattr(kept_digests, '_loaded', []),
    lambda patch, file: file.write_text(file.read_text()[:-5]),
    lambda patch, file: file.write_text('[]'),
    lambda patch, file: file.write_text(file.read_text().replace('"libraries"', '"lib"')),
    lambda patch, file: file.unlink()], ids=['text', 'library', 'edited', 'cut', 'other', 'incomplete', 'gone'])
def test_what_is_kept_for_anything_else_does_not_count(digest, file, monkeypatch, change):
    first, _ = digest()
    change(monkeypatch, file)
    assert digest() == (first, True)


def test_nothing_is_kept_after_a_module_changed_on_disk(digest, file, monkeypatch):
    monkeypatch.setattr(kept_digests, '_loaded', [])
    digest()
    assert not file.exists()


def test_where_nothing_can_be_written_digests_are_computed(digest, file):
    file.parent.write_text('a file in place of the folder')
    first, _ = digest()
    assert digest() == (first, True)


def test_a_make_or_parameters_of_a_user_s_own_are_not_kept(digest, file, monkeypatch):
    digest()
    before = file.read_bytes()
    monkeypatch.setattr(BiasFrame, 'make', staticmethod(lambda inputs, params: {}))
    assert digest()[1] and file.read_bytes() == before
    monkeypatch.undo()


@pytest.mark.slow
def test_code_that_changes_has_another_digest_in_the_next_process(tmp_path):
    """A copy of the package, run, changed, run again."""
    package = tmp_path / 'awlike'
    shutil.copytree(Path(awlike.__path__[0]), package, ignore=shutil.ignore_patterns('code_digests*'))
    environment = {name: value for name, value in os.environ.items() if name != 'PYTHONPYCACHEPREFIX'}
    environment['PYTHONPATH'] = str(tmp_path)

    def run():
        done = subprocess.run([sys.executable, '-c', SCRIPT], capture_output=True, text=True, check=True, env=environment,
                              cwd=tmp_path)
        return done.stdout.strip()

    first = run()
    assert run() == first and list(package.rglob('code_digests*.json'))
    module = package / 'pixels' / 'combine.py'
    module.write_text(module.read_text().replace('def combine_clipped(', 'def combine_clipped(another=0, *, '))
    assert run() != first
