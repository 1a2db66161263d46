"""The difference between two headers, card by card."""

import collections

from astropy.io import fits

from awlike.processors.cards.serialising import card_images

_NOT_SHOWN = ('CHECKSUM', '')


def difference(old: fits.Header, new: fits.Header) -> list[tuple[str, str]]:
    """Return the cards that `new` lacks (``'-'``) and that only `new` has (``'+'``), as text, in the order of the headers.

    An old and a new card of one keyword stand one behind the other. Checksums and blank cards are left out.
    """
    gone, come = _shown(old), _shown(new)
    kept = collections.Counter(gone) & collections.Counter(come)
    gone, come = _without(gone, kept), _without(come, kept)
    found = []
    for card in gone:
        found.append(('-', card))
        same = next((one for one in come if _keyword(one) == _keyword(card)), None)
        if same is not None:
            come.remove(same)
            found.append(('+', same))
    return found + [('+', card) for card in come]


def told(name: str, cards: list[tuple[str, str]]) -> str:
    """Return a difference as lines below the name of a file; a text where only the order of the cards differs."""
    lines = [f'{sign} {card}' for sign, card in cards] or ['  the same cards in another order']
    return '\n'.join([name, *lines])


def _shown(header: fits.Header) -> list[str]:
    images = zip(header.cards, card_images(header), strict=True)
    return [image.rstrip() for card, image in images if image.strip() and card.keyword not in _NOT_SHOWN or card.value]


def _without(cards: list[str], kept: collections.Counter[str]) -> list[str]:
    left, found = kept.copy(), []
    for card in cards:
        if left[card]:
            left[card] -= 1
        else:
            found.append(card)
    return found


def _keyword(card: str) -> str:
    return card[:8]
