"""Setups: do the read-out modes of a frame and of a calibration agree?"""

import uuid
from collections.abc import Iterable

from awlike.current import current
from awlike.persist.links import fetch
from awlike.persist.references import Setup


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
        """Return those of `others` that differ from `wanted` only in settings that one of the two does not name."""
        mine = wanted.values if wanted is not None else {}
        found = []
        for other in others:
            theirs = self._values(other)
            if other != (wanted and wanted.object_id) and all(theirs.get(name, value) == value for name, value in mine.items()):
                found.append(other)
        return found

    def differences(self, wanted: Setup | None, other: uuid.UUID | None) -> str:
        """Return in which settings `other` differs, in words, as ``READMODE slow instead of fast``."""
        mine, theirs = wanted.values if wanted is not None else {}, self._values(other)
        return ', '.join(f'{name} {theirs.get(name, "unknown")} instead of {mine.get(name, "unknown")}'
                         for name in {**mine, **theirs} if theirs.get(name) != mine.get(name))

    def _values(self, object_id: uuid.UUID | None) -> dict[str, str]:
        setup = self.get(object_id)
        return setup.values if setup is not None else {}
