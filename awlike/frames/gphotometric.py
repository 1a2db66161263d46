"""GPhotometric: the zero points of many science frames, solved together."""

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
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.gastrometric import GAstrometric, plate_of_row
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.photometric_parameters import StandardStars
from awlike.frames.psf_model import PSFModel
from awlike.frames.science import ScienceFrame

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from awlike.sky.ensemble.photometric import EnsembleZeroPoints, Photometry, Standards

ZERO_POINT_COLUMNS = [
    *MEMBER_COLUMNS,
    column('ZERO_POINT', 'f8', 'magnitude of 1 ADU per second', unit='mag', ucd='phot.mag;arith.zp'),
    column('ZERO_POINT_ERROR', 'f4', 'its error', unit='mag', ucd='stat.error;phot.mag'),
    column('DIMMED', 'f4', 'how far its exposure is below the clearest of the filter, at one airmass', unit='mag'),
    column('CLOUDY', 'bool', 'whether that is more than CLOUD_LIMIT', ucd='meta.code'),
    column('NSTARS', 'i4', 'its stars that tell', ucd='meta.number'),
    column('NSTANDARDS', 'i4', 'stars of known magnitude among them', ucd='meta.number'),
    column('SCATTER', 'f4', 'rms of its stars about those of all', unit='mag'),
]

RESIDUAL_COLUMNS = [
    column('MEMBER', 'i4', 'number of the row of its member in the zero points, from 1', ucd='meta.id'),
    column('SID', 'i4', 'number of the source in its source list', ucd='meta.id'),
    column('STAR', 'i4', 'number of the star, from 1', ucd='meta.id'),
    column('MAG', 'f4', 'its magnitude by the zero point of its frame', unit='mag', ucd='phot.mag'),
    column('RESIDUAL', 'f4', 'measurement less star', unit='mag', ucd='stat.fit.residual;phot.mag'),
    column('RESIDUAL_STANDARD', 'f4', 'measurement less known magnitude; NaN for a star that is no standard', unit='mag'),
    column('USED', 'bool', 'whether the source tells', ucd='meta.code'),
]


