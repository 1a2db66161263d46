from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.pixels.geometry import Geometry, Section
from awlike.pixels.overscan import MODES, possible_modes, subtract_overscan

NY, NX = 400, 200
FULL = Geometry(
    trim=Section(20, 170, 0, 380),
    prescan_x=Section(0, 20, 0, 400),
    overscan_x=Section(170, 200, 0, 400),
    prescan_y=None,
    overscan_y=Section(20, 170, 380, 400),
)
ONLY_X = Geometry(FULL.trim, FULL.prescan_x, FULL.overscan_x)


def raw(rows=0.0, columns=0.0, noise=2.0, seed=5):
    """Return a raw bias of 1000 ADU plus a level per row and per column, integers."""
    rng = np.random.default_rng(seed)
    image = 1000 + rng.normal(0, noise, (NY, NX)) + np.broadcast_to(rows, NY)[:, None] + np.broadcast_to(columns, NX)
    return np.round(image).astype(np.uint16)


def test_the_table_lists_eleven_modes_and_the_docstring_has_them():
    from awlike.pixels import overscan

    assert list(MODES) == list(range(11))
    assert all(f'\n{mode:<6}' in overscan.__doc__ for mode in MODES)


def test_the_docs_have_the_same_table():
    page = (Path(__file__).parents[2] / 'docs' / 'overscan.md').read_text()
    rows = [[cell.strip() for cell in line.split('|')[1:-1]] for line in page.splitlines() if line.startswith('| ')][1:]
    assert {int(mode): text for mode, text, _ in rows} == MODES
    only_y = Geometry(FULL.trim, overscan_y=FULL.overscan_y)
    for mode, _, needs in rows:
        possible = [int(mode) in possible_modes(geometry) for geometry in (Geometry(FULL.trim), ONLY_X, only_y, FULL)]
        assert possible == {'-': [True] * 4, 'x': [False, True, False, True], 'y': [False, False, True, True],
                            'x and y': [False, False, False, True]}[needs], mode


def test_mode_0_only_trims():
    image = raw()
    trimmed = subtract_overscan(image, Geometry(FULL.trim), 0)
    assert trimmed.dtype == np.float32
    assert np.array_equal(trimmed, image[FULL.trim.slices])


@pytest.mark.parametrize('mode', range(1, 11))
def test_a_constant_level_goes_to_a_hundredth_of_the_noise_of_a_row(mode):
    trimmed = subtract_overscan(raw(), FULL, mode)
    assert trimmed.dtype == np.float32 and trimmed.shape == FULL.trim.shape
    assert abs(trimmed.mean()) < 0.1
    assert trimmed.std() == pytest.approx(2.0, rel=0.05)


@pytest.mark.parametrize('mode', [4, 5, 6, 7, 8, 10])
def test_a_slope_along_the_column_is_followed_row_by_row(mode):
    slope = 30 * np.linspace(0, 1, NY) ** 2
    rows = subtract_overscan(raw(rows=slope), FULL, mode).mean(axis=1)
    assert np.abs(rows - rows.mean()).max() < 2.0
    assert rows.std() < 0.6


def test_smoothing_leaves_the_row_noise_of_the_correction_negligible():
    noiseless = np.where(np.arange(NX) < 170, 1000, raw())
    per_row, smoothed = (subtract_overscan(noiseless, ONLY_X, mode)[:, 0] for mode in (5, 6))
    assert per_row.std() > 0.3
    assert smoothed.std() < 0.15


def test_smoothing_leaves_less_noise_than_the_median_of_31_rows():
    rng = np.random.default_rng(5)
    image = np.full((4000, 60), 1000.0, np.float32)
    image[:, :50] += rng.normal(0, 10, (4000, 50))
    levels = 1000 - subtract_overscan(image, Geometry(Section(50, 60, 0, 4000), Section(0, 50, 0, 4000)), 7)[:, 0]
    noise_of_median = 10 / np.sqrt(50) * np.sqrt(np.pi / 2 / 31)
    assert np.std(levels) < 0.9 * noise_of_median


@pytest.mark.parametrize('mode', [1, 2, 3])
def test_the_constant_level_of_integers_with_little_noise_is_not_rounded(mode):
    rng = np.random.default_rng(5)
    image = 1000 + (rng.random((NY, NX)) < 0.3).astype(np.uint16)  # most values are equal: their MAD is 0
    level = np.mean(image[FULL.trim.slices] - subtract_overscan(image, FULL, mode))
    assert level == pytest.approx(1000.3, abs=0.02)


def test_smoothing_does_not_smear_the_transient_of_the_first_rows():
    transient = -900 * np.exp(-np.arange(NY) / 4.0)
    rows = subtract_overscan(raw(rows=transient), ONLY_X, 6).mean(axis=1)
    assert np.abs(rows[:40]).max() < 2.0


def test_a_bleeding_star_and_a_bad_column_do_not_move_a_row():
    image = raw()
    image[100:110, 165:182] = 60000  # bleeds into 12 of 30 columns of the overscan
    image[:, 199] = 0
    for mode in (2, 5, 6, 8, 9, 10):
        rows = subtract_overscan(image, FULL, mode)[:, :100].mean(axis=1)
        assert np.abs(rows).max() < 2.0, mode


def test_a_row_wholly_lost_is_bridged_by_smoothing():
    image = raw()
    image[200:208, 170:] = 30000
    assert np.abs(subtract_overscan(image, FULL, 6)[190:220].mean(axis=1)).max() < 1.0


