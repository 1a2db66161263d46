"""Every kind of product on small frames of known content: what it shall find, and what must not break it."""

import numpy as np
import pytest

from awlike.errors import ParameterError
from awlike.frames.cosmics import CosmicMap
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.raw import (
    RawBiasFrame,
    RawDarkFrame,
    RawDomeFlatFrame,
    RawScienceFrame,
    RawTwilightFlatFrame,
)
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.weight import WeightFrame
from awlike.pixels.geometry import Geometry, Section
from awlike.products.export import MASK_BITS, mask_bits
from awlike.sky.linear_wcs import trimmed_astrometry
from tests.frames.conftest import DEAD, HOT, SHAPE, STAR, chain_of, make, response
from tests.frames.conftest import SKY as SKY_LEVEL


def light(raw):
    """The light-sensitive part of a raw frame, to be written to."""
    return raw._data[raw.geometry.trim.slices]


def with_pixels(detector, raw, change):
    """`raw` again as float, after `change` was done to its light-sensitive part."""
    image = raw.data.astype(np.float32)
    change(image[raw.geometry.trim.slices])
    return detector.from_image(type(raw), image, DATE_OBS=raw.DATE_OBS)


def test_read_noise_is_measured(chain):
    assert chain.noise.read_noise == pytest.approx(np.hypot(2, 12 ** -0.5), rel=0.03)
    assert abs(chain.noise.median_diff) < 0.5
    assert chain.noise.data is None and chain.noise.imstat.npix is None


def test_bias_is_zero_where_only_the_overscan_level_was(chain):
    assert chain.bias.data.shape == SHAPE and chain.bias.data.dtype == np.float32
    assert abs(chain.bias.imstat.median) < 0.3
    assert chain.bias.data[HOT] == pytest.approx(300, abs=5)


def test_hot_pixel_is_mapped_alone(chain):
    assert chain.hot.data[HOT] == 0 and chain.hot.count == (chain.hot.data == 0).sum() <= 2


@pytest.mark.parametrize('kind', ['dome', 'twilight', 'flat'])
def test_flats_show_the_response_and_have_median_1(chain, kind):
    flat = getattr(chain, kind).data
    alive = np.arange(SHAPE[1]) != DEAD
    assert np.median(flat) == pytest.approx(1, abs=1e-3)
    assert np.std((flat / response())[:, alive]) < 0.006


def test_flat_of_one_kind_alone_is_that_flat(chain):
    alone = make(FlatFrame, twilight_flat=chain.twilight)
    assert np.allclose(alone.data, chain.twilight.data, rtol=1e-4) and alone.dome_flat is None
    assert alone.DATE_OBS == chain.twilight.DATE_OBS and alone.timestamp_end == chain.twilight.timestamp_end


def test_combine_type_says_which_flat_counts(chain):
    only_dome = make(FlatFrame, FlatFrame.Parameters(COMBINE_TYPE=1), dome_flat=chain.dome, twilight_flat=chain.twilight)
    assert np.allclose(only_dome.data, chain.dome.data, rtol=1e-4)


def test_dead_column_is_cold(chain):
    assert not chain.cold.data[:, DEAD].any()
    assert chain.cold.count == (chain.cold.data == 0).sum() <= SHAPE[0] + 3


def test_saturated_star_is_mapped(chain):
    assert chain.saturated.data[STAR] == 0 and 5 < chain.saturated.count < 100
    full = chain.raw.data[chain.raw.geometry.trim.slices] >= 60000
    above, below = np.roll(full, 1, axis=0), np.roll(full, -1, axis=0)
    assert np.array_equal(chain.saturated.data == 0, full | above | below), 'with where charge may have run'


def test_saturation_is_counted_before_the_bias_comes_off(detector):
    raw = detector.raw(RawScienceFrame, 100.0)
    light(raw)[3, 3], light(raw)[4, 4] = 60000, 59999
    found = make(SaturatedPixelMap, raw=raw).data
    assert (found[3, 3], found[4, 4]) == (0, 1)


