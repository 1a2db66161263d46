"""A collection of scanned plates, as curators of archives have them, and their scripts."""

import numpy as np
from astropy.io import fits

TOML = '[data.import]\nsources = "data/*.fits"\npreviewDir = "previews"\n'


def write_plate(path, number=0, shape=(24, 30), **cards):
    """Write a plate of unsigned 16-bit pixels."""
    rng = np.random.default_rng(number)
    hdu = fits.PrimaryHDU(rng.integers(100, 60000, shape).astype(np.uint16))
    hdu.header['PLATEID'] = f'P{number:03}'
    hdu.header['FILENAME'] = path.name
    for keyword, value in cards.items():
        hdu.header[keyword] = value
    hdu.writeto(path, checksum='CHECKSUM' in cards, overwrite=True)
    return path


def write_collection(folder, number=4, broken=True):
    """Write a collection of plates and, if `broken`, of one file that is no FITS file; return the folder of the files."""
    data = folder / 'plates/data'
    data.mkdir(parents=True)
    (folder / 'plates/res').mkdir()
    (folder / 'plates/q.toml').write_text(TOML)
    for plate in range(number):
        write_plate(data / f'plate{plate}.fits', plate)
    if broken:
        (data / 'plate9.fits').write_bytes(b'this is no FITS file')
    return data


def pixels_of(path):
    """All bytes behind the primary header."""
    from awlike.processors.cards.reading import header_bytes
    with open(path, 'rb') as file:
        header_bytes(file)
        return file.read()
