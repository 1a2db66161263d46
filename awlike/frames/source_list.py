"""SourceList: the catalogue of what was detected on one frame, and Source, a row of such a catalogue."""

from typing import TYPE_CHECKING

from awlike.declare import (
    Catalogue,
    ContentTable,
    Input,
    Inputs,
    Outlines,
    Panel,
    ProcessParameters,
    SkyRow,
    attribute,
    choosing,
    column,
    limit,
    measurable,
    parameter,
    source_panels,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.background_model import BackgroundModel
from awlike.frames.initial_sources import APERTURES, PIXEL_COLUMNS, SPOILT, outlines_of
from awlike.frames.measurement import FrameMeasurement
from awlike.frames.photometric_parameters import PhotometricParameters
from awlike.frames.psf_model import PSFModel
from awlike.frames.science import ScienceFrame
from awlike.frames.weight import WeightFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from astropy.wcs import WCS

    from awlike.frames.forced_source_list import LightCurve
    from awlike.pixels.sources import Catalogue as Measured
    from awlike.products.measurable import Measurable
    from awlike.query.query import Query
    from awlike.sky.plate import Plate

_FEWEST_PLACES = 10  # tell the noise
_EXTENDED = 0.5  # EXTENDEDNESS: what is outlined as extended
_PIXEL = {one.name: one for one in PIXEL_COLUMNS}

SOURCE_COLUMNS = [
    *(_PIXEL[name] for name in ('SID', 'X_IMAGE', 'Y_IMAGE', 'ERRX2_IMAGE', 'ERRY2_IMAGE', 'ERRXY_IMAGE')),
    column('RA', 'f8', 'right ascension, ICRS', unit='deg', ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'declination, ICRS', unit='deg', ucd='pos.eq.dec;meta.main'),
    column('FLUX_AUTO', 'f4', 'flux in the Kron aperture, aperture correction of stars applied', unit='adu', ucd='phot.flux'),
    column('FLUXERR_AUTO', 'f4', 'error of FLUX_AUTO', unit='adu', ucd='stat.error;phot.flux'),
    column('MAG_AUTO', 'f4', 'magnitude of FLUX_AUTO', unit='mag', ucd='phot.mag'),
    column('MAGERR_AUTO', 'f4', 'error of MAG_AUTO', unit='mag', ucd='stat.error;phot.mag'),
    column('FLUX_APER', 'f4', 'fluxes in circular apertures, aperture correction of stars applied', unit='adu',
           ucd='phot.flux', size=APERTURES),
    column('FLUXERR_APER', 'f4', 'errors of FLUX_APER', unit='adu', ucd='stat.error;phot.flux', size=APERTURES),
    column('MAG_APER', 'f4', 'magnitudes of FLUX_APER', unit='mag', ucd='phot.mag', size=APERTURES),
    column('MAGERR_APER', 'f4', 'errors of MAG_APER', unit='mag', ucd='stat.error;phot.mag', size=APERTURES),
    column('FLUX_PSF', 'f4', 'flux by a fit of the point spread function, aperture correction applied', unit='adu',
           ucd='phot.flux'),
    column('FLUXERR_PSF', 'f4', 'error of FLUX_PSF', unit='adu', ucd='stat.error;phot.flux'),
    column('MAG_PSF', 'f4', 'magnitude of FLUX_PSF', unit='mag', ucd='phot.mag'),
    column('MAGERR_PSF', 'f4', 'error of MAG_PSF', unit='mag', ucd='stat.error;phot.mag'),
    *(_PIXEL[name] for name in ('FLUX_RADIUS', 'FWHM_IMAGE', 'A_IMAGE', 'B_IMAGE', 'THETA_IMAGE', 'ELONGATION', 'FLAGS')),
    column('EXTENDEDNESS', 'f4', 'from 0, a point, to 1, extended', ucd='src.class.starGalaxy'),
    column('EXTENDEDNESS_ERR', 'f4', 'error of EXTENDEDNESS', ucd='stat.error;src.class.starGalaxy'),
]

SKY_COLUMNS = [one for one in SOURCE_COLUMNS
               if one.name in ('SID', 'X_IMAGE', 'Y_IMAGE', 'RA', 'DEC', 'FLUX_APER', 'FLUXERR_APER')]


class SourceList(Catalogue, FrameMeasurement):
    """The catalogue of what was detected on one frame.

    Each row of `sources` is a `Source` in the database; `sky` has empty places, measured like sources, which tell the noise.
    Fluxes are total fluxes of stars. Without zero point, magnitudes are instrumental: -2.5 log10 of ADU per second. Without
    solution, RA and DEC are by the header of the frame, and NaN where the header does not tell.
    """

    psf = Input(PSFModel, 'its point spread function')
    aperture_correction = Input(ApertureCorrection, 'brings fluxes to total fluxes')
    astrom_params = Input(AstrometricParameters, 'its place on the sky, where a reference catalogue tells', optional=True)
    photom_params = Input(PhotometricParameters, 'its zero point, where a reference catalogue tells', optional=True)
    detection_frame = Input(ScienceFrame, 'the frame in which sources are detected, instead of the frame itself',
                            named_by='DETECTION_FRAME')
    detection_weight = Input(WeightFrame, 'its weight', of='detection_frame')
    detection_background = Input(BackgroundModel, 'level and noise of its sky', of='detection_frame')
    detection_psf = Input(PSFModel, 'its point spread function', of='detection_frame')
    sources = ContentTable('what was detected', SOURCE_COLUMNS)
    sky = ContentTable('empty places, measured like sources', SKY_COLUMNS)
    number_of_sources = attribute(int, 'how many sources there are')
    sky_noise_ratio = attribute(float, 'scatter of the fluxes of empty places by their errors, second aperture; 1 is right')
    footprint = attribute(list, 'right ascension and declination of the four corners of the frame [deg]')

    class Parameters(ProcessParameters):
        THRESHOLD: float = parameter(5.0, 'sources are at least as significant as this', unit='sigma', gt=0)
        DETECTION_FRAME: str = choosing('', 'file name of a science frame with the same pixels, in which sources are detected, '
                                        'and which tells their apertures; empty: the frame itself')
        SKY_SOURCES: int = parameter(300, 'so many empty places are measured', ge=0)
        MINIMUM_SOURCES: float = limit(1, 'there are at least so many sources')

    LIMITS = {'MINIMUM_SOURCES': lambda made: made.number_of_sources}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.reference_stars import plate_of
        frame, plate = measurable(inputs), plate_of(inputs.astrom_params, inputs.frame)
        found = _measured(frame, inputs, params.THRESHOLD)
        sources = _of_place(found.table, plate) | total_light(found.table, inputs)
        sky = _empty_places(found, frame.good, params.SKY_SOURCES, inputs, plate)
        return {'sources': {one.name: sources[one.name] if one.name in sources else found.table[one.name]
                            for one in SOURCE_COLUMNS},
                'sky': sky, 'number_of_sources': len(found.table), 'sky_noise_ratio': _noise_ratio(sky),
                'footprint': _footprint(plate, frame.image.shape)}

    @property
    def wcs(self) -> 'WCS | None':
        """The astrometry that gave RA and DEC, an `astropy.wcs.WCS`: the solution, else the astrometry of the header."""
        solved = None if self.astrom_params is None else self.astrom_params.wcs
        return super().wcs if solved is None else solved

    def remarks(self) -> list[str]:
        said, resampled = [], getattr(self.frame, 'grid', None) is not None
        if not resampled and (self.astrom_params is None or not self.astrom_params.solution):
            said.append('RA and DEC are by the header of the frame' if self.footprint else
                        'RA and DEC are unknown: neither a reference catalogue nor the header tells')
        if not self._has_zero_point():
            said.append('magnitudes are instrumental: there is no zero point')
        if not self.frame.EXPTIME:
            said.append('magnitudes are those of the whole exposure: its exposure time is 0, or unknown')
        return said

    def _has_zero_point(self) -> bool:
        from awlike.products.measurable import zeropoint_of
        return zeropoint_of(self.frame, self.photom_params) is not None

    def shown(self) -> ScienceFrame:
        return self.frame

    def outlines(self) -> list[Outlines]:
        table = self.sources.whole()
        spoilt, extended = table['FLAGS'] & int(SPOILT) > 0, table['EXTENDEDNESS'] > _EXTENDED
        return [outlines_of(table, ~spoilt & ~extended, 'points', 'tab:cyan'),
                outlines_of(table, ~spoilt & extended, 'extended', 'tab:orange'),
                outlines_of(table, spoilt, 'saturated or spoilt', 'tab:red')]

    def panels(self) -> list[Panel]:
        table, photom = self.sources.whole(), self.photom_params
        depth = None if photom is None else photom.depth
        name = 'MAG_PSF [mag]' if self._has_zero_point() else 'MAG_PSF, instrumental [mag]'
        magnitude = table['MAG_PSF']
        return [source_panels.against(magnitude, {'': table['EXTENDEDNESS']}, 'stars and galaxies', name, 'EXTENDEDNESS'),
                source_panels.against(magnitude, {'': table['FLUX_RADIUS']}, 'size', name, 'FLUX_RADIUS [pixel]', zero=False),
                source_panels.number_counts(magnitude, name, depth),
                source_panels.magnitude_errors(magnitude, table['MAGERR_PSF'], name)]


def _measured(frame: 'Measurable', inputs: Inputs, threshold: float) -> 'Measured':
    """Return what is detected, in the frame itself or in the detection frame, and measured in the frame."""
    from awlike.pixels.sources import catalogue, catalogue_of
    from awlike.products.measurable import detecting, own_weight, psf_of
    apertures = inputs.aperture_correction.apertures
    psf = psf_of(inputs.psf, inputs.frame)
    how = {'measured_noise': own_weight(inputs.frame) is None}  # a weight tells the noise of each pixel, also where frames end
    if inputs.detection_frame is None:
        return catalogue(frame.image, frame.variance, psf, apertures, frame.good, frame.gain, threshold, frame.maps, **how)
    other, its_psf = detecting(inputs), psf_of(inputs.detection_psf, inputs.detection_frame)
    detected = catalogue(other.image, other.variance, its_psf, apertures, other.good, other.gain, threshold, **how)
    return catalogue_of(detected, frame.image, frame.variance, psf, apertures, frame.good, frame.gain, frame.maps, **how)


def _of_place(table: 'np.ndarray', plate: 'Plate | None') -> 'dict[str, np.ndarray]':
    """Return the columns RA and DEC of the places in a table; NaN without a plate."""
    import numpy as np

    from awlike.sky.pixel_origin import from_fits
    if plate is None:
        return dict.fromkeys(('RA', 'DEC'), np.full(len(table), np.nan))
    return dict(zip(('RA', 'DEC'), plate.pixel_to_sky(from_fits(table['X_IMAGE']), from_fits(table['Y_IMAGE'])), strict=True))


def total_light(table: 'np.ndarray', inputs: Inputs, kinds: 'Sequence[str]' = ('AUTO', 'PSF', 'APER'),
                ) -> 'dict[str, np.ndarray]':
    """Return the columns of fluxes and magnitudes: fluxes of the kinds that a table has, as total fluxes of stars."""
    import numpy as np

    from awlike.products.measurable import zeropoint_of
    from awlike.sky.zero_point import MAG_ERROR
    found, zero_point = {}, zeropoint_of(inputs.frame, inputs.photom_params)
    if zero_point is None:  # instrumental magnitudes; what lies on a grid is in ADU per second already
        resampled = getattr(inputs.frame, 'grid', None) is not None
        zero_point = 0.0 if resampled else 2.5 * np.log10(inputs.frame.EXPTIME or 1.0)
    factors = _factors(inputs.aperture_correction)
    for kind in kinds:
        factor = factors[kind]
        flux, error = (table[f'{name}_{kind}'].astype(float) * factor for name in ('FLUX', 'FLUXERR'))
        with np.errstate(invalid='ignore', divide='ignore'):
            light = np.where(flux > 0, flux, np.nan)
            found |= {f'FLUX_{kind}': flux, f'FLUXERR_{kind}': error, f'MAGERR_{kind}': MAG_ERROR * error / light,
                      f'MAG_{kind}': zero_point - 2.5 * np.log10(light)}
    return found


def _factors(correction: ApertureCorrection) -> 'dict[str, float | np.ndarray]':
    """Return the factors of the aperture correction by kind of flux, 1 where nobody knows."""
    import numpy as np
    return {'AUTO': correction.factor_auto or 1.0, 'PSF': correction.factor_psf or 1.0,
            'APER': np.array([one or 1.0 for one in correction.factors_aper])}


def _empty_places(found: 'Measured', good: 'np.ndarray', number: int, inputs: Inputs, plate: 'Plate | None',
                  ) -> 'dict[str, np.ndarray]':
    """Return the table of empty places."""
    import numpy as np

    from awlike.pixels.sky_sources import sky_sources
    correction = inputs.aperture_correction
    table = sky_sources(found.image, found.variance, found.detections.labels, correction.apertures, number, good)
    factors = _factors(correction)['APER']
    return {'SID': np.arange(1, len(table) + 1), 'X_IMAGE': table['X_IMAGE'], 'Y_IMAGE': table['Y_IMAGE'],
            **_of_place(table, plate), **{name: table[name] * factors for name in ('FLUX_APER', 'FLUXERR_APER')}}


def _noise_ratio(sky: 'dict[str, np.ndarray]') -> float | None:
    """Return the robust scatter of the fluxes of empty apertures by their errors, second aperture; None for too few."""
    import numpy as np
    if len(sky['SID']) < _FEWEST_PLACES:
        return None
    pulls = sky['FLUX_APER'][:, 1] / sky['FLUXERR_APER'][:, 1]
    return float(np.diff(np.percentile(pulls, (15.87, 84.13)))[0] / 2)


def _footprint(plate: 'Plate | None', shape: tuple[int, int]) -> list[list[float]] | None:
    """Return the corners of the frame on the sky, from the first pixel along the first row, and around."""
    if plate is None:
        return None
    right, top = shape[1] - 0.5, shape[0] - 0.5
    ra, dec = plate.pixel_to_sky([-0.5, right, right, -0.5], [-0.5, -0.5, top, top])
    return [[float(one), float(other)] for one, other in zip(ra, dec, strict=True)]


class Source(SkyRow, of=SourceList, table='sources', link='source_list'):
    """A source that was detected on one frame."""

    TO_SHOW = 'SID', 'RA', 'DEC', 'MAG_AUTO', 'MAG_PSF', 'EXTENDEDNESS', 'FLAGS'

    def associations(self) -> 'Query':
        """Return the query for the rows that are this source in the associations that you see, an `Association` each.

        ``source.associations()[0].group()`` are the sources that are the same.
        """
        from awlike.frames.associate_list import associations_of
        return associations_of(self)

    def light_curve(self) -> 'LightCurve':
        """Return what was measured at the place of this source on single frames by `ForcedTask`; print it.

        Of several measurements on one frame the latest counts.
        """
        from awlike.frames.forced_source_list import light_curve_of
        return light_curve_of(self)
