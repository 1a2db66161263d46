"""The images that were read or made last, kept in memory."""

import collections
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from awlike.products.frame import Frame

_CACHE_BYTES = 320 << 20  # the calibrations of a frame of 2048 x 4100 pixels, and the products made from that frame
_cache: 'collections.OrderedDict[str, np.ndarray]' = collections.OrderedDict()
_lock = threading.Lock()


def cached_image(frame: 'Frame') -> 'np.ndarray | None':
    """Return the image of a committed frame, read-only, or None; the images read last stay in memory, up to 320 MiB."""
    with _lock:
        if frame.filename in _cache:
            _cache.move_to_end(frame.filename)
            return _cache[frame.filename]
    data = frame.read_image()
    return None if data is None else remember(frame, data)


def cached_part(frame: 'Frame', part: str) -> 'np.ndarray':
    """Return the plane of a committed frame under the EXTNAME `part`, read-only, as `cached_image` returns its image."""
    key = f'{frame.filename}[{part}]'
    with _lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    from awlike.products.fits_files import read_plane
    return remember(frame, read_plane(frame._path(), part), part)


def remember(frame: 'Frame', data: 'np.ndarray', part: str = '') -> 'np.ndarray':
    """Keep `data` in memory as the image of `frame`, or as its plane `part`, and return it, read-only."""
    data.flags.writeable = False
    with _lock:
        _cache[f'{frame.filename}[{part}]' if part else frame.filename] = data
        while sum(image.nbytes for image in _cache.values()) > _CACHE_BYTES and len(_cache) > 1:
            _cache.popitem(last=False)
    return data


def forget_images() -> None:
    """Drop all images from memory."""
    with _lock:
        _cache.clear()
