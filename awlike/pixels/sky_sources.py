"""Empty apertures: what is measured where no source is tells the noise of what is measured where sources are."""

import hashlib

import numpy as np
from numpy.typing import NDArray

from awlike.errors import ParameterError
from awlike.pixels.arrays import Array, Image
from awlike.pixels.geometry import require_same_shape
from awlike.pixels.measurement import circular_fluxes

_TRIES = 20  # places drawn for each that is wanted


def sky_sources(image: Image, variance: Image, labels: NDArray[np.int32], apertures: Array, number: int = 300,
                good: Image | None = None, margin: float = 2.0) -> Array:
    """Measure apertures at random places where no source is.

    The places follow from the labels and the parameters alone: the same content has the same places.

    Parameters
    ----------
    image, variance : 2-D array [y, x]
        The sky subtracted, ADU, and the variance of each pixel.
    labels : int32 [y, x]
        Of `Detections`: 0 where no source is.
    apertures : sequence of float
        Diameters [pixels].
    number : int
        Places at most; fewer where the field is crowded. Default: 300.
    good : 2-D map, optional
        1 good, 0 bad: no aperture has a bad pixel. Default: all good.
    margin : float
        No source is within this distance of an aperture [pixels]. Default: 2.

    Returns
    -------
    structured array
        X_IMAGE, Y_IMAGE (1 is the centre of the first pixel), FLUX_APER and FLUXERR_APER [aperture].

    Raises
    ------
    ParameterError
        Shapes differ, or no aperture is given.
    """
    require_same_shape(image=image, variance=variance, labels=labels, good=good)
    diameters = np.asarray(apertures, float).reshape(-1)
    if not diameters.size or not (diameters > 0).all():
        raise ParameterError(f'the apertures are {diameters.tolist()}: give at least one diameter, above 0')
    x, y = _empty_places(image, labels, good, diameters.max() / 2 + margin, number)
    table = np.zeros(x.size, [('X_IMAGE', 'f8'), ('Y_IMAGE', 'f8'), ('FLUX_APER', 'f4', (diameters.size,)),
                              ('FLUXERR_APER', 'f4', (diameters.size,))])
    table['X_IMAGE'], table['Y_IMAGE'] = x + 1, y + 1
    table['FLUX_APER'], table['FLUXERR_APER'] = circular_fluxes(image, variance, x, y, diameters, good)
    return table


def _empty_places(image: Image, labels: NDArray[np.int32], good: Image | None, radius: float, number: int,
                  ) -> tuple[Array, Array]:
    """Return places that are at least `radius` from any source, bad pixel or edge, and twice as far from each other."""
    from scipy.ndimage import distance_transform_edt
    from scipy.spatial import KDTree
    free = (labels == 0) & np.isfinite(image)
    if good is not None:
        free &= np.asarray(good) > 0
    room = np.asarray(distance_transform_edt(np.pad(free, 1)))[1:-1, 1:-1] > radius
    seed = hashlib.sha256(np.packbits(room).tobytes() + f'{labels.shape} {radius} {number}'.encode()).digest()
    candidates = np.flatnonzero(room)
    drawn = np.random.default_rng(list(seed)).permutation(candidates.size)[:_TRIES * number]
    y, x = np.divmod(candidates[drawn], labels.shape[1])
    places = np.array([x, y], float).T.reshape(-1, 2)
    kept: list[int] = []
    taken = np.zeros(len(places), bool)
    tree = KDTree(places) if len(places) else None
    for k in range(len(places)):
        if tree is None or len(kept) == number:
            break
        if not taken[k]:
            kept.append(k)
            taken[tree.query_ball_point(places[k], 2 * radius)] = True
    return places[kept, 0], places[kept, 1]
