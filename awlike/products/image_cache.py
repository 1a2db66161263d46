"""Images that were read or made a moment ago, kept in memory."""

import collections
import threading

_CACHE_BYTES = 320 << 20  # the calibrations of a frame of 2048 x 4100 pixels, and what is made of it
_cache: collections.OrderedDict = collections.OrderedDict()
_lock = threading.Lock()


def cached_image(frame):
    """The image of a committed frame, read-only; those read last are kept, up to 320 MiB."""
    with _lock:
        if frame.filename in _cache:
            _cache.move_to_end(frame.filename)
            return _cache[frame.filename]
    return remember(frame, frame.read()[0])


def remember(frame, data):
    """Keep `data` at hand as the image of `frame`; gives it, read-only."""
    data.flags.writeable = False
    with _lock:
        _cache[frame.filename] = data
        while sum(image.nbytes for image in _cache.values()) > _CACHE_BYTES and len(_cache) > 1:
            _cache.popitem(last=False)
    return data


def forget_images() -> None:
    """Keep nothing of what was read."""
    with _lock:
        _cache.clear()
