"""IlluminationCorrectionFrame: the illumination correction as an image."""

from awlike.frames.illumination import IlluminationCorrection
from awlike.persist.dbobject import Input, Reference
from awlike.persist.references import Filter
from awlike.products.calibration import CalibrationFrame
from awlike.views.image import panels


class IlluminationCorrectionFrame(CalibrationFrame):
    """The illumination correction as an image of mean 1, by which flat-fielded science frames are divided."""

    illumination_correction = Input(IlluminationCorrection, 'the surface', existing=True)
    filter = Reference(Filter, 'the filter')

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.illumination import illumination_image
        surface = inputs.illumination_correction
        return {'data': illumination_image(surface.fit_coeffs, tuple(surface.shape))}

    def panels(self):
        return [panels.means(self.data, ''), panels.contours(self.data, '')]
