"""A small picture of an image."""

import io

import numpy as np

SIZE = 200  # pixels, at most
_LEVELS = 48  # of grey, as many as one tells apart; noise takes half the room then


def thumbnail(image) -> bytes:
    """A PNG of at most 200 x 200 pixels.

    Parameters
    ----------
    image : numpy.ndarray, 2-D [y, x]
        Blocks of it are averaged over what is finite, and shown by zscale. In a map of 0 (bad) and 1 (good), of uint8,
        each block with a bad pixel is dark, the darker the more there are.
    """
    from matplotlib.image import imsave
    step = max(1, -(-max(image.shape) // SIZE))
    height, width = (max(1, length // step) for length in image.shape)
    rows, cols = (min(step, length) for length in image.shape)
    blocks = image[:height * rows, :width * cols].reshape(height, rows, width, cols)
    is_map = image.dtype == np.uint8 and image.max(initial=0) <= 1
    buffer = io.BytesIO()
    small = _of_map(blocks) if is_map else _mean(blocks)
    low, high = (0.0, 1.0) if is_map else _limits(small)
    grey = np.clip((np.nan_to_num(small, nan=low, posinf=high, neginf=low) - low) / (high - low), 0, 1)
    imsave(buffer, np.round(grey * _LEVELS), vmin=0, vmax=_LEVELS, cmap='gray', origin='lower', format='png')
    return buffer.getvalue()


def _mean(blocks):
    """The means of the blocks over what is finite in them; NaN where nothing is."""
    with np.errstate(invalid='ignore', over='ignore'):
        means = blocks.mean(axis=(1, 3), dtype=np.float32)
        if np.isfinite(means).all():
            return means
        finite = np.isfinite(blocks)
        return np.where(finite, blocks, 0).sum(axis=(1, 3), dtype=np.float32) / finite.sum(axis=(1, 3))


def _of_map(blocks):
    bad = 1 - blocks.mean(axis=(1, 3), dtype=np.float32)
    return np.where(bad > 0, 0.5 * (1 - np.sqrt(bad)), 1)


def _limits(small):
    from astropy.visualization import ZScaleInterval
    finite = small[np.isfinite(small)]
    low, high = ZScaleInterval().get_limits(finite) if finite.size else (0.0, 1.0)
    return (low, high) if high > low else (low, low + 1)
