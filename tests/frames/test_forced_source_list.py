"""Forced photometry: fluxes, errors and times at given places against the truth, light curves, and what goes wrong."""

import datetime
import json
import sys

import numpy as np
import pytest
from astropy import units as u
from astropy.coordinates import SkyCoord, get_body_barycentric
from astropy.table import Table
from astropy.time import Time

from awlike.cli import main
from awlike.context import context
from awlike.errors import NoCalibration, ParameterError, ProcessingError
from awlike.frames.forced_source_list import ForcedSource
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.source_list import Source
from awlike.pixels.forced import forced_photometry
from awlike.pixels.source_flags import SourceFlag
from awlike.recipes.forced_source_list import ForcedTask
from awlike.recipes.source_list import SourceListTask
from tests import paper, starfields
from tests.conftest import become, home_in, let_in
from tests.pixels.fields import GAIN, LEVEL, READ_NOISE, add, make_field, stamp

SHAPE, DIMMED, SHIFT = (420, 440), 0.25, (7.3, -4.6)
HOURS = '03:08:43.48', '04:08:43.48', '05:08:43.48'
VARIABLE = 1.5, 0.4  # times its light in the deep frame, in the others


def seen(field, dimmed, shift, seed, factors):
    """The image of the stars of a field behind a cloud, shifted; some are brighter or fainter than they were."""
    rng, light = np.random.default_rng(seed), np.zeros(SHAPE, np.float32)
    for x, y, flux in zip(field.x + shift[0], field.y + shift[1], field.flux * factors, strict=True):
        values, x0, y0 = stamp(x, y, 25)
        add(light, dimmed * flux * values, x0, y0)
    electrons = rng.poisson((light + LEVEL) * GAIN) + rng.normal(0, READ_NOISE, SHAPE)
    return (electrons / GAIN).astype(np.float32)


@pytest.fixture(scope='module')
def night(tmp_path_factory, on):
    """A deep frame and its source list, and two later frames, shifted and dimmed, in which a star is brighter and fainter."""
    folder, field = tmp_path_factory.mktemp('forced'), make_field(seed=5, shape=SHAPE, stars=150, faintest=6.0, brightest=400)
    inside = (np.abs(field.x - 220) < 150) & (np.abs(field.y - 210) < 150)
    star = int(np.argmax(np.where(inside & starfields.isolated(field, ratio=0.02), field.snr, 0)))
    with home_in(folder / 'awlike', on):
        context.set_project('TEST')
        starfields.reference(field, folder / 'stars.fits', name='STARS')
        deep = starfields.science_frame(folder / 'deep.fits', field.image, UTC_OBS=HOURS[0])
        others = []
        for number, factor in enumerate(VARIABLE, 1):
            factors = np.where(np.arange(field.x.size) == star, factor, 1.0)
            shift = SHIFT if number == 1 else (-SHIFT[0], SHIFT[1])
            others.append(starfields.science_frame(folder / f'{number}.fits', seen(field, DIMMED, shift, number, factors),
                                                   UTC_OBS=HOURS[number]))
        task = SourceListTask(frames=[deep], commit=True)
        task.execute()
        sources, = task.products
        forced = ForcedTask(frames=others, positions=sources, commit=True)
        forced.execute()
        yield field, star, sources, forced.products


def matched(field, sources):
    """Stars of the field, and the rows of the source list that they are."""
    table = sources.sources.whole()
    return starfields.matched(field, table['X_IMAGE'] - 1, table['Y_IMAGE'] - 1)


