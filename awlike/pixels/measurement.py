"""Positions, shapes and fluxes of sources."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Doubles, Image, Image32, Integers, Map
from awlike.pixels.detection import Detections
from awlike.pixels.filters import good_pixels
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.source_flags import SourceFlag
from awlike.pixels.strips import for_strips

_BATCH = 256  # sources that a thread measures at a time
_SIZE = 1.5  # pixels: A and B of a source whose moments describe no ellipse


@dataclass(frozen=True)
class Shapes:
    """Where sources lie in an image and how large they are: what their fluxes are measured within.

    Parameters
    ----------
    values : float64 [source, column]
        The columns are named in `kernels.measurement`.
    areas : int64 [source]
        Pixels that belong to a source.
    flags : int64 [source]
        Bits of `SourceFlag`.
    """

    values: Doubles
    areas: Integers
    flags: Integers


def columns(apertures: int) -> np.dtype:
    """Return the columns of a table of sources with this number of apertures.

    X_IMAGE and Y_IMAGE are the windowed position, or the barycentre where FLAGS says that it failed; 1 is the centre of
    the first pixel. ERRX2_IMAGE, ERRY2_IMAGE and ERRXY_IMAGE are its covariance [pixel^2], A_IMAGE, B_IMAGE, FWHM_IMAGE and
    FLUX_RADIUS are in pixels, THETA_IMAGE in degrees from x to y, KRON_RADIUS in units of A and B, fluxes in ADU.
    """
    doubles = ('X_IMAGE', 'Y_IMAGE', 'ERRX2_IMAGE', 'ERRY2_IMAGE', 'ERRXY_IMAGE')
    floats = ('FLUX_AUTO', 'FLUXERR_AUTO', 'FLUX_RADIUS', 'FWHM_IMAGE', 'A_IMAGE', 'B_IMAGE', 'THETA_IMAGE', 'ELONGATION',
              'KRON_RADIUS', 'FLUX_MAX')
    return np.dtype([('SID', 'i4'), *((name, 'f8') for name in doubles), *((name, 'f4') for name in floats),
                     ('FLUX_APER', 'f4', (apertures,)), ('FLUXERR_APER', 'f4', (apertures,)), ('ISOAREA_IMAGE', 'i4'),
                     ('FLAGS', 'i4')])


def measure_sources(image: Image, variance: Image, detections: Detections, apertures: Sequence[float],
                    good: Image | None = None, gain: float | None = None, maps: Mapping[SourceFlag, Image] | None = None,
                    shapes: Shapes | None = None) -> Array:
    """Measure positions, shapes and fluxes of detected sources, all at once.

    Parameters
    ----------
    image : 2-D array [y, x]
        The sky subtracted, ADU.
    variance : 2-D array [y, x]
        Of each pixel, ADU^2. Pixels where it is not finite and above 0 are bad.
    detections : Detections
    apertures : sequence of float
        Diameters of the circles of FLUX_APER, as PHOT_APERTURES of SExtractor [pixels].
    good : 2-D map, optional
        1 good, 0 bad. Pixels that are not finite are bad anyway. Default: all good.
    gain : float, optional
        e-/ADU, for the photon noise of the sources. Default: the variance has this noise already.
    maps : mapping from SourceFlag to 2-D map, optional
        Sources with a pixel that is 0 in a map get its flag, as SATURATED or COSMIC.
    shapes : Shapes, optional
        From `measure_shapes` on the image in which the sources were detected. Default: this image.

    Returns
    -------
    structured array [source]
        See `columns`.

    Raises
    ------
    ParameterError
        Shapes differ, or a diameter or the gain is not above 0.
    """
    diameters = np.asarray(apertures, np.float64).reshape(-1)
    if not (diameters > 0).all():
        raise ParameterError(f'the diameters of the apertures are {diameters.tolist()}, but must be above 0')
    image, variance, usable, photons = _prepared(image, variance, detections, good, gain)
    if shapes is None:
        shapes = _shapes(image, variance, usable, detections, photons)
    fluxes, errors, flags = _fluxes(image, variance, usable, detections, shapes, diameters, photons)
    table = _table(shapes, fluxes, errors, detections)
    table['FLAGS'] = flags | shapes.flags | np.where(detections.blended, SourceFlag.BLENDED, 0)
    for flag, one in (maps or {}).items():
        require_same_shape(image=image, map=one)
        hit = np.unique(detections.labels[np.asarray(one) == 0])
        table['FLAGS'][hit[hit > 0] - 1] |= int(flag)
    return table


def measure_shapes(image: Image, variance: Image, detections: Detections, good: Image | None = None, gain: float | None = None,
                   ) -> Shapes:
    """Measure where sources lie and how large they are; the arguments are those of `measure_sources`."""
    image, variance, usable, photons = _prepared(image, variance, detections, good, gain)
    return _shapes(image, variance, usable, detections, photons)


def circular_fluxes(image: Image, variance: Image, x: Array, y: Array, diameters: Array, good: Image | None = None,
                    ) -> tuple[Doubles, Doubles]:
    """Return the light in circles at given places, and its error from the variance: two float64 [place, circle], ADU.

    `x` and `y` are pixels, 0 is the centre of the first; the other arguments are those of `measure_sources`.
    """
    x, y, radii = np.asarray(x, float), np.asarray(y, float), np.asarray(diameters, float).reshape(-1) / 2
    nowhere = Detections(np.zeros(np.shape(image), np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64),
                         np.zeros(0, np.float32), np.zeros(0, bool))
    from awlike.pixels.kernels import measurement as kernels
    image, variance, usable, _ = _prepared(image, variance, nowhere, good, None)
    values = np.ones((x.size, kernels.SHAPE))
    values[:, kernels.X_WINDOW], values[:, kernels.Y_WINDOW] = x, y
    fluxes, variances = np.zeros((2, x.size, 1 + radii.size))
    kernels.measure_fluxes(image, variance, usable, nowhere.labels, values, radii, 0.0, 0, x.size, fluxes, variances,
                           np.zeros(x.size, np.int64))
    return fluxes[:, 1:], np.sqrt(variances[:, 1:])


def _shapes(image: Image32, variance: Image32, usable: Map, detections: Detections, photons: float) -> Shapes:
    from awlike.pixels.kernels import measurement as kernels
    places = np.flatnonzero(detections.labels)
    number = detections.x.size
    starts, grouped = np.zeros(number + 1, np.int64), np.empty_like(places)
    kernels.group(places, detections.labels, starts, grouped)
    peaks = (detections.y * image.shape[1] + detections.x).astype(np.int64)
    values, bits = np.full((number, kernels.SHAPE), np.nan), np.zeros(number, np.int64)
    for_strips(number, 1, lambda part: kernels.measure_shapes(
        image, variance, usable, detections.labels, grouped, starts, peaks, photons, _SIZE, part.start, part.stop, values,
        bits), _BATCH)
    return Shapes(values, np.diff(starts), _flags(bits, {kernels.MOMENTS_FAILED: SourceFlag.MOMENTS_FAILED,
                                        kernels.WINDOW_FAILED: SourceFlag.WINDOW_FAILED,
                                        kernels.KRON_FAILED: SourceFlag.KRON_FAILED}))


def _prepared(image: Image, variance: Image, detections: Detections, good: Image | None, gain: float | None,
              ) -> tuple[Image32, Image32, Map, float]:
    """Return the arguments as the kernels want them."""
    require_same_shape(image=image, variance=variance, labels=detections.labels, good=good)
    if gain is not None and not gain > 0:
        raise ParameterError(f'gain is {gain}, but must be positive: leave it out where the variance has the photon noise')
    image, variance = np.ascontiguousarray(image, np.float32), np.ascontiguousarray(variance, np.float32)
    usable = np.empty(image.shape, bool)

    def judge(rows: slice) -> None:
        usable[rows] = good_pixels(image[rows], None if good is None else good[rows])
        usable[rows] &= (variance[rows] > 0) & (variance[rows] < np.inf)

    for_strips(image.shape[0], image.shape[1], judge)
    return image, variance, usable.view(np.uint8), 0.0 if gain is None else 1 / gain


def _fluxes(image: Image32, variance: Image32, usable: Map, detections: Detections, shapes: Shapes, diameters: Doubles,
            photons: float) -> tuple[Doubles, Doubles, Integers]:
    """Return fluxes and errors [source, AUTO and apertures], and flags."""
    from awlike.pixels.kernels import measurement as kernels
    number = detections.x.size
    fluxes, variances = np.zeros((2, number, 1 + diameters.size))
    bits = np.zeros(number, np.int64)
    for_strips(number, 1, lambda part: kernels.measure_fluxes(
        image, variance, usable, detections.labels, shapes.values, diameters / 2, photons, part.start, part.stop, fluxes,
        variances, bits), _BATCH)
    return fluxes, np.sqrt(variances), _flags(bits, {kernels.HAS_NEIGHBOUR: SourceFlag.NEIGHBOUR,
                                                     kernels.HAS_BAD: SourceFlag.BAD_PIXELS,
                                                     kernels.HAS_OUTSIDE: SourceFlag.EDGE})


def _flags(bits: Integers, names: Mapping[int, SourceFlag]) -> Integers:
    """Return the flags that the bits of a kernel stand for."""
    flags = np.zeros(bits.size, np.int64)
    for bit, flag in names.items():
        flags[bits & bit > 0] |= int(flag)
    return flags


def _table(shapes: Shapes, fluxes: Doubles, errors: Doubles, detections: Detections) -> Array:
    from awlike.pixels.kernels import measurement as kernels
    values, number = shapes.values.T, detections.x.size
    table = np.zeros(number, columns(fluxes.shape[1] - 1))
    table['SID'] = np.arange(1, number + 1)
    table['X_IMAGE'], table['Y_IMAGE'] = values[kernels.X_WINDOW] + 1, values[kernels.Y_WINDOW] + 1
    for name, column in {'ERRX2_IMAGE': kernels.X_VARIANCE, 'ERRY2_IMAGE': kernels.Y_VARIANCE,
                         'ERRXY_IMAGE': kernels.XY_VARIANCE, 'FLUX_RADIUS': kernels.HALF_LIGHT, 'FWHM_IMAGE': kernels.FWHM,
                         'A_IMAGE': kernels.A, 'B_IMAGE': kernels.B, 'KRON_RADIUS': kernels.KRON,
                         'FLUX_MAX': kernels.PEAK}.items():
        table[name] = values[column]
    table['THETA_IMAGE'] = np.degrees(values[kernels.THETA])
    table['ELONGATION'] = values[kernels.A] / values[kernels.B]
    table['FLUX_AUTO'], table['FLUXERR_AUTO'] = fluxes[:, 0], errors[:, 0]
    table['FLUX_APER'], table['FLUXERR_APER'] = fluxes[:, 1:], errors[:, 1:]
    table['ISOAREA_IMAGE'] = shapes.areas
    return table
