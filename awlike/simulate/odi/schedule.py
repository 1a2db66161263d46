"""The exposures of a simulated night at ODI."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FILTER = 'odi_i'
OBSTYPES = {'bias': 'BIAS', 'dark': 'DARK', 'domeflat': 'DFLAT', 'science': 'OBJECT'}
BLOCKS = (  # folder, kind, start, exposure times [s]
    ('bias', 'bias', datetime(2013, 1, 1, 23, 0), (0.0,) * 5),
    ('dark', 'dark', datetime(2013, 1, 1, 23, 10), (300.0,) * 3),
    ('flat', 'domeflat', datetime(2013, 1, 2, 0, 0), (8.0,) * 5),
    ('science', 'science', datetime(2013, 1, 2, 4, 0), (120.0,) * 3),
)
RAMP = ('ramp', 'domeflat', datetime(2013, 1, 2, 1, 0), (0.5, 1.0, 2.0, 4.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 24.0))
READ = 25.0  # s, between exposures
ROTATION = 35.0  # deg, by which the rotator turns from one science exposure to the next
EPOCH = 2013.005  # year


@dataclass(frozen=True)
class Exposure:
    """An exposure of the schedule."""

    index: int  # in the night
    folder: str
    kind: str
    number: int  # in its block, from 0
    start: datetime  # UTC
    seconds: float
    rotator: float  # deg

    @property
    def obsid(self) -> str:
        """The name of the exposure."""
        return f'{self.start:%Y%m%dT%H%M%S}.0'

    @property
    def filter(self) -> str | None:
        """The filter; None for exposures in the dark."""
        return None if self.kind in ('bias', 'dark') else FILTER


def schedule(ramp: bool = False) -> list[Exposure]:
    """Return the exposures of the night in order of time; with `ramp` also dome flats of rising exposure times."""
    found: list[Exposure] = []
    for folder, kind, start, times in sorted([*BLOCKS, *([RAMP] if ramp else [])], key=lambda block: block[2]):
        for number, seconds in enumerate(times):
            rotator = -20.0 + ROTATION * number if kind == 'science' else 0.0
            # Streams of random numbers go with the index: it does not depend on whether there is a ramp.
            index = 100 * [*(block[0] for block in BLOCKS), 'ramp'].index(folder) + number
            found.append(Exposure(index, folder, kind, number, start, seconds, rotator))
            start += timedelta(seconds=seconds + READ)
    return found
