"""A header that says which card has a text that FITS cannot hold, at the line that sets it."""

from typing import Any

from astropy.io import fits
from typing_extensions import override

from awlike.processors.cards.text import check_ascii

COMMENTARY = ('COMMENT', 'HISTORY', '')
"""Keywords whose cards have text in place of a value, and of which a header has many."""


class CheckedHeader(fits.Header):
    """A header of astropy. Text that is not ASCII is refused with an error that names the card and the remedy."""

    @override
    def __setitem__(self, key: Any, value: Any) -> None:
        for part in value if isinstance(value, tuple) else (value,):
            check_ascii(str(key), part)
        super().__setitem__(key, value)

    @override
    def set(self, keyword: str, value: Any = None, comment: str | None = None, before: Any = None, after: Any = None) -> None:
        for part in (value, comment):
            check_ascii(keyword, part)
        super().set(keyword, value, comment, before, after)

    @override
    def add_history(self, value: Any, before: Any = None, after: Any = None) -> None:
        check_ascii('HISTORY', value)
        super().add_history(value, before, after)

    @override
    def add_comment(self, value: Any, before: Any = None, after: Any = None) -> None:
        check_ascii('COMMENT', value)
        super().add_comment(value, before, after)
