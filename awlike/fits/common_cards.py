"""What the headers of the detectors of an exposure have in common, and what each has of its own."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from awlike.fits.writing import Card

if TYPE_CHECKING:
    from astropy.io.fits import Header
    from astropy.io.fits.card import Card as AstropyCard

_STRUCTURE = re.compile(r'SIMPLE|XTENSION|BITPIX|NAXIS\d*|EXTEND|PCOUNT|GCOUNT|GROUPS|BZERO|BSCALE|BLANK|BUNIT|EXTNAME|EXTVER|'
                        r'EXTLEVEL|INHERIT|CHECKSUM|DATASUM|ZHECKSUM|ZDATASUM|NEXTEND|COMMENT|HISTORY|CONTINUE|END|')
_SECTION = re.compile(r'(DATA|DET|CCD|BIAS|TRIM|AMP)SEC|[LD]T[MV]\d(_\d)?|ATM\d_\d|ATV\d')
_ON_SKY = re.compile(r'WCS(AXES|NAME|DIM)|(CTYPE|CUNIT|CRVAL|CRPIX|CDELT|CROTA)\d|(CD|PC)\d_\d|PV\d_\d+|[AB]P?_(ORDER|\d_\d)|'
                     r'WAT\d_\d+|LONPOLE|LATPOLE|RADE(SYS|CSYS)|EQUINOX|ZPX\d?')


def divided(headers: 'Mapping[str, Header]') -> tuple[list[Card], dict[str, list[Card]]]:
    """Return the cards that all detectors have with the same value, and by detector those that are left.

    Cards of the structure of a file, of sections of the raw image and of the place on the sky are left out: a reduced image
    has others.

    Parameters
    ----------
    headers : dict
        The header of the raw frame of each detector, by its name.
    """
    own = {name: {card.keyword: card for card in header.cards if _stays(card.keyword)} for name, header in headers.items()}
    first = next(iter(own.values()), {})
    common = {key for key, card in first.items()
              if all(key in cards and cards[key].value == card.value for cards in own.values())}
    return ([_card(card) for key, card in first.items() if key in common],
            {name: [_card(card) for key, card in cards.items() if key not in common] for name, cards in own.items()})


def _stays(keyword: str) -> bool:
    return not (_STRUCTURE.fullmatch(keyword) or _SECTION.fullmatch(keyword) or _ON_SKY.fullmatch(keyword))


def _card(card: 'AstropyCard') -> Card:
    """Return a card of astropy as keyword, value and comment; an undefined value is None."""
    value, name = card.value, str(card.keyword)
    keyword = name if len(name) <= 8 else f'HIERARCH {name}'
    known = value if isinstance(value, str | int | float | bool) else None
    return keyword, known, str(card.comment)
