"""Process parameters: values that can change a product, declared beside its class."""

import functools
from typing import TYPE_CHECKING, Any, Self, get_origin

from pydantic import BaseModel, ConfigDict, Field, model_validator

from awlike.digests import canonical
from awlike.query.path import Value
from awlike.query.properties import Item, Property

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo


def parameter(default: Any, text: str, *, unit: str = '', in_key: bool = True, later: bool = False, shared: bool = False,
              **limits: Any) -> Any:
    """Declare a process parameter.

    Parameters
    ----------
    default : float, int, str, bool or dict
        The value unless camera, chip, filter or user give another one.
    text, unit : str
        What the parameter does, and its unit; default none.
    in_key : bool
        Whether the parameter takes part in the identity of a product. Parameters that do not change pixels stay out: those
        that only choose the inputs (declare these by `choosing`), and limits of quality.
    later : bool
        Whether the class gained the parameter when products had been made without it. At its default, which never changes
        from then on, it is no part of the identity, so that these products hold.
    shared : bool
        Whether a value that a user gives it for a product holds for all that is made on the way to that product, too, where
        the class has a parameter of this name; so a frame in electrons is divided by a flat of electrons. Default: no.
    **limits
        The range, as in pydantic: ``ge``, ``gt``, ``le``, ``lt``.
    """
    return Field(default, description=text,
                 json_schema_extra={'unit': unit, 'in_key': in_key, 'later': later, 'shared': shared}, **limits)


def switch(text: str) -> Any:
    """Declare a process parameter, yes by default, that switches off the inputs which name it as their `switch`."""
    return parameter(True, f'{text}; no switches this off', later=True)


def limit(default: float, text: str, *, unit: str = '') -> Any:
    """Declare a limit of quality, a process parameter that changes no pixels.

    `LIMITS` or `DIFFERENCES` of the product's class has the measure under the same name. A name that begins with MINIMUM
    bounds the measured value from below, any other name from above. The arguments are as in `parameter`; the range
    begins at 0.
    """
    return parameter(default, f'quality: {text}', unit=unit, in_key=False, ge=0)


def choosing(default: Any, text: str, *, unit: str = '', **limits: Any) -> Any:
    """Declare a process parameter that only chooses inputs.

    The inputs take part in the identity of a product, so the parameter does not: a product holds whatever its value was.
    The arguments are as in `parameter`.
    """
    declared = parameter(default, text, unit=unit, in_key=False, **limits)
    declared.json_schema_extra['chooses'] = True
    return declared


def reach(level: str, nights: int) -> Any:
    """Declare the parameter that says how many nights away a calibration of a level may be; `nights` is the default.

    A kind declares the limits of the three levels *plan*, *acceptable* and *last resort*; nothing beyond the last is used.
    """
    return choosing(nights, f'a calibration of level "{level}" is at most so many nights away', unit='d', ge=0)


def unit_of(field: 'FieldInfo') -> str:
    """Return the unit of a process parameter."""
    return _declared(field)['unit']


def _declared(field: 'FieldInfo') -> dict[str, Any]:
    """Return what `parameter` declared of a field beside default, text and range."""
    assert isinstance(field.json_schema_extra, dict)
    return field.json_schema_extra


class ProcessParameters(BaseModel):
    """The process parameters of one product; each class of products has a subclass of this named `Parameters`."""

    model_config = ConfigDict(frozen=True, extra='forbid', allow_inf_nan=False)

    @functools.cached_property
    def canonical(self) -> str:
        """`key` as a text that is the same for equal values."""
        return canonical(self.key()).decode()

    def __hash__(self) -> int:
        return hash(self.canonical)  # a table among the parameters has no hash of its own

    @classmethod
    def choosing(cls) -> frozenset[str]:
        """Return the names of the parameters that only choose inputs."""
        return frozenset(name for name, field in cls.model_fields.items() if _declared(field).get('chooses'))

    @classmethod
    def shared(cls) -> frozenset[str]:
        """Return the names of the parameters whose values hold for what is made on the way, too."""
        return frozenset(name for name, field in cls.model_fields.items() if _declared(field)['shared'])

    @classmethod
    def completed(cls, recorded: dict[str, Any]) -> dict[str, Any]:
        """Return the `recorded` parameters of a product, completed by those that the class has gained since."""
        return {name: field.default for name, field in cls.model_fields.items() if _declared(field)['later']} | recorded

    def compared_with(self, recorded: dict[str, Any]) -> dict[str, Any]:
        """Return the parameters that can change the result, also those outside `key` that are among the `recorded` ones."""
        return {name: value for name, field in type(self).model_fields.items()
                if _declared(field)['in_key'] and ((value := getattr(self, name)) != {} or name in recorded)}

    def key(self) -> dict[str, Any]:
        """Return the parameters that can change the result, by name.

        Left out are empty tables, which change nothing, and parameters of a later date at their default.
        """
        return {name: value for name, field in type(self).model_fields.items()
                if _declared(field)['in_key'] and (value := getattr(self, name)) != {}
                and not (_declared(field)['later'] and value == field.default)}


