"""awe process and awe headers: what people type to change headers, and to take that back."""

import json

import pytest
from astropy.io import fits
from PIL import Image

from awlike import RawScienceFrame
from tests.processors.plates import write_plate

SCRIPT = '''from awlike import processors as api
class Title(api.ImmediateHeaderProcessor):
    """Set the title of plates."""
    def _changeHeader(self, srcName, hdr):
        hdr['TITLE'] = self.opts.title
    @staticmethod
    def addOptions(optParser):
        api.ImmediateHeaderProcessor.addOptions(optParser)
        optParser.add_option('--title', dest='title', default='M 31')
'''


@pytest.fixture
def plate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'title.py').write_text(SCRIPT)
    return write_plate(tmp_path / 'plate.fits')


def test_show_apply_log_and_undo(awe, plate):
    content = plate.read_bytes()
    status, out, _ = awe('process', 'title.py', 'plate.fits')
    assert status == 1 and "+ TITLE   = 'M 31" in out and plate.read_bytes() == content
    assert awe('process', 'title.py', 'plate.fits', '--apply', '--title', 'M 32')[0] == 0
    assert awe('process', 'title.py', 'plate.fits', '--apply')[0] == 0
    status, out, _ = awe('headers', 'log', 'plate.fits')
    assert status == 0 and 'title.py:Title' in out and "- TITLE   = 'M 32" in out
    assert [one['stands'] for one in json.loads(awe('headers', 'log', 'plate.fits', '--json')[1])] == [True, True]
    assert awe('headers', 'undo', 'plate.fits')[0] == 0 and fits.getval(plate, 'TITLE') == 'M 32'
    assert awe('headers', 'undo', '--all', 'plate.fits')[0] == 0 and plate.read_bytes() == content
    assert [one['stands'] for one in json.loads(awe('headers', 'log', 'plate.fits', '--json')[1])] == [False] * 4
    status, _, told = awe('headers', 'undo', 'plate.fits', 'none.fits')
    assert status == 1 and 'left to undo' in told and 'none.fits' in told


def test_help_of_the_command_and_of_the_script(awe, plate):
    assert 'SCRIPT[:CLASS]' in awe('process', '--help')[1]
    status, out, _ = awe('process', 'title.py', '--help')
    assert status == 0 and '--title' in out and 'Set the title of plates.' in out and '--undo' in out


@pytest.mark.slow
@pytest.mark.parametrize('words, told', [(['none.py', 'x'], 'no script'), (['title.py:Titel', 'x'], 'did you mean Title'),
                                        (['title.py'], 'no target'), (['title.py', 'none.fits'], 'no such file'),
                                        (['title.py', 'q.toml', 'x'], 'only target'), (['title.py', '--nonsense'], 'nonsense')])
def test_wrong_use(awe, plate, words, told):
    status, _, error = awe('process', *words)
    assert status == 2 and told in error


def test_previews_of_the_archive(awe, night, tmp_path):
    status, out, _ = awe('previews', 'RawScienceFrame', '--into', tmp_path / 'previews', '--size', '50', '--format', 'png')
    assert status == 0 and out == '5 previews made, 0 there already\n'
    made = sorted((tmp_path / 'previews').iterdir())
    with Image.open(made[0]) as image:
        assert image.format == 'PNG' and max(image.size) <= 50
    assert {path.name.removesuffix('.png') for path in made} == {raw.filename for raw in RawScienceFrame.select_all()}
    told = json.loads(awe('previews', 'RawScienceFrame', '--into', tmp_path / 'previews', '--format', 'png', '--json')[1])
    assert told == {'made': [], 'present': 5, 'failed': []}
    assert awe('previews', 'RawSience', '--into', tmp_path)[0] == 2
