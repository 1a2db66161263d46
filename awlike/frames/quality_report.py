"""QualityReport: how good a science frame is, in numbers and pictures."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from awlike.declare import (
    Filter,
    Input,
    Inputs,
    Outlines,
    Panel,
    ProcessParameters,
    ProcessTarget,
    Reference,
    attribute,
    panels,
    parameter,
    source_panels,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.background_model import BackgroundModel
from awlike.frames.cosmics import CosmicMap
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.saturated_pixels import SaturatedPixelMap
from awlike.frames.science import ScienceFrame
from awlike.frames.source_list import SourceList
from awlike.frames.weight import WeightFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from awlike.products.quality_view import QualityView

_PLOTTED = 500  # pixels of an image along its longer side


class QualityReport(ProcessTarget):
    """How good a science frame is: seeing, sky, zero point, depth, counts and more, each beside a limit. It decides nothing.

    A value that could not be measured is None, and `unmeasured` says why. ``report.show()`` tells the verdict in words, and
    how the values differ from those of earlier frames; ``report.export(folder)`` writes it as a page.
    """

    frame = Input(ScienceFrame, 'the science frame')
    weight = Input(WeightFrame, 'its weight', optional=True)
    saturated = Input(SaturatedPixelMap, 'its saturated pixels', optional=True)
    cosmic = Input(CosmicMap, 'its cosmic rays', optional=True)
    background_model = Input(BackgroundModel, 'level and noise of its sky', optional=True)
    psf_model = Input(PSFModel, 'its point spread function', optional=True)
    aperture_correction = Input(ApertureCorrection, 'brings fluxes to total fluxes', optional=True)
    astrom_params = Input(AstrometricParameters, 'its place on the sky, where a reference catalogue tells', optional=True)
    photom_params = Input(PhotometricParameters, 'its zero point, where a reference catalogue tells', optional=True)
    source_list = Input(SourceList, 'what it shows', optional=True)
    filter = Reference(Filter, 'the filter; none for a stack of several', optional=True)

    seeing = attribute(float, 'FWHM of stars, median over the frame', unit='arcsec')
    ellipticity = attribute(float, '(a^2 - b^2) / (a^2 + b^2) of stars, median over the frame')
    background = attribute(float, 'median of the level of the sky', unit='adu')
    background_noise = attribute(float, 'median of the noise of the sky in a pixel', unit='adu')
    sky_brightness = attribute(float, 'magnitude of a square arcsecond of sky', unit='mag/arcsec2')
    zero_point = attribute(float, 'magnitude of 1 ADU per second, on a grid of 1 ADU', unit='mag')
    zero_point_error = attribute(float, 'its error', unit='mag')
    depth = attribute(float, 'magnitude of a star of 5 sigma, by its point spread function', unit='mag')
    transparency = attribute(float, 'light that came through the air, relative to a clear night at the same airmass')
    number_of_stars = attribute(int, 'points that are at least as bright as a star of LEAST_SNR')
    number_of_galaxies = attribute(int, 'extended sources that are at least as bright as a star of LEAST_SNR')
    number_of_sources = attribute(int, 'all sources of its catalogue')
    astrometric_rms = attribute(float, 'rms of residuals of reference stars along an axis', unit='arcsec')
    astrometric_offset = attribute(float, 'length of their mean', unit='arcsec')
    number_of_astrometric_stars = attribute(int, 'reference stars that tell its place on the sky')
    saturated_fraction = attribute(float, 'part of the pixels that is saturated, trails included')
    good_fraction = attribute(float, 'part of the pixels that has weight')
    cosmic_rays = attribute(int, 'cosmic rays: groups of pixels that touch')
    noise_ratio = attribute(float, 'scatter of empty apertures by the errors of their fluxes; 1 is right')
    mean_variance = attribute(float, 'mean variance of the sky in a pixel', unit='adu2')
    psf_chi2 = attribute(float, 'median of reduced chi2 of stars that are reserved to check the point spread function')
    psf_residual = attribute(float, 'median light that it leaves of these stars, relative to their flux')
    number_of_psf_stars = attribute(int, 'stars to which the point spread function was fitted')
    psf_sigma = attribute(float, 'its size: fourth root of the determinant of its moments', unit='pix')
    psf_area = attribute(float, 'its effective area: the noise of a star is that of a pixel times the root', unit='pix2')
    psf_ixx = attribute(float, 'its second moment along x, of the Gaussian that matches it', unit='pix2')
    psf_iyy = attribute(float, 'the same along y', unit='pix2')
    psf_ixy = attribute(float, 'the same across', unit='pix2')
    psf_size_range = attribute(float, 'largest less smallest size of it over the frame, relative')
    psf_flux_range = attribute(float, 'most less least light within one FWHM over the frame, relative')
    psf_e1_median = attribute(float, 'e1 of stars less that of the point spread function, median')
    psf_e1_scatter = attribute(float, 'scatter of the same')
    psf_e2_median = attribute(float, 'e2 of stars less that of the point spread function, median')
    psf_e2_scatter = attribute(float, 'scatter of the same')
    psf_size_median = attribute(float, 'size of stars less that of the point spread function, median', unit='pix')
    psf_size_scatter = attribute(float, 'scatter of the same', unit='pix')
    psf_size_scaled_scatter = attribute(float, 'scatter of the same, relative to the size')
    star_ellipticity = attribute(float, 'ellipticity of the stars themselves, median')
    star_distance = attribute(float, 'largest distance of a place in the frame to a star of the PSF', unit='pix')
    pixel_scale = attribute(float, 'side of a pixel in the middle of the frame', unit='arcsec')
    zenith_distance = attribute(float, 'distance from the zenith at the start of the exposure', unit='deg')
    effective_time = attribute(float, 'exposure time in which a clear night gives the same depth', unit='s')
    footprint = attribute(list, 'right ascension and declination of the four corners [deg]')
    unmeasured = attribute(dict, 'why values could not be measured, by name')

    TO_SHOW = 'seeing', 'ellipticity', 'background', 'zero_point', 'depth', 'number_of_stars', 'astrometric_rms'

    class Parameters(ProcessParameters):
        LEAST_SNR: float = parameter(20.0, 'stars and galaxies are counted that are as bright as a star of this '
                                     'ratio of flux to the noise of the sky', gt=0)
        CLEAR_ZERO_POINT: float = parameter(0.0, 'zero point on a clear night above the air; 0: unknown', unit='mag', ge=0)
        EXTINCTION: float = parameter(0.1, 'a clear night dims by so much for each airmass', unit='mag', ge=0)
        CLEAR_SEEING: float = parameter(0.0, 'seeing of a good night, for effective_time; 0: unknown', unit='arcsec', ge=0)
        CLEAR_SKY: float = parameter(0.0, 'sky of a dark night, for effective_time; 0: unknown', unit='mag/arcsec2', ge=0)
        MAXIMUM_SEEING: float = parameter(2.0, 'seeing is at most', unit='arcsec', ge=0)
        MAXIMUM_ELLIPTICITY: float = parameter(0.15, 'ellipticity is at most', ge=0)
        MAXIMUM_BACKGROUND: float = parameter(30000.0, 'background is at most', unit='adu', ge=0)
        MAXIMUM_BACKGROUND_NOISE: float = parameter(300.0, 'background_noise is at most', unit='adu', ge=0)
        MINIMUM_SKY_BRIGHTNESS: float = parameter(16.0, 'sky_brightness is at least', unit='mag/arcsec2', ge=0)
        MINIMUM_ZERO_POINT: float = parameter(15.0, 'zero_point is at least', unit='mag', ge=0)
        MAXIMUM_ZERO_POINT_ERROR: float = parameter(0.05, 'zero_point_error is at most', unit='mag', ge=0)
        MINIMUM_DEPTH: float = parameter(15.0, 'depth is at least', unit='mag', ge=0)
        MINIMUM_TRANSPARENCY: float = parameter(0.7, 'transparency is at least', ge=0)
        MINIMUM_NUMBER_OF_STARS: float = parameter(5, 'number_of_stars is at least', ge=0)
        MINIMUM_NUMBER_OF_GALAXIES: float = parameter(0, 'number_of_galaxies is at least', ge=0)
        MAXIMUM_ASTROMETRIC_RMS: float = parameter(0.3, 'astrometric_rms is at most', unit='arcsec', ge=0)
        MAXIMUM_ASTROMETRIC_OFFSET: float = parameter(0.1, 'astrometric_offset is at most', unit='arcsec', ge=0)
        MAXIMUM_SATURATED_FRACTION: float = parameter(0.01, 'saturated_fraction is at most', ge=0)
        MINIMUM_GOOD_FRACTION: float = parameter(0.9, 'good_fraction is at least', ge=0)
        MAXIMUM_COSMIC_RAYS: float = parameter(20000, 'cosmic_rays are at most', ge=0)
        MAXIMUM_NOISE_RATIO: float = parameter(1.5, 'noise_ratio is at most', ge=0)
        MINIMUM_NUMBER_OF_PSF_STARS: float = parameter(5, 'number_of_psf_stars is at least', ge=0)
        MAXIMUM_PSF_CHI2: float = parameter(2.0, 'psf_chi2 is at most', ge=0)
        MAXIMUM_PSF_RESIDUAL: float = parameter(0.02, 'psf_residual is at most', ge=0)
        MAXIMUM_PSF_SIZE_RANGE: float = parameter(0.3, 'psf_size_range is at most', ge=0)
        MAXIMUM_PSF_SIZE_SCALED_SCATTER: float = parameter(0.1, 'psf_size_scaled_scatter is at most', ge=0)
        MAXIMUM_ZENITH_DISTANCE: float = parameter(70.0, 'zenith_distance is at most', unit='deg', ge=0)

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.frame_quality import quality_of
        values, reasons = quality_of(inputs, params)
        return values | {'unmeasured': reasons}

    def show(self) -> 'QualityView':
        """Return the report in words: each value with limit and earlier frames; print it. A notebook shows the whole page."""
        from awlike.products.quality_view import QualityView
        return QualityView(self)

    def export(self, path: str | Path = '.') -> Path:
        """Write the report as a page that needs nothing else: text, plots and pictures are in it, and no scripts.

        Parameters
        ----------
        path : str or pathlib.Path
            A folder, where the page is called as the report, and which is made where it is absent; or the file, as
            ``'page.html'``. An existing file is replaced. Default: the working folder.

        Returns
        -------
        pathlib.Path
            The page.
        """
        return self.show().export(path)

    def remarks(self) -> list[str]:
        from awlike.products.quality_view import verdict_of
        found = verdict_of(self)
        return [] if found.is_good else [found.text]

    def shown(self) -> ScienceFrame:
        return self.frame

    def outlines(self) -> 'Sequence[Outlines]':
        return () if self.source_list is None else self.source_list.outlines()

    def panels(self) -> list[Panel]:
        return [*self._panels_of_pixels(), *self._panels_of_psf(), *self._panels_of_sources(), *self._panels_of_residuals()]

    def _panels_of_pixels(self) -> list[Panel]:
        """Return the plots of weight and sky."""
        weight, model = self.weight, self.background_model
        of_frame = getattr(self.frame, 'weight', None) if weight is None else weight
        image = getattr(of_frame, 'data', None)
        found = [] if image is None else [panels.surface(image[::_step(image), ::_step(image)], 'weight', '', image.shape)]
        return found if model is None else [*found, *model.panels()[:1]]

    def _panels_of_psf(self) -> list[Panel]:
        """Return the plots of the point spread function, and of its map."""
        model = self.psf_model
        return [] if model is None else [panels.surface(model.shown(), 'PSF in the middle', 'of the peak'), *model.panels()]

    def _panels_of_sources(self) -> list[Panel]:
        """Return the plots of magnitude against half-light radius, and of counts."""
        if self.source_list is None:
            return []
        _, sizes, counts, _ = self.source_list.panels()
        return [sizes, counts]

    def _panels_of_residuals(self) -> list[Panel]:
        """Return the plots of residuals on the sky and in magnitude."""
        found, astrom, photom = [], self.astrom_params, self.photom_params
        if astrom is not None and astrom.solution:
            table = astrom.matches.whole()
            found.append(source_panels.residual_plane(table['DRA'], table['DDEC']))
        return found if photom is None or photom.zero_point is None else [*found, *photom.panels()[:1]]


def report_of(obj: Any) -> QualityReport | None:
    """Return the report that `obj` is, or the newest valid report of a science frame; None where you see none."""
    from awlike.products.best_known import best_of
    if isinstance(obj, QualityReport):
        return obj
    return best_of(QualityReport, obj) if isinstance(obj, ScienceFrame) else None


def _step(image: 'np.ndarray') -> int:
    """Return how many pixels one of a plot stands for."""
    return max(1, max(image.shape) // _PLOTTED)
