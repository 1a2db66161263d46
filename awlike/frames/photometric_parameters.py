"""PhotometricParameters: the zero point of a science frame."""

import math
from typing import TYPE_CHECKING, Any

from awlike.declare import (
    ContentTable,
    Filter,
    Input,
    Inputs,
    Panel,
    ProcessParameters,
    ProcessTarget,
    Reference,
    ReferenceCatalogue,
    attribute,
    choosing,
    column,
    limit,
    parameter,
    source_panels,
    without_nan,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.background_model import BackgroundModel
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.psf_model import PSFModel
from awlike.frames.science import ScienceFrame
from awlike.sky.zero_point import MAG_ERROR

if TYPE_CHECKING:
    import numpy as np

    from awlike.products.reference_stars import ReferenceStars
    from awlike.sky.plate import Plate
    from awlike.sky.zero_point import ZeroPoint

STANDARD_COLUMNS = [
    column('SID', 'i4', 'number of the star in the initial sources', ucd='meta.id'),
    column('RA', 'f8', 'right ascension of the reference star at the date of the frame, ICRS', unit='deg',
           ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'its declination', unit='deg', ucd='pos.eq.dec;meta.main'),
    column('MAG', 'f4', 'its magnitude in the band of the frame, colour term applied', unit='mag', ucd='phot.mag'),
    column('MAG_INSTRUMENTAL', 'f4', '-2.5 log10 of its total flux in ADU per second', unit='mag', ucd='phot.mag;instr'),
    column('RESIDUAL', 'f4', 'MAG less MAG_INSTRUMENTAL less zero point', unit='mag', ucd='stat.fit.residual;phot.mag'),
    column('USED', 'bool', 'whether the star tells the zero point', ucd='meta.code'),
]
_ONE_NIGHT = 0.6 * 86400  # s: what was observed nearer in time is of the same night


class StandardStars(ProcessParameters):
    """Parameters by which stars of a reference catalogue tell magnitudes of a frame."""

    REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue, NAME or NAME@VERSION; empty: that of the project, '
                                        'else the only one that covers the field')
    BAND: str = parameter('', 'band of the reference catalogue that is most like the filter')
    COLOUR: str = parameter('', 'the colour of the colour term, two bands of the catalogue as g-r; empty: no colour term')
    COLOUR_TERM: float = parameter(0.0, 'magnitude of the frame less that of the catalogue, per magnitude of COLOUR')
    COLOUR_ZERO: float = parameter(0.0, 'the COLOUR at which both magnitudes agree', unit='mag')
    MATCH_RADIUS: float = parameter(2.0, 'reference stars lie within this distance of their source', unit='arcsec', gt=0)
    LEAST_SNR: float = parameter(20.0, 'stars have at least this ratio of signal to noise', gt=0)


