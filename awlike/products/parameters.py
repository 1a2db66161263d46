"""Process parameters: what can change a product, declared beside its class."""

import functools
from typing import get_origin

from pydantic import BaseModel, ConfigDict, Field

from awlike.digests import canonical
from awlike.query.path import Value
from awlike.query.properties import Item


def parameter(default, text, *, unit='', in_key=True, **limits):
    """Declare a process parameter.

    Parameters
    ----------
    default : float, int, str, bool or dict
        Its value unless camera, chip, filter or user say otherwise.
    text, unit : str
        What it does, and its unit; default none.
    in_key : bool
        Whether it takes part in the identity of a product. Those that only choose the inputs (which take part
        themselves), limits of quality and intervals of validity do not change the pixels and stay out.
    **limits
        Its range, as in pydantic: ``ge``, ``gt``, ``le``, ``lt``.
    """
    return Field(default, description=text, json_schema_extra={'unit': unit, 'in_key': in_key}, **limits)


def limit(default, text, *, unit=''):
    """Declare a limit of quality, a process parameter that changes no pixels.

    What it bounds is said under its name in `LIMITS` or `DIFFERENCES` of the product's class: from below when the name
    begins with MINIMUM, else from above. Its arguments are those of `parameter`; its range is from 0.
    """
    return parameter(default, f'quality: {text}', unit=unit, in_key=False, ge=0)


class ProcessParameters(BaseModel):
    """The process parameters of one product; a subclass named `Parameters` stands in each product's class."""

    model_config = ConfigDict(frozen=True, extra='forbid', allow_inf_nan=False)

    @functools.cached_property
    def canonical(self) -> str:
        """`key` as a text that is the same for equal values."""
        return canonical(self.key()).decode()

    def __hash__(self):
        return hash(self.canonical)  # a table among them has no hash of its own

    def key(self) -> dict:
        """Those that can change the result, by name. An empty table says nothing, and is left out."""
        return {name: value for name, field in type(self).model_fields.items()
                if field.json_schema_extra['in_key'] and (value := getattr(self, name)) != {}}


class FromRawPixels(ProcessParameters):
    """How raw pixels become an image."""

    OVERSCAN_CORRECTION: int = parameter(6, 'overscan mode, 0-10', ge=0, le=10)
    CROSSTALK: dict[str, dict[str, float]] = parameter(
        {}, 'what an amplifier hears of others: {name of the one: {name of another: coefficient}}')


class FromExposure(FromRawPixels):
    """How one of the chips of an exposure becomes an image."""

    CHIP_CROSSTALK: dict[str, float] = parameter(
        {}, 'what the chip hears of others, read out at the same time: {name of another chip: coefficient}')


class FromRawFrames(ProcessParameters):
    """How raw frames are chosen for a calibration, and for how long it serves."""

    MINIMUM_NUMBER: int = parameter(3, 'at least so many raw frames are needed', in_key=False, ge=1)
    MAXIMUM_NUMBER: int = parameter(50, 'at most so many raw frames are used, the nearest', in_key=False, ge=1)
    MAXIMUM_DAYS: float = parameter(7.0, 'raw frames are from nights at most so far from the observing night',
                                    unit='d', in_key=False, ge=0)
    VALIDITY_DAYS: float = parameter(0.0, 'it serves for the nights of its raw frames, noon to noon, and for so long '
                                     'before and after', unit='d', in_key=False, ge=0)


class StoredParameters(Value):
    """The process parameters with which a product was made, kept in the column `process_parameters`."""

    def __init__(self):
        super().__init__(ProcessParameters, 'process parameters with which it was made')

    def parts(self, cls):
        # A table is compared as its JSON text.
        return {name: Item(f'process_params.{name}', str if get_origin(field.annotation) is dict else field.annotation,
                           field.description,
                           field.json_schema_extra['unit'], 'process_parameters')
                for name, field in cls.Parameters.model_fields.items()}

    def read(self, instance):
        stored = instance.process_parameters
        return None if stored is None else type(instance).Parameters.model_construct(**stored)

    def __set__(self, instance, value):
        instance.process_parameters = value.model_dump()
