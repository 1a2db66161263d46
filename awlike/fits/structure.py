"""The structure that the headers of a FITS file declare, read before anything else is, and within limits.

Whoever sends a file chooses what its headers say. A few bytes can announce any number of pixels, and the gigabytes that a
small compressed file unfolds to need not be in any header. So a file is followed from header to header, with two limits:
`MAXIMUM_CARDS`, and the setting `largest_unpacked`.
"""

import dataclasses
import math
import re
from collections.abc import Callable
from typing import IO

from awlike.config import settings
from awlike.errors import HeaderError

MAGIC = b'SIMPLE  ='
BLOCK = 2880  # bytes: header and data of an HDU are multiples of it
MAXIMUM_CARDS = 20_000  # in the header of an HDU
SLACK = 1 << 20  # bytes after the last HDU that are still looked at

_CARD = 80
_STRUCTURE = re.compile(rb'(BITPIX|NAXIS\d*|PCOUNT|GCOUNT|GROUPS|ZIMAGE|ZBITPIX|ZNAXIS\d*|ZTILE\d+) *=([^/]*)')

Read = Callable[[int], bytes]  # return this many bytes from the end of the last call; fewer at the end of the file


@dataclasses.dataclass
class Declared:
    """The declarations in the header of an HDU.

    Attributes
    ----------
    data : int
        Bytes of data with padding, as they are stored.
    unpacked : int
        Bytes of the image that a tile-compressed image holds, or of its tile where that is larger; 0 for any other HDU.
    """

    data: int
    unpacked: int


def read_header(read: Read, begin: bytes, number: int) -> tuple[bytes, Declared | None]:
    """Read the header of HDU `number` to its end.

    Parameters
    ----------
    read : function
        Reads on after `begin`.
    begin : bytes
        The first block of the header.

    Returns
    -------
    (bytes, Declared or None)
        All blocks of the header; None instead of `Declared` where the file ends within the header.

    Raises
    ------
    HeaderError
        When the header has more than `MAXIMUM_CARDS` cards, or declares a tile-compressed image that is too large.
    """
    blocks, block = [], begin
    while True:
        blocks.append(block)
        cards = [block[start:start + _CARD] for start in range(0, len(block), _CARD)]
        if any(card.rstrip() == b'END' for card in cards):
            header = b''.join(blocks)
            declared = _declared(header)
            check_unpacked(declared.unpacked, f'the image of HDU {number}')
            return header, declared
        if len(block) < BLOCK:
            return b''.join(blocks), None
        if len(blocks) * BLOCK >= MAXIMUM_CARDS * _CARD:
            raise HeaderError(f'the header of HDU {number} has no END within {MAXIMUM_CARDS} cards, the most that awlike '
                              'reads; leave the file out, or remove cards such as HISTORY')
        block = read(BLOCK)


def check_headers(file: IO[bytes]) -> None:
    """Follow a plain FITS file from header to header, and refuse one that exceeds the limits; pixels are not read."""
    begin, number, start = file.read(BLOCK), 0, 0
    while begin.startswith(b'XTENSION' if number else MAGIC):
        header, declared = read_header(file.read, begin, number)
        if declared is None:
            return
        start += len(header) + declared.data
        file.seek(start)
        begin, number = file.read(BLOCK), number + 1


def check_unpacked(size: int, what: str) -> None:
    """Refuse `what` if it unfolds to more bytes than the setting `largest_unpacked` allows."""
    most = settings().unpacked_bytes
    if size > most:
        raise HeaderError(f'{what} unfolds to {size / 1e9:.3g} GB by its header, more than the {most / 1e9:.3g} GB of the '
                          'setting largest_unpacked; if the file is as it should be, set AWLIKE_LARGEST_UNPACKED to more')


def _declared(header: bytes) -> Declared:
    values: dict[str, str] = {}
    for start in range(0, len(header), _CARD):
        card = _STRUCTURE.match(header[start:start + _CARD].upper())
        if card:
            values.setdefault(card[1].decode('ascii'), card[2].decode('ascii', 'replace').strip())
    stored = _bytes(values, '', 'T' in values.get('GROUPS', ''))
    tile = math.prod(_number(values, name) for name in values if name.startswith('ZTILE'))
    unpacked = max(_bytes(values, 'Z', False), tile * _number(values, 'ZBITPIX', absolute=True) // 8)
    return Declared(stored + -stored % BLOCK, unpacked if values.get('ZIMAGE') == 'T' else 0)


def _bytes(values: dict[str, str], prefix: str, groups: bool) -> int:
    """Return the bytes of data (FITS Standard 4.0, equations 1, 2 and 4); 0 where the cards have no meaning."""
    axes = [_number(values, f'{prefix}NAXIS{axis}') for axis in range(1, min(_number(values, f'{prefix}NAXIS'), 999) + 1)]
    if not axes:
        return 0
    pixels = math.prod(axes[1:] if groups and axes[0] == 0 else axes)
    extra = 0 if prefix else _number(values, 'PCOUNT')
    return _number(values, f'{prefix}BITPIX', absolute=True) // 8 * max(_number(values, 'GCOUNT', 1), 1) * (pixels + extra)


def _number(values: dict[str, str], keyword: str, default: int = 0, absolute: bool = False) -> int:
    """Return the number in a card, not below 0."""
    try:
        number = int(values.get(keyword, default))
    except ValueError:
        return 0
    return abs(number) if absolute else max(number, 0)
