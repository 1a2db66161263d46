"""Images from and to FITS files. The header of a product tells its whole making, so that the file alone explains itself."""


import numpy as np

from awlike.fits.headers import frame_header
from awlike.fits.images import read_tiles
from awlike.fits.opening import load, named, opened, quiet
from awlike.persist.provenance import provenance_of
from awlike.persist.provenance_tables import provenance_tables
from awlike.products.headers import product_header


def read_raw_frame(path, tiles):
    """Image and merged header of one detector in a raw file, `tiles` of which lie in its HDUs: see `read_tiles`."""
    return read_tiles(path, tiles), frame_header(path, *[extension for extension, _ in tiles])


def read_product(path):
    """Image and header of a product."""
    with named(path), opened(load(path), whole=False) as hdus:
        data = hdus[0].data
        return data.astype(data.dtype.newbyteorder('='), copy=False), hdus[0].header


def write_product(path, product) -> None:
    """Write the image of `product`, its header and its provenance, with checksums."""
    from astropy.io import fits
    data = np.asarray(product.data)
    with quiet():
        fits.PrimaryHDU(data, product_header(product)).writeto(path, checksum=True)
    append_provenance(path, product)


def append_provenance(path, obj) -> None:
    """Put the provenance of `obj` at the end of a FITS file."""
    with open(path, 'ab') as file:
        file.write(provenance_tables(provenance_of(obj)))
