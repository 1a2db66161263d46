"""Files that are made to fill memory, to take for ever, or to mean nothing are refused with the rule, and cheaply."""

import gzip
import os
import socket
import subprocess
import sys
import time

import numpy as np
import pytest
from astropy.io import fits

from awlike import config
from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError
from awlike.fits.headers import merged_header
from awlike.fits.images import read_pixels, tile_rows
from awlike.fits.opening import load
from awlike.fits.structure import MAXIMUM_CARDS
from awlike.ingest import ingest
from awlike.tracing.explain import explain

_ROOM = 200 << 20  # bytes of memory beside what Python and its modules have; every bomb below unfolds to 1 GB or more
_READ = '''
import resource, sys
import awlike.assembly
from awlike.cameras.reading import read_raw
from awlike.fits.images import read_pixels
from awlike.tracing.explain import explain
size = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (size + {room}, size + {room}))
for read in (read_raw, explain, lambda path: read_pixels(path, {extension})):
    try:
        read({path!r})
    except Exception as error:
        print(type(error).__name__, error)
'''


def said_of(path, extension=0):
    """What each way of reading a file says, with little memory."""
    program = _READ.format(room=_ROOM, extension=extension, path=str(path))
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def header(*axes):
    cards = [('SIMPLE', True), ('BITPIX', 16), ('NAXIS', len(axes))] + [(f'NAXIS{n}', size) for n, size in enumerate(axes, 1)]
    return fits.Header(cards).tostring().encode()


ZEROS = gzip.compress(bytes(1 << 26))  # 64 MB in 64 kB


@pytest.mark.slow
@pytest.mark.parametrize(('begin', 'rule'), [
    (b'', 'not a FITS file'),
    (header(), 'goes on for more than'),
    (b'SIMPLE  =                    T'.ljust(80), 'no END within'),
    (header(10, 10), 'goes on for more than'),
    (header(100_000, 50_000), 'unfolds to 10 GB'),
], ids=['zeros', 'no data declared', 'no END', 'few data declared', 'many data declared'])
def test_a_small_gzipped_file_cannot_fill_the_memory(tmp_path, begin, rule):
    path = tmp_path / 'bomb.fits.gz'
    path.write_bytes(gzip.compress(begin) + ZEROS * 16)
    said = said_of(path)
    begins = tuple(f'{error} {path}: ' for error in ('HeaderError', 'NotFits'))
    assert len(said) == 3 and all(line.startswith(begins) and rule in line for line in said), said


def test_the_setting_bounds_what_a_file_unfolds_to(write, monkeypatch):
    path = write()
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert read_raw(path).frames
    monkeypatch.setenv('AWLIKE_LARGEST_UNPACKED', '1e-6')
    config.settings.cache_clear()
    try:
        with pytest.raises(HeaderError, match='AWLIKE_LARGEST_UNPACKED'):
            read_raw(path)
    finally:
        monkeypatch.undo()
        config.settings.cache_clear()


def test_a_gzipped_file_with_a_little_behind_its_last_hdu_is_read(write):
    path = write()
    path.write_bytes(gzip.compress(path.read_bytes() + bytes(2880 * 3)))
    assert read_raw(path).frames and read_pixels(path, 0).size


@pytest.mark.slow
@pytest.mark.parametrize(('cards', 'rule'), [({'ZNAXIS1': 100_000, 'ZNAXIS2': 50_000}, 'the image of HDU 1 unfolds to 10 GB'),
                                             ({'ZTILE1': 2_000_000_000}, 'the image of HDU 1 unfolds to 4 GB')])
def test_a_tile_compressed_image_cannot_fill_the_memory(tmp_path, cards, rule):
    path = tmp_path / 'bomb.fits.fz'
    fits.CompImageHDU(np.zeros((20, 30), np.int16)).writeto(path)
    with fits.open(path, mode='update', disable_image_compression=True) as hdus:
        hdus[1].header.update(cards)
    said = said_of(path, 1)
    assert len(said) == 3 and all(f'{path}: {rule}' in line for line in said), said


@pytest.mark.slow
def test_a_gzipped_tile_cannot_fill_the_memory(tmp_path):
    path = tmp_path / 'bomb.fits.fz'
    bomb = np.frombuffer(gzip.compress(b'small') + gzip.compress(bytes(1 << 28), 1) * 4, np.uint8)
    fits.CompImageHDU(np.zeros((2, 30), np.int16), compression_type='GZIP_1').writeto(path)
    with fits.open(path, disable_image_compression=True) as hdus:
        tiles = np.empty(2, object)
        tiles[:] = [bomb, bomb]
        packed = fits.BinTableHDU.from_columns([fits.Column('COMPRESSED_DATA', 'PB()', array=tiles)])
        packed.header.extend([card for card in hdus[1].header.cards if card.keyword.startswith('Z')])
        fits.HDUList([fits.PrimaryHDU(), packed]).writeto(path, overwrite=True)
    said = said_of(path, 1)[-1]
    assert 'tile 0 unfolds to more than 240 bytes' in said, said


