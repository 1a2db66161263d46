"""The content of a product beside its image: named planes and tables, declared once, each an extension of its file.

A class declares them as attributes, and its `make` returns an array, or the columns of a table, under each name::

    class StackedFrame(ProcessTarget):
        frames = Input(ReducedScienceFrame, 'what was stacked', many=True)
        weight = Plane('weight of each pixel', unit='adu-2')
        sources = ContentTable('the sources', [column('RA', 'f8', 'right ascension', unit='deg', ucd='pos.eq.ra'), ...])

``stack.weight.data`` is an image, ``stack.sources['RA']`` a column; each is read when somebody asks for it.
"""

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, overload

import numpy as np

from awlike.errors import Immutable, ProcessingError
from awlike.fits.hdus import Hdus
from awlike.fits.headers import comment_lines
from awlike.fits.parts import mark, parts_of
from awlike.fits.pixel_checks import image_data
from awlike.tables.binary import TableFile, stored_table, table_hdu
from awlike.tables.columns import Column, Columns, Table

if TYPE_CHECKING:
    from awlike.fits.content import Content

Described = tuple[Any, np.ndarray | Callable[[], np.ndarray]]
"""A part as digests cover it: its description as a JSON value, and its array, or a function that returns the array."""


class Part:
    """A named part of the content of a product.

    Parameters
    ----------
    text : str
        Its meaning, in a phrase.
    extension : str
        The EXTNAME under which it lies in the file. Default: its name in capitals.
    """

    def __init__(self, text: str, extension: str = '') -> None:
        self.text, self.name, self._extension = text, '', extension

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def extension(self) -> str:
        """The EXTNAME under which it lies in the file."""
        return self._extension or self.name.upper()

    def __set__(self, instance: Any, value: Any) -> None:
        raise Immutable(f'{self.name} of {instance} cannot be set: make() returns it')

    def taken(self, value: Any, what: str) -> Any:
        """Return what `make` returned as the array that is kept; refuse what it cannot be."""
        raise NotImplementedError

    def named(self, kept: Any, product: Any) -> dict[str, Described]:
        """Return what is kept of the part of `product` as digests cover it, by EXTNAME."""
        return {self.extension: self.described(kept)}

    def described(self, array: Any) -> Described:
        """Return the part as digests cover it."""
        raise NotImplementedError

    def hdu(self, array: Any) -> Any:
        """Return the extension that holds the part."""
        raise NotImplementedError


class PlaneView:
    """A plane of a product: ``coadd.weight``.

    Attributes
    ----------
    data : numpy.ndarray, 2-D [y, x]
        The image; read-only.
    unit, text : str
        Its unit and its meaning.
    """

    def __init__(self, plane: 'Plane', data: np.ndarray) -> None:
        self.data, self.unit, self.text = data, plane.unit, plane.text

    def __repr__(self) -> str:
        return f'<{self.text}: {self.data.shape[1]} x {self.data.shape[0]} {self.data.dtype} {self.unit}'.rstrip() + '>'


class Plane(Part):
    """An image beside the image of a product, as its weight.

    Parameters
    ----------
    text : str
        Its meaning, in a phrase.
    unit : str
        Its unit as FITS spells it. Default: none.
    bits : dict, optional
        Of a mask: the number of each bit, from 0, and its meaning, by its name. The header names them as the LSST pipelines
        do: MP_SAT is the number of the bit SAT. Default: it is no mask.
    """

    def __init__(self, text: str, unit: str = '', bits: Mapping[str, tuple[int, str]] | None = None) -> None:
        super().__init__(text)
        self.unit, self.bits = unit, bits or {}

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> PlaneView: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        array = instance.__dict__.get('_content', {}).get(self.name)
        if array is None:
            from awlike.products.image_cache import cached_part
            array = cached_part(instance, self.extension)
        return PlaneView(self, array)

    def taken(self, value: Any, what: str) -> np.ndarray:
        array = np.asarray(value)
        if array.ndim != 2 or array.dtype not in (np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64):
            raise ProcessingError(f'{what} is a plane and comes as {array.ndim}-D {array.dtype}: return a 2-D image of uint8, '
                                  'int16, int32, int64, float32 or float64')
        array = np.ascontiguousarray(array)
        array.flags.writeable = False
        return array

    def described(self, array: np.ndarray) -> Described:
        return self.unit, array

    def hdu(self, array: np.ndarray) -> Any:
        from astropy.io import fits
        header = fits.Header([('EXTNAME', self.extension, ''), ('BUNIT', self.unit, '')])
        for words in comment_lines(self.text):
            header['COMMENT'] = words
        for name, bit in self.bits.items():
            keyword = f'MP_{name}'
            header[keyword if len(keyword) <= 8 else f'HIERARCH {keyword}'] = bit
        mark(header, 'PLANE')
        return fits.ImageHDU(array, header)


