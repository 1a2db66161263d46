"""The discrete Radon transform: sums along all straight lines across an image."""

import numpy as np

from awlike.pixels.arrays import Array, Image, Image32

DIRECTIONS = [(False, False), (False, True), (True, False), (True, True)]  # (transposed, flipped)
_PARTS, _MOST = 16, 5.0  # parts of a line, and sigma that each part counts for at most: no galaxy is a line


def strongest_line(values: Image32, weights: Image, least: float,
                   direction: tuple[bool, bool]) -> tuple[float, int, int, int, int]:
    """Find the straight line across an image along which the values add up most significantly, in one direction.

    The approximate discrete Radon transform (Brady 1998, SIAM J. Comput. 27, 107): sums over 2, 4, 8 ... rows along all
    slopes, each from two sums over half as many rows. It covers lines of up to 45 degrees from the y axis to the right;
    flipped and transposed images cover the others.

    Parameters
    ----------
    values : 2-D float32 array [y, x]
        Independent noise of variance `weights`, and perhaps a line of light; 0 where the weight is 0.
    weights : 2-D array
        1 where a value counts, else 0.
    least : float
        Values that a line must have.
    direction : tuple of bool
        One of `DIRECTIONS`: whether the image is transposed, and then flipped.

    Returns
    -------
    tuple
        (significance, y0, x0, y1, x1): sum of the values over the root of their number, and two points of the line,
        in pixels. The significance is 0 where no line has enough values.
    """
    transposed, flipped = direction
    image = values + np.complex64(1j) * weights  # one transform for the values and for their number
    image = image.T if transposed else image
    significance, y0, x0, y1, x1 = _strongest_to_the_right(image[:, ::-1] if flipped else image, least)
    if flipped:
        x0, x1 = image.shape[1] - 1 - x0, image.shape[1] - 1 - x1
    return (significance, x0, y0, x1, y1) if transposed else (significance, y0, x0, y1, x1)


def _strongest_to_the_right(image: Array, least: float) -> tuple[float, int, int, int, int]:
    """Find the strongest line of those with x = x0 + slope y, 0 <= slope <= 1; as `strongest_line`."""
    sums = line_sums(image, _PARTS, _MOST)
    number = sums.imag
    significance = np.where(number >= least, sums.real / np.sqrt(np.maximum(number, 1)), 0)
    shift, column = (int(place) for place in np.unravel_index(np.argmax(significance), significance.shape))
    last = len(sums) - 1
    return float(significance[shift, column]), 0, column - last, last, column - last + shift


def line_sums(image: Array, parts: int = 0, most: float = np.inf) -> Array:
    """Return the sums along the lines from (row 0, x) to (last row, x + shift).

    Parameters
    ----------
    image : 2-D array [y, x]
        Rows of 0 are taken to follow up to a power of 2, N.
    parts : int
        When lines have this many parts, each part is clipped. Default: never.
    most : float
        Sigma to which a part is clipped.

    Returns
    -------
    2-D array [shift, column]
        `shift` is 0 to N - 1; the line of `column` has x = column - (N - 1), so that lines that begin to the left of the
        image are there, too.
    """
    height, width = image.shape
    rows = 1 << max(height - 1, 0).bit_length()
    sums = np.zeros((rows, 1, width), image.dtype)
    sums[:height, 0] = image
    while len(sums) > 1:
        if len(sums) == parts:
            limit = most * np.sqrt(sums.imag)
            sums.real = np.clip(sums.real, -limit, limit)
        upper, lower = sums[0::2], sums[1::2]
        number, shifts, columns = upper.shape
        sums = np.zeros((number, 2 * shifts, columns + shifts), image.dtype)
        for shift in range(2 * shifts):
            start = shifts - (shift + 1) // 2  # columns by which the lower half begins to the right of the upper half
            sums[:, shift, shifts:] = upper[:, shift // 2]
            sums[:, shift, start:start + columns] += lower[:, shift // 2]
    return sums[0]
