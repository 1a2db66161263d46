"""Where images lie in a file: found without astropy, and as astropy finds them."""

import numpy as np
import pytest
from astropy.io import fits

from awlike.fits import images
from awlike.fits.images import read_pixels, tile_rows
from awlike.fits.layout import stored_image


@pytest.fixture
def written(tmp_path):
    """A file of images of all plain types, with a table between them."""
    rng = np.random.default_rng(3)
    arrays = [(rng.random((5, 7)) * 200).astype(dtype) for dtype in ('u1', 'i2', 'u2', 'i4', 'f4', 'f8')]
    table = fits.BinTableHDU.from_columns([fits.Column('A', '10A', array=['BITPIX = 8'] * 300)])
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(arrays[0]), table, *map(fits.ImageHDU, arrays[1:])]
    hdus[1].header['HISTORY'] = 'NAXIS1  =  3000 is what it was'
    path = tmp_path / 'raw.fits'
    fits.HDUList(hdus).writeto(path)
    return path, dict(zip((1, 3, 4, 5, 6, 7), arrays, strict=True))


def test_plain_images_are_read_without_astropy(written, monkeypatch):
    path, arrays = written
    monkeypatch.setattr(images, 'opened', None)
    for extension, array in arrays.items():
        found = read_pixels(path, extension)
        assert np.array_equal(found, array) and found.dtype == array.dtype and found.dtype.isnative
        assert np.array_equal(tile_rows(path, [(extension, None)])[2:4], array[2:4])
    assert [stored_image(path, extension) for extension in (0, 2, 8, -1)] == [None] * 4


def test_a_file_that_was_written_anew_is_looked_at_anew(written):
    path, _ = written
    assert stored_image(path, 1).shape == (5, 7)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((8, 9), np.int16))]).writeto(path, overwrite=True)
    assert stored_image(path, 1).shape == (8, 9)


@pytest.mark.parametrize(('keyword', 'value'), [
    ('BSCALE', 2.0), ('BZERO', 1.0), ('BZERO', 2**15), ('BZERO', '0'), ('BLANK', 3), ('PCOUNT', 4), ('GCOUNT', 2),
    ('BITPIX', 64), ('NAXIS', 1), ('NAXIS1', 0)])
def test_what_needs_interpretation_is_left_to_astropy(tmp_path, keyword, value):
    path = tmp_path / 'raw.fits'
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.zeros((5, 7), np.int32))]).writeto(path)
    assert stored_image(path, 1) is not None
    content = path.read_bytes()
    card = str(fits.Card(keyword, value)).encode()
    end = content.index(b'END' + b' ' * 77, 2880)
    known = content.find(f'{keyword:8}='.encode(), 2880)
    content = (content[:known] + card + content[known + 80:] if known >= 0 else
               content[:end] + card + content[end:end + 80] + content[end + 160:])
    path.write_bytes(content)
    assert stored_image(path, 1) is None


def test_a_file_that_is_no_plain_file_has_no_stored_images(tmp_path):
    assert stored_image(tmp_path / 'absent.fits', 0) is None
    assert stored_image(tmp_path, 0) is None
    (tmp_path / 'short.fits').write_bytes(b'SIMPLE  =                    T')
    assert stored_image(tmp_path / 'short.fits', 0) is None