class PhotometricParameters(ProcessTarget):
    """The zero point of a science frame: the magnitude of a star of 1 ADU per second, through the air as it was.

    It is the mean over stars of a reference catalogue, or that of an ensemble, `gphotom`; where no such star is in the field,
    that of the standard fields of the night, by their `extinction`, for the airmass of the frame. With it come the brightness
    of the sky and the depth of the frame. Where nothing tells, `reason` says why.
    """

    NEEDS_ONE_OF = 'reference', 'extinction'

    frame = Input(ScienceFrame, 'the science frame')
    background = Input(BackgroundModel, 'level and noise of its sky')
    initial_sources = Input(InitialSourceList, 'its bright sources')
    psf = Input(PSFModel, 'its point spread function')
    aperture_correction = Input(ApertureCorrection, 'brings fluxes to total fluxes')
    astrom_params = Input(AstrometricParameters, 'its place on the sky')
    reference = Input(ReferenceCatalogue, 'stars of known magnitudes', optional=True, in_band=True)
    extinction = Input('AtmosphericExtinction', 'extinction and clear sky of its night, where measured', existing=True)
    transformation = Input('PhotTransformation', 'colour term of the filter, where it was measured', existing=True)
    gphotom = Input('GPhotometric', 'the zero points of its ensemble, of which its own is one', of_ensemble=True)
    filter = Reference(Filter, 'the filter')
    standards = ContentTable('the reference stars in the frame', STANDARD_COLUMNS)
    zero_point = attribute(float, 'magnitude of 1 ADU per second', unit='mag')
    zero_point_error = attribute(float, 'its error, that of the aperture correction included', unit='mag')
    zero_point_above = attribute(float, 'magnitude of 1 ADU per second above the air, by the extinction', unit='mag')
    told_by = attribute(str, 'what tells the zero point: stars, ensemble, or night')
    scatter = attribute(float, 'scatter of single stars, robust; of a night that of its exposures', unit='mag')
    number_of_stars = attribute(int, 'how many stars tell; of a night, in all its exposures')
    sky_brightness = attribute(float, 'magnitude of a square arcsecond of sky', unit='mag/arcsec2')
    depth = attribute(float, 'magnitude of a star of 5 sigma, by its PSF', unit='mag')
    reason = attribute(str, 'why there is no zero point; empty where there is one')

    class Parameters(StandardStars):
        SIGCLIP_LEVEL: float = parameter(3.0, 'stars further off do not tell', unit='sigma', gt=0)
        MINIMUM_STARS: float = limit(5, 'at least so many stars tell')
        MAXIMUM_ERROR: float = limit(0.05, 'the error of the zero point is at most', unit='mag')

    LIMITS = {'MINIMUM_STARS': lambda made: made.number_of_stars, 'MAXIMUM_ERROR': lambda made: made.zero_point_error}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.reference_stars import reference_stars
        from awlike.sky.headers import read_plate
        astrom, frame = inputs.astrom_params, inputs.frame
        plate = read_plate(astrom.solution) if astrom.solution else None
        if plate is None:  # where a header has it wrong, stars would agree by chance
            return _nothing(f'it is not certain where the frame is on the sky: {astrom.reason}')
        if not frame.EXPTIME:
            return _nothing('nobody knows its exposure time')
        if inputs.gphotom is not None and (why := _why_not(inputs.gphotom, frame)):
            return _nothing(f'the ensemble has no zero point for it: {why}')
        standards, reason = None, 'no reference catalogue serves'
        if inputs.reference is not None:
            known = reference_stars(inputs.reference, plate, frame, params.BAND)
            standards, reason = _standards(inputs, params, plate, known)
        if standards is None and inputs.gphotom is None and (why := _why_not_by_night(inputs.extinction, frame)):
            return _nothing(f'{reason}; {why}')
        return _result(inputs, params, plate, standards or _no_standards())

    def remarks(self) -> list[str]:
        if self.reason:
            return [f'there is no zero point: {self.reason}']
        return self._remarks_on_night() if self.told_by == 'night' else []

    def _remarks_on_night(self) -> list[str]:
        night = self.extinction
        assert night is not None
        low, high = night.airmass_range
        clouds = [f'clouds passed in the night: {night.number_of_cloudy} exposures of standard fields were dimmed, and nobody '
                  'knows of this one'] if night.number_of_cloudy else []
        beyond = [f'its airmass, {self.frame.AIRMASS:.2f}, lies beyond those of the standard fields, {low:.2f} to {high:.2f}'
                  ] if not low - 0.1 <= self.frame.AIRMASS <= high + 0.1 else []
        return [f'the zero point is that of the standard fields of the night, by {night}', *clouds, *beyond]

    def panels(self) -> list[Panel]:
        import numpy as np
        table = self.standards.whole()
        residual, used = table['RESIDUAL'], table['USED']
        initial = self.initial_sources.sources
        x, y = (initial[name][table['SID'] - 1] for name in ('X_IMAGE', 'Y_IMAGE'))
        sets = {'used': np.where(used, residual, np.nan), 'left out': np.where(used, np.nan, residual)}
        told = ('no zero point' if self.zero_point is None else
                f'zero point {self.zero_point:.4f} +- {self.zero_point_error:.4f} mag')
        scatter = '' if self.scatter is None else f', scatter {self.scatter:.3f} mag'
        return [source_panels.against(table['MAG'], sets, told, 'magnitude of the star', 'residual [mag]'),
                source_panels.against(x, {'': residual}, 'against X', 'X [pixel]', 'residual [mag]'),
                source_panels.against(y, {'': residual}, 'against Y', 'Y [pixel]', 'residual [mag]'),
                source_panels.over_frame(x, y, residual, self.background.frame_shape, 'residual over the frame', 'mag'),
                source_panels.distribution(residual[used], f'{self.number_of_stars} stars{scatter}', 'residual [mag]')]


