import re
import subprocess
import sys
import textwrap
from pathlib import PurePath

import pytest

from awlike.cameras import described
from awlike.cameras.entries import METHODS
from awlike.cameras.known import camera, cameras
from awlike.cameras.reading import read_raw
from awlike.errors import ConfigError, HeaderError
from awlike.query.path import Path

EXAMPLE = textwrap.dedent(described.__doc__.split('In full::\n')[1].split('In patterns')[0])
OF_ARCHIVE = textwrap.dedent(described.__doc__.split('unasked::\n')[1].split('data_path is')[0])
PLAIN = re.sub(r'^(trim|overscan_x|chips) = .*\n', '', EXAMPLE, flags=re.M)  # cut-outs have other sections


def test_the_example_of_the_docstring(folder):
    (folder / 'aspen.toml').write_text(EXAMPLE)
    aspen = camera('ASPEN')
    assert aspen.parameters_for(filter='r') == {'CosmicMap.GAIN': 1.5, 'SaturatedPixelMap.THRESHOLD_HIGH': 60000.0,
                                                'FringeFrame.SIGMA_CLIP': 4.0}
    assert aspen.filter_facts('r').mag_id == 'SloanR' and aspen.chips == ('KAF16803',)
    assert aspen.settings({'READOUTM': 'Fast', 'CCDSUM': '2 2'}) == {'READMODE': 'Fast', 'BINNING': '2x2'}
    assert aspen.temperature({'CCD-TEMP': -19.5}) == -19.5 and aspen.temperature_tolerance == 2.0


def test_real_maxim_frames(folder, data):
    (folder / 'aspen.toml').write_text(PLAIN)
    frame, = read_raw(data / 'msumastro-tiny-headers/msumastro/tests/data/maximdl_6_18_header.fit').frames
    assert (frame.kind, frame.filter, frame.chip) == ('science', 'r', 'KAF16803') and frame.shape == (100, 100)
    flat, = read_raw(data / 'msumastro-tiny-headers/msumastro/tests/data/aspen_trimmed.fit').frames
    assert (flat.kind, flat.filter, flat.EXPTIME) == ('twilightflat', 'r', 1.0)
    raw = read_raw(data / 'feder-kelt16-mini/09c-Ccdproc/data/kelt-16-b-S001-R001-C084-r.fit.gz')
    assert raw.instrument == 'ASPEN' and raw.frames[0].CTYPE1 == 'RA---TAN-SIP' and raw.frames[0].CRPIX1 is not None
    assert camera('ASPEN').defaults_for('ReadNoise') == {'OVERSCAN_CORRECTION': 0}
    assert camera('ASPEN').defaults_for('BiasFrame')['MAXIMUM_ABS_MEAN'] > 65535, 'its pedestal is no fault'
    assert frame.trim == '[1:100,1:100]' and frame.overscan_x is None


def test_fixed_filter_and_missing_filter(folder, data):
    alta = PLAIN.replace('["AspenCG16", "Apogee Aspen*"]', '"Apogee Alta"')
    file = data / 'msumastro-tiny-headers/msumastro/tests/data/uint16_missing_filter.fit'
    (folder / 'alta.toml').write_text(alta)
    with pytest.raises(HeaderError, match='no value for filter: FILTER is missing'):
        read_raw(file)
    (folder / 'alta.toml').write_text(alta.replace('chip = "KAF16803"', 'chip = "KAF16803"\nfilter = "clear"'))
    assert read_raw(file).frames[0].filter == 'clear'


@pytest.mark.parametrize(('old', 'new', 'words'), [
    ('telescope = "Feder 16-inch"', '', 'entry telescope is missing'),
    ('latitude = 46.8668', 'latitude = 146.8', 'entry latitude: .*less than or equal to 90'),
    ('timezone = "America/Chicago"', 'timezone = "Chicago"', "entry timezone: .*'Chicago' is unknown"),
    ('timezone = "America/Chicago"', 'timezone = 36', 'entry timezone: 36: write an IANA name'),
    ('"LIGHT*" = "science"', '"LIGHT*" = "light"', 'entry frame_types.LIGHT.*science'),
    ('EXPTIME = [', 'EXPTIM = [', "entry keywords.*'EXPTIM' is no attribute.*did you mean EXPTIME"),
    ('open_filters = true', 'open_filter = true', 'entry open_filter: unknown .did you mean open_filters'),
    ('CosmicMap.GAIN = 1.5', 'GAIN = 1.5', 'entry parameters: GAIN = 1.5: write Class.PARAMETER'),
    ('INSTRUME = ["AspenCG16", "Apogee Aspen*"]', 'INSTRUME = []', 'entry recognised_by.INSTRUME'),
    ('[constants]', '[constants', 'not TOML'),
    ('temperature_tolerance = 2.0', 'temperature_tolerance = -2', 'entry temperature_tolerance: .*greater than or equal to 0'),
    ('temperature_tolerance = 2.0', 'temperature_tolerance = nan', 'entry temperature_tolerance: .*finite'),
    ('READMODE = "', 'filter = "', "entry setup.filter: 'filter' is an attribute .*; call the setting otherwise"),
    ('READMODE = "', '"READ MODE" = "', "entry setup.READ MODE: .*the name of a setting is of letters"),
    ('READMODE = "READOUTM"', 'READMODE = 3', 'entry setup.READMODE: 3: write one text in quotes, or a list'),
    ('[values.BINNING]', '[values.BINING]', "entry values: 'BINING' is no attribute .*no entry of setup .did you mean BINN"),
    ('name = "ASPEN"', 'name = "OMEGACAM"', 'already a camera OMEGACAM'),
])
def test_faults_name_file_entry_and_rule(folder, old, new, words):
    assert old in EXAMPLE
    (folder / 'mine.toml').write_text(EXAMPLE.replace(old, new, 1))
    with pytest.raises(ConfigError, match=f'mine.toml: .*{words}'):
        cameras()


