import re
from datetime import datetime

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.known import camera
from awlike.cameras.reading import read_raw
from awlike.errors import HeaderError
from awlike.instruments.omegacam import CHIPS
from awlike.pixels.geometry import Section
from awlike.simulate.omegacam_headers import Exposure, extension_header, primary_header

REAL = {'PRSCX': 48, 'NX': 2048, 'OVSCX': 48, 'PRSCY': 0, 'NY': 4100, 'OVSCY': 100}
SMALL = {'PRSCX': 4, 'NX': 20, 'OVSCX': 4, 'PRSCY': 0, 'NY': 30, 'OVSCY': 6}
SCIENCE = Exposure(0, 'science', 'r_SDSS', datetime(2012, 6, 1, 8, 52, 3, 123000), 360.0,
                   datetime(2012, 6, 1, 8, 51, 44), 1, 5)


def merged(chip, sizes=REAL, **changes):
    header = primary_header(SCIENCE, 1)
    header.update(extension_header(SCIENCE, chip, sizes, (48, 0), 2.5, 5.0))
    for keyword, value in changes.items():
        header[keyword] = value
    return header


@pytest.fixture
def write_mef(tmp_path):
    """An exposure of two small chips; `spoil` may change the list of HDUs first."""

    def write_mef(spoil=lambda hdus: None):
        hdus = fits.HDUList([fits.PrimaryHDU(header=primary_header(SCIENCE, 2))])
        for chip in ('ESO_CCD_#65', 'ESO_CCD_#73'):
            hdus.append(fits.ImageHDU(np.zeros((36, 28), np.uint16),
                                      extension_header(SCIENCE, chip, SMALL, (4, 0), 2.5, 5.0)))
        spoil(hdus)
        hdus.writeto(tmp_path / 'mef.fits', checksum=True)
        return tmp_path / 'mef.fits'

    return write_mef


@pytest.mark.parametrize('chip', CHIPS)
def test_geometry_covers_the_real_frame(chip):
    found = camera('OMEGACAM').geometry(merged(chip), (4200, 2144))
    upside_down = int(chip[-2:]) in (*range(73, 81), *range(89, 97))
    assert found['trim'] == ('[49:2096,101:4200]' if upside_down else '[49:2096,1:4100]')
    assert found['overscan_y'] == ('[49:2096,1:100]' if upside_down else '[49:2096,4101:4200]')
    sections = [Section.from_fits(text) for text in found.values() if text]
    assert sum(np.prod(section.shape) for section in sections) == 4200 * 2144 - 2 * 48 * 100
    assert found['prescan_y'] is None


def test_facts(write_mef):
    raw = read_raw(write_mef())
    assert raw.instrument == 'OMEGACAM' and [frame.chip for frame in raw.frames] == ['ESO_CCD_#65', 'ESO_CCD_#73']
    first = raw.frames[0]
    assert first.extension == 1 and first.filter == 'r_SDSS' and first.AIRMASS == 1.02
    assert (first.kind, first.DATE_OBS) == ('science', datetime(2012, 6, 1, 8, 52, 3, 123000))
    assert first.template == {'start': datetime(2012, 6, 1, 8, 51, 44), 'id': 'OMEGACAM_img_obs_offset',
                              'name': 'OBJECT of the simulator', 'type': 'OBJECT'}
    assert first.observing_block['id'] == '200600531' and first.CTYPE1 == 'RA---TAN' and first.CRPIX1 == 8437.0


def test_the_setup_is_the_clock_pattern_and_the_binning():
    omegacam = camera('OMEGACAM')
    assert omegacam.settings(merged('ESO_CCD_#65')) is None
    fast = merged('ESO_CCD_#65', **{f'HIERARCH ESO DET {card}': value for card, value in (
        ('READ CLOCK', 'fast'), ('WIN1 BINX', 2), ('WIN1 BINY', 1))})
    assert omegacam.settings(fast) == {'READMODE': 'fast', 'BINX': '2', 'BINY': '1'}


