"""The options of collectcells: as words of a command and as arguments of Python, and what their values mean."""

import dataclasses

import pytest
from astropy.io import fits

from awlike.cli.one_dash import two_dashes
from awlike.errors import ParameterError
from awlike.processors.mosaic import values
from awlike.processors.mosaic.extra_cards import extra_cards
from awlike.processors.mosaic.options import CalibrationOptions, CollectOptions

FLAGS = {'gain': False, 'cals': False, 'bias': False, 'wcsoffset': False, 'noclobber': True}
BARE = {'gain': ''}


def read(*words):
    return two_dashes(list(words), FLAGS, BARE)


@pytest.mark.parametrize(('words', 'meant'), [
    (['in', 'out.fits', '-cals=/a b', '-gain'], ['in', 'out.fits', '--cals=/a b', '--gain=']),
    (['--cals=/a', '--gain', 'in', 'out'], ['--cals=/a', '--gain=', 'in', 'out']),
    (['-cals', 'dir', 'in'], ['--cals=dir', 'in']), (['-wcsoffset', '-0.1,0.2'], ['--wcsoffset=-0.1,0.2']),
    (['-gain=relative', '-noclobber'], ['--gain=relative', '--noclobber']), (['-h'], ['--help']), (['-help'], ['--help']),
    (['--', '-cals=x'], ['--', '-cals=x']), (['-target', '-pointing=3', 'in'], ['in'])])
def test_one_dash_is_two(words, meant):
    assert read(*words) == meant


def test_a_defunct_option_is_told(caplog):
    assert read('-dither') == [] and '-dither is defunct' in caplog.text
    assert CollectOptions.given({'target': True}) == CollectOptions() and 'target is defunct' in caplog.text


@pytest.mark.parametrize(('word', 'text'), [
    ('-calls=nowhere', 'did you mean -cals'), ('--nocobber', 'did you mean -noclobber'), ('-noclobber=1', 'is a switch'),
    ('-cals', '-cals has no value')])
def test_a_wrong_word_is_refused(word, text):
    with pytest.raises(ParameterError, match=text):
        read('in', 'out.fits', word)


def test_python_gives_the_same_options():
    found = CollectOptions.given({'cals': 'dir', 'gain': True, 'bpm': True, 'wcsoffset': (0.1, -0.2), 'noclobber': True,
                                  'addfitskey': [('A', 'x'), 'B,y'], 'selectota': [33, 42], 'softbin': 2, 'crj': None})
    assert (found.cals, found.gain, found.bpm, found.wcsoffset) == ('dir', '', 'auto', '0.1,-0.2')
    assert list(found.addfitskey) == ['A,x', 'B,y'] and found.selectota == '33,42' and found.softbin == '2'
    assert found.noclobber and not found.prep4sex and found.crj is None
    assert list(CollectOptions.given({'addfitskey': ('A', 'x')}).addfitskey) == ['A,x']


@pytest.mark.parametrize(('options', 'text'), [
    ({'calls': 'x'}, 'did you mean cals'), ({'cals': True}, 'needs a value'), ({'noclobber': 'yes'}, 'True or False')])
def test_a_wrong_argument_is_refused(options, text):
    with pytest.raises(ParameterError, match=text):
        CollectOptions.given(options)


def test_every_option_of_the_original_is_there():
    names = {one.name for one in dataclasses.fields(CollectOptions)}
    assert names >= {
        'cals', 'bias', 'dark', 'flat', 'bpm', 'pupilghost', 'fringe', 'fringevectors', 'gain',
        'persistency', 'wcs', 'fixwcs', 'simplewcs', 'prep4sex', 'singleota', 'noclobber', 'wcsoffset',
        'centralonly', 'bgmode', 'photcalib', 'nonlinearity', 'plotformat', 'nootalevelplots', 'qasubdirs',
        'qasubdirname', 'noqaplots', 'addfitskey', 'nonsidereal', 'crj', 'crjsigclip', 'crjsigfrac',
        'crjobjlim', 'crjsaturation', 'softbin', 'illumcorr', 'photflat', 'autophotflat', 'trimcell',
        'keepcells', 'fpack', 'fitradialZP', 'techdata', 'ncpu', 'tanwcs', 'selectota', 'skipota',
        'indefval', 'crosstalk', 'timeout'}
    assert {one.name for one in dataclasses.fields(CalibrationOptions)} - names == {'only'}


def test_numbers_and_words():
    assert values.number('indefval', '-1e31') == -1e31 and values.whole('trimcell', '3') == 3
    for wrong in ('x', 'nan', 'inf', '-1'):
        with pytest.raises(ParameterError, match='-timeout='):
            values.number('timeout', wrong, 0)
    with pytest.raises(ParameterError, match='whole number'):
        values.whole('crj', '1.5')
    with pytest.raises(ParameterError, match='did you mean otashear'):
        values.one_of('fixwcs', 'otashera', ('shift', 'otashear'))


def test_pairs_and_references(tmp_path):
    assert values.offset('0.01,-0.02') == (0.01, -0.02)
    for wrong in ('0.01', 'a,b', '1,2,3', '1,nan'):
        with pytest.raises(ParameterError, match='-wcsoffset='):
            values.offset(wrong)
    assert values.nonsidereal('36.0,-18.0,56293.5') == (36, -18, 56293.5, None)
    fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(header=fits.Header({'MJD-OBS': 56000.25}))]).writeto(tmp_path / 'a,b.fits')
    assert values.nonsidereal(f'1,2,{tmp_path / "a,b.fits"}').mjd == 56000.25
    fits.PrimaryHDU().writeto(tmp_path / 'none.fits')
    for wrong in ('36,-18', '36,-18,nowhere.fits', f'36,-18,{tmp_path / "none.fits"}', 'a,1,2'):
        with pytest.raises(ParameterError, match='-nonsidereal='):
            values.nonsidereal(wrong)


def test_formats_cells_and_detectors():
    assert values.formats('png, .PDF,png') == ['png', 'pdf']
    with pytest.raises(ParameterError, match='no pgn'):
        values.formats('pgn')
    assert values.cells('00,77') == ['00', '77'] and values.detectors('skipota', '33, 42') == ['33', '42']
    for wrong in ('88', 'x', ''):
        with pytest.raises(ParameterError, match='-keepcells'):
            values.cells(wrong)


def test_header_entries_that_a_header_cannot_have_are_left_out_and_told(caplog):
    found = extra_cards(['WIYN,greatest of the universe', 'obs-1,a,b', 'TOOLONGKEY,x', 'NOCOMMA', 'NAXIS,3', 'A B,x',
                         'SMALL,\u00e9', 'WIYN,twice'])
    assert found == {'WIYN': 'twice', 'OBS-1': 'a,b'}
    assert caplog.text.count('the entry is left out') == 5 and 'more than 8 characters' in caplog.text
