"""IlluminationCorrectionFrame: the illumination correction as an image."""

from awlike.declare import CalibrationFrame, Filter, Input, Inputs, Panel, ProcessParameters, Reference, panels
from awlike.frames.illumination import IlluminationCorrection


class IlluminationCorrectionFrame(CalibrationFrame):
    """The illumination correction as an image of mean 1, by which flat-fielded science frames are divided."""

    illumination_correction = Input(IlluminationCorrection, 'the surface', existing=True)
    filter = Reference(Filter, 'the filter')

    IMPORTABLE = True

    @staticmethod
    def make(inputs: Inputs, params: ProcessParameters) -> dict:
        from awlike.pixels.illumination import illumination_image
        surface = inputs.illumination_correction
        return {'data': illumination_image(surface.fit_coeffs, tuple(surface.shape))}

    def panels(self) -> list[Panel]:
        image = self.data
        return [] if image is None else [panels.means(image, ''), panels.contours(image, '')]
