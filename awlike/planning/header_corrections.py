"""Corrections of headers as inputs: each product of raw frames is made from those that are in force."""

import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from awlike.persist.header_correction import ROLE, HeaderCorrection, corrections_of_all
from awlike.persist.links import listed
from awlike.planning.found import Used
from awlike.planning.reasons import HEADER, Reason
from awlike.planning.step import Step

if TYPE_CHECKING:
    from awlike.planning.inputs_wanted import InputsFound
    from awlike.products.product import ProcessTarget


class CorrectedHeaders:
    """The corrections that are in force, for one plan; read once. `any_there` says whether there are any."""

    def __init__(self, any_there: bool) -> None:
        self._any_there = any_there
        self._by_frame: dict[uuid.UUID, HeaderCorrection] | None = None

    def of(self, frames: Iterable[uuid.UUID]) -> list[HeaderCorrection]:
        """Return the corrections of `frames`, given by their ids, in their order, each once."""
        if not self._any_there:
            return []
        if self._by_frame is None:
            self._by_frame = corrections_of_all()
        known = self._by_frame
        return [known[frame] for frame in dict.fromkeys(frames) if frame in known]

    def give(self, cls: 'type[ProcessTarget]', begun: 'Sequence[InputsFound]') -> None:
        """Let each product of class `cls` that is `begun` be made from the corrections of its raw frames, too."""
        if not self._any_there or ROLE not in cls.inputs():
            return
        for one in begun:
            found = self.of(raw.object_id for role, value in one.found.items() if role != ROLE
                            for raw in listed(value) if not isinstance(raw, Step))
            if found:
                one.found[ROLE] = found


def header_differs(value: Any, used: Sequence[Used]) -> Reason | None:
    """Return how the corrections in force, `value`, differ from those that were `used`; None where they do not.

    The same cards may have been corrected by other people, or again.
    """
    now, then = listed(value), {one.digest for one in used}
    new = [one for one in now if one.digest not in then]
    if new:
        more = f', and {len(new) - 1} more' if len(new) > 1 else ''
        return Reason(HEADER, f'{new[0]}, by {new[0].creator.name}: {new[0].reason}{more}')
    gone = then - {one.digest for one in now}
    return Reason(HEADER, 'a correction of the header with which it was made was taken back') if gone else None
