"""Ingest by real processes: at the same time, and killed in the middle."""

import re
import signal
import subprocess
import sys

import pytest

from awlike import RawBiasFrame, RawDomeFlatFrame, RawFits, RawFrame
from awlike.ingest import ingest
from awlike.store import server

KILLED = '''
import os, signal, sys
from awlike import context, ingest
from awlike.database.sessions import Database
from awlike.store.folder import FolderServer

def kill_at_call(cls, name, number):
    done, calls = getattr(cls, name), []
    def call(*arguments):
        calls.append(arguments)
        if len(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return done(*arguments)
    setattr(cls, name, call)

kill_at_call({cls}, {name!r}, {number})
context.set_project('TEST')
ingest(sys.argv[1:])
'''


@pytest.mark.slow
@pytest.mark.parametrize(('cls', 'name', 'number', 'left'), [
    ('FolderServer', 'take', 2, 'nothing'),
    ('Database', 'insert', 3, 'a file'),  # the second file is stored, nothing of it is in the data base
    ('Database', 'insert', 4, 'a file'),  # its row is written, those of its frames are not
    ('Database', 'adopt', 2, 'all'),  # committed just before
])
def test_a_killed_process_leaves_at_worst_a_file_that_nothing_names(
        project, exposures, stored, cls, name, number, left):
    program = KILLED.format(cls=cls, name=name, number=number)
    killed = subprocess.run([sys.executable, '-c', program, *map(str, exposures)], capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    whole = 2 if left == 'all' else 1
    assert len(RawFits.select_all()) == whole and len(RawFrame.select_all()) == 3 * whole
    named = {server().open_path(file.filename) for file in RawFits.select_all()}
    assert len(set(stored()) - named) == (left == 'a file')
    report = ingest(exposures)
    assert len(report.known) == whole and len(report.ingested) == 3 - whole and not report.refused
    assert len(RawFits.select_all()) == 3 and len(RawFrame.select_all()) == 9
    assert all(frame.data is not None for frame in RawFrame.select_all())


def test_processes_that_ingest_the_same_folder_take_every_file_once(project, night_files, stored):
    awe = [sys.executable, '-c', 'from awlike.cli import main; main()']
    command = [*awe, 'ingest', '--project', 'TEST', str(night_files)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate() for process in running]
    assert [process.returncode for process in running] == [0, 0], outputs
    numbers = [[int(found) for found in re.findall(r'(\d+) (?:files ingested|known already|refused)', out)]
               for out, _ in outputs]
    assert sum(ingested for ingested, *_ in numbers) == 35
    assert all(ingested + known == 35 and not refused for ingested, known, refused in numbers)
    assert len(RawFits.select_all()) == len(RawFrame.select_all()) == len(stored()) == 35
    assert len(RawBiasFrame.select_all()) == len(RawDomeFlatFrame.select_all()) == 10
