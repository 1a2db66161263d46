"""The time of compiling kernels is no cost of a product, and the first run says what it waits for."""

import sys
import time
from types import SimpleNamespace

import pytest
from numba.core.event import trigger_event

from awlike import compile_cost, compiled
from awlike.frames.bias import BiasFrame
from awlike.recipes.bias import BiasTask

DATA = {'dispatcher': SimpleNamespace(py_func=SimpleNamespace(__module__='awlike.pixels.kernels.combine'))}


def compiling(seconds):
    """Do as numba does while it compiles a kernel that calls another function."""
    with trigger_event('numba:compile', data=DATA):
        time.sleep(seconds / 2)
        with trigger_event('numba:compile', data=DATA):
            time.sleep(seconds / 2)


def test_nested_functions_are_counted_once():
    before = compile_cost.seconds()
    compiling(0.2)
    assert compile_cost.seconds() - before == pytest.approx(0.2, abs=0.1)


def test_a_product_costs_what_its_making_takes_without_compiling(night, monkeypatch):
    make = BiasFrame.make

    def first_run(inputs, params):
        compiling(30 * 0.1)
        return make(inputs, params)

    monkeypatch.setattr(BiasFrame, 'make', staticmethod(first_run))
    started = time.perf_counter()
    task = BiasTask('OMEGACAM')
    task.execute()
    bias, = task.products
    assert 0 < bias.seconds <= time.perf_counter() - started - 3.0


def test_the_message_is_told_once_and_tells_how_long(monkeypatch, capsys):
    monkeypatch.setattr(sys.stderr, 'isatty', lambda: True, raising=False)
    watcher = compiled._Watcher()
    for _ in range(2):
        watcher.on_start(SimpleNamespace(data=DATA))
        watcher.on_end(SimpleNamespace(data=DATA))
    told = capsys.readouterr().err
    assert told.count('\n') == 1 and 'once on this machine' in told and 'a minute' in told
