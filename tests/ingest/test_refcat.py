"""Reference catalogues: in from every format, read by cone, moved to a date, one version after another, kept for lineage."""

import datetime
import http.server
import os
import threading

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from awlike.context import context
from awlike.declare import Input, ProcessTarget
from awlike.errors import HeaderError, NotAllowed, NotFound, ParameterError, UnknownAttribute
from awlike.frames.raw import RawScienceFrame
from awlike.ingest.refcat import add, remove
from awlike.products.inputs import Inputs
from awlike.products.reference_catalogue import ReferenceCatalogue
from awlike.remedies import typed_in_shell
from awlike.sky.regions import Cone
from awlike.store import server
from awlike.tables.formats import writer
from awlike.tracing.fsck import fsck
from tests import paper
from tests.conftest import become

COLUMNS = {'ra': 'ra', 'dec': 'dec', 'bands': {'r': ('r', 'r_err')}}


class Matched(ProcessTarget):
    """For tests: made with a reference catalogue."""

    raw = Input(RawScienceFrame, 'what it is of')
    reference = Input(ReferenceCatalogue, 'where the stars are')


def stars(number=2000, seed=1):
    """Stars all over the sphere, many at the poles and at RA 0, some with negative right ascensions or many turns."""
    rng = np.random.default_rng(seed)
    ra = np.concatenate([rng.uniform(-360, 720, number - 203), rng.uniform(-.1, .1, 100), rng.uniform(0, 360, 100),
                         [0, 360, 10.]])
    dec = np.concatenate([np.degrees(np.arcsin(rng.uniform(-1, 1, number - 203))), rng.uniform(-.1, .1, 100),
                          rng.choice([-1, 1], 100) * (90 - rng.uniform(0, .1, 100)), [0, 0, 90.]])
    return Table({'ra': ra, 'dec': dec, 'r': rng.uniform(10, 20, number), 'r_err': rng.uniform(0, .1, number)})


def written(folder, table, suffix='fits'):
    path = folder / f'stars.{suffix}'
    if suffix in ('fits', 'csv'):
        table.write(path, overwrite=True)
    else:
        writer(path)(path, table, fits.Header())
    return path


@pytest.mark.parametrize('suffix', ['fits', 'csv', 'ecsv', 'vot', 'parquet', 'ldac'])
def test_every_format_is_the_same_catalogue(home, tmp_path, suffix):
    first = add('ONE', written(tmp_path, stars(300)), **COLUMNS)
    again = add('ONE', written(tmp_path, stars(300), suffix), **COLUMNS)
    assert again == first and len(ReferenceCatalogue.select_all()) == 1
    assert first.number == 300 and first.bands == ['r'] and first.project is None and first.privileges == 4


@pytest.mark.parametrize('ra, dec, radius', [(0, 0, .05), (359.99, 0, .1), (-.01, 0, .1), (180, 90, .2), (0, -90, .2),
                                             (10, 90, 0), (45, 41.81, 5), (200, -50, 20), (0, 0, 180), (77, 13, 1e-6)])
def test_a_cone_has_what_brute_force_finds(home, tmp_path, ra, dec, radius):
    table = stars()
    catalogue = add('ALL', written(tmp_path, table), **COLUMNS)
    found = catalogue.cone(ra, dec, radius)
    inside = Cone(ra, dec, radius).holds(np.asarray(table['ra']) % 360, np.asarray(table['dec']), np)
    assert sorted(found['MAG_r']) == pytest.approx(sorted(table['r'][inside]), abs=1e-6) and len(found) == inside.sum()
    assert found['RA'].unit == u.deg and 'hpx' not in found.colnames and ((found['RA'] >= 0) & (found['RA'] < 360)).all()
    assert catalogue.covers(ra, dec, radius) == inside.any()


def test_cones_in_many_stars_by_the_index(home, tmp_path):
    rng = np.random.default_rng(5)
    table = Table({'ra': rng.uniform(0, 2, 50_000), 'dec': rng.uniform(-1, 1, 50_000), 'r': rng.uniform(10, 20, 50_000)})
    catalogue = add('DENSE', written(tmp_path, table), ra='ra', dec='dec', bands={'r': 'r'})
    for _ in range(20):
        ra, dec, radius = rng.uniform(0, 2), rng.uniform(-1, 1), rng.choice([.01, .1, .5])
        inside = Cone(ra, dec, radius).holds(table['ra'].data, table['dec'].data, np)
        assert len(catalogue.cone(ra, dec, radius)) == inside.sum()


