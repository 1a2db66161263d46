"""What a persistent class declares: attributes, values of several attributes, and links to other classes."""


from awlike.spelling import unknown

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
