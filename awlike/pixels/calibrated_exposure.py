"""Mask and variance of a calibrated exposure."""

from collections.abc import Mapping

import numpy as np

from awlike.pixels.arrays import Array, Image, Image32
from awlike.pixels.detection import detect, significance_image
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.psf_model import PSF


def source_pixels(image: Image, variance: Image, psf: PSF, threshold: float = 5.0, good: Image | None = None) -> Array:
    """Return the pixels of the sources of an image, bool [y, x]: those that `detect` finds with the PSF as its filter.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of each pixel.
    psf : PSF
        Of this image.
    threshold : float
        Least significance of a source. Default: 5.
    good : 2-D map, optional
        1 good, 0 bad. Default: all good.
    """
    return detect(significance_image(image, variance, psf.template(), good), threshold).labels > 0


def exposure_variance(image: Image, sky_variance: Image, sources: Array, gain: float) -> Image32:
    """Return the variance of each pixel, float32 [y, x], ADU^2: that of the sky, and the photon noise of the sources.

    Only pixels of sources have photon noise beside that of the sky. If each positive fluctuation of the sky counted as
    light, weights by this variance would prefer faint pixels. A pixel without a value has an infinite variance.

    Parameters
    ----------
    image, sky_variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of the sky, ADU^2.
    sources : 2-D bool array
        The pixels of sources.
    gain : float
        Electrons per ADU.
    """
    require_same_shape(image=image, sky_variance=sky_variance, sources=sources)
    known = np.isfinite(image)
    light = np.where(sources & known, np.clip(image, 0, None), 0)
    return np.where(known, sky_variance + light / gain, np.inf).astype(np.float32)


def exposure_mask(image: Image, sources: Array, fwhm: float, weight: Image | None = None,
                  maps: Mapping[MaskFlag, Image] | None = None) -> Array:
    """Return the mask of an image, int32 [y, x], whose bits are `MaskFlag`.

    Parameters
    ----------
    image : 2-D array [y, x]
        Pixels that are not finite have no data.
    sources : 2-D bool array
        The pixels of sources.
    fwhm : float
        Of the PSF [pixels]: pixels less than this from the edge are marked.
    weight : 2-D array, optional
        A pixel without weight that none of `maps` explains is bad. Default: all have weight.
    maps : dict, optional
        By the bit, the map of pixels that have it not: 1 good, 0 bad. Default: none.
    """
    require_same_shape(image=image, sources=sources, weight=weight)
    mask = pixel_mask(image, weight, maps)
    inner = np.zeros(mask.shape, bool)
    border = max(1, round(fwhm))
    inner[border:-border, border:-border] = True
    mask[~inner] |= MaskFlag.EDGE
    mask[sources] |= MaskFlag.DETECTED
    return mask


def pixel_mask(image: Image, weight: Image | None = None, maps: Mapping[MaskFlag, Image] | None = None) -> Array:
    """Return why pixels are bad, int32 [y, x], whose bits are `MaskFlag`; the arguments are those of `exposure_mask`."""
    require_same_shape(image=image, weight=weight)
    mask = np.zeros(np.shape(image), np.int32)
    for flag, good in (maps or {}).items():
        mask[np.asarray(good) == 0] |= flag
    mask[~np.isfinite(image)] |= MaskFlag.NO_DATA
    if weight is not None:
        mask[(mask == 0) & ~(np.asarray(weight) > 0)] |= MaskFlag.BAD
    return mask
