"""MosaicFrame: the detectors of an exposure in one file."""

import functools
from typing import TYPE_CHECKING, Any

from awlike.declare import (
    ContentTable,
    DetectorImages,
    Filter,
    FromMembers,
    Input,
    Inputs,
    Panel,
    ProcessTarget,
    Reference,
    ReferenceCatalogue,
    attribute,
    choosing,
    column,
    panels,
    parameter,
    without_nan,
)
from awlike.frames.astrometric_parameters import AstrometricParameters
from awlike.frames.fringe import FringeFrame
from awlike.frames.initial_sources import PIXEL_COLUMNS, InitialSourceList
from awlike.frames.photometric_parameters import STANDARD_COLUMNS, PhotometricParameters
from awlike.frames.pupil_ghost import PupilGhost
from awlike.frames.reduced import ReducedScienceFrame
from awlike.frames.weight import WeightFrame

if TYPE_CHECKING:
    from awlike.fits.writing import Card
    from awlike.products.associations import Association
    from awlike.products.reduction_log import Told

_SHOWN = 512  # pixels of a detector along each axis in a plot of all

_OTA = column('OTA', 'S40', 'name of the detector', ucd='meta.id;instr.det')
_PLACE = [column('RA', 'f8', 'right ascension, ICRS', unit='deg', ucd='pos.eq.ra;meta.main'),
          column('DEC', 'f8', 'its declination', unit='deg', ucd='pos.eq.dec;meta.main')]
SKY_COLUMNS = [_OTA, column('X', 'f4', 'column of the middle of the box, the first pixel is 1', unit='pix'),
               column('Y', 'f4', 'its row', unit='pix'), column('LEVEL', 'f4', 'median of the box', unit='adu')]
SOURCE_COLUMNS = [_OTA, *(one for one in PIXEL_COLUMNS if not one.name.startswith('ERR')), *_PLACE]
REFERENCE_COLUMNS = [_OTA, *_PLACE, column('MAG', 'f4', 'its magnitude', unit='mag', ucd='phot.mag')]
PAIR_COLUMNS = [_OTA, column('ODI_RA', 'f8', 'right ascension of the star by the mosaic', unit='deg'),
                column('ODI_DEC', 'f8', 'its declination', unit='deg'),
                column('REF_RA', 'f8', 'right ascension of the star by the catalogue', unit='deg'),
                column('REF_DEC', 'f8', 'its declination', unit='deg'),
                column('X_IMAGE', 'f8', 'its column, the first pixel is 1', unit='pix'),
                column('Y_IMAGE', 'f8', 'its row', unit='pix'), column('MAG', 'f4', 'its magnitude', unit='mag')]
CALIBRATION_COLUMNS = [_OTA, *STANDARD_COLUMNS]


