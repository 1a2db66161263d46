"""FITS files of every kind and every damage: read, or refused with the reason."""

import gzip

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError
from awlike.fits.images import read_pixels


def test_gzip_under_a_plain_name(write):
    path = write()
    plain, pixels = read_raw(path), read_pixels(path, 0)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert read_raw(path).frames == plain.frames
    assert np.array_equal(read_pixels(path, 0), pixels)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(HeaderError, match='gzip data is truncated'):
        read_raw(path)


def test_tile_compressed(write, tmp_path):
    with fits.open(write()) as hdus:
        packed = tmp_path / 'frame.fits.fz'
        image = fits.CompImageHDU(hdus[0].data, hdus[0].header)
        fits.HDUList([fits.PrimaryHDU(), image]).writeto(packed, checksum=True)
    frame, = read_raw(packed).frames
    assert frame.extension == 1 and frame.shape == (10, 24) and frame.trim == '[3:18,1:10]'
    assert np.array_equal(read_pixels(packed, 1), np.arange(240).reshape(10, 24))
    packed.write_bytes(packed.read_bytes()[:-2880])
    with pytest.raises(HeaderError, match='truncated'):
        read_raw(packed)


@pytest.mark.parametrize(('content', 'rule'), [
    (b'', 'empty'), (b'hello', 'not a FITS file'), (b'\x1f\x9d..', 'compress'), (b'BZh91AY', 'bzip2'),
    (b'SIMPLE  =                    T' + b' ' * 50, 'cannot be read as FITS'), (b'SIMPLE  = \xff\xfe' * 500, 'FITS'),
])
def test_no_fits(tmp_path, content, rule):
    path = tmp_path / 'odd.fits'
    path.write_bytes(content)
    with pytest.raises(HeaderError, match=f'odd.fits: .*{rule}'):
        read_raw(path)


def test_every_truncation_is_refused(write):
    path = write()
    content = path.read_bytes()
    for length in (1, 79, 80, 1000, 2879, 2880, 2881, 2880 + 479):
        path.write_bytes(content[:length])
        for read in (read_raw, lambda path: read_pixels(path, 0)):
            with pytest.raises(HeaderError, match='frame.fits: '):
                read(path)
    path.write_bytes(content[:2880 + 480])  # only the padding is missing: nothing is lost
    assert read_raw(path).frames


def test_folder_and_missing_file(tmp_path):
    for path in (tmp_path, tmp_path / 'absent.fits'):
        with pytest.raises(HeaderError, match='this is a folder|cannot be read'):
            read_raw(path)
