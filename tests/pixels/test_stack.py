import dataclasses
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.errors import ParameterError
from awlike.pixels import stack as module
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.resample import BOX, Resampled
from awlike.pixels.stack import KINDS, Combination, StoredMember, median_efficiency, stack
from awlike.pixels.strips import Rows
from awlike.sky.grid import Box, Grid
from tests.pixels.dithers import FWHM, SCALE, plate_near, star_field

GRID, SHAPE = Grid(30.0, -20.0, SCALE), (300, 280)


def flat_members(number, shape=(40, 50), sigma=1.0, seed=0):
    """Members of noise alone, in boxes that lie apart by some pixels."""
    rng = np.random.default_rng(seed)
    for index in range(number):
        x, y = int(rng.integers(-5, 6)), int(rng.integers(-5, 6))
        data, weight = rng.normal(0, sigma, shape).astype(np.float32), np.full(shape, sigma ** -2, np.float32)
        weight[rng.random(shape) < 0.05] = 0
        data[0, index % shape[1]], weight[0, index % shape[1]] = np.nan, 0
        yield StoredMember(Box(x, y, x + shape[1], y + shape[0]), data, weight, np.zeros(shape, np.int16))


def union(members):
    box = members[0].box
    for one in members:
        box = box.joined(one.box)
    return box


def dithered(number=5, seed=1, stars=40, noise=30.0, shape=SHAPE, fwhms=None):
    """Frames of one sky, resampled."""
    rng = np.random.default_rng(seed)
    for index in range(number):
        plate = plate_near(GRID, rng, shape, offset=4)
        fwhm = FWHM if fwhms is None else fwhms[index]
        image = star_field(plate, shape, GRID, stars, fwhm=fwhm) + rng.normal(0, noise, shape).astype(np.float32)
        yield Resampled.of(image.astype(np.float32), plate, GRID, variance=noise ** 2)


@pytest.mark.parametrize('kind', KINDS)
def test_weight_is_0_exactly_where_no_exposure_is(kind):
    members = list(flat_members(7))
    made = stack(members, union(members), Combination(kind))
    assert np.array_equal(made.weight == 0, made.exposures == 0) and made.exposures.max() == 7
    assert np.isfinite(made.data[made.exposures > 0]).all()
    assert np.array_equal((made.mask & MaskFlag.NO_DATA) > 0, made.exposures == 0)


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('number', [1, 2, 3, 4, 5, 8, 30])
def test_the_weight_tells_the_noise(kind, number):
    rng, shape = np.random.default_rng(number), (200, 210)
    sigmas = rng.uniform(1, 1.5, number)
    members = [StoredMember(Box(0, 0, 210, 200), rng.normal(0, sigma, shape).astype(np.float32),
                            np.full(shape, sigma ** -2, np.float32), np.zeros(shape, np.int16)) for sigma in sigmas]
    made = stack(members, members[0].box, Combination(kind))
    assert np.std(made.data * np.sqrt(made.weight)) == pytest.approx(1, abs=0.02)
    if kind in ('weighted', 'clipped'):
        assert np.median(made.weight) == pytest.approx(np.sum(sigmas ** -2.0), rel=1e-5)


