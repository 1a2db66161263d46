"""Many frames solved together: their positions, their zero points, and what each frame then has."""

import numpy as np
import pytest

from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.gastrometric import GAstrometric
from awlike.frames.gphotometric import GPhotometric
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.recipes.astrometric_parameters import AstrometryTask
from awlike.recipes.gastrometric import GAstromTask
from awlike.recipes.gphotometric import GPhotomTask
from tests import starfields
from tests.conftest import home_in
from tests.measured import SHAPE, distance
from tests.pixels.fields import make_field

CLOUD = 0.25  # mag, in the last exposure


@pytest.fixture(scope='module')
def solved_home(tmp_path_factory, on):
    """An awlike with three exposures of one field, the last through clouds, and their ensemble."""
    folder, field = tmp_path_factory.mktemp('ensemble'), make_field(3, SHAPE, stars=160, faintest=8.0, brightest=1500.0)
    rng = np.random.default_rng(5)
    with home_in(folder / 'awlike', on) as home:
        for number, clear in enumerate((1.0, 1.0, 10 ** (-0.4 * CLOUD))):
            image = clear * field.image + rng.normal(0, 0.5 * np.std(field.image[:20]), SHAPE)
            starfields.science_frame(folder / f'{number}.fits', image, UTC_OBS=f'03:0{number}:00.00')
        starfields.reference(field, folder / 'reference.fits', name='STARS')
        frames = list(ImportedScienceFrame.select_all().order_by('DATE_OBS'))
        AstrometryTask(frames=frames, commit=True).execute()
        GPhotomTask(frames=frames, commit=True).execute()
        GAstromTask(frames=frames, commit=True).execute()
    return home


@pytest.fixture
def frames(home, solved_home, on):
    """The frames in the order of their dates."""
    on.copy(solved_home, home)
    return list(ImportedScienceFrame.select_all().order_by('DATE_OBS'))


def test_one_solution_serves_all_members(frames):
    gastrom, = GAstrometric.select_all()
    assert len(gastrom.source_lists) == gastrom.number_of_members == 3 and not gastrom.reasons and not gastrom.reason
    assert gastrom.RMS_INTERNAL < 0.05 and gastrom.RMS_REFERENCE < 0.1 and gastrom.chip is None
    solutions = list(AstrometricParameters.gastrom == gastrom)
    assert len(solutions) == 3 and all(one.NREF > 20 and one.RMS < 0.1 and not one.reason for one in solutions)
    for one in solutions:
        assert distance(one.wcs) < 0.3
        assert one.wcs.wcs.crval == pytest.approx(next(plate.CRVAL for plate, frame in zip(
            gastrom.plates(), gastrom.frames, strict=True) if frame == one.frame))


def test_the_best_known_place_is_that_of_the_ensemble(frames):
    assert len(AstrometricParameters.frame == frames[0]) == 2, 'its own, and that of the ensemble'
    best, = (AstrometricParameters.frame == frames[0]) & (AstrometricParameters.gastrom.RMS_INTERNAL > 0)
    assert frames[0].wcs.wcs.name == f'AstrometricParameters {best.object_id}'


def test_nothing_is_made_twice(frames):
    assert not GAstromTask(frames=frames).plan().to_make and not GPhotomTask(frames=frames).plan().to_make
    assert not AstrometryTask(frames=frames).plan().to_make, 'the own solutions are there, too'
    assert {step.cls for step in GAstromTask(frames=frames[:2]).plan().to_make} == {GAstrometric, AstrometricParameters}


def test_clouds_are_seen_and_in_the_zero_point(frames):
    gphotom, = GPhotometric.select_all()
    assert gphotom.zero_points['DIMMED'] == pytest.approx([0, 0, CLOUD], abs=0.02)
    assert gphotom.zero_points['CLOUDY'].tolist() == [False, False, True] and len(gphotom.cloudy) == 1
    assert any('clouds dim' in remark for remark in gphotom.remarks())
    found = [(PhotometricParameters.frame == frame).one() for frame in frames]
    assert all(one.gphotom == gphotom and one.zero_point_error < 0.02 for one in found)
    true = [starfields.ZERO_POINT] * 2 + [starfields.ZERO_POINT - CLOUD]
    assert [one.zero_point for one in found] == pytest.approx(true, abs=0.03)


def test_residuals_name_sources_and_panels_draw_them(frames):
    gastrom, = GAstrometric.select_all()
    table = gastrom.residuals.whole()
    sources = gastrom.source_lists[1].sources
    mine = table[table['MEMBER'] == 2]
    assert np.allclose(sources['X_IMAGE'][mine['SID'] - 1], mine['X_IMAGE'], atol=1e-3)
    assert set(np.unique(gastrom.solutions['EXPOSURE'])) == {1, 2, 3}
    from matplotlib.figure import Figure
    for product in (gastrom, GPhotometric.select_all()[0]):
        for panel in product.panels():
            panel(Figure().subplots())