def test_stars_are_moved_to_the_date_of_observation(home, tmp_path):
    ra, dec = np.array([0., 120, 10, 30, 50]), np.array([0., 60, 89.9999, -10, 20])
    pm_ra, pm_dec = np.array([-3000., 5000, 90000, 0, np.nan]), np.array([0., -2000, 90000, 0, np.nan])
    table = Table({'ra': ra, 'dec': dec, 'pmra': pm_ra, 'pmdec': pm_dec, 'e': [2016.0, 2000, 2000, 2016, 2016], 'r': ra})
    date = datetime.datetime(2031, 1, 1)
    for epoch in ('e', 2016.0):
        catalogue = add(f'PM{epoch}', written(tmp_path, table), ra='ra', dec='dec', pm_ra='pmra', pm_dec='pmdec', epoch=epoch,
                        bands={'r': 'r'})
        found = catalogue.cone(0, 0, 180, date)
        found.sort('MAG_r')
        for n, star in enumerate(np.argsort(ra)):
            years = 2031 - (table['e'][star] if epoch == 'e' else 2016.0)
            shift = np.hypot(np.nan_to_num(pm_ra[star]), np.nan_to_num(pm_dec[star])) * years / 1000
            before = SkyCoord(ra[star], dec[star], unit='deg')
            after = SkyCoord(found['RA'][n], found['DEC'][n], unit='deg')
            assert before.separation(after).arcsec == pytest.approx(shift, rel=1e-3, abs=1e-6)
            if 0 < shift < 300 and dec[star] < 89:
                angle = np.arctan2(pm_ra[star], pm_dec[star])
                assert np.cos(before.position_angle(after).rad - angle) == pytest.approx(1, abs=1e-5)
    here = catalogue.cone(found['RA'][0], found['DEC'][0], 1 * u.arcsec, date)
    gone, there = (len(catalogue.cone(0, 0, 1 * u.arcsec, moment)) for moment in (date, None))
    assert (len(here), gone, there) == (1, 0, 1)


def test_a_changed_file_is_another_version_and_the_name_means_the_first(home, tmp_path):
    first = add('V', written(tmp_path, stars(300)), **COLUMNS)
    second = add('V', written(tmp_path, stars(300, seed=2)), **COLUMNS)
    assert (str(first), str(second)) == ('V', 'V@2') and first.digest != second.digest
    assert [ReferenceCatalogue.named(name) for name in ('V', 'V@1', 'V@2')] == [first, first, second]
    assert (ReferenceCatalogue.name == 'V').max('version') == second
    for name in ('W', 'V@3', 'V@0', 'V@x'):
        with pytest.raises(NotFound, match='reference catalogue'):
            ReferenceCatalogue.named(name)
    remove('V')
    assert ReferenceCatalogue.named('V') == second
    assert add('V', written(tmp_path, stars(300)), **COLUMNS).version == 3, 'a number is given once'


def test_everybody_reads_it_and_its_adder_alone_removes_it(home, tmp_path, monkeypatch):
    path = written(tmp_path, stars(300))
    made = add('OURS', path, **COLUMNS)
    become(monkeypatch, 'bob')
    assert len(ReferenceCatalogue.named('OURS').cone(0, 0, 180)) == 300
    with pytest.raises(NotAllowed, match="ada's"):
        add('OURS', written(tmp_path, stars(300, seed=3)), **COLUMNS)
    with pytest.raises(NotAllowed, match='administrator'):
        remove('OURS')
    with pytest.raises(NotAllowed):
        context.update_is_valid(ReferenceCatalogue.named('OURS'), 0)
    become(monkeypatch, 'anonymous')
    assert ReferenceCatalogue.named('OURS').covers(0, 0, 1) and 'OURS' in repr(ReferenceCatalogue.select_all())
    with pytest.raises(NotAllowed, match='account|anonymous'):
        add('MINE', path, **COLUMNS)
    become(monkeypatch, 'ada')
    context.update_is_valid(ReferenceCatalogue.named('OURS'), 0)
    assert not ReferenceCatalogue.named('OURS').is_valid
    with pytest.raises(NotAllowed, match='of no project'):
        context.publish(ReferenceCatalogue.named('OURS'), 5)
    ReferenceCatalogue.named('OURS').info()
    remove('OURS')
    assert not ReferenceCatalogue.select_all().exists() and not server().has(made.filename)


def test_lineage_keeps_it(project, tmp_path):
    catalogue = add('KEPT', written(tmp_path, stars(300)), **COLUMNS)
    raw = paper.insert(paper.raw(RawScienceFrame))
    product = paper.insert(paper.product(Matched, raw=raw, reference=catalogue))
    assert catalogue in product.ancestors() and product in catalogue.descendants() and (Matched.reference.name == 'KEPT').one()
    with pytest.raises(NotAllowed, match=r"lineage .*update_is_valid\(ReferenceCatalogue\.named\('KEPT'\), 0\)"):
        remove('KEPT')
    with typed_in_shell(), pytest.raises(NotAllowed, match='invalid instead, by awe invalidate KEPT --reason'):
        remove('KEPT')
    assert context.publish(raw, 4) and context.publish(product, 4), 'everybody who sees the product sees the catalogue'


