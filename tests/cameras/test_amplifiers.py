"""Amplifiers as headers and descriptions of cameras tell them."""

import numpy as np
import pytest
from astropy.io import fits

from awlike.cameras.amplifiers import in_own_hdus, in_shared_hdu
from awlike.cameras.known import camera, cameras
from awlike.cameras.reading import read_raw
from awlike.errors import ConfigError, HeaderError
from awlike.fits.images import read_tiles
from awlike.pixels.geometry import Geometry, Section
from awlike.pixels.overscan import subtract_overscan
from awlike.products.raw import tiles_of
from tests.amplifiers import NAMES, FourAmplifiers

SITE = '''
telescope = "T"
latitude = -30.2
longitude = -70.7
elevation = 2663
timezone = 0
[recognised_by]
INSTRUME = "MANY"
[frame_types]
OBJECT = "science"
[keywords]
chip = "DETECTOR"
'''
OWN = f'''name = "OWN"{SITE}
[amplifiers."*"]
trim = "DATASEC"
detsec = "DETSEC"
gain = "GAIN"
'''
SHARED = f'''name = "SHARED"{SITE}
[amplifiers.A]
trim = "TRIMSECA"
detsec = ["CCDSECA", "DETSECA"]
overscan_x = "BIASSECA"
gain = "GAINA"
read_noise = 6.5
[amplifiers.B]
trim = "[11:20,1:8]"
detsec = "[20:11,1:8]"
overscan_x = "BIASSECB"
readout = "[20:11,1:8]"
gain = "GAINB"
[crosstalk.A]
B = 1e-4
[overrides.two."*".CROSSTALK.A]
B = 2e-4
'''
CARDS = {'TRIMSECA': '[1:10,1:8]', 'CCDSECA': '[1:10,1:8]', 'BIASSECA': '[21:24,1:8]', 'GAINA': 4.5, 'GAINB': 0.0,
         'BIASSECB': '[25:28,1:8]'}
COMMON = {'INSTRUME': 'MANY', 'DETECTOR': 'one', 'EXPTIME': 1.0, 'DATE_OBS': '2024-03-01T02:00:00', 'IMAGETYP': 'OBJECT',
          'FILTER': 'r'}


@pytest.fixture
def four(folder, tmp_path):
    """Write files of the detector of four amplifiers; its camera is described."""
    (folder / 'own.toml').write_text(OWN)
    detector = FourAmplifiers((16, 12))
    images = detector.read_out(detector.light(100), np.random.default_rng(1))

    def four(name='four.fits', spoil=None, **cards):
        path = detector.write(tmp_path / name, images, **COMMON | cards)
        with fits.open(path, mode='update') as hdus:
            if spoil:
                spoil(hdus)
        return path

    return four


def test_hdus_of_one_chip_are_one_frame(four):
    raw = read_raw(four())
    frame, = raw.frames
    assert (frame.chip, frame.extension, frame.shape, frame.trim) == ('one', 1, (56, 80), None)
    assert [one['name'] for one in frame.amplifiers] == list(NAMES)
    assert frame.amplifiers[3] == {
        'name': 'C11', 'extension': 4, 'raw': '[41:80,29:56]', 'trim': '[45:56,29:44]', 'prescan_x': '[41:44,29:44]',
        'overscan_x': '[57:80,29:44]', 'overscan_y': '[45:56,45:56]', 'detsec': '[24:13,32:17]', 'gain': 3.0}
    image = read_tiles(raw.path, tiles_of(frame.extension, frame.amplifiers))
    assert np.array_equal(image[28:, 40:], fits.getdata(raw.path, 'C11')) and image.dtype == np.uint16


def test_the_regions_are_those_of_the_detector_as_it_was_simulated(four):
    frame, = read_raw(four()).frames
    assert Geometry.from_fits(frame.amplifiers) == FourAmplifiers((16, 12)).mosaic(
        [np.zeros((28, 40))] * 4)[1]


def test_hdus_of_two_chips_are_two_frames(four):
    def spoil(hdus):
        for hdu in hdus[3:]:
            hdu.header['DETECTOR'] = 'two'
    one, two = read_raw(four(spoil=spoil)).frames
    assert (one.chip, two.chip, one.extension, two.extension) == ('one', 'two', 1, 3)
    assert one.shape == two.shape == (28, 80) and len(one.amplifiers) == len(two.amplifiers) == 2


