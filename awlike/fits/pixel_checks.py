"""The pixels of an HDU, read only where its header gives them a meaning and its tiles hold no more than it declares."""

import gzip
import io
import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.errors import HeaderError
from awlike.fits.hdus import Hdu

if TYPE_CHECKING:
    from astropy.io.fits import Header

_GZIP = ('COMPRESSED_DATA', 'GZIP_COMPRESSED_DATA')  # columns of tiles that can be gzipped
_LARGEST, _SMALLEST = (float(limit) for limit in (np.finfo(np.float32).max, np.finfo(np.float32).tiny))


def image_data(hdu: Hdu) -> Any:
    """Return the data of an HDU as astropy reads them.

    Raises
    ------
    HeaderError
        When BSCALE or BZERO makes no numbers of the pixels, or a gzipped tile unfolds to more than a tile.
    """
    if hdu.is_image:
        check_scale(getattr(hdu, '_bintable', hdu).header)  # astropy leaves a BSCALE of 0 out of the header of the image
    if hasattr(hdu, 'compressed_data'):
        _check_tiles(hdu)
    return hdu.data


def check_scale(header: 'Header') -> None:
    """Refuse BSCALE and BZERO that are no finite numbers, or with which pixels do not fit into single precision."""
    scale, zero = (_finite(header, keyword, default) for keyword, default in (('BSCALE', 1.0), ('BZERO', 0.0)))
    bits = header.get('BITPIX', 8)
    most = 2.0 ** min(bits, 64) if isinstance(bits, int) and bits > 0 else 1.0
    if not (_SMALLEST <= abs(scale) and abs(scale) * most + abs(zero) <= _LARGEST):
        raise HeaderError(f'BSCALE = {scale:g} with BZERO = {zero:g}: pixels scaled so are all alike or no numbers any more; '
                          'correct the cards')


def _finite(header: 'Header', keyword: str, default: float) -> float:
    value = header.get(keyword, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise HeaderError(f'{keyword} = {value!r} is not a number; correct the card')
    return float(value)


def _check_tiles(hdu: Any) -> None:
    """Refuse a tile whose gzip stream holds more than any tile of the image; astropy would unzip it whole."""
    most = math.prod(map(int, hdu.tile_shape)) * 8  # bytes: no type of pixel has more than 8
    table = hdu._bintable
    for column in set(_GZIP).intersection(table.data.names):
        element = np.dtype({'B': 'u1', 'I': '>i2', 'J': '>i4'}[re.sub(r'[\dPQ]|\(.*', '', table.columns[column].format)])
        for number, (elements, start) in enumerate(table.data[column].tolist()):
            packed = table._get_raw_data(elements, element, table._data_offset + table._theap + start).tobytes()
            if packed.startswith(b'\x1f\x8b') and len(gzip.GzipFile(fileobj=io.BytesIO(packed)).read(most + 1)) > most:
                raise HeaderError(f'tile {number} unfolds to more than {most} bytes, the most that the header (ZTILEn) '
                                  'declares; take the file from its source again')
