"""RegriddedFrame: a science frame resampled onto a grid of the sky."""

from typing import TYPE_CHECKING

from awlike.declare import (
    Input,
    Inputs,
    Panel,
    ProcessingError,
    ProcessParameters,
    attribute,
    data_of,
    limit,
    panels,
    parameter,
)
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.background_model import BackgroundModel
from awlike.frames.cosmics import CosmicMap
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.resampled import ResampledFrame
from awlike.frames.satellites import SatelliteMap
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame

if TYPE_CHECKING:
    import numpy as np

    from awlike.pixels.background import Background
    from awlike.sky.plate import Plate

BACKGROUNDS = 'mesh', 'constant', 'none'


class RegriddedFrame(ResampledFrame):
    """A science frame resampled onto a grid of the sky by Lanczos-3, on the common zero point.

    Light is conserved. The sky is subtracted, as BACKGROUND_SUBTRACTION_TYPE says. Bad pixels are filled before and have no
    weight after; outside the frame, pixels are NaN. Without reference catalogue, its place is that of the header, it is in ADU
    per second, and it has no zero point.
    """

    frame = Input(ScienceFrame, 'the science frame')
    frame_weight = Input(WeightFrame, 'its weight', optional=True)
    saturated = Input(SaturatedPixelMap, 'its saturated pixels', optional=True)
    cosmic = Input(CosmicMap, 'its cosmic rays', optional=True)
    satellite = Input(SatelliteMap, 'its tracks of satellites', optional=True)
    background = Input(BackgroundModel, 'level and noise of its sky')
    psf_model = Input(PSFModel, 'its point spread function')
    astrom_params = Input(AstrometricParameters, 'its place on the sky, where a reference catalogue tells', optional=True)
    photom_params = Input(PhotometricParameters, 'its zero point, where a reference catalogue tells', optional=True)
    FLXSCALE = attribute(float, 'by which its light was multiplied')

    class Parameters(ProcessParameters):
        ZEROPOINT: float = parameter(30.0, 'the common zero point: magnitude of a star of 1 ADU', unit='mag')
        BACKGROUND_SUBTRACTION_TYPE: str = parameter(
            'mesh', 'what is subtracted: mesh, the level of the sky as it varies; constant, its median; or none')
        MAXIMUM_PSF_RADIUS: float = limit(5.0, 'the FWHM of stars is at most', unit='arcsec')

    LIMITS = {'MAXIMUM_PSF_RADIUS': lambda made: made.psf_radius}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.pixels.mask_flags import MaskFlag
        from awlike.pixels.resample import Resampled, noise_of
        from awlike.products.measurable import background_of, usable_by, zeropoint_error_of
        from awlike.sky.grid import parse_grid
        from awlike.sky.tpv import tangent_cards
        assert inputs.grid is not None
        grid, plate, sky = parse_grid(inputs.grid), _plate(inputs), background_of(inputs.background)
        zeropoint, scale = _flux_scale(inputs, params.ZEROPOINT)
        good = usable_by(inputs, inputs.frame_weight)
        member = Resampled.of(_without_sky(inputs, sky, params.BACKGROUND_SUBTRACTION_TYPE), plate, grid,
                              variance=sky.variance_image(), good=good, scale=scale, mask=_mask(inputs))
        if member is None:
            raise ProcessingError(f'the frame does not lie on the grid {inputs.grid}: leave it out, or choose a grid about it')
        light, weight = member.keep_whole().block(member.box)
        mask = member.mask_block(member.box)
        mask[(weight == 0) & (mask == 0)] = MaskFlag.BAD
        pixel, box = noise_of(member)
        own, photom = grid.plate_of(member.box), inputs.photom_params
        return {'data': light, 'weight': weight, 'mask': mask, 'good': (weight > 0).view('uint8'), 'FLXSCALE': scale,
                'corner': [member.box.x0, member.box.y0], 'zeropoint': zeropoint,
                'zeropoint_error': zeropoint_error_of(inputs.frame, photom),
                'psf_radius': inputs.psf_model.fwhm * plate.pixel_scale(*_middle(inputs)),
                'GAIN': inputs.background.gain / scale, 'pixel_noise': pixel, 'noise_correlation': box / pixel,
                'astrom': tangent_cards(own, 'TAN') | {'RADESYS': 'ICRS'},
                **{name: getattr(inputs.frame, name) for name in ('EXPTIME', 'OBJECT', 'AIRMASS')}}

    def remarks(self) -> list[str]:
        said = [] if self.astrom_params is not None else ['its place on the sky is that of the header of the frame']
        return said if self.zeropoint is not None else [*said, 'it has no zero point: it is in ADU per second']

    def panels(self) -> list[Panel]:
        return [*super().panels(), panels.surface(self.weight.data, 'weight', self.weight.unit)]


def _middle(inputs: Inputs) -> tuple[float, float]:
    height, width = inputs.frame.data.shape
    return (width - 1) / 2, (height - 1) / 2


def _plate(inputs: Inputs) -> 'Plate':
    """Return the place of the frame on the sky. A place that is not certain is none: the stack would be blurred."""
    from awlike.products.reference_stars import plate_of
    astrom = inputs.astrom_params
    if astrom is not None and not astrom.solution:
        raise ProcessingError(f'it is not certain where the frame is on the sky: {astrom.reason}')
    plate = plate_of(astrom, inputs.frame)
    if plate is None:
        raise ProcessingError('neither a reference catalogue nor the header tells where the frame is on the sky: add a '
                              'catalogue by awe refcat add')
    return plate


def _flux_scale(inputs: Inputs, common: float) -> tuple[float | None, float]:
    """Return the zero point of the resampled frame and the factor of its light; without zero point that to ADU per second."""
    from awlike.products.measurable import zeropoint_of
    photom = inputs.photom_params
    if photom is not None and photom.zero_point is None:
        raise ProcessingError(f'the frame has no zero point: {photom.reason}')
    own = zeropoint_of(inputs.frame, photom)
    if own is None:
        return None, 1 / (inputs.frame.EXPTIME or 1.0)
    return common, 10 ** (0.4 * (common - own))


def _without_sky(inputs: Inputs, sky: 'Background', how: str) -> 'np.ndarray':
    if how not in BACKGROUNDS:
        raise ProcessingError(f'BACKGROUND_SUBTRACTION_TYPE is {how!r}: take {", ".join(BACKGROUNDS)}')
    if how == 'mesh':
        return sky.subtracted(inputs.frame.data)
    return inputs.frame.data - (inputs.background.sky_level if how == 'constant' else 0)


def _mask(inputs: Inputs) -> 'np.ndarray':
    """Return the mask of the frame, int16 [y, x]: why pixels are bad."""
    from awlike.pixels.calibrated_exposure import pixel_mask
    from awlike.pixels.mask_flags import MaskFlag
    from awlike.products.measurable import unsaturated
    maps = {MaskFlag.SAT: unsaturated(inputs), MaskFlag.CR: data_of(inputs.cosmic), MaskFlag.STREAK: data_of(inputs.satellite)}
    found = pixel_mask(inputs.frame.data, data_of(inputs.frame_weight),
                       {flag: one for flag, one in maps.items() if one is not None})
    return found.astype('int16')