def test_astrometry_of_the_first_hdu_is_that_of_the_raw_frame(four):
    def spoil(hdus):
        hdus.insert(1, hdus.pop(4))
        hdus[1].header.update({'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 1.0, 'CRVAL2': 2.0, 'CRPIX1': 5.0,
                               'CRPIX2': 6.0, 'CD1_1': 1e-4, 'CD2_2': 1e-4})
    frame, = read_raw(four(spoil=spoil)).frames
    assert frame.amplifiers[0]['name'] == 'C11' and (frame.CRPIX1, frame.CRPIX2) == (45.0, 34.0)


@pytest.mark.parametrize(('hdu', 'cards', 'words'), [
    (2, {'DETSEC': None}, 'no value for detsec of an amplifier: DETSEC is missing or blank'),
    (2, {'DETSEC': 'right'}, "DETSEC = 'right' is not a FITS section"),
    (2, {'DETSEC': '[12:1,1:16]'}, 'amplifiers C00 and C01 read .* overlap'),
    (2, {'DETSEC': '[24:14,1:16]'}, r'amplifier C01: its light-sensitive section .* are of different size'),
    (2, {'DATASEC': '[5:16,1:99]'}, 'DATASEC = .* does not lie inside the image of 40 x 28'),
    (2, {'EXTNAME': 'C00'}, 'amplifier C00 comes twice'),
    (2, {'GAIN': 'high'}, "GAIN = 'high' is not a number")])
def test_headers_that_make_no_detector_are_refused(four, hdu, cards, words):
    def spoil(hdus):
        for keyword, value in cards.items():
            hdus[hdu].header[keyword] = value
    with pytest.raises(HeaderError, match=words):
        read_raw(four(spoil=spoil))


def test_a_gain_of_0_is_none(four):
    def spoil(hdus):
        hdus[2].header['GAIN'] = 0.0
    frame, = read_raw(four(spoil=spoil)).frames
    assert ['gain' in one for one in frame.amplifiers] == [True, False, True, True]


def test_images_of_different_size_lie_side_by_side():
    cards = [('A', '[1:4,1:6]', '[1:4,1:6]'), ('B', '[1:3,1:6]', '[7:5,1:6]'), ('C', '[1:4,1:2]', '[1:4,7:8]')]
    hdus = {number: ({'EXTNAME': name, 'DATASEC': trim, 'DETSEC': detsec}, shape) for number, ((name, trim, detsec), shape)
            in enumerate(zip(cards, [(6, 5), (7, 3), (2, 9)], strict=True), 1)}
    amplifiers, shape = in_own_hdus(dict.fromkeys(hdus, {'trim': 'DATASEC', 'detsec': 'DETSEC'}), hdus)
    assert shape == (9, 12) and [one['raw'] for one in amplifiers] == ['[1:5,1:6]', '[10:12,1:7]', '[1:9,8:9]']


def test_scans_that_are_described_are_not_guessed():
    header = {'EXTNAME': 'A', 'DATASEC': '[5:8,1:6]', 'DETSEC': '[1:4,1:6]', 'BIASSEC': '[1:3,1:6]'}
    entries = {'trim': 'DATASEC', 'detsec': 'DETSEC', 'overscan_x': 'BIASSEC'}
    (one,), _ = in_own_hdus({1: entries}, {1: (header, (8, 10))})
    assert 'prescan_x' not in one and (one['overscan_x'], one['overscan_y']) == ('[1:3,1:6]', '[5:8,7:8]')


def test_amplifiers_in_one_image_are_described_one_by_one(folder, tmp_path):
    (folder / 'shared.toml').write_text(SHARED)
    path = tmp_path / 'shared.fits'
    header = fits.Header({key.replace('_', '-'): value for key, value in (COMMON | CARDS).items()})
    fits.PrimaryHDU(np.zeros((8, 28), np.int16), header).writeto(path)
    frame, = read_raw(path).frames
    assert frame.shape == (8, 28) and tiles_of(frame.extension, frame.amplifiers) == [(0, None)]
    a, b = Geometry.from_fits(frame.amplifiers).amplifiers
    assert a.trim == a.place == Section(0, 10, 0, 8) and (a.overscan_x, a.gain) == (Section(20, 24, 0, 8), 4.5)
    assert (b.place, b.flips, b.reversed, b.gain) == (Section(10, 20, 0, 8), (False, True), (False, True), None)
    assert frame.amplifiers[0]['read_noise'] == 6.5 and 'read_noise' not in frame.amplifiers[1]


def test_crosstalk_is_a_parameter_of_all_that_read_raw_pixels(folder):
    (folder / 'shared.toml').write_text(SHARED)
    shared = camera('SHARED')
    assert shared.defaults_for('BiasFrame') == {'CROSSTALK': {'A': {'B': 1e-4}}}
    assert shared.defaults_for('BiasFrame', 'two') == {'CROSSTALK': {'A': {'B': 2e-4}}}
    assert 'CROSSTALK' not in camera('OMEGACAM').defaults_for('ReadNoise')


