"""Real files, whole and broken: read right, or refused with a reason."""

from collections import Counter

import numpy as np
import pytest
from astropy.io import fits

from awlike import RawBiasFrame, RawDomeFlatFrame, RawFits, RawFrame, RawScienceFrame
from awlike.fits.finding import fits_files
from awlike.ingest import ingest
from awlike.pixels.amplifiers import light_sensitive
from awlike.pixels.overscan import subtract_overscan
from tests.conftest import without_checksums

SITE = '''
telescope = "T"
latitude = -30.2
longitude = -70.7
elevation = 2663
timezone = 0
'''
ANYTHING = 'name = "ANY"' + SITE + '''
[recognised_by]
BITPIX = "*"
[frame_types]
"*" = "science"
[keywords]
chip = "EXTNAME"
[constants]
chip = "CHIP"
frame_type = "LIGHT"
DATE_OBS = "2020-01-01T00:00:00"
EXPTIME = 1
filter = "r"
[setup]
COLUMNS = "NAXIS1"
ROWS = "NAXIS2"
'''
@pytest.fixture
def describe(project, home):
    """Describe a camera of one's own."""
    (home / 'instruments').mkdir()
    return lambda text: (home / 'instruments/mine.toml').write_text(text)




def test_the_real_night(project, data):
    report = ingest([data / 'lowell-42in'], 'refer')
    assert len(report.ingested) == 26 and not report.refused
    assert report.frames == {'RawBiasFrame': 10, 'RawTwilightFlatFrame': 8, 'RawScienceFrame': 8}
    first = RawScienceFrame.select_all().min('DATE_OBS')
    assert first.raw_fits.original_name == '20190326.0134.fits' and first.AIRMASS >= 1
    assert abs(first.imstat.median - (1625.5 + 1157.5)) < 30, 'overscan level and sky, as known'
    bias = RawBiasFrame.select_all().first()
    assert abs(bias.imstat.median - 1625.5) < 5 and bias.imstat.npix == 1370 * 1365
    assert len(ingest([data / 'lowell-42in'], 'refer').known) == 26


def test_odd_files_of_unknown_cameras_are_refused_with_reason_and_remedy(project, data):
    folders = [data / name for name in ('fits-odd-and-broken', 'real-headers-text')]
    report = ingest(folders)
    assert not report.ingested and len(report.refused) == len(fits_files(folders)) > 70
    remedies = ('describe yours', 'leave it out', 'transfer it again', 'run fitsverify')
    for path, reason in report.refused:
        assert any(remedy in reason for remedy in remedies), (path, reason)
        assert 'Traceback' not in reason and 'Error' not in reason and '\n' not in reason and str(path) not in reason
    kinds = Counter(reason.split()[0] for _, reason in report.refused)
    assert kinds == {'unknown': 41, 'no': 25, 'checksum': 5, 'HDU': 2, 'the': 1}


def test_odd_files_are_read_right_by_a_camera_that_takes_anything(describe, data):
    describe(ANYTHING)
    folder = data / 'fits-odd-and-broken'
    report = ingest(folder)
    frames = {str(file.original_name): (RawFrame.raw_fits == file).one() for file in report.ingested}
    m13 = [frame for name, frame in frames.items() if name.startswith('m13') and 'real' not in name]
    assert len(m13) == 1, 'plain, gzip, hcompress, plio and rice hold the same pixels'
    assert m13[0].imstat.max == 3618 and m13[0].imstat.median == 122 and m13[0].data.dtype == np.int16
    assert np.isnan(frames['compressed_with_nan.fits'].data).sum() == 1
    assert frames['compressed_with_nan.fits'].imstat.npix == 143
    assert frames['blank.fits'].imstat.npix == 0, 'BLANK is no value'
    assert frames['fixed-1890.fits'].imstat.min == frames['fixed-1890.fits'].imstat.max == 1890
    assert frames['scale.fits'].data.dtype == np.float32
    lossy = np.abs(frames['m13real_rice.fits'].data - frames['m13real.fits'].data)
    assert lossy.max() < 1 and np.median(lossy) < 0.1
    reasons = {path.name: reason for path, reason in report.refused}
    assert "DATE-OBS = '19/05/94' is an old-style date" in reasons['test0.fits']
    assert 'chip SCI comes in several extensions; correct EXTNAME' in reasons['o4sp040b0_raw.fits']
    assert 'NAXIS: the data are 11 x 10 x 7' in reasons['arange.fits']
    assert 'NAXIS: the data are 777777701 x 0' in reasons['zerowidth.fits']
    assert 'checksum wrong' in reasons['checksum_false.fits']
    assert 'empty' in reasons['MC_C_20240918_000013_R42_S11.fits']
    assert len(report.ingested) + len(report.known) + len(report.refused) == len(fits_files(folder))


def test_changed_pixels_are_refused_and_gzipped_files_under_a_plain_name_read(project, data, tmp_path):
    path, = data.glob('lsst-multiamp-raw/**/3019031900001-R10-S02-det029.fits')
    (_, reason), = ingest(path).refused
    assert 'checksum wrong' in reason and 'HDU 1' in reason and 'remove the card' in reason
    copy = without_checksums(path, tmp_path / 'without.fits.gz').rename(tmp_path / 'gzipped.fits')
    assert path.read_bytes().startswith(b'\x1f\x8b') and copy.read_bytes().startswith(b'\x1f\x8b')
    assert ingest(copy).frames == {'RawBiasFrame': 1}
    frame = RawBiasFrame.select_all().one()
    assert (frame.instrument.name, frame.chip.name, frame.raw_fits.original_name) == ('LSSTCam', 'R10_S02', 'gzipped.fits')
    assert len(frame.amplifiers) == 16 and frame.trim is None and frame.imstat.npix == 4000 * 4072


@pytest.mark.parametrize('kind', ['e2v', 'itl'])
def test_sixteen_amplifiers_make_the_known_chip(project, data, tmp_path, kind):
    folder = data / 'lsst-multiamp-raw/tests/data'
    report = ingest(without_checksums(folder / f'{kind}_spot.fits.gz', tmp_path / 'spot.fits'))
    assert report.frames == {'RawScienceFrame': 1}, report
    expected = fits.getdata(folder / f'{kind}_expected_assembled.fits.gz')
    raw = RawScienceFrame.select_all().one()
    assert raw.data.shape == (2 * 2048, 8 * 576) and np.array_equal(raw.pixels[2000:2100], raw.data[2000:2100])
    assert np.array_equal(light_sensitive(raw.data, raw.geometry)[::-1], expected)
    assert np.array_equal(subtract_overscan(raw.pixels, raw.geometry, 0)[::-1], expected)
    assert raw.imstat.npix == expected.size and raw.imstat.mean == pytest.approx(expected.mean())


def test_a_camera_of_ones_own_from_file_to_frames(describe, data):
    from awlike.cameras import described
    example = described.__doc__.split('In full::\n')[1].split('In patterns')[0]
    lines = [line.strip() for line in example.splitlines()]
    describe('\n'.join(line for line in lines if not line.startswith(('trim', 'overscan_x', 'chips'))))
    report = ingest(data / 'feder-kelt16-mini')
    science = RawScienceFrame.select_all().one()
    assert (science.instrument.name, science.chip.name, science.filter.name) == ('ASPEN', 'KAF16803', 'r')
    assert science.filter.mag_id == 'SloanR' and science.data.shape == (200, 200)
    assert len(RawFits.select_all()) == len(report.ingested) and not RawDomeFlatFrame.select_all().exists()