class GPhotometric(ProcessTarget):
    """The zero points of many science frames, solved together from overlaps and stars of known magnitude.

    The zero point of a frame is the sum of those of its detector and of its exposure, and of a small one of its own. An
    exposure that is fainter than the clearest saw clouds. Where no zero point is certain, `reason` says why, and `reasons`
    says it of single members.
    """

    frames = Input(ScienceFrame, 'the science frames', many=True)
    source_lists = Input(InitialSourceList, 'their bright sources', many=True)
    psfs = Input(PSFModel, 'their point spread functions', many=True)
    aperture_corrections = Input(ApertureCorrection, 'bring fluxes to total fluxes', many=True)
    gastrom = Input(GAstrometric, 'their places on the sky')
    reference = Input(ReferenceCatalogue, 'stars of known magnitudes', in_band=True)
    filter = Reference(Filter, 'the filter', optional=True)
    zero_points = ContentTable('the zero point of each member', ZERO_POINT_COLUMNS)
    residuals = ContentTable('what is left of each source of a star that tells', RESIDUAL_COLUMNS)
    RMS_INTERNAL = attribute(float, 'rms about the stars that several exposures see', unit='mag')
    RMS_REFERENCE = attribute(float, 'rms about stars of known magnitude', unit='mag')
    number_of_members = attribute(int, 'how many members have a zero point')
    number_of_stars = attribute(int, 'how many stars tell')
    number_of_standards = attribute(int, 'stars of known magnitude among them')
    chi2 = attribute(float, 'chi2 of the fit')
    dof = attribute(int, 'its degrees of freedom')
    cloudy = attribute(list, 'members whose exposures clouds dim')
    reasons = attribute(dict, 'members without a zero point, and why')
    reason = attribute(str, 'why there is no zero point at all; empty where there is one')

    class Parameters(StandardStars, FromMembers):
        MATCH_RADIUS: float = parameter(1.0, 'measurements of one star lie within this distance', unit='arcsec', gt=0)
        EXTINCTION: float = parameter(0.1, 'extinction of the clear sky, for the comparison of exposures', unit='mag', ge=0)
        CLOUD_LIMIT: float = parameter(0.05, 'an exposure dimmed by more saw clouds', unit='mag', gt=0)
        MINIMUM_STARS: float = limit(5, 'at least so many stars of known magnitude tell')
        MAXIMUM_RMS_INTERNAL: float = limit(0.1, 'RMS_INTERNAL is at most', unit='mag')

    LIMITS = {'MINIMUM_STARS': lambda made: made.number_of_standards, 'MAXIMUM_RMS_INTERNAL': lambda made: made.RMS_INTERNAL}

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.ensembles import check_aligned
        from awlike.sky.ensemble.photometric import solve_zero_points
        check_aligned(frames=inputs.frames, source_lists=inputs.source_lists, psfs=inputs.psfs,
                      aperture_corrections=inputs.aperture_corrections)
        tables = [one.sources.whole() for one in inputs.source_lists]
        members, chosen, standards = _members(inputs, tables, params)
        found = solve_zero_points(members, standards, params.MATCH_RADIUS)
        return _result(inputs.frames, params, tables, members, chosen, found)

    def remarks(self) -> list[str]:
        if self.reason:
            return [f'there is no zero point: {self.reason}']
        return [*(f'{name} has no zero point: {why}' for name, why in (self.reasons or {}).items()),
                *([f'clouds dim {", ".join(self.cloudy)}'] if self.cloudy else [])]

    def panels(self) -> list[Panel]:
        import numpy as np
        table, rows = self.residuals.whole(), self.zero_points.whole()
        used = table[table['USED']]
        member = used['MEMBER'] - 1
        chips = np.unique(rows['DETECTOR'], return_inverse=True)[1]
        sets = {'less star': used['RESIDUAL'], 'less standard': used['RESIDUAL_STANDARD']}
        places = {'magnitude': used['MAG'], 'exposure': rows['EXPOSURE'][member], 'detector, by name': 1 + chips[member]}
        return [*(source_panels.against(place, sets, f'residuals against {name}', name, 'residual [mag]')
                  for name, place in places.items()),
                source_panels.against(rows['EXPOSURE'], {'': rows['DIMMED']}, 'dimmed by clouds', 'exposure', 'DIMMED [mag]')]


def _members(inputs: Inputs, tables: 'Sequence[np.ndarray]', params: GPhotometric.Parameters,
             ) -> 'tuple[list[Photometry], list[np.ndarray], Standards]':
    """Return the stars of members, which rows of their source lists these are, and the stars of known magnitudes."""
    import numpy as np

    from awlike.products.ensembles import numbered, row_of
    from awlike.products.making import mean_date
    from awlike.products.reference_stars import reference_stars
    from awlike.products.standard_stars import known_magnitudes, star_magnitudes
    from awlike.sky.ensemble.photometric import Photometry, Standards
    from awlike.sky.pixel_origin import from_fits
    rows, date = inputs.gastrom.solutions.whole(), mean_date(inputs.frames)
    members, chosen, around = [], [], []
    for frame, table, psf, correction, chip, exposure in zip(inputs.frames, tables, inputs.psfs, inputs.aperture_corrections,
                                                             *numbered(inputs.frames), strict=True):
        number = row_of(rows, frame)
        plate = None if number is None else plate_of_row(rows[number])
        star, magnitude, error = star_magnitudes(table, correction, psf.fwhm, frame.EXPTIME, params)
        star = star if plate else star[:0]
        ra, dec = (plate.pixel_to_sky(from_fits(table['X_IMAGE'][star]), from_fits(table['Y_IMAGE'][star]))
                   if plate else (np.zeros(0), np.zeros(0)))
        members.append(Photometry(chip, exposure, ra, dec, magnitude[star], error[star]))
        chosen.append(star)
        if plate:
            known = reference_stars(inputs.reference, plate, frame, params.BAND, params.MATCH_RADIUS, date)
            around.append(np.column_stack([known.RA, known.DEC, known_magnitudes(known, params), known.MAG_ERR]))
    stars = np.unique(np.concatenate(around), axis=0) if around else np.zeros((0, 4))
    return members, chosen, Standards(stars[:, 0], stars[:, 1], stars[:, 2], np.nan_to_num(stars[:, 3]))


