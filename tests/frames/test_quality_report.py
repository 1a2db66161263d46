"""Quality reports of small frames: what they tell, what they do without, and that they decide nothing."""

import re

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from awlike.context import context
from awlike.errors import StoreError
from awlike.frames.quality_report import report_of
from awlike.products.inspect import view_of
from awlike.products.quality_view import EARLIER, PRINCIPAL, earlier_values
from awlike.recipes.quality_report import QualityTask
from awlike.views.image.window import Window
from tests import starfields
from tests.conftest import home_in
from tests.pixels.fields import LEVEL, make_field
from tests.starfields import SCALE, ZERO_POINT

SHAPE = 400, 420


@pytest.fixture(scope='module')
def field():
    return make_field(seed=4, shape=SHAPE, stars=250, galaxies=30, faintest=5.0)


@pytest.fixture(scope='module')
def home(field, tmp_path_factory, on):
    folder = tmp_path_factory.mktemp('quality')
    with home_in(folder / 'awlike', on):
        starfields.reference(field, folder / 'reference.fits')
        yield folder


@pytest.fixture
def report(home, tmp_path):
    """Make the report of an image; changes are cards, `pars` parameters."""
    def report(image, pars=None, **changes):
        frame = starfields.science_frame(tmp_path / f'{len(list(tmp_path.iterdir()))}.fits', image, **changes)
        return made_of(frame, pars)
    return report


def made_of(frame, pars=None):
    given = {f'QualityReport.{name}': value for name, value in (pars or {}).items()}
    task = QualityTask(frames=[frame], pars=given, commit=True)
    task.execute()
    product, = task.products
    return product


@pytest.fixture(scope='module')
def usual(home, field):
    return made_of(starfields.science_frame(home / 'usual.fits', field.image, SATURATE=60000.0))


def test_a_report_has_a_value_or_a_reason_for_each(usual):
    rows = usual.show().rows
    assert {row.name for row in rows} >= set(PRINCIPAL) and len(rows) > 35
    for row in rows:
        assert (row.value is None) == bool(row.reason), row
        assert row.about and (row.unit or row.name not in ('seeing', 'depth'))
    assert usual.unmeasured.keys() == {row.name for row in rows if row.value is None} == {
        'transparency', 'effective_time', 'cosmic_rays', 'zenith_distance'} - (
        {'zenith_distance'} if usual.zenith_distance is not None else set())


def test_the_values_are_those_of_what_was_made(usual, field):
    assert usual.seeing == pytest.approx(usual.psf_model.fwhm * usual.pixel_scale, rel=0.03)
    assert usual.pixel_scale == pytest.approx(SCALE, rel=1e-3)
    assert abs(usual.zero_point - ZERO_POINT) < 0.02 and usual.depth == usual.photom_params.depth
    assert usual.background == pytest.approx(LEVEL, rel=0.01) and usual.good_fraction == 1
    assert usual.number_of_stars > usual.number_of_galaxies > 0
    corners = np.array(usual.footprint)
    assert corners.shape == (4, 2) and np.ptp(corners[:, 1]) == pytest.approx(SHAPE[0] * SCALE / 3600, rel=0.02)


def test_a_report_decides_nothing(usual, report, field):
    bad = report(field.image * 1.0001, {'MAXIMUM_SEEING': 0.01, 'MINIMUM_DEPTH': 40.0})
    assert bad.quality_flags == usual.quality_flags == 0 and bad.is_valid and not bad.missed_limits()
    assert not bad.show().verdict.is_good and len(bad.show().verdict.missed) == 2
    assert 'seeing' in bad.remarks()[0] and usual.show().verdict.is_good and usual.remarks() == []
    assert bad.why(bad.process_parameters and {f'QualityReport.{name}': value for name, value in
                                               bad.process_parameters.items()}).holds


def test_other_limits_make_another_report(usual):
    again = made_of(usual.frame, {'MAXIMUM_SEEING': 0.01})
    assert again.object_id != usual.object_id and again.seeing == usual.seeing and not again.show().verdict.is_good
    assert made_of(usual.frame).object_id in (usual.object_id, again.object_id)


