"""Running medians and smoothing, aware of bad pixels: what the other modules share."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

_FEW = 0.01  # of the pixels
_REACH = 4  # pixels
_NEAR = sorted(((dy, dx) for dy in range(-_REACH, _REACH + 1) for dx in range(-_REACH, _REACH + 1)
                if 0 < dy * dy + dx * dx <= _REACH**2), key=lambda step: (step[0]**2 + step[1]**2, step))


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
    bad = np.nonzero(~usable)
    if bad[0].size > _FEW * filled.size or not _filled_from_near(filled, usable, *bad):
        from scipy.ndimage import distance_transform_edt
        rows, columns = distance_transform_edt(~usable, return_distances=False, return_indices=True)
        return filled[rows, columns]
    return filled


def _filled_from_near(filled, usable, rows, columns):
    """Fill these pixels from usable ones in reach, the nearest first; whether there was one for each.

    Bad pixels are mostly few and alone: looking around them takes a tenth of the time of a map of distances.
    """
    for dy, dx in _NEAR:
        y, x = rows + dy, columns + dx
        found = (y >= 0) & (y < usable.shape[0]) & (x >= 0) & (x < usable.shape[1])
        found[found] = usable[y[found], x[found]]
        filled[rows[found], columns[found]] = filled[y[found], x[found]]
        rows, columns = rows[~found], columns[~found]
        if not rows.size:
            return True
    return False


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
    values = np.where(usable, image, 0).astype(np.float32)
    weights = usable.astype(np.float32)
    with ThreadPoolExecutor(2) as pool:
        values, weights = pool.map(lambda image: _running_means(image, _gaussian_widths(sigma)), (values, weights))
    # Running sums leave rounding of 1e-7 where the true weight is 0.
    near = weights > 1e-5
    return np.divide(values, weights, out=np.zeros_like(values), where=near)


def _running_means(image, widths):
    from scipy.ndimage import uniform_filter
    for width in widths:
        image = uniform_filter(image, width, mode='constant')
    return image


def _gaussian_widths(sigma):
    """Three odd widths of running means whose variances, (width^2 - 1) / 12 each, add up to nearly sigma^2."""
    narrow = int(np.sqrt(4 * sigma**2 + 1))
    narrow -= narrow % 2 == 0
    number = round((3 * narrow**2 + 12 * narrow + 9 - 12 * sigma**2) / (4 * narrow + 4))
    return [narrow] * number + [narrow + 2] * (3 - number)
