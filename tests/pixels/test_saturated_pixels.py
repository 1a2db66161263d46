"""Saturated pixels and the trails of charge that run from them."""

import numpy as np
import pytest

from awlike.pixels.kernels.trails import mark_trails
from awlike.pixels.saturated_pixels import saturated_pixels
from awlike.simulate.chip import add_star, bleed

SHAPE, SKY, FULL = (400, 300), 1200.0, 60000.0


@pytest.fixture
def raw(rng):
    """A raw frame of noise, ADU."""
    return (SKY + 20 * rng.standard_normal(SHAPE)).astype(np.float32)


def star(raw, y, x, electrons=2e7, fwhm=3.7):
    """Add a star whose core saturates; return the columns of the core."""
    add_star(raw, x, y, electrons, fwhm)
    np.minimum(raw, 1.05 * FULL, out=raw)
    return np.flatnonzero((raw[max(y - 20, 0):y + 20] >= FULL).any(axis=0))


def trail(raw, columns, rows, level, leak=0.0):
    """Fill these pixels up to a level, and let a share of it leak to either side."""
    raw[rows, columns] = np.maximum(raw[rows, columns], level)
    if leak:
        raw[rows, [columns.start - 1, columns.stop]] += leak * level


def bad(raw, **how):
    return saturated_pixels(raw, FULL, 1.0, **how) == 0


def ends(saturated):
    """Return the saturated pixels with the one above and the one below."""
    return saturated | np.roll(saturated, 1, axis=0) | np.roll(saturated, -1, axis=0)