def _standards(inputs: Inputs, params: PhotometricParameters.Parameters, plate: 'Plate', known: 'ReferenceStars',
               ) -> 'tuple[dict[str, np.ndarray] | None, str]':
    """Return the reference stars that are sources, with errors, and why there are none."""
    from awlike.products.standard_stars import colour_error, known_magnitudes, matched_stars
    transformation = _transformation(inputs)
    table, magnitude = inputs.initial_sources.sources.whole(), known_magnitudes(known, params, transformation)
    found, reason = matched_stars(table, inputs.aperture_correction, inputs.psf.fwhm, inputs.frame.EXPTIME, params, plate,
                                  known, magnitude)
    if found is None:
        return None, reason
    there = found.there
    return {'SID': table['SID'][found.star], 'RA': known.RA[there], 'DEC': known.DEC[there], 'MAG': found.magnitude,
            'MAG_ERR': known.MAG_ERR[there], 'MAG_INSTRUMENTAL': found.instrumental,
            'ERR_INSTRUMENTAL': found.error, 'ERR_COLOUR': colour_error(known, params, transformation)[there]}, ''


def _transformation(inputs: Inputs) -> Any:
    """Return the `PhotTransformation` that holds for the magnitudes of the reference catalogue; None where there is none."""
    found = inputs.transformation
    return None if found is None or found.reason or found.catalogue != inputs.reference.name else found


def _result(inputs: Inputs, params: PhotometricParameters.Parameters, plate: 'Plate', standards: 'dict[str, np.ndarray]',
            ) -> dict:
    """Return what `make` returns: the zero point, and what follows from it."""
    import numpy as np

    from awlike.products.measurable import psf_of
    from awlike.sky.zero_point import zero_point
    errors, of_colours = (standards.pop('MAG_ERR'), standards.pop('ERR_INSTRUMENTAL')), standards.pop('ERR_COLOUR')
    found = zero_point(standards['MAG_INSTRUMENTAL'], errors[1], standards['MAG'], errors[0], params.SIGCLIP_LEVEL)
    number, told_by = int(found.used.sum()), 'stars'
    if number:
        found = found._replace(error=math.hypot(found.error, float(np.mean(of_colours[found.used]))))
    if inputs.gphotom is not None:
        (found, number), told_by = _by_ensemble(inputs.gphotom, inputs.frame, found), 'ensemble'
    elif not number:
        (found, number), told_by = _by_night(inputs.extinction, inputs.frame, found), 'night'
    standards |= {'RESIDUAL': standards['MAG'] - standards['MAG_INSTRUMENTAL'] - found.value, 'USED': found.used}
    middle, background = [length / 2 for length in inputs.frame.data.shape[::-1]], inputs.background
    of_an_adu = found.value + 2.5 * np.log10(inputs.frame.EXPTIME)
    noise = background.sky_noise / np.sqrt(float((psf_of(inputs.psf, inputs.frame).at(*middle) ** 2).sum()))
    faintest = 5 * noise * (inputs.aperture_correction.factor_psf or 1.0)
    sky = background.sky_level / plate.pixel_scale(*middle) ** 2
    return without_nan({
        'standards': standards, 'zero_point': found.value,
        'zero_point_error': _error(found.error, inputs.aperture_correction), 'scatter': found.scatter,
        'zero_point_above': _above(found.value, inputs.extinction, inputs.frame), 'told_by': told_by,
        'number_of_stars': number, 'depth': float(of_an_adu - 2.5 * np.log10(faintest)),
        'sky_brightness': float(of_an_adu - 2.5 * np.log10(sky)) if sky > 0 else None, 'reason': ''})


