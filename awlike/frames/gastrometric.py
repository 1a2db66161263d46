"""GAstrometric: the place on the sky of many science frames, solved together."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from awlike.declare import (
    MEMBER_COLUMNS,
    ContentTable,
    Filter,
    FromMembers,
    Input,
    Inputs,
    Panel,
    ProcessTarget,
    Reference,
    ReferenceCatalogue,
    attribute,
    column,
    limit,
    parameter,
    source_panels,
    without_nan,
)
from awlike.frames.astrometric_parameters import FieldSearch, own_astrometry, unsaturated_sources
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.science import ScienceFrame

if TYPE_CHECKING:
    import numpy as np

    from awlike.sky.ensemble.answers import EnsembleAstrometry
    from awlike.sky.ensemble.members import Known, Member
    from awlike.sky.plate import Plate

PLATE_COLUMNS = [
    column('CRVAL', 'f8', 'CRVALi of its solution', unit='deg', size=2),
    column('CRPIX', 'f8', 'CRPIXi', unit='pix', size=2),
    column('CD', 'f8', 'CD1_1, CD1_2, CD2_1, CD2_2', size=4),
    column('PV1', 'f8', 'PV1_0 to PV1_39 of the projection TPV', size=40),
    column('PV2', 'f8', 'PV2_0 to PV2_39', size=40),
]

SOLUTION_COLUMNS = [
    *MEMBER_COLUMNS, *PLATE_COLUMNS,
    column('NSTARS', 'i4', 'its stars that other exposures see or that are known, and that tell', ucd='meta.number'),
    column('NREF', 'i4', 'reference stars among them', ucd='meta.number'),
    column('RMS_INTERNAL', 'f4', 'rms along an axis about the stars that several exposures see', unit='arcsec'),
    column('RMS_REFERENCE', 'f4', 'rms along an axis about reference stars', unit='arcsec'),
    column('EXCESS', 'f4', 'error along an axis that the errors of its exposure do not tell', unit='arcsec'),
]

RESIDUAL_COLUMNS = [
    column('MEMBER', 'i4', 'number of the row of its member in the solutions, from 1', ucd='meta.id'),
    column('SID', 'i4', 'number of the source in its source list', ucd='meta.id'),
    column('STAR', 'i4', 'number of the star, from 1', ucd='meta.id'),
    column('X_IMAGE', 'f4', 'column of the source, the first pixel is 1', unit='pix', ucd='pos.cartesian.x;instr.det'),
    column('Y_IMAGE', 'f4', 'row of the source, the first pixel is 1', unit='pix', ucd='pos.cartesian.y;instr.det'),
    column('MAG_INSTRUMENTAL', 'f4', '-2.5 log10 FLUX_AUTO [adu]', unit='mag', ucd='phot.mag;instr'),
    column('DRA', 'f4', 'source less star in right ascension, along the circle', unit='arcsec',
           ucd='stat.fit.residual;pos.eq.ra'),
    column('DDEC', 'f4', 'source less star in declination', unit='arcsec', ucd='stat.fit.residual;pos.eq.dec'),
    column('DRA_REFERENCE', 'f4', 'source less reference star; NaN for a star that is none', unit='arcsec'),
    column('DDEC_REFERENCE', 'f4', 'the same in declination', unit='arcsec'),
    column('USED', 'bool', 'whether the source tells', ucd='meta.code'),
]

_LEAST_ERROR = 1e-3  # arcsec: of a reference star whose error the catalogue does not tell; the fit finds what it lacks


class GAstrometric(ProcessTarget):
    """The place on the sky of many science frames, solved together from overlaps and reference stars.

    Frames of one detector share a polynomial, frames of one exposure an affine transformation; what turbulence moves is a
    polynomial of each frame, as large as the frames show it to be. Where no solution is certain, `reason` says why, and
    `reasons` says it of single members.
    """

    frames = Input(ScienceFrame, 'the science frames, whose headers tell about where they are', many=True)
    source_lists = Input(InitialSourceList, 'their bright sources', many=True)
    reference = Input(ReferenceCatalogue, 'stars of known positions')
    filter = Reference(Filter, 'the filter', optional=True)
    solutions = ContentTable('the solution of each member', SOLUTION_COLUMNS)
    residuals = ContentTable('what is left of each source of a star that tells', RESIDUAL_COLUMNS)
    RMS_INTERNAL = attribute(float, 'rms along an axis about the stars that several exposures see', unit='arcsec')
    RMS_REFERENCE = attribute(float, 'rms along an axis about reference stars', unit='arcsec')
    number_of_members = attribute(int, 'how many members have a solution')
    number_of_stars = attribute(int, 'how many stars tell')
    NREF = attribute(int, 'number of reference stars that tell')
    chi2 = attribute(float, 'chi2 of the fit')
    dof = attribute(int, 'its degrees of freedom')
    turbulence = attribute(float, 'rms along an axis of what frames have of their own', unit='arcsec')
    reasons = attribute(dict, 'members without a solution, and why')
    reason = attribute(str, 'why there is no solution at all; empty where there is one')

    class Parameters(FieldSearch, FromMembers):
        MATCH_RADIUS: float = parameter(1.0, 'measurements of one star lie within this distance', unit='arcsec', gt=0)
        TURBULENCE_DEGREE: int = parameter(6, 'degree of the polynomial of each frame; 0 for none', ge=0, le=7)
        UNKNOWN_MOTION: float = parameter(10.0, 'proper motion of a star of unknown motion, standard deviation along an axis',
                                          unit='mas/yr', gt=0)
        LEAST_SNR: float = parameter(15.0, 'sources have at least this ratio of FLUX_AUTO to its error', gt=0)
        STARS_A_FRAME: int = parameter(1000, 'the brightest sources of a frame that are used', ge=20)
        MINIMUM_NREF: float = limit(10, 'at least so many reference stars tell')
        MAXIMUM_RMS_INTERNAL: float = limit(0.2, 'RMS_INTERNAL is at most', unit='arcsec')
        MAXIMUM_RMS_REFERENCE: float = limit(0.5, 'RMS_REFERENCE is at most', unit='arcsec')

    LIMITS = {'MINIMUM_NREF': lambda made: made.NREF, 'MAXIMUM_RMS_INTERNAL': lambda made: made.RMS_INTERNAL,
              'MAXIMUM_RMS_REFERENCE': lambda made: made.RMS_REFERENCE}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.ensembles import check_aligned
        from awlike.sky.ensemble.astrometric import solve_ensemble
        check_aligned(frames=inputs.frames, source_lists=inputs.source_lists)
        tables = [one.sources.whole() for one in inputs.source_lists]
        members, chosen, known = _members(inputs, tables, params)
        found = solve_ensemble(members, known, params.DEGREE, params.TURBULENCE_DEGREE, params.MATCH_RADIUS,
                               params.UNKNOWN_MOTION)
        return _result(inputs.frames, tables, chosen, found)

    def plates(self) -> 'list[Plate | None]':
        """Return the solution of each row of `solutions`, as `AstrometricParameters.plate` does; None for one without."""
        return [plate_of_row(row) for row in self.solutions.whole()]

    def remarks(self) -> list[str]:
        if self.reason:
            return [f'there is no solution: {self.reason}']
        return [f'{name} has no solution: {why}' for name, why in (self.reasons or {}).items()]

    def panels(self) -> list[Panel]:
        import numpy as np
        table, solutions = self.residuals.whole(), self.solutions.whole()
        used = table[table['USED']]
        member = used['MEMBER'] - 1
        chips = np.unique(solutions['DETECTOR'], return_inverse=True)[1]
        sets = {'DRA': used['DRA'], 'DDEC': used['DDEC']}
        places = {'instrumental magnitude': used['MAG_INSTRUMENTAL'], 'exposure': solutions['EXPOSURE'][member],
                  'detector, by name': 1 + chips[member], 'X [pixel]': used['X_IMAGE'], 'Y [pixel]': used['Y_IMAGE']}
        known = used[np.isfinite(used['DRA_REFERENCE'])]
        return [*(source_panels.against(place, sets, f'source less star against {name}', name, 'residual [arcsec]')
                  for name, place in places.items()),
                source_panels.residual_plane(used['DRA'], used['DDEC']),
                source_panels.residual_plane(known['DRA_REFERENCE'], known['DDEC_REFERENCE'])]


def plate_of_row(row: Any) -> 'Plate | None':
    """Return the plate of a row of solutions; None where it has none."""
    import numpy as np

    from awlike.sky.plate import Plate
    from awlike.sky.tpv import read_tpv
    if not row['SOLVED']:
        return None
    terms = {f'PV{axis}_{number}': value for axis in (1, 2) for number, value in enumerate(row[f'PV{axis}'])}
    polynomials, radial = read_tpv(terms)
    (ra, dec), (x, y) = row['CRVAL'], row['CRPIX']
    return Plate((float(ra), float(dec)), (float(x), float(y)), np.array(row['CD'], float).reshape(2, 2), polynomials, radial)


def _members(inputs: Inputs, tables: 'Sequence[np.ndarray]',
             params: GAstrometric.Parameters) -> 'tuple[list[Member], list[np.ndarray], Known]':
    """Return the members, which rows of their source lists they use, and the reference stars, at the mean date of all."""
    import numpy as np

    from awlike.products.astrometry import header_plate
    from awlike.products.ensembles import numbered, start_of
    from awlike.products.making import mean_date
    from awlike.products.reference_stars import reference_stars
    from awlike.sky.ensemble.members import Known, Member
    date, members, chosen, around = mean_date(inputs.frames), [], [], []
    year, middle = 365.25 * 86400, float(np.mean([start_of(frame) for frame in inputs.frames]))
    for frame, table, chip, exposure in zip(inputs.frames, tables, *numbered(inputs.frames), strict=True):
        own = own_astrometry(frame, table, inputs.reference, params)[0].plate
        sources = unsaturated_sources(table)
        fit = np.flatnonzero(sources.flux > params.LEAST_SNR * table['FLUXERR_AUTO'])  # false for a flux that is NaN
        fit = np.sort(fit[np.argsort(-sources.flux[fit], kind='stable')][:params.STARS_A_FRAME])
        assert sources.error is not None
        members.append(Member(own, chip, exposure, frame.data.shape, (start_of(frame) - middle) / year, sources.x[fit],
                              sources.y[fit], sources.error[fit]))
        chosen.append(fit)
        where, margin = (own, 10 * params.MATCH_RADIUS) if own else (header_plate(frame.astrom), params.SEARCH_RADIUS)
        if where is not None:
            around.append(reference_stars(inputs.reference, where, frame, params.BAND, margin, date))
    return members, chosen, _together(around) if around else Known(*[np.zeros(0)] * 3)


def _together(around: 'Sequence[Any]') -> 'Known':
    """Return the reference stars of several circles, each once."""
    import numpy as np

    from awlike.sky.ensemble.members import Known

    def values(name: str) -> 'np.ndarray':
        return np.concatenate([np.asarray(np.ma.filled(one.table[name], np.nan), float) if name in one.table.colnames
                               else np.full(len(one.RA), np.nan) for one in around])

    ra, dec = (np.concatenate([getattr(one, name) for one in around]) for name in ('RA', 'DEC'))
    error = np.concatenate([np.full(len(one.RA), _LEAST_ERROR) if one.error is None else one.error for one in around])
    once = np.sort(np.unique(np.column_stack([ra, dec]), axis=0, return_index=True)[1])
    return Known(ra[once], dec[once], np.fmax(error, _LEAST_ERROR)[once], values('PM_RA')[once], values('PM_DEC')[once])


def _result(frames: Sequence[Any], tables: 'Sequence[np.ndarray]', chosen: 'Sequence[np.ndarray]',
            found: 'EnsembleAstrometry') -> dict:
    """Return what `make` returns."""
    from awlike.products.ensembles import name_of
    reasons = {name_of(frame): member.reason for frame, member in zip(frames, found.members, strict=True) if member.reason}
    return without_nan({
        'solutions': _solutions(frames, found), 'residuals': _residuals(tables, chosen, found),
        'RMS_INTERNAL': found.RMS_INTERNAL, 'RMS_REFERENCE': found.RMS_REFERENCE,
        'number_of_members': sum(member.plate is not None for member in found.members), 'number_of_stars': found.stars,
        'NREF': found.references, 'chi2': found.chi2, 'dof': found.dof, 'turbulence': found.turbulence,
        'reasons': {} if found.reason else reasons, 'reason': found.reason})


def _solutions(frames: Sequence[Any], found: 'EnsembleAstrometry') -> dict[str, Any]:
    """Return the columns of the solutions."""
    import numpy as np

    from awlike.products.ensembles import member_rows
    from awlike.sky.tpv import tpv_cards
    cards = [{} if member.plate is None else tpv_cards(member.plate) for member in found.members]

    def values(*keys: str) -> 'np.ndarray':
        return np.array([[one.get(key, 0.0) for key in keys] for one in cards])

    return member_rows(frames, [member.plate is not None for member in found.members]) | {
        'CRVAL': values('CRVAL1', 'CRVAL2'), 'CRPIX': values('CRPIX1', 'CRPIX2'),
        'CD': values('CD1_1', 'CD1_2', 'CD2_1', 'CD2_2'), 'PV1': values(*(f'PV1_{number}' for number in range(40))),
        'PV2': values(*(f'PV2_{number}' for number in range(40))), 'NSTARS': [member.stars for member in found.members],
        'NREF': [member.references for member in found.members],
        'RMS_INTERNAL': [member.rms_internal for member in found.members],
        'RMS_REFERENCE': [member.rms_reference for member in found.members],
        'EXCESS': [member.excess for member in found.members]}


def _residuals(tables: 'Sequence[np.ndarray]', chosen: 'Sequence[np.ndarray]', found: 'EnsembleAstrometry') -> dict[str, Any]:
    """Return the columns of the residuals."""
    import numpy as np
    left = found.residuals
    if left is None:
        return {one.name: [] for one in RESIDUAL_COLUMNS}
    columns = {name: np.zeros(len(left.member), 'i4' if name == 'SID' else 'f8')
               for name in ('SID', 'X_IMAGE', 'Y_IMAGE', 'FLUX_AUTO')}
    for number in np.unique(left.member):
        mine = left.member == number
        rows = tables[number][chosen[number][left.source[mine]]]
        for name, values in columns.items():
            values[mine] = rows[name]
    with np.errstate(invalid='ignore', divide='ignore'):
        magnitude = -2.5 * np.log10(columns.pop('FLUX_AUTO'))
    return columns | {'MEMBER': 1 + left.member, 'STAR': 1 + left.star, 'MAG_INSTRUMENTAL': magnitude, 'DRA': left.east,
                      'DDEC': left.north, 'DRA_REFERENCE': left.reference_east, 'DDEC_REFERENCE': left.reference_north,
                      'USED': left.used}
