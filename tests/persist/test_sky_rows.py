"""Rows of catalogues in the database: asked for like frames, by place as by value, and seen as their catalogue is."""

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from awlike.context import context
from awlike.database.sessions import database
from awlike.errors import DefinitionError, Immutable, NotFound, ParameterError, QueryError, UnknownAttribute
from awlike.frames.raw import RawScienceFrame
from awlike.frames.source_list import Source, SourceList
from awlike.persist.sky_rows import SkyRow
from awlike.sky.regions import Cone, Polygon
from tests import catalogues, paper
from tests.conftest import become, let_in

CORNERS = [(ra, dec) for ra in (0, 45, 90, 180, 359.999) for dec in (-90, -41.8103, 0, 41.8103, 90)]


@pytest.fixture
def field(project):
    """A list of 500 sources around RA 0, and the columns in it."""
    rows = catalogues.columns(*catalogues.spread(500, 0, -30, .1, 1), seed=1)
    return catalogues.inserted(rows), rows


@pytest.fixture(scope='module')
def everywhere():
    """Positions all over the sphere, on both poles, on corners and borders of base cells, and at RA 0 and 360."""
    rng = np.random.default_rng(4)
    ra = np.concatenate([rng.uniform(-10, 370, 3000), [place[0] for place in CORNERS], rng.uniform(0, 360, 200),
                         [0., 360., -1e-12]])
    dec = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, 3000))), [place[1] for place in CORNERS],
                          90 - rng.uniform(0, .1, 200), [0., 0., 0.]])
    return ra, dec


def test_cones_and_polygons_find_what_brute_force_finds(project, everywhere):
    ra, dec = everywhere
    catalogues.inserted(catalogues.columns(ra, dec))
    sid = np.arange(1, len(ra) + 1)
    place = st.sampled_from(CORNERS) | st.tuples(st.floats(-360, 720), st.floats(-90, 90))

    def found(query):
        return sorted(query.table('SID')['SID'].tolist())

    @hypothesis_settings(max_examples=25)
    @given(place, st.sampled_from([1e-9, 1 / 3600, .05, 1, 10, 95, 180]) | st.floats(0, 40))
    def cones(centre, radius):
        inside = Cone(*centre, radius).holds(ra, dec, np)
        query = Source.within(*centre, radius)
        assert found(query) == sid[inside].tolist() and len(query) == inside.sum()
        half = query & (Source.SID < 1500)
        assert found(half | (query & (Source.SID >= 1500))) == sid[inside].tolist()   # in "or", ranges are no join
        assert len(~query) == (~inside).sum()

    @hypothesis_settings(max_examples=15)
    @given(place, st.floats(.1, 40), st.integers(3, 6))
    def polygons(centre, size, number):
        from astropy.coordinates import SkyCoord
        middle = SkyCoord(centre[0] % 360, centre[1], unit='deg')
        reach = size * np.array([1, .5] * 3 if number == 6 else [1] * number)
        corners = middle.directional_offset_by(np.arange(number) * 360 / number * u.deg, reach * u.deg)
        inside = Polygon(corners).holds(ra, dec, np)
        assert found(Source.inside(corners)) == sid[inside].tolist()

    cones()
    polygons()


def test_a_query_is_that_of_frames(field):
    made, rows = field
    query = (Source.source_list == made) & (Source.MAG_PSF < 20) & Source.within(0, -30, 3 * u.arcmin)
    near = Cone(0, -30, .05).holds(rows['RA'], rows['DEC'], np) & (np.nan_to_num(rows['MAG_PSF'], nan=99) < 20)
    assert len(query) == near.sum() > 3 and query.exists()
    table = query.order_by('-MAG_PSF').table('SID', 'RA', 'MAG_PSF', 'FLUX_APER_2', 'source_list.filter.name')
    assert table['RA'].unit == u.deg and list(table['MAG_PSF']) == sorted(rows['MAG_PSF'][near].tolist(), reverse=True)
    star = query.max('MAG_PSF')
    assert star.SID == table['SID'][0] and star.source_list == made and star.FLUX_APER_2 == table['FLUX_APER_2'][0]
    assert star.hpx > 0 and Source(object_id=star.object_id).SID == star.SID and star in query
    assert [one.SID for one in query.order_by('SID')[1:3]] == sorted(rows['SID'][near])[1:3]
    assert len(query.limit(2)) == 2 and len(list(query.limit(2) & (Source.SID > 0))) == 2
    assert len(Source.source_list.filter.name == 'r_SDSS') == 500
    assert 'within(0, -30, 0.05)' in str(query) and 'Source.within' in repr(query)
    assert f'of {made}' in str(star) and 'right ascension' in repr(star.facts().groups['what it is'])
    assert query.explain().rows[-1][-1] == near.sum()


