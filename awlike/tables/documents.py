"""Documents of several tables and single values, as VOTable, which TOPCAT, astropy and browsers read."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from awlike.characters import printable
from awlike.fits.opening import quiet

if TYPE_CHECKING:
    from astropy.io.votable.tree import Field, Param, Resource, TableElement, VOTableFile

_TYPES: dict[type, dict[str, str]] = {int: {'datatype': 'long'}, float: {'datatype': 'double'},
                                      str: {'datatype': 'unicodeChar', 'arraysize': '*'}}


class Column(NamedTuple):
    """A column of a `Sheet`."""

    name: str
    type: type
    """int, float or str."""
    about: str
    unit: str = ''


class Sheet(NamedTuple):
    """A table: its columns, and its rows with a value, or None, for each column."""

    name: str
    about: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[int | float | str | None]]


class Single(NamedTuple):
    """A value that stands alone; one that is None is left out of the document."""

    name: str
    value: int | float | str | None
    about: str = ''
    unit: str = ''


class Section(NamedTuple):
    """A part of a document: single values, tables, and further parts."""

    name: str
    about: str
    singles: Sequence[Single] = ()
    sheets: Sequence[Sheet] = ()
    sections: 'Sequence[Section]' = ()


def write_document(path: Path, document: Section) -> None:
    """Write a document as VOTable 1.4.

    A RESOURCE is a section, a PARAM a single value, a TABLE a sheet. A question mark stands for each character that XML
    cannot hold, or that acts on a terminal. A number that is None is empty, a text that is None is of no length.
    """
    from astropy.io.votable.tree import VOTableFile
    with quiet():
        file = VOTableFile(version='1.4')
        file.resources.append(_resource(file, document))
        file.to_xml(str(path), tabledata_format='tabledata')


def _resource(file: 'VOTableFile', section: Section) -> 'Resource':
    from astropy.io.votable.tree import Resource
    resource = Resource()
    resource.extra_attributes['name'] = printable(section.name)  # astropy reads the name, and writes none of its own
    resource.description = printable(section.about)
    resource.params.extend(_params(file, section.singles))
    resource.tables.extend(_table(file, sheet) for sheet in section.sheets)
    resource.resources.extend(_resource(file, one) for one in section.sections)
    return resource


def _params(file: 'VOTableFile', singles: Sequence[Single]) -> 'Iterator[Param]':
    from astropy.io.votable.tree import Param
    for single in singles:
        if single.value is not None:
            value = printable(single.value) if isinstance(single.value, str) else single.value
            param = Param(file, name=printable(single.name), value=value, **_TYPES[type(value)], **_unit(single.unit))
            param.description = printable(single.about) or None
            param.ID = None  # astropy's are names, which several have, and an ID is of one
            yield param


def _table(file: 'VOTableFile', sheet: Sheet) -> 'TableElement':
    from astropy.io.votable.tree import TableElement
    table = TableElement(file, name=sheet.name, nrows=len(sheet.rows))
    table.description = sheet.about
    table.fields.extend(_field(file, column) for column in sheet.columns)
    table.create_arrays(len(sheet.rows))
    for number, column in enumerate(sheet.columns):
        values = [row[number] for row in sheet.rows]
        empty = column.type()
        cells = [_cell(empty if value is None else value) for value in values]
        missing = [value is None and column.type is not str for value in values]
        table.fields[number].ID = None
        table.array[column.name] = np.ma.MaskedArray(cells, missing, table.array.dtype[column.name])
    return table


def _cell(value: int | float | str) -> int | float | str:
    return printable(value) if isinstance(value, str) else value


def _field(file: 'VOTableFile', column: Column) -> 'Field':
    from astropy.io.votable.tree import Field
    field = Field(file, name=column.name, **_TYPES[column.type], **_unit(column.unit))
    field.description = column.about
    return field


def _unit(unit: str) -> dict[str, Any]:
    """Return the attribute of a unit, as VOTables spell it; none for what is no unit there, as sigma."""
    from astropy import units
    try:
        return {'unit': units.Unit(unit).to_string('vounit')} if unit else {}
    except ValueError:
        return {}
