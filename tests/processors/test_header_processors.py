"""Processors of headers: what they do to files and to headers beside them, option by option."""

import itertools

import numpy as np
import pytest
from astropy.io import fits

from awlike import processors as api
from awlike.processors.command import process
from awlike.processors.headers.writing import changes_of
from tests.processors.plates import pixels_of, write_collection, write_plate


class Observer(api.HeaderProcessor):
    """Adds the observer. A test sets the name, and whether a plate is unknown."""

    observer, unknown = 'A. Observer', ()

    def _isProcessed(self, srcName):
        return 'OBSERVER' in self.getPrimaryHeader(srcName)

    def _mungeHeader(self, srcName, hdr):
        if hdr['PLATEID'] in self.unknown:
            return None
        hdr['OBSERVER'] = self.observer
        return hdr


class Pixels(api.ImmediateHeaderProcessor):
    """Counts pixels; written as the prose of the manual says, without the name of the file."""

    def _isProcessed(self, srcName, hdr):
        return 'NUMPIX' in hdr

    def _changeHeader(self, hdr):
        hdr.set('NUMPIX', hdr['NAXIS1'] * hdr['NAXIS2'])
        api.addHistoryCard(hdr, 'Adding NUMPIX header', 'NUMPIX')


@pytest.fixture
def plate(tmp_path, monkeypatch, home):
    """One plate in a collection; the test works in the folder above."""
    monkeypatch.chdir(tmp_path)
    return write_collection(tmp_path, 1, broken=False) / 'plate0.fits'


def run(*words, cls=Observer, of='plates/q'):
    return api.procmain(cls, of, arguments=words)


def observer(path):
    return fits.getheader(path).get('OBSERVER')


def beside(path):
    return path.with_name(f'{path.name}.hdr')


FLAGS = ['--apply', '--no-compute', '--reprocess', '--reheader']


@pytest.mark.parametrize('flags', [flags for n in range(5) for flags in itertools.combinations(FLAGS, n)], ids=' '.join)
@pytest.mark.parametrize('cached', [False, True], ids=['none beside', 'one beside'])
@pytest.mark.parametrize('processed', [False, True], ids=['new', 'processed'])
def test_the_table_of_options(plate, monkeypatch, flags, cached, processed):
    """The rules of DaCHS, as three questions: is a header computed, is one there, is it applied?"""
    if processed:
        run('--apply')
        beside(plate).unlink()
    if cached:
        monkeypatch.setattr(Observer, 'observer', 'Cached')
        run('--reprocess')
    monkeypatch.setattr(Observer, 'observer', 'New')
    data, was = pixels_of(plate), observer(plate)
    run(*flags)
    touched = not processed or {'--reprocess', '--reheader'} & set(flags)
    computed = touched and '--no-compute' not in flags and (not cached or '--reprocess' in flags)
    there = 'New' if computed else 'Cached' if cached else None
    applied = '--apply' in flags and (not processed or '--reheader' in flags) and there
    assert observer(plate) == (there if applied else was) and pixels_of(plate) == data
    assert (observer(beside(plate)) if beside(plate).exists() else None) == there


def test_no_header_is_a_failure_and_leaves_nothing(plate, monkeypatch, capsys):
    monkeypatch.setattr(Observer, 'unknown', ('P000',))
    run('--apply')
    printed = capsys.readouterr()
    assert '1 files processed, 1 files with errors' in printed.out and 'CannotComputeHeader' in printed.err
    assert not beside(plate).exists() and observer(plate) is None


def test_filters_choose_comments_and_history(plate):
    class Filtering(Observer):
        def commentFilter(self, comment):
            return 'IMPORTANT' in comment

        def historyFilter(self, value):
            return 'old' not in value

        def _mungeHeader(self, srcName, hdr):
            for text in ('IMPORTANT one', 'another'):
                hdr.add_comment(text)
            hdr.add_history('old')
            hdr.add_history('new')
            return super()._mungeHeader(srcName, hdr)

    run('--apply', cls=Filtering)
    header = fits.getheader(plate)
    assert list(header['COMMENT']) == ['IMPORTANT one'] and list(header['HISTORY']) == ['new']


def test_keys_of_the_file_stay(plate):
    fits.setval(plate, 'EXPTIME', value=30.0)
    run()
    fits.setval(plate, 'EXPTIME', value=60.0)

    class Keeping(Observer):
        def _createAuxiliaries(self, dd):
            self.keepKeys = self.keepKeys.copy()
            self.keepKeys.add('EXPTIME')

    run('--apply', cls=Keeping)
    assert fits.getval(plate, 'EXPTIME') == 60 and observer(plate) == 'A. Observer'


def test_processors_with_names_of_their_own_follow_each_other(plate):
    class Second(Observer):
        headerExt = '.second.hdr'

        def _isProcessed(self, srcName):
            return 'SECOND' in self.getPrimaryHeader(srcName)

        def _mungeHeader(self, srcName, hdr):
            hdr['SECOND'] = 2
            return hdr

    run('--apply')
    run('--apply', cls=Second)
    header = fits.getheader(plate)
    assert header['OBSERVER'] and header['SECOND'] == 2 and len(changes_of(plate)) == 2


