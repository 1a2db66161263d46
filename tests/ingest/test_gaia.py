"""Stars of Gaia, fetched from a TAP service."""

import sys

import numpy as np
import pytest

from awlike.errors import MissingExtra, NotAllowed, ParameterError, ServiceError
from awlike.ingest import gaia
from awlike.products.reference_catalogue import ReferenceCatalogue
from tests.conftest import become


def test_the_stars_of_a_field_become_a_catalogue(home, archive):
    made = gaia.fetch(315, -31, .2, limit_mag=19, url=archive.url)
    assert str(made) == 'GAIA' and made.number == 50 and made.bands == ['G', 'BP', 'RP']
    assert "CIRCLE('ICRS', 315.0, -31.0, 0.2)" in archive.asked[1] and 'phot_g_mean_mag <= 19.0' in archive.asked[1]
    found, sent = made.cone(315, -31, 1), archive.stars
    found.sort('MAG_G')
    sent.sort('phot_g_mean_mag')
    assert np.asarray(found['RA']) == pytest.approx(np.asarray(sent['ra'])) and (found['EPOCH'] == 2016).all()
    assert np.asarray(found['MAG_G']) == pytest.approx(np.asarray(sent['phot_g_mean_mag']))
    assert np.asarray(found['MAGERR_G']) == pytest.approx(2.5 / np.log(10) / 100, rel=1e-5)
    assert np.asarray(found['RA_ERROR']) == pytest.approx(.02) and found['RA_ERROR'].unit == 'mas'
    known = ~np.ma.getmaskarray(sent['pmra'])
    assert np.asarray(found['PM_RA'])[known] == pytest.approx(np.asarray(sent['pmra'])[known], rel=1e-5)
    for name in ('PM_RA', 'PM_DEC', 'MAG_BP', 'MAGERR_RP'):
        assert np.isnan(np.ma.filled(found[name], np.nan)[~known]).all(), name
    speed = np.hypot(*(sent[name].filled(np.nan) for name in ('pmra', 'pmdec')))
    assert made.fastest == pytest.approx(np.nanmax(speed), rel=1e-5)


def test_the_same_answer_is_the_same_catalogue_and_another_field_another_version(home, archive):
    first = gaia.fetch(315, -31, .2, url=archive.url)
    archive.stars = archive.stars[::-1]
    assert gaia.fetch(315, -31, .2, url=archive.url) == first
    archive.stars = archive.stars[5:]
    assert str(gaia.fetch(315, -31, .1, url=archive.url)) == 'GAIA@2'
    assert str(gaia.fetch(315, -31, .1, name='FIELD', url=archive.url)) == 'FIELD'


def test_a_field_with_too_many_stars_or_none_is_refused_before_they_are_sent(home, archive):
    archive.counts = gaia.MOST + 1
    with pytest.raises(ParameterError, match=r'has 1,000,001 stars of Gaia, and at most 1,000,000.*--limit-mag'):
        gaia.fetch(315, -31, 30, url=archive.url)
    archive.counts = 0
    with pytest.raises(ParameterError, match='no star of Gaia: enlarge the radius'):
        gaia.fetch(315, -31, .001, url=archive.url)
    assert len(archive.asked) == 2 and not ReferenceCatalogue.select_all().exists()


def test_a_service_that_sends_fewer_stars_than_it_counts_is_not_believed(home, archive):
    archive.counts = 2001
    with pytest.raises(ServiceError, match='counted 2,001 stars and sent 50: it limits what it sends'):
        gaia.fetch(315, -31, .2, url=archive.url)
    assert not ReferenceCatalogue.select_all().exists()


@pytest.mark.parametrize('status, answer', [(500, b'broken'), (200, b'<html>maintenance</html>'), (200, b''), (404, b'')])
def test_a_service_that_gives_no_answer_is_told_with_the_next_step(home, archive, status, answer):
    archive.status, archive.answer = status, answer
    with pytest.raises(ServiceError, match=r'127\.0\.0\.1.*--url'):
        gaia.fetch(315, -31, .2, url=archive.url)


def test_a_question_that_is_refused_is_told_in_the_words_of_the_service(home, archive):
    archive.answer = (b'<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results">'
                      b'<INFO name="QUERY_STATUS" value="ERROR">no such table</INFO></RESOURCE></VOTABLE>')
    with pytest.raises(ServiceError, match='refuses the question for GAIA: no such table'):
        gaia.fetch(315, -31, .2, url=archive.url)


def test_a_server_that_is_down_is_told(home):
    with pytest.raises(ServiceError, match='try again later, or name another TAP service by --url'):
        gaia.fetch(315, -31, .2, url='http://127.0.0.1:9/tap')


def test_without_pyvo_the_error_says_what_to_install(home, monkeypatch):
    monkeypatch.setitem(sys.modules, 'pyvo', None)
    with pytest.raises(MissingExtra, match=r"pip install 'awlike\[online\]'"):
        gaia.fetch(315, -31, .2)


@pytest.mark.parametrize('wrong', [{'dec': 91}, {'radius': -1}, {'radius': 'x'}, {'limit_mag': float('nan')}, {'name': 'a/b'}])
def test_what_is_no_field_is_refused_before_anybody_is_asked(home, archive, wrong):
    with pytest.raises(ParameterError):
        gaia.fetch(**{'ra': 315, 'dec': -31, 'radius': .2, 'url': archive.url} | wrong)
    assert not archive.asked


def test_the_name_of_somebody_else_is_refused_before_anybody_is_asked(home, archive, monkeypatch):
    gaia.fetch(315, -31, .2, url=archive.url)
    number = len(archive.asked)
    become(monkeypatch, 'bob')
    with pytest.raises(NotAllowed, match="ada's"):
        gaia.fetch(315, -31, .3, url=archive.url)
    become(monkeypatch, 'anonymous')
    with pytest.raises(NotAllowed):
        gaia.fetch(315, -31, .3, url=archive.url)
    assert len(archive.asked) == number