def test_a_wrong_description_is_not_blamed_on_the_frame(folder, write):
    (folder / 'mine.toml').write_text('name = 1')
    with pytest.raises(ConfigError, match='mine.toml'):
        read_raw(write())


def test_two_claims(folder, write):
    (folder / 'mine.toml').write_text(PLAIN.replace('INSTRUME =', 'LCAMMOD = "nasa*" #'))
    with pytest.raises(HeaderError, match='several cameras claim.*narrower'):
        read_raw(write())


def test_a_missing_folder_is_no_error(home):
    assert not (home / 'instruments').exists() and 'OMEGACAM' in cameras()


def test_help_finds_the_example_after_importing_awlike_alone(home):
    program = "import awlike; assert 'In full::' in awlike.cameras.described.__doc__"
    assert subprocess.run([sys.executable, '-c', program], capture_output=True).returncode == 0


TOP, REST = OF_ARCHIVE.split('[keywords]\npedestal', 1)
REDUCED = (TOP + PLAIN).replace('[keywords]', '[keywords]\npedestal' + REST.split('[data_id', 1)[0], 1) \
    + '[data_id' + REST.split('[data_id', 1)[1] + """
[data_id.filter]
text = "filter"

[data_id.camcol]
text = "column of the camera"
type = "int"
keyword = ["COLUMN", "CAMCOL"]
"""


def test_an_archive_of_reduced_frames(folder):
    (folder / 'archive.toml').write_text(REDUCED)
    aspen = camera('ASPEN')
    assert aspen.reduced and not aspen.checksums
    path = PurePath('4192/fpC-004192-r4-0300.fit')
    assert aspen.data_id_of({'RUN': 4192, 'CAMCOL': '4'}, path) == {'run': 4192, 'field': 300, 'filter': 'r', 'camcol': 4}
    assert aspen.data_id_of({}, PurePath('renamed.fit')) == {}
    with pytest.raises(HeaderError, match='RUN = 1, and the path says run 4192'):
        aspen.data_id_of({'RUN': 1}, path)
    assert aspen.imported_facts({'SOFTBIAS': 1000, 'GAIN': 4.7}, path).pedestal == 1000.0


def test_a_camera_is_raw_with_right_checksums_unless_its_description_says_otherwise(folder):
    (folder / 'aspen.toml').write_text(PLAIN)
    aspen = camera('ASPEN')
    assert not aspen.reduced and aspen.checksums and not aspen.data_id and not aspen.data_path


@pytest.mark.parametrize(('old', 'new', 'words'), [
    ('reduced = true', 'reduced = "sometimes"', 'entry reduced: .*boolean'),
    ('(?P<run>', '(?P<run', 'entry data_path: .* is no regular expression'),
    ('(?P<run>', '(?P<ruin>', r"data_path has the group 'ruin', which is no key.*did you mean run.*\[data_id.ruin\]"),
    ('(?P<filter>', '(?:', r'data_id.filter stands nowhere: give its keyword, or make it a group of data_path, \(\?P<filter>'),
    ('[data_id.run]', '[data_id.class]', r"entry data_id.class: 'class': queries name a key as data_id.class"),
    ('[data_id.run]', '[data_id."run no"]', "entry data_id.run no: .* letters, digits and _"),
    ('[data_id.run]', '[data_id.like]', "entry data_id.like: .*nor like"),
    ('type = "int"', 'type = "float"', "entry data_id.run.type: .*'int' or 'str'"),
    ('text = "filter"', '', 'entry data_id.filter.text is missing'),
    ('text = "filter"', 'text = "filter"\ntyp = "str"', 'entry data_id.filter.typ: unknown'),
])
def test_faults_of_data_ids_name_file_entry_and_rule(folder, old, new, words):
    assert old in REDUCED
    (folder / 'mine.toml').write_text(REDUCED.replace(old, new, 1))
    with pytest.raises(ConfigError, match=f'mine.toml: (.*[ ,])?{words}') as raised:
        cameras()
    assert 'entry :' not in str(raised.value)


def test_a_key_has_one_type_with_all_cameras(folder):
    """SDSS has runs that are numbers, and one query asks for the frames of all cameras."""
    (folder / 'mine.toml').write_text(REDUCED.replace('type = "int"', 'type = "str"', 1))
    with pytest.raises(ConfigError, match=r'mine.toml: entry data_id.run.type: run is of type int with the camera SDSS'):
        cameras()


def test_names_of_keys_hide_no_method_of_a_path():
    methods = {name for name, value in vars(Path).items() if callable(value) and not name.startswith('_')}
    assert methods == set(METHODS)
