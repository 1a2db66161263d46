"""FromStandardFields: what calibrations that stars of known magnitude tell over a night have in common."""

from typing import TYPE_CHECKING, Any, NamedTuple

from awlike.declare import (
    CalibrationFrame,
    Filter,
    FromMembers,
    FromRawFrames,
    Input,
    Inputs,
    Reference,
    ReferenceCatalogue,
    choosing,
    reach,
)
from awlike.frames.aperture_correction import ApertureCorrection
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.initial_sources import InitialSourceList
from awlike.frames.photometric_parameters import StandardStars
from awlike.frames.psf_model import PSFModel
from awlike.frames.raw import RawScienceFrame
from awlike.frames.science import ScienceFrame

if TYPE_CHECKING:
    import numpy as np

    from awlike.products.reference_stars import ReferenceStars
    from awlike.products.standard_stars import MatchedStars


class StandardFieldParameters(FromRawFrames, FromMembers, StandardStars):
    """Parameters of what the standard fields of a night tell."""

    PLAN_NIGHTS: int = reach('plan', 0)
    ACCEPTABLE_NIGHTS: int = reach('acceptable', 3)
    LAST_RESORT_NIGHTS: int = reach('last resort', 14)
    MAXIMUM_NUMBER: int = choosing(500, 'at most so many raw frames are used, the first of the night', ge=1)


class FromStandardFields(CalibrationFrame):
    """A calibration from the exposures of a night in which stars of known magnitude stand, those of one chip and filter.

    Exposures without such stars are left out. The kinds are `AtmosphericExtinction` and `PhotTransformation`.
    """

    _shared = True
    raw_science_frames = Input(RawScienceFrame, 'the exposures', many=True)
    frames = Input(ScienceFrame, 'their science frames', many=True)
    source_lists = Input(InitialSourceList, 'their bright sources', many=True)
    psfs = Input(PSFModel, 'their point spread functions', many=True)
    aperture_corrections = Input(ApertureCorrection, 'bring fluxes to total fluxes', many=True)
    astrom_params = Input(AstrometricParameters, 'their places on the sky', many=True)
    reference = Input(ReferenceCatalogue, 'stars of known magnitudes', in_band=True)
    filter = Reference(Filter, 'the filter')


class StandardField(NamedTuple):
    """An exposure, and its stars of known magnitude; None, and why, where it has none."""

    frame: Any
    stars: 'MatchedStars | None'
    known: 'ReferenceStars | None'
    reason: str = ''


def standard_fields(inputs: Inputs, params: StandardFieldParameters) -> list[StandardField]:
    """Return the exposures of which all is known, in the order of time, with their stars of known magnitude."""
    roles = [{one.DATE_OBS: one for one in getattr(inputs, role)}
             for role in ('frames', 'source_lists', 'psfs', 'aperture_corrections', 'astrom_params')]
    dates = sorted(set(roles[0]).intersection(*roles[1:]))
    return [_standard_field(inputs.reference, params, *(role[date] for role in roles)) for date in dates]


def _standard_field(reference: Any, params: StandardFieldParameters, frame: Any, sources: Any, psf: Any, correction: Any,
                    astrom: Any) -> StandardField:
    from awlike.products.reference_stars import reference_stars
    from awlike.products.standard_stars import matched_stars
    from awlike.sky.headers import read_plate
    if not astrom.solution:
        return StandardField(frame, None, None, f'it is not certain where it is on the sky: {astrom.reason}')
    if not frame.EXPTIME:
        return StandardField(frame, None, None, 'nobody knows its exposure time')
    plate = read_plate(astrom.solution)
    assert plate is not None
    known = reference_stars(reference, plate, frame, params.BAND)
    stars, reason = matched_stars(sources.sources.whole(), correction, psf.fwhm, frame.EXPTIME, params, plate, known, known.MAG)
    return StandardField(frame, stars, known, reason)


def error_of_stars(field: StandardField) -> 'np.ndarray':
    """Return the errors of the known magnitudes of the stars of a field; 0 where they are unknown."""
    import numpy as np
    assert field.stars is not None and field.known is not None
    return np.nan_to_num(np.asarray(field.known.MAG_ERR, float)[field.stars.there])