def test_cosmic_ray_is_found_and_the_star_is_not(chain):
    assert chain.cosmic.data[80, 10] == 0
    assert chain.cosmic.cosmic_count == (chain.cosmic.data == 0).sum() < 15


def test_no_track_is_no_satellite(chain):
    assert chain.satellite.data.all() and chain.satellite.track_count == chain.satellite.count == 0


def test_tracks_are_not_looked_for_where_the_threshold_is_0(detector, chain):
    inputs = {role: getattr(chain.satellite, role) for role in ('bias', 'flat', 'hot', 'cold', 'saturated')}
    raw = detector.raw(RawScienceFrame, 500 + 300 * (np.abs(np.arange(SHAPE[1]) - 20) < 3))
    off = make(SatelliteMap, SatelliteMap.Parameters(DETECTION_THRESHOLD=0), raw=raw, **inputs)
    assert off.data.all() and off.data.shape == SHAPE and off.track_count == off.count == 0


def test_satellite_track_is_mapped_and_has_no_weight(detector):
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    across = (y - 50) * np.cos(0.6) - (x - 40) * np.sin(0.6)

    def pass_by(image):
        image += 100 * np.exp(-0.5 * (across / 1.7) ** 2)
    chain = chain_of(detector, raw=with_pixels(detector, detector.science(), pass_by))
    found = chain.satellite.data == 0
    assert chain.satellite.track_count == 1 and chain.satellite.count == found.sum()
    assert found[abs(across) < 3.5].mean() >= 0.95 and not found[abs(across) > 9].any()
    assert not chain.weight.data[found].any()


HOT_IN_DARK = (70, 30)  # [y, x]


def dark_of(detector, chain, rates, seconds=240.0):
    """A master dark of raw darks whose dark currents are `rates`, ADU/s; one pixel has 1 ADU/s more."""
    raws = []
    for rate in rates:
        charge = np.full(SHAPE, rate * seconds)
        charge[HOT_IN_DARK] += seconds
        raws.append(detector.raw(RawDarkFrame, charge, EXPTIME=seconds))
    return make(DarkFrame, raw_dark_frames=raws, bias=chain.bias, read_noise=chain.noise)


def exposed_in_the_dark(detector, chain, seconds):
    """Cosmic rays, weight and reduced frame of an exposure whose pixel `HOT_IN_DARK` is less hot than in the darks."""
    dark = dark_of(detector, chain, [0.02] * 4)
    raw = detector.science()
    raw.EXPTIME = seconds
    light(raw)[HOT_IN_DARK] += int(0.5 * seconds)
    parts = {'hot': chain.hot, 'cold': chain.cold, 'flat': chain.flat, 'dark': dark, 'raw': raw}
    cosmic = make(CosmicMap, bias=chain.bias, saturated=chain.saturated, **parts)
    weight = make(WeightFrame, saturated=chain.saturated, cosmic=cosmic, satellite=chain.satellite, **parts)
    return cosmic, weight, make(ReducedScienceFrame, bias=chain.bias, weight=weight, **parts)


def test_a_pixel_too_hot_in_the_dark_has_no_weight_in_a_long_exposure_and_is_no_cosmic_ray(detector, chain):
    cosmic, weight, reduced = exposed_in_the_dark(detector, chain, 240.0)
    assert abs(reduced.data[HOT_IN_DARK] - SKY_LEVEL) > 50, 'its dark current has changed since the darks'
    assert weight.data[HOT_IN_DARK] == 0 and weight.dark_hot_count == 1
    assert cosmic.data[HOT_IN_DARK] == 1
    assert mask_bits(reduced)[HOT_IN_DARK] == MASK_BITS['hot']


def test_the_same_pixel_serves_in_a_short_exposure(detector, chain):
    _, weight, reduced = exposed_in_the_dark(detector, chain, 5.0)
    assert weight.data[HOT_IN_DARK] > 0 and weight.dark_hot_count == 0 and mask_bits(reduced)[HOT_IN_DARK] == 0


