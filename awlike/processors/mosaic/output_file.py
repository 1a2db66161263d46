"""The file of the output: that of the mosaic, with the entries of the user, and a value in place of undefined pixels."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import numpy as np

from awlike.fits.opening import quiet
from awlike.fits.parts import UNDEFINED
from awlike.placing import place
from awlike.products.associations import EXTENSION, association_hdu, associations_in
from awlike.products.streamed import hdu_bytes

SCIENCE = '.SCI'
"""The end of the names of the images of detectors."""
_ADDED = 'added by the user'


def write_output(made: Path, path: Path, cards: Mapping[str, str], undefined: float | None = None, packed: bool = False,
                 passing: Path | None = None) -> Path:
    """Write the file `made` of a mosaic to `path`, one HDU after the other: one detector is in memory.

    Parameters
    ----------
    cards : dict
        Entries of the primary header that the user adds.
    undefined : float, optional
        The value of pixels that are NaN.
    packed : bool
        Whether images are compressed, without loss. Default: no.
    passing : pathlib.Path, optional
        A folder that is thrown away: the table of associations does not name its files.
    """
    return place(path, lambda temporary: _write(made, temporary, cards, undefined, packed, passing))


def _write(made: Path, path: Path, cards: Mapping[str, str], undefined: float | None, packed: bool,
           passing: Path | None) -> None:
    from astropy.io import fits
    with fits.open(made, memmap=True) as hdus, open(made, 'rb') as source, open(path, 'wb') as target, quiet():
        for number, hdu in enumerate(hdus):
            if number == 0:
                _primary(hdu, cards).writeto(target, checksum=True)
            elif hdu.name.endswith(SCIENCE) and (undefined is not None or packed):
                target.write(hdu_bytes([_image(hdu, undefined, packed)]))
                del hdu.data
            elif hdu.name == EXTENSION and passing is not None:
                target.write(association_hdu(one for one in associations_in(hdus) if not Path(one[1]).is_relative_to(passing)))
            else:
                _copy(hdu, source, target)


def _primary(hdu: Any, cards: Mapping[str, str]) -> Any:
    from astropy.io import fits
    header = hdu.header.copy()
    for sum_ in ('CHECKSUM', 'DATASUM'):  # which come anew, as the last cards
        header.remove(sum_, ignore_missing=True)
    for key, value in cards.items():
        header.set(key, value, _ADDED if len(value) < 40 else None)
    return fits.PrimaryHDU(hdu.data, header)


def _image(hdu: Any, undefined: float | None, packed: bool) -> Any:
    """Return the HDU of a detector as it is written."""
    from astropy.io import fits
    data, header = np.array(hdu.data, np.float32), hdu.header.copy()
    if undefined is not None:
        np.copyto(data, np.float32(undefined), where=np.isnan(data))
        header[UNDEFINED] = undefined, 'stands for NaN'
    if packed:
        return fits.CompImageHDU(data, header, compression_type='GZIP_2', quantize_level=0.0)
    return fits.ImageHDU(data, header)


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
