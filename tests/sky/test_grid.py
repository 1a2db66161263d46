import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awlike.errors import ParameterError
from awlike.sky.grid import Box, Grid, Tile, parse_grid, tiles_touched, usual_scale
from awlike.sky.lattice import TOLERANCE, lattice_of
from awlike.sky.plate import Plate
from awlike.sky.sphere import separation
from tests.pixels.dithers import plate_near

SHAPE = (900, 700)
PLACES = st.tuples(st.floats(0, 360), st.floats(-90, 90))


def plate_at(ra, dec, scale=0.2134):
    step = scale / 3600
    return Plate((ra, dec), ((SHAPE[1] + 1) / 2, (SHAPE[0] + 1) / 2), np.array([[-step, 0], [0, step]]))


@settings(max_examples=20)
@given(PLACES)
def test_each_place_lies_in_exactly_the_tile_that_is_named(place):
    ra, dec = place
    tile = Tile.at(ra, dec, 1.0)
    west, south, east, north = tile.edges
    assert west - 1e-9 <= ra % 360 <= east + 1e-9 and south - 1e-9 <= dec <= north + 1e-9
    x, y = tile.plate.sky_to_pixel(ra, dec)
    box = tile.limits
    assert box.x0 + 59 <= x <= box.x1 - 59 and box.y0 + 59 <= y <= box.y1 - 59  # a margin of a minute about the tile


@settings(max_examples=20)
@given(PLACES)
def test_no_tile_is_much_larger_than_a_quarter_of_a_degree(place):
    rows, columns = Tile.at(*place, 1.0).limits.shape
    assert rows <= 1100 and columns <= 1100


@settings(deadline=None, max_examples=12)
@given(PLACES)
def test_tiles_touched_hold_every_pixel_of_a_frame_but_those_of_slivers(place):
    plate = plate_at(*place, 0.7)
    tiles = tiles_touched(plate, SHAPE, 0.7)
    x, y = np.meshgrid(np.arange(0, SHAPE[1], 13.0), np.arange(0, SHAPE[0], 13.0))
    there = [Tile.at(*one, 0.7) for one in zip(*(side.ravel() for side in plate.pixel_to_sky(x, y)), strict=True)]
    assert sum(tile not in tiles for tile in there) <= 0.01 * len(there)
    assert all(tile.box_of(plate, SHAPE) is not None for tile in tiles)


def test_a_frame_at_the_pole_touches_all_tiles_there():
    assert len(tiles_touched(plate_at(0, 90), SHAPE, 0.2)) == 7


def test_a_frame_across_right_ascension_0_touches_both_sides():
    numbers = {tile.number for tile in tiles_touched(plate_at(359.999, 10.1), SHAPE, 0.2)}
    assert 0 in numbers and max(numbers) > 1000


@given(PLACES, st.floats(0.05, 60), st.one_of(st.none(), st.tuples(st.integers(1, 9999), st.integers(1, 9999))))
def test_grids_are_read_back_as_they_are_written(place, scale, size):
    grid, tile = Grid(*place, scale, size), Tile.at(*place, scale)
    assert parse_grid(str(grid)) == grid and parse_grid(str(tile)) == tile
    assert len({grid, parse_grid(str(grid)), tile, parse_grid(str(tile))}) == 2


def test_grids_that_are_the_same_are_equal():
    assert Grid(-45, 0, 1) == Grid(315, -0.0, 1.0) and hash(Grid(360, 1, 1)) == hash(Grid(0, 1, 1))


@pytest.mark.parametrize('text', ['', 'x', '1', '1,2,3,4', '1,2,3,4x', 'T1', 'T1-2,3,4', 'T1-x,1', '1,91,1', '1,2,0', '1,nan,1',
                                  'T720-0,1', 'T719-7,1', '1,2'])
def test_what_is_no_grid_is_refused(text):
    with pytest.raises(ParameterError):
        parse_grid(text)


def test_the_scale_of_a_grid_can_be_given_beside_its_text():
    assert parse_grid('1,2', 0.3) == Grid(1, 2, 0.3)


def test_an_image_on_a_grid_covers_the_frame_and_no_more():
    grid, plate = Grid(10, 20, 0.2134), plate_at(10.01, 20.01)
    box = grid.box_of(plate, SHAPE)
    assert abs(box.shape[0] - SHAPE[0]) <= 1 and abs(box.shape[1] - SHAPE[1]) <= 1
    assert grid.box_of(plate_at(190, -20), SHAPE) is None  # on the other side of the sky
    own = grid.plate_of(box).pixel_to_sky(3, 4)
    assert separation(*own, *grid.plate.pixel_to_sky(box.x0 + 3, box.y0 + 4)) < 1e-12


def test_a_size_cuts_images_about_the_middle():
    grid = Grid(10, 20, 0.2134, (101, 50))
    assert grid.box_of(plate_at(10, 20), SHAPE) == Box(-50, -25, 51, 25) == grid.limits


def test_frames_of_one_camera_have_one_usual_scale():
    assert {usual_scale(plate_at(1, 2, scale), SHAPE) for scale in (0.2130, 0.2134, 0.2136)} == {0.21}


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 10**6), st.floats(0, 180), st.floats(0, 30), st.floats(-89.9, 89.9))
def test_the_lattice_is_within_its_tolerance(seed, rotation, distortion, dec):
    grid, rng = Grid(0.01, dec, 0.2), np.random.default_rng(seed)
    plate = plate_near(grid, rng, SHAPE, rotation=rotation, distortion=distortion)
    box = grid.box_of(plate, SHAPE)
    lattice = lattice_of(grid, box, plate, SHAPE)
    x, y = rng.integers(box.x0, box.x1, 300).astype(float), rng.integers(box.y0, box.y1, 300).astype(float)
    there, own = plate.sky_to_pixel(*grid.plate.pixel_to_sky(x, y)), lattice.at(x, y)
    inside = (there[0] > -1) & (there[0] < SHAPE[1]) & (there[1] > -1) & (there[1] < SHAPE[0])
    assert np.hypot(there[0] - own[0], there[1] - own[1])[inside].max() < 2 * TOLERANCE
    low, high = lattice.rows_of(Box(box.x0, box.y0 + 10, box.x1, box.y0 + 40))
    rows = lattice.at(*np.meshgrid(np.arange(box.x0, box.x1, 5.0), np.arange(box.y0 + 10, box.y0 + 40.0)))[1]
    assert low <= rows.min() and rows.max() <= high
