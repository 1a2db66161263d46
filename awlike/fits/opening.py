"""FITS files, opened whatever their names say, and checked to be whole.

A plain, gzipped (also under a plain .fits name) or tile-compressed (.fz) file is read. Any other compression and
any damage is refused with a HeaderError that names the file and the remedy.
"""

import io
import os
import stat
import threading
import warnings
from collections.abc import Generator
from contextlib import contextmanager
from typing import cast

from awlike.errors import AwlikeError, Damaged, HeaderError, NotFits
from awlike.fits.content import Content, FileBytes
from awlike.fits.hdus import Hdu, Hdus
from awlike.fits.integrity import check_sums, check_whole
from awlike.fits.structure import BLOCK, MAGIC, check_headers
from awlike.fits.unpacking import unzip

GZIP = b'\x1f\x8b'
FOREIGN = {b'\x1f\x9d': 'compressed by `compress` (.Z)', b'BZh': 'compressed by bzip2', b'\xfd7zXZ': 'compressed by xz',
           b'PK\x03\x04': 'a zip archive', b'\x89HDF': 'an HDF5 file', b'\xff\xd8\xff': 'a JPEG image'}
KINDS = {stat.S_ISDIR: 'a folder', stat.S_ISFIFO: 'a named pipe (FIFO)', stat.S_ISSOCK: 'a socket',
         stat.S_ISCHR: 'a device', stat.S_ISBLK: 'a device'}
_warnings_lock = threading.RLock()


def load(path: str | os.PathLike[str]) -> Content:
    """Return the content of a file as FITS bytes: `FileBytes`, or unzipped bytes if the file is gzipped, whatever its name.

    Raises HeaderError for a file that is missing, empty, no regular file, damaged, not FITS, or beyond the limits of
    `awlike.fits.structure`. Of what is not FITS, only the first block is read.
    """
    try:
        check_regular(path)
        with open(path, 'rb') as file:
            begin = file.read(BLOCK)
            file.seek(0)
            if begin.startswith(MAGIC):
                check_headers(file)
                return FileBytes(path)
            if begin.startswith(GZIP):
                begin = unzip(file)
    except OSError as error:
        raise HeaderError(f'cannot be read ({error.strerror or error}); check path and permissions') from None
    return _fits_bytes(begin)


def unzipped(content: bytes) -> bytes:
    """Return `content` itself, or the FITS bytes that it holds if it is gzipped.

    Raises HeaderError if they are damaged or not FITS.
    """
    return _fits_bytes(unzip(io.BytesIO(content)) if content.startswith(GZIP) else content)


def check_regular(path: str | os.PathLike[str]) -> None:
    """Refuse what is no file with an end, before it is opened: opening a FIFO waits for a writer, a device has no end."""
    mode = os.stat(path).st_mode
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in KINDS.items() if is_kind(mode)), 'a special file')
        raise HeaderError(f'this is {kind}; awlike reads regular files: write its content into a file first')


def _fits_bytes(content: bytes) -> bytes:
    if content.startswith(MAGIC):
        return content
    if not content:
        raise NotFits('the file is empty (0 bytes); transfer it again')
    for magic, kind in FOREIGN.items():
        if content.startswith(magic):
            raise NotFits(f'this is {kind}; awlike reads plain, gzipped and tile-compressed FITS: convert it first')
    raise NotFits('not a FITS file (it does not begin with the keyword SIMPLE); remove it from the list')


@contextmanager
def opened(content: Content, whole: bool = True, sums: bool = True) -> Generator[Hdus]:
    """Open the HDUs of `content`, with `whole` checked to be complete and, with `sums`, unchanged; astropy is quiet meanwhile.

    Whatever astropy raises, here or in the `with` block, becomes a HeaderError.
    """
    from astropy.io import fits  # late, as in this whole room: a prompt starts without astropy
    with quiet():
        try:
            with fits.open(source(content), memmap=False, lazy_load_hdus=not whole) as hdu_list:
                hdus = cast(Hdus, hdu_list)
                if whole:
                    check_whole(hdus, content)
                    if sums:
                        check_unchanged(hdus, content)
                yield hdus
        except AwlikeError:
            raise
        except Exception as error:  # astropy raises nearly every type of exception on broken files
            reason = ' '.join(str(error).split())[:200]
            raise Damaged(f'cannot be read as FITS ({type(error).__name__}: {reason}); '
                          'run fitsverify on it, or transfer it again') from error


def check_unchanged(hdus: Hdus, content: Content) -> None:
    """Refuse `content`, whose HDUs are open, if the checksum cards of an HDU say that the HDU was changed."""
    from astropy.io import fits
    if any(isinstance(hdu, fits.CompImageHDU) for hdu in hdus):  # the cards have the sums of the table that holds the image
        with fits.open(source(content), memmap=False, disable_image_compression=True) as stored:
            check_sums(stored, content)
    else:
        check_sums(hdus, content)


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
        raise type(error)(f'{path}: {error}') from error.__cause__


@contextmanager
def quiet() -> Generator[None]:
    """Silence astropy's warnings. A lock is needed, as Python's list of warning filters belongs to all threads."""
    with _warnings_lock, warnings.catch_warnings():
        warnings.simplefilter('ignore')
        yield
