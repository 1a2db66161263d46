"""A simulated night from raw files to reduced frames, held against the truth that was put in."""

import random
from types import SimpleNamespace

import numpy as np
import pytest
from photutils.aperture import ApertureStats, CircularAnnulus, CircularAperture, aperture_photometry

from awlike.context import context
from awlike.database import sessions
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.cosmics import CosmicMap
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawBiasFrame, RawScienceFrame
from awlike.frames.read_noise import ReadNoise
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.ingest import ingest
from awlike.persist.dataobject import DataObject
from awlike.products.product import ProcessTarget
from awlike.products.raw import RawFrame
from awlike.recipes.bias import BiasTask
from awlike.recipes.reduced import ReduceTask
from awlike.simulate import load_truth, simulate
from awlike.simulate.chip import BETA, FWHM, add_star
from awlike.simulate.schedule import SATELLITE_EXPOSURE
from awlike.store import use_server
from tests.conftest import become

SHAPE, RADIUS = (512, 512), 8  # pixels


def reduce_in(folder, paths, patch):
    """Reduce raw files in an awlike of its own in `folder`, which is then the one in use; gives what was made."""
    folder.mkdir()
    patch.setenv('AWLIKE_HOME', str(folder))
    sessions.use(None)
    use_server(None)
    become(patch, 'ada')
    context.create_project('NIGHT')
    context.set_project('NIGHT')
    report = ingest(paths, how='refer')
    assert not report.refused
    task = ReduceTask('OMEGACAM', commit=True)
    task.execute()
    return task.made


def contents(products):
    """Digest and pixels of each of `products`, by what it is of."""
    return {(type(p).__name__, p.chip.name, p.filter.name if 'filter' in type(p).__properties__ else None, p.DATE_OBS):
            (p.digest, p.data.tobytes() if p.data is not None else p.read_noise) for p in products}


@pytest.fixture(scope='module')
def night(tmp_path_factory):
    """The truth of a night of two chips, and what was made of it: in one awlike, which stays in use, and in another."""
    folder = tmp_path_factory.mktemp('night')
    paths = simulate(folder / 'raw', chips=2, shape=SHAPE, seed=3)
    with pytest.MonkeyPatch.context() as patch:
        elsewhere = contents(reduce_in(folder / 'elsewhere', random.Random(1).sample(paths, len(paths)), patch))
        made = reduce_in(folder / 'here', paths, patch)
        yield SimpleNamespace(truth=load_truth(folder / 'raw'), made=made, elsewhere=elsewhere)
        sessions.use(None)
        use_server(None)


def of(cls, chip):
    """The products of class `cls` of one chip, in time."""
    return list((cls.chip.name == chip).order_by('DATE_OBS'))


def exposures(night, cls):
    """Products of class `cls` with the truth of their chip, the number of their exposure, and the light of its stars, e-."""
    for chip, truth in night.truth.items():
        for number, product in enumerate(of(cls, chip)):
            light = np.zeros(SHAPE, np.float32)
            for x, y, electrons in zip(truth.star_x[number], truth.star_y[number], truth.star_electrons[number], strict=True):
                add_star(light, x, y, electrons, FWHM)
            yield product, truth, number, light


def test_noise_of_a_master_bias_falls_with_the_root_of_the_number(night):
    for chip, truth in night.truth.items():
        names = [raw.filename for raw in of(RawBiasFrame, chip)]
        of_one = np.hypot(truth.read_noise, 12 ** -0.5)
        for number in (3, 5, 10):
            task = BiasTask('OMEGACAM', raw_filenames=names[:number])
            task.execute()
            bias, = task.products
            rest = (bias.data - truth.bias_structure)[~truth.hot]
            assert np.std(rest) == pytest.approx(of_one / np.sqrt(number), rel=0.1)


def test_read_noise_is_what_was_put_in(night):
    for chip, truth in night.truth.items():
        noise, = of(ReadNoise, chip)
        assert noise.read_noise == pytest.approx(np.hypot(truth.read_noise, 12 ** -0.5), rel=0.02)