@pytest.mark.parametrize(('catg', 'dpr_type', 'kind'), [
    ('CALIB', 'BIAS', 'bias'), ('CALIB', 'FLAT,DOME', 'domeflat'), ('CALIB', 'FLAT,SKY', 'twilightflat'),
    ('CALIB', 'FLAT,TWILIGHT', 'twilightflat'), ('CALIB', 'DARK', 'dark'), ('SCIENCE', 'OBJECT', 'science'),
    ('CALIB', 'STD,ZEROPOINT', 'science'),
])
def test_frame_types(catg, dpr_type, kind):
    header = merged('ESO_CCD_#65', **{'ESO DPR CATG': catg, 'ESO DPR TYPE': dpr_type})
    frame = camera('OMEGACAM').read(header, 1, (4200, 2144))
    assert frame.kind == kind and (frame.filter is None) == (kind in ('bias', 'dark'))
    assert (frame.CRVAL1 is None) == (kind != 'science')


@pytest.mark.parametrize(('changes', 'words'), [
    ({'ESO DPR TYPE': 'FOCUS', 'ESO DPR CATG': 'TEST'}, "CATG and TYPE = 'TEST FOCUS' is no frame type"),
    ({'ESO INS FILT1 NAME': 'r_SDS'}, "FILT1 NAME = 'r_SDS' is no filter of OMEGACAM .did you mean r_SDSS"),
    ({'EXTNAME': 'ESO_CCD_#99'}, "EXTNAME = 'ESO_CCD_#99' is no chip"),
    ({'ESO DET OUT1 NX': 2047}, r'PRSCX \+ NX \+ OVSCX = 2143, but the image has 2144 pixels along X'),
    ({'ESO DET OUT1 OVSCY': 'no'}, 'OVSCY = .no. is not a number'),
])
def test_refusals(changes, words):
    with pytest.raises(HeaderError, match=words):
        camera('OMEGACAM').read(merged('ESO_CCD_#65', **changes), 1, (4200, 2144))


def test_spoilt_files(write_mef):
    def same_chip(hdus):
        hdus[2].header['EXTNAME'] = 'ESO_CCD_#65'

    def no_size(hdus):
        del hdus[2].header['ESO DET OUT1 NY']

    for spoil, words in ((same_chip, 'chip ESO_CCD_#65 comes in several'),
                         (no_size, 'HDU 2: ESO DET OUT1 NY is missing')):
        path = write_mef(spoil)
        with pytest.raises(HeaderError, match=re.escape(str(path)) + f': {words}'):
            read_raw(path)
        path.unlink()


def test_parameters():
    found = camera('OMEGACAM').parameters_for('ESO_CCD_#77', 'r_SDSS')
    assert found['BiasFrame.OVERSCAN_CORRECTION'] == 6 and found['BiasFrame.SIGMA_CLIP'] == 3.0
    assert found['BiasFrame.MAXIMUM_SUBWIN_STDEV'] == 100000.0


def test_the_geometry_of_omegacam_agrees_with_theli(data):
    """What THELI cuts out, for each of the 32 chips, lies in what is light-sensitive here, and its overscan outside."""
    text = (data / 'real-headers-text/config/instruments/OMEGACAM@VST.ini').read_text()
    numbers = {key: [int(n) for n in re.findall(r'=(-?\d+)', re.search(rf'^{key}=\((.*)\)', text, re.M)[1])]
               for key in ('CUTX', 'CUTY', 'SIZEX', 'SIZEY', 'OVSCANX1', 'OVSCANX2')}
    sizes = {f'ESO DET OUT1 {key}': value for key, value in
             {'PRSCX': 48, 'NX': 2048, 'OVSCX': 48, 'PRSCY': 0, 'NY': 4100, 'OVSCY': 100}.items()}
    for number, chip in enumerate(CHIPS):
        x, y, nx, ny, first, last = (values[number] for values in numbers.values())
        found = camera('OMEGACAM').geometry({**sizes, 'EXTNAME': chip}, (4200, 2144))
        trim, prescan = Section.from_fits(found['trim']), Section.from_fits(found['prescan_x'])
        assert trim.x0 <= x - 1 and x - 1 + nx <= trim.x1 and trim.y0 <= y - 1 and y - 1 + ny <= trim.y1
        assert prescan.x0 <= first - 1 and last <= prescan.x1
