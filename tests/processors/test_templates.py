"""Headers by templates: all that is given, all that was there, in order."""

import pytest
from astropy.io import fits

from awlike import processors as api
from awlike.errors import HeaderError, NotFound, ParameterError
from awlike.processors.templates.template import Template, keyword_of

ORIGINAL = fits.Header([('SIMPLE', True), ('BITPIX', 16), ('NAXIS', 2), ('NAXIS1', 3), ('NAXIS2', 4), ('MINE', 1, 'my own'),
                        ('OBSERVER', 'A', 'old'), ('FILENAME', 'p.fits'), ('HISTORY', 'scanned'), ('COMMENT', 'nice')])


def keywords(header):
    return [card.keyword for card in header.cards if card.keyword not in ('', 'HISTORY', 'COMMENT')]


def test_cards_come_in_order_and_those_that_are_not_set_stay():
    made = api.makeHeaderFromTemplate(api.WFPDB_TEMPLATE, originalHeader=ORIGINAL, RA_ORIG='1 2', OBJECT='M 31', EQ_ORIG=None)
    assert keywords(made) == ['SIMPLE', 'EXTEND', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2', 'RA-ORIG', 'OBJECT', 'OBSERVER',
                              'FILENAME', 'MINE']
    assert made['MINE'] == 1 and made.comments['MINE'] == 'my own' and made['OBSERVER'] == 'A'
    assert list(made['HISTORY']) == ['scanned', 'awlike template used: wfpdb'] and list(made['COMMENT']) == ['nice']


def test_making_it_again_changes_nothing():
    made = api.makeHeaderFromTemplate(api.WFPDB_TEMPLATE, originalHeader=ORIGINAL, OBJECT='M 31')
    again = api.makeHeaderFromTemplate(api.WFPDB_TEMPLATE, originalHeader=made, OBJECT='M 31')
    assert again.tostring() == made.tostring()
    updated = api.updateTemplatedHeader(made, OBJECT='M 32')
    assert updated['OBJECT'] == 'M 32' and api.getTemplateNameFromHistory(updated) == 'wfpdb'


@pytest.mark.parametrize('original', [None, ORIGINAL])
def test_a_value_without_card_is_an_error(original):
    with pytest.raises(ParameterError, match=r'no card for OBSERVR \(did you mean OBSERVER'):
        api.makeHeaderFromTemplate(api.WFPDB_TEMPLATE, originalHeader=original, OBSERVR='x')


@pytest.mark.parametrize('value, told', [('Шайн', 'ascii'), (float('nan'), 'nan'), ([1, 2], 'Illegal')])
def test_a_value_that_no_card_holds_names_the_card(value, told):
    with pytest.raises(ParameterError, match=f'(?s)While constructing card OBSERVER: .*{told}'):
        api.makeHeaderFromTemplate(api.WFPDB_TEMPLATE, OBSERVER=value)


def test_templates_of_plates():
    wfpdb = [keyword_of(item) for item in api.WFPDB_TEMPLATE if keyword_of(item)]
    assert wfpdb[:8] == ['SIMPLE', 'EXTEND', 'BITPIX', 'NAXIS', 'NAXIS1', 'NAXIS2', 'BZERO', 'BSCALE'] == [
        keyword_of(item) for item in api.MINIMAL_IMAGE_TEMPLATE]
    assert len(wfpdb) == len(set(wfpdb)) == 199 and {'DATEOR3', 'A_3_0', 'BP_2_0', 'LICENCE', 'TEMPERAT'} <= set(wfpdb)
    assert wfpdb.index('TMS-OR1') == wfpdb.index('DATEOR3') + 1
    assert {'TELESCOP', 'TELAPER', 'TELFOC', 'TELSCALE'} <= set(api.APPLAUSE_TEMPLATE.names)
    assert api.makeHeaderFromTemplate('wfpdb', EQUNIOX=2000.0)['EQUINOX'] == 2000, 'as scripts of DaCHS spell it'


