"""The file of the output: that of the mosaic, with the entries of the user, and a value in place of undefined pixels."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from awlike.fits.opening import quiet
from awlike.placing import place
from awlike.products.streamed import hdu_bytes

SCIENCE = '.SCI'
"""The end of the names of the images of detectors."""
_ADDED = 'added by the user'


def write_output(made: Path, path: Path, cards: Mapping[str, str], undefined: float | None = None,
                 packed: bool = False) -> Path:
    """Write the file `made` of a mosaic to `path`, one HDU after the other: one detector is in memory.

    Parameters
    ----------
    cards : dict
        Entries of the primary header that the user adds.
    undefined : float, optional
        The value of pixels that are NaN.
    packed : bool
        Whether images are compressed, without loss. Default: no.
    """
    return place(path, lambda temporary: _write(made, temporary, cards, undefined, packed))


def _write(made: Path, path: Path, cards: Mapping[str, str], undefined: float | None, packed: bool) -> None:
    from astropy.io import fits
    with fits.open(made, memmap=True) as hdus, open(made, 'rb') as source, open(path, 'wb') as target, quiet():
        for number, hdu in enumerate(hdus):
            if number == 0:
                _primary(hdu, cards).writeto(target, checksum=True)
            elif hdu.name.endswith(SCIENCE) and (undefined is not None or packed):
                target.write(hdu_bytes([_image(hdu, undefined, packed)]))
                del hdu.data
            else:
                _copy(hdu, source, target)


def _primary(hdu: Any, cards: Mapping[str, str]) -> Any:
    from astropy.io import fits
    header = hdu.header.copy()
    for key, value in cards.items():
        header.set(key, value, _ADDED if len(value) < 40 else None)
    return fits.PrimaryHDU(hdu.data, header)


def _image(hdu: Any, undefined: float | None, packed: bool) -> Any:
    """Return the HDU of a detector as it is written."""
    from astropy.io import fits
    data = np.array(hdu.data, np.float32)
    if undefined is not None:
        np.copyto(data, np.float32(undefined), where=np.isnan(data))
    if packed:
        return fits.CompImageHDU(data, hdu.header, compression_type='GZIP_2', quantize_level=0.0)
    return fits.ImageHDU(data, hdu.header)


def _copy(hdu: Any, source: IO[bytes], target: IO[bytes]) -> None:
    """Copy an HDU as it is."""
    place = hdu.fileinfo()
    source.seek(place['hdrLoc'])
    shutil.copyfileobj(_Limited(source, place['datLoc'] + place['datSpan'] - place['hdrLoc']), target, 1 << 20)


class _Limited:
    """The next bytes of a file, up to a number."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int) -> bytes:
        """Return the next bytes, at most `size`."""
        block = self._file.read(min(size, self._left))
        self._left -= len(block)
        return block