def test_a_missing_value_is_none_and_masked(field):
    made, rows = field
    missing = int(np.isnan(rows['MAG_PSF']).sum())
    assert missing and len(Source.MAG_PSF == None) == missing  # noqa: E711 -- a query
    assert Source.select_all().table('MAG_PSF')['MAG_PSF'].mask.sum() == missing


def test_rows_come_and_go_with_their_list(field):
    made, rows = field
    other = catalogues.inserted(catalogues.columns([10.], [20.]))
    assert len(Source.select_all()) == 501 and len(Source.source_list == other) == 1
    context.delete(made)
    assert len(Source.select_all()) == 1 and Source.select_all()[0].source_list == other


def test_no_rows_without_their_list_after_a_failure(project):
    db, raw = database(), paper.insert(paper.raw(RawScienceFrame))
    made = catalogues.with_rows(catalogues.columns([1., 2.], [3., 4.]), raw=raw)
    context.stamp(made)
    made.is_valid = 1
    with pytest.raises(RuntimeError), db.transaction() as connection:
        db.insert(connection, [made])
        raise RuntimeError
    assert len(Source.select_all()) == 0 and not SourceList.select_all().exists()


def test_a_source_without_position_is_found_by_value_alone(project):
    catalogues.inserted(catalogues.columns([np.nan, 10.], [5., np.nan]))
    assert len(Source.select_all()) == 2 and len(Source.within(0, 0, 180)) == 0 and len(Source.hpx == None) == 2  # noqa: E711


@pytest.mark.parametrize('ra, dec', [(np.inf, -30), (0, -np.inf), (np.nan, np.inf)])
def test_a_source_at_an_infinite_position_has_none_and_ends_no_query(project, ra, dec):
    catalogues.inserted(catalogues.columns(np.array([0., ra]), np.array([-30., dec])))
    assert [one.SID for one in Source.within(0, -30, 180)] == [1]
    assert len(~Source.within(0, -30, 1) | (Source.SID == 2)) == 1
    lost = (Source.SID == 2).one()
    assert not any(np.isinf(value) for value in (lost.RA, lost.DEC) if value is not None)


def test_rows_are_seen_as_their_list_is(project, monkeypatch):
    levels = {}
    for level in (1, 2, 3, 4):
        context.set_project('TEST', level)
        levels[level] = catalogues.inserted(catalogues.columns([float(level)], [0.]))
    let_in(monkeypatch, 'bob')

    def seen(user):
        become(monkeypatch, user)
        found = {round(ra) for ra in Source.within(0, 0, 20).table('RA')['RA']}
        assert len(Source.select_all()) == len(found) == len(Source.source_list.is_valid == 1)
        return found
    assert [seen(user) for user in ('ada', 'bob', 'carl', 'anonymous')] == [{1, 2, 3, 4}, {2, 3, 4}, {3, 4}, {4}]
    become(monkeypatch, 'ada')
    context.set_project('TEST')
    context.publish(levels[1], 2)
    assert seen('bob') == {1, 2, 3, 4}
    with pytest.raises(NotFound):
        become(monkeypatch, 'carl')
        Source.get(10**6)


def test_project_user_and_level_narrow_sources(field, monkeypatch):
    assert len(Source.select_all().project_only()) == 500 == len(Source.select_all().user_only())
    assert len(Source.select_all().privileges_only(2)) == 500 and len(Source.select_all().privileges_only(3)) == 0


def test_validity_and_date_are_those_of_the_list(field):
    made, _ = field
    valid = Source.source_list.is_valid > 0
    before = made.creation_date
    assert len(valid) == 500
    context.update_is_valid(made, 0)
    assert len(valid) == 0 and len(Source.select_all()) == 500
    context.as_of(before)
    assert len(valid) == 500 and len(list(Source.select_all())) == 500
    context.as_of('2012-01-01')
    assert len(Source.select_all()) == 0
    context.as_of(None)


def test_what_a_row_is_not(field):
    row = Source.select_all()[0]
    with pytest.raises(Immutable):
        Source(SID=1)
    with pytest.raises(Immutable):
        row.RA = 3
    with pytest.raises(UnknownAttribute, match='MAG_AUTO'):
        Source.MAG_AUT  # noqa: B018
    with pytest.raises(NotFound):
        Source(object_id='7d1f0d5e-3a0b-5f8e-9c39-0a7e3b6f4c11')
    with pytest.raises(QueryError):
        Source.within(0, 0, 1) & SourceList.select_all()
    with pytest.raises(ParameterError):
        context.update_is_valid(row, 0)


def test_only_awlike_declares_rows():
    with pytest.raises(DefinitionError, match='part of awlike'):
        type('Spot', (SkyRow,), {'__module__': 'mine'}, of=SourceList, table='sources', link='of')
