"""Setups: do the read-out modes of a frame and of a calibration agree?"""

import uuid
from collections.abc import Iterable, Mapping

from awlike.cameras.windows import WINDOW
from awlike.current import current
from awlike.persist.links import fetch
from awlike.persist.references import Setup
from awlike.pixels.geometry import Section


class Setups:
    """The setups that one plan meets, each read once. None stands for the setup of frames whose headers name none."""

    def __init__(self) -> None:
        self._known: dict[uuid.UUID, Setup] = {}

    def get(self, object_id: uuid.UUID | None) -> Setup | None:
        """Return the setup with this id; None for None."""
        if object_id is None:
            return None
        if object_id not in self._known:
            self._known |= fetch(current().session(), Setup, [object_id])
        return self._known[object_id]

    def agreeing(self, wanted: Setup | None, others: Iterable[uuid.UUID | None]) -> list[uuid.UUID | None]:
        """Return which of `others` differ from `wanted` only in settings that one of the two does not name.

        Their windows hold the window of `wanted`.
        """
        mine, window = _parted(wanted.settings if wanted is not None else {})
        found = []
        for other in others:
            theirs, their_window = _parted(self._values(other))
            if other != (wanted and wanted.object_id) and _holds(their_window, window) and all(
                    theirs.get(name, value) == value for name, value in mine.items()):
                found.append(other)
        return found

    def same(self, wanted: Setup | None, other: uuid.UUID | None) -> bool:
        """Return whether `other` has all settings of `wanted` and a window that holds the window of `wanted`."""
        if other == (wanted and wanted.object_id):
            return True
        mine, window = _parted(wanted.settings if wanted is not None else {})
        theirs, their_window = _parted(self._values(other))
        return window is not None and mine == theirs and _holds(their_window, window)

    def differences(self, wanted: Setup | None, other: uuid.UUID | None) -> str:
        """Return in which settings `other` differs, in words, as ``READMODE slow instead of fast``."""
        mine, theirs = wanted.settings if wanted is not None else {}, self._values(other)
        return ', '.join(f'{name} {theirs.get(name, _absent(name))} instead of {mine.get(name, _absent(name))}'
                         for name in {**mine, **theirs} if theirs.get(name) != mine.get(name))

    def _values(self, object_id: uuid.UUID | None) -> dict[str, str]:
        setup = self.get(object_id)
        return setup.settings if setup is not None else {}


def _parted(values: Mapping[str, str]) -> tuple[dict[str, str], str | None]:
    """Return the settings without the window, and the window; None for the whole detector."""
    return {name: value for name, value in values.items() if name != WINDOW}, values.get(WINDOW)


def _holds(window: str | None, part: str | None) -> bool:
    """Return whether `part` of a detector lies in `window`."""
    if window is None or window == part:
        return True
    return part is not None and Section.from_fits(part).lies_in(Section.from_fits(window))


def _absent(name: str) -> str:
    return 'whole detector' if name == WINDOW else 'unknown'
