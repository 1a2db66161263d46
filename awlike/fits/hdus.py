"""The types of HDUs, as far as awlike uses them: astropy declares none."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from astropy.io.fits import Header


class Hdu(Protocol):
    """An HDU as astropy opens it: an image, or a table."""

    name: str
    header: 'Header'
    data: Any  # an array of pixels or of records; None where there are no data
    is_image: bool
    shape: tuple[int, ...]
    size: int  # bytes of data

    def fileinfo(self) -> dict[str, int]:
        """Return where the HDU lies in its file: `hdrLoc`, `datLoc` and `datSpan`, in bytes."""


class Hdus(Protocol):
    """The HDUs of an open file, by number or by EXTNAME."""

    def __len__(self) -> int: ...

    def __iter__(self) -> Iterator[Hdu]: ...

    def __getitem__(self, key: int | str) -> Hdu: ...

    def __contains__(self, key: object) -> bool: ...
