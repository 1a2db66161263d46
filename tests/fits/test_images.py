"""Pixels of FITS files: whole images, and rows that are read when they are sliced."""

import io

import numpy as np
import pytest
from astropy.io import fits

from awlike.errors import HeaderError
from awlike.fits.images import pixel_rows, read_pixels, read_tiles, tile_rows
from awlike.pixels.geometry import Section
from awlike.pixels.strips import Rows


def test_pixels_are_native_and_scaled(write):
    path = write(pixels=np.full((10, 24), 65535, np.uint16))
    pixels = read_pixels(io.BytesIO(path.read_bytes()), 0)
    assert pixels.dtype == np.uint16 and pixels.dtype.isnative and pixels.max() == 65535
    signed = read_pixels(write('signed.fits', pixels=np.full((10, 24), -5, np.int16)), 0)
    assert signed.dtype == np.int16 and signed.dtype.isnative and signed[0, 0] == -5
    with pytest.raises(HeaderError, match='frame.fits: there is no HDU 3; the file has 0 to 0$'):
        read_pixels(path, 3)


@pytest.mark.parametrize('dtype', ['u1', 'i2', 'u2', 'i4', 'u4', 'f4', 'f8'])
@pytest.mark.parametrize('name', ['raw.fits', 'raw.fits.gz'])
def test_rows_are_those_of_the_whole_image(tmp_path, dtype, name):
    image = (np.random.default_rng(1).random((9, 7)) * 200).astype(dtype)
    path = tmp_path / name
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(image)]).writeto(path)
    rows = pixel_rows(path, 1)
    assert rows.shape == (9, 7)
    assert np.array_equal(rows[2:5], image[2:5]) and rows[2:5].dtype == read_pixels(path, 1).dtype
    assert np.array_equal(np.asarray(rows), image)


def test_rows_of_scaled_and_compressed_images_are_right(tmp_path):
    image = np.arange(60, dtype=np.int16).reshape(6, 10)
    scaled = fits.ImageHDU(image)
    scaled.header['BSCALE'], scaled.header['BZERO'] = 2.0, 5.0
    fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(image), scaled]).writeto(tmp_path / 'raw.fits')
    for extension in (1, 2):
        assert isinstance(pixel_rows(tmp_path / 'raw.fits', extension), Rows), 'not in memory, of however many frames'
        assert np.array_equal(pixel_rows(tmp_path / 'raw.fits', extension)[1:4],
                              read_pixels(tmp_path / 'raw.fits', extension)[1:4])


def test_a_blank_pixel_has_no_value_in_rows_either(tmp_path):
    hdu = fits.PrimaryHDU(np.arange(12, dtype=np.int16).reshape(3, 4))
    hdu.header['BLANK'] = 5
    hdu.writeto(tmp_path / 'raw.fits')
    whole, rows = read_pixels(tmp_path / 'raw.fits', 0), pixel_rows(tmp_path / 'raw.fits', 0)
    assert np.isnan(whole[1, 1]) and np.isnan(rows[1:2][0, 1])
    assert np.array_equal(np.asarray(rows), whole, equal_nan=True) and rows[:1].dtype == whole.dtype


def test_a_file_cut_short_after_it_was_opened_is_told(tmp_path):
    path = tmp_path / 'raw.fits'
    fits.PrimaryHDU(np.zeros((100, 100), np.float32)).writeto(path)
    rows = pixel_rows(path, 0)
    path.write_bytes(path.read_bytes()[:5000])
    assert rows[:1].shape == (1, 100)
    with pytest.raises(HeaderError, match='raw.fits: the file ends within the pixels of HDU 0'):
        rows[50:]


@pytest.mark.parametrize('name', ['raw.fits', 'raw.fits.gz'])
def test_a_raw_image_in_several_hdus_is_read_side_by_side(tmp_path, name):
    one, two, three = (np.full((5, 4), number, np.uint16) for number in (1, 2, 3))
    path = tmp_path / name
    fits.HDUList([fits.PrimaryHDU(), *map(fits.ImageHDU, (one, two, three))]).writeto(path)
    tiles = [(1, Section(0, 4, 0, 5)), (3, Section(4, 8, 0, 5)), (2, Section(0, 4, 5, 10))]
    whole = np.block([[one, three], [two, np.zeros_like(one)]])
    image, rows = read_tiles(path, tiles), tile_rows(path, tiles)
    assert np.array_equal(image, whole) and image.dtype == np.uint16
    assert isinstance(rows, Rows) and rows.shape == whole.shape
    assert np.array_equal(rows[3:7], whole[3:7]) and np.array_equal(np.asarray(rows), whole)


def test_images_of_different_dtype_keep_their_values_side_by_side(tmp_path):
    path = tmp_path / 'raw.fits'
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(np.full((2, 3), 7, np.uint16)),
                  fits.ImageHDU(np.full((2, 3), 1e6, np.float32))]).writeto(path)
    tiles = [(1, Section(0, 3, 0, 2)), (2, Section(3, 6, 0, 2))]
    assert read_tiles(path, tiles)[1].tolist() == tile_rows(path, tiles)[1:2][0].tolist() == [7, 7, 7, 1e6, 1e6, 1e6]


def test_a_cube_has_no_rows(tmp_path):
    fits.PrimaryHDU(np.zeros((2, 3, 4), np.int16)).writeto(tmp_path / 'cube.fits')
    with pytest.raises(HeaderError, match='cube.fits: HDU 0 holds no two-dimensional image; see its NAXIS'):
        pixel_rows(tmp_path / 'cube.fits', 0)
