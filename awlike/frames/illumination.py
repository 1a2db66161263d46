"""IlluminationCorrection: what a flat field lacks to be the response to stars, measured by stars."""

from awlike.frames.bias import BiasFrame
from awlike.frames.cold import ColdPixelMap
from awlike.frames.flat import FlatFrame
from awlike.frames.gain import GainLinearity
from awlike.frames.hot import HotPixelMap
from awlike.frames.light import light
from awlike.frames.parameters import FromRawFrames, limit, parameter
from awlike.frames.product import CalibrationFrame, Input
from awlike.frames.raw import RawScienceFrame
from awlike.persist.dbobject import Reference, attribute
from awlike.persist.references import Filter


class IlluminationCorrection(CalibrationFrame):
    """A surface fitted to the fluxes of stars in dithered exposures: wherever a star falls, it shall be as bright.

    A flat field, and the sky, hold light that was scattered, which stars do not.
    """

    raw_science_frames = Input(RawScienceFrame, 'dithered raw science frames of one field', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted')
    flat = Input(FlatFrame, 'master flat that they are divided by')
    hot = Input(HotPixelMap, 'pixels that do not count')
    cold = Input(ColdPixelMap, 'pixels that do not count')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True)
    filter = Reference(Filter, 'the filter')
    fit_coeffs = attribute(list, 'coefficients of the surface')
    shape = attribute(list, 'rows and columns of the detector')
    number_of_stars = attribute(int, 'stars that were measured in more than one exposure')
    rms = attribute(float, 'scatter of their magnitudes about the surface', unit='mag')
    error = attribute(float, 'standard error of the surface, where it is known worst', unit='mag')

    class Parameters(FromRawFrames):
        VALIDITY_DAYS: float = parameter(30.0, 'it serves for the nights of its raw frames, noon to noon, and for so long '
                                         'before and after', unit='d', in_key=False, ge=0)
        OVERSCAN_CORRECTION: int = parameter(6, 'overscan mode, 0-10', ge=0, le=10)
        POLYNOMIAL_DEGREE: int = parameter(2, 'degree of the surface', ge=1, le=4)
        MAXIMUM_ERROR: float = limit(0.01, 'the surface is known to', unit='mag')

    LIMITS = {'MAXIMUM_ERROR': lambda made: made.error}


class IlluminationCorrectionFrame(CalibrationFrame):
    """The illumination correction as an image of mean 1, by which flat-fielded science frames are divided."""

    illumination_correction = Input(IlluminationCorrection, 'the surface')
    filter = Reference(Filter, 'the filter')

    @staticmethod
    def make(inputs, params):
        from awlike.pixels.illumination import illumination_image
        surface = inputs.illumination_correction
        return {'data': illumination_image(surface.fit_coeffs, tuple(surface.shape))}
