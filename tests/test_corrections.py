"""The corrections that not every night needs, on one that needs them all: gain, linearity, dark, fringes, illumination."""

from types import SimpleNamespace

import numpy as np
import pytest

from awlike.context import context
from awlike.errors import ProcessingError
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dark import DarkFrame
from awlike.frames.dome_flat import DomeFlatFrame
from awlike.frames.fringe import FringeFrame, with_sky
from awlike.frames.gain import GainLinearity
from awlike.frames.illumination import IlluminationCorrection
from awlike.frames.illumination_frame import IlluminationCorrectionFrame
from awlike.frames.raw import RawScienceFrame
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.weight import WeightFrame
from awlike.ingest import ingest
from awlike.products.inputs import Inputs
from awlike.recipes.fringe import FringeTask
from awlike.recipes.gain import GainTask
from awlike.recipes.illumination import IlluminationTask
from awlike.recipes.reduced import ReduceTask
from tests import rednight
from tests.conftest import home_in


@pytest.fixture(scope='module')
def corrected_home(tmp_path_factory, on):
    """The folder of an awlike in which the red night was reduced with all corrections."""
    files = rednight.write(tmp_path_factory.mktemp('red') / 'raw')
    with home_in(tmp_path_factory.mktemp('corrected') / 'awlike', on) as folder:
        ingest(files, how='refer')
        for task in (GainTask, FringeTask, IlluminationTask, ReduceTask):
            task('OMEGACAM', commit=True).execute()
    return folder


@pytest.fixture
def corrected(home, corrected_home, on):
    """The red night in project TEST, with gain and illumination measured, reduced and committed."""
    on.copy(corrected_home, home)
    context.set_project('TEST')


def only(cls):
    return cls.select_all().one()


def star_ratios(red):
    """Flux of each star that stands alone in `red` over what was put in."""
    from photutils.aperture import CircularAnnulus, CircularAperture
    field = rednight.stars()
    exposure = next(one for one, _ in rednight.schedule() if one.start == red.DATE_OBS)
    x, y = field.x + exposure.dither[0], field.y - exposure.dither[1]
    inside = (np.minimum(x, y) > 20) & (np.maximum(x, y) < rednight.SIDE - 20)
    alone = np.array([np.sort(np.hypot(x - a, y - b))[1] > 25 for a, b in zip(x, y, strict=True)])
    where = np.column_stack([x, y])[inside & alone]
    sky = [np.median(mask.get_values(red.data)) for mask in CircularAnnulus(where, 13, 17).to_mask(method='center')]
    star = CircularAperture(where, 9)
    flux = np.array([mask.multiply(red.data).sum() for mask in star.to_mask()]) - star.area * np.array(sky)
    return where, flux / field.flux[inside & alone]


def test_gain_and_linearity_are_those_of_the_detector(corrected):
    found = only(GainLinearity)
    assert found.gain == pytest.approx(rednight.GAIN, abs=4 * found.gain_error) and found.gain_error < 0.02
    true = np.array([5e3, 2e4, 4e4])
    counts = true * (1 - rednight.SHORTFALL * true)
    c1, c2 = found.coefficients
    assert counts * (1 + c1 * counts + c2 * counts**2) == pytest.approx(true, rel=2e-4)
    assert found.linearity_rms < 1e-3 and len(found.exposure_levels) == len(found.exposure_times) == 6


def test_gain_is_used_for_cosmic_rays_and_flats_and_its_absence_is_no_obstacle(corrected):
    gain = only(GainLinearity)
    assert all(cosmic.gain == gain for cosmic in CosmicMap.select_all())
    assert only(DomeFlatFrame).gain == gain
    context.update_is_valid(gain, 0)
    task = ReduceTask('OMEGACAM')
    assert {step.reason for step in task.plan().targets} == {'invalid ancestor'}
    assert not [step for step in task.plan().steps if step.cls is GainLinearity]


def test_dark_is_charge_per_second(corrected):
    dark = only(DarkFrame)
    variance = (rednight.NOISE**2 + rednight.DARK.mean() * 600 / rednight.GAIN) / 5 + rednight.NOISE**2 / 6  # 5 darks, 6 biases
    assert np.std(dark.data - rednight.DARK) == pytest.approx(np.sqrt(variance) / 600, rel=0.1)
    assert abs(np.median(dark.data - rednight.DARK)) < 2e-4
    assert dark.header['BUNIT'] == 'adu/s' and len(dark.raw_dark_frames) == 5


def test_fringes_are_found_and_scaled_by_the_sky(corrected):
    fringe = only(FringeFrame)
    strength = np.sum(fringe.data * rednight.PATTERN) / np.sum(rednight.PATTERN**2)
    assert strength == pytest.approx(rednight.FRINGES, rel=0.03)
    for red in ReducedScienceFrame.select_all():
        level = next(level for exposure, level in rednight.schedule() if exposure.start == red.DATE_OBS)
        assert red.fringe_scale == pytest.approx(level * np.median(rednight.SCATTERED), rel=0.02)


