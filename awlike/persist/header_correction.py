"""Corrections of headers: what a card of a raw frame says in place of what its file says.

The file never changes. A correction is an object of its own, an input of all that is made from the frame from then on.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import mapped_column

from awlike.characters import printable
from awlike.current import current
from awlike.digests import key_digest
from awlike.persist.dataobject import DataObject
from awlike.persist.dbobject import Input, Reference, attribute
from awlike.persist.types import Id

ROLE = 'header_corrections'


class HeaderCorrection(DataObject):
    """Cards of the header of a raw frame, as somebody corrected them. `context.correct_header` makes one.

    The latest correction of a frame counts. It has all cards in which the header of the frame differs from its file.
    """

    frame_id = mapped_column(Id, nullable=True, index=True)  # tied to the frame by the rules of the database
    frame = Reference(DataObject, 'the raw frame')
    cards = attribute(dict, 'what it changed: by card the value before and after; null for a card that is not there')
    in_force = attribute(dict, 'by card the value that replaces the value of the file; null where the card was taken out')
    changes = attribute(dict, 'what of the frame followed: by attribute the value before and after')
    reason = attribute(str, 'why')

    __table_args__ = (CheckConstraint('reason IS NOT NULL', name='reason'),
                      CheckConstraint('frame_id IS NOT NULL', name='frame'))

    @classmethod
    def columns_to_show(cls) -> list[str]:
        return ['creation_date', 'creator.name', 'frame.filename', 'reason']

    @property
    def cards_in_words(self) -> str:
        """What it changed, as ``OBJECT 'NGC 2' -> 'NGC 1'``."""
        return printable(', '.join(f'{card} {_word(old)} -> {_word(new)}' for card, (old, new) in (self.cards or {}).items()))

    def impact(self) -> Any:
        """Return the products that would have to be made again because of the correction, which need not be committed.

        Returns
        -------
        awlike.tracing.impact.Impact
            Print it.
        """
        return current().impact(self)

    def __str__(self) -> str:
        return printable(f'correction of {self.frame}: {self.cards_in_words}')


class HeaderCorrections(Input):
    """The corrections of the headers of the raw frames that a product is made from: each class of such products has it."""

    def __init__(self) -> None:
        super().__init__(HeaderCorrection, 'corrections of the headers of its raw frames', many=True, optional=True)


def digest_of(in_force: dict[str, Any]) -> str:
    """Return the digest of a correction: of the cards that are in force, whoever corrected them, and in whatever order."""
    return key_digest(sorted(in_force.items()))


def latest(frames: Iterable[UUID]) -> dict[UUID, HeaderCorrection]:
    """Return by id of the frame the latest correction of each of `frames` that has any, now or at the date that you see."""
    return {one.frame.object_id: one for one in corrections_of(frames)}


def corrections_of(frames: Iterable[UUID]) -> list[HeaderCorrection]:
    """Return all corrections of `frames`, given by their ids, oldest first."""
    return list(HeaderCorrection.frame.in_(list(frames)).order_by('creation_date', 'object_id'))


def corrections_of_all() -> dict[UUID, HeaderCorrection]:
    """Return by id of the frame the latest correction, without frames whose header equals the header of the file again."""
    found = {one.frame.object_id: one for one in HeaderCorrection.select_all().order_by('creation_date', 'object_id')}
    return {frame: one for frame, one in found.items() if one.in_force}


def _word(value: Any) -> str:
    return 'absent' if value is None else repr(value)
