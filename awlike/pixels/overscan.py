"""Subtract the electronic level that prescan and overscan show, and trim.

====  ==========================================================================================
mode  level subtracted
====  ==========================================================================================
0     none: trim only
1     constant: level of prescan_x
2     constant: level of overscan_x
3     constant: mean of the levels of prescan_x and overscan_x
4     per row: prescan_x
5     per row: overscan_x
6     per row: overscan_x, smoothed along the column (default of the system)
7     per row: prescan_x, smoothed along the column
8     per row: Legendre polynomial through the rows of overscan_x, cubic unless another degree is asked for
9     per column: overscan_y (a constant from x before it would cancel: it lies in overscan_y too)
10    mode 6, then per column: what overscan_y still shows, smoothed along the row
====  ==========================================================================================

The level is the mean of the values within 3 robust sigma of their median, per region, row or column. A bleeding star, a
trail of deferred charge in the first columns, or a bad last column do not move it; unlike a median of integers it
is not rounded. Where a camera lacks the region, the other region of the same axis serves (prescan for overscan and the
reverse); where it has neither, the mode is refused. Each of several amplifiers has regions and levels of its own.
"""

from collections.abc import Sequence

import numpy as np

from awlike.errors import HeaderError, ParameterError
from awlike.pixels.amplifiers import Assembled, Crosstalk, ghost_sources
from awlike.pixels.arrays import Array, Image, Image32
from awlike.pixels.combine import combine_clipped, combine_median
from awlike.pixels.crosstalk import unmixing
from awlike.pixels.filters import running_median
from awlike.pixels.geometry import Amplifier, Geometry, Regions
from awlike.pixels.order import Ordered
from awlike.pixels.statistics import robust_sigma
from awlike.pixels.strips import Frame, Rows, Trimmed, for_strips

MODES = {
    0: 'none',
    1: 'constant, level of prescan_x',
    2: 'constant, level of overscan_x',
    3: 'constant, mean of the levels of prescan_x and overscan_x',
    4: 'per row, prescan_x',
    5: 'per row, overscan_x',
    6: 'per row, overscan_x smoothed along the column',
    7: 'per row, prescan_x smoothed along the column',
    8: 'per row, Legendre polynomial of a degree, through the rows of overscan_x',
    9: 'per column, overscan_y',
    10: 'per row, overscan_x smoothed along the column, then per column, overscan_y smoothed along the row',
}

_PRESCAN_FIRST = (1, 4, 7)
_SMOOTHING = 31  # rows: up to 15 contaminated rows in a run leave no trace
DEGREE = 3  # of the polynomial of mode 8
_LEAST_SIGMA = 0.5  # ADU: the MAD of integers with little noise is 0


def subtract_overscan(image: Frame, geometry: Geometry, mode: int, crosstalk: Crosstalk | None = None,
                      degree: int = DEGREE) -> Image32:
    """Return the trimmed image without its electronic level; the parts of several amplifiers are assembled.

    Parameters
    ----------
    image : 2-D array [y, x]
        Raw frame, ADU.
    geometry : Geometry
        Its regions.
    mode : int
        One of `MODES`, 0 to 10.
    crosstalk : dict, optional
        Names of amplifiers that have ghosts -> {name of the amplifier that causes them: coefficient}. Default: none.
    degree : int
        Degree of the polynomial of mode 8. Default: 3.

    Returns
    -------
    2-D float32 array
        Of shape `geometry.shape`, ADU (where several amplifiers' gains are known, of their mean gain). NaN where the
        level cannot be known because a region has no finite pixel.

    Raises
    ------
    ValueError
        When the mode is not in the table or needs a region that the geometry does not have, a region does not lie in
        the image, or the crosstalk names amplifiers that the geometry does not have.
    """
    trimmed = overscan_subtracted(image, geometry, mode, crosstalk, degree)
    image = np.empty(trimmed.shape, np.float32)
    for_strips(*image.shape, lambda rows: image.__setitem__(rows, trimmed[rows]))
    return image


