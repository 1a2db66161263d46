"""AstrometricParameters: the place of the pixels of a science frame on the sky."""

import functools
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
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.science import ScienceFrame
from awlike.pixels.source_flags import SourceFlag
from awlike.sky.plate import Plate

if TYPE_CHECKING:
    import numpy as np
    from astropy.wcs import WCS

    from awlike.products.reference_stars import ReferenceStars
    from awlike.sky.astrometry import Astrometry, Sources

MATCH_COLUMNS = [
    column('SID', 'i4', 'number of the source in the initial sources', ucd='meta.id'),
    column('X_IMAGE', 'f8', 'column of the source, the first pixel is 1', unit='pix', ucd='pos.cartesian.x;instr.det'),
    column('Y_IMAGE', 'f8', 'row of the source, the first pixel is 1', unit='pix', ucd='pos.cartesian.y;instr.det'),
    column('RA', 'f8', 'right ascension of the reference star at the date of the frame, ICRS', unit='deg',
           ucd='pos.eq.ra;meta.main'),
    column('DEC', 'f8', 'its declination', unit='deg', ucd='pos.eq.dec;meta.main'),
    column('MAG', 'f4', 'magnitude of the reference star', unit='mag', ucd='phot.mag'),
    column('DRA', 'f4', 'source less reference star in right ascension, along the circle', unit='arcsec',
           ucd='stat.fit.residual;pos.eq.ra'),
    column('DDEC', 'f4', 'source less reference star in declination', unit='arcsec', ucd='stat.fit.residual;pos.eq.dec'),
]


_NEAR = 0.1  # of SEARCH_RADIUS, searched first: few stars of a small field suffice where the header is nearly right
_PAIR_RADIUS = 1.0  # arcsec: of a source and its reference star, by the solution of an ensemble


class FieldSearch(ProcessParameters):
    """Parameters by which stars of a reference catalogue are found in a frame whose header may be wrong."""

    REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue, NAME or NAME@VERSION; empty: that of the project, '
                                        'else the only one that covers the field')
    BAND: str = parameter('', 'band of the reference catalogue that is most like the filter')
    DEGREE: int = parameter(3, 'degree of the polynomial; lower where there are few stars', ge=1, le=7)
    POINTING_OFFSET_RA: float = parameter(0.0, 'the frame lies further east than its header says, along the circle',
                                          unit='arcsec')
    POINTING_OFFSET_DEC: float = parameter(0.0, 'the frame lies further north than its header says', unit='arcsec')
    SEARCH_RADIUS: float = parameter(300.0, 'the pointing is wrong by at most', unit='arcsec', gt=0, le=7200)
    SEARCH_ROTATION: float = parameter(1.0, 'the rotation is wrong by at most', unit='deg', ge=0, le=180)
    SEARCH_SCALE: float = parameter(0.005, 'the scale is wrong by at most this part', ge=0, le=0.2)
    ANY_PARITY: bool = parameter(True, 'the frame may be mirrored, and turned by 90 degrees')