class MosaicFrame(ProcessTarget):
    """The detectors of an exposure in one file: an image for each, and the tables that tell of all of them.

    ``mosaic.images['OTA33']`` is the image of a detector, ``mosaic.frames`` are the reduced frames. Where a detector could
    not be reduced, the mosaic does without it and tells so. `reduction_log` says what became of each step, `associations` which
    files served. What all detectors tell together, fringes, pupil ghost, place on the sky and zero point, is done where a
    process parameter asks for it.
    """

    frames = Input(ReducedScienceFrame, 'the reduced frames of the detectors', many=True)
    weights = Input(WeightFrame, 'weights of their pixels', many=True, optional=True, switch='MASKED')
    fringe_frames = Input(FringeFrame, 'patterns of the fringes, subtracted by one scale', many=True, existing=True,
                          switch='FRINGES')
    pupil_ghost = Input(PupilGhost, 'the pupil ghost that is subtracted by one scale', named_by='PUPIL_GHOST')
    initial_sources = Input(InitialSourceList, 'the bright sources', many=True, optional=True, switch='SOURCES')
    astrom_params = Input(AstrometricParameters, 'stars that tell the place on the sky', many=True, optional=True,
                          switch='FIXWCS')
    photom_params = Input(PhotometricParameters, 'standard stars', many=True, optional=True, switch='PHOTCALIB')
    reference = Input(ReferenceCatalogue, 'stars of known positions', optional=True, switch='FIXWCS')
    filter = Reference(Filter, 'the filter', optional=True)
    images = DetectorImages('the images of the detectors; NaN where a detector has no pixel', '.SCI')
    reference_stars = ContentTable('the stars of the reference catalogue', REFERENCE_COLUMNS, extension='CAT.REFERENCE')
    sources = ContentTable('the bright sources', SOURCE_COLUMNS, extension='CAT.SOURCES')
    pairs = ContentTable('the stars that tell the place on the sky', PAIR_COLUMNS, extension='WCSCAL.CAT')
    standards = ContentTable('the standard stars by their catalogue', REFERENCE_COLUMNS, extension='CAT.PHOTREF')
    calibration = ContentTable('how standard stars tell the zero point', CALIBRATION_COLUMNS, extension='CAT.PHOTCALIB')
    sky = ContentTable('the sky at many places', SKY_COLUMNS, extension='SKYLEVEL')
    EXPTIME = attribute(float, 'exposure time', unit='s')
    OBJECT = attribute(str, 'what the observer says it shows', index=True)
    AIRMASS = attribute(float, 'airmass at the start of the exposure')
    detectors = attribute(dict, 'by name of detector, the cards of its header that tell its place on the sky')
    SKYBG = attribute(float, 'level of the sky over all detectors: median of the boxes', unit='adu')
    SKYBGCLP = attribute(float, 'the same of the boxes within 3 sigma', unit='adu')
    SKYBGMIN = attribute(float, 'the lowest of those', unit='adu')
    SKYBGSTD = attribute(float, 'their scatter', unit='adu')
    SKYSMPLS = attribute(int, 'number of boxes')
    FRNG_SCL = attribute(float, 'how much of the fringe patterns was subtracted')
    FRNG_STD = attribute(float, 'scatter of the vectors that tell it')
    PUPLGFAC = attribute(float, 'how much of the pupil ghost was subtracted', unit='adu')
    PHOTZP = attribute(float, 'magnitude of 1 ADU per second', unit='mag')
    SEEING = attribute(float, 'median FWHM of undisturbed sources', unit='arcsec')
    measured = attribute(dict, 'further cards of the primary header that were measured, as WCSXRMS and PHOTZPSD')
    outcomes = attribute(dict, 'under log, what became of the steps that all detectors need together')

    UNIT = 'adu'

    class Parameters(FromMembers):
        SKY_BOXES: int = parameter(200, 'boxes on each detector in which the sky is measured', ge=1)
        SKY_HALF_WIDTH: int = parameter(30, 'half of the side of these boxes', unit='pix', ge=1)
        MASKED: bool = parameter(False, 'pixels of weight 0, as bad ones and those with charge of earlier exposures, have '
                                 'no value')
        FRINGES: bool = parameter(False, 'fringes are subtracted by one scale of all detectors; the reduced frames must still '
                                  'have them, ReducedScienceFrame.FRINGE_CORRECTION = False')
        FRINGE_VECTORS: dict[str, list[list[float]]] = parameter(
            {}, 'vectors from dark to bright places: {detector: [[x, y, length, angle], ...]}; those of a detector without any '
            'are found in its pattern')
        PUPIL_GHOST: str = choosing('', 'name of the file of the PupilGhost that is subtracted; empty: none is')
        SOURCES: bool = parameter(False, 'the mosaic has a catalogue of the bright sources')
        WCS_DISTORTION: dict[str, dict[str, float | str]] = parameter(
            {}, 'canned distortion: {detector: {card: value}}, CRVALi being offsets from the pointing')
        WCS_OFFSET_RA: float = parameter(0.0, 'added to CRVAL1', unit='deg')
        WCS_OFFSET_DEC: float = parameter(0.0, 'added to CRVAL2', unit='deg')
        FIXWCS: str = parameter('', 'how stars tell the place on the sky: shift, rotation, otashift, otashear or distortion; '
                                'empty: they do not')
        REFERENCE_CATALOGUE: str = choosing('', 'the reference catalogue, NAME or NAME@VERSION; empty: that of the project, '
                                            'else the only one that covers the field')
        SIMPLE_WCS: bool = parameter(False, 'the header has the tangential projection without distortion')
        NONSIDEREAL_RA: float = parameter(0.0, 'motion of an object in right ascension, along the circle', unit='arcsec/h')
        NONSIDEREAL_DEC: float = parameter(0.0, 'its motion in declination', unit='arcsec/h')
        NONSIDEREAL_MJD: float = parameter(0.0, 'MJD at which the frame of the object is that of the sky; 0: the frame does '
                                           'not follow an object', unit='d')
        PHOTCALIB: bool = parameter(False, 'standard stars tell the zero point')
        RADIAL_ZERO_POINT: bool = parameter(False, 'standard stars tell how the zero point changes with the distance from the '
                                            'axis; with PHOTCALIB', later=True)
        AUTO_PHOTFLAT: bool = parameter(False, 'the images are divided by the response that standard stars show over the focal '
                                        'plane; with PHOTCALIB', later=True)
        PHOTFLAT_DEGREE: int = parameter(2, 'degree of that polynomial', later=True, ge=1, le=5)
        BINNING: int = parameter(1, 'so many pixels along each axis, 1, 2, 4 or 8, become one: their sum', later=True,
                                 ge=1, le=8)
        UNDEFINED: str = parameter('', 'value of pixels that have none, as -1e31; empty: NaN')
        FITS_KEYS: dict[str, str] = parameter({}, 'further cards of the primary header: {keyword: value}')
        REQUESTED: str = choosing('', 'keywords of steps that a person asked for, as in the reduction log, with blanks '
                                  'between: such a step has failed where its calibration is lacking')
        FILES: dict[str, list[str]] = choosing({}, 'files that people named, by step, for the associations: {step: [path]}')

    @staticmethod
    def make(inputs: Inputs, params: Parameters) -> dict:
        from awlike.products.mosaic_binning import binned_values, summed
        from awlike.products.mosaic_sky import located, photometry_of, presented, without_photometric_response
        from awlike.products.mosaics import by_detector, filled, sky_of_detectors
        from awlike.products.reduction_log import Outcome
        from awlike.products.spooled import Spooled
        frames = by_detector(inputs.frames)
        first = next(iter(frames.values()))
        images, values, outcomes = _corrected(inputs, params, frames)
        place = located(frames, by_detector(inputs.astrom_params), params)
        tables = _tables(inputs, frames, place.cards)
        images, response, outcome = without_photometric_response(images, tables['calibration'], place.cards, params)
        images = {name: Spooled(one) for name, one in images.items()}
        sky, level = sky_of_detectors(images, params.SKY_BOXES, params.SKY_HALF_WIDTH)
        measured, outcomes = dict(place.values), outcomes | place.outcomes | outcome
        if params.PHOTCALIB:
            found, outcomes['_PHOTCAL'] = photometry_of(tables['calibration'], place, first.EXPTIME, level, tables['sources'],
                                                        params, response)
            measured |= found
        cards, told = presented(place.cards, first.DATE_OBS, params)
        if params.BINNING > 1:
            images = {name: functools.partial(summed, one, params.BINNING) for name, one in images.items()}
            cards, tables, sky, level = binned_values(cards, tables, sky, level, params.BINNING)
            told['_SOFTBIN'] = str(Outcome.SUCCESSFUL)
            measured['SOFTBIN'] = params.BINNING
        if params.UNDEFINED:
            images = {name: functools.partial(filled, one, float(params.UNDEFINED)) for name, one in images.items()}
        values |= {name: measured.pop(name, None) for name in ('PHOTZP', 'SEEING')}
        return without_nan({'images': images, 'sky': sky, **tables, **level, **values, 'detectors': cards,
                            'measured': measured, 'outcomes': {'log': outcomes | told}, 'EXPTIME': first.EXPTIME,
                            'OBJECT': first.OBJECT, 'AIRMASS': first.AIRMASS})

    @property
    def unit(self) -> str:
        """The unit of the images: that of the reduced frames."""
        return self.frames[0].unit if self.frames else type(self).UNIT

    @property
    def reduction_log(self) -> 'dict[str, Told]':
        """What became of each step, by the keyword under which the header has it."""
        from awlike.products.mosaic_header import log_of
        return log_of(self)

    @property
    def associations(self) -> 'list[Association]':
        """The files that served, step by step, as the table ASSOCIATIONS of the file has them."""
        from awlike.products.associations import associations_of
        own = [(role, one) for role in ('fringe_frames', 'pupil_ghost', 'reference')
               for one in _listed(getattr(self, role))]
        named = (self.process_params.FILES or {}).items()
        return associations_of(self.frames, own, [(step, path) for step, paths in named for path in paths])

    def cards_of(self, name: str) -> 'list[Card]':
        """Return the cards of the header of a detector: what it has of its own, and its place on the sky."""
        from awlike.products.mosaic_header import raw_cards
        place = (self.detectors or {}).get(name) or {}
        return [*raw_cards(self)[1].get(name, []), *((key, value) for key, value in place.items() if value is not None)]

    def further_cards(self) -> 'list[Card]':
        from awlike.products.mosaic_header import raw_cards
        from awlike.products.reduction_log import log_cards
        own: list[Card] = [(key[:8].upper(), value) for key, value in (self.process_params.FITS_KEYS or {}).items()]
        return [*raw_cards(self)[0], *log_cards(self.reduction_log), *own]

    def further_tables(self, checked: str) -> bytes:
        from awlike.products.associations import association_hdu
        return bytes(association_hdu(self.associations, checked))

    def remarks(self) -> list[str]:
        return [f'{name} is left out: {why}' for name, why in (self.members_left_out or {}).items()]

    def panels(self) -> list[Panel]:
        return [panels.surface(_thinned(image), name, self.unit) for name, image in self.images.items()]