def overscan_subtracted(image: Frame, geometry: Geometry, mode: int, crosstalk: Crosstalk | None = None,
                        degree: int = DEGREE, matrix: Crosstalk | None = None) -> Rows:
    """Return the result of `subtract_overscan` as `strips.Rows`, worked out when sliced. The levels are measured at once.

    `image` can be `strips.Rows` itself; then no more than a strip of it is held. A `matrix` of crosstalk, a table as
    `crosstalk`, takes the place of that table; its inverse undoes the crosstalk to any order (`crosstalk.unmixing`).
    """
    for part in geometry.parts:
        _refuse_misfit(image, part)
    _refuse_impossible(geometry, mode)
    ghost_sources(geometry, crosstalk or {})  # refuses what names no amplifier, before pixels are read
    levels = _levels(image, geometry.parts, mode, degree)
    if geometry.amplifiers:
        table, factors = (crosstalk or {}, None) if matrix is None else unmixing(geometry, matrix)
        return Assembled(image, geometry, levels, table, factors)
    return Trimmed(image, geometry.trim.y0, geometry.trim.x0, *levels[0])


def parts_as_read(image: Frame, geometry: Geometry, mode: int, degree: int = DEGREE) -> dict[str, Image32]:
    """Return what each amplifier read, by name, less its level, crosstalk included: see `amplifiers.Assembled.parts_as_read`.

    Raises
    ------
    ValueError
        As `subtract_overscan`, and when one amplifier alone reads the detector.
    """
    if not geometry.amplifiers:
        raise ParameterError('one amplifier alone reads this detector, so no other one hears it: crosstalk of whole chips is '
                             'the parameter CHIP_CROSSTALK')
    assembled = overscan_subtracted(image, geometry, mode, degree=degree)
    assert isinstance(assembled, Assembled)
    return assembled.parts_as_read()


def possible_modes(geometry: Geometry) -> list[int]:
    """Return the modes for which the geometry, or each of its amplifiers, has the regions."""
    in_x = all(part.prescan_x or part.overscan_x for part in geometry.parts)
    in_y = all(part.prescan_y or part.overscan_y for part in geometry.parts)
    needs = {0: True, 9: in_y, 10: in_x and in_y}
    return [mode for mode in MODES if needs.get(mode, in_x)]


def _refuse_misfit(image: Frame, part: Regions) -> None:
    for name, section in part.regions().items():
        if len(image.shape) != 2 or not section.fits_in(image.shape):
            raise HeaderError(
                f'{name} {section.to_fits()}{_whose(part)} does not lie in an image of shape {image.shape} '
                '(rows, columns): correct the geometry, or pass the untrimmed frame of this chip'
            )


def _whose(part: Regions) -> str:
    return f' of amplifier {part.name}' if isinstance(part, Amplifier) else ''


def _refuse_impossible(geometry: Geometry, mode: int) -> None:
    if mode not in MODES:
        raise ParameterError(f'overscan mode {mode!r} does not exist: use one of 0 to {max(MODES)}')
    possible = possible_modes(geometry)
    if mode not in possible:
        raise ParameterError(
            f'overscan mode {mode} ({MODES[mode]}) needs a region that the geometry does not have: '
            f'use one of the modes {possible}'
        )


def _levels(image: Frame, parts: Sequence[Regions], mode: int, degree: int) -> list[tuple[Array, Array]]:
    """Return the levels of the exposed rows and columns of each part, float32; 0 where the mode subtracts none."""
    if mode == 0:
        return [(np.zeros(part.trim.shape[0], np.float32), np.zeros(part.trim.shape[1], np.float32)) for part in parts]
    image = np.asarray(image)
    return [_levels_of_part(image, part, mode, degree) for part in parts]


def _levels_of_part(image: Image, part: Regions, mode: int, degree: int) -> tuple[Array, Array]:
    row_levels, column_levels = (np.zeros(length, np.float32) for length in image.shape)
    measured = _row_levels(image, part, mode, degree)
    if measured is not None:
        row_levels[:] = measured
    if mode >= 9:
        column_levels[:] = _column_levels(image, part, measured)
    rows, columns = part.trim.slices
    return row_levels[rows].copy(), column_levels[columns].copy()


