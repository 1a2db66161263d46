"""Sizes: frames of one chip and setup have light-sensitive parts of one size, or no calibration would fit them."""

import uuid
from collections.abc import Sequence
from typing import NamedTuple, cast

from awlike.cameras.reading import read_raw
from awlike.cameras.windows import WINDOW, place_of
from awlike.errors import AwlikeError, HeaderError
from awlike.pixels.geometry import Section
from awlike.products.raw import RawFrame
from awlike.store import server

Key = tuple[uuid.UUID, uuid.UUID | None, bool]
"""Chip, setup, and whether several amplifiers read the frame."""


class Size(NamedTuple):
    """The light-sensitive part of a frame."""

    shape: tuple[int, int]
    """Rows and columns."""
    place: str | None
    """Where it is on the detector, as the cards of several amplifiers tell; None for a single amplifier."""

    def __str__(self) -> str:
        return f'{self.shape[1]} x {self.shape[0]} pixels{f" ({self.place} of the detector)" if self.place else ""}'


class Sizes:
    """The size of the frames of each chip and setup, each asked for once."""

    def __init__(self) -> None:
        self._known: dict[Key, tuple[Size, RawFrame] | None] = {}

    def check(self, frames: Sequence[RawFrame]) -> None:
        """Refuse `frames`, which are new, where a frame of the same chip and setup has another size.

        Raises
        ------
        HeaderError
            The text names both sizes and how to describe windows and binning.
        """
        sizes = {_key(frame): (_size(frame), frame) for frame in frames}
        for frame in frames:
            if _key(frame) not in self._known:
                self._known[_key(frame)] = _of_known(frame)
        for key, (size, _) in sizes.items():
            known = self._known[key]
            if known is not None and known[0] != size:
                _refuse(size, *known)
        self._known |= {key: self._known[key] or one for key, one in sizes.items()}


def _refuse(size: Size, known_size: Size, known: RawFrame) -> None:
    """Refuse a frame of `size`, since the frame `known` has another."""
    if window := _unread_window(known):
        raise HeaderError(f'{known} of the same chip and setup is the window {window} of the detector, but counts as a whole '
                          'frame since it was ingested before the window was known: run awe db setups as the owner of the '
                          'database, and ingest again')
    raise HeaderError(f'the light-sensitive part is {size}, and {known} of the same chip and setup has {known_size}, so that '
                      'no calibration fits both: if one is a window of the detector, describe the whole by the constant '
                      'detector, or where it begins by window_x and window_y; if pixels are binned, name the binning in setup '
                      'of the camera')


def _unread_window(frame: RawFrame) -> str | None:
    """Return the window of a frame of the archive by its stored header and the camera of today; None if that says none."""
    try:
        facts = read_raw(server().open_path(frame.raw_fits.filename), whole=False).frames
    except AwlikeError:
        return None
    return next(((one.setup or {}).get(WINDOW) for one in facts if one.extension == frame.extension), None)


def _key(frame: RawFrame) -> Key:
    return frame.chip.object_id, None if frame.setup is None else frame.setup.object_id, frame.trim is None


def _size(frame: RawFrame) -> Size:
    if frame.trim is not None:
        return Size(Section.from_fits(frame.trim).shape, None)
    place = place_of(frame.amplifiers or ())
    return Size(place.shape, place.to_fits())


def _of_known(frame: RawFrame) -> tuple[Size, RawFrame] | None:
    """Return size and object of the latest frame of the chip and setup of `frame` in the database; None without any."""
    several = frame.trim is None
    same = (RawFrame.chip == frame.chip) & (RawFrame.setup == frame.setup) & (
        (RawFrame.trim == None) if several else (RawFrame.trim != None))  # noqa: E711
    found = cast('RawFrame | None', same.max('DATE_OBS'))
    return None if found is None else (_size(found), found)
