"""Results that are kept as long as the image from which they follow, where nobody can change that image."""

import threading
import weakref
from collections.abc import Callable, Hashable

from awlike.pixels.arrays import Array

_KEPT = 4  # results of one function: of the detectors that are worked on at the same time


class Remembered:
    """The last results of a function of a read-only image and of numbers. Results are shared, so they are read-only, too."""

    def __init__(self) -> None:
        self._results: list[tuple[weakref.ref[Array], Hashable, Array]] = []
        self._lock = threading.Lock()

    def of(self, image: Array, numbers: Hashable, function: Callable[[], Array]) -> Array:
        """Return the result of `function` for `image` and `numbers`, from memory if it is there.

        An image that can be changed is no key: its result is computed each time.
        """
        if image.flags.writeable:
            return function()
        with self._lock:
            found = next((result for key, others, result in self._results if key() is image and others == numbers), None)
        if found is not None:
            return found
        result = function()
        result.flags.writeable = False
        with self._lock:
            alive = [one for one in self._results if one[0]() is not None]
            self._results = [(weakref.ref(image), numbers, result), *alive][:_KEPT]
        return result
