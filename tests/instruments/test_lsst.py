"""The cameras with CCDs made for LSST: real headers, pixels set to zero."""

from datetime import datetime

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.known import camera, recognise
from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError
from awlike.pixels.geometry import Geometry
from tests.conftest import without_checksums

E2V, ITL = (4004, 4096), (4000, 4072)


@pytest.fixture
def read(data, tmp_path):
    """What a file says, once its false checksums are gone."""

    def read(name):
        path = next(data.glob(f'lsst-multiamp-raw/**/{name}*.fits'))
        return read_raw(without_checksums(path, tmp_path / 'copy.fits'))

    return read


@pytest.mark.parametrize(('name', 'instrument', 'kind', 'chip', 'filter', 'shape'), [
    ('3019031900001-R10', 'LSSTCam', 'bias', 'R10_S02', None, ITL),
    ('3019032200002-R10', 'LSSTCam', 'domeflat', 'R10_S22', 'SDSSi', ITL),
    pytest.param('30211212000310-R22', 'LSSTCam', 'domeflat', 'R22_S22', 'SDSSi', E2V, marks=pytest.mark.slow),
    pytest.param('3019053000001-R22', 'LSSTComCam', 'bias', 'R22_S00', None, ITL, marks=pytest.mark.slow),
    pytest.param('201807241028453', 'LSST-TS8', 'domeflat', 'E2V-CCD250-179', '5', E2V, marks=pytest.mark.slow),
    pytest.param('201607220607067', 'LSST-TS3', 'domeflat', 'ITL-3800C-098', '550CutOn', ITL, marks=pytest.mark.slow),
    pytest.param('201811151255111', 'LSST-TS3', 'domeflat', 'E2V-CCD250-411', '550CutOn', E2V, marks=pytest.mark.slow),
    pytest.param('3023073000237', 'LSST-UCDCam', 'domeflat', 'R22_S01', 'r', ITL, marks=pytest.mark.slow),
    pytest.param('2023103100227', 'LSST-UCDCam', 'domeflat', 'R21_S01', 'r', E2V, marks=pytest.mark.slow),
])
def test_sixteen_hdus_are_one_chip(read, name, instrument, kind, chip, filter, shape):
    raw = read(name)
    frame, = raw.frames
    assert (raw.instrument, frame.kind, frame.chip, frame.filter) == (instrument, kind, chip, filter)
    geometry = Geometry.from_fits(frame.amplifiers)
    assert len(geometry.amplifiers) == 16 and geometry.shape == shape
    assert sum(np.prod(one.trim.shape) for one in geometry.amplifiers) == np.prod(shape)
    assert all(one.prescan_x and one.overscan_x and one.overscan_y for one in geometry.amplifiers)
    assert {one['name'] for one in frame.amplifiers} == {f'Segment{y}{x}' for y in '01' for x in range(8)}


@pytest.mark.parametrize(('name', 'mode', 'celsius'), [
    ('3019031900001-R10', None, -110.097984), ('3019032200002-R10', 'FP_ITL_2s_ir2_v1.seq', None),
    ('30211212000310-R22', 'FP_E2V_2s_ir2_v26.seq', None), ('201607220607067', None, -95.12656),
    ('201807241028453', 'seq-e2v-2s-invert.seq', -100.525262), ('2023103100227', 'FP_E2V_2s_ir2_v26.seq', None)])
def test_the_setup_is_sequencer_and_binning(read, name, mode, celsius):
    frame, = read(name).frames
    assert frame.setup == ({'READMODE': mode} if mode else {}) | {'BINNING': '1x1'}
    assert frame.TEMPERATURE == (celsius and pytest.approx(celsius))


def test_dates_are_utc_whatever_the_header_counts_in():
    cards = {'LSST_NUM': 'ITL-3800C-139', 'INSTRUME': 'lsstCam', 'DATE-OBS': '2021-12-13T04:58:56.398'}
    lsst = recognise(cards)
    assert lsst._moment(cards, 'DATE_OBS') == datetime(2021, 12, 13, 4, 58, 56, 398000)
    assert lsst._moment(cards | {'TIMESYS': 'TAI'}, 'DATE_OBS') == datetime(2021, 12, 13, 4, 58, 19, 398000)


@pytest.mark.parametrize('name', ['MC_C_20230616_000013_R04_SG0', 'MC_C_20240918_000013_R00_SG0_guider'])
def test_guiders_are_refused(read, name):
    with pytest.raises(HeaderError, match="CCDSLOT = 'SG0': stamps of a guider around a star, and no image.*leave the file"):
        read(name)


def test_an_empty_file_is_refused(data):
    with pytest.raises(HeaderError, match='the file is empty .0 bytes.; transfer it again'):
        read_raw(data / 'lsst-multiamp-raw/tests/data/input/guider/raw/MC_C_20240918_000013_R42_S11.fits')


def test_early_latiss_headers_do_not_say_what_they_are_of(read):
    with pytest.raises(HeaderError, match='no value for frame_type: IMGTYPE or IMAGETYP is missing'):
        read('3018092000065')


def test_tables_beside_the_segments_are_no_amplifiers():
    assert not camera('LSSTCam').accepts(fits.Header({'EXTNAME': 'REB_COND'}))
    assert camera('LATISS').accepts(fits.Header({'EXTNAME': 'Segment00'}))
