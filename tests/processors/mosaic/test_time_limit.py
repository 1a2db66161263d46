"""Work with a limit of time: its result, its errors, and the end of all that it started."""

import sys
from pathlib import Path

import pytest

from awlike.errors import NotFound, ProcessingError
from awlike.processors.mosaic.time_limit import within
from tests.processors.mosaic.work import double, end, fail, start_and_wait


@pytest.fixture(autouse=True)
def importable(monkeypatch):
    """The functions of this module can be imported in another process."""
    monkeypatch.setattr(sys, 'path', [str(Path(__file__).parents[3]), *sys.path])


@pytest.mark.parametrize('seconds', [None, 60])
def test_the_result_is_that_of_the_work(seconds):
    assert within(seconds, double, 21) == 42


@pytest.mark.parametrize('seconds', [None, 60])
def test_an_error_of_the_work_arrives(seconds):
    with pytest.raises(NotFound, match='no such thing'):
        within(seconds, fail, 'no such thing')


def test_a_process_that_ends_by_itself_is_told():
    with pytest.raises(ProcessingError, match='status 7'):
        within(60, end)


def test_when_the_time_is_up_nothing_of_it_runs_on(tmp_path):
    with pytest.raises(ProcessingError, match='the time is up: 4 seconds'):
        within(4, start_and_wait, tmp_path / 'note')
    first, second, folder = (tmp_path / 'note').read_text().split()
    assert not Path(folder).exists() and not Path(folder).parent.exists()
    for pid in map(int, (first, second)):
        state = Path(f'/proc/{pid}/stat')
        assert not state.exists() or state.read_text().split(')')[1].split()[0] == 'Z', 'a process runs on'