def test_make_reads_it_by_cone_and_nothing_else_of_it(project, tmp_path):
    catalogue = add('READ', written(tmp_path, stars(300)), **COLUMNS)
    seen = Inputs(Matched, {'raw': paper.raw(RawScienceFrame), 'reference': catalogue}).reference
    assert len(seen.cone(0, 0, 180)) == len(seen.stars['RA']) == seen.number == 300
    with pytest.raises(UnknownAttribute, match='creator'):
        seen.creator  # noqa: B018
    assert Matched.key_for({'reference': catalogue}, Matched.Parameters()) != Matched.key_for({}, Matched.Parameters())
    product = paper.insert(paper.product(Matched, raw=paper.insert(paper.raw(RawScienceFrame)), reference=catalogue))
    assert 'READ' in str(product.lineage()) and product.lineage()._repr_html_()


def test_fsck_knows_a_damaged_and_a_lost_file(home, tmp_path):
    catalogue = add('F', written(tmp_path, stars(300)), **COLUMNS)
    assert fsck() == []
    path = server().open_path(catalogue.filename)
    content = bytearray(path.read_bytes())
    content[-2880 * 2] ^= 1
    path.chmod(0o644)
    path.write_bytes(content)
    assert [finding.kind for finding in fsck()] == ['wrong digest']
    path.unlink()
    assert [finding.kind for finding in fsck()] == ['lost file']


@pytest.mark.parametrize('wrong, said', [
    ({'ra': 'RA2000'}, 'no column'), ({'dec': 'r', 'ra': 'r'}, None), ({'dec': 'big'}, 'beyond a pole'),
    ({'pm_ra': 'r', 'pm_dec': 'r'}, 'epoch'), ({'pm_ra': 'r', 'epoch': 2016}, 'go together'),
    ({'ra_error': 'r'}, 'go together'), ({'pm_ra': 'r', 'pm_dec': 'r', 'epoch': 20}, 'Julian year'),
    ({'bands': {'r': ('r', 'r', 'r')}}, 'name a magnitude'),
    ({'ra': 'text'}, 'numbers are needed')])
def test_what_cannot_be_a_catalogue_is_refused_with_a_reason(home, tmp_path, wrong, said):
    table = stars(300)
    table['big'], table['text'] = 100.0, 'a'
    path = written(tmp_path, table)
    if said is None:
        add('X', path, **COLUMNS | wrong)
        return
    with pytest.raises(ParameterError, match=said):
        add('X', path, **COLUMNS | wrong)
    assert not ReferenceCatalogue.select_all().exists()


def test_files_that_are_no_tables_are_refused(home, tmp_path):
    (tmp_path / 'a.fits').write_bytes(b'nothing')
    (tmp_path / 'a.csv').write_text('')
    (tmp_path / 'a.txt').write_text('1 2')
    for name, error in (('a.fits', HeaderError), ('a.txt', ParameterError), ('b.fits', HeaderError), ('a.csv', ParameterError)):
        with pytest.raises(error, match=name):
            add('X', tmp_path / name, **COLUMNS)
    for name in ('', 'a/b', '../x', 'V@2', ' ', 'ü', 'x' * 61):
        with pytest.raises(ParameterError, match='cannot be called'):
            add(name, written(tmp_path, stars(300)), **COLUMNS)


def test_the_standard_stars_of_stripe_82_and_the_shards_of_lsst_are_the_same_stars(home, data):
    folder = data / 'sdss-stripe82'
    bands = {band: (band, f'{band}_err') for band in 'gri'}
    standards = add('STRIPE82', folder / 'ref_cat/stars.fits', ra='ra', dec='dec', bands=bands)
    shards = add('SHARDS', folder / 'input/ref_cats', ra='coord_ra', dec='coord_dec',
                 bands={band: (f'{band}_flux', f'{band}_fluxErr') for band in 'gri'})
    assert standards.number == 28196 and 20_000 < shards.number <= 28196
    one, other = (catalogue.cone(351.6, .1, .2) for catalogue in (standards, shards))
    index, apart, _ = SkyCoord(one['RA'], one['DEC']).match_to_catalog_sky(SkyCoord(other['RA'], other['DEC']))
    assert len(one) > 20 and len(other) > 20
    near = apart.arcsec < .01
    assert near.mean() > .9 and np.abs(one['MAG_r'][near] - other['MAG_r'][index[near]]).max() < .02


