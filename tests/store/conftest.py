"""Data servers of each kind."""

import itertools

import pytest

from awlike.store import filesystem
from awlike.store.cache import Cache
from awlike.store.folder import FolderServer
from awlike.store.remote import RemoteServer
from tests.store.s3 import Line, moto, s3_server

_numbers = itertools.count()


@pytest.fixture(scope='session')
def s3():
    """The URL of an S3 server."""
    with moto() as url:
        yield url


@pytest.fixture
def at_once(monkeypatch):
    """What failed is tried again without a pause, and by us alone."""
    s3fs = pytest.importorskip('s3fs')
    monkeypatch.setattr(s3fs.S3FileSystem, 'retries', 1)
    monkeypatch.setattr(filesystem, 'PAUSES', (0.0,) * 3)


@pytest.fixture
def line(s3, at_once):
    """A line to the S3 server, which can be made bad."""
    line = Line(s3)
    yield line
    line.close()


@pytest.fixture(params=['folder', 'local', 'memory', 's3'])
def store(request, tmp_path, at_once):
    """A data server of each kind, empty."""
    if request.param == 'folder':
        return FolderServer(tmp_path / 'files')
    if request.param == 's3':
        return s3_server(request.getfixturevalue('s3'), tmp_path / 'cache')
    url = f'memory://store{next(_numbers)}' if request.param == 'memory' else f'local://{tmp_path}/theirs'
    return RemoteServer(url, {}, Cache(tmp_path / 'cache', 1 << 30))
