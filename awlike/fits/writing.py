"""FITS images and headers as bytes.

astropy checks and copies each card several times: 40 ms for the header of a product. Here astropy makes the text of a card,
once for equal cards, and no more.
"""

import functools
from collections.abc import Iterable, Iterator

import numpy as np

from awlike.fits.checksums import added, checksum_of_sum, ones_sum
from awlike.fits.structure import BLOCK
from awlike.pixels.arrays import Array

Value = str | int | float | bool | None
Card = tuple[str, Value] | tuple[str, Value, str]  # keyword, value, comment

_BITPIX = {'u1': 8, 'i2': 16, 'i4': 32, 'i8': 64, 'f4': -32, 'f8': -64}


def image_parts(data: Array | None, cards: Iterable[Card], checked: str,
                extension: str = '') -> Iterator[bytes | memoryview] | None:
    """Return the parts of an image HDU of a file, by default of the primary one: header, pixels, padding.

    The cards are ready when this function returns. Pixels and checksums follow with the parts, perhaps in another thread.

    Parameters
    ----------
    data : array or None
        The image, None for a header alone. For a type whose pixels FITS does not hold as they are, such as unsigned integers,
        None is returned.
    cards : iterable of (keyword, value) or (keyword, value, comment)
        The header beside the cards of the structure; of cards with the same keyword the last counts.
    checked : str
        The date for the comments of the checksums.
    extension : str
        The EXTNAME of an image extension. Default: it is the primary HDU.
    """
    pixels = np.empty(0, np.uint8) if data is None else data
    bits = _BITPIX.get(pixels.dtype.str[1:])
    if bits is None:
        return None
    shape = () if data is None else data.shape
    axes: list[Card] = [(f'NAXIS{number}', length) for number, length in enumerate(reversed(shape), 1)]
    begin: Card = ('XTENSION', 'IMAGE', 'image extension') if extension else ('SIMPLE', True, 'conforms to FITS standard')
    end: list[Card] = [('PCOUNT', 0), ('GCOUNT', 1), ('EXTNAME', extension)] if extension else []
    structure: list[Card] = [begin, ('BITPIX', bits, 'array data type'), ('NAXIS', len(shape), 'number of array dimensions'),
                             *axes, *end]
    texts = [_text(*card) for card in [*structure, *{card[0]: card for card in cards}.values()]]
    return _checked_parts(pixels, texts, checked)


def header_bytes(cards: Iterable[Card]) -> bytes:
    """Return a header as a file has it, with END and padding, from cards in their order: cards of the structure come first."""
    return _block(''.join([*(_text(*card) for card in cards), f'{"END":80}']))


def _checked_parts(data: Array, texts: list[str], checked: str) -> Iterator[bytes | memoryview]:
    """Yield header, pixels and padding; `texts` are the cards without the cards of the checksums."""
    stored = np.ascontiguousarray(data, data.dtype.newbyteorder('>')).reshape(-1).view(np.uint8).data
    datasum = ones_sum(stored)
    last = [_text('DATASUM', str(datasum), f'data unit checksum updated {checked}'), f'{"END":80}']
    comment = f'HDU checksum updated {checked}'
    header = _block(''.join([*texts, _text('CHECKSUM', '0' * 16, comment), *last]))
    total = added(ones_sum(header), datasum)
    yield _block(''.join([*texts, _text('CHECKSUM', checksum_of_sum(total), comment), *last]))
    yield stored
    yield bytes(-stored.nbytes % BLOCK)


def _block(text: str) -> bytes:
    return f'{text}{" " * (-len(text) % BLOCK)}'.encode('ascii')


@functools.lru_cache(4096, typed=True)
def _text(keyword: str, value: Value, comment: str = '') -> str:
    """Return the card, in a multiple of 80 characters: a long text goes on in others."""
    from astropy.io.fits import Card

    from awlike.fits.opening import quiet
    with quiet():
        return str(Card(keyword, value, comment))
