"""Raw files are read, or refused with file, keyword and remedy."""

import warnings

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError


def test_good_file(write):
    raw = read_raw(write())
    frame, = raw.frames
    assert raw.instrument == 'NASA42' and frame.kind == 'science' and frame.EXPTIME == 300.0
    assert frame.trim == '[3:18,1:10]' and frame.overscan_x == '[20:24,1:10]' and frame.prescan_x is None


@pytest.mark.parametrize(('changes', 'words'), [
    ({'EXPTIME': -3.0}, 'EXPTIME = -3.0.*seconds'),
    ({'EXPTIME': None}, 'no value for EXPTIME.*missing or blank'),
    ({'EXPTIME': 'long'}, 'EXPTIME.*not a number'),
    ({'DATE_OBS': '26/03/19'}, 'DATE-OBS.*old-style.*YYYY-MM-DD'),
    ({'DATE_OBS': None}, 'no value for DATE_OBS: DATE-OBS is missing'),
    ({'DATE_OBS': '1969-03-26'}, 'DATE-OBS with UTC-OBS.*before 1980'),
    ({'DATE_OBS': '2919-03-26'}, 'DATE-OBS.*future'),
    ({'UTC_OBS': None}, 'DATE-OBS.*no time of day'),
    ({'UTC_OBS': '3 o clock'}, 'UTC-OBS.*not a date and time'),
    ({'MJD_OBS': 50000.0}, 'MJD-OBS.*more than a day apart'),
    ({'IMAGETYP': 'FOCUS'}, "IMAGETYP = 'FOCUS' is no frame type of NASA42; it knows BIAS"),
    ({'IMAGETYP': None}, 'no value for frame_type: IMAGETYP or OBSTYPE'),
    ({'FILTNAME': None}, 'no value for filter: FILTNAME'),
    ({'DETECTOR': 'SITe'}, "DETECTOR = 'SITe' is no chip of NASA42"),
    ({'TRIMSEC': '[18:1382,1:1370]'}, 'TRIMSEC.*inside the image of 24 x 10'),
    ({'BIASSEC': 'none'}, 'BIASSEC.*not a section'),
    ({'LCAMMOD': 'nasa43'}, 'unknown camera'),
    ({'pixels': np.zeros((2, 10, 24), np.int16)}, 'NAXIS: the data are 24 x 10 x 2'),
    ({'pixels': np.zeros((0, 24), np.int16)}, 'NAXIS: the data are 24 x 0'),
])
def test_refused_with_file_keyword_and_remedy(write, changes, words):
    with pytest.raises(HeaderError, match=f'frame.fits: .*{words}'):
        read_raw(write(**changes))


def test_tables_are_no_frames(tmp_path):
    path = tmp_path / 'table.fits'
    fits.BinTableHDU.from_columns([fits.Column('a', 'J', array=[1])]).writeto(path)
    with pytest.raises(HeaderError, match='no HDU holds an image'):
        read_raw(path)


def test_random_damage_never_escapes(write):
    content = write().read_bytes()
    rng = np.random.default_rng(5)
    path = write('other.fits')
    for _ in range(150):
        spoilt = bytearray(content)
        for where in rng.integers(0, 2880, 4):
            spoilt[where] = rng.integers(0, 256)
        path.write_bytes(spoilt)
        try:
            read_raw(path)
        except HeaderError as error:
            assert 'other.fits' in str(error)


def test_nothing_but_header_errors_from_real_odd_files(data):
    folders = ('fits-odd-and-broken', 'lsst-multiamp-raw', 'real-headers-text', 'msumastro-tiny-headers',
               'panoptes-solved-unsolved', 'feder-kelt16-mini')
    files = [path for folder in folders for path in (data / folder).rglob('*') if path.is_file()]
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        for path in files:
            with pytest.raises(HeaderError) as caught:
                read_raw(path)
            assert str(path) in str(caught.value) and len(str(caught.value)) > len(str(path)) + 30
