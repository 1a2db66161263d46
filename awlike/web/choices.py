"""The fields of a form that filters a list: names to choose from, in a constant number of statements."""

import dataclasses
from typing import TYPE_CHECKING, Any

from awlike.persist.references import Chip, Filter, Instrument

if TYPE_CHECKING:
    from awlike.web.asked import Ask

_MANY = 200  # names that a form offers
CHOSEN = {'instrument': Instrument, 'chip': Chip, 'filter': Filter}
"""The attributes that a form offers to choose from."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """A field: the attribute, the names to choose from, and those that are chosen."""

    name: str
    names: list[str]
    chosen: list[str]


def choices_for(cls: Any, ask: 'Ask') -> list[Choice]:
    """Return the fields for instrument, chip and filter, as far as `cls` has them."""
    return [Choice(name, names_of(kind), ask.query.getlist(name)) for name, kind in CHOSEN.items()
            if name in cls.__properties__]


def names_of(kind: Any) -> list[str]:
    """Return the names of the objects of `kind`, each once."""
    return sorted({name for name, in kind.select_all().rows('name', number=_MANY) if name})
