"""A folder of described cameras."""

import pytest

from awlike import instruments


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of described cameras, known to awlike during the test alone."""
    monkeypatch.setattr(instruments, '_folders', [])
    path = tmp_path / 'instruments'
    path.mkdir()
    instruments.add_folder(path)
    return path
