"""What a persistent class declares: attributes, values of several attributes, and links to other classes."""

import difflib
import operator

from awlike.errors import QueryError, UnknownAttribute

classes: dict[str, type] = {}
"""All persistent classes by name."""


class Property:
    """One declared property of a persistent class: its name, what it means, its unit and type."""

    kind = 'attribute'
    many = False

    def __init__(self, type_, text, unit=''):
        self.type, self.text, self.unit = type_, text, unit
        self.name = ''

    def __set_name__(self, owner, name):
        self.name = name

    @property
    def type_name(self) -> str:
        """Its type in a word or two."""
        return self.type.__name__


class Attribute(Property):
    """A value in a column; `key` is the mapped attribute that holds it."""

    def __init__(self, name, type_, text, unit, key):
        super().__init__(type_, text, unit)
        self.name, self.key = name, key

    def expression(self, node):
        return node.column(self.key)


class Item(Property):
    """One entry of a JSON column, reached by its name."""

    def __init__(self, name, type_, text, unit, key):
        super().__init__(type_, text, unit)
        self.name, self.key = name, key

    def expression(self, node):
        element = node.column(self.key)[self.name.rpartition('.')[2]]
        cast = {float: 'as_float', int: 'as_integer', bool: 'as_boolean'}.get(self.type, 'as_string')
        return getattr(element, cast)()


class Value(Property):
    """A value of several parts (``frame.imstat.median``), each part a property of its own."""

    kind = 'value'

    def parts(self, cls) -> dict[str, Property]:
        """The parts by name, for class `cls`."""
        raise NotImplementedError

    def expression(self, node):
        parts = ', '.join(f'{self.name}.{part}' for part in self.parts(node.cls))
        raise QueryError(f'{self.name} has several parts: name one of them, {parts}')

    def read(self, instance):
        """The value of `instance`."""
        raise NotImplementedError

    def __get__(self, instance, owner):
        if instance is None:
            from awlike.query.path import Path
            return Path(owner, (), self)
        return self.read(instance)


class Link(Property):
    """A link to an object of class `target`, or to a list of them (`many`).

    `optional` says that the link may be empty.
    """

    kind = 'link'

    def __init__(self, target, text, *, many=False, optional=False):
        super().__init__(target, text)
        self._target, self.many, self.optional = target, many, optional

    @property
    def target(self) -> type:
        if isinstance(self._target, str):
            self._target = classes[self._target]
        return self._target

    @property
    def type_name(self) -> str:
        name = self._target if isinstance(self._target, str) else self._target.__name__
        return f'list of {name}' if self.many else name

    def identify(self, builder, node, outer):
        """The SQL expression for the id of what this link of `node` names; joins (`outer` or not) what that needs."""
        raise NotImplementedError

    def members(self, node):
        """For a list link: the table of its members, the condition that ties it to `node`, and the member's id."""
        raise NotImplementedError

    def load(self, instance):
        """What `instance` is linked to."""
        raise NotImplementedError

    def __get__(self, instance, owner):
        if instance is None:
            from awlike.query.path import Path
            return Path(owner, (self,), None)
        return self.load(instance)


def find(cls, name: str, start: str = '') -> Property:
    """The property `name` of `cls`.

    Raises
    ------
    UnknownAttribute
        Naming those that are spelt alike.
    """
    try:
        return cls.__properties__[name]
    except KeyError:
        raise unknown(start or cls.__name__, name, cls.__properties__) from None


def unknown(what: str, name: str, known) -> UnknownAttribute:
    """The error for a name that `what` does not have, with the near ones among `known`."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    hint = f'did you mean {" or ".join(near)}?' if near else f'it has {", ".join(sorted(known))}'
    return UnknownAttribute(f'{what} has no attribute {name!r}: {hint}', name=name)


COMPARISONS = {
    operator.eq: '==', operator.ne: '!=', operator.lt: '<', operator.le: '<=', operator.gt: '>', operator.ge: '>=',
}
