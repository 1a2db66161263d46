"""Strips of rows, and the threads that work on them."""

import threading

import pytest

from awlike.pixels import strips


@pytest.fixture
def four_cores(monkeypatch):
    monkeypatch.setattr(strips.os, 'sched_getaffinity', lambda pid: {0, 1, 2, 3}, raising=False)


@pytest.mark.parametrize(('share', 'threads'), [('1', 1), ('3', 3), ('64', 4), ('0', 4), ('', 4), ('all', 4)])
def test_no_more_threads_work_than_there_are_cores_for_this_process(four_cores, monkeypatch, share, threads):
    monkeypatch.setenv('OMP_NUM_THREADS', share)
    together, met = threading.Barrier(threads), []

    def work(rows):
        met.append(threading.get_ident())
        together.wait(10)  # as many as may work meet here

    strips.for_strips(12, 1, work, values=1)
    assert len(set(met)) == threads and len(met) == 12


def test_results_come_in_the_order_of_the_rows():
    assert strips.for_strips(10, 100, lambda rows: (rows.start, rows.stop), values=300) == [(0, 3), (3, 6), (6, 9), (9, 10)]


def test_strips_within_strips_end_and_an_error_reaches_the_caller(four_cores):
    """Threads that are shared must not wait for each other, whoever calls from where."""
    def inner(rows):
        return sum(strips.for_strips(8, 1, lambda some: some.start, values=1))

    assert strips.for_strips(40, 1, inner, values=1) == [28] * 40
    begun = []

    def fail(rows):
        begun.append(rows.start)
        raise ValueError('here')

    with pytest.raises(ValueError, match='here'):
        strips.for_strips(1000, 1, fail, values=1)
    assert len(begun) <= 4  # one in each thread
