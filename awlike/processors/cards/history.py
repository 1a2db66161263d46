"""Cards of HISTORY with a date."""

import datetime
import re
from collections.abc import MutableSequence
from typing import Any

from awlike.processors.cards.text import check_ascii

LONGEST = 61
"""The characters of an entry: a card holds 72, and the date and a blank take 11."""
_DATED = re.compile(r'\d{4}-\d\d-\d\d ')


def addHistoryCard(hdr: Any, entry: str, recognizer: str | None = None) -> None:
    """Add an entry with the date of today to the HISTORY of a header.

    Parameters
    ----------
    hdr : astropy.io.fits.Header
        Changed in place. It need not have any HISTORY yet.
    entry : str
        At most `LONGEST` characters.
    recognizer : str, optional
        The first dated entry that contains this text is replaced, so that processing a file again adds nothing. An entry
        without a date, which somebody else wrote, is never replaced. Default: always add.

    Raises
    ------
    ValueError
        When the entry is too long, or not ASCII.
    """
    if len(entry) > LONGEST:
        raise ValueError(f'History entries must not exceed {LONGEST} characters, and this one has {len(entry)}: {entry!r}')
    check_ascii('HISTORY', entry)
    text = f'{datetime.date.today().isoformat()} {entry}'
    history: MutableSequence[Any] = hdr.get('HISTORY', [])
    for number, card in enumerate(history):
        if recognizer is not None and recognizer in str(card) and _DATED.match(str(card)):
            hdr['HISTORY', number] = text
            return
    hdr.add_history(text)
