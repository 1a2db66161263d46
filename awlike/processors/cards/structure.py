"""The cards that describe the data of a file: a new header takes them from the file, whatever it says itself."""

import re
from collections.abc import Collection

from astropy.io import fits

from awlike.processors.cards.header import CheckedHeader

KEPT = frozenset({'SIMPLE', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2', 'EXTEND', 'BZERO', 'BSCALE'})
"""The default of `keepKeys`."""
_OF_DATA = re.compile(r'SIMPLE|BITPIX|NAXIS\d*|BZERO|BSCALE|GROUPS|PCOUNT|GCOUNT|DATASUM|CHECKSUM')
_PRESENT_HERE = re.compile(r'NAXIS\d+|BZERO|BSCALE|GROUPS|PCOUNT|GCOUNT|DATASUM|CHECKSUM')


def without_data(header: fits.Header) -> CheckedHeader:
    """Return a header as that of a file without data: its cards, but for those that describe the data."""
    first = [fits.Card('SIMPLE', True, 'conforms to FITS standard'), fits.Card('BITPIX', 8), fits.Card('NAXIS', 0)]
    return CheckedHeader([*first, *(card for card in header.cards if not _OF_DATA.fullmatch(card.keyword))])


def fitted(header: fits.Header, own: fits.Header, keep: Collection[str] = KEPT) -> CheckedHeader:
    """Return a header for the data of a file.

    Parameters
    ----------
    header : astropy.io.fits.Header
        The new header.
    own : astropy.io.fits.Header
        The present header of the file. Its cards that describe the data, of any number of axes, and its checksums go before
        those of `header`; the new header has none that the file lacks.
    keep : collection of str
        More keywords whose cards stay as the file has them, where it has them.
    """
    def is_kept(keyword: str) -> bool:
        return bool(_OF_DATA.fullmatch(keyword)) or keyword in keep

    kept: dict[str, list[fits.Card]] = {}
    for card in own.cards:
        if is_kept(card.keyword):
            kept.setdefault(card.keyword, []).append(card)
    cards = []
    for card in header.cards:
        keyword = card.keyword
        if keyword in kept:
            cards += kept.pop(keyword)
        elif not _PRESENT_HERE.fullmatch(keyword) and not (is_kept(keyword) and keyword in own):
            cards.append(card)
    return CheckedHeader([*cards, *(card for left in kept.values() for card in left)])
