"""The bright sources of an image, found before its point spread function is known."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from awlike.pixels.arrays import Array, Image
from awlike.pixels.detection import Detections, detect, gaussian_template, significance_image
from awlike.pixels.measurement import measure_sources
from awlike.pixels.psf_stars import select_stars
from awlike.pixels.source_flags import SourceFlag

GUESS = 3.0  # pixels: FWHM of the first template
_ROUNDS, _ALIKE = 3, 0.1  # of finding the width of stars; to this part it no longer changes
_WIDTHS = 1.0, 20.0  # pixels: FWHM of templates
_RADIUS_TO_FWHM = 1.6  # FWHM of a star (Moffat) of FLUX_RADIUS 1


class FirstPass(NamedTuple):
    """The bright sources of an image."""

    table: Array  # [source], see `measurement.columns`
    detections: Detections
    fwhm: float  # pixels: of the Gaussian star by which they were detected


def first_pass(image: Image, variance: Image, apertures: Sequence[float], threshold: float = 10.0, good: Image | None = None,
               gain: float | None = None, maps: Mapping[SourceFlag, Image] | None = None) -> FirstPass:
    """Detect and measure the bright sources of an image with a Gaussian star as wide as the stars of the image.

    The width is found in turn with the stars, from a FWHM of 3 pixels on.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of each pixel.
    apertures : sequence of float
        Diameters of the circles of FLUX_APER [pixels].
    threshold : float
        Least significance of a source. Default: 10.
    good, gain, maps
        As in `measure_sources`.

    Returns
    -------
    FirstPass
        Its table is empty where nothing is significant.
    """
    fwhm = GUESS
    for _ in range(_ROUNDS):
        found = detections(image, variance, fwhm, threshold, good)
        table = measure_sources(image, variance, found, apertures, good, gain, maps)
        width = _RADIUS_TO_FWHM * select_stars(table).radius
        if not np.isfinite(width) or abs(width / fwhm - 1) < _ALIKE:
            break
        fwhm = float(np.clip(width, *_WIDTHS))
    else:
        found = detections(image, variance, fwhm, threshold, good)
        table = measure_sources(image, variance, found, apertures, good, gain, maps)
    return FirstPass(table, found, fwhm)


def detections(image: Image, variance: Image, fwhm: float, threshold: float, good: Image | None = None) -> Detections:
    """Return what a Gaussian star of this FWHM [pixels] detects; the other arguments are those of `first_pass`."""
    side = 2 * int(np.ceil(max(fwhm, GUESS))) + 1
    return detect(significance_image(image, variance, gaussian_template(fwhm, side), good), threshold)