def test_fluxes_of_stars_survive_reduction_to_1_percent(night):
    enclosed = 1 - (1 + RADIUS ** 2 * 4 * (2 ** (1 / BETA) - 1) / FWHM ** 2) ** (1 - BETA)
    ratios = []
    for reduced, truth, number, _ in exposures(night, ReducedScienceFrame):
        x, y, flux = truth.star_x[number], truth.star_y[number], truth.star_adu[number]
        distances = np.hypot(x[:, None] - x, y[:, None] - y)
        crowded = (distances > 0) & (distances < 20) & (flux > 0.01 * flux[:, None])
        crowded |= (distances > 0) & (distances < 80) & (flux > 1e6)
        inside = (x > 25) & (x < SHAPE[1] - 25) & (y > 25) & (y < SHAPE[0] - 25)
        for i in np.flatnonzero(inside & ~crowded.any(axis=1) & (flux > 8e3) & (flux < 1e6)):
            aperture = CircularAperture((x[i], y[i]), RADIUS)
            bad = reduced.weight.data == 0
            if not aperture.to_mask().multiply(bad).any():
                sky = ApertureStats(reduced.data, CircularAnnulus((x[i], y[i]), 14, 22), mask=bad).median
                total = aperture_photometry(reduced.data, aperture)['aperture_sum'][0] - sky * aperture.area
                ratios.append(total / (flux[i] * enclosed))
    assert len(ratios) >= 20 and np.median(ratios) == pytest.approx(1, abs=0.01)


def test_sky_is_flat_and_as_bright_as_it_was(night):
    for reduced, truth, number, light in exposures(night, ReducedScienceFrame):
        sky = (reduced.weight.data > 0) & (light < 0.5)
        if number == SATELLITE_EXPOSURE:
            sky &= ~truth.satellite
        level = truth.sky[number] / truth.gain
        parts = zip(np.array_split(reduced.data, 4, 1), np.array_split(sky, 4, 1), strict=True)
        quarters = [np.median(part[good]) for part, good in parts]
        assert np.median(reduced.data[sky]) == pytest.approx(level, rel=0.01) and np.ptp(quarters) < 0.01 * level


def test_planted_hot_pixels_are_mapped(night):
    for chip, truth in night.truth.items():
        hot, = of(HotPixelMap, chip)
        found = hot.data == 0
        assert found[truth.hot].mean() >= 0.99 and (found & ~truth.hot).mean() < 20e-6


def test_planted_cold_pixels_are_mapped(night):
    for chip, truth in night.truth.items():
        cold, = of(ColdPixelMap, chip)
        found = cold.data == 0
        assert found[truth.cold].mean() >= 0.99 and (found & ~truth.cold).mean() < 20e-6


def test_planted_cosmic_rays_are_mapped_and_little_else(night):
    planted = mapped = false = pixels = 0
    for cosmic, truth, number, light in exposures(night, CosmicMap):
        hits, found = truth.cosmics(number), cosmic.data == 0
        good = (cosmic.hot.data & cosmic.cold.data & cosmic.saturated.data) > 0
        noise = np.sqrt(truth.sky[number] + light + (truth.read_noise * truth.gain) ** 2)
        strong = (hits > 5 * noise) & good
        planted, mapped = planted + strong.sum(), mapped + found[strong].sum()
        false, pixels = false + (found & (hits == 0)).sum(), pixels + found.size
    assert mapped / planted >= 0.9 and false / pixels < 50e-6


def test_planted_satellite_is_mapped_in_its_exposure_and_none_in_the_others(night):
    for satellite, truth, number, _ in exposures(night, SatelliteMap):
        found = satellite.data == 0
        assert satellite.track_count == (number == SATELLITE_EXPOSURE)
        if number == SATELLITE_EXPOSURE:
            assert found[truth.satellite].mean() >= 0.95 and found.sum() < 2.5 * truth.satellite.sum()
        else:
            assert not found.any()


def test_lineage_of_every_reduced_frame_ends_in_raw_frames(night):
    for reduced in ReducedScienceFrame.select_all():
        ancestors = list(reduced.ancestors())
        ends = [one for one in ancestors if not one.ancestors()]
        assert all(isinstance(one, RawFrame) for one in ends)
        assert all(isinstance(one, RawFrame | ProcessTarget) for one in ancestors)
        assert reduced.raw in ends and set(of(RawBiasFrame, reduced.chip.name)) < set(ends)
        assert {one.chip for one in ancestors} == {reduced.chip}
        assert len(ends) == 1 + 10 + 5 + 5, 'itself, biases, dome and twilight flats of its filter'


def test_each_thing_is_made_once(night):
    assert len(night.made) == len(contents(night.made)) == 2 * (7 + 5 * 5)
    assert set(night.made) == {obj for obj in DataObject.select_all() if isinstance(obj, ProcessTarget)}
    assert len(BiasFrame.select_all()) == 2 and len(RawScienceFrame.select_all()) == 10


def test_products_are_bit_identical_wherever_and_in_whatever_order_the_night_was_ingested(night):
    assert contents(night.made) == night.elsewhere
