"""A large image as a small one. The file is read strip by strip, so that its size does not matter."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from astropy.io import fits

from awlike.errors import HeaderError
from awlike.fits.layout import stored_image
from awlike.fits.opening import load, named, opened, source

SIZE = 200
"""The default of `destSize`, in pixels."""
_STRIP = 1 << 23  # bytes that are read at once, about


def scaledImage(path: str | os.PathLike[str], destSize: int = SIZE, extInd: int | None = None) -> np.ndarray:
    """Return an image of a FITS file, scaled down to the means of square blocks of pixels.

    Parameters
    ----------
    path : path
        A FITS file, plain or compressed.
    destSize : int
        The most pixels along the longer side.
    extInd : int, optional
        The number of the HDU. Default: the first one with an image.

    Returns
    -------
    numpy.ndarray, 2-D [y, x], float32
        Means of the finite pixels; NaN where a block has none. Of data with more than two axes, the first plane.

    Raises
    ------
    HeaderError
        When the file cannot be read, or has no image there.
    """
    return np.array(list(iterScaledRows(path, destSize, extInd)), np.float32)


def scaled(image: np.ndarray, destSize: int = SIZE) -> np.ndarray:
    """Return an image [y, x] scaled down as `scaledImage` does."""
    return np.array(list(_scaled(image.shape, destSize, lambda rows: image[rows])), np.float32)


def iterScaledRows(path: str | os.PathLike[str], destSize: int = SIZE, extInd: int | None = None) -> Iterator[np.ndarray]:
    """Yield the rows of `scaledImage`, the lowest first."""
    stored = stored_image(path, extInd or 0)
    with named(path):
        if stored is not None and all(stored.shape):
            yield from _scaled(stored.shape, destSize, lambda rows: stored.read(path, rows))
            return
        content = load(path)
        with opened(content, whole=False), fits.open(source(content), memmap=False) as hdus:
            hdu = _image(hdus, extInd)
            shape = hdu.shape[-2:]
            first = (0,) * (len(hdu.shape) - 2)
            yield from _scaled(shape, destSize, lambda rows: np.asarray(hdu.section[(*first, rows, slice(0, shape[1]))]))


def _image(hdus: Any, extension: int | None) -> Any:
    numbers = range(len(hdus)) if extension is None else [extension]
    for number in numbers:
        if number < len(hdus) and getattr(hdus[number], 'is_image', False) and len(hdus[number].shape) >= 2 \
                and all(hdus[number].shape):
            return hdus[number]
    place = 'in any HDU' if extension is None else f'in HDU {extension}'
    raise HeaderError(f'there is no image {place}; the file has HDUs 0 to {len(hdus) - 1}: name one by extInd')


def _scaled(shape: tuple[int, ...], size: int, read: Callable[[slice], np.ndarray]) -> Iterator[np.ndarray]:
    from awlike.views.image.blocks import block_means
    height, width = shape
    step = max(1, -(-max(height, width) // size))
    rows = max(1, _STRIP // max(width * 8 * step, 1)) * step
    for start in range(0, height, rows):
        strip = read(slice(start, min(start + rows, height)))
        yield from block_means(strip, step).astype(np.float32)
