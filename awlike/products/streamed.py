"""Files of products that hold the images of many detectors: written one detector after the other."""

import io
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from awlike.errors import ProcessingError
from awlike.fits.opening import quiet
from awlike.fits.parts import PART, PART_COMMENT
from awlike.fits.structure import BLOCK
from awlike.fits.writing import Card, image_parts
from awlike.products.content import part_hdu, parts
from awlike.products.detector_images import DetectorImages

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget


def is_streamed(product: 'ProcessTarget') -> bool:
    """Return whether the images of `product` are computed while its file is written."""
    return any(isinstance(part, DetectorImages) for part in parts(type(product)).values())


def streamed(product: 'ProcessTarget', cards: Sequence[Card], checked: str) -> Iterator[bytes | memoryview]:
    """Return header, images and tables of `product` as they follow each other in its file.

    The tables are read at once. The images are computed, one at a time, when their turn comes, perhaps in another thread.

    Parameters
    ----------
    cards : sequence of (keyword, value, comment)
        The primary header, beside the cards of its structure.
    checked : str
        The date for the comments of the checksums.
    """
    declared = parts(type(product))
    images = [getattr(product, name) for name, part in declared.items() if isinstance(part, DetectorImages)]
    headers = {name: getattr(product, 'cards_of')(name) for view in images for name in view}  # noqa: B009 -- a kind with images has it
    tables = [part_hdu(product, name) for name, part in declared.items() if not isinstance(part, DetectorImages)]
    return _in_order(cards, images, headers, hdu_bytes(tables, checked), checked)


def _in_order(cards: Sequence[Card], images: list[Any], headers: dict[str, list[Card]], tables: bytes | memoryview,
              checked: str) -> Iterator[bytes | memoryview]:
    yield from _checked(image_parts(None, [('EXTEND', True), *cards], checked))
    for view in images:
        for name in view:
            own: list[Card] = [('BUNIT', view.unit), *headers[name], (PART, 'PLANE', PART_COMMENT)]
            yield from _checked(image_parts(view[name], own, checked, view.extension_of(name)))
    yield tables


def _checked(made: Iterator[bytes | memoryview] | None) -> Iterator[bytes | memoryview]:
    if made is None:
        raise ProcessingError('an image of a detector has a type of pixels that FITS does not hold: return float32')
    return made


def hdu_bytes(hdus: Sequence[Any], checked: str) -> bytes | memoryview:
    """Return extensions of astropy as the bytes that follow the primary HDU of a file, with checksums of the date `checked`."""
    from astropy.io import fits
    buffer = io.BytesIO()
    with quiet():
        for hdu in hdus:
            hdu.add_checksum(when=checked)
        fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(buffer)
    return buffer.getbuffer()[BLOCK:]
