"""The class from which processors of files derive."""

import optparse
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from awlike.errors import AwlikeError, DefinitionError
from awlike.processors.files.descriptor import DataDescriptor, inputs_dir
from awlike.processors.files.options import add_options

if TYPE_CHECKING:
    from awlike.processors.cards.header import CheckedHeader


class SkipThis(Exception):
    """Raised in `FileProcessor.process`: this file counts as if it were not there. The text is the reason that is told."""


class CannotComputeHeader(AwlikeError, ValueError):
    """Raised in `HeaderProcessor`: there is no header for this file. The text is the reason that is told."""


class Shown(str):
    """A text that `FileProcessor.process` returns to be told, in the order of the files: what would change in a file."""


class FileProcessor:
    """Work on many files. Derive a class, write `process`, and call `procmain`.

    Parameters
    ----------
    opts : optparse.Values
        The options of the command line.
    dd : DataDescriptor
        The files to process; `dd.rd.resdir` is the folder of their collection.

    Attributes
    ----------
    opts, dd
        As given.
    results : list of (identifier, value)
        What `process` returned, where that is not None, in the order of the files.
    mergers : dict of str to function
        For attributes of the processor that several processes (``-j``) cannot simply join: a function of two values, as
        ``{'largest': max}``. See `awlike.processors.files.gathering`.
    """

    mergers: ClassVar[Mapping[str, Callable[[Any, Any], Any]]] = {}

    def __init__(self, opts: optparse.Values, dd: DataDescriptor) -> None:
        self.opts, self.dd = opts, dd
        self.results: list[tuple[Any, Any]] = []
        self._createAuxiliaries(dd)

    @staticmethod
    def addOptions(optParser: optparse.OptionParser) -> None:
        """Add the options of the class. An override calls that of its base class first, and adds long options only."""
        add_options(optParser)

    def _createAuxiliaries(self, dd: DataDescriptor) -> None:
        """Prepare what `process` needs, such as a catalogue. Called once in each process."""

    def iterIdentifiers(self) -> Iterator[Any]:
        """Yield what `process` takes: by default the paths of the files of the data descriptor."""
        yield from self.dd.iterSources()

    def process(self, srcName: Any) -> Any:
        """Process one file. An exception counts the file as failed; `SkipThis` leaves it out.

        A value that is returned is kept in `results`.
        """
        raise DefinitionError(f'{type(self).__name__} has no process(self, srcName): write it')

    def classify(self, srcName: Any) -> str:
        """Return the class in which ``--report`` counts a file."""
        return 'unknown'

    def getProductKey(self, fName: str) -> str:
        """Return the path of a file relative to the folder of inputs.

        Raises
        ------
        ValueError
            When the file does not lie below that folder.
        """
        path, base = Path(os.path.abspath(fName)), inputs_dir()
        if not path.is_relative_to(base):
            raise ValueError(f'{fName} does not lie below {base}, to which product keys are relative: set AWLIKE_INPUTS_DIR to '
                             'a folder above it')
        return path.relative_to(base).as_posix()

    def pathOf(self, accref: str) -> str:
        """Return the path of the file with a product key."""
        return os.path.join(inputs_dir(), accref)

    def getPrimaryHeader(self, srcName: str | os.PathLike[str]) -> 'CheckedHeader':
        """Return the primary header of a FITS file; see `awlike.processors.cards.reading.getPrimaryHeader`."""
        from awlike.processors.cards.reading import getPrimaryHeader
        return getPrimaryHeader(srcName)
