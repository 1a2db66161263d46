"""PSFModel: the point spread function of a science frame, which varies over it."""

from typing import TYPE_CHECKING

from awlike.declare import (
    ContentTable,
    Input,
    Inputs,
    Panel,
    Plane,
    ProcessingError,
    ProcessParameters,
    attribute,
    column,
    limit,
    measurable,
    panels,
    parameter,
    size_of,
    source_panels,
    without_nan,
)
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.measurement import FrameMeasurement
from awlike.pixels.psf_model import PSF

if TYPE_CHECKING:
    import numpy as np

_WHISKERS = 10  # along the longer side

STAR_COLUMNS = [
    column('SID', 'i4', 'number of the star in the initial sources', ucd='meta.id'),
    column('X_IMAGE', 'f8', 'column of the centre by the fit, the first pixel is 1', unit='pix',
           ucd='pos.cartesian.x;instr.det'),
    column('Y_IMAGE', 'f8', 'row of the centre by the fit, the first pixel is 1', unit='pix',
           ucd='pos.cartesian.y;instr.det'),
    column('FLUX_PSF', 'f4', 'flux by the fit', unit='adu', ucd='phot.flux'),
    column('FLUXERR_PSF', 'f4', 'error of FLUX_PSF', unit='adu', ucd='stat.error;phot.flux'),
    column('CHI2_PSF', 'f4', 'reduced chi2 of the fit, within 1.5 FWHM', ucd='stat.fit.chi2'),
    column('RESIDUAL', 'f4', 'light within 1.5 FWHM that the fit leaves, relative to the flux', ucd='stat.fit.residual'),
    column('USED', 'bool', 'whether the PSF was fitted to the star', ucd='meta.code'),
    column('RESERVED', 'bool', 'whether the star only checks the PSF', ucd='meta.code'),
]


