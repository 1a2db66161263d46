"""Sums along all straight lines across an image: the discrete Radon transform."""

import numpy as np

_PARTS, _MOST = 16, 5.0  # a line has so many parts, and none counts for more sigma than that: no galaxy is a line


def strongest_line(values, weights, least):
    """The straight line across an image along which the values add up most significantly.

    The approximate discrete Radon transform (Brady 1998, SIAM J. Comput. 27, 107): sums over 2, 4, 8 ... rows along all
    slopes, each from two sums over half as many rows. It gives lines of up to 45 degrees from the y axis to the right;
    flipped and transposed images give the others.

    Parameters
    ----------
    values : 2-D float32 array [y, x]
        Independent noise of variance `weights`, and what is looked for; 0 where the weight is.
    weights : 2-D array
        1 where a value counts, else 0.
    least : int
        Values that a line must have.

    Returns
    -------
    tuple
        (significance, y0, x0, y1, x1): sum of the values over the root of their number, and two points of the line,
        in pixels. The significance is 0 where no line has enough values.
    """
    both = values + np.complex64(1j) * weights  # one transform for the values and for their number
    best = (0.0, 0, 0, 0, 0)
    for transposed in (False, True):
        for flipped in (False, True):
            image = both.T if transposed else both
            width = image.shape[1]
            significance, y0, x0, y1, x1 = _strongest_to_the_right(image[:, ::-1] if flipped else image, least)
            if significance > best[0]:
                if flipped:
                    x0, x1 = width - 1 - x0, width - 1 - x1
                best = (significance, x0, y0, x1, y1) if transposed else (significance, y0, x0, y1, x1)
    return best


def _strongest_to_the_right(image, least):
    """The strongest line of those that go x = x0 + slope y, 0 <= slope <= 1; as `strongest_line`."""
    sums = line_sums(image, _PARTS, _MOST)
    number = sums.imag
    significance = np.where(number >= least, sums.real / np.sqrt(np.maximum(number, 1)), 0)
    shift, x0 = np.unravel_index(np.argmax(significance), significance.shape)
    rows, x = len(sums), int(x0) if x0 < image.shape[1] else int(x0) - sums.shape[1]
    return float(significance[shift, x0]), 0, x, rows - 1, x + int(shift)


def line_sums(image, parts=0, most=np.inf):
    """Sums along the lines from (row 0, x) to (last row, x + shift).

    Parameters
    ----------
    image : 2-D array [y, x]
        Rows are taken as continued by 0 up to a power of 2, N.

    Returns
    -------
    2-D array [shift, x]
        `shift` is 0 to N - 1, x is 0 to width + N - 1; from `width` on it stands for x - width - N, left of the image.
    """
    height, width = image.shape
    rows = 1 << max(height - 1, 0).bit_length()
    sums = np.zeros((rows, 1, width + rows), image.dtype)
    sums[:height, 0, :width] = image
    while len(sums) > 1:
        if len(sums) == parts:
            limit = most * np.sqrt(sums.imag)
            sums.real = np.clip(sums.real, -limit, limit)
        upper, lower = sums[0::2], sums[1::2]
        sums = np.empty((len(upper), 2 * upper.shape[1], upper.shape[2]), image.dtype)
        for shift in range(sums.shape[1]):
            half = shift // 2
            moved = shift - half
            np.add(upper[:, half, :-moved or None], lower[:, half, moved:], out=sums[:, shift, :-moved or None])
            if moved:
                np.add(upper[:, half, -moved:], lower[:, half, :moved], out=sums[:, shift, -moved:])
    return sums[0]
