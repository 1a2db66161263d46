"""Running medians and smoothing that leave bad pixels out, for the other modules."""

import numpy as np

from awlike.pixels.arrays import Array, Image, Image32, Mask
from awlike.pixels.combine import sorting_network
from awlike.pixels.strips import Frame, for_strips

_SINGLE = 8  # lines: fewer are filtered one after the other
_FEW = 0.01  # of the pixels
_REACH = 4  # pixels
_NEAR = sorted(((dy, dx) for dy in range(-_REACH, _REACH + 1) for dx in range(-_REACH, _REACH + 1)
                if 0 < dy * dy + dx * dx <= _REACH**2), key=lambda step: (step[0]**2 + step[1]**2, step))


def good_pixels(image: Array, good: Frame | None = None) -> Mask:
    """Return which pixels are finite and, if there is a map, good in it (`good` > 0): a boolean image [y, x]."""
    usable = np.isfinite(image)
    if good is not None:
        usable &= np.asarray(good) > 0
    return usable


def fill_bad(image: Image, usable: Mask) -> Image32:
    """Return a copy of an image, float32, in which the nearest usable pixel replaces each pixel that is not usable.

    The nearest neighbour keeps the local level, so that filters see no edges in the filled image where a column
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
        # pyrefly: ignore[not-iterable]  # the types of scipy do not know that indices are returned
        rows, columns = distance_transform_edt(~usable, return_distances=False, return_indices=True)
        return filled[rows, columns]
    return filled


def _filled_from_near(filled: Image32, usable: Mask, rows: Array, columns: Array) -> bool:
    """Fill these pixels from the nearest usable pixel in reach; return whether each pixel had one.

    Most bad pixels are few and lie alone: to look around them takes a tenth of the time of a map of distances.
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


def running_median(values: Array, size: int, axis: int = -1, ends: str = 'edge') -> Array:
    """Return the median over `size` (odd) neighbours along one axis of a 1-D or 2-D array of finite values; float32.

    Beyond its ends a line continues with its last value (`ends` 'edge': a monotone run stays unchanged up to the
    very end, but so does an outlier at the end), or along the straight line through the values near the end ('line':
    outliers at the end leave no trace, a slope stays).
    """
    values, half = np.asarray(values, dtype=np.float32), size // 2
    lines = np.moveaxis(values, axis, -1)
    if ends == 'line':
        before, after = _continued(lines[..., ::-1], half)[..., ::-1], _continued(lines, half)
    else:
        before, after = (np.repeat(end, half, axis=-1) for end in (lines[..., :1], lines[..., -1:]))
    if values.ndim == 1 or len(lines) < _SINGLE:
        return np.moveaxis(_filtered_alone(lines, size, before, after), -1, axis)
    from awlike.pixels.kernels.running import LANES, running_medians
    image, along_x, filtered = np.ascontiguousarray(values), axis in (1, -1), np.empty(values.shape, np.float32)
    before, after = (np.ascontiguousarray(end.T, np.float32) for end in (before, after))
    for_strips(len(lines), 1, lambda some: running_medians(
        image, before, after, along_x, size, some.start, some.stop, filtered), values=LANES)
    return filtered


def _filtered_alone(lines: Array, size: int, before: Array, after: Array) -> Array:
    """Return the running medians of a few lines, which go on with the values `before` and `after`."""
    from scipy.ndimage import median_filter
    half, padded = size // 2, np.concatenate([before, lines, after], axis=-1, dtype=np.float32)
    # All lines lie end to end, with their padding between them: scipy has a quick median for 1-D input only.
    filtered = median_filter(padded.reshape(-1), size=size, mode='nearest').reshape(padded.shape)
    return filtered[..., half:half + lines.shape[-1]]


def _continued(lines: Array, number: int) -> Array:
    """Return the next `number` values of each line, on the straight line through the medians of its last two stretches."""
    stretch = max(1, min(number, lines.shape[-1] // 2))
    last = _medians(lines[..., -stretch:])
    before = _medians(lines[..., -2 * stretch:-stretch]) if lines.shape[-1] > 1 else last
    steps = np.arange(1, number + 1) + (stretch - 1) / 2
    return last + (last - before) / stretch * steps


def _medians(lines: Array) -> Array:
    """Return the median of each line, with a last axis of length 1."""
    from awlike.pixels.kernels.combine import median_of_stack
    stack = np.array(lines.reshape(-1, lines.shape[-1]).T, np.float32, order='C')[None]
    medians = np.empty((1, stack.shape[2]), np.float32)
    median_of_stack(stack, sorting_network(stack.shape[1]), medians)
    return medians.reshape((*lines.shape[:-1], 1))


def local_level(image: Image, size: int) -> Image32:
    """Return the running median along x and then along y, `size` (odd) pixels each; float32 [y, x].

    Structure narrower than size / 2 in either direction (pixels, columns, rows, blocks) leaves no trace; at the edges
    of the image this holds for size / 4.
    """
    return running_median(running_median(image, size, axis=1, ends='line'), size, axis=0, ends='line')


def smooth(image: Image, usable: Mask, sigma: float) -> Image32:
    """Smooth the usable pixels of an image with a Gaussian of `sigma` pixels; float32 [y, x], 0 where none is near.

    Three running means make the Gaussian (Kovesi 2010, DICTA, 121); the time does not depend on `sigma`.
    """
    widths = _gaussian_widths(sigma)
    values = _running_means(np.where(usable, image, 0).astype(np.float32), widths)
    weights = _running_means(usable.astype(np.float32), widths)
    # Running sums leave a rounding error of 1e-7 where the true weight is 0.
    near = weights > 1e-5
    return np.divide(values, weights, out=np.zeros_like(values), where=near)


def _running_means(image: Image32, widths: list[int]) -> Image32:
    """Return the running means of each of `widths` in turn, along y and along x; 0 beyond the image."""
    for width in widths:
        if width > 1:
            image = _running_mean(_running_mean(image, width, False), width, True)
    return image


def _running_mean(image: Image32, width: int, along_x: bool) -> Image32:
    from awlike.pixels.kernels.means import LANES, running_means
    means = np.empty_like(image)
    for_strips(image.shape[not along_x], 1, lambda lines: running_means(
        image, along_x, width, lines.start, lines.stop, means), values=LANES)
    return means


def _gaussian_widths(sigma: float) -> list[int]:
    """Return three odd widths of running means whose variances, (width^2 - 1) / 12 each, add up to nearly sigma^2."""
    narrow = int(np.sqrt(4 * sigma**2 + 1))
    narrow -= narrow % 2 == 0
    number = round((3 * narrow**2 + 12 * narrow + 9 - 12 * sigma**2) / (4 * narrow + 4))
    return [narrow] * number + [narrow + 2] * (3 - number)
