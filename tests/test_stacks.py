"""Stacks of dithered frames of a known sky, from the frames to the catalogue of the stack."""

import numpy as np
import pytest
from astropy.table import Table

from awlike.context import context
from awlike.errors import ParameterError
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.coadded import CoaddedRegriddedFrame
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.regridded import RegriddedFrame
from awlike.ingest import refcat
from awlike.recipes.coadded import CoaddTask
from awlike.recipes.regridded import RegridTask
from awlike.recipes.source_list import SourceListTask
from awlike.sky.grid import Grid
from awlike.sky.tpv import tangent_cards
from tests.conftest import home_in
from tests.pixels.dithers import SCALE, plate_near, sky_of, star_field
from tests.pixels.fields import GAIN, READ_NOISE
from tests.starfields import science_frame

GRID, SHAPE, NUMBER, STARS = Grid(150.0, 2.0, SCALE), (440, 420), 4, 90
SKY, EXPTIMES, ZERO_POINT = 400.0, (100.0, 100.0, 50.0, 100.0), 25.0  # ADU, s, magnitude of 1 ADU/s
CENTRE = GRID.ra, GRID.dec
BAD, TRACK = (200, 150), (260, slice(60, 300))  # in the second and in the third frame


def frames_of_the_sky(folder):
    """Import dithered frames of one sky, of different exposure times; one has a bad pixel, one a track."""
    rng = np.random.default_rng(8)
    for index, exptime in enumerate(EXPTIMES):
        plate = plate_near(GRID, rng, SHAPE, offset=6, distortion=0)
        light = star_field(plate, SHAPE, GRID, STARS, brightest=2e5) * exptime / 100 + SKY * exptime / 100
        image = rng.poisson(light * GAIN) / GAIN + rng.normal(0, READ_NOISE / GAIN, SHAPE)
        if index == 1:
            image[BAD] = np.nan
        if index == 2:
            image[TRACK] += 400
        science_frame(folder / f'frame{index}.fits', image, tangent_cards(plate, 'TAN'), UTC_OBS=f'03:{10 + index}:00',
                      EXPTIME=exptime)


def catalogue(folder):
    """Add the stars of the sky as a reference catalogue."""
    ra, dec, flux = sky_of(GRID, SHAPE, STARS, brightest=2e5)
    Table({'ra': ra, 'dec': dec, 'e': np.full(STARS, 1.0), 'r': ZERO_POINT - 2.5 * np.log10(flux / 100),
           'r_err': np.full(STARS, 0.002)}).write(folder / 'stars.fits')
    refcat.add('STARS', folder / 'stars.fits', ra='ra', dec='dec', bands={'R': ('r', 'r_err')}, ra_error='e', dec_error='e')


def stack_task(**options):
    asked = {'frames': list(ImportedScienceFrame.select_all()), 'grid': CENTRE, 'scale': SCALE, 'commit': True}
    return CoaddTask(**asked | options)


def made(task):
    task.execute()
    return task.products


@pytest.fixture(scope='module')
def stacked_home(tmp_path_factory, on):
    """The folder of an awlike that has the stack, to be copied."""
    folder = tmp_path_factory.mktemp('stack')
    with home_in(folder / 'awlike', on) as home:
        frames_of_the_sky(folder)
        catalogue(folder)
        plan = stack_task().plan()
        assert {RegriddedFrame, CoaddedRegriddedFrame, AstrometricParameters} <= {step.cls for step in plan.to_make}
        made(stack_task())
    return home


@pytest.fixture
def stack(home, stacked_home, on):
    """The stack."""
    on.copy(stacked_home, home)
    context.set_project('TEST')
    return CoaddedRegriddedFrame.select_all()[0]


def noise(values):
    return 1.4826 * np.median(np.abs(values - np.median(values)))


def test_members_are_on_one_zero_point_and_the_stack_has_what_they_have(stack):
    members = stack.regridded_frames
    assert len(members) == NUMBER and {one.zeropoint for one in members} == {30.0} == {stack.zeropoint}
    scales = [one.FLXSCALE for one in members]
    assert scales[2] == pytest.approx(2 * scales[0], rel=0.01)
    assert scales[0] == pytest.approx(10 ** (0.4 * (30 - ZERO_POINT - 5)), rel=0.01)
    assert stack.EXPTIME == sum(EXPTIMES) and stack.chip is None and stack.filter == members[0].filter
    assert stack.grid == str(GRID) == members[0].grid and stack.on_grid() == GRID
    assert stack.psf_radius == pytest.approx(3.8 * SCALE, rel=0.05)
    depth, weight = stack.exposures.data, stack.weight.data
    assert depth.max() == NUMBER and np.array_equal(depth == 0, weight == 0)
    assert 0.85 < stack.pixel_noise < 0.95 and 1.05 < stack.noise_correlation < 1.2
    assert not stack_task().plan().to_make


def test_the_noise_falls_with_the_number_of_members(stack):
    singles = [noise(one.data[one.weight.data > 0]) for one in stack.regridded_frames]
    full = stack.exposures.data == NUMBER
    assert noise(stack.data[full]) * np.sum(np.power(singles, -2.0)) ** 0.5 == pytest.approx(1, abs=0.1)  # wings of stars


