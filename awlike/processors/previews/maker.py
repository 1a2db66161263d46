"""The class from which makers of previews derive."""

import optparse
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from typing_extensions import override

from awlike.errors import DefinitionError
from awlike.placing import place
from awlike.processors.files.processor import FileProcessor
from awlike.processors.previews.encoding import format_of, imageFromNumpyArray
from awlike.processors.previews.places import previewPath
from awlike.processors.previews.scaling import SIZE, scaledImage

_SHARED = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP | stat.S_IROTH


class PreviewMaker(FileProcessor):
    """Make previews of files that have none. Identifiers are product keys; `pathOf` returns the path of a file.

    Override `getPreviewData` for pictures of other kinds than a grey one of the first image in a FITS file.
    """

    @staticmethod
    @override
    def addOptions(optParser: optparse.OptionParser) -> None:
        """Add the options of the class."""
        FileProcessor.addOptions(optParser)
        optParser.add_option('--force', dest='force', action='store_true', default=False,
                             help='Make previews anew, also of files that have one.')

    @override
    def iterIdentifiers(self) -> Iterator[str]:
        """Yield the product keys of the files of the data descriptor."""
        yield from (self.getProductKey(path) for path in self.dd.iterSources())

    def getPreviewData(self, accref: str) -> bytes:
        """Return the preview of a file: a grey picture of its first image, in the format that the name of the preview says."""
        small = scaledImage(self.pathOf(accref), self.dd.getProperty('previewSize', SIZE))
        return imageFromNumpyArray(small, format_of(self.previewPath(accref)))

    def previewPath(self, accref: str) -> str:
        """Return the path of the preview of a file."""
        return previewPath(accref, self.dd)

    @override
    def process(self, srcName: str) -> None:
        """Make the preview of one file, unless it has one."""
        target = Path(self.previewPath(srcName))
        if target.exists() and not self.opts.force:
            return
        content = self.getPreviewData(srcName)
        if not isinstance(content, bytes):
            raise DefinitionError(f'{type(self).__name__}.getPreviewData returned {type(content).__name__}: return bytes')
        target.parent.mkdir(parents=True, exist_ok=True)
        place(target, lambda temporary: self._write(temporary, content))

    def _write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        os.chmod(path, _SHARED)

    @override
    def classify(self, srcName: str) -> str:
        """Return ``'with'`` or ``'without'``, for files with and without a preview; with ``--force`` none has one."""
        return 'with' if os.path.exists(self.previewPath(srcName)) and not self.opts.force else 'without'
