"""The command doctor: check that awlike has what it needs, and say what to mend."""

import collections
import sys
from collections.abc import Iterator

import typer

from awlike.cli.checks import (
    PROBLEM,
    WARNING,
    CheckResult,
    clock,
    configuration,
    file_system,
    home,
    kernels,
    notices,
    own_files,
    store,
    versions,
)
from awlike.cli.database_checks import database
from awlike.cli.options import JsonOption, command, write_json
from awlike.spelling import counted
from awlike.terminal import say

_CHECKS = (versions, kernels, configuration, home, database, file_system, store, clock, own_files, notices)


def add_to(app: typer.Typer) -> None:
    """Add this command to `app`."""
    command(app, 'Keeping in order', 'awe doctor', 'awe doctor --json')(doctor)


def doctor(as_json: JsonOption = False) -> None:
    """Check that all is well, and say what to mend.

    The command checks versions, settings, database, data server, clock, and your own cameras and recipes. It changes
    nothing; when the data server is behind a URL, it writes a small file there, reads and removes it. The exit status is 1
    when there is a problem. To compare the database with the files, use awe fsck.
    """
    found = list(_findings())
    if as_json:
        write_json([vars(result) for result in found])
    else:
        say(*found, sep='\n')
        say(_summary(found))
    if any(result.state == PROBLEM for result in found):
        sys.exit(1)


def _findings() -> Iterator[CheckResult]:
    for check in _CHECKS:
        try:
            results = list(check())
        except Exception as error:  # the other checks go on
            results = [CheckResult(check.__name__, PROBLEM, f'{type(error).__name__}: {error}')]
        yield from results
        if check is configuration and any(result.state == PROBLEM for result in results):
            return  # the other checks need the settings


def _summary(found: list[CheckResult]) -> str:
    numbers = collections.Counter(result.state for result in found)
    counts = [counted(numbers[state], state) for state in (PROBLEM, WARNING) if numbers[state]]
    return ', '.join(counts) or 'all is well'
