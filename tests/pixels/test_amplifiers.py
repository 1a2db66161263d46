"""Detectors of several amplifiers: one image without borders, ghosts or invented noise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awlike.errors import HeaderError, ParameterError
from awlike.pixels.amplifiers import light_sensitive, subtract_crosstalk
from awlike.pixels.combine import combine_clipped
from awlike.pixels.geometry import Amplifier, Geometry, Section
from awlike.pixels.overscan import (
    overscan_subtracted,
    possible_modes,
    subtract_overscan,
)
from awlike.pixels.reduced import reduce_image
from awlike.pixels.saturated_pixels import saturated_pixels
from awlike.pixels.strips import Rows
from awlike.sky.linear_wcs import trimmed_astrometry
from tests.amplifiers import (
    COEFFICIENT,
    CROSSTALK,
    FULL_WELL,
    GAINS,
    LEVELS,
    NAMES,
    READ_NOISE,
    FourAmplifiers,
)

SKY = 3000.0  # e-
MEAN_GAIN = np.mean(GAINS)
STAR = slice(20, 26), slice(10, 16)  # saturated, in C00
DETECTOR = FourAmplifiers()


@pytest.fixture(scope='module')
def exposure():
    """The readings of the four amplifiers of an even sky with one saturated star in C00."""
    light = DETECTOR.light(SKY)
    light[STAR] = 1e6
    return DETECTOR.read_out(light, np.random.default_rng(3))


@pytest.fixture(scope='module')
def frame(exposure):
    """The raw frame and its geometry."""
    return DETECTOR.mosaic(exposure)


def ghost_places():
    """Return where the star's ghosts stand: as far from the other corners as the star is from its own."""
    height, width = 2 * DETECTOR.shape[0], 2 * DETECTOR.shape[1]
    y, x = STAR
    mirrored_y, mirrored_x = slice(height - y.stop, height - y.start), slice(width - x.stop, width - x.start)
    return [(y, mirrored_x), (mirrored_y, x), (mirrored_y, mirrored_x)]


def without_star(image):
    """Return the image, NaN where the star and its ghosts are."""
    image = image.copy()
    for place in [STAR, *ghost_places()]:
        image[place] = np.nan
    return image


def plain_twin(image, geometry):
    """Assemble the raw frame, one amplifier after the other, without levels and gains."""
    result = np.full(geometry.shape, np.nan, np.float32)
    for one in geometry.amplifiers:
        part = image[one.trim.slices]
        part = np.flipud(part) if one.flips[0] else part
        result[one.place.slices] = np.fliplr(part) if one.flips[1] else part
    return result


# --- one image ---

@pytest.mark.parametrize('mode', range(1, 11))
def test_the_sky_is_flat_across_the_borders_in_every_mode(frame, mode):
    image = without_star(subtract_overscan(*frame, mode, CROSSTALK))
    parts = [np.nanmean(image[DETECTOR.part(number)]) for number in range(4)]
    error = np.sqrt(SKY) / MEAN_GAIN / np.sqrt(np.prod(DETECTOR.shape))
    slope = 5 if mode <= 3 or mode == 9 else 0  # ADU, of the level along the column, which these do not follow
    assert np.abs(np.array(parts) - SKY / MEAN_GAIN).max() < 8 * error + slope


def test_columns_and_rows_at_the_borders_are_those_of_the_sky(frame):
    image = without_star(subtract_overscan(*frame, 6, CROSSTALK))
    height, width = DETECTOR.shape
    for lines in (image[height - 2:height + 2], image[:, width - 2:width + 2].T):
        error = np.sqrt(SKY) / MEAN_GAIN / np.sqrt(lines.shape[1])
        assert np.abs(np.nanmean(lines, axis=1) - SKY / MEAN_GAIN).max() < 5 * error


def test_the_noise_is_that_of_the_photons_at_the_mean_gain(frame):
    image = without_star(subtract_overscan(*frame, 6, CROSSTALK))
    expected = np.sqrt(SKY + READ_NOISE ** 2) / MEAN_GAIN
    for number in range(4):
        assert np.nanstd(image[DETECTOR.part(number)]) == pytest.approx(expected, rel=0.05)


