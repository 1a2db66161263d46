"""What the detectors of an exposure tell together: the sky over all, fringes and pupil ghost, each by one scale."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from awlike.errors import ProcessingError
from awlike.pixels.fringe_vectors import FringeScale, exposure_fringe_scale, fringe_ratios, vectors_in
from awlike.pixels.pupil_ghost import (
    FocalPlane,
    GhostScale,
    GhostTemplate,
    exposure_ghost_scale,
    ghost_at,
    ghost_image,
)
from awlike.pixels.sky_samples import sky_level, sky_samples
from awlike.sky.focal_plane import axis_and_turn
from awlike.sky.pixel_origin import to_fits

Images = Mapping[str, Callable[[], np.ndarray]]
"""Functions that return the image of a detector, by its name."""

def by_detector(frames: Iterable[Any]) -> dict[str, Any]:
    """Return the frames of an exposure, or what was measured on them, by the name of the detector, in the order of names.

    Raises
    ------
    ProcessingError
        When two are of one detector.
    """
    found: dict[str, Any] = {}
    for frame in frames:
        name = frame.detector[1]
        if name in found:
            raise ProcessingError(f'two frames are of the detector {name}: a mosaic has one exposure, and each detector once')
        found[name] = frame
    return dict(sorted(found.items()))


def sky_of_detectors(images: Images, number: int, half_width: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the sky at many places of all detectors, and its level over all of them.

    Parameters
    ----------
    images : dict
        Functions that return the image of a detector, by name.
    number : int
        Boxes on each detector.
    half_width : int
        Half of the side of a box, pixels.

    Returns
    -------
    (dict, dict)
        The columns of the table SKYLEVEL; the values SKYBG ... of a `MosaicFrame`, none without boxes.
    """
    found = {name: sky_samples(image(), number, half_width) for name, image in images.items()}
    table = {'OTA': np.repeat([name.encode('ascii', 'replace') for name in found],
                                   [len(one.x) for one in found.values()]),
             'X': to_fits(np.concatenate([one.x for one in found.values()]).astype(float)),
             'Y': to_fits(np.concatenate([one.y for one in found.values()]).astype(float)),
             'LEVEL': np.concatenate([one.level for one in found.values()])}
    level = sky_level(table['LEVEL'])
    names = 'SKYBG', 'SKYBGCLP', 'SKYBGMIN', 'SKYBGSTD', 'SKYSMPLS'
    return table, {} if level is None else dict(zip(names, level, strict=True))


def fringes_of_detectors(images: Images, templates: Mapping[str, Any],
                         vectors: Mapping[str, Iterable[Iterable[float]]]) -> FringeScale | None:
    """Return the one scale of the fringes of all detectors; None where nothing tells.

    Parameters
    ----------
    images : dict
        Functions that return the image of a detector, by name.
    templates : dict
        By name of detector, an object whose `data` is the pattern of the fringes.
    vectors : dict
        By name of detector, vectors (x, y, length, angle) from dark to bright places; those of a detector without any are
        found in its template.
    """
    ratios = []
    for name, template in templates.items():
        if name in images:
            pattern = template.data
            known = np.array([list(one) for one in vectors.get(name, ())], float)
            ratios.append(fringe_ratios(images[name](), pattern, known if known.size else vectors_in(pattern)))
    return exposure_fringe_scale(np.concatenate(ratios)) if ratios else None


def without_fringes(image: Callable[[], np.ndarray], template: Any, scale: float) -> np.ndarray:
    """Return an image less `scale` times the pattern of its fringes, float32."""
    return np.asarray(image() - np.float32(scale) * template.data, np.float32)


def planes_of(astrometry: Mapping[str, Mapping[str, Any]]) -> dict[str, FocalPlane]:
    """Return where the pixels of each detector lie in the focal plane, by the astrometry of the headers that have one."""
    known = {name: cards for name, cards in astrometry.items() if cards}
    reference = next(iter(known.values()), None)
    found = {name: axis_and_turn(cards, reference or {}) for name, cards in known.items()}
    return {name: FocalPlane(*one) for name, one in found.items() if one is not None}


def ghost_of_detectors(images: Images, template: GhostTemplate, planes: Mapping[str, FocalPlane], angle: float,
                       number: int = 750, half_width: int = 20) -> GhostScale | None:
    """Return how much of the pupil ghost is in an exposure, by boxes on all detectors; None where nothing tells.

    Parameters
    ----------
    images : dict
        Functions that return the image of a detector, by name.
    template : GhostTemplate
        The ghost.
    planes : dict
        Where detectors lie in the focal plane, by name.
    angle : float
        Of the rotator [deg].
    number, half_width : int
        Boxes on each detector, and half of their side.
    """
    levels, ghosts = [np.empty(0)], [np.empty(0)]
    for name, plane in planes.items():
        boxes = sky_samples(images[name](), number, half_width)
        levels.append(boxes.level)
        ghosts.append(ghost_at(template, *plane.places(boxes.x, boxes.y), angle))
    return exposure_ghost_scale(np.concatenate(levels), np.concatenate(ghosts))


def without_ghost(image: Callable[[], np.ndarray], template: GhostTemplate, plane: FocalPlane, angle: float,
                  scale: float) -> np.ndarray:
    """Return an image less `scale` times the pupil ghost, float32."""
    pixels = image()
    return pixels - np.float32(scale) * ghost_image(template, plane, pixels.shape, angle)


def filled(image: Callable[[], np.ndarray], value: float) -> np.ndarray:
    """Return an image with `value` in pixels that have none."""
    pixels = image()
    return np.where(np.isfinite(pixels), pixels, np.float32(value))
