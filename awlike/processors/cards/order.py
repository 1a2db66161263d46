"""The order of the cards of a header, which the FITS standard asks for at its beginning."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from astropy.io import fits

from awlike.errors import HeaderError
from awlike.processors.cards.header import CheckedHeader

_FIRST = (('SIMPLE', True), ('BITPIX', True), ('NAXIS', True))
_LAST = (('EXTEND', False), ('BZERO', False), ('BSCALE', False))
_AXES = 999

Filter = Callable[[str], bool]
CardItem = str | tuple[str, bool] | fits.Card


def sortHeaders(header: fits.Header, commentFilter: Filter | None = None, historyFilter: Filter | None = None,
                cardSequence: Iterable[CardItem] = ()) -> CheckedHeader:
    """Return the cards of a header in the order that FITS asks for; HISTORY and COMMENT come last.

    Sorting twice is sorting once: blank cards before HISTORY and COMMENT do not pile up.

    Parameters
    ----------
    header : astropy.io.fits.Header
        It stays as it is.
    commentFilter, historyFilter : callable, optional
        Get the text of each COMMENT and HISTORY card, and return whether to keep it. Default: keep all.
    cardSequence : iterable, optional
        Cards that follow the mandatory ones, in this order: keywords, (keyword, whether it is mandatory), or cards.

    Raises
    ------
    HeaderError
        When the header lacks a mandatory card.
    """
    left = list(header.cards)
    axes = [(f'NAXIS{axis}', False) for axis in range(1, _axes(header) + 1)]
    ordered = _taken(left, [*_FIRST, *axes, *_LAST, *cardSequence])
    others = [card for card in left if card.keyword not in ('HISTORY', 'COMMENT')]
    while others and _is_blank(others[-1]):
        others.pop()
    ordered += others
    for keyword, keep in (('HISTORY', historyFilter), ('COMMENT', commentFilter)):
        kept = [card for card in left if card.keyword == keyword and (keep is None or keep(str(card.value)))]
        ordered += [fits.Card(), *kept] if kept else []
    return CheckedHeader(ordered)


def _taken(left: list[fits.Card], items: Sequence[CardItem]) -> list[fits.Card]:
    """Return the cards that `items` name, taken out of `left`."""
    found = []
    for item in items:
        if isinstance(item, fits.Card):
            found.append(item)
            continue
        keyword, mandatory = (item, False) if isinstance(item, str) else item
        named = [card for card in left if card.keyword == keyword]
        if mandatory and not named:
            raise HeaderError(f"Mandatory card '{keyword}' missing: set it, or start from the header of the file")
        found += named
        left[:] = [card for card in left if card.keyword != keyword]
    return found


def _axes(header: fits.Header) -> int:
    number: Any = header.get('NAXIS', 0)
    return min(number, _AXES) if isinstance(number, int) else 0


def _is_blank(card: fits.Card) -> bool:
    return card.keyword == '' and not str(card.value or '').strip()


def in_order(header: fits.Header) -> bool:
    """Return whether a header begins as FITS asks: SIMPLE, BITPIX, NAXIS, and the axes in turn."""
    first = ['SIMPLE', 'BITPIX', 'NAXIS', *(f'NAXIS{axis}' for axis in range(1, _axes(header) + 1))]
    return [card.keyword for card in header.cards[:len(first)]] == first