class AstrometricParameters(ProcessTarget):
    """The place of the pixels of a science frame on the sky: a tangential projection after a polynomial (TAN + TPV).

    It is found from stars of a reference catalogue, also where the header is off by arcminutes; or it is that of an
    ensemble, `gastrom`, and stars of the catalogue tell how good it is here. Where no solution is certain, `reason` says
    why, and there is none.
    """

    frame = Input(ScienceFrame, 'the science frame, whose header tells about where it is')
    initial_sources = Input(InitialSourceList, 'its bright sources')
    reference = Input(ReferenceCatalogue, 'stars of known positions')
    gastrom = Input('GAstrometric', 'the solution of its ensemble, which is then its own', of_ensemble=True)
    filter = Reference(Filter, 'the filter')
    matches = ContentTable('the stars that tell, and their residuals', MATCH_COLUMNS)
    solution = attribute(dict, 'keywords of a FITS header, TPV; empty without a solution')
    NREF = attribute(int, 'number of reference stars that tell')
    RMS = attribute(float, 'rms of the residuals along an axis', unit='arcsec')
    SIG_DRA = attribute(float, 'standard deviation of DRA', unit='arcsec')
    SIG_DDEC = attribute(float, 'standard deviation of DDEC', unit='arcsec')
    degree = attribute(int, 'degree of the polynomial')
    offset = attribute(float, 'distance of the middle of the frame from where the header has it', unit='arcsec')
    is_flipped = attribute(bool, 'whether the frame is mirrored beside what its header tells')
    reason = attribute(str, 'why there is no solution; empty where there is one')

    class Parameters(FieldSearch):
        MINIMUM_NREF: float = limit(10, 'at least so many reference stars tell')
        MAXIMUM_RMS: float = limit(0.5, 'the rms is at most', unit='arcsec')
        MAXIMUM_SIGMA: float = limit(0.5, 'SIG_DRA and SIG_DDEC are at most', unit='arcsec')

    LIMITS = {'MINIMUM_NREF': lambda made: made.NREF, 'MAXIMUM_RMS': lambda made: made.RMS,
              'MAXIMUM_SIGMA': lambda made: None if None in (made.SIG_DRA, made.SIG_DDEC) else max(made.SIG_DRA, made.SIG_DDEC)}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        table = inputs.initial_sources.sources.whole()
        solve = own_astrometry if inputs.gastrom is None else functools.partial(_by_ensemble, inputs.gastrom)
        found, known = solve(inputs.frame, table, inputs.reference, params)
        return _result(found, table, known)

    def plate(self) -> Plate | None:
        """Return the solution: ``pixel_to_sky(x, y)``, ``sky_to_pixel(ra, dec)``, pixels from 0; None where there is none."""
        from awlike.sky.headers import read_plate
        return read_plate(self.solution) if self.solution else None

    @property
    def wcs(self) -> 'WCS | None':
        """The solution, an `astropy.wcs.WCS`; None where there is none."""
        from awlike.sky.headers import wcs_of_plate
        plate = self.plate()
        return None if plate is None else wcs_of_plate(plate)

    def remarks(self) -> list[str]:
        return [f'there is no solution: {self.reason}'] if self.reason else []

    def panels(self) -> list[Panel]:
        import numpy as np
        table = self.matches.whole()
        sets = {f'{name}, rms {np.sqrt(np.mean(table[name] ** 2)) if len(table) else 0:.3g}': table[name]
                for name in ('DRA', 'DDEC')}
        places = {'RA [deg]': table['RA'], 'DEC [deg]': table['DEC'], 'X [pixel]': table['X_IMAGE'],
                  'Y [pixel]': table['Y_IMAGE']}
        return [*(source_panels.against(place, sets, f'residuals against {name.split()[0]}', name, 'residual [arcsec]')
                  for name, place in places.items()), source_panels.residual_plane(table['DRA'], table['DDEC'])]


def own_astrometry(frame: Any, table: 'np.ndarray', reference: Any,
                   params: FieldSearch) -> 'tuple[Astrometry, ReferenceStars | None]':
    """Return the astrometry of one frame by itself, and the reference stars; None where the header does not tell where it is.

    Parameters
    ----------
    frame : InputView of a ScienceFrame
    table : array
        The sources of its `InitialSourceList`.
    reference : InputView of a ReferenceCatalogue
    params : FieldSearch
    """
    from awlike.products.astrometry import header_plate
    from awlike.products.reference_stars import moved_pointing, reference_stars
    from awlike.sky.astrometry import Astrometry, solve
    from awlike.sky.astrometry import References as Known
    from awlike.sky.pattern import Search
    start = header_plate(frame.astrom)
    if start is None:
        return Astrometry(None, 'the header does not tell where the frame is'), None
    start = moved_pointing(start, params.POINTING_OFFSET_RA, params.POINTING_OFFSET_DEC)
    sources = unsaturated_sources(table)

    def within(radius: float) -> 'tuple[Astrometry, ReferenceStars]':
        known = reference_stars(reference, start, frame, params.BAND, 1.5 * radius)
        search = Search(radius, params.SEARCH_ROTATION, params.SEARCH_SCALE, params.ANY_PARITY)
        return solve(sources, Known(known.RA, known.DEC, known.MAG, known.error), start, frame.data.shape, params.DEGREE,
                     search), known

    near = within(_NEAR * params.SEARCH_RADIUS)
    return near if near[0].plate is not None else within(params.SEARCH_RADIUS)


