"""ApertureCorrection: from the light that each kind of flux takes in to all light of a star."""

from awlike.declare import (
    Input,
    Inputs,
    Panel,
    ProcessParameters,
    attribute,
    limit,
    measurable,
    source_panels,
    without_nan,
)
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.measurement import FrameMeasurement
from awlike.frames.psf_model import PSFModel


class ApertureCorrection(FrameMeasurement):
    """The factors that bring the fluxes of stars to their total flux, one for each kind of flux of a science frame.

    They are measured on the stars of the PSF, and None where no star tells.
    """

    initial_sources = Input(InitialSourceList, 'its bright sources')
    psf = Input(PSFModel, 'its point spread function')
    factor_psf = attribute(float, 'total flux / FLUX_PSF')
    error_psf = attribute(float, 'error of factor_psf')
    factor_auto = attribute(float, 'total flux / FLUX_AUTO')
    error_auto = attribute(float, 'error of factor_auto')
    factors_aper = attribute(list, 'total flux / FLUX_APER, of each aperture')
    errors_aper = attribute(list, 'errors of factors_aper')
    apertures = attribute(list, 'diameters of the circles of FLUX_APER [pix]')
    number_of_stars = attribute(int, 'how many stars tell factor_psf')

    class Parameters(ProcessParameters):
        MINIMUM_STARS: float = limit(3, 'at least so many stars tell')
        MAXIMUM_ERROR: float = limit(0.02, 'the error of factor_psf is at most')

    LIMITS = {'MINIMUM_STARS': lambda made: made.number_of_stars, 'MAXIMUM_ERROR': lambda made: made.error_psf}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.pixels.aperture_correction import flux_correction, psf_correction
        from awlike.pixels.psf_photometry import Photometer, find_sources
        from awlike.products.measurable import psf_of
        from awlike.sky.pixel_origin import from_fits
        image, variance, good, gain, _ = measurable(inputs)
        table, stars = inputs.initial_sources.sources.whole(), inputs.psf.stars
        index = np.asarray(stars['SID'], int)[np.asarray(stars['USED'] | stars['RESERVED'])] - 1
        psf = psf_of(inputs.psf, inputs.frame)
        found = find_sources(Photometer(image, variance, psf, good, gain), from_fits(table['X_IMAGE']),
                             from_fits(table['Y_IMAGE']), rounds=0)
        psf = psf_correction(found, index)
        total = found.sources.values[index, 2] * psf.factor
        kinds = [flux_correction(flux, error, total) for flux, error in
                 [(table['FLUX_AUTO'][index], table['FLUXERR_AUTO'][index]),
                  *zip(table['FLUX_APER'][index].T, table['FLUXERR_APER'][index].T, strict=True)]]
        auto, *aper = kinds
        return without_nan({
            'factor_psf': psf.factor, 'error_psf': psf.error, 'factor_auto': auto.factor, 'error_auto': auto.error,
            'factors_aper': [one.factor for one in aper], 'errors_aper': [one.error for one in aper],
            'apertures': list(inputs.initial_sources.apertures), 'number_of_stars': psf.number})

    def remarks(self) -> list[str]:
        return [] if self.number_of_stars else ['no star tells how much light the fluxes lack: they are not corrected']

    def panels(self) -> list[Panel]:
        return [source_panels.curve_of_growth(self.apertures, self.factors_aper, self.errors_aper,
                                              {'FLUX_PSF': self.factor_psf, 'FLUX_AUTO': self.factor_auto})]
