"""Which files of a folder have settled: their size and their time of change stay as they are."""

import time
from collections.abc import Collection, Iterator
from pathlib import Path

from awlike.fits.finding import fits_files
from awlike.ingest.arrivals import name_of, state_of

State = tuple[int | None, int | None]


class Settling:
    """The files of a folder that are not known yet.

    Parameters
    ----------
    folder : Path
        The folder, which is searched at any depth.
    settle : float
        The seconds for which size and time of change must stay the same.
    """

    def __init__(self, folder: Path, settle: float) -> None:
        self._folder, self._settle = folder, settle
        self._since: dict[str, tuple[State, float]] = {}

    def __len__(self) -> int:
        return len(self._since)

    def settled(self, known: Collection[tuple[str, int | None, int | None]]) -> Iterator[Path]:
        """Yield the files that have settled, in the order of their names.

        Parameters
        ----------
        known : set of (path, size, time of change)
            The files to leave out.

        Raises
        ------
        HeaderError
            When there is no such folder.
        """
        now, waiting, ready = time.monotonic(), {}, []
        for path in fits_files(self._folder):
            state, name = state_of(path), name_of(path)
            if state[0] is None or (name, *state) in known:
                continue
            before, since = self._since.get(name, (None, now))
            waiting[name] = state, since if before == state else now
            if before == state and now - since >= self._settle:
                ready.append(path)
        self._since = waiting
        for path in ready:
            name = name_of(path)
            if state_of(path) == waiting[name][0]:  # it takes time until it is its turn
                yield path
                self._since.pop(name, None)  # not where it could not be taken: then it is ready at the next look
