"""Find the images of a plain FITS file by its headers, without astropy, which takes a millisecond for each HDU.

Only what needs no interpretation is found here: images of two axes whose pixels stand in the file as they are. For all else
the answer is None, and astropy reads the file.
"""

import functools
import os
import re
import stat
from typing import NamedTuple

import numpy as np

from awlike.errors import HeaderError
from awlike.fits.structure import BLOCK, MAGIC, read_header
from awlike.pixels.arrays import Image

_CARD = 80
_VALUE = re.compile(rb'= *([-+.\dED]+) *(/.*)?', re.S)
_TYPES = {8: '>u1', 16: '>i2', 32: '>i4', -32: '>f4', -64: '>f8'}
_BEGIN = MAGIC + b' ' * 20 + b'T', b"XTENSION= 'IMAGE   '"
_USUAL = {b'GCOUNT': 1.0, b'PCOUNT': 0.0, b'BSCALE': 1.0, b'BZERO': 0.0}  # an image may lack these cards
_NEEDED = b'BITPIX', b'NAXIS', b'NAXIS1', b'NAXIS2'
_ODD = b'BLANK', b'GROUPS'


class StoredImage(NamedTuple):
    """The place of the pixels of an image in its file."""

    extension: int  # number of its HDU
    start: int  # bytes
    shape: tuple[int, int]  # rows, columns
    dtype: np.dtype  # big-endian; integers with a BZERO in the middle of their range are '>u2'

    def read(self, path: str | os.PathLike[str], rows: slice) -> Image:
        """Return some rows of pixels of the file, in this machine's byte order, with the BZERO of unsigned ones added.

        Raises HeaderError if the file ends within them.
        """
        pixels = np.empty((rows.stop - rows.start, self.shape[1]), self.dtype)
        with open(path, 'rb', buffering=0) as file:
            file.seek(self.start + rows.start * self.shape[1] * self.dtype.itemsize)
            left = pixels.reshape(-1).view(np.uint8).data
            while left.nbytes:
                number = file.readinto(left)
                if not number:
                    raise HeaderError(f'{path}: the file ends within the pixels of HDU {self.extension}; transfer it again')
                left = left[number:]
        native = pixels.byteswap(inplace=True).view(self.dtype.newbyteorder())
        return np.bitwise_xor(native, 1 << 15, out=native) if self.dtype == np.dtype('>u2') else native


def stored_image(path: str | os.PathLike[str], extension: int) -> StoredImage | None:
    """Return where the image of HDU `extension` lies in a plain file; None where astropy must say.

    Raises HeaderError where a header exceeds the limits of `awlike.fits.structure`.
    """
    try:
        found = os.stat(path)
        if not stat.S_ISREG(found.st_mode):
            return None
        version = found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
        hdus = _stored_images(os.fspath(path), version)
    except OSError:
        return None
    return hdus[extension] if 0 <= extension < len(hdus) else None


@functools.lru_cache(256)
def _stored_images(path: str, version: tuple[int, ...]) -> tuple[StoredImage | None, ...]:
    """Return the image of each HDU, as far as headers can be followed; `version` changes when somebody writes to the file."""
    found: list[StoredImage | None] = []
    with open(path, 'rb') as file:
        begin, start, size = file.read(BLOCK), 0, version[2]
        while begin.startswith(b'XTENSION' if found else MAGIC):
            header, declared = read_header(file.read, begin, len(found))
            start += len(header)
            if declared is None or start + declared.data > size:
                break
            found.append(_image(header, len(found), start))
            start += declared.data
            file.seek(start)
            begin = file.read(BLOCK)
    return tuple(found)


def _image(header: bytes, extension: int, start: int) -> StoredImage | None:
    """Return the image that the header of HDU `extension` describes, whose pixels begin at `start`."""
    values: dict[bytes, float] = {}
    for first in range(0, len(header), _CARD):
        keyword = header[first:first + 8].rstrip()
        if keyword in _NEEDED or keyword in _USUAL:
            value = _VALUE.fullmatch(header[first + 8:first + _CARD])
            if value is None or keyword in values:
                return None
            values[keyword] = float(value[1].replace(b'D', b'E'))
        elif keyword in _ODD:
            return None
    if not header.startswith(_BEGIN) or not all(keyword in values for keyword in _NEEDED):
        return None
    bits, axes, width, height = (values.pop(keyword) for keyword in _NEEDED)
    scaled = _USUAL | values
    unsigned = bits == 16 and scaled == _USUAL | {b'BZERO': 32768.0}
    if axes != 2 or width < 1 or height < 1 or bits not in _TYPES or not (unsigned or scaled == _USUAL):
        return None
    return StoredImage(extension, start, (int(height), int(width)), np.dtype('>u2' if unsigned else _TYPES[bits]))