@settings(deadline=None, max_examples=8)
@given(st.permutations(range(6)), st.sampled_from(KINDS))
def test_the_order_of_members_does_not_matter(order, kind):
    members = list(flat_members(6))
    made, other = (stack(one, union(members), Combination(kind)) for one in (members, [members[k] for k in order]))
    for plane, expected in zip(dataclasses.astuple(other), dataclasses.astuple(made), strict=True):
        np.testing.assert_allclose(plane, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize('kind', KINDS)
def test_neither_cores_nor_blocks_matter(kind, monkeypatch):
    members = list(dithered())
    box = union(members)
    made = dataclasses.astuple(stack(members, box, Combination(kind)))
    monkeypatch.setenv('OMP_NUM_THREADS', '1')
    alone = dataclasses.astuple(stack(members, box, Combination(kind)))
    monkeypatch.setattr(module, '_BLOCK_BYTES', 200_000)
    small = dataclasses.astuple(stack(members, box, Combination(kind)))
    monkeypatch.setattr(module, '_BLOCK_BYTES', 6_000)
    monkeypatch.setattr(module, '_LEAST_WIDTH', 16)
    narrow = dataclasses.astuple(stack(members, box, Combination(kind)))
    for one in (alone, small, narrow):
        for plane, expected in zip(one, made, strict=True):
            np.testing.assert_array_equal(plane, expected)


def test_a_track_in_one_frame_is_clipped_and_stars_are_not():
    members = list(dithered(seed=2, fwhms=[3.2, 3.6, 3.8, 4.0, 4.4]))
    clean = stack(members, union(members), Combination('weighted'))
    members[2].image[100:104, 20:260] += 600.0
    made = stack(members, union(members))
    with_track = stack(members, union(members), Combination('weighted'))
    full = clean.exposures == 5
    noise = 1 / np.sqrt(np.maximum(clean.weight, 1e-12))
    track = full & (with_track.data - clean.data > noise)
    assert np.median(((with_track.data - clean.data) / noise)[track]) > 7
    star, clipped = full & (clean.data > 20 * noise), (made.mask & MaskFlag.CLIPPED) > 0
    inner = np.zeros_like(full)
    inner[60:-60, 60:-60] = True  # frames lack the stars next to their edges
    star &= inner
    assert clipped[track & inner & ~star].mean() > 0.9 and np.all(made.exposures[clipped] < 5)
    assert np.median(np.abs((made.data - clean.data) / noise)[track & inner & ~star]) < 1
    assert (clipped & star & ~track).sum() < 0.005 * star.sum(), 'seeing is no reason to clip'
    assert made.data[star & ~track].sum() == pytest.approx(clean.data[star & ~track].sum(), rel=1e-3)


def test_two_values_do_not_tell_which_is_wrong():
    members = [StoredMember(Box(0, 0, 4, 4), np.full((4, 4), value, np.float32), np.ones((4, 4), np.float32),
                            np.zeros((4, 4), np.int16)) for value in (0.0, 1000.0)]
    made = stack(members, members[0].box)
    assert np.all(made.data == 500) and not made.mask.any()


def test_where_all_members_are_bad_the_mask_says_why_and_the_filled_light_is_kept():
    weight = np.ones((8, 9), np.float32)
    weight[3, 4] = 0
    mask = np.where(weight > 0, 0, MaskFlag.SAT).astype(np.int16)
    members = [StoredMember(Box(0, 0, 9, 8), np.full((8, 9), 5.0, np.float32), weight, mask)] * 3
    made = stack(members, members[0].box)
    assert made.mask[3, 4] == MaskFlag.SAT and made.data[3, 4] == 5 and made.weight[3, 4] == 0
    assert made.mask.astype(bool).sum() == 1


def test_flux_width_and_noise_of_a_stack_of_dithers():
    shape = (700, 680)
    members = list(dithered(8, stars=0, shape=shape))
    made = stack(members, union(members), Combination('weighted'))
    part = (slice(60, 60 + 560), slice(60, 60 + 560))
    pulls = made.data[part] * np.sqrt(made.weight[part])
    boxes = pulls.reshape(70, BOX, 70, BOX).sum(axis=(1, 3)) / BOX
    assert made.exposures[part].min() == 8 and boxes.std() == pytest.approx(1, abs=0.03)
    assert 0.85 < pulls.std() < 0.95


@pytest.mark.slow
def test_memory_does_not_grow_with_the_number_of_members(monkeypatch):
    monkeypatch.setattr(module, '_BLOCK_BYTES', 2 << 20)
    shape = (400, 500)

    def of_rows(value):
        return Rows(shape, lambda rows: np.full((rows.stop - rows.start, shape[1]), value, np.float32))
    peaks = []
    for number in (4, 200):
        members = [StoredMember(Box(0, 0, 500, 400), of_rows(2.0), of_rows(1.0), of_rows(0.0))] * number
        stack(members, members[0].box)
        tracemalloc.start()
        made = stack(members, members[0].box)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert np.all(made.data == 2) and np.all(made.exposures == number)
    assert peaks[1] < 1.5 * peaks[0]


def test_medians_tell_less_than_means():
    found = median_efficiency(40)
    rng = np.random.default_rng(0)
    for number in (3, 4, 9, 15, 20, 40):
        values = rng.normal(size=(200_000 // number * 4, number))
        assert found[number] == pytest.approx(1 / number / np.median(values, axis=1).var(), rel=0.02)
    assert len(found) == 41 and found[-1] == pytest.approx(2 / np.pi, rel=0.05)


def test_nothing_is_no_stack():
    with pytest.raises(ParameterError, match='no stack'):
        stack([], Box(0, 0, 5, 5))
    with pytest.raises(ParameterError, match='no way to combine'):
        Combination('mode')


@pytest.mark.parametrize('kind', KINDS)
def test_the_seeing_is_that_of_the_frames_that_tell_a_pixel(kind):
    def member(x, fwhm, weight):
        shape = (3, 10)
        return StoredMember(Box(x, 0, x + 10, 3), np.ones(shape, np.float32), np.full(shape, weight, np.float32),
                            np.zeros(shape, np.int16), fwhm)
    members = [member(0, 0.8, 1.0), member(5, 1.0, 3.0), member(8, np.nan, 1.0), member(20, 0.7, 1.0), member(40, np.nan, 1.0)]
    made = stack(members, union(members), Combination(kind))
    shares = [0.5, 0.5] if kind == 'sum' else [0.25, 0.75]
    both = np.sqrt(np.dot(shares, [0.64, 1.0]))
    assert made.seeing[1, [2, 7, 9, 12, 25]] == pytest.approx([0.8, both, both, 1.0, 0.7])
    assert np.isnan(made.seeing[:, [16, 19, 45]]).all()  # no member, or only one of unknown seeing
