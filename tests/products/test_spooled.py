"""Images that are computed once."""

import pickle
from functools import partial

import numpy as np

from awlike.products import spooled
from awlike.products.spooled import Spooled


def drawn(calls, shape=(5, 7)):
    calls.append(1)
    return np.arange(shape[0] * shape[1], dtype=np.float32).reshape(shape)


def test_an_image_is_computed_once_and_may_be_changed(home):
    calls = []
    image = Spooled(partial(drawn, calls))
    first = image()
    first[:] = 0
    for _ in range(2):
        again = image()
        assert np.array_equal(again, drawn([])) and again.flags.writeable
        again[:] = -1
    assert len(calls) == 1


def test_a_full_disk_costs_time_alone(home, monkeypatch):
    class Full:
        closed = False

        def write(self, data):
            return len(data)

        def flush(self):
            raise OSError('no space left on device')

        def close(self):
            Full.closed = True

    file = Full()
    monkeypatch.setattr(spooled.tempfile, 'TemporaryFile', lambda **_: file)
    calls = []
    image = Spooled(partial(drawn, calls))
    assert np.array_equal(image(), image()) and len(calls) == 2 and Full.closed


def test_it_goes_to_another_process_without_its_file(home):
    image = Spooled(partial(np.ones, (3, 4), np.float32))
    image()
    assert np.array_equal(pickle.loads(pickle.dumps(image))(), np.ones((3, 4)))