def test_no_fringes_and_no_dark_are_left_and_the_noise_is_that_of_light(corrected):
    for red in ReducedScienceFrame.select_all():
        level = next(level for exposure, level in rednight.schedule() if exposure.start == red.DATE_OBS)
        sky = red.data * red.illumination.data  # the sky as before stars were made equally bright
        middle = np.median(sky)
        assert middle == pytest.approx(level * np.median(rednight.SCATTERED), rel=0.04)
        blocks = np.median(sky.reshape(8, rednight.SIDE // 8, 8, -1), axis=(1, 3))
        assert np.ptp(blocks) < 0.015 * level
        faint = np.abs(sky - middle) < 4 * np.sqrt(level / rednight.GAIN)
        left = np.sum((sky - middle)[faint] * rednight.PATTERN[faint]) / np.sum(rednight.PATTERN[faint]**2)
        assert abs(left) < 0.03 * rednight.FRINGES * level
        assert np.std(sky[faint]) == pytest.approx(np.sqrt(level / rednight.GAIN), rel=0.12)


def test_stars_are_as_bright_wherever_they_are(corrected):
    measured = only(IlluminationCorrection)
    assert measured.number_of_stars > 60 and measured.error < 0.02 and measured.rms < 0.02
    surface = only(IlluminationCorrectionFrame).data * rednight.SCATTERED
    assert np.std(surface) / np.mean(surface) < 0.005
    for red in list(ReducedScienceFrame.select_all())[:4]:
        where, ratios = star_ratios(red)
        assert np.median(ratios) == pytest.approx(1, abs=0.05)
        radius = np.hypot(*(where - rednight.SIDE / 2).T) / (rednight.SIDE / 2)
        centre, edge = (np.median(ratios[chosen]) for chosen in (radius < 0.6, radius > 0.9))
        assert edge / centre == pytest.approx(1, abs=0.012)


def test_weight_has_the_illumination_in_it(corrected):
    red = ReducedScienceFrame.select_all()[0]
    good = red.weight.data > 0
    assert np.allclose(red.weight.data[good], (red.flat.data * red.illumination.data)[good])


def test_variance_is_the_scatter_that_is_there(corrected):
    red = ReducedScienceFrame.select_all()[0]
    ccd = red.to_ccddata()
    sky = np.abs(red.data - np.median(red.data)) < 80
    pulls = (red.data - np.median(red.data))[sky] / np.sqrt(ccd.uncertainty.array[sky])
    assert np.std(np.diff(pulls)) / np.sqrt(2) == pytest.approx(1, abs=0.08)


def test_nothing_is_made_again_and_everything_comes_out_the_same(corrected):
    task = ReduceTask('OMEGACAM', commit=True)
    assert not task.plan().to_make and all(red.why() for red in ReducedScienceFrame.select_all())
    for cls in (GainLinearity, DarkFrame, FringeFrame, IlluminationCorrection, IlluminationCorrectionFrame):
        assert only(cls).why() and only(cls).reproduce().identical


def test_a_dark_makes_better_what_was_made_without_it(corrected):
    for raw in only(DarkFrame).raw_dark_frames[:3]:
        context.update_is_valid(raw, 0)
    plan = ReduceTask('OMEGACAM').plan()
    assert {step.reason for step in plan.targets} == {'invalid ancestor'}
    assert '2 valid RawDarkFrame' in plan.targets[0].without['dark'] and 'without dark' in str(plan)


def test_illumination_of_exposures_on_one_spot_is_refused(corrected):
    names = [raw.filename for raw in RawScienceFrame.select_all()][:1] * 2
    with pytest.raises(ProcessingError, match='MINIMUM_NUMBER'):
        IlluminationTask('OMEGACAM', raw_filenames=names).execute()


def test_exposures_that_stare_give_no_fringes(corrected):
    task = FringeTask('OMEGACAM', pars={'FringeFrame.MINIMUM_DITHER': 1000.0})
    with pytest.raises(ProcessingError, match='1 of 10 raw science frames .* MINIMUM_DITHER'):
        task.execute()


def test_frames_with_little_sky_give_no_fringes():
    good = np.ones((8, 8), np.uint8)
    frames = [np.full((8, 8), sky, np.float32) for sky in (1000, 5, 800, 290, 310)]
    assert [frame[0, 0] for frame in with_sky(frames, good, 0.3)] == [1000, 800, 310]


def test_gain_of_lamps_that_changed_is_not_taken_for_linearity():
    broken = GainLinearity(gain=2.5, coefficients=[-5e-5], exposure_levels=[5e3, 2e4], linearity_rms=0.4)
    broken.process_params = GainLinearity.Parameters()
    assert {one.name for one in broken.verify().missed} == {'MAXIMUM_LINEARITY_RMS', 'MAXIMUM_NONLINEARITY'}
    measured_alone = GainLinearity(gain=2.5, coefficients=[], exposure_levels=[2e4])
    measured_alone.process_params = GainLinearity.Parameters()
    assert measured_alone.verify()


def test_dark_current_is_no_cosmic_ray_and_what_it_does_not_know_has_no_weight(corrected):
    red, dark = ReducedScienceFrame.select_all()[0], only(DarkFrame)
    assert red.weight.cosmic.dark == red.weight.satellite.dark == red.weight.dark == dark and red.weight.raw == red.raw
    inputs = Inputs(WeightFrame, {role: getattr(red.weight, role) for role in WeightFrame.inputs()})
    unknown = dark.data.copy()
    unknown[3, 4] = np.nan
    inputs.dark = SimpleNamespace(data=unknown, frame_noise=dark.frame_noise)
    weight = WeightFrame.make(inputs, WeightFrame.Parameters())['data']
    assert weight[3, 4] == 0 and (weight > 0).sum() == (red.weight.data > 0).sum() - 1
