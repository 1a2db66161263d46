"""Headers as bytes of a file."""

from typing import Any

from astropy.io import fits

from awlike.errors import HeaderError
from awlike.fits.checksums import added, checksum_of_sum, ones_sum
from awlike.fits.opening import quiet
from awlike.fits.structure import BLOCK
from awlike.processors.cards.text import HeaderTextError

CARD = 80
_NO_SUM = '0' * 16


def card_images(header: fits.Header) -> list[str]:
    """Return the cards of a header as they stand in a file, of 80 characters, or more with ``CONTINUE``.

    A card that nobody changed stays as it was read, whatever astropy thinks of it.

    Raises
    ------
    HeaderError
        When a card cannot be written; it names the card.
    """
    with quiet():
        return [_image(card) for card in header.cards]


def _image(card: Any) -> str:
    if card._image and not card._modified and not card._invalid:
        return card._image
    try:
        return str(card)
    except (ValueError, fits.VerifyError) as error:
        kind = HeaderTextError if 'ASCII' in str(error) else HeaderError
        raise kind(f'card {card.keyword}: {error}; set another value') from None


def header_to_bytes(header: fits.Header) -> bytes:
    """Return a header as whole blocks, its END included."""
    text = ''.join(card_images(header)) + 'END'.ljust(CARD)
    return text.ljust(len(text) + -len(text) % BLOCK).encode('latin-1')


def with_checksum(header: fits.Header, old: bytes, data_sum: int) -> bytes:
    """Return a header as `header_to_bytes`; its CHECKSUM, where it has one, is that of header and data.

    Parameters
    ----------
    old : bytes
        The present header. Where `header` is the same but for CHECKSUM, `old` is returned.
    data_sum : int
        The sum of the data, as DATASUM has it.
    """
    if 'CHECKSUM' not in header:
        return header_to_bytes(header)
    found = header.copy()
    if header_to_bytes(found) == old:
        return old
    found['CHECKSUM'] = _NO_SUM
    content = header_to_bytes(found)
    place = content.index(f"'{_NO_SUM}'".encode()) + 1
    total = added(ones_sum(content), data_sum)
    return content[:place] + checksum_of_sum(total).encode() + content[place + len(_NO_SUM):]
