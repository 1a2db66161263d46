"""The command `awe`, run in this process or in one of its own."""

import subprocess
import sys

import pytest

from awlike import context
from awlike.cli import main
from tests.measured import field, measured, measured_home  # noqa: F401
from tests.tap import archive  # noqa: F401


@pytest.fixture
def awe(home, monkeypatch, capsys, caplog):
    """Run `awe` with arguments; return exit status, standard output, and standard error with the log."""

    def awe(*words):
        monkeypatch.setattr(sys, 'argv', ['awe', *map(str, words)])
        monkeypatch.setattr(sys, 'path', [*sys.path])
        capsys.readouterr()
        caplog.clear()
        with pytest.raises(SystemExit) as end:
            main()
        context.reset()
        printed = capsys.readouterr()
        return end.value.code or 0, printed.out, printed.err + caplog.text

    return awe


def process(*words, **options):
    """Run `awe` as a process of its own."""
    command = [sys.executable, '-c', 'from awlike.cli import main; main()', *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, **options)