def test_the_charge_from_which_a_pixel_is_hot_is_a_parameter_and_no_part_of_older_identities(detector, chain):
    dark, raw = dark_of(detector, chain, [0.02] * 4), detector.science()
    raw.EXPTIME = 20.0  # the pixel collects 20 ADU
    parts = {'hot': chain.hot, 'cold': chain.cold, 'flat': chain.flat, 'dark': dark, 'raw': raw, 'saturated': chain.saturated}
    weights = {}
    for charge in (5.0, 0.5 * 20 / dark.frame_noise, 2 * 20 / dark.frame_noise):
        weight = make(WeightFrame, cosmic=chain.cosmic, satellite=chain.satellite, **parts,
                      params=WeightFrame.Parameters(HOT_CHARGE=charge))
        weights[charge] = weight.dark_hot_count
        assert mask_bits(make(ReducedScienceFrame, bias=chain.bias, weight=weight, **{
            role: parts[role] for role in ('raw', 'flat', 'hot', 'cold', 'dark')}))[HOT_IN_DARK] == (
                MASK_BITS['hot'] if weight.dark_hot_count else 0)
    assert list(weights.values())[1:] == [1, 0]
    for cls in (WeightFrame, CosmicMap, SatelliteMap):
        default = cls.Parameters()
        assert 'HOT_CHARGE' not in default.key() and 'HOT_CHARGE' in cls.Parameters(HOT_CHARGE=4.0).key()


def test_without_dark_the_weight_is_as_it_was(detector, chain):
    assert chain.weight.dark_hot_count is None and chain.weight.raw is None


def test_a_dark_made_before_its_noise_was_recorded_still_serves(detector, chain):
    dark = dark_of(detector, chain, [0.02] * 4)
    dark.frame_noise = None
    parts = {'hot': chain.hot, 'cold': chain.cold, 'flat': chain.flat, 'saturated': chain.saturated, 'cosmic': chain.cosmic,
             'satellite': chain.satellite}
    assert make(WeightFrame, dark=dark, **parts).dark_hot_count is None, 'made before weights had a raw frame'
    assert make(WeightFrame, dark=dark, raw=chain.raw, **parts).dark_hot_count == 1


@pytest.mark.parametrize(('rates', 'is_bad'), [([0.03] * 5, False), ([0.03, 0.031, 0.032, 0.029, 0.03], False),
                                               ([0.03, 0.03, 0.12, 0.12, 0.12], True), ([0.12, 0.03, 0.03, 0.03, 0.03], True)])
def test_a_dark_of_two_populations_is_flagged(detector, chain, rates, is_bad):
    dark = dark_of(detector, chain, rates)
    assert bool(dark.quality_flags) == is_bad == bool(dark.missed_limits())
    assert dark.level_spread == pytest.approx(240 * np.ptp(rates), abs=0.3 * chain.noise.read_noise)


def test_weight_is_the_flat_where_all_maps_are_good(chain):
    good = np.prod([m.data for m in (chain.hot, chain.cold, chain.saturated, chain.cosmic, chain.satellite)], axis=0)
    assert np.array_equal(chain.weight.data, chain.flat.data * good)


def test_reduced_frame_is_the_sky(chain):
    reduced = chain.reduced
    assert reduced.imstat.median == pytest.approx(500, rel=0.01)
    assert reduced.imstat.npix == (chain.weight.data > 0).sum()
    assert (reduced.EXPTIME, reduced.OBJECT, reduced.filter.name) == (10.0, 'a field', 'r_SDSS')
    assert reduced.DATE_OBS == chain.raw.DATE_OBS


def test_astrometry_moves_with_the_trim(chain):
    assert chain.reduced.astrom == chain.raw.astrom | {'CRPIX1': 42.0, 'CRPIX2': 40.0}
    assert trimmed_astrometry(None, Geometry(Section(8, 88, 0, 96))) is None
    assert trimmed_astrometry({'CRPIX1': None, 'CRPIX2': 1.0}, Geometry(Section(8, 88, 0, 96))) is None


def test_images_hold_no_nan_and_cannot_be_changed(chain):
    for image in chain.images:
        assert np.isfinite(image).all() and image.shape == SHAPE
        with pytest.raises(ValueError, match='read-only'):
            image[0, 0] = 1


