"""File or folder, history files, names of the output, the files of an exposure."""

import datetime
from types import SimpleNamespace

import pytest

from awlike.errors import HeaderError, NotFound, ParameterError, StoreError
from awlike.processors.mosaic import exposure as exposures
from awlike.processors.mosaic.options import CollectOptions
from awlike.processors.mosaic.output_name import check_output, output_path
from awlike.processors.mosaic.resolution import at_date, default_names, file_or_default, tell_absent


@pytest.fixture
def cals(tmp_path):
    """A folder with some calibrations."""
    for name in ('bias_bin1.fits', 'dflat_odi_r_bin1.fits', 'flat_odi_r_bin1.fits'):
        (tmp_path / name).touch()
    return tmp_path


def test_a_file_is_itself_and_a_folder_has_a_default_name(cals):
    bias = cals / 'bias_bin1.fits'
    assert file_or_default(bias, ['other.fits']) == bias == file_or_default(str(cals), default_names('bias'))
    assert file_or_default(cals, default_names('flat', 'odi_r')) == cals / 'dflat_odi_r_bin1.fits'
    assert file_or_default(cals, default_names('flat', 'odi_g')) is None and file_or_default(None, ['x']) is None
    assert file_or_default(['/nowhere', cals], default_names('bias')) == bias
    assert file_or_default(f'/nowhere,{cals}', default_names('bias')) == bias
    assert default_names('photflat', 'a b/c') == ['photflat_a_b_c_bin1.fits']


def test_a_history_has_the_file_of_a_date(tmp_path):
    history = tmp_path / 'wcs.history'
    history.write_text('# what\n56000.5 first.fits\n56200 third.fits http://somewhere\n\n56100 second.fits # the mirror\n'
                       '56100 again.fits\n')
    assert at_date(history, 56000) is None
    assert at_date(history, 56000.5) == tmp_path / 'first.fits' and at_date(history, 56150) == tmp_path / 'again.fits'
    assert at_date(history, 60000) == tmp_path / 'third.fits'
    assert at_date(tmp_path / 'x.fits', 1) == tmp_path / 'x.fits' and at_date(None, 1) is None
    history.write_text('yesterday x.fits\n')
    with pytest.raises(HeaderError, match='line 1'):
        at_date(history, 1)


def test_an_absent_path_is_told_with_the_near_name(cals, caplog):
    tell_absent('cals', str(cals)), tell_absent('cals', None)
    assert not caplog.text
    tell_absent('bias', str(cals / 'bias_bin.fits'))
    assert 'no such file' in caplog.text and 'did you mean bias_bin1.fits' in caplog.text


@pytest.fixture
def of():
    """What an exposure tells."""
    facts = SimpleNamespace(filter='odi_r', OBJECT='M 31 (core)/x', EXPTIME=60.04)
    return SimpleNamespace(obsid='20130101T123456.0', facts=facts)


@pytest.mark.parametrize(('template', 'name'), [
    ('out.fits', 'out.fits'), ('out', 'out.fits'), ('a/b/', 'a/b/collectcells.fits'), ('out.fits.fz', 'out.fits.fz'),
    ('%OBJECT_%FILTER_%EXPTIME.fits', 'M_31__core__x_odi_r_60.0.fits'),
    ('%OBSSEQ/%OBSID', '20130101T123456/20130101T123456.0.fits'),
    ('%OBJECTdeep.fits', 'M_31__core__xdeep.fits')])
def test_words_stand_for_what_the_exposure_tells(of, template, name):
    assert str(output_path(template, of)) == name


def test_names_of_headers_lead_nowhere_else(of):
    of.facts.OBJECT, of.facts.filter = '../../etc', '..'
    assert str(output_path('%OBJECT/%FILTER/x.fits', of)) == '.._.._etc/__/x.fits'


def test_other_names(of, tmp_path):
    assert output_path(str(tmp_path), of) == tmp_path / 'collectcells.fits'
    assert output_path('out.fits', of, fpack=True).name == 'out.fits.fz'
    with pytest.raises(ParameterError, match='%OBJCT stands for nothing'):
        output_path('%OBJCT.fits', of)


def test_an_output_overwrites_no_input(tmp_path):
    check_output(tmp_path / 'new/out.fits', [])
    assert (tmp_path / 'new').is_dir()
    (tmp_path / 'in.fits').touch()
    with pytest.raises(ParameterError, match='is read'):
        check_output(tmp_path / 'new/../in.fits', [tmp_path / 'in.fits'])
    with pytest.raises(StoreError, match='is a folder'):
        check_output(tmp_path, [])
    with pytest.raises(StoreError, match='cannot be made'):
        check_output(tmp_path / 'in.fits/x.fits', [])


@pytest.fixture
def odi(tmp_path, monkeypatch):
    """Files of exposures; what is in them is played."""
    folder = tmp_path / 'o20130101T123456.0'
    folder.mkdir()
    for name in ('33.fits', '34.fits.gz', '34.fits.fz', '55.fits', 'xx.txt'):
        (folder / f'o20130101T123456.0.{name}').touch()

    def read_raw(file, whole, camera):
        base = exposures.name_of(file)
        when = datetime.datetime(2013, 1, 1, 12, 34, 56 if '123456' in base else 0)
        return SimpleNamespace(camera=SimpleNamespace(name='ODI'), frames=[SimpleNamespace(
            chip=f'OTA{base[-2:]}', kind='science', DATE_OBS=when, extension=1)])

    monkeypatch.setattr(exposures, 'read_raw', read_raw)
    monkeypatch.setattr(exposures, 'frame_header', lambda *_: {'OBSID': '20130101T123456.0'})
    return folder


def chosen(path, **options):
    return exposures.exposure(path, CollectOptions.given(options)).chips


def test_a_folder_or_any_file_of_it_is_the_exposure(odi):
    found = exposures.exposure(odi, CollectOptions())
    assert found.name == 'o20130101T123456.0' and found.obsid == '20130101T123456.0'
    assert [file.name[-8:] for file in found.files] == ['.33.fits', '.fits.fz', '.55.fits']
    assert exposures.exposure(odi / 'o20130101T123456.0.55.fits', CollectOptions()).files == found.files
    (odi / 'o20130101T130000.0.33.fits').touch()
    assert exposures.exposure(odi, CollectOptions()).files == found.files, 'the exposure has the name of the folder'
    odi = odi.rename(odi.with_name('night'))
    with pytest.raises(ParameterError, match='name a file of one'):
        chosen(odi)
    assert chosen(odi / 'o20130101T130000.0.33.fits') == ['OTA33']


def test_detectors_are_chosen(odi):
    assert chosen(odi, singleota='33') == ['OTA33'] and chosen(odi, selectota='OTA55,33') == ['OTA33', 'OTA55']
    assert chosen(odi, skipota='33,77') == ['OTA34', 'OTA55'] and chosen(odi, centralonly=True) == ['OTA33', 'OTA34']
    for options, text in (({'singleota': '42'}, 'has no detector 42'), ({'singleota': '33,34'}, '-selectota=33,34'),
                          ({'selectota': '55', 'centralonly': True}, 'no detector is left')):
        with pytest.raises(ParameterError, match=text):
            chosen(odi, **options)


def test_what_is_no_exposure_is_refused(odi, tmp_path):
    for path in (tmp_path / 'nowhere', tmp_path):
        with pytest.raises(NotFound, match='the folder of an exposure'):
            chosen(path)
