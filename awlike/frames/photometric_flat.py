"""PhotometricFlat: how the response to stars differs from the flat, as a program outside awlike measured it."""

from awlike.declare import CalibrationFrame, Filter, Input, Panel, Reference, panels
from awlike.frames.flat import FlatFrame


class PhotometricFlat(CalibrationFrame):
    """A photometric flat, median 1, by which flat-fielded frames are divided, so that a star is as bright wherever it falls.

    It is imported, and serves where it exists. awlike measures the same by an `IlluminationCorrection`, for each detector, or
    in one exposure by the parameter AUTO_PHOTFLAT of a `MosaicFrame`.
    """

    flat = Input(FlatFrame, 'the flat that it corrects', optional=True)
    filter = Reference(Filter, 'the filter')

    IMPORTABLE = True

    def panels(self) -> list[Panel]:
        image = self.data
        return [] if image is None else [panels.means(image, ''), panels.contours(image, '')]