def test_overscan_is_off_where_an_amplifier_has_none(folder):
    (folder / 'shared.toml').write_text(SHARED.replace('overscan_x = "BIASSECB"\n', ''))
    (folder / 'own.toml').write_text(OWN)
    assert camera('SHARED').defaults_for('BiasFrame')['OVERSCAN_CORRECTION'] == 0
    assert 'OVERSCAN_CORRECTION' not in camera('OWN').defaults_for('BiasFrame')


@pytest.mark.parametrize(('old', 'new', 'words'), [
    ('trim = "TRIMSECA"\n', '', 'entry amplifiers.A: trim is missing'),
    ('gain = "GAINA"', 'gian = "GAINA"', "entry amplifiers.A: 'gian' is nothing that an amplifier has .did you mean gain"),
    ('[amplifiers.A]', '[amplifiers."*"]', 'entry amplifiers: .*have an extension each; describe either'),
    ('B = 1e-4', 'B = "much"', 'entry crosstalk.A.B: .*number')])
def test_faults_of_a_description_name_entry_and_rule(folder, old, new, words):
    assert old in SHARED
    (folder / 'mine.toml').write_text(SHARED.replace(old, new, 1))
    with pytest.raises(ConfigError, match=f'mine.toml: {words}'):
        cameras()


def test_decam_as_its_real_header_tells_it(data):
    yaml = pytest.importorskip('yaml')
    cards = yaml.safe_load((data / 'real-headers-text/tests/data/fitsheader-decam-raw_dec050441_25.yaml').read_text())
    amplifiers = {letter: {'trim': f'TRIMSEC{letter}', 'detsec': f'CCDSEC{letter}', 'overscan_x': f'BIASSEC{letter}',
                           'prescan_x': f'PRESEC{letter}', 'readout': f'AMPSEC{letter}', 'gain': f'GAIN{letter}',
                           'read_noise': f'RDNOISE{letter}'} for letter in 'AB'}
    geometry = Geometry.from_fits(in_shared_hdu(amplifiers, cards, (4146, 2160)))
    a, b = geometry.amplifiers
    assert geometry.shape == (4096, 2048) and (a.place.x0, b.place.x0) == (1024, 0)
    assert (a.reversed, b.reversed, a.flips) == ((True, True), (True, False), (False, False))
    assert (a.gain, a.overscan_x, b.overscan_x) == (4.59347726229, Section(2104, 2154, 50, 4146), Section(6, 56, 50, 4146))


@pytest.mark.slow
def test_broken_amplifiers_leave_their_places_empty(four, folder):
    """They stay part of the raw frame, cause no ghosts, and the others are scaled as before."""
    path = four()
    (folder / 'own.toml').write_text(f'{OWN}[broken]\none = ["C11", "C01"]\n')
    frame, = read_raw(path).frames
    assert [one.get('unused') for one in frame.amplifiers] == [None, 'broken', None, 'broken']
    geometry, whole = (Geometry.from_fits([{**one, 'unused': kept and one.get('unused')} for one in frame.amplifiers])
                       for kept in (True, False))
    image, everything = (subtract_overscan(read_tiles(path, tiles_of(frame.extension, frame.amplifiers)), one, 6,
                                           {'C00': {'C01': 1e-3}, 'C01': {'C00': 1e-3}} if one is geometry else None)
                         for one in (geometry, whole))
    assert image.shape == (32, 24) and np.isnan(image[:, 12:]).all() and not np.isnan(everything).any()
    assert np.array_equal(image[:, :12], everything[:, :12])


def test_a_detector_without_any_amplifier_that_works_is_refused(four, folder):
    path = four()
    (folder / 'own.toml').write_text(f'{OWN}[broken]\none = ["C00", "C01", "C10", "C11"]\n')
    with pytest.raises(HeaderError, match=r'no amplifier of the detector has pixels of the sky \(broken\)'):
        read_raw(path)


def test_the_name_of_the_exposure_and_the_rotator_stand_in_cards(four, folder):
    path = four(OBSID='E1', ROT=12.0)
    frame, = read_raw(path).frames
    assert (frame.exposure, frame.rotator) == ('2024-03-01T02:00:00', None)
    (folder / 'own.toml').write_text(OWN.replace('chip = "DETECTOR"', 'chip = "DETECTOR"\nexposure = "OBSID"\nrotator = "ROT"'))
    frame, = read_raw(path).frames
    assert (frame.exposure, frame.rotator) == ('E1', 12.0)
