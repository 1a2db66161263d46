"""Images that are computed once and lie in a temporary file until they are wanted again, so that few are in memory."""

import tempfile
import threading
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from awlike.config import settings


class Spooled:
    """A function that returns an image, 2-D float32 [y, x], and computes it when it is called first.

    Later calls read it from a temporary file without a name in the folder of the cache, which is gone with this object.

    Parameters
    ----------
    compute : callable
        Returns the image; the same each time.
    """

    def __init__(self, compute: Callable[[], np.ndarray]) -> None:
        self._compute, self._lock = compute, threading.Lock()
        self._file: IO[bytes] | None = None
        self._shape: tuple[int, ...] = ()

    def __call__(self) -> np.ndarray:
        """Return the image; a caller may change it."""
        with self._lock:
            if self._file is None:
                return self._computed()
            self._file.seek(0)
            return np.fromfile(self._file, np.float32).reshape(self._shape)

    def _computed(self) -> np.ndarray:
        image = np.ascontiguousarray(self._compute(), np.float32)
        folder = settings().cache_folder
        folder.mkdir(parents=True, exist_ok=True)
        file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- it is closed with this object
        try:
            file.write(image.data)
            file.flush()
        except OSError:  # as a full disk: the image is computed again
            file.close()
            return image
        self._file, self._shape = file, image.shape
        return image

    def __getstate__(self) -> dict[str, Any]:
        return {'_compute': self._compute, '_file': None, '_shape': ()}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__ |= state
        self._lock = threading.Lock()
