"""An IPython set up as the prompt is."""

import sys

import pytest
from IPython.terminal.interactiveshell import TerminalInteractiveShell

from awlike.names import at_the_prompt
from awlike.prompt.shell import configuration, load_ipython_extension


@pytest.fixture
def shell(home, monkeypatch):
    """An IPython set up as the prompt is."""
    config = configuration()
    config.HistoryManager.enabled = False
    config.TerminalInteractiveShell.colors = 'nocolor'
    before = sys.displayhook, sys.excepthook
    shell = TerminalInteractiveShell(config=config, user_ns=at_the_prompt())
    load_ipython_extension(shell)
    yield shell
    sys.displayhook, sys.excepthook = before
