"""CalibratedExposure: a science frame with all that was measured of it, in one file."""

from typing import TYPE_CHECKING, Any, Self

from awlike.declare import (
    Input,
    Inputs,
    Plane,
    ProcessParameters,
    attribute,
    data_of,
    measurable,
    parameter,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.cosmics import CosmicMap
from awlike.frames.measurement import FrameMeasurement
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.satellites import SatelliteMap
from awlike.frames.science import ScienceFrame
from awlike.pixels.mask_flags import MaskFlag
from awlike.pixels.source_flags import SourceFlag

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np


class CalibratedExposure(FrameMeasurement):
    """A science frame, ADU, its sky subtracted, with mask, variance, PSF, and place on the sky and zero point in the header.

    The LSST pipelines call it calexp. Without solution, the place on the sky is that of the header of the frame; without
    zero point, the header has no MAGZERO.
    """

    cosmic = Input(CosmicMap, 'its cosmic rays', optional=True)
    satellite = Input(SatelliteMap, 'its tracks of satellites', optional=True)
    psf_model = Input(PSFModel, 'its point spread function')
    aperture_correction = Input(ApertureCorrection, 'brings fluxes to total fluxes', optional=True)
    astrom_params = Input(AstrometricParameters, 'its place on the sky, where a reference catalogue tells', optional=True)
    photom_params = Input(PhotometricParameters, 'its zero point, where a reference catalogue tells', optional=True)
    mask = Plane('the mask; the cards MP_ have the number of each bit, from 0', bits=MaskFlag.numbers())
    variance = Plane('variance of each pixel, photon noise of sources included', unit='adu2')
    psf = Plane('coefficients of the B-splines of the PSF, the terms of the polynomials one above the other')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows')
    AIRMASS = attribute(float, 'airmass at the start of the exposure')
    GAIN = attribute(float, 'electrons per ADU', unit='electron/adu')
    MAGZERO = attribute(float, 'magnitude of a star of 1 ADU in this image', unit='mag')
    MAGZPERR = attribute(float, 'its error', unit='mag')
    FLUXMAG0 = attribute(float, 'ADU of a star of magnitude 0', unit='adu')
    APCORPSF = attribute(float, 'total flux of a star / its flux by the PSF')
    PSFSAMP = attribute(int, 'grid points of the PSF to a pixel')
    astrom = attribute(dict, 'astrometry, keywords of a FITS header: TPV where a reference catalogue tells')

    UNIT = 'adu'

    class Parameters(ProcessParameters):
        THRESHOLD: float = parameter(5.0, 'the mask marks sources that are at least as significant as this', unit='sigma', gt=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.calibrated_exposure import exposure_mask, exposure_variance, source_pixels
        from awlike.products.measurable import psf_of, zeropoint_error_of, zeropoint_of
        image, sky_variance, good, gain, known = measurable(inputs)
        frame, astrom, photom = inputs.frame, inputs.astrom_params, inputs.photom_params
        psf = psf_of(inputs.psf_model, frame)
        sources = source_pixels(image, sky_variance, psf, params.THRESHOLD, good)
        mask = exposure_mask(image, sources, psf.fwhm(), data_of(inputs.weight), _maps(inputs, known))
        magnitudes = {}
        if (zero := zeropoint_of(frame, photom)) is not None:
            magnitudes = {'MAGZERO': zero, 'MAGZPERR': zeropoint_error_of(frame, photom), 'FLUXMAG0': 10 ** (0.4 * zero)}
        return {'data': image, 'mask': mask, 'variance': exposure_variance(image, sky_variance, sources, gain),
                'psf': psf.polynomials(), 'good': good, 'GAIN': gain, 'PSFSAMP': psf.sampling,
                'APCORPSF': None if inputs.aperture_correction is None else inputs.aperture_correction.factor_psf,
                'astrom': frame.astrom if astrom is None or not astrom.solution else astrom.solution, **magnitudes,
                **{name: getattr(frame, name) for name in ('EXPTIME', 'OBJECT', 'AIRMASS')}}

    @classmethod
    def of(cls, frame: ScienceFrame, pars: 'Mapping[str, Any] | None' = None) -> Self:
        """Return the calibrated exposure of a science frame, in memory, of the best products that are known of the frame.

        Parameters
        ----------
        frame : ScienceFrame
        pars : dict, optional
            Process parameters that differ from those of class and camera, as tasks take them.

        Raises
        ------
        NotFound
            When the frame has no PSF that you see.
        """
        from awlike.errors import NotFound
        from awlike.planning.parameters_in_force import ParametersInForce
        from awlike.products.making import produce
        from awlike.remedies import to_type
        assert frame.instrument is not None
        psf, zero_point = frame.psf, frame.zero_point
        if psf is None:
            call = to_type(f'SourceListTask({frame.instrument.name!r}, frames=[{str(frame)!r}], commit=True).execute()',
                           f'awe run SourceList --instrument {frame.instrument.name} --frame {frame} --commit')
            raise NotFound(f'{frame} has no background and no PSF that you see: {call} makes both, place on the sky and zero '
                           'point as well')
        weight, photom = psf.weight, None if zero_point is None else zero_point.product
        inputs = {'frame': frame, 'weight': weight, 'saturated': psf.saturated, 'background': psf.background, 'psf_model': psf,
                  'aperture_correction': None if photom is None else photom.aperture_correction,
                  'astrom_params': frame._astrometry(), 'photom_params': photom}
        maps = {} if weight is None else {'cosmic': weight.cosmic, 'satellite': weight.satellite}
        place = (None if one is None else one.name for one in (frame.chip, frame.filter))
        params = ParametersInForce(dict(pars or {})).get(cls, frame.instrument.name, *place)
        return produce(cls, inputs | maps, params)

    def remarks(self) -> list[str]:
        from awlike.products.astrometry import header_plate
        missed = ', '.join(check.name for check in self.psf_model.missed_limits())
        said = [f'its PSF misses {missed}'] if missed else []
        if self.astrom_params is None or not self.astrom_params.solution:
            said.append('its place on the sky is that of the header of the frame' if header_plate(self.astrom) else
                        'its place on the sky is unknown: neither a reference catalogue nor the header tells')
        if self.MAGZERO is None:
            said.append('it has no zero point')
        return said


def _maps(inputs: Inputs, known: 'Mapping[SourceFlag, np.ndarray]') -> 'dict[MaskFlag, np.ndarray]':
    """Return the maps of bad pixels that are there, 1 good and 0 bad, by the bit that they set; `known` are by flag."""
    found = {MaskFlag.SAT: known.get(SourceFlag.SATURATED)}
    found |= {flag: None if one is None else one.data for flag, one in ((MaskFlag.CR, inputs.cosmic),
                                                                       (MaskFlag.STREAK, inputs.satellite))}
    return {flag: one for flag, one in found.items() if one is not None}
