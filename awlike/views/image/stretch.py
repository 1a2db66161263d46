"""From pixel values to grey levels: the limits of black and white, and the stretch between them."""

from typing import TYPE_CHECKING

import numpy as np

from awlike.errors import ParameterError

if TYPE_CHECKING:
    from astropy.visualization import ImageNormalize

STRETCHES = ('linear', 'sqrt', 'log', 'asinh', 'sinh', 'squared')
_PIXELS = 1_000_000  # as many determine the limits well enough


def normalisation(image: np.ndarray, *, vmin: float | None = None, vmax: float | None = None, stretch: str = 'linear',
                  kappa: float | None = None, iterations: int | None = None) -> 'ImageNormalize':
    """Return the normalisation that turns the values of an image into grey levels.

    Parameters
    ----------
    image : 2-D array [y, x]
        The pixels; only finite values count.
    vmin, vmax : float, optional
        Values that become black and white. Default: by zscale (IRAF, NOAO), or by `kappa`; of a map 0 and 1.
    stretch : str
        One of `STRETCHES`. Default: linear.
    kappa : float, optional
        The limits are the median -+ this many standard deviations, after values further out are clipped. Default: 3,
        where `iterations` is given.
    iterations : int, optional
        Rounds of clipping. Default: 5, where `kappa` is given.

    Returns
    -------
    astropy.visualization.ImageNormalize

    Raises
    ------
    ValueError
        For an unknown stretch, limits with nothing between them, or a kappa or number of rounds not above 0.
    """
    from astropy import visualization
    if stretch not in STRETCHES:
        raise ParameterError(f'stretch={stretch!r}: the stretches are {", ".join(STRETCHES)}')
    for name, value in {'kappa': kappa, 'iterations': iterations}.items():
        if value is not None and not value > 0:
            raise ParameterError(f'{name} is {value}, but must be above 0: leave it out for the default')
    low, high = _limits(image, kappa, iterations)
    low, high = low if vmin is None else vmin, high if vmax is None else vmax
    if vmin is not None and vmax is not None and not vmin < vmax:
        raise ParameterError(f'vmin is {vmin} and vmax {vmax}, but vmin < vmax is needed')
    if not low < high:  # an even image, or a given limit beyond the other limit
        low, high = (low, low + 1) if vmax is None else (high - 1, high)
    shape = getattr(visualization, f'{stretch.capitalize()}Stretch')()
    return visualization.ImageNormalize(vmin=low, vmax=high, stretch=shape, clip=False)


def is_map(image: np.ndarray) -> bool:
    """Return whether `image` is a map of good and bad pixels."""
    return image.dtype in (np.uint8, bool) and (image.size == 0 or image.max() <= 1)


def _limits(image: np.ndarray, kappa: float | None, iterations: int | None) -> tuple[float, float]:
    from astropy.visualization import ZScaleInterval

    from awlike.pixels.statistics import clipped_statistics
    if is_map(image):
        return 0, 1
    if kappa is None and iterations is None:
        values = sample(image)
        values = values[np.isfinite(values)]
        return ZScaleInterval().get_limits(values) if values.size else (0, 1)
    _, median, sigma = clipped_statistics(sample(image), kappa or 3.0, iterations or 5)
    reach = (kappa or 3.0) * sigma
    return (median - reach, median + reach) if np.isfinite(median) else (0, 1)


def sample(image: np.ndarray) -> np.ndarray:
    """Return at most a million pixels, evenly spread over an image."""
    step = int(np.ceil(np.sqrt(max(image.size / _PIXELS, 1))))
    return image[::step, ::step]