def test_bad_pixels_and_tracks_leave_no_trace(stack):
    assert np.isfinite(stack.data[stack.exposures.data > 0]).all()
    residual = stack.data * np.sqrt(stack.weight.data)
    spoilt = stack.regridded_frames[2]
    box, own = stack.as_member().box, spoilt.as_member().box
    where = (slice(own.y0 - box.y0, own.y1 - box.y0), slice(own.x0 - box.x0, own.x1 - box.x0))
    track = np.nan_to_num(spoilt.data) * np.sqrt(spoilt.weight.data) > 6
    only = track & ~(np.nan_to_num(residual[where]) > 6)  # no star is there
    assert only.sum() > 100 and np.median(residual[where][only]) < 2
    assert (stack.mask.data[where][only] & 1024 > 0).mean() > 0.9


def test_a_source_list_of_a_stack_has_its_place_and_its_zero_point(stack):
    task = SourceListTask(frames=[stack], commit=True)
    sources, = made(task)
    assert sources.astrom_params is None and sources.photom_params is None and sources.weight is None
    assert not any(isinstance(one, AstrometricParameters) and one.frame == stack for one in AstrometricParameters.select_all())
    assert not sources.remarks() and not sources.missed_limits()
    ra, dec, flux = sky_of(GRID, SHAPE, STARS, brightest=2e5)
    table = sources.sources.whole()
    off = 3600 * np.hypot((table['RA'][:, None] - ra) * np.cos(np.radians(2)), table['DEC'][:, None] - dec)
    nearest = off.argmin(axis=1)
    good = (off.min(axis=1) < 0.3) & (table['FLAGS'] == 0) & (table['EXTENDEDNESS'] < 0.5) & (table['MAGERR_PSF'] < 0.02)
    truth = ZERO_POINT - 2.5 * np.log10(flux[nearest[good]] / 100)
    assert good.sum() > 30 and np.median(off.min(axis=1)[good]) < 0.02
    difference = table['MAG_PSF'][good] - truth
    assert abs(np.median(difference)) < 0.01
    pulls = (difference - np.median(difference)) / table['MAGERR_PSF'][good]
    assert 0.6 < noise(pulls) < 1.5
    assert 0.8 < sources.sky_noise_ratio < 1.25
    assert stack.zero_point.value == 30.0 and stack.wcs is not None
    x, y = stack.wcs.world_to_pixel_values(ra, dec)
    assert np.median(np.abs(x[nearest[good]] - (table['X_IMAGE'][good] - 1))) < 0.1


def test_a_stack_is_made_again_bit_by_bit_from_its_files(stack):
    assert stack.reproduce().identical and stack.regridded_frames[0].reproduce().identical


def test_without_grid_a_product_is_made_for_each_tile(stack):
    plan = stack_task(grid=None).plan()
    tiles = {str(step.request.grid) for step in plan.to_make if step.cls is CoaddedRegriddedFrame}
    assert len(tiles) == 4 and all(text.startswith('T') for text in tiles)  # the field lies about a corner of four


def test_regridded_frames_alone(stack):
    products = made(RegridTask(frames=list(ImportedScienceFrame.select_all()), grid=str(GRID), commit=True))
    alone, = made(stack_task(pars={'CoaddedRegriddedFrame.ENSEMBLE': False}))
    assert set(products) == set(alone.regridded_frames) and not set(products) & set(stack.regridded_frames)
    smaller = made(RegridTask(frames=list(ImportedScienceFrame.select_all())[:1], grid=CENTRE, scale=SCALE, size=(50, 40)))
    assert smaller[0].data.shape == (40, 50)


@pytest.mark.parametrize('wrong', [{'grid': 5}, {'grid': 'here'}, {'grid': (1, 2, 3)}, {'scale': -1}, {'grid': (1, 95)},
                                   {'grid': None, 'size': (5, 5)}])
def test_what_is_no_grid_is_refused_before_anything_is_done(stack, wrong):
    with pytest.raises(ParameterError):
        stack_task(**wrong)


def test_other_ways_to_combine(stack):
    for kind in ('median', 'weighted', 'sum'):
        other, = made(stack_task(pars={'CoaddedRegriddedFrame.COMBINATION': kind}, commit=False))
        full = (other.exposures.data == NUMBER) & (stack.exposures.data == NUMBER)
        ratio = np.median(other.data[full & (stack.data > 50 * noise(stack.data[full]))]) / np.median(
            stack.data[full & (stack.data > 50 * noise(stack.data[full]))])
        assert ratio == pytest.approx(NUMBER if kind == 'sum' else 1, rel=0.03)
        assert (other.zeropoint is None) == (kind == 'sum')


def test_a_stack_for_other_programs(stack, tmp_path):
    ccd = stack.to_ccddata()
    lacking = stack.weight.data == 0
    assert np.array_equal(ccd.mask, lacking) and np.array_equal(np.isinf(ccd.uncertainty.array), lacking)
    assert ccd.wcs.wcs.ctype[0] == 'RA---TAN' and stack.export(tmp_path / 'stack.fits').stat().st_size > stack.data.nbytes


def test_a_picture_of_a_stack(stack, tmp_path):
    assert stack.inspect(filename=tmp_path / 'stack.png').stat().st_size > 10000