@pytest.mark.slow
@pytest.mark.parametrize('begin', [b'', b'hello', b'SIMPLE  =                    T'.ljust(80)])
def test_of_a_large_file_that_is_no_fits_little_is_read(tmp_path, begin):
    path = tmp_path / 'large.fits'
    path.write_bytes(begin)
    os.truncate(path, 8 << 30)  # it takes no room on the disk
    said = said_of(path)
    assert len(said) == 3 and all(('no END within' if len(begin) > 5 else 'not a FITS file') in line for line in said), said


@pytest.mark.parametrize(('kind', 'word'), [('fifo', 'a named pipe'), ('socket', 'a socket'), ('device', 'a device'),
                                            ('folder', 'a folder')])
def test_what_has_no_end_is_no_file(tmp_path, monkeypatch, kind, word):
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    path = tmp_path / f'{kind}.fits'
    if kind == 'fifo':
        os.mkfifo(path)
    elif kind == 'socket':
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path.name)
    elif kind == 'device':
        path.symlink_to('/dev/zero')
    else:
        path.mkdir()
    for read in (read_raw, explain, load, lambda path: read_pixels(path, 0), lambda path: tile_rows(path, [(0, None)])):
        with pytest.raises(HeaderError, match=f'this is {word}.*; awlike reads regular files'):
            read(path)


@pytest.mark.slow
def test_ingest_refuses_pipes_and_devices_and_takes_the_others(project, write, tmp_path):
    os.mkfifo(tmp_path / 'pipe.fits')
    report = ingest([write(), tmp_path / 'pipe.fits', '/dev/zero'])
    assert len(report.ingested) == 1
    assert 'a named pipe' in report.refused[0][1] and 'a device' in report.refused[1][1]


# --- headers ---


def many(number):
    return fits.Header([(f'K{index:X}', index) for index in range(number // 2)] + [('HISTORY', 'bias')] * (number // 2))


def seconds(function, *arguments):
    best = 1e9
    for _ in range(3):
        start = time.process_time()
        function(*arguments)
        best = min(best, time.process_time() - start)
    return best


def test_headers_are_merged_in_a_time_that_grows_as_their_number_of_cards():
    few, more = many(1000), many(8000)
    for other in (None, fits.Header({'EXTNAME': 'chip'})):
        assert seconds(merged_header, more, other or more) < 25 * seconds(merged_header, few, other or few)  # 8; squared 64


@pytest.mark.slow
def test_a_header_of_many_cards_is_read_and_one_of_too_many_refused(write):
    path = write(pixels=np.zeros((12, 24), np.uint16))
    with fits.open(path, mode='update') as hdus:
        hdus[0].header.extend(many(12_000))
    assert read_raw(path).frames
    with fits.open(path, mode='update') as hdus:
        hdus[0].header.extend(many(MAXIMUM_CARDS - 12_000))
    with pytest.raises(HeaderError, match=f'header of HDU 0 has no END within {MAXIMUM_CARDS} cards'):
        read_raw(path)


@pytest.mark.parametrize(('cards', 'rule'), [
    ({'BSCALE': 0.0}, 'BSCALE = 0 with'), ({'BSCALE': 1e308}, r'BSCALE = 1e\+308 with'),
    ({'BSCALE': 1e-300}, 'BSCALE = 1e-300'),
    ({'BSCALE': 1.0, 'BZERO': -1e300}, r'BZERO = -1e\+300'), ({'BZERO': 'NaN'}, "BZERO = 'NaN' is not a number"),
    ({'BZERO': True}, 'BZERO = True is not a number'), ({'BSCALE': 1e37}, r'BSCALE = 1e\+37')])
@pytest.mark.parametrize('packed', [False, True])
def test_a_scale_that_leaves_no_numbers_is_refused(project, write, cards, rule, packed):
    path = write()
    if packed:
        with fits.open(path) as hdus:
            fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(hdus[0].data, hdus[0].header)]).writeto(path, overwrite=True)
    with fits.open(path, mode='update', disable_image_compression=True, do_not_scale_image_data=True) as hdus:
        for keyword, value in cards.items():
            hdus[int(packed)].header[keyword] = value
    with pytest.raises(HeaderError, match=rule):
        read_pixels(path, int(packed))
    with pytest.raises(HeaderError, match=rule):
        tile_rows(path, [(int(packed), None)])[0:1]
    assert rule.replace('\\', '').split(' ')[0] in ingest(path).refused[0][1]


@pytest.mark.parametrize('cards', [{'BSCALE': 2.0, 'BZERO': 10.0}, {'BSCALE': -1.5}, {'BZERO': 32768}])
def test_other_scales_are_applied(write, cards):
    path = write(pixels=np.arange(288, dtype=np.int16).reshape(12, 24))
    with fits.open(path, mode='update', do_not_scale_image_data=True) as hdus:
        hdus[0].header.update(cards)
    expected = np.arange(288).reshape(12, 24) * cards.get('BSCALE', 1) + cards.get('BZERO', 0)
    assert np.array_equal(read_pixels(path, 0), expected)
