"""FITS files, opened whatever their names say, and checked to be whole.

A plain, gzipped (also under a plain .fits name) or tile-compressed (.fz) file is read. Any other compression and
any damage is refused with a HeaderError that names the file and the remedy.
"""

import gzip
import io
import os
import threading
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from awlike.errors import AwlikeError, HeaderError
from awlike.fits.content import Content, FileBytes
from awlike.fits.hdus import Hdu, Hdus
from awlike.fits.integrity import check_sums, check_whole

MAGIC = b'SIMPLE  ='
FOREIGN = {b'\x1f\x9d': 'compressed by `compress` (.Z)', b'BZh': 'compressed by bzip2', b'\xfd7zXZ': 'compressed by xz',
           b'PK\x03\x04': 'a zip archive', b'\x89HDF': 'an HDF5 file', b'\xff\xd8\xff': 'a JPEG image'}
_warnings_lock = threading.RLock()


def load(path: str | os.PathLike[str]) -> Content:
    """Return the content of a file as FITS bytes: `FileBytes`, or unzipped bytes if the file is gzipped, whatever its name.

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


def unzipped(content: bytes) -> bytes:
    """Return `content` itself, or the FITS bytes that it holds if it is gzipped.

    Raises HeaderError if they are damaged or not FITS.
    """
    if content.startswith(b'\x1f\x8b'):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError, zlib.error) as error:
            raise HeaderError(f'gzip data is truncated or damaged ({error}); transfer the file again') from None
    if content.startswith(MAGIC):
        return content
    for magic, kind in FOREIGN.items():
        if content.startswith(magic):
            raise HeaderError(f'this is {kind}; awlike reads plain, gzipped and tile-compressed FITS: convert it first')
    raise HeaderError('not a FITS file (it does not begin with the keyword SIMPLE); remove it from the list')


@contextmanager
def opened(content: Content, whole: bool = True) -> Generator[Hdus]:
    """Open the HDUs of `content`, with `whole` checked to be complete and unchanged; astropy is quiet meanwhile.

    Whatever astropy raises, here or in the `with` block, becomes a HeaderError.
    """
    from astropy.io import fits  # late, as in this whole room: a prompt starts without astropy
    with quiet():
        try:
            with fits.open(source(content), memmap=False, lazy_load_hdus=not whole) as hdu_list:
                hdus = cast(Hdus, hdu_list)
                if whole:
                    check_whole(hdus, content)
                    with fits.open(source(content), memmap=False, disable_image_compression=True) as stored:
                        check_sums(stored, content)
                yield hdus
        except AwlikeError:
            raise
        except Exception as error:  # astropy raises nearly every type of exception on broken files
            reason = ' '.join(str(error).split())[:200]
            raise HeaderError(f'cannot be read as FITS ({type(error).__name__}: {reason}); '
                              'run fitsverify on it, or transfer it again') from error


def source(content: Content) -> str | os.PathLike[str] | io.BytesIO:
    """Return what astropy opens: the file itself where it is plain, so that one chip of 32 is read alone."""
    return content.path if isinstance(content, FileBytes) else io.BytesIO(content)


def hdu_of(hdus: Hdus, extension: int) -> Hdu:
    """Return HDU number `extension`. Raises HeaderError if the file has no such HDU."""
    try:
        return hdus[extension]
    except IndexError:
        raise HeaderError(f'there is no HDU {extension}; the file has 0 to {len(hdus) - 1}') from None


@contextmanager
def named(path: str | os.PathLike[str]) -> Generator[None]:
    """Put the name of the file before the text of every HeaderError that is raised inside."""
    try:
        yield
    except HeaderError as error:
        raise HeaderError(f'{path}: {error}') from error.__cause__


@contextmanager
def quiet() -> Generator[None]:
    """Silence astropy's warnings. A lock is needed, as Python's list of warning filters belongs to all threads."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield
