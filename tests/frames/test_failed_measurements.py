"""Frames on which something cannot be measured: every product is made, tells why, and nothing raises."""

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from awlike.context import context
from awlike.declare import without_nan
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.source_list import SourceList
from awlike.pixels.source_flags import SourceFlag
from awlike.products.inspect import view_of
from awlike.recipes.source_list import SourceListTask
from awlike.views.image.window import Window
from tests import starfields
from tests.conftest import home_in
from tests.frames.test_sources_of_frames import chain
from tests.pixels.fields import GAIN, LEVEL, READ_NOISE, make_field, stamp
from tests.starfields import isolated, matched

SHAPE = 400, 420


@pytest.fixture(scope='module')
def field():
    return make_field(seed=4, shape=SHAPE, stars=250, galaxies=30, faintest=5.0)


@pytest.fixture(scope='module')
def home(field, tmp_path_factory, on):
    """An awlike with a reference catalogue of the field; its folder of files."""
    folder = tmp_path_factory.mktemp('failures')
    with home_in(folder / 'awlike', on):
        starfields.reference(field, folder / 'reference.fits')
        yield folder


@pytest.fixture
def sources(home, tmp_path):
    """Make the source list of an image; changes are cards, `pars` parameters."""
    def sources(image, astrometry=None, pars=None, **changes):
        frame = starfields.science_frame(tmp_path / f'{len(list(tmp_path.iterdir()))}.fits', image, astrometry, **changes)
        task = SourceListTask(frames=[frame], pars=pars or {}, commit=True)
        sources.plan = str(task.plan())
        task.execute()
        product, = task.products
        for one in chain(product).values():
            assert str(one.facts()) and one.why().holds
        assert product.retrieve(tmp_path) and product.number_of_sources == len(product.sources['SID'])
        return product
    return sources


def empty(value=LEVEL, shape=SHAPE, seed=1):
    return value + np.random.default_rng(seed).normal(0, np.sqrt(LEVEL / GAIN + (READ_NOISE / GAIN)**2), shape)


def with_stars(places, flux=20000.0):
    image = empty()
    for x, y in places:
        values, x0, y0 = stamp(x, y, 40)
        image[y0:y0 + values.shape[0], x0:x0 + values.shape[1]] += flux * values
    return image


def assert_shown(made):
    """Draw what `inspect` shows of each product."""
    with matplotlib.rc_context({'figure.dpi': 30, 'backend': 'agg'}):
        for product in chain(made).values():
            Window(view_of(product)).figure.canvas.draw()
    plt.close('all')


@pytest.mark.slow
def test_an_empty_image_has_no_source_and_says_so(sources):
    made = sources(empty())
    assert made.number_of_sources == 0 and [one.name for one in made.missed_limits()] == ['MINIMUM_SOURCES']
    assert 'no bright sources' in made.psf.reason and made.astrom_params.reason and made.photom_params.reason
    assert made.psf.quality_flags
    assert made.astrom_params.quality_flags and made.photom_params.quality_flags and made.aperture_correction.quality_flags
    assert made.sky_noise_ratio == pytest.approx(1, abs=0.15), 'the noise is known all the same'
    assert len(made.sky['SID']) > 20
    assert_shown(made)


@pytest.mark.slow
@pytest.mark.parametrize('level', [0.0, -50.0, 1e6])
def test_an_image_of_one_value_has_neither_source_nor_noise(sources, level):
    made = sources(np.full(SHAPE, level))
    assert made.number_of_sources == 0 and made.quality_flags


def test_one_good_pixel_and_all_others_bad(sources):
    image = np.full(SHAPE, np.nan)
    image[200, 200] = 100.0
    made = sources(image)
    assert made.number_of_sources == 0 and made.psf.reason and made.quality_flags and len(made.sky['SID']) == 0


@pytest.mark.slow
def test_one_star_alone_is_a_source(sources):
    made = sources(with_stars([(200.3, 180.6)]))
    assert made.number_of_sources == 1 and made.sources['X_IMAGE'][0] == pytest.approx(201.3, abs=0.1)
    assert made.sources['FLUX_AUTO'][0] == pytest.approx(20000, rel=0.1)
    assert 'sources' in made.astrom_params.reason and made.photom_params.quality_flags
    assert_shown(made)


def test_a_frame_far_from_where_its_header_has_it_has_no_solution(field, sources):
    made = sources(field.image, starfields.header_cards(SHAPE, off=(1500.0, 0.0)))
    astrom = made.astrom_params
    assert astrom is None or (astrom.reason and not astrom.solution and astrom.quality_flags and astrom.wcs is None)
    assert made.photom_params is None or made.photom_params.reason
    assert 'RA and DEC are by the header' in str(made.facts()) and 'instrumental' in str(made.facts())
    assert np.isfinite(made.sources['RA']).all()


