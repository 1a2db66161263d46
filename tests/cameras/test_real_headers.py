"""Headers of real cameras, as text, read by cameras that are described as a user would."""

from datetime import datetime

import pytest
from astropy.io import fits

from awlike.cameras.known import recognise
from awlike.errors import HeaderError

yaml = pytest.importorskip('yaml')

SITE = '''
telescope = "T"
latitude = 19.8
longitude = -155.5
elevation = 4200
timezone = "Pacific/Honolulu"
'''
CAMERAS = {
    'DECAM': '''
        [recognised_by]
        INSTRUME = "DECam"
        [frame_types]
        object = "science"
        zero = "bias"
        [keywords]
        frame_type = "OBSTYPE"
        chip = "DETECTOR"
        trim = "TRIMSEC"
        [values.filter]
        "g DECam*" = "g"
        ''',
    'MEGAPRIME': '''
        [recognised_by]
        INSTRUME = "MegaPrime"
        [frame_types]
        OBJECT = "science"
        [keywords]
        frame_type = "OBSTYPE"
        chip = "EXTNAME"
        trim = "DATASEC"
        ''',
    'SUBARU': '''
        [recognised_by]
        INSTRUME = ["Hyper Suprime-Cam", "SuprimeCam"]
        [frame_types]
        OBJECT = "science"
        BIAS = "bias"
        [keywords]
        frame_type = "DATA-TYP"
        chip = "DET-ID"
        filter = "FILTER01"
        TIME_OBS = "UT-STR"
        MJD_OBS = "MJD-STR"
        [values.chip]
        "37" = "ccd37"
        ''',
}


class Loader(yaml.SafeLoader):
    """Reads also the lists of cards that one of the sets is written in."""


Loader.add_constructor('lsst.daf.base.PropertyList', lambda loader, node: {
    card[0]: card[2] for card in loader.construct_sequence(node, deep=True)})


@pytest.fixture
def header(data):
    """The real header of that name."""
    def header(name):
        text = (data / f'real-headers-text/tests/data/{name}.yaml').read_text()
        cards = yaml.load(text, Loader)
        return fits.Header({key[:8]: value for key, value in cards.items() if isinstance(value, (str, int, float))})

    return header


@pytest.fixture
def read(folder, header):
    """What the described camera makes of a real header."""
    for name, text in CAMERAS.items():
        lines = '\n'.join(line.strip() for line in text.splitlines())
        (folder / f'{name}.toml').write_text(f'name = "{name}"{SITE}{lines}')

    def read(name, shape):
        found = header(name)
        return recognise(found).read(found, 1, shape)

    return read


def test_decam(read):
    facts = read('fitsheader-decam-raw_dec050441_25', (4146, 2160))
    assert (facts.kind, facts.filter, facts.chip, facts.EXPTIME) == ('science', 'g', 'S3-111_107419-8-3', 30.0)
    assert (facts.kind, facts.DATE_OBS, facts.OBJECT) == (
        'science', datetime(2013, 2, 13, 9, 1, 40, 966998), 'Trifid and Lagoon')
    assert facts.trim == '[57:2104,51:4146]' and facts.CTYPE1 == 'RA---TPV' and facts.AIRMASS == 1.77
    with pytest.raises(HeaderError, match=r'TRIMSEC.*inside the image of 2160 x 4000 pixels'):
        read('fitsheader-decam-raw_dec050441_25', (4000, 2160))


def test_a_bias_of_decam_has_no_filter(read):
    facts = read('fitsheader-decam-0160496', (4146, 2160))
    assert (facts.kind, facts.filter, facts.EXPTIME) == ('bias', None, 0.0)


def test_megaprime_has_its_time_in_a_card_of_its_own(read):
    facts = read('fitsheader-megaprime', (4644, 2112))
    assert (facts.DATE_OBS, facts.kind) == (datetime(2008, 11, 1, 14, 33, 32, 400000), 'science')
    assert (facts.filter, facts.chip, facts.EXPTIME, facts.trim) == ('i.MP9702', 'ccd02', 615.037, '[33:2080,1:4612]')


def test_a_header_with_misspelt_keywords_is_refused(read):
    with pytest.raises(HeaderError, match='no value for frame_type: OBSTYPE is missing or blank; add the card'):
        read('bad-megaprime', (4644, 2112))


@pytest.mark.parametrize(('name', 'when', 'filter', 'chip', 'seconds'), [
    ('fitsheader-hsc-HSCA04090107', datetime(2015, 10, 10, 8, 20, 6, 598000), 'HSC-r', 'ccd37', 150.0),
    ('fitsheader-suprimecam-CORR40535770', datetime(2007, 4, 23, 8, 2, 27, 204000), 'W-S-R+', '0', 200.0),
])
def test_subaru(read, name, when, filter, chip, seconds):
    facts = read(name, (4241, 2144))
    assert (facts.DATE_OBS, facts.filter, facts.chip, facts.EXPTIME) == (when, filter, chip, seconds)
    assert facts.kind == 'science' and facts.trim == '[1:2144,1:4241]'


def test_a_header_without_instrume_is_of_no_described_camera(read):
    with pytest.raises(HeaderError, match="unknown camera .INSTRUME = None, TELESCOP = 'Subaru'.*describe yours"):
        read('fitsheader-hsc', (4241, 2144))
