"""The declarations of a persistent class: attributes, values of several attributes, and links to other classes."""

from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from typing_extensions import TypeVar, override

from awlike.spelling import unknown

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapper

    from awlike.query.statement import Node


class Persistent(Protocol):
    """An object of a persistent class, as queries see the object and its class; `DBObject` is the root of them all."""

    __mapper__: ClassVar['Mapper[Any]']

    @classmethod
    def columns_to_show(cls) -> list[str]:
        """Return the paths of the columns in the table of a query, as `Query.table` takes them."""


T = TypeVar('T', bound=Persistent, default=Any)
"""The class of the objects that a path starts from or a query returns."""

V = TypeVar('V', default=Any)
"""The type of the value that an instance has of a property."""

classes: dict[str, type[Any]] = {}
"""All persistent classes by name."""


class Property:
    """One declared property of a persistent class: its name, meaning, unit and type."""

    kind: str = 'attribute'
    many: bool = False
    choices: tuple[str, ...] = ()  # the values that there are, where these are few

    def __init__(self, type_: Any, text: str, unit: str = '') -> None:
        self.type, self.text, self.unit = type_, text, unit
        self.name = ''

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def type_name(self) -> str:
        """The type in a word or two."""
        return self.type.__name__

    def expression(self, node: 'Node') -> Any:
        """Return the SQL expression for this property of the object `node`."""
        raise NotImplementedError

    def compared_with(self, value: Any) -> 'tuple[Property, Any]':
        """Return the property, and the value, to compare when this property is compared with `value`."""
        return self, value


class Attribute(Property):
    """A value in a column; `key` is the mapped attribute that holds the value."""

    def __init__(self, name: str, type_: Any, text: str, unit: str, key: str) -> None:
        super().__init__(type_, text, unit)
        self.name, self.key = name, key

    @override
    def expression(self, node: 'Node') -> Any:
        return node.column(self.key)


class Item(Property):
    """One named entry of a JSON column; `key` is the mapped attribute that holds the JSON."""

    def __init__(self, name: str, type_: Any, text: str, unit: str, key: str) -> None:
        super().__init__(type_, text, unit)
        self.name, self.key = name, key

    @override
    def expression(self, node: 'Node') -> Any:
        element = node.column(self.key)[self.name.rpartition('.')[2]]
        cast = {float: 'as_float', int: 'as_integer', bool: 'as_boolean'}.get(self.type, 'as_string')
        return getattr(element, cast)()


def find(cls: type[Any], name: str, start: str = '') -> Property:
    """Return the property `name` of `cls`; an error calls the class `start`, by default by its name.

    Raises
    ------
    UnknownAttribute
        When `cls` has no such property; names the properties that are spelt alike.
    """
    try:
        return cls.__properties__[name]
    except KeyError:
        raise unknown(start or cls.__name__, name, cls.__properties__) from None
