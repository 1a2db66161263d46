"""The primary header of a file, read alone: pixels are not touched."""

import gzip
import io
import os
from typing import IO

from awlike.errors import Damaged, HeaderError, NotFits
from awlike.fits.opening import GZIP, check_regular, named, quiet
from awlike.fits.structure import BLOCK, MAGIC, read_header
from awlike.processors.cards.header import CheckedHeader


def getPrimaryHeader(srcName: str | os.PathLike[str]) -> CheckedHeader:
    """Return the primary header of a FITS file, also of a gzipped one.

    Raises
    ------
    HeaderError
        When the file cannot be read, or is no FITS file.
    """
    with named(srcName):
        try:
            check_regular(srcName)
            with open(srcName, 'rb') as file:
                packed = file.read(2) == GZIP
                file.seek(0)
                return parsed(header_bytes(gzip.GzipFile(fileobj=file) if packed else file))
        except (OSError, EOFError) as error:
            reason = getattr(error, 'strerror', None) or error
            raise HeaderError(f'cannot be read ({reason}); check path and permissions') from None


def header_bytes(file: IO[bytes] | io.BufferedIOBase) -> bytes:
    """Return all blocks of the primary header of an open file, which then stands at its data.

    Raises
    ------
    NotFits, Damaged
        When the file is no FITS file, or ends within the header.
    """
    begin = file.read(BLOCK)
    if not begin:
        raise NotFits('the file is empty (0 bytes); transfer it again')
    if not begin.startswith(MAGIC):
        raise NotFits('not a FITS file (it does not begin with the keyword SIMPLE); remove it from the list')
    header, declared = read_header(file.read, begin, 0)
    if declared is None or len(header) % BLOCK:
        raise Damaged('the file ends within its primary header; transfer it again')
    return header


def parsed(header: bytes) -> CheckedHeader:
    """Return the header in some blocks of bytes. Bytes that are not ASCII stay as they are, in cards that nobody changes."""
    with quiet():
        return CheckedHeader.fromstring(header)