def test_without_gains_each_part_keeps_its_own_adu(exposure):
    raw, geometry = DETECTOR.mosaic(exposure)
    unknown = Geometry(amplifiers=tuple(type(one)(**vars(one) | {'gain': None}) for one in geometry.amplifiers))
    image = without_star(subtract_overscan(raw, unknown, 6, CROSSTALK))
    for number, gain in enumerate(GAINS):
        assert np.nanmean(image[DETECTOR.part(number)]) == pytest.approx(SKY / gain, rel=0.01)


def test_a_level_of_its_own_goes_from_each_part():
    raw, geometry = DETECTOR.mosaic(DETECTOR.read_out(DETECTOR.light(0), np.random.default_rng(4)))
    image = subtract_overscan(raw, geometry, 6)
    assert max(LEVELS) - min(LEVELS) > 1000
    for number in range(4):
        assert abs(image[DETECTOR.part(number)].mean()) < 0.3


@pytest.mark.parametrize('place', ['mosaic', 'one_image'])
def test_mode_0_is_the_assembly_written_out(exposure, place):
    raw, geometry = getattr(DETECTOR, place)(exposure)
    unknown = Geometry(amplifiers=tuple(type(one)(**vars(one) | {'gain': None}) for one in geometry.amplifiers))
    twin = plain_twin(raw, geometry)
    assert np.array_equal(subtract_overscan(raw, unknown, 0), twin)
    lit = light_sensitive(raw, geometry)
    assert lit.dtype == raw.dtype and np.array_equal(lit, twin)


def test_one_hdu_with_sections_gives_the_same_bits_as_an_hdu_for_each(exposure):
    for mode in (2, 6):
        apart, together = (subtract_overscan(*place(exposure), mode, CROSSTALK)
                           for place in (DETECTOR.mosaic, DETECTOR.one_image))
        assert np.array_equal(apart, together)


def test_where_no_amplifier_reads_it_is_nan_and_0_once_reduced(frame):
    raw, geometry = frame
    three = Geometry(amplifiers=(*geometry.amplifiers[:1], *geometry.amplifiers[2:]))
    image = subtract_overscan(raw, three, 6)
    dead = DETECTOR.part(1)
    assert np.isnan(image[dead]).all() and np.isfinite(image).sum() == 3 * np.prod(DETECTOR.shape)
    reduced = reduce_image(overscan_subtracted(raw, three, 6), np.zeros_like(image), np.ones_like(image))
    assert (reduced[dead] == 0).all() and np.isfinite(reduced).all()


# --- in strips ---

@given(st.integers(0, 127), st.integers(1, 60))
def test_any_rows_are_those_of_the_whole(frame, start, number):
    lazy = overscan_subtracted(*frame, 6, CROSSTALK)
    assert np.array_equal(lazy[start:start + number], np.asarray(lazy)[start:start + number])


def test_rows_that_are_side_by_side_are_read_once(frame):
    raw, geometry = frame
    asked = []

    def rows_of(rows):
        asked.append((rows.start, rows.stop))
        return raw[rows]

    lazy = overscan_subtracted(Rows(raw.shape, rows_of), geometry, 2, CROSSTALK)
    asked.clear()
    lazy[0:8]
    height = DETECTOR.raw_shape[0]
    assert asked == [(0, 8), (height, height + 8)], 'those below, and those above for their crosstalk'


def test_frames_combine_as_they_are_read():
    rng = np.random.default_rng(5)
    frames = [DETECTOR.mosaic(DETECTOR.read_out(DETECTOR.light(0), rng)) for _ in range(5)]
    lazy = [overscan_subtracted(Rows(raw.shape, raw.__getitem__), geometry, 6) for raw, geometry in frames]
    assert np.array_equal(combine_clipped(lazy, 3), combine_clipped([subtract_overscan(*frame, 6) for frame in frames], 3))


def test_reducing_takes_it_as_it_is(frame):
    bias, flat = np.ones(DETECTOR.light(0).shape, np.float32), np.full(DETECTOR.light(0).shape, 2, np.float32)
    reduced = reduce_image(overscan_subtracted(*frame, 6), bias, flat)
    assert np.allclose(reduced, (subtract_overscan(*frame, 6) - 1) / 2)


# --- crosstalk ---

