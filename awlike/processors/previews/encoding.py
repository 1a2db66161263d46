"""Arrays as pictures: JPEG, PNG or WebP. NaN and constant images are pictures, too."""

import io
import os

import numpy as np

from awlike.errors import ParameterError

FORMATS = {'.jpeg': 'JPEG', '.jpg': 'JPEG', '.png': 'PNG', '.webp': 'WEBP'}
"""The formats by the ends of names."""
_GAMMA = 0.25  # shows faint and bright things of the sky together


def imageFromNumpyArray(pixels: np.ndarray, format: str = 'JPEG') -> bytes:
    """Return a grey picture of an array.

    Parameters
    ----------
    pixels : numpy.ndarray, 2-D [y, x]
        The first row becomes the lowest of the picture. The least finite value becomes black, the greatest white; NaN is black.
    format : str
        JPEG, PNG or WEBP. Default: JPEG.
    """
    return _encoded(np.flipud(_grey(pixels)), format)


def jpegFromNumpyArray(pixels: np.ndarray) -> bytes:
    """Return a grey JPEG of an array [y, x]; see `imageFromNumpyArray`."""
    return imageFromNumpyArray(pixels)


def colorJpegFromNumpyArrays(red: np.ndarray, green: np.ndarray, blue: np.ndarray, format: str = 'JPEG') -> bytes:
    """Return a colour picture of three arrays [y, x] of one shape, each scaled by itself; see `imageFromNumpyArray`."""
    if not red.shape == green.shape == blue.shape:
        raise ParameterError(f'the arrays for red, green and blue have shapes {red.shape}, {green.shape} and {blue.shape}: '
                             'scale them to one shape')
    return _encoded(np.flipud(np.dstack([_grey(plane) for plane in (red, green, blue)])), format)


def format_of(path: str | os.PathLike[str]) -> str:
    """Return the format that the end of a name says; JPEG for a name without one.

    Raises
    ------
    ParameterError
        For an end that no format has.
    """
    end = os.path.splitext(path)[1].lower()
    if end and end not in FORMATS:
        raise ParameterError(f'{os.path.basename(path)}: there are previews that end in {", ".join(FORMATS)}: '
                             'name one in previews')
    return FORMATS.get(end, 'JPEG')


def _grey(pixels: np.ndarray) -> np.ndarray:
    pixels = np.asarray(pixels, np.float64)
    if pixels.ndim != 2:
        raise ParameterError(f'the array has {pixels.ndim} axes, and a picture has 2: take one plane of it')
    finite = np.isfinite(pixels)
    if not finite.any():
        return np.zeros(pixels.shape, np.uint8)
    low, high = pixels[finite].min(), pixels[finite].max()
    if not low < high:
        return np.where(finite, 128, 0).astype(np.uint8)
    level = np.where(finite, pixels / 2 - low / 2, 0) / (high / 2 - low / 2)  # halves, so that no difference is infinite
    return np.round(np.clip(level, 0, 1) ** _GAMMA * 255).astype(np.uint8)


def _encoded(levels: np.ndarray, format: str) -> bytes:
    from PIL import Image
    if format not in FORMATS.values():
        raise ParameterError(f'{format} is no format of previews: there are JPEG, PNG and WEBP')
    written = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(levels)).save(written, format=format)
    return written.getvalue()
