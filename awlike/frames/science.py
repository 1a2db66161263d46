"""ScienceFrame: what all calibrated images of the sky have in common."""

import datetime
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from awlike.declare import Filter, ProcessTarget, Reference, attribute

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astropy.nddata import CCDData
    from astropy.wcs import WCS

    from awlike.frames.astrometric_parameters import AstrometricParameters
    from awlike.frames.psf_model import PSFModel
    from awlike.products.best_known import KnownZeroPoint
    from awlike.views.facts import Facts

log = logging.getLogger('awlike')


class ScienceFrame(ProcessTarget):
    """A calibrated image of the sky, ADU. What works on one kind of science frame works on all of them.

    The kinds are `ReducedScienceFrame`, reduced here, `ImportedScienceFrame`, reduced elsewhere, and, on a grid of the sky,
    `RegriddedFrame` and `CoaddedRegriddedFrame`.
    """

    _shared = True
    filter = Reference(Filter, 'the filter')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows', index=True)
    AIRMASS = attribute(float, 'airmass at the start of the exposure')
    astrom = attribute(dict, 'astrometry of the header, of the trimmed frame: CTYPE, CRVAL, CRPIX, CD')

    UNIT = 'adu'
    FOR_MAKING: ClassVar[tuple[str, ...]] = (*ProcessTarget.FOR_MAKING, 'band_names', 'middle', 'site')
    FOR_PEOPLE = (*ProcessTarget.FOR_PEOPLE, 'psf', 'zero_point')

    @property
    def middle(self) -> datetime.datetime:
        """The middle of the exposure, UTC; of a frame of several exposures the mean of theirs."""
        return self.DATE_OBS + datetime.timedelta(seconds=(self.EXPTIME or 0.0) / 2)

    @property
    def site(self) -> tuple[float, float, float] | None:
        """Longitude and latitude [deg] and height [m] of the telescope; None where one of them is unknown."""
        instrument = self.instrument
        found = () if instrument is None else (instrument.longitude, instrument.latitude, instrument.elevation)
        return None if not found or None in found else found

    @property
    def band_names(self) -> list[str]:
        """The names under which a catalogue may have the band: the name of the filter, and the name of its system."""
        return [] if self.filter is None else [name for name in (self.filter.name, self.filter.mag_id) if name]

    @property
    def wcs(self) -> 'WCS | None':
        """The best place of the pixels on the sky that is known, an `astropy.wcs.WCS`; None where it is unknown.

        It is the solution of the newest good `AstrometricParameters` of this frame that you see, one by an ensemble before
        one of the frame alone; its class and id are in ``frame.wcs.wcs.name``. Else it is the solution of the newest that
        misses a limit; else the astrometry of the header. It is for people: a product has the solution itself as an input.
        """
        known = self._astrometry()
        if known is None:
            return super().wcs
        found = known.wcs
        assert found is not None
        found.wcs.name = f'{type(known).__name__} {known.object_id}'
        return found

    @property
    def zero_point(self) -> 'KnownZeroPoint | None':
        """The best zero point that is known, with its `value` and `error` [mag], and the `product` that tells it, else None.

        It is chosen as `wcs` is, from `PhotometricParameters`, and for people as well.
        """
        from awlike.frames.photometric_parameters import PhotometricParameters
        from awlike.products.best_known import KnownZeroPoint, best_of
        known = best_of(PhotometricParameters, self, lambda one: one.zero_point is not None,
                        lambda one: one.gphotom is not None)
        return None if known is None else KnownZeroPoint(known.zero_point, known.zero_point_error, known)

    @property
    def psf(self) -> 'PSFModel | None':
        """The best point spread function that is known, a `PSFModel`: ``frame.psf.psf().at(x, y)`` is an image of it.

        It is chosen as `wcs` is, and for people as well; None where none was made.
        """
        from awlike.frames.psf_model import PSFModel
        from awlike.products.best_known import best_of
        return best_of(PSFModel, self)

    def to_ccddata(self) -> 'CCDData':
        """Return the frame as an `astropy.nddata.CCDData`: pixels (adu), `mask`, `flags` (the bits of the mask, see
        `awlike.products.export.MASK_BITS`), `uncertainty` (variance, adu^2; none where nobody knows the gain), `wcs` and
        header.
        """
        from awlike.products.export import science_ccddata
        return science_ccddata(self)

    def export(self, path: str | Path, calexp: bool = False, pars: 'Mapping[str, Any] | None' = None) -> Path:
        """Write the frame to a FITS file that needs nothing else.

        The file has the image, with the astrometry of its header; an extension MASK whose header names the bits; an extension
        UNCERT with the variance (adu^2), where the gain is known; and the lineage. astropy's `CCDData.read` and ccdproc read
        the file, ds9 shows it.

        With `calexp`, it is a calibrated exposure as the LSST pipelines write it, of the best products that are known of the
        frame: the image, its sky subtracted, with the solution (TPV) and the zero point (MAGZERO, FLUXMAG0) in its header;
        MASK, whose bits are `awlike.pixels.mask_flags.MaskFlag`; VARIANCE, with the photon noise of sources; PSF, which
        `awlike.fits.psf.read_psf` reads; and the lineage of all.

        Parameters
        ----------
        path : str or pathlib.Path
            The file; an existing file is replaced.
        calexp : bool
            Whether to write a calibrated exposure. Default: no.
        pars : dict, optional
            With `calexp`, process parameters that differ from those of class and camera, as tasks take them:
            ``{'CalibratedExposure.THRESHOLD': 3.0}``.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        NotFound
            With `calexp`, when the frame has no `PSFModel` that you see: `SourceListTask` makes it, and all else.
        """
        if not calexp:
            from awlike.products.export import export
            return export(self, path)
        from awlike.frames.calibrated_exposure import CalibratedExposure
        from awlike.placing import place
        from awlike.products.fits_files import write_product
        made = CalibratedExposure.of(self, pars)
        for remark in made.remarks():
            log.warning('the calibrated exposure of %s: %s', self, remark)
        return place(Path(path), lambda temporary: write_product(temporary, made))

    def export_head(self, path: str | Path | None = None) -> str | Path:
        """Return the head of this frame, as SCAMP writes it beside a file and SWarp reads it.

        It has the best astrometry that is known (TPV, PVi_j), and FLXSCALE, which brings the flux of the frame to a zero
        point of 30 mag. FLXSCALE is 1 where no zero point is known, and for a resampled frame, whose light is scaled already.

        Parameters
        ----------
        path : str or pathlib.Path, optional
            The file to write, NAME.head beside NAME.fits; an existing file is replaced. Default: the text is returned.

        Raises
        ------
        HeaderError
            When nobody knows where the frame is on the sky.
        """
        from awlike.placing import place
        from awlike.products.scamp_head import flux_scale, head
        known, zero_point = self._astrometry(), self.zero_point
        is_scaled = 'FLXSCALE' in type(self).__properties__ or zero_point is None
        scale = 1.0 if is_scaled or zero_point is None else flux_scale(zero_point.value, self.EXPTIME or 1.0)
        text = head(self.astrom if known is None else known.solution, scale, f'{self} by awlike')
        return text if path is None else place(Path(path), lambda temporary: temporary.write_text(text, 'ascii'))

    def facts(self) -> 'Facts':
        from awlike.products.best_known import fact_by
        facts, known, zero_point, psf = super().facts(), self._astrometry(), self.zero_point, self.psf
        rows = []
        if known is not None:
            rows.append(fact_by('wcs', f'rms {known.RMS:.3g} arcsec of {known.NREF} stars,', known, 'place on the sky'))
        if zero_point is not None:
            text = f'{zero_point.value:.3f} +- {zero_point.error:.3f} mag'
            rows.append(fact_by('zero_point', text, zero_point.product, 'magnitude of 1 ADU per second'))
        if psf is not None:
            rows.append(fact_by('psf', f'FWHM {psf.fwhm:.3g} pix', psf, 'point spread function'))
        facts.groups['measured on it'] = rows
        return facts

    def _astrometry(self) -> 'AstrometricParameters | None':
        """Return the product whose solution is the best that is known."""
        from awlike.frames.astrometric_parameters import AstrometricParameters
        from awlike.products.best_known import best_of
        return best_of(AstrometricParameters, self, lambda one: bool(one.solution), lambda one: one.gastrom is not None)
