"""What `make` sees of the inputs of a product."""

from awlike.errors import UnknownAttribute
from awlike.persist.dataobject import DataObject
from awlike.query.path import Link


class Inputs:
    """What `make` sees: the declared inputs, by role; those that are absent are None or an empty list."""

    def __init__(self, cls, inputs):
        for role, link in cls.inputs().items():
            value = inputs.get(role)
            if link.many:
                value = [InputView(obj, cls) for obj in value or []]
            elif value is not None:
                value = InputView(value, cls)
            setattr(self, role, value)
        self._cls = cls

    def __getattr__(self, name):
        raise UnknownAttribute(f'make() of {self._cls.__name__} reaches for {name}, but its inputs are '
                               f'{", ".join(self._cls.inputs())}: what it uses must be an input of its own, declare it')


class InputView:
    """One input of a product: its pixels and the values that describe them. What lies behind it is out of reach.

    So are its name, its owner and the like: two inputs of equal content must make the same product.
    """

    def __init__(self, obj, maker):
        self._obj, self._maker = obj, maker

    def __getattr__(self, name):
        declared = None if name in DataObject.__properties__ else type(self._obj).__properties__.get(name)
        if name not in ('data', 'pixels', 'geometry') and (declared is None or isinstance(declared, Link)):
            raise UnknownAttribute(f'make() of {self._maker.__name__} reaches for {name} of its input '
                                   f'{type(self._obj).__name__}, which gives its data and the values that describe it '
                                   'alone: what else make() uses must be an input of its own, declare it')
        return getattr(self._obj, name)


def data_of(view):
    """The image of an optional input, None where that is absent."""
    return None if view is None else view.data
