"""AtmosphericExtinction: how the sky of a night dims stars with airmass, and the zero point of its clear sky."""

from typing import TYPE_CHECKING, Any

from awlike.declare import (
    ContentTable,
    Inputs,
    Panel,
    attribute,
    column,
    limit,
    parameter,
    source_panels,
    without_nan,
)
from awlike.frames.standard_fields import (
    FromStandardFields,
    StandardField,
    StandardFieldParameters,
    error_of_stars,
    standard_fields,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from awlike.sky.extinction import Extinction

EXPOSURE_COLUMNS = [
    column('MJD', 'f8', 'middle of the exposure, modified Julian date (UTC)', unit='d', ucd='time.epoch'),
    column('AIRMASS', 'f4', 'airmass at its start', ucd='obs.airMass'),
    column('ZERO_POINT', 'f8', 'magnitude of 1 ADU per second, through the air as it was', unit='mag', ucd='phot.mag;arith.zp'),
    column('ZERO_POINT_ERROR', 'f4', 'its error', unit='mag', ucd='stat.error;phot.mag'),
    column('RESIDUAL', 'f4', 'zero point less that of the clear sky at its airmass; below 0 behind clouds', unit='mag'),
    column('NSTARS', 'i4', 'its stars that tell', ucd='meta.number'),
    column('USED', 'bool', 'whether the exposure tells', ucd='meta.code'),
]


class AtmosphericExtinction(FromStandardFields):
    """The extinction of a night, in magnitudes an airmass, and the zero point of its clear sky, for one chip and filter.

    The zero points of the exposures with stars of known magnitude fall along a line with airmass. Exposures below it saw
    clouds, and do not tell. `zero_point` is that at the airmass `mean_airmass`, where both errors are independent.
    """

    exposures = ContentTable('the exposures with stars of known magnitude', EXPOSURE_COLUMNS)
    extinction = attribute(float, 'extinction', unit='mag')
    extinction_error = attribute(float, 'its error', unit='mag')
    zero_point = attribute(float, 'magnitude of 1 ADU per second through the clear sky, at mean_airmass', unit='mag')
    zero_point_error = attribute(float, 'its error', unit='mag')
    mean_airmass = attribute(float, 'mean airmass of the exposures that tell')
    airmass_range = attribute(list, 'least and largest airmass of the exposures that tell')
    scatter = attribute(float, 'rms of the exposures that tell about the line', unit='mag')
    number_of_exposures = attribute(int, 'how many exposures tell')
    number_of_cloudy = attribute(int, 'how many exposures clouds dim by more than CLOUD_LIMIT')
    reason = attribute(str, 'why the extinction is not known; empty where it is')

    class Parameters(StandardFieldParameters):
        SIGCLIP_LEVEL: float = parameter(3.0, 'stars further off do not tell', unit='sigma', gt=0)
        MINIMUM_AIRMASS_RANGE: float = parameter(0.3, 'the airmasses of the exposures that tell span at least', gt=0)
        CLOUD_LIMIT: float = parameter(0.05, 'an exposure dimmed by more saw clouds', unit='mag', gt=0)
        MINIMUM_EXPOSURES: float = limit(3, 'at least so many exposures tell')
        MAXIMUM_ERROR: float = limit(0.03, 'the error of the extinction is at most', unit='mag')

    LIMITS = {'MINIMUM_EXPOSURES': lambda made: made.number_of_exposures, 'MAXIMUM_ERROR': lambda made: made.extinction_error}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.sky.extinction import fit_extinction
        fields = standard_fields(inputs, params)
        rows = [row for field in fields if (row := _row(field, params)) is not None]
        table = {name: np.array([row[name] for row in rows]) for name in ('MJD', 'AIRMASS', 'ZERO_POINT', 'ZERO_POINT_ERROR',
                                                                          'NSTARS')}
        found = fit_extinction(table['AIRMASS'], table['ZERO_POINT'], table['ZERO_POINT_ERROR'], params.MINIMUM_AIRMASS_RANGE,
                               params.CLOUD_LIMIT)
        return _result(table, found, params.CLOUD_LIMIT, _none_because(fields) if not rows else '')

    def remarks(self) -> list[str]:
        if self.reason:
            return [f'the extinction is not known: {self.reason}']
        number = len(self.exposures['MJD'])
        return [f'clouds dim {self.number_of_cloudy} of {number} exposures'] if self.number_of_cloudy else []

    def panels(self) -> list[Panel]:
        import numpy as np
        table = self.exposures.whole()
        used = table['USED']
        sets = {'used': np.where(used, table['ZERO_POINT'], np.nan), 'left out': np.where(used, np.nan, table['ZERO_POINT'])}
        title = ('zero points' if self.reason else
                 f'extinction {self.extinction:.3f} +- {self.extinction_error:.3f} mag an airmass')
        return [source_panels.against(table['AIRMASS'], sets, title, 'airmass', 'zero point [mag]', zero=False),
                source_panels.against(table['MJD'], {'': table['RESIDUAL']}, 'over the night', 'MJD [d]', 'residual [mag]')]


def _row(field: StandardField, params: AtmosphericExtinction.Parameters) -> dict[str, Any] | None:
    """Return what an exposure tells; None where it has no star of known magnitude."""
    import numpy as np

    from awlike.products.standard_stars import known_magnitudes
    from awlike.sky.barycentre import modified_julian_date
    from awlike.sky.zero_point import zero_point
    if field.stars is None or field.known is None:
        return None
    stars, magnitude = field.stars, known_magnitudes(field.known, params)
    found = zero_point(stars.instrumental, stars.error, magnitude[stars.there], error_of_stars(field), params.SIGCLIP_LEVEL)
    airmass = np.nan if field.frame.AIRMASS is None else field.frame.AIRMASS
    return {'MJD': modified_julian_date(field.frame.middle), 'AIRMASS': airmass, 'ZERO_POINT': found.value,
            'ZERO_POINT_ERROR': found.error, 'NSTARS': int(found.used.sum())}


def _result(table: dict[str, Any], found: 'Extinction', cloud_limit: float, reason: str) -> dict:
    """Return what `make` returns."""
    airmass = table['AIRMASS'][found.used]
    with_clouds = found.residual < -cloud_limit
    exposures = table | {'NSTARS': table['NSTARS'].astype(int), 'RESIDUAL': found.residual, 'USED': found.used}
    return without_nan({
        'extinction': found.extinction, 'extinction_error': found.extinction_error, 'zero_point': found.zero_point,
        'zero_point_error': found.zero_point_error, 'mean_airmass': found.at, 'scatter': found.scatter,
        'airmass_range': [float(airmass.min()), float(airmass.max())] if airmass.size else None,
        'number_of_exposures': int(found.used.sum()), 'number_of_cloudy': int(with_clouds.sum()),
        'reason': reason or found.reason}) | {'exposures': exposures}


def _none_because(fields: 'Sequence[StandardField]') -> str:
    """Return why no exposure has a star of known magnitude."""
    reasons = list(dict.fromkeys(field.reason for field in fields))
    return f'no exposure has stars of known magnitude: {reasons[0]}' if reasons else 'no exposure could be measured'
