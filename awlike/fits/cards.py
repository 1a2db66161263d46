"""The cards of a header as plain values, by keyword as headers are asked for: ``FOCUS``, ``ESO DET CHIP1 ID``."""

from typing import TYPE_CHECKING, Any

from awlike.errors import ParameterError

if TYPE_CHECKING:
    from astropy.io.fits import Header

CardValue = str | float | bool | None
COMMENTARY = ('', 'COMMENT', 'HISTORY', 'CONTINUE', 'END')
_LONGEST = 68  # characters of a keyword: more do not fit into a card


def keyword_of(name: str) -> str:
    """Return the keyword that `name` means: in capitals, without ``HIERARCH``, with one blank between words.

    Raises
    ------
    ParameterError
        When no card with one value has such a keyword.
    """
    keyword = ' '.join(name.split()).upper().removeprefix('HIERARCH ') if isinstance(name, str) else ''
    if keyword in COMMENTARY or len(keyword) > _LONGEST or not (keyword.isascii() and keyword.isprintable()) or '=' in keyword:
        raise ParameterError(f'{str(name)[:80]!r} is no keyword of a card with one value: write a keyword of the header, as '
                             "'FOCUS' or 'ESO DET CHIP1 ID'")
    return keyword


def cards_of(header: 'Header') -> dict[str, CardValue]:
    """Return the value of each card of `header` by keyword, the first one where a keyword comes again.

    Cards without a value, or with one that cannot be read, have None; commentary is left out.
    """
    found: dict[str, CardValue] = {}
    for card in header.cards:
        keyword = card.keyword.upper()
        if keyword not in COMMENTARY and keyword not in found:
            found[keyword] = _plain(card)
    return found


def _plain(card: Any) -> CardValue:
    try:
        value = card.value
    except Exception:  # astropy raises several types of exception on broken cards
        return None
    if isinstance(value, complex):
        return str(value)
    return value if isinstance(value, str | int | float | bool) else None
