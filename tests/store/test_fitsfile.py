import gzip
import io

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError
from awlike.fits.finding import fits_files
from awlike.fits.headers import frame_header
from awlike.fits.images import pixel_rows, read_pixels, read_tiles, tile_rows
from awlike.pixels.geometry import Section
from awlike.pixels.strips import Rows


def test_walker(tmp_path):
    for name in ('b.fits', 'a.FIT', 'c.fts.gz', 'd.fits.fz', 'notes.txt', '._b.fits', 'deep/e.fits'):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = [path.name for path in fits_files([tmp_path, tmp_path / 'notes.txt', tmp_path / 'b.fits'])]
    assert named == ['a.FIT', 'b.fits', 'c.fts.gz', 'd.fits.fz', 'e.fits', 'notes.txt']
    with pytest.raises(HeaderError, match='nowhere: no such file'):
        fits_files(tmp_path / 'nowhere')


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


def test_pixels_are_native_and_scaled(write):
    path = write(pixels=np.full((10, 24), 65535, np.uint16))
    pixels = read_pixels(io.BytesIO(path.read_bytes()), 0)
    assert pixels.dtype == np.uint16 and pixels.dtype.isnative and pixels.max() == 65535
    signed = read_pixels(write('signed.fits', pixels=np.full((10, 24), -5, np.int16)), 0)
    assert signed.dtype == np.int16 and signed.dtype.isnative and signed[0, 0] == -5
    with pytest.raises(HeaderError, match='no HDU 3'):
        read_pixels(path, 3)


def test_header_of_one_detector(tmp_path):
    primary = fits.PrimaryHDU(header=fits.Header({'INSTRUME': 'X', 'EXTNAME': 'WHOLE', 'OBJECT': 'sky'}))
    primary.header['HISTORY'] = 'exposed'
    extension = fits.ImageHDU(np.zeros((3, 4), np.int16), fits.Header({'EXTNAME': 'CHIP', 'OBJECT': 'own'}))
    path = tmp_path / 'two.fits'
    fits.HDUList([primary, extension]).writeto(path, checksum=True)
    header = frame_header(path, 1)
    assert header[0] is True and header['NAXIS1'] == 4 and header['EXTNAME'] == 'CHIP'
    assert header['INSTRUME'] == 'X' and header['OBJECT'] == 'own' and str(header['HISTORY']) == 'exposed'
    assert 'CHECKSUM' not in header and 'XTENSION' not in header
    fits.PrimaryHDU(np.zeros((3, 4)), header).writeto(tmp_path / 'one.fits')


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
        with pytest.raises(HeaderError, match='cannot be read'):
            read_raw(path)


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


def test_the_header_of_several_hdus_has_what_is_the_same_in_all(tmp_path):
    path = tmp_path / 'raw.fits'
    fits.HDUList([fits.PrimaryHDU(), *(fits.ImageHDU(np.zeros((2, 2)), name=name) for name in 'AB')]).writeto(path)
    with fits.open(path, mode='update') as hdus:
        hdus[0].header['OBJECT'] = 'field'
        for gain, hdu in enumerate(hdus[1:]):
            hdu.header.update({'DETECTOR': 'one', 'GAIN': gain, 'DATASEC': '[1:2,1:2]'})
    header = frame_header(path, 1, 2)
    assert (header['OBJECT'], header['DETECTOR']) == ('field', 'one')
    assert not {'EXTNAME', 'GAIN', 'DATASEC'} & set(header)
