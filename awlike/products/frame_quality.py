"""How good a science frame is, in numbers: what `QualityReport.make` measures of it and of the products that were made of it.

Each function here returns values by name. A text in place of a number is the reason why it could not be measured.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from awlike.pixels.source_flags import SourceFlag
from awlike.products.inputs import data_of
from awlike.products.measurable import background_of, psf_of, unsaturated, usable, zeropoint_error_of, zeropoint_of
from awlike.products.reference_stars import plate_of

Values = dict[str, Any]

_EXTENDED = 0.5  # EXTENDEDNESS from which on a source is extended
_SIGNIFICANT = 5.0  # sigma: of the star that tells the depth


def quality_of(inputs: Any, params: Any) -> tuple[Values, dict[str, str]]:
    """Return the values of a `QualityReport`, None for each that could not be measured, and why those are None.

    Parameters
    ----------
    inputs : Inputs
        Those of a `QualityReport`.
    params : QualityReport.Parameters
    """
    found: Values = {}
    measures: tuple[Callable[[Any, Any, Values], Values], ...] = (_pixels, _sky, _shape, _place, _light, _sources, _conditions)
    for measure in measures:
        found |= measure(inputs, params, found)
    reasons = {name: value for name, value in found.items() if isinstance(value, str)}
    for name, value in found.items():
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            reasons[name] = 'no finite value came out'
    return {name: None if name in reasons else value for name, value in found.items()}, reasons


def _absent(what: str, *names: str) -> Values:
    """Return that nothing tells the values `names`, since there is no `what`."""
    return dict.fromkeys(names, f'there is no {what} of the frame')


def _pixels(inputs: Any, params: Any, found: Values) -> Values:
    """Return what part of the pixels is good, saturated, and hit by cosmic rays."""
    saturated, cosmic = unsaturated(inputs), data_of(inputs.cosmic)
    told: Values = {'good_fraction': float(np.mean(usable(inputs.frame, inputs.weight), dtype=float))}
    told |= {'saturated_fraction': float(np.mean(saturated == 0, dtype=float))} if saturated is not None else \
        _absent('map of saturated pixels', 'saturated_fraction')
    if cosmic is None:
        return told | _absent('map of cosmic rays', 'cosmic_rays')
    from scipy.ndimage import label
    return told | {'cosmic_rays': int(label(cosmic == 0, structure=np.ones((3, 3)))[1])}


def _sky(inputs: Any, params: Any, found: Values) -> Values:
    """Return level and noise of the sky."""
    model = inputs.background_model
    if model is None:
        return _absent('BackgroundModel', 'background', 'background_noise', 'mean_variance')
    return {'background': model.sky_level, 'background_noise': model.sky_noise,
            'mean_variance': float(np.mean(np.square(model.noise.data, dtype=float)))}


_OF_PSF = ('seeing', 'ellipticity', 'psf_chi2', 'psf_residual', 'number_of_psf_stars', 'psf_sigma', 'psf_area', 'psf_ixx',
           'psf_iyy', 'psf_ixy', 'psf_size_range', 'psf_flux_range')
_OF_STARS = ('psf_e1_median', 'psf_e1_scatter', 'psf_e2_median', 'psf_e2_scatter', 'psf_size_median', 'psf_size_scatter',
             'psf_size_scaled_scatter', 'star_ellipticity')


def _shape(inputs: Any, params: Any, found: Values) -> Values:
    """Return what the point spread function is like, and how stars differ from it."""
    from awlike.pixels.psf_quality import variation
    model, scale = inputs.psf_model, _pixel_scale(inputs)
    if model is None:
        return {'pixel_scale': scale} | _absent('PSFModel', *_OF_PSF, *_OF_STARS, 'star_distance')
    if model.reason:
        why = dict.fromkeys((*_OF_PSF, *_OF_STARS, 'star_distance'), f'the point spread function is unknown: {model.reason}')
        return why | {'pixel_scale': scale, 'number_of_psf_stars': 0}
    psf = psf_of(model, inputs.frame)
    over = variation(psf)
    checked = 'no star is reserved to check the point spread function'
    xx, yy, xy = over.moments
    return {'pixel_scale': scale, 'seeing': scale if isinstance(scale, str) else over.fwhm * scale,
            'ellipticity': over.ellipticity, 'number_of_psf_stars': model.number_of_stars,
            'psf_chi2': model.check_chi2 if model.check_number else checked,
            'psf_residual': abs(model.check_residual) if model.check_number else checked,
            'psf_sigma': over.sigma, 'psf_area': over.area, 'psf_ixx': xx, 'psf_iyy': yy, 'psf_ixy': xy,
            'psf_size_range': over.size_range, 'psf_flux_range': over.flux_range, **_stars(inputs, psf)}


def _stars(inputs: Any, psf: Any) -> Values:
    """Return how the stars of the point spread function differ from it, and how far it is from them."""
    from awlike.pixels.psf_quality import differences, farthest_from_stars
    from awlike.sky.pixel_origin import from_fits
    stars = inputs.psf_model.stars.whole()
    x, y = from_fits(stars['X_IMAGE']), from_fits(stars['Y_IMAGE'])
    distance = {'star_distance': farthest_from_stars(x[stars['USED']], y[stars['USED']], psf.shape)}
    if inputs.background_model is None:
        return _absent('BackgroundModel', *_OF_STARS) | distance
    image = background_of(inputs.background_model).subtracted(inputs.frame.data)
    found = differences(image, usable(inputs.frame, inputs.weight), psf, x, y)
    if found is None:
        return dict.fromkeys(_OF_STARS, 'fewer than three stars could be measured') | distance
    values = *found.e1, *found.e2, *found.size, found.scaled_size, found.ellipticity
    return dict(zip(_OF_STARS, values, strict=True)) | distance


def _pixel_scale(inputs: Any) -> float | str:
    """Return the side of a pixel in the middle of the frame [arcsec]."""
    plate, shape = plate_of(inputs.astrom_params, inputs.frame), inputs.frame.data.shape
    if plate is None:
        return 'nobody knows the scale of its pixels: neither a solution nor the header tells'
    return plate.pixel_scale(shape[1] / 2, shape[0] / 2)


def _place(inputs: Any, params: Any, found: Values) -> Values:
    """Return how well the place of the frame on the sky is known."""
    astrom, plate = inputs.astrom_params, plate_of(inputs.astrom_params, inputs.frame)
    footprint = 'nobody knows where the frame is on the sky' if plate is None else _corners(plate, inputs.frame.data.shape)
    names = 'astrometric_rms', 'astrometric_offset', 'number_of_astrometric_stars'
    if astrom is None and getattr(inputs.frame, 'grid', None) is not None:
        reason = 'it lies on a grid: the frames that it was made from tell'
        return dict.fromkeys(names, reason) | {'footprint': footprint}
    if astrom is None:
        return _absent('AstrometricParameters', *names) | {'footprint': footprint}
    if not astrom.solution:
        return dict.fromkeys(names, f'there is no astrometric solution: {astrom.reason}') | {'footprint': footprint}
    matches = astrom.matches.whole()
    offset = float(np.hypot(np.mean(matches['DRA']), np.mean(matches['DDEC']))) if len(matches) else 'no star tells'
    return {'astrometric_rms': 'no star tells' if astrom.RMS is None else astrom.RMS, 'astrometric_offset': offset,
            'number_of_astrometric_stars': astrom.NREF, 'footprint': footprint}


def _corners(plate: Any, shape: tuple[int, int]) -> list[list[float]]:
    """Return right ascension and declination of the corners of a frame, from the first pixel along the first row."""
    right, top = shape[1] - 0.5, shape[0] - 0.5
    ra, dec = plate.pixel_to_sky(np.array([-0.5, right, right, -0.5]), np.array([-0.5, -0.5, top, top]))
    return [[float(one), float(other)] for one, other in zip(ra, dec, strict=True)]


def _light(inputs: Any, params: Any, found: Values) -> Values:
    """Return zero point, depth and brightness of the sky."""
    photom, frame = inputs.photom_params, inputs.frame
    names = 'zero_point', 'zero_point_error', 'depth', 'sky_brightness'
    if getattr(frame, 'grid', None) is not None:
        return _light_on_grid(inputs)
    if photom is None:
        return _absent('PhotometricParameters', *names)
    if photom.zero_point is None:
        return dict.fromkeys(names, f'there is no zero point: {photom.reason}')
    dark = 'the sky is not brighter than 0 ADU'
    return {'zero_point': photom.zero_point, 'zero_point_error': photom.zero_point_error, 'depth': photom.depth,
            'sky_brightness': dark if photom.sky_brightness is None else photom.sky_brightness}


def _light_on_grid(inputs: Any) -> Values:
    """Return the same for a frame on a grid, whose image tells the zero point, and whose sky is subtracted."""
    zero = zeropoint_of(inputs.frame, None)
    told: Values = {'sky_brightness': 'its sky was subtracted when it was put on the grid'}
    if zero is None:
        return told | dict.fromkeys(('zero_point', 'zero_point_error', 'depth'), 'it has no zero point')
    error = zeropoint_error_of(inputs.frame, None)
    told |= {'zero_point': zero, 'zero_point_error': 'its members do not tell' if error is None else error}
    if inputs.psf_model is None or inputs.background_model is None:
        return told | _absent('PSFModel' if inputs.psf_model is None else 'BackgroundModel', 'depth')
    height, width = inputs.frame.data.shape
    stamp = psf_of(inputs.psf_model, inputs.frame).at(width / 2, height / 2)
    correlated = inputs.frame.noise_correlation or 1.0
    noise = inputs.background_model.sky_noise * correlated / math.sqrt(float((stamp ** 2).sum()))
    factor = 1.0 if inputs.aperture_correction is None else inputs.aperture_correction.factor_psf or 1.0
    faintest = _SIGNIFICANT * noise * factor
    return told | {'depth': zero - 2.5 * math.log10(faintest) if faintest > 0 else 'the noise of its sky is 0'}


def _sources(inputs: Any, params: Any, found: Values) -> Values:
    """Return how many stars and galaxies it shows, and whether empty places scatter as their errors say."""
    made = inputs.source_list
    if made is None:
        return _absent('SourceList', 'number_of_sources', 'number_of_stars', 'number_of_galaxies', 'noise_ratio')
    ratio = made.sky_noise_ratio
    told = {'number_of_sources': made.number_of_sources,
            'noise_ratio': 'there are too few empty places' if ratio is None else ratio}
    return told | _counts(made.sources.whole(), _least_flux(inputs, params, found))


def _least_flux(inputs: Any, params: Any, found: Values) -> float | str:
    """Return the flux of a star, ADU, that is LEAST_SNR times the noise of the sky under it."""
    for name in ('background_noise', 'psf_area'):
        if isinstance(found[name], str):
            return found[name]
    factor = 1.0 if inputs.aperture_correction is None else inputs.aperture_correction.factor_psf or 1.0
    return params.LEAST_SNR * found['background_noise'] * math.sqrt(found['psf_area']) * factor


def _counts(table: np.ndarray, least: float | str) -> Values:
    """Return the numbers of stars and galaxies of at least a flux: that by the fit of the PSF, or in the Kron aperture.

    What is saturated is a star, however extended it seems, and so is what is extended by no more than an error.
    """
    if isinstance(least, str):
        return {'number_of_stars': least, 'number_of_galaxies': least}
    with np.errstate(invalid='ignore'):
        extended = table['EXTENDEDNESS'] - table['EXTENDEDNESS_ERR'] > _EXTENDED
        extended &= table['FLAGS'] & int(SourceFlag.SATURATED) == 0
        return {'number_of_stars': int((~extended & (table['FLUX_PSF'] >= least)).sum()),
                'number_of_galaxies': int((extended & (table['FLUX_AUTO'] >= least)).sum())}


def _conditions(inputs: Any, params: Any, found: Values) -> Values:
    """Return what the air was like: distance from the zenith, transparency, and the exposure time that the frame is worth."""
    airmass = inputs.frame.AIRMASS
    zenith = math.degrees(math.acos(1 / airmass)) if airmass and airmass >= 1 else 'nobody knows its airmass'
    transparency = _transparency(inputs.frame, params, found)
    return {'zenith_distance': zenith, 'transparency': transparency,
            'effective_time': _effective_time(inputs.frame, params, found | {'transparency': transparency})}


def _transparency(frame: Any, params: Any, found: Values) -> float | str:
    """Return the light that came through the air, relative to a clear night at the same airmass."""
    if getattr(frame, 'grid', None) is not None:
        return 'it lies on a grid, where light is scaled to one zero point'
    if not params.CLEAR_ZERO_POINT:
        return 'nobody told the zero point of a clear night: set the process parameter CLEAR_ZERO_POINT'
    if isinstance(found['zero_point'], str):
        return found['zero_point']
    clear = params.CLEAR_ZERO_POINT - params.EXTINCTION * (frame.AIRMASS or 1.0)
    return 10 ** (0.4 * (found['zero_point'] - clear))


def _effective_time(frame: Any, params: Any, found: Mapping[str, Any]) -> float | str:
    """Return the exposure time in which a night as the parameters describe it gives the same depth [s]."""
    lacking = [name for name in ('CLEAR_SEEING', 'CLEAR_SKY') if not getattr(params, name)]
    if lacking:
        return f'nobody told what a clear night is like: set the process parameter {" and ".join(lacking)}'
    for name in ('transparency', 'seeing', 'sky_brightness'):
        if isinstance(found[name], str):
            return found[name]
    if not frame.EXPTIME:
        return 'nobody knows its exposure time'
    sharper = (params.CLEAR_SEEING / found['seeing']) ** 2
    darker = 10 ** (0.4 * (found['sky_brightness'] - params.CLEAR_SKY))
    return frame.EXPTIME * sharper * darker * found['transparency']