def test_raw_pixels_are_left_as_they_were(detector):
    raw = detector.science()
    before = raw.data.copy()
    chain_of(detector, raw=raw)
    assert np.array_equal(raw.data, before)


def test_nan_in_the_science_frame_has_no_weight_and_is_0(detector):
    def hole(image):
        image[50:55, 50:55] = np.nan
    chain = chain_of(detector, raw=with_pixels(detector, detector.science(), hole))
    assert not chain.weight.data[50:55, 50:55].any() and not chain.reduced.data[50:55, 50:55].any()
    assert chain.reduced.imstat.median == pytest.approx(500, rel=0.01)
    assert np.isfinite(chain.reduced.data).all()


def test_nan_in_one_of_many_frames_leaves_no_trace(detector):
    def hole(image):
        image[5, 5] = np.nan
    biases, domes = detector.biases(), detector.flats(RawDomeFlatFrame)
    biases[1], domes[2] = with_pixels(detector, biases[1], hole), with_pixels(detector, domes[2], hole)
    chain = chain_of(detector, biases=biases, domes=domes)
    assert all(np.isfinite(image).all() for image in chain.images)
    assert chain.weight.data[5, 5] > 0


def test_nan_in_all_frames_is_a_bad_pixel(detector):
    def hole(image):
        image[5, 5] = np.nan
    biases, domes, twilights = ([with_pixels(detector, raw, hole) for raw in raws] for raws in (
        detector.biases(), detector.flats(RawDomeFlatFrame), detector.flats(RawTwilightFlatFrame)))
    chain = chain_of(detector, biases=biases, domes=domes, twilights=twilights)
    assert chain.hot.data[5, 5] == chain.cold.data[5, 5] == chain.weight.data[5, 5] == chain.reduced.data[5, 5] == 0
    assert chain.reduced.imstat.median == pytest.approx(500, rel=0.01)


def test_science_frame_without_a_good_pixel_has_no_weight_anywhere(detector):
    def destroy(image):
        image[:] = 65535
    chain = chain_of(detector, raw=with_pixels(detector, detector.science(), destroy))
    assert chain.saturated.count == SHAPE[0] * SHAPE[1] and chain.cosmic.cosmic_count == chain.satellite.count == 0
    assert not chain.weight.data.any()
    assert chain.reduced.imstat.npix == 0 and chain.reduced.imstat.median is None


def test_science_frame_of_nan_alone_is_0_everywhere(detector):
    raw = detector.science()
    chain = chain_of(detector, raw=detector.from_image(RawScienceFrame, np.full(raw.data.shape, np.nan, np.float32)))
    assert not chain.weight.data.any() and not chain.reduced.data.any()


def test_one_destroyed_bias_does_not_spoil_the_master(detector):
    biases = detector.biases(6)
    light(biases[2])[:] = 65535
    chain = chain_of(detector, biases=biases)
    assert abs(chain.bias.imstat.median) < 0.5 and chain.bias.imstat.stdev < 10
    assert chain.bias.quality_flags == 0


def test_bias_of_nan_alone_counts_for_nothing(detector):
    biases = detector.biases(6)
    biases[2] = detector.from_image(RawBiasFrame, np.full(biases[2].data.shape, np.nan, np.float32))
    chain = chain_of(detector, biases=biases)
    assert np.isfinite(chain.bias.data).all() and abs(chain.bias.imstat.median) < 0.3


def test_flat_without_light_is_refused_with_a_remedy(detector):
    flats = detector.flats(RawDomeFlatFrame)
    light(flats[1])[:] = 0
    with pytest.raises(ParameterError, match='leave this frame out'):
        chain_of(detector, domes=flats)


def test_the_same_raw_frames_give_the_same_content(detector):
    first = chain_of(detector)
    detector._number = 0
    second = chain_of(detector)
    assert [p.digest for p in vars(first).values()] == [p.digest for p in vars(second).values()]
    assert first.reduced.object_id != second.reduced.object_id
