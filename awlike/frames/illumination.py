"""IlluminationCorrection: the difference between a flat field and the response to stars, measured by stars."""

from typing import Any

import numpy as np

from awlike.declare import (
    CalibrationFrame,
    Filter,
    FromLight,
    Input,
    Inputs,
    Panel,
    Reference,
    attribute,
    counted,
    data_of,
    flat_fielded,
    gain_of,
    limit,
    panels,
    parameter,
    positions,
    reach,
    switch,
    usable_pixels,
)
from awlike.frames.bias import BiasFrame
from awlike.frames.cold_pixels import ColdPixelMap
from awlike.frames.crosstalk import CrosstalkInput
from awlike.frames.dark import DarkFrame
from awlike.frames.flat import FlatFrame
from awlike.frames.fringe import FringeFrame, StackedParameters
from awlike.frames.gain import GainLinearity, RelativeGainInput
from awlike.frames.hot_pixels import HotPixelMap
from awlike.frames.raw import RawScienceFrame
from awlike.frames.tech_data import TechDataInput


class IlluminationCorrection(CalibrationFrame):
    """A surface fitted to the fluxes of stars in dithered exposures: it makes a star as bright wherever it falls.

    A flat field, and the sky, contain scattered light, which stars do not.
    """

    raw_science_frames = Input(RawScienceFrame, 'dithered raw science frames of one field', many=True)
    bias = Input(BiasFrame, 'master bias that is subtracted', switch='BIAS_CORRECTION')
    flat = Input(FlatFrame, 'master flat that they are divided by', switch='FLAT_FIELD')
    hot = Input(HotPixelMap, 'pixels that do not count', switch='HOT_PIXELS')
    cold = Input(ColdPixelMap, 'pixels that do not count', switch=('COLD_PIXELS', 'FLAT_FIELD'))
    fringe = Input(FringeFrame, 'fringes that are subtracted, where the filter has some', existing=True,
                   switch='FRINGE_CORRECTION')
    dark = Input(DarkFrame, 'dark current that is subtracted, where there are darks', optional=True,
                 switch='DARK_CORRECTION')
    gain = Input(GainLinearity, 'makes the counts linear, where one was measured', existing=True,
                 switch='LINEARITY_CORRECTION')
    crosstalk_matrix = CrosstalkInput()
    techdata = TechDataInput()
    relative = RelativeGainInput()
    filter = Reference(Filter, 'the filter')
    fit_coeffs = attribute(list, 'coefficients of the surface')
    shape = attribute(list, 'rows and columns of the detector')
    number_of_stars = attribute(int, 'stars that were measured in more than one exposure')
    rms = attribute(float, 'scatter of their magnitudes about the surface', unit='mag')
    error = attribute(float, 'largest standard error of the surface; none where dithers do not determine it', unit='mag')

    class Parameters(StackedParameters):
        PLAN_NIGHTS: int = reach('plan', 7)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 30)
        LAST_RESORT_NIGHTS: int = reach('last resort', 90)
        SATURATION: float = parameter(40000.0, 'stars with pixels of at least this are left out', unit='adu', gt=0)
        POLYNOMIAL_DEGREE: int = parameter(2, 'degree of the surface', ge=1, le=4)
        MAXIMUM_ERROR: float = limit(0.02, 'the surface is known to', unit='mag')
        FRINGE_CORRECTION: bool = switch('fringes are subtracted')

    LIMITS = {'MAXIMUM_ERROR': lambda made: made.error}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.illumination import fit_illumination
        from awlike.pixels.stars import measure_stars
        raws, good = inputs.raw_science_frames, usable_pixels(inputs.hot, inputs.cold)
        gain, shape = gain_of(inputs, params), raws[0].geometry.shape
        catalogues = [measure_stars(_image(raw, good, inputs, params), good, saturation=params.SATURATION, gain=gain)
                      for raw in raws]
        found = fit_illumination(catalogues, positions(raws), shape, params.POLYNOMIAL_DEGREE, [raw.EXPTIME for raw in raws])
        return {'fit_coeffs': list(found.fit_coeffs), 'shape': list(shape), 'number_of_stars': found.number_of_stars,
                'rms': found.rms, 'error': found.error if np.isfinite(found.error) else None}

    def panels(self) -> list[Panel]:
        from awlike.pixels.illumination import illumination_image
        image = illumination_image(self.fit_coeffs, tuple(self.shape))
        title = f'illumination correction: {counted(self.number_of_stars, "star")}, rms {self.rms:.3f} mag'
        return [panels.surface(-2.5 * np.log10(image), title, 'mag')]


def _image(raw: Any, good: np.ndarray | None, inputs: Inputs, params: FromLight) -> np.ndarray:
    """Return the flat-fielded image of `raw`, free of fringes where there is a fringe frame."""
    from awlike.pixels.fringe import fringe_scale
    image, fringe = np.asarray(flat_fielded(raw, inputs, params)), data_of(inputs.fringe)
    return image if fringe is None else image - np.float32(fringe_scale(image, fringe, good)) * fringe
