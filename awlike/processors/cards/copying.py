"""Cards from one header into another."""

from collections.abc import Collection, Iterable

from astropy.io import fits

from awlike.processors.cards.header import COMMENTARY


def copyFields(header: fits.Header, cardList: Iterable[fits.Card], ignoredHeaders: Collection[str] = ()) -> None:
    """Set cards of another header in `header`.

    Parameters
    ----------
    header : astropy.io.fits.Header
        Changed in place. A card of the same keyword is replaced; HISTORY, COMMENT and cards without a keyword are added.
    cardList : iterable of astropy.io.fits.Card
        As the `cards` of a header.
    ignoredHeaders : collection of str
        Keywords that are not copied, whatever the case of their letters.
    """
    ignored = {keyword.upper() for keyword in ignoredHeaders}
    for card in cardList:
        keyword = str(card.keyword)
        if keyword.upper() in ignored:
            continue
        if keyword in COMMENTARY:
            header.append(fits.Card(keyword, card.value), end=True)
        else:
            header.set(keyword, card.value, card.comment)
