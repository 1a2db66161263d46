"""PupilGhost: the ring of light that the corrector throws on the detectors of a mosaic camera."""

from typing import TYPE_CHECKING, Any

from awlike.declare import (
    Filter,
    FromMembers,
    Input,
    Inputs,
    Panel,
    Plane,
    ProcessingError,
    ProcessTarget,
    Reference,
    attribute,
    panels,
    parameter,
)
from awlike.frames.reduced import ReducedScienceFrame

if TYPE_CHECKING:
    import numpy as np

    from awlike.pixels.pupil_ghost import FocalPlane, GhostTemplate


_LOUDEST = 1.15  # of the median scatter of pixels in a box: above are stars


class PupilGhost(ProcessTarget):
    """The pupil ghost of a filter on a sky of brightness 1, polar, at the angle 0 of the rotator.

    It is found in science frames of many exposures, whose stars are elsewhere. A `MosaicFrame` subtracts it, turned by the
    rotator, where its parameter PUPIL_GHOST names it.
    """

    frames = Input(ReducedScienceFrame, 'science frames whose sky shows it', many=True)
    filter = Reference(Filter, 'the filter', optional=True)
    polar = Plane('the ghost by angle, from x to y over the circle, and radius about the optical axis')
    step = attribute(float, 'radius from one column to the next', unit='pix')

    class Parameters(FromMembers):
        BOXES: int = parameter(2000, 'boxes on each frame in which the sky is measured', ge=10)
        HALF_WIDTH: int = parameter(10, 'half of the side of these boxes', unit='pix', ge=1)
        STEP: float = parameter(40.0, 'radius from one column of the template to the next', unit='pix', gt=0)
        ANGLES: int = parameter(72, 'how many angles the template has', ge=1)
        OUTER_RADIUS: float = parameter(0.0, 'the sky further from the axis is free of the ghost; 0: the darkest tenth of the '
                                        'ghost is no ghost', unit='pix', ge=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.pixels.pupil_ghost import ghost_template
        exposures: dict[Any, list[Any]] = {}
        for frame in inputs.frames:
            exposures.setdefault(frame.DATE_OBS, []).append(frame)
        boxes = [_boxes_of(frames, params) for frames in exposures.values()]
        x, y, excess = (np.concatenate(part) for part in zip(*boxes, strict=True))
        made = ghost_template(x, y, excess, params.STEP, params.ANGLES, floor=not params.OUTER_RADIUS)
        if made is None:
            raise ProcessingError('no frame has a place in the focal plane and a sky: take frames whose headers have '
                                  'an astrometry')
        return {'polar': made.polar.astype('float32'), 'step': params.STEP}

    def template(self) -> 'GhostTemplate':
        """Return the template as `awlike.pixels.pupil_ghost` takes it."""
        return template_of(self)

    def panels(self) -> list[Panel]:
        return [panels.surface(self.polar.data, 'pupil ghost by angle and radius', '')]


def template_of(ghost: Any) -> 'GhostTemplate':
    """Return the template of a pupil ghost, or of the input that it is."""
    from awlike.pixels.pupil_ghost import GhostTemplate
    return GhostTemplate(ghost.polar.data.astype(float), ghost.step)


def _boxes_of(frames: list[Any], params: Any) -> 'tuple[np.ndarray, np.ndarray, np.ndarray]':
    """Return the boxes of one exposure: places in the focal plane at the angle 0 of the rotator, and excess of the sky."""
    import numpy as np

    from awlike.pixels.sky_samples import sky_samples
    from awlike.products.mosaics import by_detector, planes_of
    there = by_detector(frames)
    planes = planes_of({name: frame.astrom or {} for name, frame in there.items()})
    x, y, level = [np.empty(0)], [np.empty(0)], [np.empty(0)]
    for name, plane in planes.items():
        found = sky_samples(there[name].data, params.BOXES, params.HALF_WIDTH, loudest=_LOUDEST)
        for kept, values in zip((x, y), _turned_back(plane, found, there[name].rotator or 0.0), strict=True):
            kept.append(values)
        level.append(found.level)
    places_x, places_y, levels = (np.concatenate(part) for part in (x, y, level))
    if not levels.size:
        return places_x, places_y, levels
    far = np.hypot(places_x, places_y) > params.OUTER_RADIUS if params.OUTER_RADIUS else np.ones(len(levels), bool)
    return places_x, places_y, levels / np.median(levels[far] if far.any() else levels) - 1


def _turned_back(plane: 'FocalPlane', boxes: Any, angle: float) -> 'tuple[np.ndarray, np.ndarray]':
    import numpy as np
    x, y = plane.places(boxes.x, boxes.y)
    cos, sin = np.cos(np.radians(angle)), np.sin(np.radians(angle))
    return cos * x + sin * y, cos * y - sin * x