# --- files that were made to do harm ---

VOTABLE = ('<?xml version="1.0"?>{}<VOTABLE version="1.3"><RESOURCE><TABLE><FIELD name="ra" datatype="double"/>'
           '<FIELD name="dec" datatype="double"/><DATA>{}</DATA></TABLE></RESOURCE></VOTABLE>')


@pytest.mark.parametrize('rows', ['<BINARY><STREAM href="{}"/></BINARY>', '<BINARY2><STREAM href="{}"/></BINARY2>',
                                  '<FITS extnum="1"><STREAM href="{}"/></FITS>',
                                  '<PARQUET type="x"><STREAM href="{}"/></PARQUET>'])
@pytest.mark.parametrize('where', ['http://127.0.0.1:{}/stars', 'file://{}'])
def test_nothing_is_fetched_that_a_votable_names(home, tmp_path, rows, where):
    asked = []

    class Spy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *told):
            pass

    secret = tmp_path / 'secret'
    secret.write_bytes(np.array([1., 2.], '>f8').tobytes())
    with http.server.HTTPServer(('127.0.0.1', 0), Spy) as server_:
        threading.Thread(target=server_.serve_forever, daemon=True).start()
        path = tmp_path / 'stars.vot'
        path.write_text(VOTABLE.format('', rows.format(where.format(server_.server_port if 'http' in where else secret))))
        with pytest.raises(HeaderError, match='fetches nothing'):
            add('ONE', path, ra='ra', dec='dec')
        server_.shutdown()
    assert asked == [] and not ReferenceCatalogue.select_all().exists()


def test_no_entities_of_a_votable_grow_without_end(home, tmp_path):
    entities = '<!ENTITY a0 "lol">' + ''.join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    path = tmp_path / 'stars.vot'
    path.write_text(VOTABLE.format(f'<!DOCTYPE VOTABLE [{entities}]>', '<TABLEDATA><TR><TD>&a9;</TD></TR></TABLEDATA>'))
    with pytest.raises(HeaderError, match='amplification'):
        add('ONE', path, ra='ra', dec='dec')


@pytest.mark.parametrize('suffix', ['fits', 'csv', 'ecsv', 'vot', 'parquet', 'ldac'])
def test_a_named_pipe_is_no_table(home, tmp_path, suffix):
    path = tmp_path / f'stars.{suffix}'
    os.mkfifo(path)
    with pytest.raises(HeaderError, match='named pipe'):
        add('ONE', path, ra='ra', dec='dec')


def test_a_band_may_have_a_unit_that_nobody_knows(home, tmp_path):
    table = stars(300)
    table['r'].unit = u.UnrecognizedUnit('Vega')
    found = add('ONE', written(tmp_path, table, 'ecsv'), **COLUMNS)
    assert np.array_equal(np.sort(found.stars['MAG_r']), np.sort(np.asarray(table['r'], 'f4')))


@pytest.mark.parametrize('value', [np.inf, -np.inf, np.nan])
def test_a_motion_without_end_is_unknown_and_no_reason_to_read_all(home, tmp_path, value):
    table = stars(300)
    table['pm'] = np.where(np.arange(300) == 7, value, 1.0)
    found = add('ONE', written(tmp_path, table), **COLUMNS, pm_ra='pm', pm_dec='pm', epoch=2016.0)
    assert found.fastest == pytest.approx(np.sqrt(2)) and np.isnan(found.stars['PM_RA']).sum() == 1
    assert len(found.cone(10.0, 0.0, 180.0, date='2016-01-01 12:00:00')) == 300


def test_a_number_of_a_star_is_no_right_ascension(home, tmp_path):
    table = stars(300)
    table['id'] = np.arange(300) + 587731186736562387
    with pytest.raises(ParameterError, match='id goes up to 5.87.* right ascensions'):
        add('ONE', written(tmp_path, table), ra='id', dec='dec')


def test_a_file_that_one_may_not_read_is_told(home, tmp_path, monkeypatch):
    def refused(path):
        raise PermissionError(13, 'Permission denied', str(path))
    monkeypatch.setattr('awlike.tables.reading._reader', lambda path: refused)
    with pytest.raises(HeaderError, match='you may not read it; check its permissions'):
        add('ONE', written(tmp_path, stars(300)), **COLUMNS)


@pytest.mark.parametrize('name', [5, None, 2.5])
def test_a_name_is_a_text(home, name):
    with pytest.raises(ParameterError, match='named by a text'):
        ReferenceCatalogue.named(name)
