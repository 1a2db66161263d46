"""From pixel values to grey levels: the limits, and how what lies between is stretched."""

import numpy as np

from awlike.errors import ParameterError

STRETCHES = ('linear', 'sqrt', 'log', 'asinh', 'sinh', 'squared')
_PIXELS = 1_000_000  # of so many the limits are known well enough


def normalisation(image, *, vmin=None, vmax=None, stretch='linear', kappa=None, iterations=None):
    """How the values of an image become grey levels.

    Parameters
    ----------
    image : 2-D array [y, x]
        What is shown; what is not finite does not count.
    vmin, vmax : float, optional
        Values that become black and white. Default: by zscale (IRAF, NOAO), or by `kappa`; of a map 0 and 1.
    stretch : str
        One of `STRETCHES`. Default: linear.
    kappa : float, optional
        Limits are the median -+ this many standard deviations, what lies further out being clipped. Default: 3, where
        `iterations` is given.
    iterations : int, optional
        Rounds of clipping. Default: 5, where `kappa` is given.

    Returns
    -------
    astropy.visualization.ImageNormalize

    Raises
    ------
    ValueError
        For a stretch that is not known, limits that leave nothing between them, or a kappa or number of rounds below 0.
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
    if not low < high:  # an even image, or one of the limits was given beyond the other
        low, high = (low, low + 1) if vmax is None else (high - 1, high)
    shape = getattr(visualization, f'{stretch.capitalize()}Stretch')()
    return visualization.ImageNormalize(vmin=low, vmax=high, stretch=shape, clip=False)


def is_map(image) -> bool:
    """Whether it is a map of good and bad pixels."""
    return image.dtype in (np.uint8, bool) and (image.size == 0 or image.max() <= 1)


def _limits(image, kappa, iterations):
    from astropy.visualization import ZScaleInterval

    from awlike.pixels.statistics import clipped_statistics
    if is_map(image):
        return 0, 1
    if kappa is None and iterations is None:
        some = sample(image)
        some = some[np.isfinite(some)]
        return ZScaleInterval().get_limits(some) if some.size else (0, 1)
    _, median, sigma = clipped_statistics(sample(image), kappa or 3.0, iterations or 5)
    reach = (kappa or 3.0) * sigma
    return (median - reach, median + reach) if np.isfinite(median) else (0, 1)


def sample(image):
    """At most a million pixels, evenly spread over an image."""
    step = int(np.ceil(np.sqrt(max(image.size / _PIXELS, 1))))
    return image[::step, ::step]
