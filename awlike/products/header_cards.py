"""Headers of raw frames with the cards that people corrected."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from astropy.io.fits import Header


def with_cards(header: 'Header', cards: Mapping[str, Any]) -> 'Header':
    """Return a copy of `header` with `cards` in place of its own; None takes a card out."""
    corrected = header.copy()
    for keyword, value in cards.items():
        if value is None:
            corrected.remove(keyword, ignore_missing=True, remove_all=True)
        else:
            name = keyword if len(keyword) <= 8 and ' ' not in keyword else f'HIERARCH {keyword}'
            corrected[name] = value
    return corrected
