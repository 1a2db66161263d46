"""Is everything as awlike needs it, and if not, what to do."""

import collections
import sys

from awlike.cli.checks import (
    PROBLEM,
    WARNING,
    CheckResult,
    clock,
    configuration,
    file_system,
    home,
    kernels,
    own_files,
    store,
    versions,
)
from awlike.cli.database_checks import database
from awlike.cli.options import JsonOption, command, write_json

_CHECKS = (versions, kernels, configuration, home, database, file_system, store, clock, own_files)


def add_to(app) -> None:
    """Add this command to `app`."""
    command(app, 'Keeping in order', 'awe doctor', 'awe doctor --json')(doctor)


def doctor(as_json: JsonOption = False):
    """Check that all is well, and say what to mend.

    Versions, settings, database, data server, clock, cameras and recipes of your own. Nothing is made or changed; only
    where files are behind a URL, a small one is written there, read and removed. The exit status is 1 when there is a
    problem. To compare the database with the files, use awe fsck.
    """
    found = list(_findings())
    if as_json:
        write_json([vars(one) for one in found])
    else:
        sys.stdout.writelines(f'{one}\n' for one in found)
        print(_summary(found))
    if any(one.state == PROBLEM for one in found):
        sys.exit(1)


def _findings():
    for check in _CHECKS:
        try:
            results = list(check())
        except Exception as error:  # the other checks go on
            results = [CheckResult(check.__name__, PROBLEM, f'{type(error).__name__}: {error}')]
        yield from results
        if check is configuration and any(one.state == PROBLEM for one in results):
            return  # nothing below can be found without settings


def _summary(found):
    numbers = collections.Counter(one.state for one in found)
    return ', '.join(f'{numbers[state]} {state}{"s" * (numbers[state] > 1)}' for state in (PROBLEM, WARNING) if numbers[state]) \
        or 'all is well'
