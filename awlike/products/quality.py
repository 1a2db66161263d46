"""Quality: what is measured of a product and of its change since the one before, beside the limits in its parameters.

A class of products declares `LIMITS` and `DIFFERENCES`. Each limit has a bit of `quality_flags` for ever: those of
`LIMITS` count from 0, those of `DIFFERENCES` from 16, in the order written. So a new limit is written at the end.
"""

import math
from typing import NamedTuple

from awlike.terminal import Readable

_FIRST_DIFFERENCE = 16
_COMPARED = 'compared with'


class LimitCheck(NamedTuple):
    """A value that was measured, and the limit that it is held to."""

    name: str
    value: float
    limit: float
    unit: str
    missed: bool

    def __str__(self):
        return f'{self.name}: {f"{self.value:.6g} {self.unit}".strip()}, limit {self.limit:.10g}'

    __repr__ = __str__


class Quality(Readable):
    """What was measured of a product, beside its limits; true when it misses none. Print it.

    Attributes
    ----------
    held : list of LimitCheck
        The values with their limits.
    missed : list of LimitCheck
        Those of them that miss their limit.
    flags : int
        A bit for each of these, as in `quality_flags`.
    compared_with : str
        What it was compared with; empty when with nothing.
    """

    def __init__(self, cls, held, compared_with=''):
        self.held, self.compared_with = held, compared_with
        self.missed = [one for one in held if one.missed]
        self.flags = sum(1 << bits(cls)[one.name] for one in self.missed)

    def __bool__(self):
        return not self.missed

    def __str__(self):
        lines = [f'{one}{", missed" if one.missed else ""}' for one in self.held]
        if self.compared_with:
            lines.append(f'{_COMPARED} {self.compared_with}')
        return '\n'.join(lines) or 'nothing is measured: it has no such limits, or there is no earlier one'


def bits(cls) -> dict[str, int]:
    """The bit of each limit of the products of class `cls`, by name."""
    return {name: bit for bit, name in enumerate(cls.LIMITS)} | \
        {name: bit for bit, name in enumerate(cls.DIFFERENCES, _FIRST_DIFFERENCE)}


def verified(product) -> Quality:
    """Measure `product` by itself."""
    return Quality(type(product), [_held(product, name, measure(product)) for name, measure in type(product).LIMITS.items()])


def compared(product, previous) -> Quality:
    """Measure the change of `product` since `previous`; where there is none, nothing is missed."""
    if previous is None:
        return Quality(type(product), [])
    return Quality(type(product), [_held(product, name, measure(product, previous))
                                   for name, measure in type(product).DIFFERENCES.items()], str(previous))


def judge(product, previous) -> None:
    """Measure `product`, just made, by itself and against `previous`, and set its flags accordingly."""
    itself = verified(product)
    product.quality = _values(itself)
    change = compared(product, previous)
    product.quality_flags = itself.flags | change.flags
    if change.held:
        product.quality |= _values(change) | {_COMPARED: {'name': str(previous), 'object_id': previous.object_id.hex}}


def as_judged(cls, product) -> Quality:
    """What was found when `product`, of class `cls`, or what a plan knows of it, was made."""
    found, flags, parameters = product.quality or {}, product.quality_flags or 0, product.process_parameters or {}
    held = [LimitCheck(name, _number(found.get(name)), _number(parameters.get(name)), _unit(cls, name), bool(flags >> bit & 1))
            for name, bit in bits(cls).items() if name in found or flags >> bit & 1]
    return Quality(cls, held, found.get(_COMPARED, {}).get('name', ''))


def compared_to(product) -> str | None:
    """The id, in hexadecimal, of what `product` was compared with."""
    return (product.quality or {}).get(_COMPARED, {}).get('object_id')


def measured(product, name: str) -> float:
    """What is held to the limit `name`, as it was found when `product` was made, or else measured now."""
    recorded = product.quality or {}
    return _number(recorded[name] if name in recorded else type(product).LIMITS[name](product))


def change_of(name: str):
    """The measure for a limit on how much that which is held to the limit `name` has changed since the one before."""
    return lambda product, previous: abs(measured(product, name) - measured(previous, name))


def _held(product, name, value) -> LimitCheck:
    limit, value = getattr(product.process_params, name), _number(value)
    inside = math.isfinite(value) and (value >= limit if name.startswith('MINIMUM') else value <= limit)
    return LimitCheck(name, value, limit, _unit(type(product), name), not inside)


def _unit(cls, name) -> str:
    return cls.Parameters.model_fields[name].json_schema_extra['unit']


def _number(value) -> float:
    return float('nan') if value is None else value


def _values(quality) -> dict:
    """What is kept of it: by name, with None for what could not be measured."""
    return {one.name: one.value if math.isfinite(one.value) else None for one in quality.held}
