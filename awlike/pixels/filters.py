"""Running medians and smoothing, aware of bad pixels: what the other modules share."""

import numpy as np


def good_pixels(image, good=None):
    """Boolean image [y, x]: finite, and good in the map (`good` > 0) if there is one."""
    usable = np.isfinite(image)
    if good is not None:
        usable &= np.asarray(good) > 0
    return usable


def fill_bad(image, usable):
    """Copy of an image, float32, with every pixel that is not usable replaced by the nearest usable one.

    The nearest neighbour keeps the local level, so that filters run over the filled image see no edges where a column
    is dead or a star saturates. An image without any usable pixel becomes 0.
    """
    filled = np.array(image, dtype=np.float32)
    if usable.all():
        return filled
    if not usable.any():
        filled[...] = 0
        return filled
    from scipy.ndimage import distance_transform_edt

    rows, columns = distance_transform_edt(~usable, return_distances=False, return_indices=True)
    return filled[rows, columns]


def running_median(values, size, axis=-1, ends='edge'):
    """Median over `size` (odd) neighbours along one axis of a 1-D or 2-D array of finite values; float32.

    Beyond its ends a line goes on by its last value (`ends` 'edge': a monotone run, up to the very end, comes out
    unchanged, but so does an outlier at the end), or by the straight line through what is near ('line': outliers at
    the end leave no trace, a slope stays).
    """
    from scipy.ndimage import median_filter

    lines = np.moveaxis(np.asarray(values, dtype=np.float32), axis, -1)
    half = size // 2
    padded = np.pad(lines, [(0, 0)] * (lines.ndim - 1) + [(half, half)], mode='edge')
    if ends == 'line':
        padded[..., :half] = _continued(lines[..., ::-1], half)[..., ::-1]
        padded[..., -half:] = _continued(lines, half)
    # All lines end to end, apart by their padding: scipy's quick median is the one for 1-D input.
    filtered = median_filter(padded.reshape(-1), size=size, mode='nearest').reshape(padded.shape)
    return np.moveaxis(filtered[..., half:half + lines.shape[-1]], -1, axis)


def _continued(lines, number):
    """The next `number` values of each line, by the straight line through the medians of its last two stretches."""
    stretch = max(1, min(number, lines.shape[-1] // 2))
    last = np.median(lines[..., -stretch:], axis=-1, keepdims=True)
    before = np.median(lines[..., -2 * stretch:-stretch], axis=-1, keepdims=True) if lines.shape[-1] > 1 else last
    steps = np.arange(1, number + 1) + (stretch - 1) / 2
    return last + (last - before) / stretch * steps


def local_level(image, size):
    """Running median along x and then along y, `size` (odd) pixels each; float32 [y, x].

    Structure narrower than size / 2 in either direction (pixels, columns, rows, blocks) leaves no trace; at the edges
    of the image that is size / 4.
    """
    return running_median(running_median(image, size, axis=1, ends='line'), size, axis=0, ends='line')


def smooth(image, usable, sigma):
    """Gaussian smoothing of `sigma` pixels that uses usable pixels only; float32 [y, x], 0 where none is near.

    Three running means make the Gaussian (Kovesi 2010, DICTA, 121); the time does not depend on `sigma`.
    """
    from scipy.ndimage import uniform_filter

    values = np.where(usable, image, 0).astype(np.float32)
    weights = usable.astype(np.float32)
    for width in _gaussian_widths(sigma):
        values = uniform_filter(values, width, mode='constant')
        weights = uniform_filter(weights, width, mode='constant')
    # Running sums leave rounding of 1e-7 where the true weight is 0.
    near = weights > 1e-5
    return np.divide(values, weights, out=np.zeros_like(values), where=near)


def _gaussian_widths(sigma):
    """Three odd widths of running means whose variances, (width^2 - 1) / 12 each, add up to nearly sigma^2."""
    narrow = int(np.sqrt(4 * sigma**2 + 1))
    narrow -= narrow % 2 == 0
    number = round((3 * narrow**2 + 12 * narrow + 9 - 12 * sigma**2) / (4 * narrow + 4))
    return [narrow] * number + [narrow + 2] * (3 - number)