class ContentTable(Part):
    """A table of a product, as the sources of a frame.

    Parameters
    ----------
    text : str
        Its meaning, in a phrase.
    columns : list of Column
        As `column` declares them.
    extension : str
        The EXTNAME of the table in the file. Default: its name in capitals.
    """

    def __init__(self, text: str, columns: Sequence[Column], extension: str = '') -> None:
        super().__init__(text, extension)
        self.columns = Columns(columns)

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type | None = None) -> Table: ...
    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self
        rows = instance.__dict__.get('_content', {}).get(self.name)
        if rows is not None:
            return Table(self.columns, rows)
        views = instance.__dict__.setdefault('_tables', {})
        if self.name not in views:
            views[self.name] = TableFile(instance._path(), self.extension)
        return views[self.name]

    def taken(self, value: Any, what: str) -> np.ndarray:
        rows = self.columns.rows(value, what)
        rows.flags.writeable = False
        return rows

    def described(self, array: np.ndarray) -> Described:
        return self.columns.described(), array

    def hdu(self, array: np.ndarray) -> Any:
        hdu = table_hdu(self.extension, self.text, self.columns, array)
        mark(hdu.header, 'TABLE')
        return hdu


@functools.cache
def parts(cls: type) -> Mapping[str, Part]:
    """Return the declared parts of the content of class `cls` by name, the parts of its parents first."""
    found = {name: value for base in reversed(cls.__mro__) for name, value in vars(base).items() if isinstance(value, Part)}
    return {name: part for name, part in found.items() if getattr(cls, name, None) is part}


def take_parts(product: Any, values: dict[str, Any]) -> dict[str, Described]:
    """Move the parts out of `values`, as `make` returns them, into `product`; return them as digests cover them.

    Raises
    ------
    ProcessingError
        When `make` left out a part, or returned what the part cannot be.
    """
    kept, declared = {}, parts(type(product))
    for name, part in declared.items():
        what = f'{name} of {type(product).__name__}'
        if values.get(name) is None:
            raise ProcessingError(f'make() returns no {what}: return all that the class declares, a table without rows where '
                                  'there is nothing')
        kept[name] = part.taken(values.pop(name), what)
    if kept:
        product._content = kept
    return {name: part for role, value in kept.items() for name, part in declared[role].named(value, product).items()}


def part_hdus(product: Any) -> Iterator[Any]:
    """Yield the extensions of the parts of `product`, which is in memory or has a file."""
    for name in parts(type(product)):
        yield part_hdu(product, name)


def part_hdu(product: Any, name: str) -> Any:
    """Return the extension of the plane or table `name` of `product`."""
    view = getattr(product, name)
    return parts(type(product))[name].hdu(view.data if isinstance(view, PlaneView) else view.whole())


def parts_in_file(hdus: Hdus, content: 'Content') -> dict[str, Described]:
    """Return the parts in an open file of `content`, as digests cover them; no class is needed.

    An image is read when its turn comes: the file must be open until then.
    """
    found: dict[str, Described] = {}
    for name, hdu in parts_of(hdus).items():
        if hdu.is_image:
            found[name] = hdu.header.get('BUNIT', ''), functools.partial(_pixels_of, hdu)
        else:
            table = stored_table(content, hdu)
            found[name] = table.columns.described(), table.rows
    return found


def _pixels_of(hdu: Any) -> np.ndarray:
    """Return the image of an open HDU, which does not keep it."""
    data = image_data(hdu)
    del hdu.data
    return data


def is_kept(product: Any) -> bool:
    """Return whether `product` has an image, planes or tables, and so a file."""
    return product.data is not None or bool(parts(type(product)))

