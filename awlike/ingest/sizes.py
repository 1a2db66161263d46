"""Sizes: frames of one chip and setup have light-sensitive parts of one size, or no calibration would fit them."""

import uuid
from collections.abc import Sequence
from typing import cast

from awlike.errors import HeaderError
from awlike.pixels.geometry import Section
from awlike.products.raw import RawFrame

Size = tuple[tuple[int, int], str]
"""Rows and columns of the light-sensitive part, and the name of a frame that has it."""


class Sizes:
    """The size of the frames of each chip and setup, each asked for once."""

    def __init__(self) -> None:
        self._known: dict[tuple[uuid.UUID, uuid.UUID | None], Size | None] = {}

    def check(self, frames: Sequence[RawFrame]) -> None:
        """Refuse `frames`, which are new, where a frame of the same chip and setup has another size.

        Raises
        ------
        HeaderError
            The text names both sizes and how to describe windows and binning.
        """
        sizes = {_key(frame): (size, str(frame)) for frame in frames if (size := _size(frame)) is not None}
        for frame in frames:
            if _key(frame) in sizes and _key(frame) not in self._known:
                self._known[_key(frame)] = _of_known(frame)
        for key, (size, _) in sizes.items():
            known = self._known[key]
            if known is not None and known[0] != size:
                raise HeaderError(f'the light-sensitive part is {_words(size)} pixels, and {known[1]} of the same chip and '
                                  f'setup has {_words(known[0])}, so that no calibration fits both: if one is a window of the '
                                  'detector, describe the whole by the constant detector, or where it begins by window_x and '
                                  'window_y; if pixels are binned, name the binning in setup of the camera')
        self._known |= {key: self._known[key] or size for key, size in sizes.items()}


def _key(frame: RawFrame) -> tuple[uuid.UUID, uuid.UUID | None]:
    return frame.chip.object_id, None if frame.setup is None else frame.setup.object_id


def _size(frame: RawFrame) -> tuple[int, int] | None:
    return None if frame.trim is None else Section.from_fits(frame.trim).shape


def _of_known(frame: RawFrame) -> Size | None:
    """Return the size of the latest frame of the chip and setup of `frame` in the database; None without any."""
    same = (RawFrame.chip == frame.chip) & (RawFrame.setup == frame.setup) & (RawFrame.trim != None)  # noqa: E711
    found = cast('RawFrame | None', same.max('DATE_OBS'))
    size = None if found is None else _size(found)
    return None if size is None else (size, str(found))


def _words(size: tuple[int, int]) -> str:
    return f'{size[1]} x {size[0]}'
