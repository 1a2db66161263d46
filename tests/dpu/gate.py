"""A recipe of a user's own whose products wait at a gate, so that a test can look, cancel or kill in the middle."""

import itertools
import os
import signal
import time
from pathlib import Path

RECIPE = '''
"""Something that takes its time."""
import os
import time
from pathlib import Path
from awlike.frames.bias import BiasFrame
from awlike.persist.dbobject import Input
from awlike.products.calibration import CalibrationFrame
from awlike.frames.raw import RawBiasFrame
from awlike.tasks.task import Task

GATE = Path({folder!r})


class {name}Map(CalibrationFrame):
    """A map that is made when the gate is open."""

    bias = Input(BiasFrame, 'what it is made from')

    @staticmethod
    def make(inputs, params):
        (GATE / 'begun').write_text(str(os.getpid()))
        while not (GATE / 'open').exists():
            time.sleep(0.02)
        return {{'data': inputs.bias.data + 1}}


class {name}Task(Task):
    """Make a map when the gate is open."""

    target = {name}Map

    def requests(self):
        return self.one_for_each_night(self.raw_frames(RawBiasFrame), from_them=False)
'''


class Gate:
    """A recipe in the home `home`, of the name `step`, and its gate, which is closed."""

    _numbers = itertools.count(1)  # a process knows one persistent class of a name

    def __init__(self, home: Path):
        self.step = f'Gated{next(self._numbers)}'
        self._folder = home / 'gate'
        self._folder.mkdir()
        self.recipe = home / 'recipes' / 'gated.py'
        self.recipe.parent.mkdir()
        self.recipe.write_text(RECIPE.format(folder=str(self._folder), name=self.step))

    def open(self) -> None:
        (self._folder / 'open').touch()

    def close(self) -> None:
        for name in ('open', 'begun'):
            (self._folder / name).unlink(missing_ok=True)

    def begun(self, still=lambda: True) -> int:
        """Wait until the making has begun; return the process that makes it."""
        until = time.monotonic() + 120
        while time.monotonic() < until:
            text = (self._folder / 'begun').read_text() if (self._folder / 'begun').exists() else ''
            if text:
                return int(text)
            assert still()
            time.sleep(0.02)
        raise AssertionError('nobody came to the gate')

    def kill_who_waits(self) -> None:
        """SIGKILL to the process that waits at the gate."""
        pid = self.begun()
        (self._folder / 'begun').unlink()
        os.kill(pid, signal.SIGKILL)


def until(condition, seconds=60):
    """Wait until `condition()` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'it did not come'
        time.sleep(0.05)