class PSFModel(FrameMeasurement):
    """The point spread function of a science frame, pixel response included: ``model.psf().at(x, y)`` is an image of it.

    Its B-splines vary over the frame as polynomials of x and y, and over a stack with the seeing of its members, too. A fifth
    of the stars is reserved to check it. Where no star is fit, the PSF is a Moffat star as wide as what detected the sources,
    and `reason` says so.
    """

    initial_sources = Input(InitialSourceList, 'its bright sources')
    UNIT, LEVELS = 'of the peak', {'vmin': 0.0, 'vmax': 1.0, 'stretch': 'log'}
    basis = Plane('coefficients of the B-splines, the terms of the polynomials one above the other')
    stars = ContentTable('the stars that show it', STAR_COLUMNS)
    sampling = attribute(int, 'grid points of the B-splines to a pixel')
    frame_shape = attribute(list, 'rows and columns of the frame')
    seeing_range = attribute(list, 'of a stack: middle and half width of the range of the squares of its seeing, to which the '
                             'last term of the basis belongs')
    number_of_stars = attribute(int, 'how many stars it was fitted to')
    fwhm = attribute(float, 'FWHM in the middle of the frame', unit='pix')
    ellipticity = attribute(list, 'e1 and e2 in the middle of the frame')
    check_number = attribute(int, 'how many reserved stars check it')
    check_chi2 = attribute(float, 'median of reduced chi2 of the reserved stars')
    check_residual = attribute(float, 'median light within 1.5 FWHM that the reserved stars leave, relative to their flux')
    reason = attribute(str, 'why it could not be measured; empty where it was')

    class Parameters(ProcessParameters):
        LEAST_SNR: float = parameter(20.0, 'stars have at least this ratio of signal to noise; fainter stars serve where there '
                                     'are few', gt=0)
        MOST_STARS: int = parameter(300, 'so many of the brightest stars serve', ge=1)
        DEGREE: int = parameter(2, 'degree of the polynomials; lower where there are few stars', ge=0, le=2)
        MINIMUM_STARS: float = limit(5, 'at least so many stars show it')
        MAXIMUM_RESIDUAL: float = limit(0.02, 'the reserved stars leave at most this part of their light')

    LIMITS = {'MINIMUM_STARS': lambda made: made.number_of_stars,
              'MAXIMUM_RESIDUAL': lambda made: size_of('check_residual')(made) if made.check_number else 0.0}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.pixels.first_pass import detections
        from awlike.pixels.psf_fit import fit_psf
        from awlike.pixels.psf_model import moffat_psf
        from awlike.pixels.psf_stars import select_stars
        from awlike.products.measurable import seeing_of
        from awlike.sky.pixel_origin import to_fits
        image, variance, good, gain, _ = measurable(inputs)
        initial = inputs.initial_sources
        table = initial.sources.whole()
        labels = detections(image, variance, initial.fwhm, initial.threshold, good).labels
        fits, reason, seeing = None, '', seeing_of(inputs.frame)
        try:
            psf, fits = fit_psf(image, variance, labels, table, select_stars(table, params.LEAST_SNR, params.MOST_STARS), good,
                                gain, params.DEGREE, seeing)
        except ProcessingError as error:
            psf, reason = moffat_psf(initial.fwhm, image.shape), str(error)
        check = {'number': 0} if fits is None else fits.check()
        stars = {one.name: [] for one in STAR_COLUMNS} if fits is None else {
            'SID': table['SID'][fits.index], 'X_IMAGE': to_fits(fits.x), 'Y_IMAGE': to_fits(fits.y), 'FLUX_PSF': fits.flux,
            'FLUXERR_PSF': fits.flux_error, 'CHI2_PSF': fits.chi2, 'RESIDUAL': fits.residual, 'USED': fits.used,
            'RESERVED': fits.reserved}
        return without_nan({
            'basis': np.concatenate(list(psf.basis)), 'stars': stars, 'sampling': psf.sampling,
            'frame_shape': list(psf.shape),
            'seeing_range': None if psf.seeing is None else [psf.seeing.middle, psf.seeing.half],
            'number_of_stars': 0 if fits is None else int(fits.used.sum()),
            'fwhm': psf.fwhm(), 'ellipticity': list(psf.ellipticity()), 'check_number': check['number'],
            'check_chi2': check.get('chi2'), 'check_residual': check.get('residual'), 'reason': reason})

    def psf(self) -> PSF:
        """Return the point spread function: ``at(x, y)``, ``stamps(x, y)``, ``fwhm(x, y)``; pixels count from 0."""
        from awlike.products.measurable import psf_of
        return psf_of(self, self.frame)

    def remarks(self) -> list[str]:
        return [f'the PSF could not be measured: {self.reason}'] if self.reason else []

    @property
    def wcs(self) -> None:
        """A PSF lies nowhere on the sky."""

    def shown(self) -> 'np.ndarray':
        image = self.psf().at(self.frame_shape[1] / 2, self.frame_shape[0] / 2)
        return image / image.max()

    def panels(self) -> list[Panel]:
        import numpy as np
        psf, shape, stars = self.psf(), self.frame_shape, self.stars.whole()
        numbers = [max(1, round(_WHISKERS * length / max(shape))) for length in shape]
        rows, columns = ((np.arange(number) + 0.5) * length / number for number, length in zip(numbers, shape, strict=True))
        x, y = (place.ravel() for place in np.meshgrid(columns, rows))
        e1, e2 = np.transpose([psf.ellipticity(*place) for place in zip(x, y, strict=True)])
        sizes = np.reshape([psf.fwhm(*place) for place in zip(x, y, strict=True)], numbers)
        sets = {f'{name}, {stars[role].sum()}': np.where(stars[role], 100 * stars['RESIDUAL'], np.nan)
                for name, role in (('used', 'USED'), ('reserved', 'RESERVED'))}
        magnitude = -2.5 * np.log10(np.maximum(stars['FLUX_PSF'], 1e-30))
        return [source_panels.whiskers(x, y, e1, e2, shape),
                panels.surface(sizes, f'FWHM, {self.fwhm:.3g} pixel in the middle', 'pixel', shape),
                source_panels.against(magnitude, sets, 'light within 1.5 FWHM that the fit leaves',
                                      '-2.5 log10 FLUX_PSF [adu]', 'residual / flux [%]')]
