"""What another process takes: processor time, memory and space on disk."""

import os
import subprocess
import threading
from pathlib import Path
from typing import NamedTuple


class Taken(NamedTuple):
    """What a process took."""

    seconds: float  # of all processors
    megabytes: float  # of memory, at most
    disk: float  # MB of files in its folder, at most, beyond those that were there


def measured(command, folder):
    """Run a command in a folder; an error of it is one here."""
    before, most, ended = _size(folder), [0.0], threading.Event()

    def watch():
        while not ended.wait(0.2):
            most[0] = max(most[0], _size(folder) - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    ended.set()
    watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Taken(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, max(most[0], _size(folder) - before) / 1e6)


def _size(folder):
    total = 0
    for path in Path(folder).iterdir():
        try:
            total += path.stat().st_blocks * 512
        except OSError:  # it is gone meanwhile
            continue
    return total
