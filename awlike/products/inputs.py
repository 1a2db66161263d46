"""The inputs of a product as `make` sees them."""

import functools
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import UnknownAttribute
from awlike.persist.dataobject import DataObject
from awlike.query.path import Link

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget


class Inputs:
    """The declared inputs, by role; an absent input is None or an empty list."""

    def __init__(self, cls: 'type[ProcessTarget]', inputs: dict[str, Any]) -> None:
        for role, link in cls.inputs().items():
            value = inputs.get(role)
            if link.many:
                value = [InputView(obj, cls) for obj in value or []]
            elif value is not None:
                value = InputView(value, cls)
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

    def __init__(self, obj: Any, maker: 'type[ProcessTarget]') -> None:
        self._obj, self._maker = obj, maker

    def __getattr__(self, name: str) -> Any:
        declared = None if name in DataObject.__properties__ else type(self._obj).__properties__.get(name)
        if name not in ('data', 'pixels', 'geometry') and (declared is None or isinstance(declared, Link)):
            raise UnknownAttribute(f'make() of {self._maker.__name__} reaches for {name} of its input '
                                   f'{type(self._obj).__name__}, which shows make() its data and the values that describe it '
                                   'alone: what else make() uses must be an input of its own, declare it')
        return getattr(self._obj, name)


def usable_pixels(*maps: Any) -> 'np.ndarray | None':
    """Return the pixels that are good by all of `maps`, inputs that may be absent, 2-D uint8 [y, x]; None without maps."""
    found = [one.data for one in maps if one is not None]
    return functools.reduce(np.bitwise_and, found) if found else None


def data_of(view: Any) -> Any:
    """Return the image of an optional input, None where the input is absent."""
    return None if view is None else view.data
