"""The file of the output: that of the mosaic, which names no file of the home that is thrown away, and may be compressed."""

from pathlib import Path
from typing import IO, Any

from awlike.fits.opening import quiet
from awlike.nights import utcnow
from awlike.placing import place
from awlike.products.associations import EXTENSION, association_hdu, associations_in
from awlike.products.streamed import hdu_bytes

_SCIENCE = '.SCI'  # the end of the names of the images of detectors


def write_output(made: Path, path: Path, home: Path, packed: bool = False) -> Path:
    """Write the file `made` of a mosaic to `path`, one HDU after the other: one detector is in memory.

    Parameters
    ----------
    home : pathlib.Path
        The home that is thrown away: the table of associations does not name its files.
    packed : bool
        Whether images are compressed, without loss. Default: no.
    """
    return place(path, lambda temporary: _write(made, temporary, home, packed))


def _write(made: Path, path: Path, home: Path, packed: bool) -> None:
    from astropy.io import fits
    checked = utcnow().isoformat(timespec='seconds')
    with fits.open(made, memmap=True) as hdus, open(made, 'rb') as source, open(path, 'wb') as target, quiet():
        for hdu in hdus:
            if hdu.name == EXTENSION:
                target.write(association_hdu((one for one in associations_in(hdus)
                                              if not Path(one.filename_full).is_relative_to(home)), checked))
            elif packed and hdu.name.endswith(_SCIENCE):
                image = fits.CompImageHDU(hdu.data, hdu.header, compression_type='GZIP_2', quantize_level=0.0)
                target.write(hdu_bytes([image], checked))
                del hdu.data
            else:
                _copy(hdu.fileinfo(), source, target)


def _copy(where: dict[str, Any], source: IO[bytes], target: IO[bytes]) -> None:
    """Copy an HDU as it is."""
    source.seek(where['hdrLoc'])
    left = where['datLoc'] + where['datSpan'] - where['hdrLoc']
    while left:
        block = source.read(min(left, 1 << 20))
        target.write(block)
        left -= len(block)