def _why_not(gphotom: Any, frame: Any) -> str:
    """Return why the zero points of an ensemble do not tell of a frame; empty where they do."""
    from awlike.products.ensembles import name_of, row_of
    rows = gphotom.zero_points.whole()
    number = row_of(rows, frame)
    if number is not None and rows['SOLVED'][number]:
        return ''
    return gphotom.reason or (gphotom.reasons or {}).get(name_of(frame), 'it is no member')


def _by_ensemble(gphotom: Any, frame: Any, own: 'ZeroPoint') -> 'tuple[ZeroPoint, int]':
    """Return the zero point of a frame by its ensemble, and how many stars of the frame tell it."""
    from awlike.products.ensembles import row_of
    row = gphotom.zero_points.whole()[row_of(gphotom.zero_points.whole(), frame)]
    return own._replace(value=float(row['ZERO_POINT']), error=float(row['ZERO_POINT_ERROR'])), int(row['NSTARS'])


def _why_not_by_night(extinction: Any, frame: Any) -> str:
    """Return why an `AtmosphericExtinction`, or None, does not tell the zero point of a frame; empty where it does."""
    if extinction is None:
        return 'no standard fields of the night were measured'
    if extinction.reason:
        return f'nor do standard fields of the night tell: {extinction.reason}'
    if frame.AIRMASS is None:
        return 'for the zero point of the night nobody knows its airmass'
    if abs((extinction.DATE_OBS - frame.DATE_OBS).total_seconds()) > _ONE_NIGHT:
        return (f'the nearest standard fields are of another night, {extinction.DATE_OBS:%Y-%m-%d}, whose sky was another')
    return ''


def _by_night(extinction: Any, frame: Any, own: 'ZeroPoint') -> 'tuple[ZeroPoint, int]':
    """Return the zero point of the clear sky at the airmass of a frame, and how many stars of the night tell it."""
    above, exposures = frame.AIRMASS - extinction.mean_airmass, extinction.exposures.whole()
    error = math.hypot(extinction.zero_point_error, above * extinction.extinction_error, extinction.scatter)
    return own._replace(value=extinction.zero_point - above * extinction.extinction, error=error,
                        scatter=extinction.scatter), int(exposures['NSTARS'][exposures['USED']].sum())


def _above(zero_point: float, extinction: Any, frame: Any) -> float | None:
    """Return the zero point above the air; None where the extinction or the airmass is unknown."""
    if extinction is None or extinction.reason or frame.AIRMASS is None:
        return None
    return zero_point + extinction.extinction * frame.AIRMASS


def _no_standards() -> 'dict[str, np.ndarray]':
    """Return what `_standards` returns of a frame without reference stars, whose ensemble tells its zero point."""
    import numpy as np
    names = 'SID', 'RA', 'DEC', 'MAG', 'MAG_ERR', 'MAG_INSTRUMENTAL', 'ERR_INSTRUMENTAL', 'ERR_COLOUR'
    return {name: np.zeros(0) for name in names}


def _error(of_stars: float, correction: ApertureCorrection) -> float:
    """Return the error of the zero point: the error of the mean of the stars, and the error of their common total flux."""
    return math.hypot(of_stars, MAG_ERROR * (correction.error_psf or 0.0) / (correction.factor_psf or 1.0))


def _nothing(reason: str) -> dict:
    """Return what `make` returns where no star tells."""
    return {'standards': {one.name: [] for one in STANDARD_COLUMNS}, 'number_of_stars': 0, 'reason': reason}
