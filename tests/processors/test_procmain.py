"""Processors of files: what is processed, counted, told and gathered."""

import os

import pytest

from awlike import processors as api
from awlike.config import settings
from awlike.errors import ConfigError, NotFound
from awlike.processors.files.descriptor import data_descriptor
from tests.processors.plates import write_collection


@pytest.fixture
def plates(tmp_path, monkeypatch, home):
    """A collection of four plates and a broken file; the test works in the folder above."""
    monkeypatch.chdir(tmp_path)
    return write_collection(tmp_path)


class Gatherer(api.FileProcessor):
    """Gathers what a processor can gather."""

    @staticmethod
    def addOptions(optParser):
        api.FileProcessor.addOptions(optParser)
        optParser.add_option('--least', dest='least', type='int', default=1)

    mergers = {'largest': max}

    def _createAuxiliaries(self, dd):
        self.names, self.number, self.of_parity, self.largest = [], 0, {}, 0

    def process(self, srcName):
        number = int(self.getPrimaryHeader(srcName)['PLATEID'][1:])
        if number < self.opts.least:
            raise api.SkipThis('too small a number')
        self.names.append(self.getProductKey(srcName))
        self.number += 1
        self.of_parity.setdefault(number % 2, []).append(number)
        self.largest = max(self.largest, 10 - number)
        return number

    def classify(self, srcName):
        return 'even' if int(self.getPrimaryHeader(srcName)['PLATEID'][1:]) % 2 == 0 else 'odd'


def run(*words, of='plates/q', cls=Gatherer):
    return api.procmain(cls, of, arguments=words)


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
def test_what_is_gathered_does_not_depend_on_the_number_of_processes(plates, capsys, processes):
    found = run('-j', str(processes))
    assert found.names == [f'plates/data/plate{n}.fits' for n in (1, 2, 3)]
    assert found.number == 3 and found.of_parity == {1: [1, 3], 0: [2]} and found.largest == 9
    assert [value for _, value in found.results] == [1, 2, 3]
    printed = capsys.readouterr()
    assert '4 files processed, 1 files with errors, 1 skipped' in printed.out
    lines = printed.err.splitlines()
    assert 'plate0.fits skipped: too small a number' in lines[0]
    assert 'plate9.fits failed: NotFits' in lines[1] and len(lines) == 2


@pytest.mark.slow
@pytest.mark.parametrize('processes', [1, 2])
def test_a_report_counts_classes(plates, capsys, processes):
    run('--report', '--verbose', '-j', str(processes))
    out = capsys.readouterr().out.splitlines()
    assert out == ['2  even', '    plate0.fits plate2.fits', '2  odd', '    plate1.fits plate3.fits',
                   'Warning: There were 1 errors during classification']


def test_only_files_with_a_text_in_their_name(plates):
    assert run('--filter', 'plate2').names == ['plates/data/plate2.fits']


def test_bail_ends_at_the_first_failure(plates, capsys):
    with pytest.raises(SystemExit) as end:
        run('--bail', '--filter', 'plate9')
    assert end.value.code == 1 and 'Traceback' in capsys.readouterr().err


@pytest.mark.parametrize('words', [['--nonsense'], ['file.fits'], ['-j', '0'], ['-j', 'many']])
def test_wrong_use_has_status_2(plates, words, capsys):
    with pytest.raises(SystemExit) as end:
        run(*words)
    assert end.value.code == 2 and 'Usage' in capsys.readouterr().err


@pytest.mark.parametrize('of', ['plates/q', 'plates/q.toml', 'plates/q#import', 'plates/data/*.fits', 'plates/data'])
def test_files_come_from_a_descriptor_a_pattern_or_a_folder(plates, of):
    assert run(of=of).number == 3


def test_inputs_lie_below_a_folder_of_the_settings(plates, tmp_path, monkeypatch):
    elsewhere = tmp_path / 'elsewhere'
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv('AWLIKE_INPUTS_DIR', str(tmp_path))
    settings.cache_clear()
    assert run().names[0] == 'plates/data/plate1.fits' and api.getConfig('inputsDir') == str(tmp_path)
    settings.cache_clear()


def test_a_folder_whose_name_begins_alike_is_another(plates, tmp_path, monkeypatch):
    other = tmp_path.with_name(f'{tmp_path.name}X')
    with pytest.raises(ValueError, match='does not lie below'):
        Gatherer(run().opts, data_descriptor('plates/q')).getProductKey(str(other / 'one.fits'))


@pytest.mark.parametrize('text, told', [
    ('[data.import]\nsorces = "*"\n', 'did you mean sources'), ('[data.import]\n', 'lacks sources'),
    ('[data.import]\nsources = 3\n', 'a text, or a list'), ('data = 3\n', r'\[data.ID\]'), ('[[', 'cannot be read'),
    ('[service.dl]\nurl = "x"\n', 'did you mean services')])
def test_a_descriptor_without_meaning_names_entry_and_rule(plates, tmp_path, text, told):
    (tmp_path / 'plates/q.toml').write_text(text)
    with pytest.raises(ConfigError, match=told):
        data_descriptor('plates/q', 'import')


def test_a_descriptor_knows_services_tables_and_what_to_leave_out(plates, tmp_path):
    (tmp_path / 'plates/q.toml').write_text('[data.import]\nsources = ["data"]\nignore = "data/*[19].fits"\ntable = "p.data"\n'
                                            '[services.dl]\nurl = "http://example.org/dl/"\n')
    dd = data_descriptor('plates/q', 'import')
    assert [os.path.basename(path) for path in dd.iterSources()] == ['plate0.fits', 'plate2.fits', 'plate3.fits']
    assert dd.rd.getById('dl').getURL('static') == 'http://example.org/dl/static'
    assert dd.makes[0].table.getQName() == 'p.data' and dd.rd.resdir == str(tmp_path / 'plates')
    with pytest.raises(NotFound, match=r'did you mean import'):
        data_descriptor('plates/q', 'imprt')


def test_a_descriptor_of_dachs_is_told_how_to_write_anew(plates, tmp_path):
    (tmp_path / 'plates/old.rd').write_text('<resource/>')
    with pytest.raises(NotFound, match=r'write plates/old.toml'):
        data_descriptor('plates/old', 'import')


def test_names_of_dachs_modules_lead_here():
    from awlike.processors import fitstools, fitstricks, imgtools
    assert fitstricks.makeHeaderFromTemplate is api.makeHeaderFromTemplate
    assert fitstools.iterScaledRows and imgtools.jpegFromNumpyArray and api.pyfits.Header
    missing = [name for name in dir(api) if not name.startswith('_') and getattr(api, name, None) is None]
    assert not missing