def _listed(value: Any) -> list:
    return value if isinstance(value, list) else [] if value is None else [value]


def _thinned(image: Any) -> Any:
    """Return every n-th pixel of an image along each axis, so that all detectors can be shown together."""
    step = max(1, max(image.shape) // _SHOWN)
    return image[::step, ::step].copy()


def _image(frame: Any, weight: Any) -> Any:
    """Return the image of a detector as it was reduced, without the pixels of weight 0 where there is a `weight`."""
    import numpy as np
    image = np.asarray(frame.data, np.float32)
    return image if weight is None else np.where(weight.data > 0, image, np.float32(np.nan))


def _corrected(inputs: Inputs, params: Any, frames: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Return the images without fringes and pupil ghost, by one scale each; those scales; and what became of the steps."""
    from awlike.frames.pupil_ghost import template_of
    from awlike.products.mosaics import (
        by_detector,
        fringes_of_detectors,
        ghost_of_detectors,
        planes_of,
        without_fringes,
        without_ghost,
    )
    weights = by_detector(inputs.weights)
    images: dict[str, Any] = {name: functools.partial(_image, frame, weights.get(name)) for name, frame in frames.items()}
    values, outcomes = {}, {}
    if params.FRINGES:
        patterns = _patterns(frames, by_detector(inputs.fringe_frames))
        scale = fringes_of_detectors(images, patterns, params.FRINGE_VECTORS)
        outcomes['_FRINGE'] = _word(scale, len(patterns), len(frames))
        if scale is not None:
            values |= {'FRNG_SCL': scale.scale, 'FRNG_STD': scale.scatter}
            images |= {name: functools.partial(without_fringes, images[name], one, scale.scale)
                       for name, one in patterns.items()}
    if inputs.pupil_ghost is not None:
        planes = planes_of({name: frame.astrom or {} for name, frame in frames.items()})
        template, angle = template_of(inputs.pupil_ghost), inputs.frames[0].rotator or 0.0
        ghost = ghost_of_detectors(images, template, planes, angle)
        outcomes['_PGHOST'] = _word(ghost, len(planes), len(frames))
        if ghost is not None:
            values['PUPLGFAC'] = ghost.scale
            images |= {name: functools.partial(without_ghost, images[name], template, plane, angle, ghost.scale)
                       for name, plane in planes.items()}
    return images, values, outcomes


def _word(scale: Any, number: int, wanted: int) -> str:
    """Return the outcome of a step that found `scale`, or None, and reached so many of the detectors."""
    from awlike.products.reduction_log import Outcome
    if scale is None:
        return str(Outcome.FAILED)
    return str(Outcome.SUCCESSFUL if number == wanted else Outcome.PARTIALLY_FAILED)


def _patterns(frames: dict[str, Any], patterns: dict[str, Any]) -> dict[str, Any]:
    """Return the patterns of fringes of the detectors that are there; their frames must still have the fringes."""
    from awlike.declare import ProcessingError
    done = [name for name, frame in frames.items() if frame.fringe_scale is not None]
    if done:
        raise ProcessingError(f'the fringes of {", ".join(done)} were subtracted already, by the detector alone: set '
                              'ReducedScienceFrame.FRINGE_CORRECTION to False, too')
    return {name: one for name, one in patterns.items() if name in frames}


def _tables(inputs: Inputs, frames: dict[str, Any], cards: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of sources and stars; those of steps that were not asked for have no rows."""
    from awlike.products.mosaic_sky import pairs_of, references_of, sources_of, table_of
    from awlike.products.mosaics import by_detector
    names = [one.name for one in SOURCE_COLUMNS[1:] if one not in _PLACE]
    standards = {name: one.standards.whole() for name, one in by_detector(inputs.photom_params).items()}
    return {'sources': table_of(SOURCE_COLUMNS, sources_of(by_detector(inputs.initial_sources), cards, names)),
            'pairs': table_of(PAIR_COLUMNS, pairs_of(by_detector(inputs.astrom_params), cards)),
            'reference_stars': table_of(REFERENCE_COLUMNS, references_of(inputs.reference, frames, cards)),
            'standards': table_of(REFERENCE_COLUMNS, standards), 'calibration': table_of(CALIBRATION_COLUMNS, standards)}