def test_each_source_has_a_flux_on_each_frame_that_is_right_within_its_error(night):
    field, star, sources, lists = night
    stars, rows = matched(field, sources)
    apart = starfields.isolated(field, 12, 0.05)[stars] & (stars != star)
    stars, numbers = stars[apart], sources.sources['SID'][rows[apart]]
    assert len(stars) > 60
    pulls = []
    for one in lists:
        table = one.to_table()
        assert one.number_of_sources == len(table) > 100 and one.positions == sources and not one.remarks()
        at = {number: row for row, number in enumerate(table['SID'])}
        row, there = zip(*[(at[number], one) for number, one in zip(numbers, stars, strict=True) if number in at], strict=True)
        row, truth = list(row), DIMMED * field.flux[list(there)]
        clean = np.asarray(table['FLAGS'][row]) == 0
        error = np.hypot(table['FLUXERR_PSF'][row], one.aperture_correction.error_psf * truth)
        pulls.append(((table['FLUX_PSF'][row] - truth) / error)[clean])
        assert set(table.colnames) >= {'FLUX_PSF', 'FLUXERR_PSF', 'MAG_PSF', 'BJD_TDB', 'FLAGS'}
    pulls = np.concatenate(pulls)
    assert abs(np.median(pulls)) < 0.3 and 0.8 < starfields.width(pulls) < 1.25
    faint = np.concatenate([one.sources['FLUX_PSF'] / one.sources['FLUXERR_PSF'] for one in lists])
    assert (faint < 4).sum() > 10, 'many are too faint to be detected'


def test_empty_places_have_no_light_on_average_and_errors_of_the_right_size(night):
    field, _, _, lists = night
    rng, frame = np.random.default_rng(3), lists[0].frame
    x, y = rng.uniform(30, SHAPE[1] - 30, 4000), rng.uniform(30, SHAPE[0] - 30, 4000)
    away = np.hypot(field.x[:, None] + SHIFT[0] - x, field.y[:, None] + SHIFT[1] - y).min(axis=0) > 14
    ra, dec = starfields.true_wcs(SHAPE).all_pix2world(x[away] - SHIFT[0], y[away] - SHIFT[1], 0)
    task = ForcedTask(frames=[frame], positions=SkyCoord(ra[:400], dec[:400], unit='deg'))
    task.execute()
    table = task.made[-1].sources.whole()
    pulls = table['FLUX_PSF'] / table['FLUXERR_PSF']
    assert len(table) == len(ra[:400]) > 200 and (table['FLUX_PSF'] < 0).sum() > 60
    assert abs(np.mean(pulls)) < 0.3 and 0.85 < starfields.width(pulls) < 1.2
    assert np.array_equal(np.isfinite(table['MAG_PSF']), table['FLUX_PSF'] > 0)


def test_a_light_curve_shows_what_the_star_did_by_two_statements(night):
    field, star, sources, lists = night
    stars, rows = matched(field, sources)
    number = sources.sources['SID'][rows[list(stars).index(star)]]
    source = ((Source.source_list == sources) & (Source.SID == number)).one()
    with paper.statements() as asked:
        curve = source.light_curve()
    assert len(asked) <= 2 and len(curve) == 2
    truth = starfields.magnitudes(field.flux[star] * np.array(VARIABLE))
    error = np.hypot(curve.table['MAGERR_PSF'], 0.01)
    assert (np.abs(curve.table['MAG_PSF'] - truth) < 4 * error).all(), (curve.table['MAG_PSF'], truth)
    assert np.allclose(30 - 2.5 * np.log10(curve.table['FLUX']), curve.table['MAG_PSF'], atol=1e-4)
    assert list(curve.table['frame']) == [one.frame.filename for one in lists] and set(curve.table['filter']) == {'R'}
    near = ForcedSource.light_curve(source.RA * u.deg, source.DEC)
    assert list(near.table['MAG_PSF']) == list(curve.table['MAG_PSF'])
    assert ForcedSource.select_all()[0].curve().table['frame'][0] in curve.table['frame']
    text = str(curve)
    assert text.startswith('light curve of Source') and 'MAG_PSF [mag] against BJD_TDB' in text and text.count('o') >= 2
    assert max(map(len, text.splitlines()[1:])) <= 80 and 'nothing was measured' in str(ForcedSource.light_curve(0, 0))


