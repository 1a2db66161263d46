"""Differences: a known file arrives again with another header; the cards that differ."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awlike.errors import AwlikeError
from awlike.fits.headers import frame_header
from awlike.ingest.objects import Prepared
from awlike.products.raw import RawFits, RawFrame, tiles_of
from awlike.store import server

if TYPE_CHECKING:
    from astropy.io.fits import Header

_SHOWN = 5  # cards in a line
_NONE = 'no such card'
# Cards that tell how the same frame is packed, not what it is.
_PACKING = re.compile(r'SIMPLE|BITPIX|NAXIS\d*|BSCALE|BZERO|BLANK|EXTNAME|EXTVER|EXTLEVEL|LONGSTRN|FZ\w+|Z\w+|COMMENT|HISTORY|')


def header_differences(path: Path, prepared: Prepared, known: RawFits) -> str:
    """Compare the header of `path` with the header of `known`, which has the same frames; return the first cards that differ.

    Empty where the bytes are the same, where all cards that are no packing are the same, or where the known file cannot be
    read.
    """
    if known.digest == prepared.digest:
        return ''
    extensions: dict[str, list[int]] = {}
    for facts, (_, digest) in zip(prepared.raw.frames, prepared.measured, strict=True):
        extensions[digest] = [extension for extension, _ in tiles_of(facts.extension, facts.amplifiers)]
    found: dict[str, str] = {}
    try:
        stored = server().open_path(known.filename)
        for frame in (RawFrame.raw_fits == known):
            if frame.digest in extensions:
                theirs = frame_header(stored, *[extension for extension, _ in frame.tiles])
                found |= _differing(frame_header(path, *extensions[frame.digest]), theirs)
    except AwlikeError:
        return ''
    more = f' and {len(found) - _SHOWN} more' if len(found) > _SHOWN else ''
    return '; '.join([*found.values()][:_SHOWN]) + more


def _differing(ours: 'Header', theirs: 'Header') -> dict[str, str]:
    """Return what differs in words, by keyword, in the order of the cards."""
    keywords = dict.fromkeys(keyword for keyword in [*ours, *theirs] if not _PACKING.fullmatch(keyword))
    pairs = {keyword: (ours.get(keyword, _NONE), theirs.get(keyword, _NONE)) for keyword in keywords}
    return {keyword: f'{keyword} = {_shown(one)} here, {_shown(other)} there' for keyword, (one, other) in pairs.items()
            if one != other}


def _shown(value: Any) -> str:
    return value if value is _NONE else repr(value)
