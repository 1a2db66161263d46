"""A folder of described cameras."""

import pytest


@pytest.fixture
def folder(home):
    """The user's folder of described cameras, empty."""
    path = home / 'instruments'
    path.mkdir()
    return path