def test_the_ghosts_of_a_saturated_star_are_there_and_go(frame):
    ghosted, clean = (subtract_overscan(*frame, 6, crosstalk) for crosstalk in (None, CROSSTALK))
    for number, place in enumerate(ghost_places(), 1):
        scale, error = GAINS[number] / MEAN_GAIN, np.sqrt(SKY) / MEAN_GAIN / 6
        assert ghosted[place].mean() - SKY / MEAN_GAIN == pytest.approx(COEFFICIENT * FULL_WELL * scale, abs=4 * error)
        assert abs(clean[place].mean() - SKY / MEAN_GAIN) < 4 * error
    assert (clean[STAR] > 0.99 * FULL_WELL * GAINS[0] / MEAN_GAIN).all()


def test_crosstalk_is_of_what_was_measured_at_once(rng):
    victim, source = rng.normal(0, 1, (2, 5, 4)).astype(np.float32)
    cleaned = subtract_crosstalk(victim, [(0.5, source, (False, False)), (0.25, source, (True, True))])
    assert cleaned.dtype == np.float32
    assert np.allclose(cleaned, victim - 0.5 * source - 0.25 * source[::-1, ::-1], atol=1e-6)


def test_what_is_not_finite_in_a_source_does_not_spread():
    source = np.array([[1, np.nan, np.inf]], np.float32)
    assert np.array_equal(subtract_crosstalk(np.zeros((1, 3), np.float32), [(1, source, (False, False))]), [[-1, 0, 0]])


def test_images_of_two_shapes_have_no_crosstalk():
    with pytest.raises(ParameterError, match=r'source has shape \(3, 2\) and victim \(2, 3\)'):
        subtract_crosstalk(np.zeros((2, 3)), [(1e-3, np.zeros((3, 2)), (False, False))])


@pytest.mark.parametrize(('crosstalk', 'words'), [
    ({'C02': {'C00': 1e-4}}, "names the amplifier 'C02', but this frame has C00, C01, C10, C11: correct the parameter"),
    ({'C00': {'c01': 1e-4}}, "names the amplifier 'c01'"), ({'C00': {'C00': 1e-4}}, "'C00' with itself: leave it out")])
def test_crosstalk_that_makes_no_sense_is_refused(frame, crosstalk, words):
    with pytest.raises(ParameterError, match=words):
        overscan_subtracted(*frame, 6, crosstalk)


def test_a_detector_of_one_amplifier_has_no_crosstalk():
    with pytest.raises(ParameterError, match="amplifier 'A', but this frame has none"):
        overscan_subtracted(np.zeros((5, 5)), Geometry(Section(0, 5, 0, 5)), 0, {'A': {'B': 1e-4}})


# --- saturation ---

def test_the_step_between_two_amplifiers_is_no_trail_of_a_star_on_the_border():
    (height, width), light = DETECTOR.shape, DETECTOR.light(SKY)
    star = slice(height - 5, height + 3), slice(width - 4, width + 4)
    light[star] = 1e6
    raw, geometry = DETECTOR.mosaic(DETECTOR.read_out(light, np.random.default_rng(6)))
    good = saturated_pixels(light_sensitive(raw, geometry), FULL_WELL, 1.0, even=subtract_overscan(raw, geometry, 2))
    assert not good[star].any() and (good == 0).sum() < 2 * 8 * 8


# --- geometry ---

def test_places_begin_at_the_first_of_them_and_flips_are_those_of_the_section():
    geometry = Geometry.from_fits([{'name': 'A', 'trim': '[1:10,1:8]', 'detsec': '[1020:1011,508:501]', 'gain': 2.0},
                                   {'name': 'B', 'trim': '[11:20,1:8]', 'detsec': '[1001:1010,501:508]'}])
    a, b = geometry.amplifiers
    assert (a.place, b.place) == (Section(10, 20, 0, 8), Section(0, 10, 0, 8)) and geometry.shape == (8, 20)
    assert (a.flips, b.flips, a.gain, b.gain) == ((True, True), (False, False), 2.0, None) and geometry.parts == (a, b)


