"""A small picture of an image."""

import io

import numpy as np

SIZE = 200  # pixels, at most
_LEVELS = 48  # of grey, as many as the eye tells apart; noise then takes half the room


def thumbnail(image: np.ndarray) -> bytes:
    """Return a PNG of at most 200 x 200 pixels.

    Parameters
    ----------
    image : numpy.ndarray, 2-D [y, x]
        The picture shows the means of the finite values in blocks, by zscale. In a map of 0 (bad) and 1 (good), of uint8
        or bool, each block with a bad pixel is dark, and darker with more bad pixels.
    """
    from matplotlib.image import imsave

    from awlike.views.image.blocks import block_means
    from awlike.views.image.stretch import is_map
    small = block_means(image, max(1, -(-max(image.shape) // SIZE)))
    grey, buffer = _of_map(small) if is_map(image) else _of_image(small), io.BytesIO()
    imsave(buffer, np.round(grey * _LEVELS), vmin=0, vmax=_LEVELS, cmap='gray', origin='lower', format='png')
    return buffer.getvalue()


def _of_map(small: np.ndarray) -> np.ndarray:
    bad = 1 - small.astype(np.float32)
    return np.where(bad > 0, 0.5 * (1 - np.sqrt(bad)), 1)


def _of_image(small: np.ndarray) -> np.ndarray:
    from awlike.views.image.stretch import normalisation
    norm = normalisation(small)
    low, high = norm.vmin, norm.vmax
    assert low is not None and high is not None  # normalisation() sets both
    values = np.nan_to_num(small, nan=low, posinf=high, neginf=low)
    return np.clip((values - low) / (high - low), 0, 1)
