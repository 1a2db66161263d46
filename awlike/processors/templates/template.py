"""What a template is, and the templates that have a name."""

from collections.abc import Iterator, Mapping, Sequence
from typing import overload

from astropy.io import fits
from typing_extensions import override

from awlike.errors import NotFound, ParameterError
from awlike.spelling import near

Item = tuple[str, str] | fits.Card
"""A keyword with its comment, for a card whose value is given; or a card: a fixed one, or a title without keyword."""


class Template(Sequence[Item]):
    """A sequence of items, each a keyword with its comment, a fixed card, or a title (a card without keyword).

    Parameters
    ----------
    items : sequence
    aliases : mapping of str, optional
        Other names by which values may be given, to keywords.
    """

    def __init__(self, items: Sequence[Item], aliases: Mapping[str, str] | None = None) -> None:
        self._items, self.aliases = tuple(items), dict(aliases or {})
        keywords = [keyword_of(item) for item in self._items if keyword_of(item)]
        twice = sorted({keyword for keyword in keywords if keywords.count(keyword) > 1})
        if twice:
            raise ParameterError(f'the template has {", ".join(twice)} twice: name each keyword once')
        self.names = {keyword.replace('-', '_'): keyword for keyword in keywords} | self.aliases

    @overload
    def __getitem__(self, index: int) -> Item: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Item]: ...

    @override
    def __getitem__(self, index: int | slice) -> Item | Sequence[Item]:
        return self._items[index]

    @override
    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    @override
    def __len__(self) -> int:
        return len(self._items)


_registered: dict[str, Template] = {}


def keyword_of(item: Item) -> str:
    """Return the keyword of an item, empty for a title."""
    return str(item.keyword) if isinstance(item, fits.Card) else item[0]


def as_template(template: Sequence[Item]) -> Template:
    """Return a template that a script gives as a list."""
    return template if isinstance(template, Template) else Template(template)


def registerTemplate(name: str, template: Sequence[Item]) -> Template:
    """Give a template a name, which headers made by it have in their HISTORY; return the template to use from then on."""
    _registered[name.lower()] = found = as_template(template)
    return found


def getTemplateForName(name: str) -> Template:
    """Return the template with a name.

    Raises
    ------
    NotFound
        When there is none.
    """
    _register_own()
    if name.lower() not in _registered:
        raise NotFound(f'there is no template {name}{near(name, _registered)}: there are {", ".join(_registered)}; '
                       'registerTemplate adds one')
    return _registered[name.lower()]


def name_of(template: Template) -> str:
    """Return the name of a template, ``'anonymous'`` without one."""
    _register_own()
    return next((name for name, one in _registered.items() if one is template or list(one) == list(template)), 'anonymous')


def _register_own() -> None:
    """Load the templates of this package, which register themselves."""
    from awlike.processors.templates import applause, image, wfpdb  # noqa: F401
