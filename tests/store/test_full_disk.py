"""A full disk is told with the place and the next step, and nothing half done stays."""

import errno
import resource
import signal
import tempfile

import numpy as np
import pytest

from awlike.database import engine
from awlike.errors import StoreError
from awlike.fits.images import _spooled
from awlike.ingest import ingest
from awlike.placing import place
from awlike.products.raw import RawFits
from awlike.store import server


@pytest.fixture
def small_files(monkeypatch):
    """No file may grow beyond so many bytes, as on a full disk."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_file_for_a_person(tmp_path, small_files):
    small_files(1000)
    with pytest.raises(StoreError, match='x.fits cannot be written: File too large; nothing of it is kept. Make space in'):
        place(tmp_path / 'x.fits', lambda path: path.write_bytes(bytes(2000)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_raw_file(project, write, monkeypatch):
    path = write()

    def full(*arguments):
        raise OSError(errno.ENOSPC, 'No space left on device')

    monkeypatch.setattr(type(server()), '_put', full)
    report = ingest(path)
    assert not report.ingested and 'Make space, as by context.purge(query), and try again' in report.refused[0][1]
    assert not len(RawFits.select_all()) and not [file for file in server().folder.rglob('*') if file.is_file()]


def test_a_temporary_copy(tmp_path, monkeypatch, small_files):
    monkeypatch.setattr(tempfile, 'tempdir', str(tmp_path))
    small_files(1000)
    with pytest.raises(StoreError, match=f'cannot be written in {tmp_path}: File too large. Make space there, or set TMPDIR'):
        _spooled(np.zeros((100, 100)))
    assert list(tmp_path.iterdir()) == []


def test_a_server_of_databases():
    class Failure:
        class original_exception(Exception):
            sqlstate = '53100'

        class engine:
            url = 'postgresql://ada:secret@host/a'

    with pytest.raises(StoreError, match='postgresql://ada:.*@host/a cannot grow, the disk of its server is full') as caught:
        Failure.original_exception = Failure.original_exception()
        engine._unreached(Failure)
    assert 'secret' not in str(caught.value)
