"""Images from and to FITS files. The file of a product has its header and provenance, and so explains itself."""

import io
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.digests import content_digest
from awlike.errors import HeaderError
from awlike.fits.headers import frame_header
from awlike.fits.images import read_tiles
from awlike.fits.opening import load, named, opened, quiet
from awlike.fits.pixel_checks import image_data
from awlike.fits.writing import image_parts
from awlike.nights import utcnow
from awlike.persist.provenance import provenance_of
from awlike.persist.provenance_tables import provenance_tables
from awlike.products.content import part_hdus, parts, parts_in_file
from awlike.products.headers import product_cards, product_header
from awlike.products.streamed import is_streamed, streamed

if TYPE_CHECKING:
    from astropy.io.fits import Header

    from awlike.persist.dataobject import DataObject
    from awlike.pixels.geometry import Section
    from awlike.products.product import ProcessTarget


def read_raw_frame(path: Path, tiles: 'Sequence[tuple[int, Section | None]]') -> 'tuple[np.ndarray, Header]':
    """Return image and merged header of one detector in a raw file; `tiles` are its parts in the HDUs, see `read_tiles`."""
    return read_tiles(path, tiles), frame_header(path, *[extension for extension, _ in tiles])


def read_product(path: Path) -> 'tuple[np.ndarray | None, Header]':
    """Return image and header of a product; None for the image where the product has only planes or tables."""
    with named(path), opened(load(path), whole=False) as hdus:
        primary: Any = hdus[0]
        data = image_data(primary)
        return None if data is None else data.astype(data.dtype.newbyteorder('='), copy=False), primary.header


class ProductFile:
    """The file of a product: image, header, planes and tables, and provenance, with checksums.

    What needs the product and the database is read at once, so that another thread can `write` it.
    """

    def __init__(self, product: 'ProcessTarget') -> None:
        self._parts = _parts_of_file(product)
        self._tables = product.further_tables(_when(product))
        self._provenance = provenance_of(product)

    def write(self, path: Path) -> int:
        """Write the file, once; return its size in bytes."""
        with open(path, 'wb', buffering=0) as file:
            for block in itertools.chain(self._parts, [self._tables, provenance_tables(self._provenance)]):
                _write(file, block)
            return file.tell()


def write_product(path: Path, product: 'ProcessTarget') -> None:
    """Write the file of `product`, see `ProductFile`."""
    ProductFile(product).write(path)


def _parts_of_file(product: 'ProcessTarget') -> Iterator[bytes | memoryview]:
    """Return header, image, planes and tables as they follow each other in the file."""
    cards, checked = product_cards(product), _when(product)
    if is_streamed(product):
        return streamed(product, cards, checked)
    data = None if product.data is None else np.asarray(product.data)
    whole = None if data is None or parts(type(product)) else image_parts(data, cards, checked)
    return _parts_by_astropy(data, product) if whole is None else whole


def _parts_by_astropy(data: np.ndarray | None, product: 'ProcessTarget') -> Iterator[memoryview]:
    from astropy.io import fits
    buffer = io.BytesIO()
    with quiet():
        first = fits.PrimaryHDU(data, product_header(product))
        hdus = fits.HDUList([first, *part_hdus(product)])
        hdus.update_extend()  # before the checksum of the header
        for hdu in hdus:
            hdu.add_checksum(when=_when(product))
        hdus.writeto(buffer)
    return iter([buffer.getbuffer()])


def _when(product: 'ProcessTarget') -> str:
    """Return the date for the comments of checksums: of the product, so that a file that is made again is the same."""
    return (product.creation_date or utcnow()).isoformat(timespec='seconds')


def _write(file: io.FileIO, block: bytes | memoryview) -> None:
    """Write all of `block`: an unbuffered file may take less at a time."""
    left = memoryview(block)
    while left.nbytes:
        left = left[file.write(left):]


def read_plane(path: Path, name: str) -> np.ndarray:
    """Return the plane of a product that lies under the EXTNAME `name`."""
    with named(path), opened(load(path), whole=False) as hdus:
        if name not in hdus:
            raise HeaderError(f'it has no plane {name}: an older awlike made the file, or it is damaged')
        data = image_data(hdus[name])
        return data.astype(data.dtype.newbyteorder('='), copy=False)


def file_content_digest(path: Path, values: dict[str, Any]) -> str:
    """Return the digest of what a file of a product holds, and of the `values` that belong to it."""
    with named(path), opened(content := load(path), whole=False) as hdus:
        return content_digest(image_data(hdus[0]), values, parts_in_file(hdus, content))


def append_provenance(path: Path, obj: 'DataObject') -> None:
    """Append the provenance of `obj` to a FITS file."""
    with open(path, 'ab') as file:
        file.write(provenance_tables(provenance_of(obj)))
