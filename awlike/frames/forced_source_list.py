"""ForcedSourceList: the light at given places on one frame, and ForcedSource, a row of such a list."""

from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import field_validator, model_validator

from awlike.declare import (
    Catalogue,
    ContentTable,
    Input,
    Inputs,
    LightCurve,
    Outlines,
    Panel,
    ProcessingError,
    ProcessParameters,
    SkyRow,
    attribute,
    choosing,
    column,
    light_curve,
    measurable,
    parameter,
    source_panels,
    without_nan,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.measurement import FrameMeasurement
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.science import ScienceFrame
from awlike.frames.source_list import Source, SourceList, total_light
from awlike.pixels.source_flags import SourceFlag
from awlike.sky.places import parse_places

if TYPE_CHECKING:
    import numpy as np

    from awlike.sky.plate import Plate

FORCED_COLUMNS = [
    column('SID', 'i4', 'number of the source in the list of places, or of the place that was given, from 1', ucd='meta.id'),
    column('X_IMAGE', 'f8', 'column of the place, the first pixel is 1', unit='pix', ucd='pos.cartesian.x;instr.det'),
    column('Y_IMAGE', 'f8', 'row of the place, the first pixel is 1', unit='pix', ucd='pos.cartesian.y;instr.det'),
    column('RA', 'f8', 'right ascension that was asked for, ICRS', unit='deg', ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'declination that was asked for, ICRS', unit='deg', ucd='pos.eq.dec;meta.main'),
    column('FLUX_PSF', 'f4', 'flux there by a fit of the point spread function, total; negative where noise is', unit='adu',
           ucd='phot.flux'),
    column('FLUXERR_PSF', 'f4', 'error of FLUX_PSF', unit='adu', ucd='stat.error;phot.flux'),
    column('MAG_PSF', 'f4', 'magnitude of FLUX_PSF; NaN where the flux is not above 0', unit='mag', ucd='phot.mag'),
    column('MAGERR_PSF', 'f4', 'error of MAG_PSF', unit='mag', ucd='stat.error;phot.mag'),
    column('CHI2_PSF', 'f4', 'reduced chi2 of the fit', ucd='stat.fit.chi2'),
    column('BJD_TDB', 'f8', 'middle of the exposure at the barycentre of the solar system, Julian date', unit='d',
           ucd='time.epoch'),
    column('FLAGS', 'i4', 'bits of what disturbed the measurement; the header explains each', ucd='meta.code.qual',
           bits={int(flag): flag.explanation for flag in SourceFlag}),
]


class ForcedSourceList(Catalogue, FrameMeasurement):
    """The light at given places on one frame, also where nothing is detected.

    The places are those of a source list, such as that of a stack, or given ones. Each row of `sources` is a `ForcedSource` in
    the database; the rows of many frames are light curves. Point spread function, place on the sky and zero point are those
    of the frame.
    """

    psf = Input(PSFModel, 'its point spread function')
    aperture_correction = Input(ApertureCorrection, 'brings fluxes to total fluxes')
    astrom_params = Input(AstrometricParameters, 'its place on the sky, where a reference catalogue tells', optional=True)
    photom_params = Input(PhotometricParameters, 'its zero point, where a reference catalogue tells', optional=True)
    positions = Input(SourceList, 'the list whose places are measured', named_by='POSITIONS')
    sources = ContentTable('what is at each place', FORCED_COLUMNS)
    number_of_sources = attribute(int, 'how many places lie on the frame')
    number_off_frame = attribute(int, 'how many places lie beyond its edge')
    MJD = attribute(float, 'middle of the exposure, modified Julian date (UTC)', unit='d')
    MAGZERO = attribute(float, 'magnitude of a star of 1 ADU in the image; none where there is no zero point', unit='mag')
    reason = attribute(str, 'why nothing is measured; empty where something is')

    class Parameters(ProcessParameters):
        POSITIONS: str = choosing('', 'file name of the source list whose places are measured')
        PLACES: str = parameter('', 'the places that are measured, in place of a list: right ascension and declination [deg], '
                                'as "150.1 2.2, 150.3 -2.1"')
        KEEP_OFF_FRAME: bool = parameter(False, 'sources of the list beyond the edge of the frame have rows, too; each of '
                                         'PLACES has one anyway')
        THRESHOLD: float = parameter(5.0, 'what else is as significant as this is fitted, too, and disturbs less', unit='sigma',
                                     gt=0)

        @field_validator('PLACES')
        @classmethod
        def _are_places(cls, value: str) -> str:
            parse_places(value)
            return value

        @model_validator(mode='after')
        def _one_of_them(self) -> 'ForcedSourceList.Parameters':
            if self.POSITIONS and self.PLACES:
                raise ValueError('POSITIONS and PLACES both say where to measure: give one of them')
            return self

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.measurable import zeropoint_of
        from awlike.products.reference_stars import plate_of
        from awlike.sky.barycentre import barycentric_julian_date, modified_julian_date
        frame, astrom = inputs.frame, inputs.astrom_params
        number, ra, dec = _places(inputs, params)
        known = {'MJD': modified_julian_date(frame.middle), 'MAGZERO': zeropoint_of(frame, inputs.photom_params)}
        plate = None if astrom is not None and not astrom.solution else plate_of(astrom, frame)
        if plate is None:
            why = 'the header does not tell' if astrom is None else astrom.reason
            return _nothing(f'it is not certain where the frame is on the sky: {why}') | without_nan(known)
        image = measurable(inputs)
        x, y = _pixels(plate, ra, dec, image.image.shape)
        on_frame = _inside(x, y, image.image.shape)
        kept = on_frame | bool(params.PLACES or params.KEEP_OFF_FRAME)
        number, ra, dec, x, y = (one[kept] for one in (number, ra, dec, x, y))
        table = _measured(image, inputs, params.THRESHOLD, x, y)
        sources = {'SID': number, 'X_IMAGE': x + 1, 'Y_IMAGE': y + 1, 'RA': ra, 'DEC': dec, 'CHI2_PSF': table['CHI2_PSF'],
                   'FLAGS': table['FLAGS'], 'BJD_TDB': barycentric_julian_date(frame.middle, ra, dec, frame.site),
                   **total_light(table, inputs, ['PSF'])}
        return without_nan({'number_of_sources': int(on_frame.sum()), 'number_off_frame': int((~on_frame).sum()), 'reason': '',
                            **known}) | {'sources': sources}

    def remarks(self) -> list[str]:
        if self.reason:
            return [f'nothing is measured: {self.reason}']
        said = [] if self.number_of_sources else ['none of the places lies on the frame']
        if self.astrom_params is None and getattr(self.frame, 'grid', None) is None:
            said.append('the places are by the header of the frame')
        return said + ([] if self.MAGZERO is not None else ['magnitudes are instrumental: there is no zero point'])

    def shown(self) -> ScienceFrame:
        return self.frame

    def outlines(self) -> list[Outlines]:
        import numpy as np

        from awlike.sky.pixel_origin import from_fits
        table, radius = self.sources.whole(), 1.5 * self.psf.fwhm
        rows = table[table['FLAGS'] & int(SourceFlag.OFF_FRAME) == 0]
        size = np.full(len(rows), radius / 3)
        return [Outlines('places', 'tab:cyan', from_fits(rows['X_IMAGE']), from_fits(rows['Y_IMAGE']), size, size,
                         np.zeros(len(rows)))]

    def panels(self) -> list[Panel]:
        import numpy as np
        table = self.sources.whole()
        with np.errstate(invalid='ignore', divide='ignore'):
            significance = table['FLUX_PSF'] / table['FLUXERR_PSF']
        return [source_panels.distribution(significance[np.abs(significance) < 10], 'flux by error', 'sigma'),
                source_panels.against(significance, {'': table['CHI2_PSF']}, 'quality of the fit', 'flux by error', 'CHI2_PSF',
                                      zero=False)]


def _places(inputs: Inputs, params: ForcedSourceList.Parameters) -> 'tuple[np.ndarray, np.ndarray, np.ndarray]':
    """Return numbers, right ascensions and declinations [deg] of the places that are measured."""
    import numpy as np
    if inputs.positions is not None:
        table = inputs.positions.sources
        number, ra, dec = (np.asarray(table[name]) for name in ('SID', 'RA', 'DEC'))
        known = np.isfinite(ra) & np.isfinite(dec)
        return number[known], ra[known], dec[known]
    ra, dec = parse_places(params.PLACES)
    if not ra.size:
        raise ProcessingError('no places are given: name a source list by POSITIONS, or give PLACES')
    return np.arange(1, ra.size + 1), ra, dec


def _pixels(plate: 'Plate', ra: 'np.ndarray', dec: 'np.ndarray', shape: tuple[int, int]) -> 'tuple[np.ndarray, np.ndarray]':
    """Return the pixels of places; NaN for those far from the frame, where its distortion is unknown."""
    import numpy as np

    from awlike.products.reference_stars import middle_and_radius
    from awlike.sky.sphere import separation
    middle_ra, middle_dec, radius = middle_and_radius(plate, shape)
    near = separation(ra, dec, middle_ra, middle_dec) < 1.2 * radius
    x, y = np.full((2, ra.size), np.nan)
    x[near], y[near] = plate.sky_to_pixel(ra[near], dec[near])
    return x, y


def _inside(x: 'np.ndarray', y: 'np.ndarray', shape: tuple[int, int]) -> 'np.ndarray':
    """Return which pixels lie in an image of this shape (rows, columns)."""
    return (x >= -0.5) & (x < shape[1] - 0.5) & (y >= -0.5) & (y < shape[0] - 0.5)


def _measured(image: Any, inputs: Inputs, threshold: float, x: 'np.ndarray', y: 'np.ndarray') -> 'np.ndarray':
    """Return the table of the fluxes at pixels of a frame."""
    from awlike.pixels.forced import forced_photometry
    from awlike.products.measurable import own_weight, psf_of
    return forced_photometry(image.image, image.variance, psf_of(inputs.psf, inputs.frame), x, y, image.good, image.gain,
                             image.maps.get(SourceFlag.SATURATED), threshold, own_weight(inputs.frame) is None)


def _nothing(reason: str) -> dict:
    """Return what `make` returns where nothing can be measured."""
    return {'sources': {one.name: [] for one in FORCED_COLUMNS}, 'number_of_sources': 0, 'number_off_frame': 0,
            'reason': reason}


class ForcedSource(SkyRow, of=ForcedSourceList, table='sources', link='forced_source_list'):
    """The light at a given place on one frame."""

    TO_SHOW = 'SID', 'RA', 'DEC', 'FLUX_PSF', 'FLUXERR_PSF', 'MAG_PSF', 'BJD_TDB', 'FLAGS'
    INDEXED: ClassVar[tuple[str, ...]] = ('SID',)

    @classmethod
    def light_curve(cls, ra: Any, dec: Any, radius: Any = 1 / 3600) -> LightCurve:
        """Return what was measured near a place on single frames; print it.

        Of several measurements on one frame the nearest counts, and of those at one place the latest.

        Parameters
        ----------
        ra, dec, radius : float or Quantity
            The place, and how far measurements may lie from it; degrees unless a Quantity is given. Default: 1 arcsec.
        """
        return light_curve(cls.within(ra, dec, radius), f'{ra}, {dec}', ForcedSourceList.select_valid(), (ra, dec))

    def curve(self) -> LightCurve:
        """Return the light curve of which this is a point: the measurements at the same place."""
        return type(self).light_curve(self.RA, self.DEC, 0.01 / 3600)


def light_curve_of(source: Source) -> LightCurve:
    """Return what was measured at the place of a source of a list on single frames."""
    rows: Any = ForcedSource.SID == source.SID
    return light_curve(rows & (ForcedSource.forced_source_list.positions == source.source_list), str(source),
                       ForcedSourceList.select_valid())