def test_times_are_those_of_the_middle_of_the_exposure_at_the_barycentre(night):
    _, _, _, lists = night
    for one, hour in zip(lists, HOURS[1:], strict=True):
        middle = datetime.datetime.fromisoformat(f'2019-03-26T{hour}') + datetime.timedelta(seconds=starfields.EXPTIME / 2)
        assert abs(one.MJD - Time(middle).mjd) < 1e-9
        table = one.to_table()
        earth = get_body_barycentric('earth', Time(middle)).xyz.to_value('lightsecond')
        star = SkyCoord(table['RA'], table['DEC']).cartesian.xyz.value.T
        expected = Time(middle).tdb.jd + (star @ earth) / 86400
        assert np.abs(table['BJD_TDB'] - expected).max() * 86400 < 0.022, 'the site is within 21 ms of the centre of the Earth'
        assert np.abs(table['BJD_TDB'] - expected).max() * 86400 > 0.0005 and np.ptp(table['BJD_TDB'] - Time(middle).tdb.jd) > 0


def test_places_beyond_the_edge_are_flagged_or_left_out(night):
    _, _, sources, lists = night
    frame = lists[0].frame
    assert lists[0].number_off_frame == sources.number_of_sources - len(lists[0].sources['SID']) > 0
    task = ForcedTask(frames=[frame], positions=sources, pars={'ForcedSourceList.KEEP_OFF_FRAME': True})
    task.execute()
    every = task.made[-1].sources.whole()
    off = every['FLAGS'] == int(SourceFlag.OFF_FRAME)
    assert len(every) == sources.number_of_sources and off.sum() == lists[0].number_off_frame
    assert np.isnan(every['FLUX_PSF'][off]).all() and np.isfinite(every['BJD_TDB']).all()
    assert np.array_equal(every['FLUX_PSF'][~off], lists[0].sources['FLUX_PSF'])
    far = Table({'ra': [150.0, 330.0, 10.0, 150.0], 'dec': [2.0, -2.0, 89.0, 2.001]})
    task = ForcedTask(frames=[frame], positions=far)
    task.execute()
    made = task.made[-1]
    assert list(made.sources['FLAGS'][[1, 2]]) == [int(SourceFlag.OFF_FRAME)] * 2 and made.number_of_sources == 2
    assert list(made.sources['SID']) == [1, 2, 3, 4]


def test_a_later_measurement_of_a_frame_takes_the_place_of_the_earlier(night, tmp_path):
    _, _, sources, lists = night
    source = ((Source.source_list == sources) & (Source.SID == lists[0].sources['SID'][0])).one()
    before = source.light_curve()
    task = ForcedTask(frames=[lists[0].frame], positions=sources, commit=True, pars={'ForcedSourceList.THRESHOLD': 7.0})
    task.execute()
    again, = task.products
    assert again != lists[0] and len(source.light_curve()) == len(before)
    assert not ForcedTask(frames=[one.frame for one in lists], positions=sources.filename).plan().to_make
    context.update_is_valid(again, 0)
    assert list(source.light_curve().table['MAG_PSF']) == list(before.table['MAG_PSF'])
    context.update_is_valid(lists[0], 0)
    assert len(source.light_curve()) == len(before) - 1, 'no valid list has that frame'
    context.update_is_valid(lists[0], 1)
    context.update_is_valid(again, 1)
    assert source.light_curve().inspect(tmp_path / 'curve.png').stat().st_size > 5000


def test_others_see_the_points_of_the_lists_that_they_see(night, monkeypatch):
    _, _, _, lists = night
    number = len(ForcedSource.select_all())
    assert number > 200
    context.set_privileges(1)
    task = ForcedTask(frames=[lists[0].frame], positions=[(150.0, 2.0)], commit=True)
    task.execute()
    assert len(ForcedSource.select_all()) == number + 1 and len(ForcedSource.light_curve(150.0, 2.0)) == 1
    let_in(monkeypatch, 'bob')
    become(monkeypatch, 'bob')
    context.set_project('TEST')
    assert len(ForcedSource.select_all()) == number and len(ForcedSource.light_curve(150.0, 2.0)) == 0


@pytest.mark.parametrize('places', [
    '150', [[1, 2, 3]], [[1, 2, 3], [4, 5, 6]], [(1, 95)], [(np.nan, 1)], [], 'one two', [(1.0, 2.0)] * 1001,
    {'ForcedSourceList.PLACES': '1 2', 'ForcedSourceList.POSITIONS': 'x'}])
