"""The inputs of a product as `make` sees them."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.cameras.windows import WINDOW
from awlike.errors import ProcessingError, UnknownAttribute
from awlike.persist.dataobject import DataObject
from awlike.persist.links import listed
from awlike.pixels.geometry import Section
from awlike.products.content import PlaneView, parts
from awlike.products.raw import RawFrame
from awlike.query.path import Link

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget


class Inputs:
    """The declared inputs, by role; an absent input is None or an empty list.

    Images of products are cut to the window of the detector that the principal input has, or the input `lead`. Members of a
    set are whole: each has a window of its own.

    Attributes
    ----------
    grid : str or None
        The pixel grid of a resampled product, as `str` writes it.
    """

    def __init__(self, cls: 'type[ProcessTarget]', inputs: dict[str, Any], lead: str | None = None,
                 grid: str | None = None) -> None:
        self.grid = grid
        roles = [lead or cls.principal_role(), *cls.inputs()] if cls.inputs() and not cls.is_of_members() else []
        origin = next((found[0] for role in roles if (found := listed(inputs.get(role)))), None)
        for role, link in cls.inputs().items():
            value = inputs.get(role)
            if link.many:
                value = [InputView(obj, cls, origin) for obj in value or []]
            elif value is not None:
                value = InputView(value, cls, origin)
            setattr(self, role, value)
        self._cls = cls

    def __getattr__(self, name: str) -> Any:
        raise UnknownAttribute(f'make() of {self._cls.__name__} reaches for {name}, but its inputs are '
                               f'{", ".join(self._cls.inputs())}: what it uses must be an input of its own, declare it')


class InputView:
    """One input of a product: its pixels and the values that describe them.

    All else is out of reach, as the name, the owner and the input's own inputs: two inputs of equal content must make the
    same product.
    """

    def __init__(self, obj: Any, maker: 'type[ProcessTarget]', origin: Any = None) -> None:
        self._obj, self._maker, self._origin = obj, maker, origin

    @property
    def data(self) -> Any:
        """The image; of a product the part in the window of the principal input."""
        image = self._obj.data
        if image is None or isinstance(self._obj, RawFrame):
            return image
        return cut_to(image, self._obj, self._origin)

    def __getattr__(self, name: str) -> Any:
        if name in parts(type(self._obj)):
            return self._part(getattr(self._obj, name))
        if name in getattr(type(self._obj), 'FOR_MAKING', ()):
            return getattr(self._obj, name)
        declared = None if name in DataObject.__properties__ else type(self._obj).__properties__.get(name)
        if name not in ('pixels', 'geometry') and (declared is None or isinstance(declared, Link)):
            raise UnknownAttribute(f'make() of {self._maker.__name__} reaches for {name} of its input '
                                   f'{type(self._obj).__name__}, which shows make() its data and the values that describe it '
                                   'alone: what else make() uses must be an input of its own, declare it')
        return getattr(self._obj, name)

    def _part(self, part: Any) -> Any:
        """Return a part of the content: a table, or a plane cut as the image is."""
        if isinstance(part, PlaneView):
            part.data = cut_to(part.data, self._obj, self._origin)
        return part


def as_made(product: Any) -> Inputs:
    """Return the inputs of `product` as its `make` saw them."""
    cls = type(product)
    return Inputs(cls, {role: getattr(product, role) for role in cls.inputs()}, grid=getattr(product, 'grid', None))


def cut_to(image: np.ndarray, obj: Any, origin: Any) -> np.ndarray:
    """Return the part of `image`, of the product `obj`, in the window of `origin`, a raw frame or a product.

    Raises
    ------
    ProcessingError
        When the part does not lie in the image, or is not of the shape of a raw frame `origin`.
    """
    wanted, own = _window(origin), _window(obj)
    if wanted is not None and wanted != own:
        part = Section.from_fits(wanted)
        within = Section(0, image.shape[1], 0, image.shape[0]) if own is None else Section.from_fits(own)
        if not part.lies_in(within):
            raise ProcessingError(f'{obj} covers {within.to_fits()} of the detector, and {origin} {wanted}: take calibrations '
                                  'of the whole detector, or of this window; if frames were ingested before awlike knew '
                                  'windows, run awe db setups')
        image = image[part.moved(-within.x0, -within.y0).slices]
    if isinstance(origin, RawFrame) and image.shape != origin.geometry.shape:
        raise ProcessingError(f'{obj} has {_size(image.shape)} pixels, and {origin} {_size(origin.geometry.shape)} that are '
                              'light-sensitive: say in the description of the camera which are windows (window_x, window_y, '
                              'detector), or how pixels are binned (setup), and ingest anew')
    return image


def _window(obj: Any) -> str | None:
    setup = getattr(obj, 'setup', None)
    return None if setup is None else setup.settings.get(WINDOW)


def _size(shape: tuple[int, ...]) -> str:
    return ' x '.join(str(length) for length in reversed(shape))


def usable_pixels(*maps: Any) -> 'np.ndarray | None':
    """Return the pixels that are good by all of `maps`, inputs that may be absent, 2-D uint8 [y, x]; None without maps."""
    found = [one.data for one in maps if one is not None]
    return functools.reduce(np.bitwise_and, found) if found else None


def data_of(view: Any) -> Any:
    """Return the image of an optional input, None where the input is absent."""
    return None if view is None else view.data
