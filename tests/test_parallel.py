"""Work in threads, a little ahead."""

import threading

import pytest

from awlike.parallel import ahead


def test_results_come_in_order_and_items_are_taken_by_the_caller():
    caller, takers, workers = threading.get_ident(), set(), set()

    def items():
        for number in range(50):
            takers.add(threading.get_ident())
            yield number

    def work(number):
        workers.add(threading.get_ident())
        return number * number

    with ahead(work, items(), 4) as results:
        assert [(item, future.result()) for item, future in results] == [(n, n * n) for n in range(50)]
    assert takers == {caller} and caller not in workers


def test_no_more_than_twice_as_many_are_ahead():
    taken = []
    with ahead(lambda item: item, iter(lambda: taken.append(1), 0), 3) as results:
        for number, _ in zip(range(5), results, strict=False):
            assert len(taken) <= 6 + number + 1


def test_who_leaves_early_waits_only_for_what_has_begun():
    begun, go = [], threading.Event()

    def work(item):
        begun.append(item)
        go.wait(10)

    with pytest.raises(KeyboardInterrupt), ahead(work, range(100), 2) as results:
        next(results)
        go.set()
        raise KeyboardInterrupt
    assert len(begun) <= 6
