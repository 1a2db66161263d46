"""The zero point of an exposure from the standard stars of all detectors, and what follows from it, as header cards."""

import math
from typing import NamedTuple

import numpy as np

from awlike.sky.sphere import Doubles


class ZeroPointCards(NamedTuple):
    """The zero point of an exposure, and whether it can be right."""

    cards: dict[str, float | int]
    is_certain: bool


def exposure_zero_point(offsets: Doubles, exptime: float, *, sky: float | None = None, pixel_scale: float | None = None,
                        seeing: float | None = None, noise: float | None = None) -> ZeroPointCards:
    """Return the cards of the zero point that standard stars tell.

    Parameters
    ----------
    offsets : array [star]
        Magnitude of the catalogue less instrumental magnitude at 1 s of each star.
    exptime : float
        The exposure time, s.
    sky : float, optional
        The level of the sky, counts a pixel.
    pixel_scale : float, optional
        Side of a pixel, arcsec.
    seeing : float, optional
        FWHM of stars, arcsec.
    noise : float, optional
        Standard deviation of the counts of a pixel of sky. Default: that of photons, the root of `sky`.

    Returns
    -------
    ZeroPointCards
        PHOTZP, the median for 1 s, its scatter PHOTZPSD, its error PHOTZPER, the numbers of stars PHOTZP_N and before clipping
        PHOTZPN0; PHOTZP_X and MAGZERO for the counts as they are; FLXSCALE to a zero point of 25; where the sky is known, its
        brightness SKYMAG [mag/arcsec2] and the magnitude PHOTDPTH of a star of S/N 1 in a circle of the radius of the seeing.
    """
    offsets = offsets[np.isfinite(offsets)]
    kept = offsets[_within(offsets)]
    if not kept.size or not exptime or exptime <= 0:
        return ZeroPointCards({'PHOTZP_N': 0, 'PHOTZPN0': int(offsets.size)}, False)
    value, scatter = float(np.median(kept)), float(np.std(kept))
    of_counts = value + 2.5 * math.log10(exptime)
    cards: dict[str, float | int] = {
        'PHOTZP': value, 'PHOTZPSD': scatter, 'PHOTZPER': scatter / math.sqrt(kept.size), 'PHOTZP_N': int(kept.size),
        'PHOTZPN0': int(offsets.size), 'PHOTZP_X': of_counts, 'MAGZERO': of_counts,
        'MAGZSIG': scatter, 'MAGZERR': scatter / math.sqrt(kept.size), 'FLXSCALE': 10 ** (-0.4 * (of_counts - 25))}
    if sky is not None and sky > 0 and pixel_scale:
        cards['SKYMAG'] = of_counts - 2.5 * math.log10(sky / pixel_scale ** 2)
        if seeing:
            pixels = math.pi * (seeing / pixel_scale) ** 2
            cards['PHOTDPTH'] = of_counts - 2.5 * math.log10((noise or math.sqrt(sky)) * math.sqrt(pixels))
    return ZeroPointCards(cards, 0 < value < 50)


def _within(values: Doubles, sigma: float = 3.0, rounds: int = 3) -> np.ndarray:
    """Return which values lie within so many sigma of their median, half of the distance of percentiles 16 and 84."""
    kept = np.ones(len(values), bool)
    for _ in range(rounds):
        if kept.sum() < 3:
            break
        low, middle, high = np.percentile(values[kept], [15.865, 50, 84.135])
        kept &= np.abs(values - middle) <= max(sigma * (high - low) / 2, 1e-9)
    return kept


def seeing_cards(fwhm: Doubles, good: np.ndarray, pixel_scale: float) -> dict[str, float | int]:
    """Return the cards of the seeing: median FWHM of all sources, and of those whose measurement nothing disturbed.

    Parameters
    ----------
    fwhm : array [source]
        FWHM of sources, pixels.
    good : array of bool [source]
        Whether nothing disturbed the measurement (FLAGS = 0).
    pixel_scale : float
        Side of a pixel, arcsec.
    """
    known = np.isfinite(fwhm) & (fwhm > 0)
    if not known.any():
        return {'SEEING_N': 0}
    of_all = float(np.median(fwhm[known])) * pixel_scale
    if not (known & good).any():
        return {'FWHM_ALL': of_all, 'SEEING_N': 0}
    best = float(np.median(fwhm[known & good])) * pixel_scale
    return {'FWHM_ALL': of_all, 'FWHM_FLT': best, 'SEEING': best, 'SEEING_N': int((known & good).sum())}