def test_a_frame_of_another_field_has_no_solution_where_stars_are_known(field, sources):
    other = make_field(seed=77, shape=SHAPE, stars=250, galaxies=30, faintest=5.0)
    made = sources(other.image)
    assert made.astrom_params.reason and not made.astrom_params.solution and made.astrom_params.quality_flags
    assert made.photom_params.reason and made.photom_params.zero_point is None
    assert 'there is no solution' in str(made.astrom_params.facts()) and made.number_of_sources > 100


def test_without_a_catalogue_places_are_by_the_header_and_magnitudes_instrumental(field, sources):
    made = sources(field.image, starfields.header_cards(SHAPE, off=(0, 0), place=(10.0, -30.0)))
    assert made.astrom_params is None and made.photom_params is None
    assert 'without astrom_params' in sources.plan or 'no reference catalogue covers the field' in sources.plan
    told = str(made.facts())
    assert 'RA and DEC are by the header' in told and 'magnitudes are instrumental' in told
    table = made.sources.whole()
    assert np.ptp(table['RA']) < 0.1 and abs(table['RA'].mean() - 10) < 0.05 and abs(table['DEC'].mean() + 30) < 0.05
    with np.errstate(invalid='ignore', divide='ignore'):
        assert table['MAG_PSF'] == pytest.approx(-2.5 * np.log10(table['FLUX_PSF'] / starfields.EXPTIME), abs=1e-4, nan_ok=True)


def test_without_any_astrometry_right_ascensions_are_unknown(field, sources):
    made = sources(field.image, {})
    assert np.isnan(made.sources['RA']).all() and np.isnan(made.sky['DEC']).all() and made.footprint is None
    assert 'RA and DEC are unknown' in str(made.facts()) and made.number_of_sources > 100


def test_a_saturated_star_has_its_flag_and_no_other(field, sources):
    made = sources(np.minimum(field.image, 1200.0), SATURATE=1200.0)
    table = made.sources.whole()
    there, found = matched(field, table['X_IMAGE'] - 1, table['Y_IMAGE'] - 1)
    peaks = field.image[np.clip(np.rint(field.y[there]).astype(int), 0, SHAPE[0] - 1),
                        np.clip(np.rint(field.x[there]).astype(int), 0, SHAPE[1] - 1)]
    flagged = table['FLAGS'][found] & SourceFlag.SATURATED > 0
    sure = isolated(field)[there]
    assert flagged[peaks > 1300].all() and (peaks > 1300).sum() >= 5
    assert not flagged[sure & (peaks < 1000)].any()
    used = made.psf.initial_sources.sources.whole()[made.photom_params.standards['SID'] - 1]
    spoilt = table[found[flagged]]
    apart = np.hypot(*(spoilt[name][:, None] - used[name] for name in ('X_IMAGE', 'Y_IMAGE')))
    assert apart.min() > 3, 'no saturated star tells the zero point'


def test_bad_pixels_are_flagged_and_never_measured_as_light(field, sources):
    image = field.image.copy()
    image[:, 100:103] = np.nan
    made = sources(image)
    table = made.sources.whole()
    near = np.abs(table['X_IMAGE'] - 102) < 4
    assert near.sum() >= 2 and (table['FLAGS'][near] & (SourceFlag.BAD_PIXELS | SourceFlag.PSF_BAD_PIXELS) > 0).all()
    assert np.isfinite(table['FLUX_AUTO']).all() and not made.quality_flags & 1


def test_what_failed_is_reused_like_all_else(home):
    task = SourceListTask('NASA42', commit=True)
    assert not task.plan().to_make, task.plan()
    for cls in (SourceList, PSFModel, AstrometricParameters, PhotometricParameters):
        assert len(cls.select_all()) > 3
    assert context.project.name == 'TEST'


def test_numbers_that_nobody_knows_are_none_and_all_else_is_as_it_was():
    results = {'rms': float('nan'), 'error': np.float64('nan'), 'factors': [1.0, float('nan')], 'name': 'nan', 'number': 3}
    assert without_nan(results) == {'rms': None, 'error': None, 'factors': [1.0, None], 'name': 'nan', 'number': 3}


def test_magnitudes_without_an_exposure_time_are_those_of_the_exposure_and_say_so(sources):
    made = sources(with_stars([(100, 150), (300, 250)]), EXPTIME=0.0)
    table = made.sources.whole()
    assert any('whole exposure' in remark for remark in made.remarks()) and made.photom_params.reason
    assert table['MAG_PSF'] == pytest.approx(-2.5 * np.log10(table['FLUX_PSF']), abs=1e-4, nan_ok=True)
