"""MosaicFrame: the detectors of an exposure in one file."""

from typing import TYPE_CHECKING, Any

from awlike.declare import (
    ContentTable,
    DetectorImages,
    Filter,
    FromMembers,
    Input,
    Inputs,
    Panel,
    ProcessTarget,
    Reference,
    attribute,
    choosing,
    column,
    panels,
    parameter,
)
from awlike.frames.reduced import ReducedScienceFrame

if TYPE_CHECKING:
    from awlike.fits.writing import Card
    from awlike.products.associations import Association
    from awlike.products.reduction_log import Told

SKY_COLUMNS = [
    column('DETECTOR', 'S40', 'name of the detector', ucd='meta.id;instr.det'),
    column('X', 'f4', 'column of the middle of the box, the first pixel is 1', unit='pix'),
    column('Y', 'f4', 'its row', unit='pix'),
    column('LEVEL', 'f4', 'median of the box', unit='adu'),
]


class MosaicFrame(ProcessTarget):
    """The detectors of an exposure in one file: an image for each, and the tables that tell of all of them.

    ``mosaic.images['OTA33']`` is the image of a detector, ``mosaic.frames`` are the reduced frames. Where a detector could
    not be reduced, the mosaic does without it and tells so. `reduction_log` says what became of each step, `associations` which
    files served.
    """

    frames = Input(ReducedScienceFrame, 'the reduced frames of the detectors', many=True)
    filter = Reference(Filter, 'the filter', optional=True)
    images = DetectorImages('the images of the detectors; NaN where a detector has no pixel', '.SCI', unit='adu')
    sky = ContentTable('the sky at many places', SKY_COLUMNS, extension='SKYLEVEL')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows', index=True)
    AIRMASS = attribute(float, 'airmass at the start of the exposure')
    detectors = attribute(dict, 'by name of detector, the cards of its header that tell its place on the sky')
    SKYBG = attribute(float, 'level of the sky over all detectors: median of the boxes', unit='adu')
    SKYBGCLP = attribute(float, 'the same of the boxes within 3 sigma', unit='adu')
    SKYBGMIN = attribute(float, 'the lowest of those', unit='adu')
    SKYBGSTD = attribute(float, 'their scatter', unit='adu')
    SKYSMPLS = attribute(int, 'number of boxes')

    UNIT = 'adu'

    class Parameters(FromMembers):
        SKY_BOXES: int = parameter(200, 'boxes on each detector in which the sky is measured', ge=1)
        SKY_HALF_WIDTH: int = parameter(30, 'half of the side of these boxes', unit='pix', ge=1)
        REQUESTED: str = choosing('', 'steps that a person asked for by name, as in the reduction log, with blanks between: '
                                  'such a step has failed where its calibration is lacking')

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import functools

        from awlike.products.mosaics import by_detector, sky_of_detectors
        frames = by_detector(inputs.frames)
        images = {name: functools.partial(_image, frame) for name, frame in frames.items()}
        first = inputs.frames[0]
        sky, level = sky_of_detectors(images, params.SKY_BOXES, params.SKY_HALF_WIDTH)
        return {'images': images, 'sky': sky, **level,
                'detectors': {name: frame.astrom or {} for name, frame in frames.items()},
                'EXPTIME': first.EXPTIME, 'OBJECT': first.OBJECT, 'AIRMASS': first.AIRMASS}

    @property
    def reduction_log(self) -> 'dict[str, Told]':
        """What became of each step, by the keyword under which the header has it."""
        from awlike.products.mosaics import log_of
        return log_of(self)

    def own_outcomes(self) -> 'dict[str, Told]':
        """Return the outcomes of the steps that all detectors need together, by keyword."""
        return {}

    @property
    def associations(self) -> 'list[Association]':
        """The files that served, step by step, as the table ASSOCIATIONS of the file has them."""
        from awlike.products.associations import associations_of
        return associations_of(self.frames)

    def cards_of(self, name: str) -> 'list[Card]':
        """Return the cards of the header of a detector: what it has of its own, and its place on the sky."""
        from awlike.products.mosaics import raw_cards
        return [*raw_cards(self)[1].get(name, []), *((self.detectors or {}).get(name) or {}).items()]

    def further_cards(self) -> 'list[Card]':
        from awlike.products.mosaics import raw_cards
        from awlike.products.reduction_log import log_cards
        return [*raw_cards(self)[0], *log_cards(self.reduction_log)]

    def further_tables(self) -> bytes:
        from awlike.products.associations import association_hdu
        return bytes(association_hdu(self.associations))

    def remarks(self) -> list[str]:
        left = self.members_left_out or {}
        return [f'{name} is left out: {why}' for name, why in left.items()]

    def panels(self) -> list[Panel]:
        return [panels.surface(image, name, self.UNIT) for name, image in self.images.items()]


def _image(frame: Any) -> Any:
    """Return the image of a detector, without what all detectors tell together."""
    import numpy as np
    return np.asarray(frame.data, np.float32)
