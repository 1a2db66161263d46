"""How a stack was built, as a document: its members, what was left out, parameters, software, calibrations, the whole lineage.

Everything is recorded: no pixel is read. It tells what SWarp writes into its swarp.xml, and what of it SWarp cannot know.
"""

import collections
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from awlike.digests import canonical
from awlike.persist.grades import grades_now
from awlike.persist.provenance import Entity, Provenance, provenance_of
from awlike.query.properties import classes
from awlike.tables.documents import Column, Section, Sheet, Single

_CALIBRATIONS = 'calibration', 'reference'  # families
_NUMBER = Column('Products', int, 'how many products of the lineage it holds for')


def how_built(stack: Any) -> Section:
    """Return how `stack`, a product of frames on a grid, was built, as a document."""
    _ancestors = list(stack.ancestors())  # as long as they are kept, links among them are read together
    provenance = provenance_of(stack)
    sheets = [_members(stack), _left_out(stack, provenance), _parameters(provenance), _software(provenance),
              _calibrations(provenance), _lineage(provenance), _uses(provenance)]
    about = f'How {stack} was built, by awlike, from its lineage; nothing was measured anew.'
    metadata = Section('MetaData', 'the product and its lineage', _output(stack), sheets)
    config = Section('Config', 'the process parameters of the product itself', [
        Single(name, value if type(value) in (int, float) else _text(value), unit=unit)
        for name, value, unit in _own_parameters(provenance.target)])
    return Section('awlike', about, sections=[metadata, config])


# --- the product ---

def _output(stack: Any) -> list[Single]:
    """Return what the product is, by the names of SWarp where it has some."""
    from importlib.metadata import version
    rows, columns = _shape(stack)
    name = None if stack.filename is None else str(stack)
    return [
        Single('Software', 'awlike'), Single('Version', version('awlike'), 'version of awlike that wrote this document'),
        Single('Make_Version', stack.make_version, 'version of the code that made the image, as its author counts'),
        Single('Code_Digest', stack.code_digest, 'digest of the source that made the image'),
        Single('Libraries', stack.libraries, 'versions of the libraries that made the image'),
        Single('Date', _date(stack.creation_date), 'when the image was made (UTC)'),
        Single('Duration', stack.seconds, 'how long the making took', 's'),
        Single('User', _name(stack.creator), 'who made the image'), Single('Project', _name(stack.project)),
        Single('Recipe', stack.recipe), Single('Selection', stack.selection, 'the saved selection that chose the frames'),
        Single('Class', type(stack).__name__), Single('Object_ID', str(stack.object_id), 'the same in every database'),
        Single('Image_Name', name, 'file of the image, its weight, exposures and mask'),
        Single('Image_Digest', stack.digest, 'BLAKE3 of pixels and values'),
        Single('Image_Size', stack.size, 'size of the file', 'byte'),
        Single('Identity', stack.reuse_key, 'equal for equal class, parameters and content of the inputs'),
        Single('Rows', rows), Single('Columns', columns), Single('Grid', stack.grid), Single('Filter', _name(stack.filter)),
        Single('Zero_Point', stack.zeropoint, 'magnitude of a star of 1 ADU', 'mag'),
        Single('Zero_Point_Error', stack.zeropoint_error, '', 'mag'),
        Single('Gain', stack.GAIN, '', 'electron/adu'), Single('ExpTime', stack.EXPTIME, 'of all members', 's'),
        Single('PSF_FWHM', stack.psf_radius, 'of stars', 'arcsec'), Single('Grade', stack.grade, 'by people: A to D'),
        Single('Is_Valid', stack.is_valid, 'set by people: 0 invalid, 1 valid'),
        Single('Missed_Limits', ', '.join(check.name for check in stack.missed_limits()) or None),
        Single('Warning', '; '.join(stack.remarks()) or None),
    ]


def _shape(stack: Any) -> tuple[int | None, int | None]:
    """Return rows and columns, by the header of the file; unknown where the file was dropped."""
    if stack.is_committed and not stack._has_file():
        return None, None
    box = stack.as_member().box
    return box.y1 - box.y0, box.x1 - box.x0


# --- its members ---

class _Member(NamedTuple):
    """A member of a stack, and all that is known of it."""

    index: int
    image: Any
    grade: tuple[str, str] | None
    """The grade, and the name of what was graded."""
    share: float | None

    @property
    def frame(self) -> Any:
        return self.image.frame

    @property
    def raw_file(self) -> tuple[str | None, int | None, str | None]:
        """The file as it arrived: name, number of the HDU, digest."""
        raw = getattr(self.frame, 'raw', None)
        if raw is not None:
            return raw.raw_file() or (None, None, None)
        imported = getattr(self.frame, 'imported', None) or {}
        return imported.get('name'), None, imported.get('digest')


