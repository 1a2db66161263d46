"""Associations: which files an exposure was made with, step by step, as WIYN's pODI QuickReduce tells them."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from awlike.errors import NotStored
from awlike.persist.links import listed
from awlike.store import server
from awlike.tables.columns import Columns, Table, column

if TYPE_CHECKING:
    from awlike.persist.dataobject import DataObject

EXTENSION = 'ASSOCIATIONS'

# The steps by the role of what served; the roles of other inputs are steps of the same name.
_STEPS = {'fringe': 'fringemap', 'fringe_frames': 'fringemap', 'fringe_vectors': 'fringevector', 'gain': 'nonlinearity',
          'photometric_flat': 'photflat',
          'hot': 'bpm', 'cold': 'bpm', 'bad_pixels': 'bpm', 'crosstalk_matrix': 'crosstalk', 'crosstalk_frames': 'crosstalk',
          'pupil_ghost': 'pupilghost', 'saturated': 'saturation', 'relative': 'gain',
          'reference': 'wcs-reference'}


class Association(NamedTuple):
    """A file that served for a step of the reduction.

    Attributes
    ----------
    correction : str
        The step, as ``'bias'``.
    filename_full : str
        The absolute path of the file, or its place on the data server.
    filename : str
        The last part of that.
    """

    correction: str
    filename_full: str
    filename: str


def associations_of(frames: Iterable[Any], own: 'Iterable[tuple[str, DataObject]]' = (),
                    named: Iterable[tuple[str, str]] = ()) -> list[Association]:
    """Return which files served for the frames of an exposure, each once a step, in the order of the declared inputs.

    Parameters
    ----------
    frames : iterable of ProcessTarget
        The frames of the detectors.
    own : iterable of (role, object)
        What the exposure as a whole was made with beside them.
    named : iterable of (step, path)
        Files that are no objects, as a person named them.
    """
    found: dict[str, dict[Association, None]] = {}
    for role, obj in [*_inputs(frames), *own]:
        step = _STEPS.get(role, role)
        path = place_of(obj)
        if path:
            found.setdefault(step, {})[_association(step, path)] = None
    for step, path in named:
        found.setdefault(step, {})[_association(step, path)] = None
    return [one for some in found.values() for one in some]


def _inputs(frames: Iterable[Any]) -> 'Iterator[tuple[str, DataObject]]':
    """Yield role and object of each direct input, the objects of one role together."""
    frames = list(frames)
    roles = dict.fromkeys(role for frame in frames for role in type(frame).inputs())
    for role in roles:
        for frame in frames:
            yield from ((role, one) for one in listed(getattr(frame, role, None)))
    for frame in frames:  # what made pixels bad is an input of the weight
        weight = getattr(frame, 'weight', None)
        yield from (('cosmics', one) for one in listed(getattr(weight, 'cosmic', None)))
        persistency = getattr(weight, 'persistency', None)
        yield from (('persistency', one) for one in getattr(persistency, 'saturated_before', ()))


def _association(step: str, path: str) -> Association:
    return Association(step, path, path.rstrip('/').rpartition('/')[2])


def place_of(obj: Any) -> str:
    """Return the path of the file behind an object: that from which it came, where it was not copied; empty without a file.

    A file that was taken by reference, or imported, lies where it was; of any other, the name as it arrived follows the
    place where the data server keeps it.
    """
    raw_fits, imported = getattr(obj, 'raw_fits', None), getattr(obj, 'imported', None) or {}
    if 'path' in imported:
        return imported['path']
    stored = obj.filename if raw_fits is None else raw_fits.filename
    original = getattr(obj, 'original_name', '') if raw_fits is None else raw_fits.original_name
    if not stored:
        return ''
    try:
        path = server().open_path(stored).resolve()
    except NotStored:
        return f'{server().place}/{original or stored}'
    return str(path) if not original or path.name == original else f'{path.parent}/{original}'


def association_table(found: Iterable[Association]) -> Table:
    """Return associations as a table whose columns are as wide as the longest text: nothing is cut."""
    rows = [[text.encode('unicode_escape') for text in one] for one in found]
    texts = ('the step of the reduction', 'the file, with its place', 'its name')
    columns = Columns([column(name, f'S{max([1, *(len(row[number]) for row in rows)])}', text)
                       for number, (name, text) in enumerate(zip(Association._fields, texts, strict=True))])
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    return Table(columns, columns.rows({name: np.array(values, columns[name].kind)
                                        for name, values in zip(columns, cells, strict=True)}, EXTENSION))


def associations_in(hdus: Any) -> list[Association]:
    """Return the associations in an open file; none without such a table."""
    rows = next((hdu.data for hdu in hdus if hdu.name == EXTENSION and not hdu.is_image), ())
    return [Association(*(_text(row[name]) for name in Association._fields)) for row in rows]


def _text(cell: str) -> str:
    return cell.encode('ascii', 'replace').decode('unicode_escape', 'replace')


def association_hdu(found: Iterable[Association], checked: str) -> bytes | memoryview:
    """Return associations as the extension ASSOCIATIONS of a FITS file, with checksums of the date `checked`."""
    from awlike.products.streamed import hdu_bytes
    from awlike.tables.binary import table_hdu
    table = association_table(found)
    return hdu_bytes([table_hdu(EXTENSION, 'Which files served, step by step.', table.columns, table.whole())], checked)
