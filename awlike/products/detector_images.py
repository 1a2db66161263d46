"""DetectorImages: the images of the detectors of an exposure, in one product, each computed when somebody wants it."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Self, overload

import numpy as np

from awlike.errors import ProcessingError
from awlike.products.content import Described, Part

Computed = Callable[[], np.ndarray]
"""A function that returns an image, 2-D float32 [y, x]; it returns the same each time."""


class DetectorImages(Part):
    """The images of several detectors: ``mosaic.images['OTA33']``. Each is an extension of the file, as ``OTA33.SCI``.

    `make` returns a dict of functions by name of detector. Digest and file call each function in its turn, so that one image
    is in memory. Their unit is the `unit` of the product, which has a method `cards_of(name)` with the cards of the header of
    each image.

    Parameters
    ----------
    text : str
        Their meaning, in a phrase.
    suffix : str
        What follows the name of the detector in the EXTNAME.
    """

    def __init__(self, text: str, suffix: str) -> None:
        super().__init__(text)
        self.suffix = suffix

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> 'DetectorImagesView': ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        return self if instance is None else DetectorImagesView(self, instance)

    def extension_of(self, name: str) -> str:
        """Return the EXTNAME of the image of a detector."""
        return f'{name}{self.suffix}'.upper()

    def taken(self, value: Any, what: str) -> dict[str, Computed]:
        if not isinstance(value, dict) or not value or not all(map(callable, value.values())):
            raise ProcessingError(f'{what} are images of detectors: return a dict of functions by the names of the detectors')
        return {name: _as_image(value[name], f'{name} of {what}') for name in sorted(value)}

    def named(self, kept: dict[str, Computed], product: Any) -> dict[str, Described]:
        return {self.extension_of(name): (product.unit, compute) for name, compute in kept.items()}


class DetectorImagesView(Mapping[str, np.ndarray]):
    """The images of a product by the names of the detectors, in the order of their names; each is computed, or read, on access.

    Attributes
    ----------
    unit, text : str
        Their unit and their meaning.
    """

    def __init__(self, part: DetectorImages, product: Any) -> None:
        self.unit, self.text, self.extension_of = product.unit, part.text, part.extension_of
        self._product = product
        self._computed: dict[str, Computed] | None = product.__dict__.get('_content', {}).get(part.name)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self._names():
            raise KeyError(f'{self._product} has no detector {name!r}: it has {", ".join(self)}')
        if self._computed is not None:
            return self._computed[name]()
        from awlike.products.image_cache import cached_part
        return cached_part(self._product, self.extension_of(name))

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._names()))

    def __len__(self) -> int:
        return len(self._names())

    def __repr__(self) -> str:
        return f'<{self.text}: {", ".join(self)}>'

    def _names(self) -> Mapping[str, Any]:
        return self._product.detectors or {} if self._computed is None else self._computed


def _as_image(compute: Computed, what: str) -> Computed:
    """Return a function that calls `compute` and checks what it returns."""
    def image() -> np.ndarray:
        array = np.asarray(compute())
        if array.ndim != 2 or array.dtype != np.float32:
            raise ProcessingError(f'{what} comes as {array.ndim}-D {array.dtype}: return a 2-D image of float32')
        return np.ascontiguousarray(array)
    return image