_MEMBER: list[tuple[Column, Callable[[_Member], Any]]] = [
    (Column('Frame_Index', int, 'number of the member, from 1'), lambda one: one.index),
    (Column('Image_Name', str, 'the frame on the grid'), lambda one: str(one.image)),
    (Column('Image_Digest', str, 'BLAKE3 of its pixels and values'), lambda one: one.image.digest),
    (Column('Frame_Name', str, 'the science frame'), lambda one: str(one.frame)),
    (Column('Frame_Class', str, 'its kind'), lambda one: type(one.frame).__name__),
    (Column('Frame_Digest', str, 'BLAKE3 of its pixels and values'), lambda one: one.frame.digest),
    (Column('Raw_File', str, 'the file as it arrived'), lambda one: one.raw_file[0]),
    (Column('Raw_Digest', str, 'BLAKE3 of that file'), lambda one: one.raw_file[2]),
    (Column('Extension', int, 'number of the HDU in that file'), lambda one: one.raw_file[1]),
    (Column('Instrument', str, 'the camera'), lambda one: _name(one.image.instrument)),
    (Column('Chip', str, 'the detector'), lambda one: _name(one.frame.chip)),
    (Column('Filter', str, 'the filter'), lambda one: _name(one.frame.filter)),
    (Column('Object', str, 'what the observer says it shows'), lambda one: one.image.OBJECT),
    (Column('ObsDate', str, 'start of the exposure (UTC)'), lambda one: _date(one.image.DATE_OBS)),
    (Column('ExpTime', float, 'exposure time', 's'), lambda one: one.image.EXPTIME),
    (Column('Airmass', float, 'airmass at the start'), lambda one: one.image.AIRMASS),
    (Column('Grade', str, 'by people, A to D: of the frame on the grid, else of the science frame, else of the raw frame'),
     lambda one: one.grade and one.grade[0]),
    (Column('Graded', str, 'what was graded'), lambda one: one.grade and one.grade[1]),
    (Column('Is_Valid', int, 'of the frame on the grid, set by people: 0 invalid, 1 valid'), lambda one: one.image.is_valid),
    (Column('Weight_Name', str, 'the weight of the science frame'), lambda one: _named(one.image.frame_weight)),
    (Column('Weight', float, 'its part of the weight of all members, by flux scale and noise of the sky'),
     lambda one: one.share),
    (Column('Photometric_Flux_Scaling', float, 'by which its light was multiplied'), lambda one: one.image.FLXSCALE),
    (Column('Zero_Point', float, 'magnitude of a star of 1 ADU on the grid', 'mag'), lambda one: one.image.zeropoint),
    (Column('Zero_Point_Error', float, 'its error', 'mag'), lambda one: one.image.zeropoint_error),
    (Column('Gain', float, 'electrons per ADU on the grid', 'electron/adu'), lambda one: one.image.GAIN),
    (Column('PSF_FWHM', float, 'seeing: FWHM of stars', 'arcsec'), lambda one: one.image.psf_radius),
    (Column('Background_Mean', float, 'median of the level of the sky in the science frame', 'adu'),
     lambda one: one.image.background.sky_level),
    (Column('Background_StDev', float, 'median of the noise of the sky in a pixel of the science frame', 'adu'),
     lambda one: one.image.background.sky_noise),
    (Column('Subtract_Back', str, 'which sky was subtracted'),
     lambda one: one.image.applied_parameters.get('BACKGROUND_SUBTRACTION_TYPE')),
    (Column('External_Header', str, 'its place on the sky; empty where that of its header was taken'),
     lambda one: _named(one.image.astrom_params)),
    (Column('External_Header_Digest', str, 'BLAKE3 of that solution'), lambda one: _digest(one.image.astrom_params)),
    (Column('Photometry', str, 'its zero point; empty where that of its header was taken, or none'),
     lambda one: _named(one.image.photom_params)),
    (Column('Photometry_Digest', str, 'BLAKE3 of that solution'), lambda one: _digest(one.image.photom_params)),
]


def _members(stack: Any) -> Sheet:
    images = stack.regridded_frames
    frames = [image.frame for image in images]
    raws = [raw for frame in frames if (raw := getattr(frame, 'raw', None)) is not None]
    grades = grades_now(images) | grades_now(frames) | grades_now(raws)
    members = [_Member(number, image, _grade(image, grades), share)
               for number, (image, share) in enumerate(zip(images, _shares(images), strict=True), 1)]
    return Sheet('Input_Image_Data', 'the members: frames on the grid', [column for column, _ in _MEMBER],
                 [[value(member) for _, value in _MEMBER] for member in members])


def _shares(images: Iterable[Any]) -> list[float | None]:
    """Return the part of each member of the weight of all, as it follows from flux scale and noise of the sky."""
    noises = [image.FLXSCALE * (image.background.sky_noise or 0.0) for image in images]
    weights = [noise ** -2 if noise > 0 else None for noise in noises]
    whole = sum(weight for weight in weights if weight is not None)
    return [None if weight is None else weight / whole for weight in weights]


def _grade(image: Any, grades: dict[Any, str]) -> tuple[str, str] | None:
    """Return the grade of a member that is nearest to it, and the name of what was graded."""
    frames = image, image.frame, getattr(image.frame, 'raw', None)
    return next(((grades[one.object_id], str(one)) for one in frames if one is not None and one.object_id in grades), None)


# --- what is known of all products of a kind ---

