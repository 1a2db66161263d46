"""Headers that are computed first, beside the files, and applied in a second step."""

import functools
import optparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from astropy.io import fits
from typing_extensions import override

from awlike.placing import place
from awlike.processors.cards.header import CheckedHeader
from awlike.processors.cards.order import CardItem, sortHeaders
from awlike.processors.cards.reading import getPrimaryHeader
from awlike.processors.cards.serialising import header_to_bytes
from awlike.processors.cards.structure import fitted, without_data
from awlike.processors.files.processor import CannotComputeHeader, Shown
from awlike.processors.headers.immediate import ChangesHeaders
from awlike.processors.headers.writing import change_header


class HeaderProcessor(ChangesHeaders):
    """Compute headers beside the files (``plate1.fits.hdr``), and apply them. Override `_isProcessed` and `_mungeHeader`.

    ====================================  =============================================  ===============================
    options                               a file that is not processed                   a processed file
    ====================================  =============================================  ===============================
    none                                  compute, unless there is a header beside it    nothing
    --apply                               the same, then apply                           nothing
    --apply --no-compute                  apply the header beside it, if there is one    nothing
    --reprocess                           compute anew                                   compute anew
    --reprocess --apply                   compute anew, then apply                       compute anew, do not apply
    --reheader                            compute, unless there is a header beside it    the same
    --reheader --apply                    the same, then apply                           the same, then apply
    --reprocess --reheader --apply        compute anew, then apply                       compute anew, then apply
    ====================================  =============================================  ===============================

    With ``--no-compute`` nothing is computed, whatever else is given.

    Attributes
    ----------
    headerExt : str
        What the name of the header beside a file ends in. Processors of the same files need different ones.
    cardSequence : sequence
        The order of the cards behind the mandatory ones; see `sortHeaders`.
    """

    headerExt: ClassVar[str] = '.hdr'
    cardSequence: Iterable[CardItem] = ()

    @staticmethod
    @override
    def addOptions(optParser: optparse.OptionParser) -> None:
        """Add the options of the class."""
        ChangesHeaders.addOptions(optParser)
        optParser.add_option('--no-compute', dest='compute', action='store_false', default=True,
                             help='Compute no headers; use those that are there.')
        optParser.add_option('--apply', dest='apply', action='store_true', default=False,
                             help='Apply the headers to the files.')
        optParser.add_option('--reheader', dest='reheader', action='store_true', default=False,
                             help='With --apply: also to files that have been processed.')

    def _getHeader(self, srcName: str) -> fits.Header | None:
        """Return the new header of a file, complete: by default what `_mungeHeader` makes of the present one."""
        return self._mungeHeader(srcName, self.getPrimaryHeader(srcName))

    def _mungeHeader(self, srcName: str, hdr: CheckedHeader) -> fits.Header | None:
        """Return the new header of a file, from the present one. By default that is the new one, too.

        Raise `CannotComputeHeader` where there is none, for instance because a logbook lacks the plate.
        """
        return hdr

    def commentFilter(self, comment: str) -> bool:
        """Return whether to keep a COMMENT card with this text. By default all stay."""
        return True

    def historyFilter(self, value: str) -> bool:
        """Return whether to keep a HISTORY card with this text. By default all stay."""
        return True

    @override
    def classify(self, srcName: str) -> str:
        """Return ``'processed'``, ``'computed'`` where a header waits to be applied, or ``'unprocessed'``."""
        if self.is_processed(srcName):
            return 'processed'
        return 'computed' if self._beside(srcName).exists() else 'unprocessed'

    @override
    def _changed(self, srcName: str) -> None:
        beside, processed, opts = self._beside(srcName), self.is_processed(srcName), self.opts
        if processed and not (opts.reprocess or opts.reheader):
            return
        if self._is_to_compute(beside):
            self._write(beside, self._computed(srcName))
        if opts.apply and (opts.reheader or not processed) and beside.exists():
            new = getPrimaryHeader(beside)
            change_header(srcName, functools.partial(self._applied, new), self.made)

    @override
    def _difference(self, srcName: str) -> Shown | None:
        beside = self._beside(srcName)
        if self.is_processed(srcName) and not (self.opts.reprocess or self.opts.reheader):
            return None
        if self._is_to_compute(beside):
            new = self._computed(srcName)
        elif beside.exists():
            new = getPrimaryHeader(beside)
        else:
            return None
        return self._shown(srcName, self._applied(new, self.getPrimaryHeader(srcName)))

    def _beside(self, srcName: str) -> Path:
        """Return the path of the header beside a file."""
        return Path(f'{srcName}{self.headerExt}')

    def _is_to_compute(self, beside: Path) -> bool:
        return self.opts.compute and (self.opts.reprocess or not beside.exists())

    def _computed(self, srcName: str) -> CheckedHeader:
        header = self._getHeader(srcName)
        if header is None:
            raise CannotComputeHeader(f'{type(self).__name__} returned no header')
        return self._sorted(without_data(header))

    def _applied(self, new: fits.Header, own: CheckedHeader) -> CheckedHeader:
        """Return the header that a file gets: `new`, for the data that `own` describes."""
        return self._sorted(fitted(new, own, self.keepKeys))

    def _sorted(self, header: fits.Header) -> CheckedHeader:
        return sortHeaders(header, self.commentFilter, self.historyFilter, self.cardSequence)

    def _write(self, beside: Path, header: CheckedHeader) -> None:
        content = header_to_bytes(header)

        def write(temporary: Path) -> None:
            with open(temporary, 'wb') as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())

        place(beside, write)
