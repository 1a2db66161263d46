"""Gzipped FITS files, unzipped no further than their headers declare."""

import gzip
import io
import zlib
from typing import IO

from awlike.errors import Damaged, HeaderError
from awlike.fits.structure import BLOCK, MAGIC, SLACK, check_unpacked, read_header

_PART = 1 << 20  # bytes that are unzipped at once


def unzip(packed: IO[bytes]) -> bytes:
    """Return the FITS bytes of a gzipped file; only the first block where they are not FITS.

    No more is unzipped than the headers declare and a few bytes behind, whatever the file holds, so that a small file cannot
    fill the memory.

    Raises
    ------
    HeaderError
        When the file is damaged, goes on far behind its last HDU, or declares more than the setting `largest_unpacked`.
    """
    unpacked = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=packed) as stream:
            _copy(stream, unpacked)
    except (OSError, EOFError, zlib.error) as error:
        raise Damaged(f'gzip data is truncated or damaged ({error}); transfer the file again') from None
    return unpacked.getvalue()


def _copy(stream: gzip.GzipFile, unpacked: io.BytesIO) -> None:
    """Copy HDU after HDU."""
    begin, number = stream.read(BLOCK), 0
    while begin.startswith(b'XTENSION' if number else MAGIC):
        header, declared = read_header(stream.read, begin, number)
        unpacked.write(header)
        left = declared.data if declared else 0
        check_unpacked(unpacked.tell() + left, 'the file')
        while left and (part := stream.read(min(left, _PART))):
            unpacked.write(part)
            left -= len(part)
        begin, number = stream.read(BLOCK), number + 1
    unpacked.write(begin)
    if number:
        _copy_rest(stream, unpacked, number)


def _copy_rest(stream: gzip.GzipFile, unpacked: io.BytesIO, number: int) -> None:
    """Copy what follows the last HDU."""
    rest = stream.read(SLACK + 1)
    if len(rest) > SLACK:
        raise HeaderError(f'goes on for more than {SLACK} bytes after HDU {number - 1}, the last that its headers declare; '
                          'this is no FITS file as cameras write it: leave it out, or take it from its source again')
    unpacked.write(rest)
