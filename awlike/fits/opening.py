"""FITS files as they arrive: found in folders, checked to be whole, opened whatever their name says.

A plain, gzipped (also under a plain .fits name) or tile-compressed (.fz) file is read; every other
compression and every damage is refused with a HeaderError that names the file and the remedy.
"""

import gzip
import io
import os
import re
import tempfile
import threading
import warnings
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from awlike.errors import AwlikeError, HeaderError
from awlike.pixels.strips import Rows
from awlike.fits.integrity import check_sums, check_whole

MAGIC = b'SIMPLE  ='
FITS_NAME = re.compile(r'(?!\.).*\.(fits|fit|fts)(\.fz|\.gz)?', re.IGNORECASE)
FOREIGN = {b'\x1f\x9d': 'compressed by `compress` (.Z)', b'BZh': 'compressed by bzip2', b'\xfd7zXZ': 'compressed by xz',
           b'PK\x03\x04': 'a zip archive', b'\x89HDF': 'an HDF5 file', b'\xff\xd8\xff': 'a JPEG image'}
STRUCTURE = ('SIMPLE', 'XTENSION', 'EXTEND', 'PCOUNT', 'GCOUNT', 'INHERIT', 'CHECKSUM', 'DATASUM', 'GROUPS')
SHAPE = re.compile(r'BITPIX|NAXIS\d*|BZERO|BSCALE|BLANK|EXTNAME|EXTVER|EXTLEVEL')
SECTION = re.compile(r'(DATA|DET|CCD|BIAS|TRIM|AMP)SEC')
MANY = ('COMMENT', 'HISTORY', '')
_warnings_lock = threading.RLock()


def fits_files(paths):
    """The files to try under `paths`: those named themselves, and in folders (at any depth) those named like FITS.

    Names ending in .fits, .fit or .fts, in any case, with or without .fz or .gz after it, count; hidden files do
    not. Each folder's files come sorted, each file once.

    Raises HeaderError for a path that does not exist.
    """
    found = []
    for path in map(Path, [paths] if isinstance(paths, (str, os.PathLike)) else paths):
        if path.is_dir():
            found += sorted(file for file in path.rglob('*') if FITS_NAME.fullmatch(file.name) and file.is_file())
        elif path.exists():
            found.append(path)
        else:
            raise HeaderError(f'{path}: no such file or folder; check the path')
    return list(dict.fromkeys(found))


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


def merged_header(primary, extension):
    """The header of one detector alone: the extension's cards, then those of the primary that it lacks.

    It begins as a primary header and tells the shape of the raw frame; checksums, which would be false, are gone.
    """
    from astropy.io import fits
    merged = fits.Header([('SIMPLE', True, 'conforms to FITS standard')])
    own = [card for card in extension.cards if card.keyword not in STRUCTURE]
    merged.extend(own, unique=False, bottom=True, strip=False)
    if extension is not primary:
        cards = [card for card in primary.cards if card.keyword not in STRUCTURE and not SHAPE.fullmatch(card.keyword)]
        merged.extend([card for card in cards if card.keyword in MANY or card.keyword not in merged],
                      unique=False, bottom=True, strip=False)
    return merged


def frame_header(path, extension, *others):
    """The header of the frame in HDU `extension` of the file, merged with the primary header.

    Of a frame that lies in several HDUs it has the cards that are the same in all of them, but those of their sections.

    Raises HeaderError if the file or an extension cannot be read.
    """
    with named(path), opened(load(path), whole=False) as hdus:
        merged = merged_header(hdus[0].header, _hdu(hdus, extension).header)
        for keyword in [*merged] if others else []:
            values = [_hdu(hdus, other).header.get(keyword, merged[keyword]) for other in others]
            if SECTION.fullmatch(keyword) or (keyword not in MANY and any(value != merged[keyword] for value in values)):
                merged.remove(keyword, ignore_missing=True, remove_all=True)
        return merged


def _hdu(hdus, extension):
    """HDU number `extension`."""
    try:
        return hdus[extension]
    except IndexError:
        raise HeaderError(f'there is no HDU {extension}; the file has 0 to {len(hdus) - 1}') from None


def read_pixels(image, extension):
    """The pixels of HDU `extension` as they were read out: raw dtype, BZERO applied, this machine's byte order.

    `image` is a path or a BytesIO. Raises HeaderError if there is no such image.
    """
    return read_tiles(image, [(extension, None)])


