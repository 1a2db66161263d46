"""The catalogue of a frame, and all that is made on the way: held to the field that was simulated."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from astropy.io import fits

from awlike import config
from awlike.context import context
from awlike.frames.source_list import Source
from awlike.pixels import strips
from awlike.pixels.source_flags import SourceFlag
from awlike.products.inspect import view_of
from awlike.recipes.source_list import SourceListTask
from awlike.views.image.window import Window
from tests import starfields
from tests.conftest import home_in
from tests.pixels.fields import make_field
from tests.starfields import SCALE, ZERO_POINT, isolated, magnitudes, matched, true_wcs, width
from tests.views.conftest import Hand

SHAPE = 700, 800
KINDS = ['ApertureCorrection', 'AstrometricParameters', 'BackgroundModel', 'InitialSourceList', 'PSFModel',
         'PhotometricParameters', 'SourceList']


@pytest.fixture(scope='module')
def field():
    return make_field(seed=4, shape=SHAPE, stars=500, galaxies=120, faintest=5.0)


@pytest.fixture(scope='module')
def made(field, tmp_path_factory, on):
    """The source list of the frame of the field, with a reference catalogue, committed."""
    folder = tmp_path_factory.mktemp('sources')
    with home_in(folder / 'awlike', on):
        frame = starfields.science_frame(folder / 'field.fits', field.image)
        starfields.reference(field, folder / 'reference.fits')
        task = SourceListTask('NASA42', commit=True)
        task.execute()
        product, = task.products
        assert product.frame == frame
        yield product


@pytest.fixture(scope='module')
def stars(field, made):
    """Clean stars without near neighbours: indices in the field, and rows of the table."""
    table = made.sources.whole()
    there, found = matched(field, table['X_IMAGE'] - 1, table['Y_IMAGE'] - 1)
    good = isolated(field)[there] & ~field.galaxy[there] & (table['FLAGS'][found] & ~SourceFlag.EDGE == 0)
    good &= field.snr[there] > 8
    assert good.sum() > 80
    return there[good], table[found[good]]


def planned(**pars):
    task = SourceListTask('NASA42', commit=True, pars=pars)
    return sorted(step.cls.__name__ for step in task.plan().to_make)


def test_what_is_there_is_found_and_hardly_anything_else(field, made):
    table = made.sources.whole()
    there, _ = matched(field, table['X_IMAGE'] - 1, table['Y_IMAGE'] - 1, 3.0)
    assert np.isin(np.flatnonzero(isolated(field) & (field.snr > 10) & ~field.galaxy), there).mean() > 0.98
    assert len(there) > 0.97 * len(table) and made.number_of_sources == len(table) and not made.quality_flags
    assert np.array_equal(table['SID'], np.arange(1, len(table) + 1))


@pytest.mark.parametrize('axis', ['x', 'y'])
def test_positions_lie_within_their_errors_of_the_truth(field, stars, axis):
    there, rows = stars
    off = rows[f'{axis.upper()}_IMAGE'] - 1 - getattr(field, axis)[there]
    pulls = off / np.sqrt(rows[f'ERR{axis.upper()}2_IMAGE'])
    assert 0.85 < width(pulls) < 1.2 and abs(pulls.mean()) < 0.35


def test_magnitudes_of_stars_have_no_bias_and_lie_within_their_errors(field, stars):
    there, rows = stars
    off = rows['MAG_PSF'] - magnitudes(field.flux[there])
    pulls = off / np.hypot(rows['MAGERR_PSF'], 0.003)
    bright = field.snr[there] > 50
    assert abs(np.average(off, weights=rows['MAGERR_PSF'] ** -2.0)) < 0.01 and abs(np.median(off[bright])) < 0.01
    assert 0.8 < width(pulls) < 1.25
    for name in ('AUTO', 'APER'):
        values, errors = rows[f'MAG_{name}'], rows[f'MAGERR_{name}']
        if name == 'APER':
            values, errors = values[:, 1], errors[:, 1]
        assert abs(np.median((values - magnitudes(field.flux[there]))[bright])) < 0.02, name
        assert np.median(errors / rows['MAGERR_PSF']) > 1, 'no flux is better than that of the PSF'


def test_the_zero_point_is_right_within_its_error(made):
    photom = made.photom_params
    error = photom.zero_point_error
    assert error > 1.08 * made.aperture_correction.error_psf > 0, 'the error of the total fluxes is in it'
    assert abs(photom.zero_point - ZERO_POINT) < 3 * error and error < 0.015
    assert photom.number_of_stars > 25 and not photom.reason and not photom.quality_flags
    table = photom.standards
    assert table['RESIDUAL'][table['USED']] == pytest.approx(
        (table['MAG'] - table['MAG_INSTRUMENTAL'] - photom.zero_point)[table['USED']], abs=1e-4)


def test_depth_and_sky_are_those_of_the_simulation(field, made):
    from tests.pixels.fields import LEVEL, stamp
    noise = field.noise / np.sqrt((stamp(0, 0, 20)[0] ** 2).sum())
    assert made.photom_params.depth == pytest.approx(magnitudes(5 * noise), abs=0.03)
    assert made.photom_params.sky_brightness == pytest.approx(magnitudes(LEVEL / SCALE**2), abs=0.02)
    assert made.background.sky_level == pytest.approx(LEVEL, rel=0.003)
    assert made.background.sky_noise == pytest.approx(field.noise, rel=0.02) and made.background.gain == 2.0


def test_stars_have_their_place_on_the_sky(field, made, stars):
    there, rows = stars
    bright = field.snr[there] > 30
    ra, dec = true_wcs(SHAPE).pixel_to_world_values(field.x[there][bright], field.y[there][bright])
    off = 3600 * np.array([(rows['RA'][bright] - ra) * np.cos(np.radians(dec)), rows['DEC'][bright] - dec])
    assert np.abs(np.median(off, axis=1)).max() < 0.015 and np.hypot(*off).max() < 0.3
    assert made.astrom_params.NREF > 40 and made.astrom_params.offset == pytest.approx(np.hypot(*starfields.OFF), abs=1)
    corners = true_wcs(SHAPE).pixel_to_world_values([-0.5, SHAPE[1] - 0.5, SHAPE[1] - 0.5, -0.5],
                                                    [-0.5, -0.5, SHAPE[0] - 0.5, SHAPE[0] - 0.5])
    assert 3600 * np.abs(np.array(made.footprint) - np.transpose(corners)).max() < 0.5


def test_extendedness_parts_galaxies_from_stars(field, made):
    table = made.sources.whole()
    there, found = matched(field, table['X_IMAGE'] - 1, table['Y_IMAGE'] - 1, 3.0)
    bright = (field.snr[there] > 30) & isolated(field)[there] & (table['FLAGS'][found] & ~SourceFlag.EDGE == 0)
    extended, galaxy = table['EXTENDEDNESS'][found], field.galaxy[there]
    assert (extended[bright & ~galaxy] < 0.5).mean() > 0.97 and (extended[bright & galaxy] > 0.5).mean() > 0.9
    assert np.nanmin(extended) >= 0 and np.nanmax(extended) <= 1
    assert np.all(table['EXTENDEDNESS_ERR'][found][bright] < 0.3)


def test_the_empty_places_are_empty_and_tell_the_noise(field, made):
    sky, table = made.sky.whole(), made.sources.whole()
    assert len(sky) > 50 and 0.85 < made.sky_noise_ratio < 1.2
    apart = np.hypot(sky['X_IMAGE'][:, None] - table['X_IMAGE'], sky['Y_IMAGE'][:, None] - table['Y_IMAGE'])
    assert apart.min() > made.aperture_correction.apertures[-1] / 2
    flux, error = (sky[name][:, 1] for name in ('FLUX_APER', 'FLUXERR_APER'))
    assert abs((flux / error).mean()) < 0.5
    assert np.isfinite(sky['RA']).all()


def test_the_file_explains_the_bits_of_the_flags(made, tmp_path):
    header = fits.getheader(made.retrieve(tmp_path), 'SOURCES')
    told = ''.join(header['COMMENT'])
    for flag in SourceFlag:
        assert f'FLAGS {int(flag)}: ' in told
    units = {header[f'TTYPE{n}']: header.get(f'TUNIT{n}') for n in range(1, header['TFIELDS'] + 1)}
    assert units['FLUX_PSF'] == 'adu' and units['RA'] == 'deg' and units['MAG_AUTO'] == 'mag' and units['FLAGS'] is None


def test_each_row_is_a_source_of_the_database(made):
    table = made.sources.whole()
    assert len(Source.source_list == made) == len(table)
    bright = (Source.source_list == made) & (Source.MAG_PSF < 19)
    assert len(bright) == (np.nan_to_num(table['MAG_PSF'], nan=99) < 19).sum() > 3


def test_a_second_plan_makes_nothing(made):
    assert planned() == [] and made.why().holds


@pytest.mark.parametrize(['parameter', 'value', 'again'], [
    ('SourceList.THRESHOLD', 6.0, ['SourceList']), ('SourceList.SKY_SOURCES', 20, ['SourceList']),
    ('PhotometricParameters.MATCH_RADIUS', 1.0, ['PhotometricParameters', 'SourceList']),
    ('PSFModel.DEGREE', 1, ['ApertureCorrection', 'PSFModel', 'PhotometricParameters', 'SourceList']),
    ('BackgroundModel.MESH_SIZE', 100, KINDS)])
def test_a_parameter_makes_anew_what_follows_from_it(made, parameter, value, again):
    assert planned(**{parameter: value}) == again


def test_another_version_of_the_catalogue_makes_astrometry_and_photometry_anew(field, made, tmp_path):
    second = starfields.reference(field, tmp_path / 'again.fits', seed=9)
    assert str(second) == 'REFERENCE@2' and planned() == []
    pars = {f'{cls}.REFERENCE_CATALOGUE': 'REFERENCE@2' for cls in ('AstrometricParameters', 'PhotometricParameters')}
    assert planned(**pars) == ['AstrometricParameters', 'PhotometricParameters', 'SourceList']


@pytest.mark.slow
@pytest.mark.parametrize('cores', [1, 2, 5])
def test_it_comes_out_the_same_in_any_number_of_threads(made, monkeypatch, cores):
    monkeypatch.setattr(strips, '_cores', lambda: cores)
    for product in chain(made).values():
        assert product.reproduce().identical, product


@pytest.fixture
def windows(made):
    """The window of each kind, by name of the class."""
    with matplotlib.rc_context({'figure.dpi': 40, 'backend': 'agg'}):
        yield {name: Window(view_of(product)) for name, product in chain(made).items()}
    plt.close('all')


def test_each_kind_shows_what_one_wants_to_know_of_it(windows):
    titles = {name: [axes.get_title() for axes in window._beside.axes if axes.get_title()] for name, window in windows.items()}
    assert [title.split()[-1] for title in titles['AstrometricParameters'][:4]] == ['RA', 'DEC', 'X', 'Y']
    assert titles['AstrometricParameters'][4].startswith('DDEC against DRA')
    assert titles['PhotometricParameters'][0].startswith('zero point 2') and len(titles['PhotometricParameters']) == 5
    assert [title.split(':')[0] for title in titles['SourceList']] == [
        'stars and galaxies', 'size', 'number counts', 'error of the magnitude']
    assert titles['PSFModel'][0].startswith('ellipticity') and titles['ApertureCorrection'] == ['curve of growth']
    assert len(titles['InitialSourceList']) == len(titles['BackgroundModel']) == 2
    images = {name for name, window in windows.items() if window.layers is not None}
    assert images == {'SourceList', 'InitialSourceList', 'PSFModel', 'BackgroundModel'}


def test_sources_are_outlined_where_they_are_in_the_image_of_their_frame(made, windows):
    layers = windows['SourceList'].layers
    assert np.array_equal(layers.view.pixels, made.frame.data) and layers.view.wcs is not None
    shown = np.concatenate([one.get_offsets() for one in layers.axes.collections])
    assert len(shown) == made.number_of_sources
    assert np.sort(shown[:, 0]) == pytest.approx(np.sort(made.sources['X_IMAGE'] - 1))


def test_the_psf_is_an_image_with_a_profile_and_no_place_on_the_sky(made, windows):
    hand = Hand(windows['PSFModel'])
    image, (y, x) = hand.window.view.image, np.array(hand.window.view.image.shape) // 2
    assert image[y, x] == image.max() == 1 and hand.window.view.wcs is None
    assert float(hand.press('r', x, y).split('FWHM ')[1].split()[0]) == pytest.approx(made.psf.fwhm, rel=0.1)


@pytest.mark.slow
def test_it_comes_out_the_same_elsewhere_after_others_and_in_another_order(field, made, tmp_path, on):
    expected = {cls: one.digest for cls, one in chain(made).items()}
    with home_in(tmp_path / 'elsewhere', on):
        starfields.reference(field, tmp_path / 'reference.fits')
        frames = [starfields.science_frame(tmp_path / f'{hour}.fits', image, UTC_OBS=f'0{hour}:08:43.48') for hour, image in
                  ((2, field.image[:300, :300]), (3, field.image))]
        assert frames[0].DATE_OBS < frames[1].DATE_OBS
        for rebuild, asked in (('missing', frames[::-1]), ('all', frames[1:])):
            task = SourceListTask(frames=asked, rebuild=rebuild, commit=False)
            task.execute()
            product = next(one for one in task.products if one.frame == frames[1])
            assert {cls: one.digest for cls, one in chain(product).items()} == expected
    config.settings.cache_clear()
    context.reset()


def chain(product):
    """Return the source list and all that was made for it, by class."""
    made = (product, product.background, product.psf, product.psf.initial_sources, product.aperture_correction,
            product.astrom_params, product.photom_params)
    return {type(one).__name__: one for one in made if one is not None}
