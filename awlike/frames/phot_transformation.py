"""PhotTransformation: the colour term between the magnitudes of a reference catalogue and those of a filter."""

from typing import Any

from awlike.declare import ContentTable, Inputs, Panel, attribute, column, limit, parameter, reach, source_panels, without_nan
from awlike.frames.standard_fields import (
    FromStandardFields,
    StandardField,
    StandardFieldParameters,
    error_of_stars,
    standard_fields,
)

STAR_COLUMNS = [
    column('EXPOSURE', 'i4', 'number of the exposure, from 1', ucd='meta.id'),
    column('COLOUR', 'f4', 'colour of the star in the catalogue', unit='mag', ucd='phot.color'),
    column('MAG', 'f4', 'magnitude in the catalogue', unit='mag', ucd='phot.mag'),
    column('RESIDUAL', 'f4', 'magnitude of the frame less that of the catalogue, mean of the exposure and colour term '
           'subtracted', unit='mag', ucd='stat.fit.residual;phot.mag'),
    column('USED', 'bool', 'whether the star tells', ucd='meta.code'),
]


class PhotTransformation(FromStandardFields):
    """The colour term of a chip and filter: by how much the magnitude of a star depends on its colour.

    Each exposure has a zero point of its own, so that neither clouds nor airmass matter. `colour_zero` is the median colour of
    the stars, at which both magnitudes agree by definition.
    """

    stars = ContentTable('the stars of known magnitude and colour', STAR_COLUMNS)
    colour = attribute(str, 'the colour, two bands of the reference catalogue')
    catalogue = attribute(str, 'name of the reference catalogue: the colour term is that of its magnitudes')
    colour_term = attribute(float, 'magnitude of the frame less that of the catalogue, per magnitude of colour')
    colour_term_error = attribute(float, 'its error')
    colour_zero = attribute(float, 'the colour at which both magnitudes agree', unit='mag')
    scatter = attribute(float, 'scatter of single stars, robust', unit='mag')
    number_of_stars = attribute(int, 'how many measurements of stars tell')
    reason = attribute(str, 'why the colour term is not known; empty where it is')

    class Parameters(StandardFieldParameters):
        PLAN_NIGHTS: int = reach('plan', 30)
        ACCEPTABLE_NIGHTS: int = reach('acceptable', 90)
        LAST_RESORT_NIGHTS: int = reach('last resort', 365)
        SIGCLIP_LEVEL: float = parameter(3.0, 'stars further off do not tell', unit='sigma', gt=0)
        MINIMUM_COLOUR_RANGE: float = parameter(0.5, 'the middle 80 per cent of the colours span at least', unit='mag', gt=0)
        MINIMUM_STARS: float = limit(10, 'at least so many measurements of stars tell')
        MAXIMUM_ERROR: float = limit(0.03, 'the error of the colour term is at most')

    LIMITS = {'MINIMUM_STARS': lambda made: made.number_of_stars, 'MAXIMUM_ERROR': lambda made: made.colour_term_error}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        import numpy as np

        from awlike.sky.extinction import fit_colour_term
        rows = [_rows(number, field, params.COLOUR) for number, field in enumerate(standard_fields(inputs, params), 1)
                if field.stars is not None]
        names = 'EXPOSURE', 'COLOUR', 'MAG', 'DIFFERENCE', 'ERROR'
        table = {name: np.concatenate([np.zeros(0), *(row[name] for row in rows)]) for name in names}
        found = fit_colour_term(table.pop('DIFFERENCE'), table.pop('ERROR'), table['COLOUR'], table['EXPOSURE'],
                                params.MINIMUM_COLOUR_RANGE, params.SIGCLIP_LEVEL)
        return without_nan({
            'colour': params.COLOUR, 'catalogue': inputs.reference.name, 'colour_term': found.colour_term,
            'colour_term_error': found.colour_term_error, 'colour_zero': found.colour, 'scatter': found.scatter,
            'number_of_stars': int(found.used.sum()), 'reason': found.reason}) | {'stars': table | {
                'EXPOSURE': table['EXPOSURE'].astype(int), 'RESIDUAL': found.residual, 'USED': found.used}}

    def remarks(self) -> list[str]:
        return [f'the colour term is not known: {self.reason}'] if self.reason else []

    def panels(self) -> list[Panel]:
        import numpy as np
        table = self.stars.whole()
        used, left = table['USED'], table['RESIDUAL']
        slope = 0.0 if self.reason else self.colour_term * (table['COLOUR'] - self.colour_zero)
        sets = {'used': np.where(used, left + slope, np.nan), 'left out': np.where(used, np.nan, left + slope)}
        title = 'colour term' if self.reason else f'colour term {self.colour_term:.3f} +- {self.colour_term_error:.3f}'
        return [source_panels.against(table['COLOUR'], sets, title, f'{self.colour} [mag]', 'frame less catalogue [mag]'),
                source_panels.distribution(left[used], f'{self.number_of_stars} measurements', 'residual [mag]')]


def _rows(number: int, field: StandardField, colour: str) -> dict[str, Any]:
    """Return the stars of an exposure."""
    import numpy as np

    from awlike.products.standard_stars import colours_of
    stars = field.stars
    assert stars is not None and field.known is not None
    return {'EXPOSURE': np.full(stars.star.size, number), 'COLOUR': colours_of(field.known, colour)[stars.there],
            'MAG': stars.magnitude, 'DIFFERENCE': stars.instrumental - stars.magnitude,
            'ERROR': np.hypot(stars.error, error_of_stars(field))}
