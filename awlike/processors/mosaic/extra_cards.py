"""Entries that the user adds to the primary header of the output."""

import logging
import re
from collections.abc import Iterable

log = logging.getLogger('awlike')

_KEY = re.compile(r'[A-Z0-9_-]{1,8}')
_STRUCTURE = re.compile(r'SIMPLE|BITPIX|NAXIS\d*|EXTEND|END|XTENSION|PCOUNT|GCOUNT|GROUPS|BZERO|BSCALE|BLANK|CHECKSUM|DATASUM|'
                        r'CONTINUE|COMMENT|HISTORY|Z\w*')


def extra_cards(words: Iterable[str]) -> dict[str, str]:
    """Return the entries that ``-addfitskey=KEY,value`` asks for, by key.

    As in the original a key or a value that no header can have is left out, with a warning. The last of one key counts.
    """
    found: dict[str, str] = {}
    for word in words:
        key, comma, value = word.partition(',')
        key = key.strip().upper()
        wrong = _wrong(key, value) if comma else 'there is no comma between key and value'
        if wrong:
            log.warning('-addfitskey=%s: %s; the entry is left out', word, wrong)
        else:
            found[key] = value
    return found


def _wrong(key: str, value: str) -> str:
    """Return why a header cannot have this entry; an empty text where it can."""
    if len(key) > 8:
        return f'{key} has more than 8 characters'
    if not _KEY.fullmatch(key):
        return f'{key!r} is no key: it has letters, digits, - and _'
    if _STRUCTURE.fullmatch(key):
        return f'{key} describes the file itself'
    if not (value.isascii() and value.isprintable()):
        return 'the value has characters that a header cannot have'
    return ''