def _row_levels(image: Image, geometry: Regions, mode: int, degree: int) -> Array | None:
    """Return the level of every row of the image, float64 (rows,); None where the mode subtracts none."""
    if mode == 9:
        return None
    sections = [section for section in (geometry.prescan_x, geometry.overscan_x) if section]
    if mode != 3:
        sections = sections[:1] if mode in _PRESCAN_FIRST else sections[-1:]
    if mode <= 3:
        constants = [_constant_level(image[section.slices]) for section in sections]
        return np.full(image.shape[0], np.mean(constants))
    section = sections[0]
    levels = _line_levels(image[section.slices])
    if mode == 8:
        levels = _fitted(levels, degree)
    elif mode >= 6:
        levels = _smoothed(levels)
    return _spread(levels, section.y0, image.shape[0])


def _column_levels(image: Image, geometry: Regions, row_levels: Array | None) -> Array:
    """Return the level of every column that is left without the row levels, float64 (columns,)."""
    section = geometry.overscan_y or geometry.prescan_y
    assert section is not None  # a mode without its region is refused before
    values = image[section.slices]
    if row_levels is None:
        levels = _line_levels(values.T)
    else:
        levels = _smoothed(_line_levels((values - row_levels[section.slices[0], None]).T))
    return _spread(levels, section.x0, image.shape[1])


def _constant_level(values: Image) -> float:
    """Return the clipped mean of all values of a region; NaN where none is finite."""
    ordered = Ordered(values)
    if not ordered.number:
        return float('nan')
    median = ordered.median()
    width = 3 * max(robust_sigma(values), _LEAST_SIGMA)
    level = ordered.within(median - width, median + width, median).mean
    # Of two values far apart neither lies within: then the level is the median.
    return median if np.isnan(level) else level


def _line_levels(values: Array) -> Array:
    """Return the clipped mean of each line of (lines, values); a line without finite values takes its neighbours' level."""
    columns = [column[None] for column in np.asarray(values, np.float32).T]
    medians = combine_median(columns)[0]
    known = np.isfinite(medians)
    if not known.any():
        return np.full(len(values), np.nan)
    sigma = max(robust_sigma(values - medians[:, None]), _LEAST_SIGMA)
    levels = combine_clipped(columns, 3, sigma)[0]
    lines = np.arange(len(levels))
    return np.interp(lines, lines[known], levels[known])


def _smoothed(levels: Array) -> Array:
    """Return the running median, and the running mean where the level is steady.

    The median follows a jump or a transient of the electronics (the first rows of a readout), which a mean would smear;
    the mean serves only where it differs from the median by no more than noise does.
    """
    from scipy.ndimage import uniform_filter1d

    if not np.isfinite(levels).all():
        return levels
    median = running_median(levels, _SMOOTHING).astype(np.float64)
    mean = uniform_filter1d(median, _SMOOTHING, mode='nearest')
    noise = robust_sigma(levels - median) * 1.25 / np.sqrt(_SMOOTHING)  # of a median of _SMOOTHING rows
    return np.where(np.abs(mean - median) <= 3 * noise, mean, median)


def _fitted(levels: Array, degree: int) -> Array:
    """Return the Legendre polynomial of a degree through the levels, without those beyond 3 robust sigma."""
    from numpy.polynomial import Legendre

    if not np.isfinite(levels).all():
        return levels
    lines = np.arange(len(levels), dtype=np.float64)
    kept = np.ones(len(levels), bool)
    for _ in range(5):
        fit = Legendre.fit(lines[kept], levels[kept], min(degree, kept.sum() - 1), domain=[0, max(len(levels) - 1, 1)])
        residuals = levels - fit(lines)
        # The floor keeps rounding noise of a perfect fit from clipping its own points.
        kept = np.abs(residuals) <= max(3 * robust_sigma(residuals[kept]), 1e-6)
        if not kept.any():
            break
    return fit(lines)


def _spread(levels: Array, first: int, length: int) -> Array:
    """Return the levels of consecutive lines from `first` on, with the levels of their ends repeated to cover 0 to `length`."""
    return np.interp(np.arange(length), first + np.arange(len(levels)), levels)
