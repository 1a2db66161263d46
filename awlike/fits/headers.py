"""The header of one detector, from the headers of a file with several extensions."""

import os
import re
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from awlike.fits.opening import hdu_of, load, named, opened

if TYPE_CHECKING:
    from astropy.io.fits import Header

_STRUCTURE = ('SIMPLE', 'XTENSION', 'EXTEND', 'PCOUNT', 'GCOUNT', 'INHERIT', 'CHECKSUM', 'DATASUM', 'GROUPS')
_SHAPE = re.compile(r'BITPIX|NAXIS\d*|BZERO|BSCALE|BLANK|EXTNAME|EXTVER|EXTLEVEL')
_SECTION = re.compile(r'(DATA|DET|CCD|BIAS|TRIM|AMP)SEC')
_REPEATED = ('COMMENT', 'HISTORY', '')  # keywords that a header has many times


def merged_header(primary: 'Header', extension: 'Header') -> 'Header':
    """Return the header of one detector alone: the cards of its extension, then those that only the primary header has.

    The header begins as a primary header and describes the shape of the raw frame. It has no checksums, which would be wrong.
    """
    from astropy.io import fits
    own = [card for card in extension.cards if card.keyword not in _STRUCTURE]
    merged = fits.Header([('SIMPLE', True, 'conforms to FITS standard'), *own])
    if extension is primary:
        return merged
    cards = [card for card in primary.cards if card.keyword not in _STRUCTURE and not _SHAPE.fullmatch(card.keyword)]
    return fits.Header([*merged.cards, *(card for card in cards if card.keyword in _REPEATED or card.keyword not in merged)])


def frame_header(path: str | os.PathLike[str], extension: int, *others: int) -> 'Header':
    """Return the header of the frame in HDU `extension` of the file, merged with the primary header.

    The header of a frame that lies in several HDUs, `extension` and `others`, has the cards that are equal in all of
    them. Cards of sections are left out: they refer to one HDU.

    Raises HeaderError if the file or an extension cannot be read.
    """
    header, = frame_headers(path, [[extension, *others]])
    return header


def frame_headers(path: str | os.PathLike[str], frames: 'Sequence[Sequence[int]]') -> 'list[Header]':
    """Return the header of each of `frames` in the file, as `frame_header` does; each is given by the numbers of its HDUs."""
    with named(path), opened(load(path), whole=False) as hdus:
        primary = hdus[0].header
        return [common_header(merged_header(primary, hdu_of(hdus, first).header),
                              [hdu_of(hdus, other).header for other in others]) for first, *others in frames]


def common_header(merged: 'Header', others: 'Sequence[Header]') -> 'Header':
    """Return the header of a frame in several HDUs: the cards of `merged`, of the first HDU, that hold in `others`, too."""
    from astropy.io.fits import Header
    if not others:
        return merged
    return Header([card for card in merged.cards if card.keyword in _REPEATED or _is_common(card.keyword, merged, others)])


def _is_common(keyword: str, merged: 'Header', headers: 'Sequence[Header]') -> bool:
    """Return whether the card `keyword` of `merged` belongs to a frame in several HDUs, which have `headers`."""
    value = merged[keyword]
    return not _SECTION.fullmatch(keyword) and all(header.get(keyword, value) == value for header in headers)


def comment_lines(text: str) -> list[str]:
    """Return a text in lines that fit into cards COMMENT, broken between words; astropy would break within them."""
    return textwrap.wrap(text, 72)