class FromRawPixels(ProcessParameters):
    """Parameters by which raw pixels become an image."""

    OVERSCAN_CORRECTION: int = parameter(6, 'overscan mode, 0-10', ge=0, le=10)
    OVERSCAN_DEGREE: int = parameter(3, 'degree of the polynomial of overscan mode 8', later=True, ge=0, le=20)
    CROSSTALK: dict[str, dict[str, float]] = parameter(
        {}, 'ghosts in an amplifier of other amplifiers: {amplifier: {other amplifier: coefficient}}')
    CROSSTALK_CORRECTION: bool = switch('the crosstalk is undone that a CrosstalkMatrix tells')


class FromLight(FromRawPixels):
    """Parameters by which raw pixels become an image of light, in ADU or in electrons."""

    GAIN_CORRECTION: str = parameter(
        '', 'the image is in electrons, by the gain of each amplifier that is measured (techdata), that a ramp of flats tells '
        '(relative), or that the header has (header); if empty, it is in ADU', later=True, shared=True,
        pattern='^(techdata|relative|header)?$')


class FromExposure(FromLight):
    """Parameters by which one chip of an exposure becomes an image."""

    CHIP_CROSSTALK: dict[str, float] = parameter(
        {}, 'ghosts in the chip of other chips, read out at the same time: {other chip: coefficient}')


class FromRawFrames(ProcessParameters):
    """Parameters by which raw frames are chosen for a calibration: how many, and from how far away in time.

    A calibration carries a level: *plan*, *acceptable* or *last resort*, by the number of nights between it and what it
    serves. Three limits say where each level ends.
    """

    MINIMUM_NUMBER: int = choosing(3, 'at least so many raw frames are needed', ge=1)
    MAXIMUM_NUMBER: int = choosing(50, 'at most so many raw frames are used, the first of the night', ge=1)
    PLAN_NIGHTS: int = reach('plan', 3)
    ACCEPTABLE_NIGHTS: int = reach('acceptable', 14)
    LAST_RESORT_NIGHTS: int = reach('last resort', 90)

    @model_validator(mode='after')
    def _limits_ascend(self) -> Self:
        if not self.PLAN_NIGHTS <= self.ACCEPTABLE_NIGHTS <= self.LAST_RESORT_NIGHTS:
            raise ValueError('set the limits so that PLAN_NIGHTS <= ACCEPTABLE_NIGHTS <= LAST_RESORT_NIGHTS')
        return self


class FromMembers(ProcessParameters):
    """Parameters of what is made from the members of a set: of how many at least.

    A member that cannot be made is left out, and plan, product and header tell it, as long as enough members remain.
    """

    MINIMUM_MEMBERS: int = choosing(1, 'at least so many members are needed', ge=1)


class StoredParameters(Value):
    """The process parameters with which a product was made, kept in the column `process_parameters`."""

    def __init__(self) -> None:
        super().__init__(ProcessParameters, 'process parameters with which it was made')

    def parts(self, cls: type[Any]) -> dict[str, Property]:
        # A table is compared as its JSON text.
        return {name: Item(f'process_params.{name}', str if get_origin(field.annotation) is dict else field.annotation,
                           field.description, unit_of(field), 'process_parameters')
                for name, field in cls.Parameters.model_fields.items()}

    def read(self, instance: Any) -> Any:
        stored = instance.process_parameters
        return None if stored is None else type(instance).Parameters.model_construct(**stored)

    def __set__(self, instance: Any, value: ProcessParameters) -> None:
        instance.process_parameters = value.model_dump()