def _left_out(stack: Any, provenance: Provenance) -> Sheet:
    rows = [(type(stack).__name__, name, why, 1) for name, why in (stack.members_left_out or {}).items()]
    rows += _counted((entity.class_name, role, f'switched off by {name}') for entity in provenance.entities
                     for role, name in entity.left_out.items())
    return Sheet('Left_Out', 'members that could not be had, and inputs that were switched off', [
        Column('Class', str, 'kind of the products without it'), Column('Name', str, 'the member, or the role of the input'),
        Column('Why', str, 'the reason'), _NUMBER], rows)


def _own_parameters(entity: Entity) -> list[tuple[str, Any, str]]:
    return [(fact.name, fact.value, fact.unit) for fact in entity.facts if fact.kind == 'parameter']


def _parameters(provenance: Provenance) -> Sheet:
    rows = _counted((entity.class_name, name, _text(value), unit) for entity in provenance.entities
                    for name, value, unit in _own_parameters(entity))
    return Sheet('Process_Parameters', 'the process parameters of each kind of product of the lineage', [
        Column('Class', str, 'kind of product'), Column('Name', str, 'process parameter'),
        Column('Value', str, 'value; what is no text as JSON'), Column('Unit', str, 'unit'), _NUMBER], rows)


def _software(provenance: Provenance) -> Sheet:
    columns = {'make_version': Column('Make_Version', int, 'version of the code, as its author counts'),
               'code_digest': Column('Code_Digest', str, 'digest of the source'),
               'libraries': Column('Libraries', str, 'versions of the libraries, and the platform'),
               'recipe': Column('Recipe', str, 'recipe that asked for the products')}
    made = [(entity.class_name, entity.facts_of('making')) for entity in provenance.entities]
    rows = _counted((name, *(facts.get(column) for column in columns)) for name, facts in made if facts)
    return Sheet('Software', 'the code and the libraries that made each kind of product of the lineage',
                 [Column('Class', str, 'kind of product'), *columns.values(), _NUMBER], rows)


def _counted(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return each of the rows once, in the order of kinds, with the number of times that it is there."""
    found = sorted(collections.Counter(rows).items(), key=lambda row: row[0][0])
    return [(*row, number) for row, number in found]


# --- the lineage ---

_ENTITY: list[tuple[Column, Callable[[Entity], Any]]] = [
    (Column('Step', int, 'number of the object; 1 is the stack'), lambda one: one.step),
    (Column('Class', str, 'kind of object'), lambda one: one.class_name),
    (Column('Name', str, 'name of its file, unique for ever; else what it is called'), lambda one: one.name),
    (Column('Digest', str, 'BLAKE3 of its pixels and values'), lambda one: one.digest),
    (Column('Object_ID', str, 'the same in every database'), lambda one: one.object_id),
    (Column('ObsDate', str, 'when it was observed (UTC)'), lambda one: one.DATE_OBS),
    (Column('Creation_Date', str, 'when it was made or ingested (UTC)'), lambda one: one.creation_date),
    (Column('User', str, 'by whom'), lambda one: one.creator),
    (Column('Is_Valid', int, 'set by people: 0 invalid, 1 valid'), lambda one: one.is_valid),
    (Column('Raw_File', str, 'of a raw frame: the file as it arrived'), lambda one: one.raw_file and one.raw_file.name),
    (Column('Extension', int, 'of a raw frame: number of the HDU in that file'), lambda one: one.raw_file and one.raw_file.hdu),
    (Column('Raw_Digest', str, 'of a raw frame: BLAKE3 of that file'), lambda one: one.raw_file and one.raw_file.digest),
]


def _entities(name: str, about: str, entities: Iterable[Entity]) -> Sheet:
    return Sheet(name, about, [column for column, _ in _ENTITY], [[value(one) for _, value in _ENTITY] for one in entities])


def _calibrations(provenance: Provenance) -> Sheet:
    return _entities('Calibrations', 'calibrations and reference catalogues at any depth of the lineage', (
        one for one in provenance.entities if getattr(classes.get(one.class_name), 'FAMILY', '') in _CALIBRATIONS))


def _lineage(provenance: Provenance) -> Sheet:
    return _entities('Lineage', 'all objects from which the stack was made, down to the raw frames', provenance.entities)


def _uses(provenance: Provenance) -> Sheet:
    return Sheet('Uses', 'which object was made from which: steps of the table Lineage', [
        Column('Step', int, 'the object that was used'), Column('Used_By', int, 'the product that was made from it'),
        Column('Role', str, 'what it was to that product'), Column('Position', int, 'place in a list of that role, from 0')],
        [(use.step, use.user, use.role, use.position) for use in provenance.uses[1:]])


# --- values as text ---

def _text(value: Any) -> str:
    return value if isinstance(value, str) else canonical(value).decode()


def _date(value: Any) -> str | None:
    return None if value is None else value.isoformat()


def _name(value: Any) -> str | None:
    return None if value is None else value.name


def _named(value: Any) -> str | None:
    return None if value is None else str(value)


def _digest(value: Any) -> str | None:
    return None if value is None else value.digest
