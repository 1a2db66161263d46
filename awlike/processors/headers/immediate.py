"""What processors of headers share, and the one that changes a header at once."""

import functools
import inspect
import optparse
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from astropy.io import fits
from typing_extensions import override

from awlike.errors import DefinitionError
from awlike.processors.cards.difference import difference, told
from awlike.processors.cards.header import CheckedHeader
from awlike.processors.cards.order import in_order, sortHeaders
from awlike.processors.cards.serialising import header_to_bytes
from awlike.processors.cards.structure import KEPT, fitted
from awlike.processors.files.processor import FileProcessor, Shown
from awlike.processors.headers.undo_log import Made
from awlike.processors.headers.writing import change_header, made_here, undo_change


class ChangesHeaders(FileProcessor):
    """What both kinds of processors of headers have.

    Attributes
    ----------
    keepKeys : set of str
        Keywords whose cards stay as the file has them. Cards that describe the data stay in any case.
    """

    keepKeys: Collection[str] = set(KEPT)

    @staticmethod
    @override
    def addOptions(optParser: optparse.OptionParser) -> None:
        """Add the options of the class."""
        FileProcessor.addOptions(optParser)
        optParser.add_option('--reprocess', dest='reprocess', action='store_true', default=False,
                             help='Compute headers anew, also of files that have been processed.')
        optParser.add_option('--diff', dest='diff', action='store_true', default=False,
                             help='Show which cards would change, and change nothing. Exit status 1: something would change.')
        optParser.add_option('--undo', dest='undo', action='store_true', default=False,
                             help='Undo the last change of the header of each file.')

    @override
    def process(self, srcName: str) -> Shown | None:
        """Do to one file what the options say."""
        if self.opts.undo:
            undo_change(srcName, self.made)
            return None
        return self._difference(srcName) if self.opts.diff else self._changed(srcName)

    def _changed(self, srcName: str) -> None:
        """Change the header of a file, where it is not processed."""
        raise NotImplementedError

    def _difference(self, srcName: str) -> Shown | None:
        """Return what would change in a file, None for nothing."""
        raise NotImplementedError

    def _isProcessed(self, srcName: str) -> bool:
        """Return whether a file has the new header already. By default no file has."""
        return False

    def is_processed(self, srcName: str) -> bool:
        """Return what `_isProcessed` says; scripts may also write it with the header as a second argument."""
        if _arguments(self._isProcessed) < 2:
            return self._isProcessed(srcName)
        either: Any = self._isProcessed
        return either(srcName, self.getPrimaryHeader(srcName))

    @property
    def made(self) -> Made:
        """By whom and by what headers are changed, for the log."""
        return _made(type(self))

    def _shown(self, srcName: str, new: fits.Header) -> Shown | None:
        own = self.getPrimaryHeader(srcName)
        if header_to_bytes(new) == header_to_bytes(own):
            return None
        return Shown(told(srcName, difference(own, new)))


class ImmediateHeaderProcessor(ChangesHeaders):
    """Change the header of each file at once. Override `_isProcessed` and `_changeHeader`."""

    def _changeHeader(self, srcName: str, hdr: CheckedHeader) -> None:
        """Change `hdr`, the primary header of a file, in place."""
        raise DefinitionError(f'{type(self).__name__} has no _changeHeader(self, srcName, hdr): write it')

    @override
    def classify(self, srcName: str) -> str:
        """Return ``'processed'`` or ``'unprocessed'``."""
        return 'processed' if self.is_processed(srcName) else 'unprocessed'

    @override
    def _changed(self, srcName: str) -> None:
        if self.opts.reprocess or not self.is_processed(srcName):
            change_header(srcName, functools.partial(self._new, srcName), self.made)

    @override
    def _difference(self, srcName: str) -> Shown | None:
        if self.is_processed(srcName) and not self.opts.reprocess:
            return None
        return self._shown(srcName, self._new(srcName, self.getPrimaryHeader(srcName)))

    def _new(self, srcName: str, own: CheckedHeader) -> CheckedHeader:
        header, change = own.copy(), self._changeHeader
        change(srcName, header) if _arguments(change) > 1 else change(header)  # pyrefly: ignore
        new = fitted(header, own, self.keepKeys)
        return new if in_order(new) else sortHeaders(new)


def _arguments(method: Any) -> int:
    return len(inspect.signature(method).parameters)


@functools.lru_cache
def _made(processor_class: type[ChangesHeaders]) -> Made:
    file = getattr(sys.modules.get(processor_class.__module__), '__file__', None)
    text = Path(file).read_bytes() if file and Path(file).is_file() else b''
    name = f'{Path(file).name if file else processor_class.__module__}:{processor_class.__qualname__}'
    return made_here(name, text)