@pytest.mark.slow
@pytest.mark.parametrize(('image', 'missing'), [
    (np.full(SHAPE, 0.0), 'seeing'), (LEVEL + np.random.default_rng(1).normal(0, 5, SHAPE), 'seeing'),
    (np.where(np.arange(SHAPE[1]) < 210, LEVEL, np.nan) * np.ones(SHAPE), 'zero_point')],
    ids=['zeros', 'noise', 'half without values'])
def test_what_cannot_be_measured_has_a_reason_and_the_report_is_made(report, image, missing):
    made = report(image)
    assert getattr(made, missing) is None and len(made.unmeasured[missing]) > 10
    assert made.good_fraction is not None and str(made.show()) and made.show().to_dict()
    with matplotlib.rc_context({'figure.dpi': 30, 'backend': 'agg'}):
        Window(view_of(made)).figure.canvas.draw()
    plt.close('all')


def test_a_frame_that_lies_nowhere_has_no_seeing_in_arcsec(report, field):
    bare = dict.fromkeys(('CTYPE1', 'CTYPE2', 'CRVAL1', 'CRVAL2', 'CRPIX1', 'CRPIX2', 'CD1_1', 'CD1_2', 'CD2_1', 'CD2_2'))
    made = report(field.image[::-1], **bare)
    assert made.seeing is None and 'scale of its pixels' in made.unmeasured['seeing'] and made.psf_sigma > 0
    assert made.footprint is None and made.astrometric_rms is None and made.number_of_stars > 10


@pytest.mark.slow
def test_a_report_is_compared_with_earlier_frames_of_its_chip_at_the_moment(usual, report, field):
    rng, before = np.random.default_rng(5), len(earlier_values(usual).get('seeing', []))
    dates = [f'2001-02-{day:02}T03:04:05' for day in range(1, 8)]
    made = [report(field.image + rng.normal(0, 0.1, SHAPE), DATE_OBS=date[:10], UTC_OBS=date[11:]) for date in dates]
    if made[0].DATE_OBS == made[1].DATE_OBS:
        pytest.skip('the camera takes the date from other cards')
    assert earlier_values(made[0]) == {} or before
    assert len(made[6].show().rows[0].earlier.values) == 6 <= EARLIER
    cloudy = report(LEVEL + (field.image - LEVEL) / 4, DATE_OBS='2001-02-20', UTC_OBS='03:04:05')
    said = {row.name: row.earlier.words for row in cloudy.show().rows}
    assert 'unusually low' in said['zero_point'] and 'unusually low' in said['background_noise']
    assert said['pixel_scale'] == said['number_of_stars'] == '' and not cloudy.show().verdict.is_good
    context.update_is_valid(made[3], 0)
    assert len(made[6].show().rows[0].earlier.values) == 5, 'an invalid report tells nothing'
    with context.acting(as_of=made[6].creation_date):
        assert len(made[6].show().rows[0].earlier.values) == 6, 'as of then it was valid'


@pytest.mark.slow
def test_the_page_stands_alone(usual, tmp_path):
    page = usual.export(tmp_path)
    assert page.parent == tmp_path and page.suffix == '.html'
    text = page.read_text()
    assert usual.show().verdict.headline in text and text.count('<img') >= 10 and '<svg' in text
    assert '<script' not in text and not re.search(r'(src|href)="(?!data:)', text)
    assert 'http' not in text.replace('http-equiv', '')
    assert usual.export(tmp_path / 'other.html').name == 'other.html'
    with pytest.raises(StoreError):
        usual.export(tmp_path / 'nowhere' / 'other.html')


def test_the_newest_report_of_a_frame_is_its_report(usual):
    known = report_of(usual.frame)
    assert known is not None and known.frame == usual.frame and report_of(usual) is usual
    assert report_of(usual.psf_model) is None
