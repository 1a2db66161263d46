"""The bytes of a FITS file, in memory or read when they are asked for."""

import os


class FileBytes:
    """The bytes of a file, sliced like `bytes` but read only when they are asked for.

    A memory map would not do: it kills the process when somebody cuts the file short meanwhile.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = path
        self.size = os.path.getsize(path)

    def __len__(self) -> int:
        return self.size

    def __getitem__(self, part: slice) -> bytes:
        start, stop, _ = part.indices(self.size)
        with open(self.path, 'rb') as file:
            file.seek(start)
            return file.read(max(stop - start, 0))


Content = FileBytes | bytes