def _result(frames: 'Sequence[Any]', params: GPhotometric.Parameters, tables: 'Sequence[np.ndarray]',
            members: 'Sequence[Photometry]', chosen: 'Sequence[np.ndarray]', found: 'EnsembleZeroPoints') -> dict:
    """Return what `make` returns."""
    import numpy as np

    from awlike.products.ensembles import member_rows, name_of
    dimmed = _dimmed(frames, members, params, found)
    cloudy = np.nan_to_num(dimmed) > params.CLOUD_LIMIT
    rows = member_rows(frames, [np.isfinite(one.value) for one in found.frames]) | {
        'ZERO_POINT': [one.value for one in found.frames], 'ZERO_POINT_ERROR': [one.error for one in found.frames],
        'DIMMED': dimmed, 'CLOUDY': cloudy, 'NSTARS': [one.stars for one in found.frames],
        'NSTANDARDS': [one.standards for one in found.frames], 'SCATTER': [one.scatter for one in found.frames]}
    reasons = {name_of(frame): one.reason for frame, one in zip(frames, found.frames, strict=True) if one.reason}
    return without_nan({
        'zero_points': rows, 'residuals': _residuals(tables, members, chosen, found), 'RMS_INTERNAL': found.RMS_INTERNAL,
        'RMS_REFERENCE': found.RMS_REFERENCE, 'number_of_members': sum(not one.reason for one in found.frames),
        'number_of_stars': found.stars, 'number_of_standards': found.standards, 'chi2': found.chi2, 'dof': found.dof,
        'cloudy': [name_of(frame) for frame, is_so in zip(frames, cloudy, strict=True) if is_so],
        'reasons': {} if found.reason else reasons, 'reason': found.reason})


def _dimmed(frames: 'Sequence[Any]', members: 'Sequence[Photometry]', params: GPhotometric.Parameters,
            found: 'EnsembleZeroPoints') -> 'np.ndarray':
    """Return by how much clouds dim the exposure of each member, by comparison with exposures of the same filter [mag]."""
    import numpy as np

    from awlike.sky.ensemble.photometric import dimmed_by
    if found.reason:
        return np.full(len(frames), np.nan)
    exposure = np.array([member.exposure for member in members])
    solved = np.array([not one.reason for one in found.frames])
    zero_points = np.where(solved, found.exposures[exposure], np.nan)
    airmass = np.array([np.nan if frame.AIRMASS is None else frame.AIRMASS for frame in frames], float)
    filters = np.array([frame.detector[2] for frame in frames])
    dimmed = np.full(len(frames), np.nan)
    for one in np.unique(filters):
        dimmed[filters == one] = dimmed_by(zero_points[filters == one], airmass[filters == one], params.EXTINCTION)
    return dimmed


def _residuals(tables: 'Sequence[np.ndarray]', members: 'Sequence[Photometry]', chosen: 'Sequence[np.ndarray]',
               found: 'EnsembleZeroPoints') -> dict[str, Any]:
    """Return the columns of the residuals."""
    import numpy as np
    left = found.residuals
    if left is None:
        return {one.name: [] for one in RESIDUAL_COLUMNS}
    number, magnitude = np.zeros(len(left.member), int), np.zeros(len(left.member))
    for one in np.unique(left.member):
        mine = left.member == one
        source = left.source[mine]
        number[mine] = tables[one]['SID'][chosen[one][source]]
        magnitude[mine] = members[one].mag[source] + found.frames[one].value
    return {'MEMBER': 1 + left.member, 'SID': number, 'STAR': 1 + left.star, 'MAG': magnitude, 'RESIDUAL': left.residual,
            'RESIDUAL_STANDARD': left.reference_residual, 'USED': left.used}
