"""The catalogue of an image: sources detected, parted, fitted with the PSF, and measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awlike.pixels.arrays import Array, Image, Image32
from awlike.pixels.detection import Detections, detect, significance_image
from awlike.pixels.measurement import measure_shapes, measure_sources
from awlike.pixels.psf_model import PSF
from awlike.pixels.psf_photometry import Found, Photometer, find_sources, fit_given
from awlike.pixels.source_flags import SourceFlag

_LEAST_GOOD = 0.8  # of the light of a PSF must fall on good pixels
_OWN = 0.5  # of the light of all sources in a pixel, which then belongs to a source found in the residual
_PSF_COLUMNS = np.dtype([('X_PSF', 'f8'), ('Y_PSF', 'f8'), ('ERRX2_PSF', 'f8'), ('ERRY2_PSF', 'f8'), ('ERRXY_PSF', 'f8'),
                         ('FLUX_PSF', 'f4'), ('FLUXERR_PSF', 'f4'), ('CHI2_PSF', 'f4'), ('EXTENDEDNESS', 'f4'),
                         ('EXTENDEDNESS_ERR', 'f4')])


@dataclass(frozen=True)
class Catalogue:
    """The sources of an image.

    Parameters
    ----------
    table : structured array [source]
        The columns of `measurement.columns` and of `psf_table`.
    detections : Detections
        Those of the table, with the sources found in the residual.
    image : float32 [y, x]
        What was measured: the sky subtracted, as it is beside the sources.
    variance : float32 [y, x]
        Of each pixel, measured again beside the sources where `measured_noise` was asked for.
    residual : float32 [y, x]
        The image less the PSF of each source.
    """

    table: Array
    detections: Detections
    image: Image32
    variance: Image32
    residual: Image32


def catalogue(image: Image, variance: Image, psf: PSF, apertures: Sequence[float], good: Image | None = None,
              gain: float | None = None, threshold: float = 4.6, maps: Mapping[SourceFlag, Image] | None = None,
              measured_noise: bool = False) -> Catalogue:
    """Detect, part and measure all sources of an image.

    Peaks of the image filtered with its PSF are sources; the PSF is fitted to all of them together, and point sources that
    others hide are found in the residual. Then positions, shapes and fluxes are measured.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of each pixel.
    psf : PSF
        Of this image.
    apertures : sequence of float
        Diameters of the circles of FLUX_APER [pixels].
    good, gain, maps
        As in `measure_sources`.
    threshold : float
        Least significance of a source. Default: 4.6.
    measured_noise : bool
        Whether the variance is that of a `Background`; then it is measured again beside the sources. Default: no.

    Returns
    -------
    Catalogue
        Empty where nothing is significant.
    """
    photometer = Photometer(image, variance, psf, good, gain)
    significance = significance_image(photometer.image, photometer.variance, psf.template(), photometer.good)
    detections = detect(significance, threshold)
    found = find_sources(photometer, detections.x, detections.y, threshold, measured_noise=measured_noise)
    detections = with_found(detections, found)
    measured = found.photometer
    table = measure_sources(measured.image, measured.variance, detections, apertures, measured.good, gain, maps)
    return _joined_catalogue(table, found, detections)


def catalogue_of(detected: Catalogue, image: Image, variance: Image, psf: PSF, apertures: Sequence[float],
                 good: Image | None = None, gain: float | None = None, maps: Mapping[SourceFlag, Image] | None = None,
                 measured_noise: bool = False) -> Catalogue:
    """Measure in an image the sources that were detected in another image of the same pixels (two-image mode).

    Positions, shapes and apertures are those of the other image, so that colours are those of the same light.

    Parameters
    ----------
    detected : Catalogue
        From `catalogue`, of the image in which the sources were detected.
    image, variance, psf, apertures, good, gain, maps, measured_noise
        As in `catalogue`, of the image in which fluxes are measured.

    Raises
    ------
    ParameterError
        The images differ in shape.
    """
    found = fit_given(Photometer(image, variance, psf, good, gain), detected.table['X_PSF'] - 1, detected.table['Y_PSF'] - 1,
                      measured_noise)
    measured, there = found.photometer, detected.detections
    shapes = measure_shapes(detected.image, detected.variance, there)
    table = measure_sources(measured.image, measured.variance, there, apertures, measured.good, gain, maps, shapes)
    return _joined_catalogue(table, found, there)


def _joined_catalogue(table: Array, found: Found, detections: Detections) -> Catalogue:
    """Return the catalogue of what was measured in apertures, and of what was fitted."""
    more, flags = psf_table(found)
    table['FLAGS'] |= flags
    measured = found.photometer
    return Catalogue(_joined(table, more), detections, measured.image, measured.variance, found.sources.residual)


def psf_table(found: Found) -> tuple[Array, NDArray[np.int32]]:
    """Return what the fit of the PSF says of each source, as columns, and its flags.

    X_PSF and Y_PSF are pixels, 1 is the centre of the first, and ERRX2_PSF, ERRY2_PSF and ERRXY_PSF their covariance
    [pixel^2]. FLUX_PSF and FLUXERR_PSF are in ADU. CHI2_PSF is reduced. EXTENDEDNESS is the part of the light that has the
    shape of a PSF broadened by its own width, from 0 (a point) to 1; NaN where the PSF could not be fitted.
    """
    from awlike.pixels.kernels import psf_photometry as kernels
    values, results = found.sources.values, found.results.T
    table = np.zeros(len(values), _PSF_COLUMNS)
    table['X_PSF'], table['Y_PSF'], table['FLUX_PSF'] = values[:, 0] + 1, values[:, 1] + 1, values[:, 2]
    for name, column in {'ERRX2_PSF': kernels.X_VARIANCE, 'ERRY2_PSF': kernels.Y_VARIANCE, 'ERRXY_PSF': kernels.XY_VARIANCE,
                         'CHI2_PSF': kernels.CHI2, 'EXTENDEDNESS_ERR': kernels.BROAD_ERROR}.items():
        table[name] = results[column]
    table['FLUXERR_PSF'] = np.sqrt(results[kernels.FLUX_VARIANCE])
    table['EXTENDEDNESS'] = np.clip(results[kernels.BROAD], 0, 1)
    failed = ~(np.isfinite(table['FLUXERR_PSF']) & (values[:, 2] > 0))
    flags = np.where(failed, SourceFlag.PSF_FAILED, 0)
    flags |= np.where(results[kernels.GOOD_SHARE] < _LEAST_GOOD, SourceFlag.PSF_BAD_PIXELS, 0)
    flags |= np.where(found.sources.found_later, SourceFlag.RESIDUAL, 0)
    return table, flags.astype(np.int32)


def with_found(detections: Detections, found: Found) -> Detections:
    """Return the detections and the sources found in the residual, to which the pixels belong that they light most."""
    sources, photometer = found.sources, found.photometer
    first = detections.x.size
    new = sources.values[first:]
    if not len(new):
        return detections
    labels, blended = detections.labels.copy(), np.concatenate([detections.blended, np.ones(len(new), bool)])
    stamps = photometer.psf.stamps(new[:, 0], new[:, 1], photometer.half) * new[:, 2, None, None].astype(np.float32)
    column, row = np.rint(new[:, :2]).astype(int).T
    height, width = labels.shape
    for k, stamp in enumerate(stamps):
        part, where = _inside(stamp, int(row[k]), int(column[k]), (height, width))
        light = photometer.image[where] - sources.residual[where]
        own = (part > _OWN * light) & (part > 0.5 * np.sqrt(photometer.variance[where]))
        before = labels[where][own]
        blended[before[before > 0] - 1] = True
        labels[where][own] = first + k + 1
    inside = np.clip(column, 0, width - 1), np.clip(row, 0, height - 1)
    significance = new[:, 2] / np.sqrt(found.results[first:, 0])
    return Detections(labels, np.concatenate([detections.x, inside[0]]), np.concatenate([detections.y, inside[1]]),
                      np.concatenate([detections.significance, significance.astype(np.float32)]), blended)


def _inside(stamp: Array, row: int, column: int, shape: tuple[int, int]) -> tuple[Array, tuple[slice, slice]]:
    """Return the part of a stamp that lies inside an image, and where it lies."""
    half = stamp.shape[0] // 2
    top, left = max(0, row - half), max(0, column - half)
    bottom, right = min(shape[0], row + half + 1), min(shape[1], column + half + 1)
    return (stamp[top - row + half:max(bottom - row + half, 0), left - column + half:max(right - column + half, 0)],
            (slice(top, max(bottom, top)), slice(left, max(right, left))))


def _joined(*tables: Array) -> Array:
    """Return a table with the columns of several tables of as many rows."""
    joined = np.empty(len(tables[0]), [column for table in tables for column in table.dtype.descr])
    for table in tables:
        for name in table.dtype.names or ():
            joined[name] = table[name]
    return joined
