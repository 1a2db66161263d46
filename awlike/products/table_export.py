"""The tables of a product as astropy tables, and in files for other programs."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awlike.errors import ParameterError
from awlike.fits.opening import quiet
from awlike.persist.links import listed
from awlike.persist.sky_rows import row_classes
from awlike.products.content import ContentTable, parts
from awlike.products.fits_files import write_product
from awlike.products.headers import product_header
from awlike.spelling import near
from awlike.store.whole_files import place
from awlike.tables.formats import writer

if TYPE_CHECKING:
    from astropy.io.fits import Header
    from astropy.table import Table
    from sqlalchemy import Table as SqlTable

_WHOLE = '.fits', '.fit'
_SUMS = 'CHECKSUM', 'DATASUM'


class Catalogue:
    """Beside `ProcessTarget`: a product that contains tables, and hands them out."""

    if TYPE_CHECKING:
        object_id: Any

    @classmethod
    def table_names(cls) -> list[str]:
        """Return the names of the tables that products of this class contain, the main one first."""
        return [name for name, part in parts(cls).items() if isinstance(part, ContentTable)]

    def new_rows(self) -> 'Iterator[tuple[SqlTable, dict[str, Any]]]':
        content = self.__dict__.get('_content', {})
        for row in row_classes(type(self)):  # pyrefly: ignore[bad-argument-type] -- beside ProcessTarget
            if row.TABLE in content:
                yield row.__table__, row.values_of(self.object_id, getattr(self, row.TABLE))

    def to_table(self, table: str | None = None) -> 'Table':
        """Return a table of this product as an astropy `Table`, with units and texts; UCDs are in the `meta` of columns.

        Parameters
        ----------
        table : str, optional
            The name of the table. Default: the first one that the class declares.

        Raises
        ------
        ParameterError
            When the product has no such table.
        """
        found = getattr(self, _name(self, table)).to_table()
        found.meta |= {'name': str(self), 'description': f'{type(self).__name__} {getattr(self, "object_id", "")}'.strip()}
        return found

    def export(self, path: str | Path, table: str | None = None) -> Path:
        """Write a table of this product for other programs; the file is there whole or not at all.

        Parameters
        ----------
        path : path
            The file. Its suffix names the format: ``.vot`` or ``.xml`` (VOTable), ``.parquet``, ``.ecsv``, ``.ldac`` (FITS
            LDAC, as SCAMP and PSFEx read it), ``.fits`` (the file of the product: all tables, and its lineage).
        table : str, optional
            The name of the table. Default: the first one that the class declares.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ParameterError
            When the suffix names no format, or the product has no such table.
        MissingExtra
            When the format needs a package that is not installed.
        StoreError
            When the folder does not exist, or the disk is full.
        """
        path, name = Path(path), _name(self, table)
        if path.suffix.lower() in _WHOLE:
            return place(path, lambda temporary: write_product(temporary, self))  # pyrefly: ignore[bad-argument-type]
        write = writer(path, _WHOLE)
        return place(path, lambda temporary: write(temporary, self.to_table(name), image_header(self)))


def image_header(product: Any) -> 'Header':
    """Return the header of the image to which a catalogue belongs, its principal input, with the known WCS."""
    from astropy.io import fits
    origin = next(iter(listed(getattr(product, type(product).principal_role()))), None) if type(product).inputs() else None
    known = origin if origin is not None and origin.is_committed and origin.filename else None
    whole = known.header if known is not None else product_header(product)
    header = fits.Header([card for card in whole.cards if len(card.keyword) <= 8 and card.keyword not in _SUMS])
    if (wcs := product.wcs) is not None:
        with quiet():
            header.update(wcs.to_header(relax=True))
    return header


def _name(product: Any, table: str | None) -> str:
    """Return the name of a table of `product`, by default of the first one."""
    known = type(product).table_names()
    name = known[0] if table is None and known else table
    if name is None or name not in known:
        what = f'no table {table!r}{near(table, known)}: it has {", ".join(known)}' if known else \
            'no table: its content is an image, which retrieve() copies'
        raise ParameterError(f'{product} has {what}')
    return name
