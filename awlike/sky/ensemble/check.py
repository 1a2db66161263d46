"""How well a plate that an ensemble gave agrees with the reference stars of one frame."""

import numpy as np

from awlike.sky.astrometry import Astrometry
from awlike.sky.ensemble.layers import Doubles, Integers
from awlike.sky.plate import Plate
from awlike.sky.polynomials import degree_of
from awlike.sky.projection import to_plane
from awlike.sky.sphere import separation

_CLIP, _ROUNDS, _TO_SIGMA = 4.0, 5, 1.4826

Sky = tuple[Doubles, Doubles]


def against_references(plate: Plate, header: Plate | None, sources: Sky, known: Sky, pairs: tuple[Integers, Integers],
                       shape: tuple[int, int]) -> Astrometry:
    """Return a plate as the astrometry of a frame: reference stars do not change it, but tell how good it is.

    Parameters
    ----------
    plate : Plate
    header : Plate
        What the header tells; None where it tells nothing.
    sources, known : pair of arrays
        Right ascension and declination of sources by the plate, and of reference stars at the date of the frame, degrees.
    pairs : pair of arrays
        Numbers of sources and of reference stars that are the same. Those further apart than 4 robust standard deviations
        are left out.
    shape : (rows, columns)
    """
    middle = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    ra, dec = plate.pixel_to_sky(*middle)
    contact = float(ra), float(dec)
    source, reference = pairs
    places, there = (3600 * np.transpose(to_plane(one[0][which], one[1][which], contact))
                     for one, which in ((sources, source), (known, reference)))
    left = places - there
    kept = np.ones(len(left), bool)
    for _ in range(_ROUNDS):
        if kept.any():
            scale = _TO_SIGMA * np.median(np.abs(left[kept]))
            kept = np.hypot(*left.T) < _CLIP * max(scale, 1e-6) * np.sqrt(2)
    was = header.pixel_to_sky(*middle) if header else (np.nan, np.nan)
    signs = {float(np.sign(np.linalg.det(one.jacobian(*middle)))) for one in (plate, header) if one}
    return Astrometry(plate, source=source[kept], reference=reference[kept], DRA=left[kept, 0], DDEC=left[kept, 1],
                      degree=max(map(degree_of, plate.polynomials)), offset=3600 * float(separation(*was, *contact)),
                      is_flipped=len(signs) > 1, frame=shape)