def test_a_template_of_ones_own():
    mine = [('MY-KEY', 'mine'), fits.Card('', 'Others'), fits.Card('FIXED', 3)]
    assert api.getTemplateNameFromHistory(api.makeHeaderFromTemplate(mine, MY_KEY=1)) == 'anonymous'
    api.registerTemplate('mine', mine)
    made = api.makeHeaderFromTemplate(mine, MY_KEY=1)
    assert keywords(made) == ['MY-KEY', 'FIXED'] and api.getTemplateNameFromHistory(made) == 'mine'
    made['FIXED'] = 4
    assert api.makeHeaderFromTemplate('mine')['FIXED'] == 3, 'the template stays as it is'
    with pytest.raises(ParameterError, match='twice'):
        Template([('A', ''), ('A', '')])
    with pytest.raises(NotFound):
        api.getTemplateForName('another')
    with pytest.raises(HeaderError):
        api.getTemplateNameFromHistory(ORIGINAL)


def test_values_of_headers():
    assert api.jYearToDateTime(2000.0).isoformat() == '2000-01-01T12:00:00'
    assert api.jYearToDateTime(1950.5).isoformat() == '1950-07-02T15:00:00'
    for text, degrees in {'-0 30 36': -0.51, '+12:30:00.5': 12.500138888888889, '7': 7, '3d30m': 3.5, '−1 30': -1.5}.items():
        assert api.dmsToDeg(text) == pytest.approx(degrees)
    assert api.dmsToDeg('1.30', '.') == 1.5
    for text in ('', '1 60', '1 2 3 4', 'north', '1 0 60'):
        with pytest.raises(ParameterError, match='is no angle'):
            api.dmsToDeg(text)
    header = fits.Header([('A', 1), ('B', 2)])
    api.copyFields(header, fits.Header([('B', 3, 'new'), ('C', 4), ('HISTORY', 'h')]).cards, ['c'])
    assert header['B'] == 3 and header.comments['B'] == 'new' and 'C' not in header and list(header['HISTORY']) == ['h']


@pytest.mark.parametrize('text, plain', [('Шайн Г. А.', 'Shajn G. A.'), ('Ångström – ß', 'Angstrom - ss'), ('δ Cep', 'd Cep'),
                                        ('№ 5 «x» 40°', 'No. 5 "x" 40 deg'), ('Щёлоков', 'Shchyolokov'), ('m²', 'm2')])
def test_transliteration(text, plain):
    assert api.ascii(text) == plain
    with pytest.raises(ParameterError, match='CJK'):
        api.ascii('星')


@pytest.mark.parametrize('delimiter', ',;\t')
def test_a_logbook(tmp_path, delimiter):
    path = tmp_path / 'log.txt'
    path.write_bytes(b'\xef\xbb\xbf' + delimiter.join(['plate', 'observer']).encode() + b'\n'
                     + delimiter.join(['17', '"B, C; D"']).encode() + b'\n\n18\n')
    logbook = api.Logbook(path, key='plate')
    assert logbook.rowFor('scans/sky_17.fits', r'_(\w+)\.fits$') == {'plate': '17', 'observer': 'B, C; D'}
    assert logbook['18']['observer'] == '' and len(logbook) == 2
    for name, told in (('sky_19.fits', 'no row with plate 19'), ('sky.fits', 'has no key')):
        with pytest.raises(api.CannotComputeHeader, match=told):
            logbook.rowFor(name, r'_(\w+)\.fits$')
    with pytest.raises(ParameterError, match='no column'):
        api.Logbook(path, key='night')
    path.write_bytes('plate\nЯ'.encode('cp1251'))
    with pytest.raises(ParameterError, match='not UTF-8'):
        api.Logbook(path)
    path.write_text('plate\n1\n1\n')
    with pytest.raises(ParameterError, match='line 3'):
        api.Logbook(path)