def test_only_modes_that_all_amplifiers_allow_are_possible(frame):
    raw, geometry = frame
    first, *rest = geometry.amplifiers
    bare = Geometry(amplifiers=(type(first)(**vars(first) | {'overscan_x': None, 'prescan_x': None}), *rest))
    assert possible_modes(geometry) == list(range(11)) and possible_modes(bare) == [0, 9]
    with pytest.raises(ParameterError, match=r'use one of the modes \[0, 9\]'):
        overscan_subtracted(raw, bare, 6)
    with pytest.raises(HeaderError, match=r'overscan_y .* of amplifier C10 does not lie in an image'):
        overscan_subtracted(raw[:-1], geometry, 6)


@pytest.mark.parametrize('number', range(4))
def test_astrometry_is_that_of_the_first_amplifier_turned_as_its_pixels(number, exposure):
    raw, geometry = DETECTOR.mosaic(exposure)
    order = [number, *(one for one in range(4) if one != number)]
    geometry = Geometry(amplifiers=tuple(geometry.amplifiers[one] for one in order))
    astrom = {'CRPIX1': 30.0, 'CRPIX2': 95.0, 'CD1_1': -1.0, 'CD1_2': 0.1, 'CD2_1': 0.2, 'CD2_2': 1.0}
    found = trimmed_astrometry(astrom, geometry)
    amplifier = geometry.amplifiers[0]
    x, y = amplifier.trim.x0 + 5, amplifier.trim.y0 + 7  # a pixel of the raw frame, from 0
    marked = np.zeros_like(raw)
    marked[y, x] = 1
    (there_y,), (there_x,) = np.nonzero(light_sensitive(marked, geometry))

    def world(astrom, x, y):
        dx, dy = x + 1 - astrom['CRPIX1'], y + 1 - astrom['CRPIX2']
        return astrom['CD1_1'] * dx + astrom['CD1_2'] * dy, astrom['CD2_1'] * dx + astrom['CD2_2'] * dy

    assert world(found, there_x, there_y) == pytest.approx(world(astrom, x, y))
    assert NAMES[number] == amplifier.name


# --- any layout ---

@st.composite
def layouts(draw):
    """A raw image, the amplifiers of a grid in any order, turned and read in any way, and their crosstalk."""
    rows, columns, height, width = (draw(st.integers(1, most)) for most in (2, 3, 5, 4))
    number = rows * columns
    cells = draw(st.permutations(range(number)))
    ways = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=number, max_size=number)
    amplifiers = [
        Amplifier(name=str(n), flips=flips, reversed=backwards, gain=draw(st.sampled_from([1.0, 2.0])),
                  trim=Section((width + 1) * (n % columns), (width + 1) * (n % columns) + width, height * (n // columns),
                               height * (n // columns + 1)),
                  place=Section(width * (cell % columns), width * (cell % columns + 1), height * (cell // columns),
                                height * (cell // columns + 1)))
        for n, (cell, flips, backwards) in enumerate(zip(cells, draw(ways), draw(ways), strict=True))]
    pairs = [(a.name, b.name) for a in amplifiers for b in amplifiers if a is not b]
    crosstalk = {}
    for victim, source in draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []:
        crosstalk.setdefault(victim, {})[source] = draw(st.sampled_from([0.5, -0.25]))
    raw = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 1000, (rows * height, columns * (width + 1)))
    return raw.astype(np.uint16), Geometry(amplifiers=tuple(amplifiers)), crosstalk


def turned(image, flips):
    """Return the image, turned upside down and left to right as `flips` says."""
    image = np.flipud(image) if flips[0] else image
    return np.fliplr(image) if flips[1] else image


def assembled_twin(raw, geometry, crosstalk):
    """Return the result without levels: each part in the order of reading, less its ghosts, on the detector, times its gain."""
    read = {one.name: turned(raw[one.trim.slices].astype(float), one.reversed) for one in geometry.amplifiers}
    mean = np.mean([one.gain for one in geometry.amplifiers])
    result = np.full(geometry.shape, np.nan)
    for one in geometry.amplifiers:
        clean = read[one.name] - sum(c * read[source] for source, c in crosstalk.get(one.name, {}).items())
        result[one.place.slices] = turned(turned(clean, one.reversed), one.flips) * one.gain / mean
    return result


@given(layouts())
def test_any_layout_is_assembled_as_written_out(layout):
    assert np.allclose(subtract_overscan(layout[0], layout[1], 0, layout[2]), assembled_twin(*layout), rtol=1e-6, atol=1e-3)
