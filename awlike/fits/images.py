"""The pixels of FITS files, whole or some rows at a time."""

import contextlib
import functools
import io
import os
import tempfile
from collections.abc import Sequence

import numpy as np

from awlike.errors import HeaderError, StoreError
from awlike.fits.content import FileBytes
from awlike.fits.hdus import Hdus
from awlike.fits.layout import stored_image
from awlike.fits.opening import hdu_of, load, named, opened, unzipped
from awlike.fits.pixel_checks import image_data
from awlike.pixels.geometry import Section
from awlike.pixels.strips import Rows

Tiles = Sequence[tuple[int, Section | None]]  # HDUs and the sections of the raw image that they are; None of an HDU alone


def read_pixels(image: str | os.PathLike[str] | io.BytesIO, extension: int) -> np.ndarray:
    """Return the pixels of HDU `extension` as they were read out: raw dtype, BZERO applied, this machine's byte order.

    Raises HeaderError if there is no such image.
    """
    return read_tiles(image, [(extension, None)])


def read_tiles(image: str | os.PathLike[str] | io.BytesIO, tiles: Tiles) -> np.ndarray:
    """Return the raw image of a detector that lies in one HDU or in several: `read_pixels` of each, put side by side.

    A pixel that lies in no section is 0.
    """
    in_memory = isinstance(image, io.BytesIO)
    if not in_memory and (stored := _stored(image, tiles)) is not None:
        return stored[:]
    with named('image in memory' if in_memory else image):
        content = unzipped(image.getvalue()) if in_memory else load(image)
        with opened(content, whole=False) as hdus:
            parts = [_pixels(hdus, extension) for extension, _ in tiles]
    sections = _sections(tiles)
    if not sections:
        return parts[0]
    height, width = _shape(sections)
    return _tiled(parts, sections, slice(0, height), width)


def pixel_rows(path: str | os.PathLike[str], extension: int) -> Rows:
    """Return the pixels of `read_pixels` as `Rows`, which are read when they are sliced."""
    return tile_rows(path, [(extension, None)])


def tile_rows(path: str | os.PathLike[str], tiles: Tiles) -> Rows:
    """Return the image of `read_tiles` as `Rows`, which are read when they are sliced.

    They are read from the file itself; or from a temporary copy, if the file does not hold the pixels as they are,
    as when it is compressed.
    """
    return _stored(path, tiles) or _spooled(read_tiles(path, tiles))


def _stored(path: str | os.PathLike[str], tiles: Tiles) -> Rows | None:
    """Return the image of `tile_rows`, read from the file itself; None where the pixels do not stand there as they are."""
    with named(path):
        found = [stored_image(path, extension) for extension, _ in tiles]
    # A file out of a cache lasts as long as its path object, which is bound here.
    parts = [Rows(image.shape, functools.partial(image.read, path)) for image in found if image is not None]
    if len(parts) < len(found):
        return None
    sections = _sections(tiles)
    if not sections:
        return parts[0]
    shape = _shape(sections)
    return Rows(shape, lambda rows: _tiled(parts, sections, rows, shape[1]))


def _pixels(hdus: Hdus, extension: int) -> np.ndarray:
    data = image_data(hdu_of(hdus, extension))
    if not isinstance(data, np.ndarray) or data.ndim != 2:
        raise HeaderError(f'HDU {extension} holds no two-dimensional image; see its NAXIS')
    return data.astype(data.dtype.newbyteorder('='), copy=False)


def _sections(tiles: Tiles) -> list[Section]:
    return [section for _, section in tiles if section is not None]


def _shape(sections: list[Section]) -> tuple[int, int]:
    return max(section.y1 for section in sections), max(section.x1 for section in sections)


def _tiled(parts: Sequence[np.ndarray | Rows], sections: list[Section], rows: slice, width: int) -> np.ndarray:
    """Return `rows` of the image that has each of `parts` in its section."""
    cut = []
    for part, section in zip(parts, sections, strict=True):
        first, last = max(rows.start, section.y0), min(rows.stop, section.y1)
        if first < last:
            cut.append((part[first - section.y0:last - section.y0], slice(first - rows.start, last - rows.start), section))
    image = np.zeros((rows.stop - rows.start, width), np.result_type(*[part.dtype for part, *_ in cut]))
    for part, where, section in cut:
        image[where, section.x0:section.x1] = part
    return image


def _spooled(image: np.ndarray) -> Rows:
    """Return the image as `Rows` of a temporary file, which lasts as long as they do: many images need no memory."""
    file = tempfile.NamedTemporaryFile(prefix='awlike-')  # noqa: SIM115 -- it is closed, and goes, with its Rows
    try:
        file.write(np.ascontiguousarray(image).data)
        file.flush()
    except OSError as error:
        with contextlib.suppress(OSError):  # what is left to write does not fit, either
            file.close()
        raise StoreError(f'a temporary copy of an image of {image.nbytes} bytes cannot be written in {tempfile.gettempdir()}: '
                         f'{error.strerror}. Make space there, or set TMPDIR to another folder, and try again') from error
    (height, width), dtype = image.shape, image.dtype

    def rows_of(rows: slice) -> np.ndarray:
        row = width * dtype.itemsize
        return np.frombuffer(FileBytes(file.name)[rows.start * row:rows.stop * row], dtype).reshape(-1, width)

    return Rows((height, width), rows_of)
