"""Quality: measured values of a product, and of its change since an earlier one, beside the limits in its parameters.

A class of products declares `LIMITS` and `DIFFERENCES`. Each limit has a bit of `quality_flags` for ever: the bits of
`LIMITS` count from 0, those of `DIFFERENCES` from 16, in the order written. So write a new limit at the end.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from awlike.products.parameters import unit_of
from awlike.terminal import Readable

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget

_FIRST_DIFFERENCE = 16
ITSELF = (1 << _FIRST_DIFFERENCE) - 1  # the bits of the limits that a product misses by itself
_COMPARED = 'compared with'


class LimitCheck(NamedTuple):
    """A measured value and its limit."""

    name: str
    value: float
    limit: float
    unit: str
    missed: bool

    def __str__(self) -> str:
        return f'{self.name}: {f"{self.value:.6g} {self.unit}".strip()}, limit {self.limit:.10g}'

    __repr__ = __str__


class Quality(Readable):
    """The measured values of a product, beside its limits; true when the product misses none. Print it.

    Attributes
    ----------
    held : list of LimitCheck
        The values with their limits.
    missed : list of LimitCheck
        The values that miss their limit.
    flags : int
        A bit for each missed limit, as in `quality_flags`.
    compared_with : str
        The name of the product of the comparison; empty when there was none.
    """

    def __init__(self, cls: 'type[ProcessTarget]', held: list[LimitCheck], compared_with: str = '') -> None:
        self.held, self.compared_with = held, compared_with
        self.missed = [check for check in held if check.missed]
        self.flags = sum(1 << bits(cls)[check.name] for check in self.missed)

    def __bool__(self) -> bool:
        return not self.missed

    def __str__(self) -> str:
        lines = [f'{check}{", missed" if check.missed else ""}' for check in self.held]
        if self.compared_with:
            lines.append(f'{_COMPARED} {self.compared_with}')
        return '\n'.join(lines) or 'nothing is measured: it has no such limits, or there is no earlier one'


def bits(cls: 'type[ProcessTarget]') -> dict[str, int]:
    """Return the bit of each limit of the products of class `cls`, by name."""
    return {name: bit for bit, name in enumerate(cls.LIMITS)} | \
        {name: bit for bit, name in enumerate(cls.DIFFERENCES, _FIRST_DIFFERENCE)}


def verified(product: 'ProcessTarget') -> Quality:
    """Measure `product` by itself; of an imported one, what can be measured without its raw frames."""
    cls = type(product)
    values = {name: measure(product) for name, measure in cls.LIMITS.items()}
    return Quality(cls, [_checked(product, name, value) for name, value in values.items()
                         if value is not None or not product.imported])


def compared(product: 'ProcessTarget', previous: 'ProcessTarget | None') -> Quality:
    """Measure the change of `product` since `previous`; without a previous product no limit is missed."""
    cls = type(product)
    if previous is None:
        return Quality(cls, [])
    return Quality(cls, [_checked(product, name, measure(product, previous)) for name, measure in cls.DIFFERENCES.items()],
                   str(previous))


def judge(product: 'ProcessTarget', previous: 'ProcessTarget | None') -> None:
    """Measure `product`, just made, by itself and against `previous`, and set its flags."""
    itself = verified(product)
    product.quality = _values(itself)
    change = compared(product, previous)
    product.quality_flags = itself.flags | change.flags
    if previous is not None and change.held:
        product.quality |= _values(change) | {_COMPARED: {'name': str(previous), 'object_id': previous.object_id.hex}}


def as_judged(cls: 'type[ProcessTarget]', product: Any) -> Quality:
    """Return the quality found when `product` was made; `product` is an object of class `cls`, or its row in a plan."""
    found, flags, parameters = product.quality or {}, product.quality_flags or 0, product.process_parameters or {}
    held = [LimitCheck(name, _number(found.get(name)), _number(parameters.get(name)), _unit(cls, name), bool(flags >> bit & 1))
            for name, bit in bits(cls).items() if name in found or flags >> bit & 1]
    before = found.get(_COMPARED)
    return Quality(cls, held, before.get('name', '') if isinstance(before, dict) else '')


def is_bad(product: Any) -> bool:
    """Return whether `product`, or its row in a plan, misses a limit by itself.

    A change since an earlier product says as much about the earlier one, and depends on what was made before. So it is told
    and keeps nothing from serving.
    """
    return bool((product.quality_flags or 0) & ITSELF)


def measured(product: 'ProcessTarget', name: str) -> float:
    """Return the value for the limit `name`: as recorded when `product` was made, or else measured now."""
    recorded = product.quality or {}
    return _number(recorded[name] if name in recorded else type(product).LIMITS[name](product))


def size_of(name: str) -> 'Callable[[ProcessTarget], float | None]':
    """Return the measure of how far the result `name` is from 0; None where the result is unknown."""
    def size(product: 'ProcessTarget') -> float | None:
        value = getattr(product, name)
        return None if value is None else abs(value)
    return size


def change_of(name: str) -> 'Callable[[ProcessTarget, ProcessTarget], float]':
    """Return the measure of how much the value for the limit `name` has changed since the earlier product."""
    return lambda product, previous: abs(measured(product, name) - measured(previous, name))


def _checked(product: 'ProcessTarget', name: str, value: float | None) -> LimitCheck:
    """Return `value` with the limit `name` of `product`."""
    limit, value = getattr(product.process_params, name), _number(value)
    inside = math.isfinite(value) and (value >= limit if name.startswith('MINIMUM') else value <= limit)
    return LimitCheck(name, value, limit, _unit(type(product), name), not inside)


def _unit(cls: 'type[ProcessTarget]', name: str) -> str:
    return unit_of(cls.Parameters.model_fields[name])


def _number(value: Any) -> float:
    """Return `value`, or NaN where it is no number, as when it could not be measured."""
    return value if isinstance(value, int | float) else float('nan')


def _values(quality: Quality) -> dict[str, Any]:
    """Return the values of `quality` by name, with None for a value that could not be measured."""
    return {check.name: check.value if math.isfinite(check.value) else None for check in quality.held}
