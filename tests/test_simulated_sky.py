"""The simulated night with a sky: what lies beside the frames is what is in them."""

import json

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from awlike.cameras.reading import read_raw
from awlike.errors import ConfigError
from awlike.simulate import load_truth, simulate
from awlike.simulate.field import FOREIGN, MISSING, REFERENCE_FAINTEST
from awlike.simulate.observing import draw_waves
from awlike.simulate.profiles import DE_VAUCOULEURS, EXPONENTIAL, core_radius, draw_galaxies, draw_stars, moments
from awlike.simulate.sky import CLOUDS_IN, SimulatedSky

SHAPE = 600, 512
CHIPS = 'ESO_CCD_#65', 'ESO_CCD_#66'


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp('night')
    simulate(folder, chips=2, shape=SHAPE, seed=5, sky=True)
    return folder


@pytest.fixture(scope='module')
def told(folder):
    return json.loads((folder / 'truth.json').read_text())


@pytest.fixture(scope='module')
def sky(folder):
    return Table.read(folder / 'sky.fits')


def true_wcs(frame):
    return WCS(fits.Header(frame['wcs']))


def sky_place(table):
    return np.asarray(table['ra']), np.asarray(table['dec'])


def reduced(folder, frame):
    """A science frame less bias, divided by its response, ADU; NaN in defects and cosmic rays."""
    truth, number = load_truth(folder)[frame['chip']], [
        one['filename'] for one in json.loads((folder / 'truth.json').read_text())['files'] if one['kind'] == 'science'
    ].index(frame['filename'])
    raw = fits.getdata(folder / frame['filename'], frame['chip']).astype(float)
    rows = np.median(raw[:, -48:], axis=1, keepdims=True)
    image = (raw - rows)[:SHAPE[0], 48:-48] - truth.bias_structure - truth.hot_level
    image = np.where(truth.cold | (truth.cosmics(number) > 0), np.nan, image / truth.response('r_SDSS'))
    return image, truth, number


def test_the_true_astrometry_is_that_of_the_stars(folder, told, sky):
    stars = sky[sky['star']]
    for frame in told['frames']:
        truth = load_truth(folder)[frame['chip']]
        number = sorted({one['filename'] for one in told['frames']}).index(frame['filename'])
        x, y = true_wcs(frame).all_world2pix(*sky_place(stars), 0, quiet=True)
        here = (x > 0) & (x < SHAPE[1]) & (y > 0) & (y < SHAPE[0])
        assert here.sum() > 100
        nearest = np.argmin(np.hypot(truth.star_x[number][:, None] - x[here], truth.star_y[number][:, None] - y[here]), axis=0)
        assert np.hypot(truth.star_x[number][nearest] - x[here], truth.star_y[number][nearest] - y[here]).max() < 1e-4


def test_stars_lie_in_the_frames_where_the_true_astrometry_says_and_have_their_magnitudes(folder, told, sky):
    scatter, off = [], []
    for frame in told['frames']:
        image, truth, number = reduced(folder, frame)
        image -= np.nanmedian(image)
        x, y = true_wcs(frame).all_world2pix(*sky_place(sky), 0, quiet=True)
        mag, star = np.asarray(sky['mag']), np.asarray(sky['star'])
        inside = (x > 30) & (x < SHAPE[1] - 30) & (y > 30) & (y < SHAPE[0] - 30)
        for each in np.flatnonzero(star & (mag > 16.5) & (mag < 20) & inside):
            near = np.hypot(x - x[each], y - y[each]) < 25
            if (near & (mag < mag[each] + 3.5)).sum() > 1:
                continue
            columns, rows = round(x[each]), round(y[each])
            stamp = image[rows - 12:rows + 13, columns - 12:columns + 13]
            dy, dx = np.mgrid[-12:13, -12:13] - np.array([y[each] - rows, x[each] - columns])[:, None, None]
            light = np.where(np.hypot(dx, dy) < 12, stamp, 0)
            if np.isnan(light).any():
                continue
            core = core_radius(frame['fwhm'])
            share = 1 - (1 + 12**2 / core**2) ** -2
            off.append(frame['zero_point'] - 2.5 * np.log10(light.sum() / share / 360) - mag[each])
            window = np.exp(-0.5 * (dx**2 + dy**2) / 1.7**2)
            scatter.append([(light * window * axis).sum() / (light * window).sum() for axis in (dx, dy)])
    assert len(off) > 20
    assert abs(np.median(off)) < 0.015, 'zero points'
    assert np.abs(np.median(scatter, axis=0)).max() < 0.02, 'pixels'