@pytest.mark.parametrize('level', [3000, 20000, 50000, 65000])
@pytest.mark.parametrize('width', [1, 2, 7])
def test_a_trail_is_found_whole_whatever_its_level(raw, level, width):
    star(raw, 200, 150)
    columns, rows = slice(150 - width // 2, 150 - width // 2 + width), slice(40, 330)
    trail(raw, columns, rows, level)
    found = bad(raw)
    assert found[rows, columns].all()
    found[rows, columns] = False
    assert found.sum() < 120 and not found[:39].any() and not found[331:].any()


def test_the_charge_of_the_simulator_is_followed_to_its_last_pixel(raw):
    for x, electrons in ((60, 2e7), (150, 6e7), (240, 4e6)):
        add_star(raw, x, 200, electrons, 3.7)
    before = np.minimum(raw, 62000)
    bleed(raw, 62000)
    assert (raw > before).sum() > 300
    assert bad(raw)[raw > before].all()
    assert (bad(raw) & ~ends(raw >= FULL)).sum() < 10, 'of pixels that hold their own light alone'


@pytest.mark.parametrize('core', [30000.0, SKY, 1.0, 0.0, np.nan])
def test_the_core_of_a_star_that_reads_too_little_is_bad(raw, core):
    star(raw, 200, 150, electrons=2e8, fwhm=6)
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    middle = np.hypot(y - 200, x - 150) < 6
    ring = (raw >= FULL) & ~middle
    raw[middle] = core
    assert ring.sum() > middle.sum() > 100 and bad(raw)[middle].all()
    assert (bad(raw) & ~ends(ring | middle)).sum() < 30


def test_a_core_is_filled_where_ring_and_trail_together_enclose_it(raw):
    star(raw, 200, 150, electrons=2e8, fwhm=6)
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    trail(raw, slice(149, 152), slice(60, 340), 30000)
    middle = np.hypot(y - 200, x - 150) < 6
    raw[middle] = 25000
    assert bad(raw)[middle].all()


def test_what_saturated_pixels_do_not_enclose_stays(raw):
    box = np.zeros(SHAPE, bool)
    box[100:120, 100:120], box[101:119, 101:119] = True, False
    box[100, 104:114] = False  # a gap
    for top, left in ((200, 100), (280, 10)):
        box[top:top + 5, left:left + 100] = box[top + 70:top + 75, left:left + 100] = True  # far apart
        box[top:top + 75, left:left + 3] = box[top:top + 75, left + 97:left + 100] = True
    box[:40, 250:256], box[34:40, 250:], box[:40, -1] = True, True, False  # a corner of the frame
    raw[box] = 65000
    found = bad(raw)
    assert not found[105:115, 103:117].any() and not found[210:260, 110:190].any() and not found[:30, 260:].any()


def test_diagonal_rings_are_closed_and_frames_full_of_saturation_are_no_trouble(raw):
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    raw[np.abs(y - 100) + np.abs(x - 100) == 8] = 65000
    assert bad(raw)[np.abs(y - 100) + np.abs(x - 100) < 8].all()
    assert bad(np.where((y + x) % 2 == 0, np.float32(65000), raw))[1:-1, 1:-1].all()
    assert bad(np.full(SHAPE, 65000, np.float32)).all()


def test_pixels_beside_a_trail_are_bad_where_charge_leaks(raw):
    star(raw, 200, 150)
    trail(raw, slice(149, 152), slice(90, 195), 30000, leak=0.05)
    trail(raw, slice(149, 152), slice(205, 340), 65000, leak=0.05)
    for rows in slice(90, 180), slice(220, 340):
        assert bad(raw)[rows, 148].mean() > 0.9 and bad(raw)[rows, 152].mean() > 0.9
        assert not bad(raw)[rows, 146].any() and not bad(raw)[rows, 154].any()


def test_trails_at_the_border_are_found(raw):
    for x in (0, 1, 299):
        star(raw, 200, x)
        columns = slice(max(x - 1, 0), x + 2)
        trail(raw, columns, slice(60, 200), 30000)
    found = bad(raw)[60:190]
    assert found[:, :3].all() and found[:, 298:].all() and not found[:, 5:295].any()


@pytest.mark.parametrize('fwhm', [2.5, 3.7, 8])
def test_wings_of_stars_are_no_trails(raw, fwhm):
    for number, electrons in enumerate((5e6, 2e7, 1e8, 5e8)):
        star(raw, 90 * number + 60, 60 * number + 50, electrons, fwhm)
    assert np.array_equal(bad(raw), ends(raw >= FULL))


@pytest.mark.parametrize('offset', [0, 0.5])
@pytest.mark.parametrize('sigma', [1.1, 1.6, 3])
def test_diffraction_spikes_are_no_trails(raw, sigma, offset):
    star(raw, 200, 150)
    across = np.arange(SHAPE[1]) - 150 - offset
    along = np.abs(np.arange(SHAPE[0]) - 200)[:, None]
    raw += (20000 / (1 + along / 20) * np.exp(-0.5 * (across / sigma) ** 2)).astype(np.float32)
    assert np.array_equal(bad(raw), ends(raw >= FULL))


def test_a_galaxy_whose_nucleus_saturates_has_no_trail(raw):
    y, x = np.ogrid[:SHAPE[0], :SHAPE[1]]
    raw += (90000 * np.exp(-np.hypot((y - 200) / 4, x - 150) / 5)).astype(np.float32)  # along y, four times as long
    assert (raw >= FULL).any()
    assert np.array_equal(bad(raw), ends(raw >= FULL))


def test_what_is_bright_but_no_trail_of_a_saturated_pixel_stays(raw):
    star(raw, 200, 150)
    raw[:, 80] += 5000  # a hot column
    raw[260:270, 150] += 30000  # a cosmic ray, well off the core
    assert np.array_equal(bad(raw), ends(raw >= FULL))


def test_trails_on_bad_pixels_go_on(raw):
    star(raw, 200, 150)
    trail(raw, slice(149, 152), slice(100, 180), 30000)
    raw[150:153, 140:160] = np.nan
    raw[120, 140:160] = 65000  # a cosmic ray across
    assert bad(raw)[100:180, 149:152].all()


def test_less_than_nsigma_is_no_trail(raw):
    star(raw, 200, 150)
    trail(raw, slice(149, 152), slice(40, 190), SKY + 500)
    assert bad(raw)[40:140, 150].all() and not bad(raw, nsigma=40)[40:140, 150].any()
    with pytest.raises(ValueError, match='nsigma is 0'):
        bad(raw, nsigma=0)


def test_nsigma_is_in_units_of_the_noise_of_the_frame(raw):
    star(raw, 200, 150)
    trail(raw, slice(149, 152), slice(40, 190), SKY + 25 * 20)  # 25 sigma
    assert bad(raw, nsigma=20)[40:140, 150].all() and not bad(raw, nsigma=32)[40:140, 150].any()


def test_saturated_and_empty_pixels():
    raw = np.array([[0, 5, 6, 59999, 60000, 65535]], np.uint16)
    assert saturated_pixels(raw, 60000).tolist() == [[1, 1, 1, 1, 0, 0]]
    assert saturated_pixels(raw, 60000, low=5).tolist() == [[0, 0, 1, 1, 0, 0]]


def test_a_frame_with_nothing_good_has_a_map_of_0():
    assert not saturated_pixels(np.full(SHAPE, np.nan, np.float32), 60000).any()


@pytest.mark.parametrize('value', [0, 1000, 65535, np.nan])
@pytest.mark.parametrize('shape', [(1, 1), (1, 5), (5, 1), (3, 4), (50, 7)])
def test_images_of_one_value_and_tiny_ones(shape, value):
    assert (bad(np.full(shape, value, np.float32)) == (value != 1000)).all()


def test_integers_and_floats_give_the_same_map_and_are_left_alone(raw):
    star(raw, 200, 150)
    trail(raw, slice(149, 152), slice(40, 330), 20000)
    integers = np.rint(raw).astype(np.uint16)
    before = integers.copy()
    assert np.array_equal(bad(integers), bad(integers.astype('>f4'))) and np.array_equal(integers, before)



def outward(row, x, side):
    """Return the pixels from x to one side, and the same with the last one three times more."""
    line = row[x:] if side > 0 else row[x::-1]
    return line, np.append(line, [line[-1]] * 3)


def width_twin(row, x, side, least):
    """Return the number of columns of a trail from x to one side (0 without an edge), and whether it reaches the border."""
    line, more = outward(row, x, side)
    for width in range(1, len(line) + 1):
        inside = line[:width]
        if width == len(line):
            return (width if inside.min() >= inside.max() / 2 else 0), True
        level = np.median(more[width + 1:width + 4])
        height = inside.max() - level
        if height > least:
            if inside.min() - level < height / 2:
                break
            if inside[-1] - line[width] > np.float32(0.7) * height:
                return width, False
    return 0, False


class Twin:
    """The trails of a frame, pixel by pixel."""

    def __init__(self, raw, high, least):
        self.raw, self.full, self.least = raw, raw >= high, least
        self.good = np.ones(raw.shape, np.uint8)
        for x in range(raw.shape[1]):
            edges = np.flatnonzero(np.diff(np.r_[False, self.full[:, x], False]))
            for first, stop in edges.reshape(-1, 2):
                sides = self.full[(first + stop - 1) // 2]
                glare = sum(np.argmin(np.append(outward(sides, x, side)[0], False)) for side in (-1, 1)) - 1
                for side, y in ((-1, first), (1, stop - 1)):
                    self.follow(y, x, side, glare)
                    self.straight(first, stop, x, side)

    def leak(self, y, x, side):
        if 0 <= x < self.raw.shape[1]:
            more = outward(self.raw[y], x, side)[1]
            self.good[y, x] &= not more[0] - np.median(more[1:4]) > self.least

    def follow(self, y, x, step, glare):
        seen, missed, marked = 0, 0, y
        there = y + step
        while 0 <= there < len(self.raw) and not self.full[there, x] and missed <= (5 if marked != y else 5 + glare):
            (left, at_left), (right, at_right) = (width_twin(self.raw[there], x, side, self.least) for side in (-1, 1))
            trail = left and right and not (at_left and at_right)
            seen, missed = (seen + 1, missed) if trail else (0, missed + 1)
            if seen >= 3:
                self.good[min(marked, there):max(marked, there) + 1, x] = 0
                self.leak(there, x - left, -1)
                self.leak(there, x + right, 1)
                marked, missed = there, 0
            there += step
        self.good[np.clip(marked + step, 0, len(self.raw) - 1), x] = 0

    def straight(self, first, stop, x, side):
        if 0 <= x + side < self.raw.shape[1]:
            edges = np.flatnonzero(np.diff(np.r_[False, ~self.full[first:stop, x + side], False]))
            for start, end in edges.reshape(-1, 2):
                for y in range(first + start, first + end) if end - start >= 30 else ():
                    self.leak(y, x + side, side)


@pytest.mark.slow
@pytest.mark.parametrize('seed', range(12))
def test_the_kernel_beside_its_twin(seed):
    rng = np.random.default_rng(seed)
    raw = (SKY + 20 * rng.standard_normal((90, 40))).astype(np.float32)
    for _ in range(5):
        y, x = rng.integers(0, raw.shape)
        star(raw, y, x, 10 ** rng.uniform(5.5, 7.5), rng.uniform(1, 4))
        columns = slice(max(x - rng.integers(0, 4), 0), x + 1 + rng.integers(0, 3))
        rows = slice(max(y - rng.integers(1, 60), 0), y + rng.integers(1, 60))
        raw[rows, columns] = np.maximum(raw[rows, columns], rng.uniform(2000, 70000))
    padded = np.pad(raw, [(0, 0), (3, 3)], mode='edge')
    good = (raw < FULL).astype(np.uint8)
    mark_trails(padded, FULL, 100, good)
    assert np.array_equal(good, Twin(raw, FULL, 100).good & (raw < FULL))
    assert (good == 0).sum() > 100
