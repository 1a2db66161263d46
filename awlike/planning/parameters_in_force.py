"""Process parameters in force: the class's defaults, the camera's for instrument, chip and filter, and the user's."""

import functools
from typing import Any

from pydantic import ValidationError

from awlike.cameras.known import camera
from awlike.errors import ParameterError
from awlike.products.parameters import ProcessParameters
from awlike.products.product import ProcessTarget
from awlike.query.properties import classes
from awlike.spelling import unknown


def split(name: str) -> tuple[type[ProcessTarget], str]:
    """Return class and parameter of ``'BiasFrame.process_params.SIGMA_CLIP'`` (the middle may be left out).

    Raises
    ------
    UnknownAttribute
        When there is no such class or parameter; the error names those that are spelt alike.
    """
    class_name, *middle, parameter = name.split('.') if '.' in name else (name, '')
    products = {n: c for n, c in classes.items() if hasattr(c, 'Parameters')}
    if class_name not in products or middle not in ([], ['process_params']):
        raise unknown('the set of products with process parameters', class_name, products)
    cls = products[class_name]
    if parameter not in cls.Parameters.model_fields:
        raise unknown(f'{class_name}.process_params', parameter, cls.Parameters.model_fields)
    return cls, parameter


class ParametersInForce:
    """The parameters of each product of one task; `changes` are the user's, by full name.

    What a user switches off for a product is switched off for all that is made on the way to it, too, where the user does
    not say otherwise: a frame without flat has a weight without flat.
    """

    def __init__(self, changes: dict[str, Any] | None = None) -> None:
        if not isinstance(changes, dict | None):
            raise ParameterError(f'pars {changes!r}: give what Pars(...).get() gives')
        self._changes: dict[str, dict[str, Any]] = {}
        for name, value in (changes or {}).items():
            cls, parameter = split(name)
            self._changes.setdefault(cls.__name__, {})[parameter] = value
            checked(cls, {parameter: value}, f'pars {name}')
        self._changes = handed_down(self._changes)
        self._made: dict[tuple, ProcessParameters] = {}

    def changed(self, cls: type[ProcessTarget]) -> frozenset[str]:
        """Return which parameters of class `cls` the user set."""
        return frozenset(self._changes.get(cls.__name__, ()))

    def get(self, cls: type[ProcessTarget], instrument: str, chip: str | None = None,
            filter_: str | None = None) -> ProcessParameters:
        """Return the `Parameters` of class `cls` for a place."""
        place = (cls, instrument, chip, filter_)
        if place not in self._made:
            values = defaults(cls, instrument, chip, filter_) | self._changes.get(cls.__name__, {})
            self._made[place] = checked(cls, values, f'{instrument} {chip or ""} {filter_ or ""}'.strip())
        return self._made[place]


def handed_down(changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return `changes`, parameters by class name, with each switch for all classes whose products are inputs of its class.

    A class that has the switch among its own changes keeps its value; of two classes that hand one down, no goes first.
    Parameters that are declared `shared` are handed down as they are.
    """
    found = {name: dict(values) for name, values in changes.items()}
    for name, values in changes.items():
        cls: type[ProcessTarget] = classes[name]
        for shared in cls.Parameters.shared() & values.keys():
            for maker in makers(cls):
                if shared in maker.Parameters.shared() and shared not in changes.get(maker.__name__, {}):
                    found.setdefault(maker.__name__, {})[shared] = values[shared]
        for switch in switches(cls) & values.keys():
            value = getattr(checked(cls, {switch: values[switch]}, 'pars'), switch)
            for maker in makers(cls):
                own = changes.get(maker.__name__, {})
                if switch in switches(maker) and switch not in own:
                    its = found.setdefault(maker.__name__, {})
                    its[switch] = value and its.get(switch, True)
    return found


def switches(cls: type[ProcessTarget]) -> set[str]:
    """Return the names of the parameters that switch inputs of products of class `cls` off."""
    return {name for link in cls.inputs().values() for name in link.switches}


def defaults(cls: type[ProcessTarget], instrument: str, chip: str | None = None, filter_: str | None = None) -> dict[str, Any]:
    """Return the values that the camera gives to parameters of class `cls` in place of the defaults of the class."""
    of_camera = camera(instrument).defaults_for(cls.__name__, chip, filter_)
    return {name: value for name, value in of_camera.items() if name in cls.Parameters.model_fields}


def checked(cls: type[ProcessTarget], values: dict[str, Any], where: str) -> ProcessParameters:
    """Return `values` as the `Parameters` of `cls`.

    Raises
    ------
    ParameterError
        When a value is out of range; the error names the parameter, its range and the value.
    """
    try:
        return cls.Parameters(**values)
    except ValidationError as error:
        wrong = '; '.join(f'{".".join(map(str, e["loc"]))} = {e["input"]!r}: {e["msg"].lower()}' for e in error.errors())
        raise ParameterError(f'process parameters of {cls.__name__} ({where}): {wrong}') from None


@functools.cache
def makers(cls: type[ProcessTarget]) -> tuple[type[ProcessTarget], ...]:
    """Return `cls` and all classes of products that go into it, inputs last, each once."""
    found: dict[type[ProcessTarget], None] = {cls: None}
    for link in cls.inputs().values():
        if hasattr(link.target, 'Parameters'):
            found |= dict.fromkeys(makers(link.target))
    return tuple(found)