def test_headers_are_linear_and_off_by_less_than_an_arcminute_and_a_tenth_of_a_degree(folder, told):
    offsets = []
    for frame in told['frames']:
        header = fits.getheader(folder / frame['filename'], frame['chip'])
        wrong, right = WCS(header), true_wcs(frame)
        x, y = np.array([0.0, SHAPE[1] - 1]), np.array([0.0, SHAPE[0] - 1])
        there = right.pixel_to_world(x, y)
        here = wrong.pixel_to_world(x + 48, y)
        offsets.append(there.separation(here).arcsec.max())
        turn = there[0].position_angle(there[1]) - here[0].position_angle(here[1])
        assert abs(turn.wrap_at('180d').deg) < 0.2
        assert header['CTYPE1'] == 'RA---TAN' and 'PV1_1' not in header
    assert max(offsets) < 65 and max(offsets) > 5


def test_the_chips_together_have_the_centre(told):
    first = [true_wcs(frame) for frame in told['frames'][:2]]
    corners = [wcs.pixel_to_world([0, SHAPE[1] - 1], [0, SHAPE[0] - 1]) for wcs in first]
    ra = [place.ra.deg for place in corners]
    assert np.mean([np.min(ra), np.max(ra)]) == pytest.approx(315, abs=0.03)
    assert np.mean([place.dec.deg for place in corners]) == pytest.approx(-31, abs=0.03)


@pytest.mark.parametrize('centre', [(0.0, 5.0), (359.999, -60.0), (120.0, 90.0), (10.0, -89.99)])
def test_anywhere_on_the_sky(centre):
    above = SimulatedSky(CHIPS, SHAPE, 3, centre)
    stars = SkyCoord(above.objects['ra'], above.objects['dec'], unit='deg')
    assert stars.separation(SkyCoord(*centre, unit='deg')).deg.max() < 0.25
    observation = above.observations[1]
    plate = observation.plate(above.corner(CHIPS[0]), SHAPE)
    x, y = np.meshgrid(np.linspace(0, 511, 7), np.linspace(0, 599, 7))
    left, below = above.corner(CHIPS[0])
    seen = observation.focus(*plate.pixel_to_sky(x, y))
    assert np.abs(np.array(seen) - np.array([x + left, y + below])).max() < 1e-4


def test_clouds_dim_one_exposure_and_seeing_changes(told):
    frames = {(frame['filename'], frame['chip']): frame for frame in told['frames']}
    assert len(frames) == 10
    clear = [frame['transparency'] == 1 for frame in told['frames'] if frame['chip'] == CHIPS[0]]
    assert clear == [number != CLOUDS_IN for number in range(5)]
    seeing = [frame['fwhm'] for frame in told['frames']]
    assert np.ptp(seeing) > 0.1 and 3 < min(seeing) < max(seeing) < 5.2


def test_the_reference_catalogue_has_errors_and_lacks_and_invents_stars(folder, sky):
    reference = Table.read(folder / 'reference.fits')
    assert str(reference['ra'].unit) == 'deg' and str(reference['pmra'].unit) == 'mas / yr'
    stars = sky[sky['star'] & (sky['mag'] < REFERENCE_FAINTEST) & (np.hypot(sky['pmra'], sky['pmdec']) == 0)]
    known = SkyCoord(*sky_place(stars), unit='deg')
    index, apart, _ = SkyCoord(*sky_place(reference), unit='deg').match_to_catalog_sky(known)
    same = apart.arcsec < 0.1
    assert same.sum() / len(stars) == pytest.approx(1 - MISSING, abs=0.03)
    still = np.hypot(reference['pmra'], reference['pmdec']) == 0
    assert (~same & still).sum() / (same | ~still).sum() == pytest.approx(FOREIGN, abs=0.05)
    pulls = (np.asarray(reference['dec'])[same] - np.asarray(stars['dec'])[index[same]]) * 3.6e6 / reference['dec_error'][same]
    assert np.std(pulls) == pytest.approx(1, abs=0.1)
    pulls = (np.asarray(reference['mag'])[same] - np.asarray(stars['mag'])[index[same]]) / reference['mag_err'][same]
    assert 1.4826 * np.median(np.abs(pulls)) == pytest.approx(1, abs=0.1), 'few pairs are chance'