@pytest.mark.parametrize('shape', [(7,), (5, 6), (3, 4, 5), (2, 3, 4, 5)], ids=len)
@pytest.mark.parametrize('dtype', ['u1', 'u2', 'i2', 'u4', 'f4'])
def test_data_of_any_axes_and_type_stay(tmp_path, monkeypatch, home, shape, dtype):
    monkeypatch.chdir(tmp_path)
    data = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    hdus = fits.HDUList([fits.PrimaryHDU(data, fits.Header({'PLATEID': 'P'})), fits.ImageHDU(data[:1])])
    hdus.writeto('cube.fits', checksum=True)
    run('--apply', of='cube.fits')
    with fits.open('cube.fits', checksum=True) as hdus:
        hdus.verify('exception')
        assert np.array_equal(hdus[0].data, data) and hdus[0].header['OBSERVER'] and np.array_equal(hdus[1].data, data[:1])
        assert hdus[0]._checksum_valid and hdus[0]._datasum_valid


def test_applying_again_changes_no_byte(plate):
    run('--apply')
    content = plate.read_bytes()
    run('--apply', '--reprocess', '--reheader')
    assert plate.read_bytes() == content and len(changes_of(plate)) == 1


def test_at_once_and_twice_is_once(plate):
    run(cls=Pixels)
    content = plate.read_bytes()
    run('--reprocess', cls=Pixels)
    header = fits.getheader(plate)
    assert header['NUMPIX'] == 720 and len(header['HISTORY']) == 1 and plate.read_bytes() == content


@pytest.mark.parametrize('cls', [Observer, Pixels])
def test_a_difference_is_told_and_nothing_changed(plate, capsys, cls):
    content = plate.read_bytes()
    run('--diff', cls=cls)
    out = capsys.readouterr().out
    assert ('+ OBSERVER' in out or '+ NUMPIX' in out) and '1 would change' in out and '- ' not in out
    assert plate.read_bytes() == content and [one.name for one in plate.parent.iterdir()] == ['plate0.fits']
    run('--apply') if cls is Observer else run(cls=cls)
    run('--diff', cls=cls)
    assert 'would change' not in capsys.readouterr().out.splitlines()[-1]


def test_text_that_fits_cannot_hold_names_card_and_remedy(plate, monkeypatch, capsys):
    monkeypatch.setattr(Observer, 'observer', 'Шайн')
    run()
    told = capsys.readouterr().err
    assert "card OBSERVER: 'Шайн'" in told and 'ascii(text)' in told
    monkeypatch.setattr(Observer, 'observer', api.ascii('Шайн'))
    run('--apply')
    assert observer(plate) == 'Shajn'


SCRIPT = '''
"""A script.

>>> 1 + 1
2
"""
import os
from awlike import processors as api
class Plates(api.HeaderProcessor):
    """Set the title of plates."""
    def _createAuxiliaries(self, dd):
        self.logbook = api.Logbook(os.path.join(dd.rd.resdir, 'log.csv'), key='Номер')
    def _isProcessed(self, srcName):
        return 'TITLE' in self.getPrimaryHeader(srcName)
    def _mungeHeader(self, srcName, hdr):
        hdr['TITLE'] = api.ascii(self.logbook.rowFor(srcName, r'plate(\\d)[.]fits')['Название'])
        return hdr
'''


def test_a_script_by_verbs(tmp_path, monkeypatch, home, capsys):
    monkeypatch.chdir(tmp_path)
    data = write_collection(tmp_path, 3, broken=False)
    (tmp_path / 'plates/log.csv').write_text('Номер;Название\n0;М 31\n1;Симеиз\n', encoding='utf-8')
    (tmp_path / 'titles.py').write_text(SCRIPT, encoding='utf-8')
    before = {path: path.read_bytes() for path in data.iterdir()}
    target = 'plates/q.toml'
    assert process('titles.py', ['--test']) == 0
    assert process('titles.py', [target]) == 1, 'the default is --diff'
    assert "+ TITLE   = 'Simeiz" in capsys.readouterr().out
    assert {path: path.read_bytes() for path in data.iterdir()} == before
    assert process('titles.py:Plates', [target, '--compute', '--filter', 'plate1']) == 0
    process('titles.py', [target, '--status'])
    assert capsys.readouterr().out.splitlines()[-2:] == ['1  computed', '2  unprocessed']
    assert process('titles.py', [target, '--apply']) == 1, 'the logbook lacks plate 2'
    assert 'log.csv has no row with Номер 2' in capsys.readouterr().err
    assert fits.getval(data / 'plate1.fits', 'TITLE') == 'Simeiz'
    assert process('titles.py', [target, '--undo', '--filter', 'plate1']) == 0
    assert (data / 'plate1.fits').read_bytes() == before[data / 'plate1.fits']


@pytest.mark.parametrize('script, words', [('none.py', ['x']), ('two.py', ['x']), ('two.py:Third', ['x']), ('empty.py', ['x'])])
def test_a_script_or_class_that_is_not_there(tmp_path, monkeypatch, script, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'empty.py').write_text('')
    (tmp_path / 'two.py').write_text('from awlike import processors as api\nclass One(api.FileProcessor):\n    pass\n'
                                     'class Two(api.FileProcessor):\n    pass\n')
    with pytest.raises((api.CannotComputeHeader, LookupError, TypeError)):
        process(script, words)


def test_a_plate_without_history_gets_one(tmp_path):
    header = api.getPrimaryHeader(write_plate(tmp_path / 'one.fits'))
    api.addHistoryCard(header, 'first', 'first')
    api.addHistoryCard(header, 'the first again', 'first')
    header.add_history('first of somebody else')
    api.addHistoryCard(header, 'first, third time', 'first')
    assert [text[11:] if text[:2] == '20' else text for text in header['HISTORY']] == ['first, third time',
                                                                                     'first of somebody else']
    with pytest.raises(ValueError, match='must not exceed 61'):
        api.addHistoryCard(header, 'x' * 62)
