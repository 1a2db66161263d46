"""FITS files as they arrive: found in folders, checked to be whole, opened whatever their name says.

A plain, gzipped (also under a plain .fits name) or tile-compressed (.fz) file is read; every other
compression and every damage is refused with a HeaderError that names the file and the remedy.
"""

import gzip
import io
import os
import threading
import warnings
import zlib
from contextlib import contextmanager

from awlike.errors import AwlikeError, HeaderError
from awlike.fits.integrity import check_sums, check_whole

MAGIC = b'SIMPLE  ='
FOREIGN = {b'\x1f\x9d': 'compressed by `compress` (.Z)', b'BZh': 'compressed by bzip2', b'\xfd7zXZ': 'compressed by xz',
           b'PK\x03\x04': 'a zip archive', b'\x89HDF': 'an HDF5 file', b'\xff\xd8\xff': 'a JPEG image'}
_warnings_lock = threading.RLock()


@contextmanager
def quiet():
    """Silence astropy's warnings. The lock is there because Python's list of filters belongs to all threads."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield


class FileBytes:
    """The bytes of a file, sliced like `bytes` but read only when asked for.

    Not a memory map: that kills the process when somebody cuts the file short meanwhile.
    """

    def __init__(self, path):
        self.path = path
        self.size = os.path.getsize(path)

    def __len__(self):
        return self.size

    def __getitem__(self, part):
        start, stop, _ = part.indices(self.size)
        with open(self.path, 'rb') as file:
            file.seek(start)
            return file.read(max(stop - start, 0))


def load(path):
    """The content of the file as FITS bytes: `FileBytes`, or unzipped bytes if it is gzipped under whatever name.

    Raises HeaderError for a file that is missing, empty, damaged or not FITS.
    """
    try:
        with open(path, 'rb') as file:
            content = file.read(len(MAGIC))
            if content == MAGIC:
                return FileBytes(path)
            content += file.read()
    except OSError as error:
        raise HeaderError(f'cannot be read ({error.strerror or error}); check path and permissions') from None
    if not content:
        raise HeaderError('the file is empty (0 bytes); transfer it again')
    return unzipped(content)


def unzipped(content):
    """`content` itself, or what it holds if it is gzipped; refused if that is not FITS."""
    if content.startswith(b'\x1f\x8b'):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise HeaderError(f'gzip data is truncated or damaged ({error}); transfer the file again') from None
    if content.startswith(MAGIC):
        return content
    for magic, what in FOREIGN.items():
        if content.startswith(magic):
            raise HeaderError(f'this is {what}; awlike reads plain, gzipped and tile-compressed FITS: convert it first')
    raise HeaderError('not a FITS file (it does not begin with the keyword SIMPLE); remove it from the list')


@contextmanager
def opened(content, whole=True):
    """The HDUs of `content`, checked to be whole and unchanged if asked; astropy is kept quiet meanwhile.

    Whatever astropy raises, here or in the `with` block, comes out as HeaderError.
    """
    from astropy.io import (
        fits,  # late, here and below: nothing is read at the start of a prompt
    )
    with quiet():
        try:
            with fits.open(source(content), memmap=False, lazy_load_hdus=not whole) as hdus:
                if whole:
                    check_whole(hdus, content)
                    with fits.open(source(content), memmap=False, disable_image_compression=True) as stored:
                        check_sums(stored, content)
                yield hdus
        except AwlikeError:
            raise
        except Exception as error:  # astropy lets out nearly every type there is on broken files
            reason = ' '.join(str(error).split())[:200]
            raise HeaderError(f'cannot be read as FITS ({type(error).__name__}: {reason}); '
                              'run fitsverify on it, or transfer it again') from error


def source(content):
    """What astropy shall open: the file itself where it is plain, so that one chip of 32 is all that is read."""
    return content.path if isinstance(content, FileBytes) else io.BytesIO(content)


def hdu_of(hdus, extension):
    """HDU number `extension`."""
    try:
        return hdus[extension]
    except IndexError:
        raise HeaderError(f'there is no HDU {extension}; the file has 0 to {len(hdus) - 1}') from None


@contextmanager
def named(path):
    """Put the name of the file before the text of every HeaderError raised inside."""
    try:
        yield
    except HeaderError as error:
        raise HeaderError(f'{path}: {error}') from error.__cause__