@pytest.mark.parametrize('place', [(60.0, 60.0), (60.3, 59.6), (59.5, 60.5)])
def test_the_light_of_a_star_is_exact(place):
    image = np.zeros((121, 121), np.float32)
    psf = moments(core_radius(np.array([3.5])), np.array([0.05]), np.array([-0.03]))
    draw_stars(image, *(np.array([value]) for value in (*place, 1e5)), psf)
    assert image.sum(dtype=float) == pytest.approx(1e5, rel=1e-4)
    y, x = np.indices(image.shape)
    middle = [(image * axis).sum(dtype=float) / image.sum(dtype=float) for axis in (x, y)]
    assert np.allclose(middle, place, atol=2e-3)


@pytest.mark.parametrize('index', [EXPONENTIAL, DE_VAUCOULEURS])
def test_a_galaxy_has_its_light_radius_and_shape(index):
    image = np.zeros((401, 401), np.float32)
    sharp = moments(np.array([0.01]), np.zeros(1), np.zeros(1))
    shape = moments(np.array([12.0]), np.array([0.2]), np.array([0.1]))
    draw_galaxies(image, np.array([200.0]), np.array([200.0]), np.array([1e6]), sharp, shape, np.array([index]))
    assert image.sum(dtype=float) == pytest.approx(1e6, rel=5e-3)
    y, x = np.indices(image.shape) - 200
    (xx, xy, yy), = shape
    radius = np.sqrt((yy * x * x - 2 * xy * x * y + xx * y * y) / (xx * yy - xy * xy))
    assert image[radius < 1].sum(dtype=float) / 1e6 == pytest.approx(0.5, abs=0.04)


def test_turbulence_moves_neighbours_alike():
    chip = 'ESO_CCD_#65'
    calm, rough = (SimulatedSky((chip,), (4100, 2048), 3, turbulence=rms) for rms in (0.0, 20.0))
    ra, dec = calm.objects['ra'], calm.objects['dec']
    shifts = np.array(rough.observations[0].seen(ra, dec)) - np.array(calm.observations[0].seen(ra, dec))
    assert np.allclose(calm.observations[0].seen(ra, dec), calm.observations[0].focus(ra, dec))
    assert np.sqrt(np.mean(shifts**2)) * 214 == pytest.approx(20, rel=0.5)
    places = np.array(calm.observations[0].seen(ra, dec)).T
    from scipy.spatial import cKDTree
    pairs = cKDTree(places).query_pairs(40, output_type='ndarray')
    assert np.std(shifts[:, pairs[:, 0]] - shifts[:, pairs[:, 1]]) < 0.3 * np.std(shifts)
    waves = draw_waves(np.random.default_rng(1), 20.0)
    assert np.sqrt((waves[:, 3:] ** 2).sum(axis=0) / 2) * 3.6e6 == pytest.approx(20, rel=0.3)


def test_the_same_seed_makes_the_same_bytes(tmp_path, folder):
    again = tmp_path / 'again'
    simulate(again, chips=2, shape=SHAPE, seed=5, sky=True)
    for path in folder.iterdir():
        assert path.read_bytes() == (again / path.name).read_bytes(), path.name


def test_it_is_a_night_like_others(folder):
    raws = [read_raw(path) for path in sorted(folder.glob('OMEGA*.fits'))]
    assert len(raws) == 35 and sum(raw.frames[0].kind == 'science' for raw in raws) == 5


@pytest.mark.parametrize(('arguments', 'words'), [
    ({'centre': (1.0, 2.0)}, 'say sky, too'), ({'turbulence': 5.0}, 'say sky, too'),
    ({'sky': True, 'centre': (1.0, 91.0)}, 'give right ascension and declination'),
    ({'sky': True, 'turbulence': -1.0}, 'an rms from 0 to 1000 mas')])
def test_refusals(tmp_path, arguments, words):
    with pytest.raises(ConfigError, match=words):
        simulate(tmp_path, shape=(64, 64), **arguments)