def test_what_is_no_list_of_places_is_refused_at_once(night, places):
    frame = ImportedScienceFrame.select_all()[0]
    with pytest.raises((ParameterError, NoCalibration, ProcessingError), match='place|POSITIONS|called'):
        if isinstance(places, dict):
            ForcedTask(frames=[frame], pars=places)
        else:
            ForcedTask(frames=[frame], positions=places).execute()


def test_bad_and_saturated_pixels_are_flagged_and_a_neighbour_does_no_harm():
    from tests.pixels.test_sources import true_psf
    shape, rng = (120, 160), np.random.default_rng(2)
    psf = true_psf(shape)
    image, good, saturated = rng.normal(0, 5.0, shape).astype(np.float32), np.ones(shape, 'u1'), np.ones(shape, 'u1')
    for x, y, flux in ((40.2, 60.4, 5000.0), (46.0, 60.0, 40000.0), (100.0, 60.0, 60000.0)):
        values, x0, y0 = stamp(x, y, 25)
        add(image, flux * values, x0, y0)
    saturated[60, 100], good[60, 100] = 0, 0
    good[20:40, 20:40] = 0
    good[10:31, 141:150] = 0
    table = forced_photometry(image, np.full(shape, 25.0), psf, [40.2, 100.0, 30.0, 0.0, np.nan, 400.0, 120.0, 140.0],
                              [60.4, 60.0, 30.0, 60.0, 5.0, 5.0, 100.0, 20.0], good, None, saturated)
    assert abs(table['FLUX_PSF'][0] - 5000) < 4 * table['FLUXERR_PSF'][0] + 50 and table['FLAGS'][0] == 0
    assert table['FLAGS'][1] & int(SourceFlag.SATURATED) and abs(table['FLUX_PSF'][1] / 60000 - 1) < 0.03
    assert table['FLAGS'][2] & int(SourceFlag.PSF_FAILED) and np.isnan(table['FLUX_PSF'][2])
    assert table['FLAGS'][3] & int(SourceFlag.EDGE) and np.isfinite(table['FLUX_PSF'][3])
    assert table['FLAGS'][7] == int(SourceFlag.PSF_BAD_PIXELS) and np.isfinite(table['FLUX_PSF'][7]), 'half of its light'
    assert list(table['FLAGS'][4:6]) == [int(SourceFlag.OFF_FRAME)] * 2 and table['FLAGS'][6] == 0


@pytest.fixture
def awe(monkeypatch, capsys):
    """Run `awe` with arguments; return exit status, standard output and standard error."""
    def run(*words):
        monkeypatch.setattr(sys, 'argv', ['awe', *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main()
        return end.value.code or 0, *capsys.readouterr()
    return run


def test_the_shell_measures_and_shows_a_light_curve(night, awe, tmp_path):
    _, _, sources, lists = night
    source = max((Source.source_list == sources) & (Source.FLAGS == 0), key=lambda one: one.FLUX_PSF)
    names = [word for one in lists for word in ('--frame', one.frame.filename)]
    status, said, _ = awe('run', 'Forced', *names, '--par', f'ForcedSourceList.POSITIONS={sources.filename}', '--project',
                          'TEST', '--commit')
    assert status == 0 and len(said.split()) == 2
    place = str(source.RA), str(source.DEC)
    status, said, _ = awe('sources', 'curve', *place, '--png', str(tmp_path / 'curve.png'))
    assert status == 0 and said.startswith('light curve of') and (tmp_path / 'curve.png').exists()
    status, said, _ = awe('sources', 'curve', *place, '--json')
    points = json.loads(said)
    assert status == 0 and [one['frame'] for one in points] == [one.frame.filename for one in lists]
    assert abs(points[0]['MAG_PSF'] - source.MAG_PSF) < 0.1
    status, _, said = awe('run', 'Forced', *names, '--project', 'TEST')
    assert status == 2 and 'no places are given' in said
