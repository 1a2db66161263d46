"""GriddedTask: a task whose products lie on grids of the sky."""

import inspect
import statistics
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from awlike.errors import ParameterError
from awlike.products.astrometry import placed
from awlike.sky.grid import AnyGrid, Grid, Tile, parse_grid, tiles_touched, usual_scale
from awlike.sky.plate import Plate
from awlike.tasks.task import Task

if TYPE_CHECKING:
    from awlike.products.frame import Frame

_MAY_BE_OFF = 300.0  # arcsec: a header may be wrong by so much

_ARGUMENTS = """

Other Parameters
----------------
grid : pair of float, str or Grid, optional
    Right ascension and declination [deg] of the centre of the projection: the products then cover the frames; or a grid, or its
    text. Default: the tiles of the fixed tiling of the sky that the frames touch, a product for each.
scale : float, optional
    Side of a pixel [arcsec]. Default: the side of a pixel of the frames, rounded to two digits.
size : pair of int, optional
    Columns and rows about the centre of `grid`. Default: as much as the frames cover.
"""


class Placed(NamedTuple):
    """A frame, and where it lies on the sky by its header."""

    frame: 'Frame'
    plate: Plate
    shape: tuple[int, int]


class GriddedTask(Task):
    """A task whose products lie on grids of the sky."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.__doc__ = (cls.__doc__ or '') + _ARGUMENTS

    def __init__(self, *arguments: Any, grid: Any = None, scale: float | None = None, size: tuple[int, int] | None = None,
                 **named: Any) -> None:
        super().__init__(*arguments, **named)
        if grid is None and size is not None:
            raise ParameterError('size is that of the images about the centre of a grid: give grid=(ra, dec), too')
        if scale is not None and not (isinstance(scale, int | float) and scale > 0):
            raise ParameterError(f'scale {scale!r}: give the side of a pixel in arcsec, above 0')
        self.scale, self.size = scale, size
        self.grid = grid if grid is None or isinstance(grid, Grid | Tile) else _text_of(grid)
        if self.grid is not None:
            self._given_grid(scale or 1.0)  # refuse what is no grid before anything is done

    def on_grids(self, frames: Iterable['Frame']) -> list[tuple[AnyGrid, list['Frame']]]:
        """Return the grids on which products are asked for, and the frames that lie on each.

        Raises
        ------
        ParameterError
            When the header of a frame does not tell where it is on the sky.
        """
        there = [_placed(frame) for frame in frames]
        if not there:
            return []
        if self.grid is not None:
            grid = self._given_grid(self.scale or statistics.median(usual_scale(one.plate, one.shape) for one in there))
            return [(grid, found)] if (found := [one.frame for one in there if _may_lie_on(one, grid)]) else []
        tiles: dict[Tile, list[Frame]] = {}
        for one in there:
            for tile in tiles_touched(one.plate, one.shape, self.scale or usual_scale(one.plate, one.shape)):
                tiles.setdefault(tile, []).append(one.frame)
        return [(tile, tiles[tile]) for tile in sorted(tiles, key=lambda one: (one.band, one.number, one.scale))]

    def _given_grid(self, scale: float) -> AnyGrid:
        """Return the grid that the arguments name; `scale` serves where they do not tell."""
        assert self.grid is not None
        grid = parse_grid(self.grid, scale) if isinstance(self.grid, str) else self.grid
        if isinstance(grid, Grid) and self.size is not None:
            return Grid(grid.ra, grid.dec, grid.scale, self.size)
        return grid


def _signature() -> inspect.Signature:
    """Return the signature of tasks with the arguments of grids, as help and completion show it."""
    own = [one for one in inspect.signature(GriddedTask.__init__).parameters.values() if one.kind is one.KEYWORD_ONLY]
    usual = inspect.signature(Task.__init__)
    return usual.replace(parameters=[*usual.parameters.values(), *own])


setattr(GriddedTask.__init__, '__signature__', _signature())  # noqa: B010 -- functions declare no such attribute


def _text_of(grid: Any) -> str:
    """Return the text of a grid that a person gave."""
    if isinstance(grid, str):
        return grid
    if isinstance(grid, Sequence) and len(grid) == 2 and all(isinstance(one, int | float) for one in grid):
        return f'{float(grid[0])!r},{float(grid[1])!r}'
    raise ParameterError(f'grid {grid!r}: give right ascension and declination of its centre [deg], a Grid, or its text')


def _placed(frame: 'Frame') -> Placed:
    found = placed(frame)
    if found is None:
        raise ParameterError(f'the header of {frame} does not tell where it is on the sky, so no grid can be chosen for it: '
                             'leave it out')
    return Placed(frame, *found)


def _may_lie_on(one: Placed, grid: AnyGrid) -> bool:
    """Return whether a frame may lie on a grid, as far as its header tells."""
    limits = grid.limits
    if limits is None:
        return True
    margin = int(_MAY_BE_OFF / grid.scale)
    box = Grid(*grid.plate.CRVAL, grid.scale).box_of(one.plate, one.shape)
    wide = type(limits)(limits.x0 - margin, limits.y0 - margin, limits.x1 + margin, limits.y1 + margin)
    return box is not None and not box.common(wide).is_empty