@pytest.mark.parametrize('mode', [9, 10])
def test_columns_are_followed(mode):
    pattern = 10 * np.sin(np.arange(NX) / 60)
    columns = subtract_overscan(raw(columns=pattern), FULL, mode).mean(axis=0)
    assert columns.std() < 0.8


def test_where_a_region_lacks_the_other_one_serves():
    image = raw(rows=np.linspace(0, 20, NY))
    only_pre = Geometry(FULL.trim, prescan_x=FULL.prescan_x)
    only_over = Geometry(FULL.trim, overscan_x=FULL.overscan_x)
    assert np.array_equal(subtract_overscan(image, only_pre, 6), subtract_overscan(image, FULL, 7))
    assert np.array_equal(subtract_overscan(image, only_over, 1), subtract_overscan(image, FULL, 2))
    assert np.array_equal(subtract_overscan(image, only_over, 3), subtract_overscan(image, FULL, 2))


def test_a_mode_without_its_region_is_refused_and_the_possible_ones_are_told():
    nothing = Geometry(FULL.trim)
    assert possible_modes(nothing) == [0]
    with pytest.raises(ValueError, match=r'use one of the modes \[0\]'):
        subtract_overscan(raw(), nothing, 6)
    with pytest.raises(ValueError, match=r'\[0, 1, 2, 3, 4, 5, 6, 7, 8\]'):
        subtract_overscan(raw(), ONLY_X, 10)
    with pytest.raises(ValueError, match='overscan mode 11 does not exist'):
        subtract_overscan(raw(), FULL, 11)


def test_a_region_outside_the_image_is_named():
    with pytest.raises(ValueError, match=r'overscan_x \[171:200,1:400\] does not lie in'):
        subtract_overscan(raw()[:, :180], ONLY_X, 6)


def test_nan_in_the_overscan_is_not_used_and_a_lost_overscan_gives_nan():
    image = raw().astype(np.float32)
    image[50, 180] = np.nan
    image[51, 170:] = np.nan
    for mode in range(1, 11):
        assert np.abs(subtract_overscan(image, FULL, mode).mean(axis=1)).max() < 3, mode
    image[...] = np.nan
    for mode in MODES:
        assert np.isnan(subtract_overscan(image, FULL, mode)).all(), mode


SIZES = st.integers(1, 6)
REGIONS = {'prescan_x': 100, 'overscan_x': 300, 'prescan_y': 500, 'overscan_y': 700}  # and the level of each, ADU


@st.composite
def frames(draw):
    """Return a raw frame without noise, each of its regions at a level of its own, the exposed part at 5000; with geometry."""
    there = draw(st.sets(st.sampled_from([*REGIONS])))
    left, right, below, above = (draw(SIZES) if name in there else 0 for name in REGIONS)
    nx, ny = draw(st.integers(1, 20)), draw(st.integers(1, 20))
    sections = {
        'prescan_x': Section(0, left, 0, below + ny + above) if left else None,
        'overscan_x': Section(left + nx, left + nx + right, 0, below + ny + above) if right else None,
        'prescan_y': Section(left, left + nx, 0, below) if below else None,
        'overscan_y': Section(left, left + nx, below + ny, below + ny + above) if above else None,
    }
    image = np.full((below + ny + above, left + nx + right), 5000, np.float32)
    for name, section in sections.items():
        if section:
            image[section.slices] = REGIONS[name]
    return image, Geometry(Section(left, left + nx, below, below + ny), **sections)


def level_of(geometry, mode):
    """Return the level that, by the table, is subtracted from a frame of `frames`."""
    def either(first, second):
        return REGIONS[first] if getattr(geometry, first) else REGIONS[second]
    if mode == 3:
        return (either('prescan_x', 'overscan_x') + either('overscan_x', 'prescan_x')) / 2
    if mode == 0:
        return 0
    if mode >= 9:
        return either('overscan_y', 'prescan_y')
    return either('prescan_x', 'overscan_x') if mode in (1, 4, 7) else either('overscan_x', 'prescan_x')


@given(frames(), st.data())
@settings(deadline=None)
def test_each_mode_takes_its_level_from_the_region_that_the_table_names(frame, data):
    image, geometry = frame
    mode = data.draw(st.sampled_from(possible_modes(geometry)))
    trimmed = subtract_overscan(image, geometry, mode)
    assert trimmed.shape == geometry.trim.shape
    np.testing.assert_allclose(trimmed, 5000 - level_of(geometry, mode), atol=1e-3)


@given(frames(), st.data())
@settings(deadline=None)
def test_what_is_in_a_whole_row_or_column_goes_with_its_level(frame, data):
    image, geometry = frame
    mode = data.draw(st.sampled_from(possible_modes(geometry)))
    seed = data.draw(st.integers(0, 1000))
    rows, columns = (np.random.default_rng(seed).uniform(-50, 50, length) for length in image.shape)
    added = {0: 0, 4: rows[:, None], 5: rows[:, None], 9: columns}.get(mode, 77) + np.zeros(image.shape, np.float32)
    found = subtract_overscan((image + added).astype(np.float32), geometry, mode)
    np.testing.assert_allclose(found, subtract_overscan(image, geometry, mode), atol=1e-2)


def test_mode_8_follows_what_its_degree_allows():
    wave = 20 * np.sin(np.linspace(0, 3 * np.pi, NY))
    left = {degree: np.abs(subtract_overscan(raw(rows=wave), ONLY_X, 8, degree=degree).mean(axis=1)).max()
            for degree in (1, 3, 9)}
    assert left[1] > left[3] > 5 and left[9] < 1
    assert np.array_equal(subtract_overscan(raw(rows=wave), ONLY_X, 8), subtract_overscan(raw(rows=wave), ONLY_X, 8, degree=3))
