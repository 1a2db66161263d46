"""The pixels of FITS files, whole or some rows at a time."""

import tempfile

import numpy as np

from awlike.errors import HeaderError
from awlike.fits.opening import FileBytes, hdu_of, load, named, opened, unzipped
from awlike.pixels.strips import Rows


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
    data = hdu_of(hdus, extension).data
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
            parts = [(_stored_rows(path, content, hdu_of(hdus, extension), extension), section)
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