def read_tiles(image, tiles):
    """The raw image of a detector that lies in one HDU or in several: `read_pixels` of each, put side by side.

    `tiles` are pairs of an HDU and the `Section` of the raw image that it is; of one alone None. What is in no section is 0.
    """
    in_memory = hasattr(image, 'read')
    with named('image in memory' if in_memory else image):
        content = unzipped(image.getvalue()) if in_memory else load(image)
        with opened(content, whole=False) as hdus:
            parts = [(_pixels(hdus, extension), section) for extension, section in tiles]
    return parts[0][0] if parts[0][1] is None else _tiled(parts, slice(0, _shape(tiles)[0]), _shape(tiles)[1])


def _pixels(hdus, extension):
    data = _hdu(hdus, extension).data
    if not isinstance(data, np.ndarray) or data.ndim != 2:
        raise HeaderError(f'HDU {extension} holds no two-dimensional image; see its NAXIS')
    return data.astype(data.dtype.newbyteorder('='), copy=False)


def _shape(tiles):
    return max(section.y1 for _, section in tiles), max(section.x1 for _, section in tiles)


def _tiled(parts, rows, width):
    """Those rows of the image that has each of `parts`, (image, section), in its section."""
    cut = []
    for part, section in parts:
        first, last = max(rows.start, section.y0), min(rows.stop, section.y1)
        if first < last:
            cut.append((part[first - section.y0:last - section.y0], slice(first - rows.start, last - rows.start), section))
    image = np.zeros((rows.stop - rows.start, width), np.result_type(*[part.dtype for part, *_ in cut]))
    for part, where, section in cut:
        image[where, section.x0:section.x1] = part
    return image


def pixel_rows(path, extension):
    """As `read_pixels`, but read when sliced: see `tile_rows`."""
    return tile_rows(path, [(extension, None)])


def tile_rows(path, tiles):
    """As `read_tiles`, but read when sliced, `Rows`: from the file, or where it is compressed from a temporary copy."""
    with named(path):
        content = load(path)
        with opened(content, whole=False) as hdus:
            parts = [(_stored_rows(path, content, _hdu(hdus, extension), extension), section)
                     for extension, section in tiles]
    if any(part is None for part, _ in parts):
        return _spooled(read_tiles(path, tiles))
    if parts[0][1] is None:
        return parts[0][0]
    shape = _shape(tiles)
    return Rows(shape, lambda rows: _tiled(parts, rows, shape[1]))


def _stored_rows(path, content, hdu, extension):
    """The pixels of an HDU as `Rows`; None where they do not lie in the file as they are."""
    dtype = _stored_dtype(hdu)
    if dtype is None or not isinstance(content, FileBytes):
        return None
    start, shape = hdu.fileinfo()['datLoc'], hdu.shape

    def rows_of(rows):
        row = shape[1] * dtype.itemsize
        stored = content[start + rows.start * row:start + rows.stop * row]
        if len(stored) < (rows.stop - rows.start) * row:
            raise HeaderError(f'{path}: the file ends within the pixels of HDU {extension}; transfer it again')
        return _native(np.frombuffer(stored, dtype).reshape(-1, shape[1]))

    return Rows(shape, rows_of)


def _spooled(image):
    """The image as `Rows` of a temporary file, which lasts as long as they do: of many none is in memory."""
    file = tempfile.NamedTemporaryFile(prefix='awlike-')
    image.tofile(file)
    file.flush()
    (height, width), dtype = image.shape, image.dtype

    def rows_of(rows):
        row = width * dtype.itemsize
        return np.frombuffer(FileBytes(file.name)[rows.start * row:rows.stop * row], dtype).reshape(-1, width)

    return Rows((height, width), rows_of)


def _stored_dtype(hdu):
    """How the pixels of an image lie in its file, big-endian; 'u' for integers with a BZERO in the middle, None if else."""
    header = hdu.header
    from astropy.io import fits
    plain = type(hdu) in (fits.PrimaryHDU, fits.ImageHDU) and header['NAXIS'] == 2 and 'BLANK' not in header
    scale, zero = header.get('BSCALE', 1), header.get('BZERO', 0)
    if plain and (scale, zero) == (1, 0):
        return np.dtype({8: '>u1', 16: '>i2', 32: '>i4', -32: '>f4', -64: '>f8'}[header['BITPIX']])
    return np.dtype('>u2') if plain and (header['BITPIX'], scale, zero) == (16, 1, 1 << 15) else None


def _native(stored):
    """Stored pixels in this machine's byte order; the middle of unsigned ones, which BZERO says, added."""
    pixels = stored.astype(stored.dtype.newbyteorder('='))
    return np.bitwise_xor(pixels, 1 << 15, out=pixels) if stored.dtype.kind == 'u' and stored.itemsize == 2 else pixels


@contextmanager
def named(path):
    """Put the name of the file before the text of every HeaderError raised inside."""
    try:
        yield
    except HeaderError as error:
        raise HeaderError(f'{path}: {error}') from error.__cause__