def _by_ensemble(gastrom: Any, frame: Any, table: 'np.ndarray', reference: Any,
                 params: FieldSearch) -> 'tuple[Astrometry, ReferenceStars | None]':
    """Return the astrometry of one frame by its ensemble, and the reference stars; arguments as for `own_astrometry`."""
    import numpy as np

    from awlike.frames.gastrometric import plate_of_row
    from awlike.products.astrometry import header_plate
    from awlike.products.ensembles import name_of, row_of
    from awlike.products.reference_stars import nearest_pairs, reference_stars
    from awlike.sky.astrometry import Astrometry
    from awlike.sky.ensemble.check import against_references
    rows = gastrom.solutions.whole()
    number = row_of(rows, frame)
    plate = None if number is None else plate_of_row(rows[number])
    if plate is None:
        why = gastrom.reason or (gastrom.reasons or {}).get(name_of(frame), 'it is no member')
        return Astrometry(None, f'the ensemble has no solution for it: {why}'), None
    known, sources = reference_stars(reference, plate, frame, params.BAND), unsaturated_sources(table)
    fit = np.flatnonzero(np.isfinite(sources.flux))
    there = plate.pixel_to_sky(sources.x, sources.y)
    mine, theirs = nearest_pairs(there[0][fit], there[1][fit], known.RA, known.DEC, _PAIR_RADIUS)
    return against_references(plate, header_plate(frame.astrom), there, (known.RA, known.DEC), (fit[mine], theirs),
                              frame.data.shape), known


def unsaturated_sources(table: 'np.ndarray') -> 'Sources':
    """Return the sources of a table that are not saturated, as `solve` wants them."""
    import numpy as np

    from awlike.sky.astrometry import Sources
    from awlike.sky.pixel_origin import from_fits
    flux = np.where(table['FLAGS'] & int(SourceFlag.SATURATED), np.nan, table['FLUX_AUTO'])
    error = np.sqrt((table['ERRX2_IMAGE'].astype(float) + table['ERRY2_IMAGE']) / 2)
    return Sources(from_fits(table['X_IMAGE']), from_fits(table['Y_IMAGE']), flux, error)


def _result(found: 'Astrometry', table: 'np.ndarray', known: 'ReferenceStars | None') -> dict:
    """Return what `make` returns of an `Astrometry`."""
    from awlike.sky.tpv import tpv_cards
    own, there = found.source, found.reference
    matches = {one.name: [] for one in MATCH_COLUMNS} if known is None else {
        'SID': table['SID'][own], 'X_IMAGE': table['X_IMAGE'][own], 'Y_IMAGE': table['Y_IMAGE'][own], 'RA': known.RA[there],
        'DEC': known.DEC[there], 'MAG': known.MAG[there], 'DRA': found.DRA, 'DDEC': found.DDEC}
    return without_nan({
        'matches': matches, 'solution': {} if found.plate is None else tpv_cards(found.plate) | {'RADESYS': 'ICRS'},
        'NREF': found.NREF, 'RMS': found.RMS, 'SIG_DRA': found.SIG_DRA, 'SIG_DDEC': found.SIG_DDEC, 'degree': found.degree,
        'offset': found.offset, 'is_flipped': found.is_flipped, 'reason': found.reason})
