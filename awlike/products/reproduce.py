"""Making a product again from its lineage: to compare bit by bit, or because its file was dropped or lost."""

import logging
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import delete, select

from awlike.config import settings
from awlike.database.sessions import database
from awlike.digests import content_digest
from awlike.errors import StoreError
from awlike.persist.header_correction import ROLE, latest
from awlike.persist.links import listed
from awlike.persist.tables import dropped_file
from awlike.products.code_digest import code_digest
from awlike.products.fits_files import file_content_digest, write_product
from awlike.products.making import produce
from awlike.products.raw import RawFrame
from awlike.store import server
from awlike.store.whole_files import place_in
from awlike.terminal import Readable

if TYPE_CHECKING:
    from awlike.products.product import ProcessTarget

log = logging.getLogger('awlike')


class Reproduction(Readable):
    """A product, and the result of making it again.

    Attributes
    ----------
    identical : bool
        Whether pixels and values are the same, bit by bit.
    again : ProcessTarget
        The result, in memory.
    """

    def __init__(self, product: 'ProcessTarget', again: 'ProcessTarget') -> None:
        self.product, self.again = product, again
        self.identical = again.digest == product.digest

    def __bool__(self) -> bool:
        return self.identical

    def __str__(self) -> str:
        if self.identical:
            return f'{self.product}, made again, is the same bit by bit'
        cls = type(self.product)
        same_code = (self.product.make_version, self.product.code_digest) == (cls.MAKE_VERSION, code_digest(cls))
        return (f'{self.product}, made again, is not the same: its digest was {self.product.digest}, '
                f'it is {self.again.digest}; {self._pixels()}'
                + ('the code is the same, so the libraries or the platform differ' if same_code else
                   'it was made by other code than what is here now'))

    def _pixels(self) -> str:
        if self.product.filename is None or not server().has(self.product.filename):
            return ''
        old, new = self.product.data, self.again.data
        if old is None or new is None:
            return 'its image is there in one of the two; ' if old is not new else ''
        if old.shape != new.shape:
            return f'its shape was {old.shape}, it is {new.shape}; '
        differ = ~((old == new) | (np.isnan(old) & np.isnan(new)))
        return f'{differ.sum()} of {differ.size} pixels differ; '


def reproduce(product: 'ProcessTarget') -> Reproduction:
    """Make `product` again in memory, from its recorded inputs and parameters, by the code of today.

    Raises
    ------
    StoreError
        When the product was imported: awlike did not make it. When the header of a raw frame was corrected since.
    """
    if product.imported:
        raise StoreError(f'{product} {product.why_keep_file().removeprefix("it ")}: where its file is lost, put it back from a '
                         'backup')
    if headers_differ(product):
        raise StoreError(f'{product} cannot be made again as it was: the headers of its raw frames were corrected since, or '
                         'a correction was taken back. Its task makes another, with the headers of now')
    inputs = {role: getattr(product, role) for role in type(product).inputs()}
    return Reproduction(product, produce(type(product), inputs, product.process_params,
                                         grid=getattr(product, 'grid', None)))


def headers_differ(product: 'ProcessTarget') -> bool:
    """Return whether other corrections of the headers of its raw frames are in force than when `product` was made."""
    roles = type(product).inputs()
    if ROLE not in roles:
        return False
    raws = {one.object_id for role in roles for one in listed(getattr(product, role)) if isinstance(one, RawFrame)}
    now = {one.digest for one in latest(raws).values() if one.in_force}
    return now != {one.digest for one in getattr(product, ROLE)}


def restore(product: 'ProcessTarget') -> None:
    """Make the file of `product` again and put it where it was.

    Raises
    ------
    StoreError
        When the result differs from the committed product; the result is kept in the folder `differing` to look at.
    """
    if not server().has(product.filename):  # another process may have been quicker
        _make_file(product)
    with database().transaction() as connection:
        connection.execute(delete(dropped_file).where(dropped_file.c.object_id == product.object_id))


def _make_file(product: 'ProcessTarget') -> None:
    log.info('%s is made again from its lineage', product)
    outcome = reproduce(product)
    if not outcome.identical:
        folder = settings().home.expanduser() / 'differing'
        folder.mkdir(parents=True, exist_ok=True)
        _dress(outcome.again, product)
        kept = place_in(folder, product.filename, lambda path: write_product(path, outcome.again))
        raise StoreError(f'{outcome}. What came out is kept in {kept}; '
                         'with the versions that it was made by, it can be made again as it was')
    _dress(outcome.again, product, 'make_version', 'code_digest', 'libraries', 'recipe', 'selection', 'seconds')
    with server().new_file(product.filename, again=True) as path:
        write_product(path, outcome.again)


def is_lost(product: 'ProcessTarget') -> bool:
    """Return whether the file of `product` should be on the data server and is not."""
    if product.filename is None or server().has(product.filename):
        return False
    reason = select(dropped_file.c.reason).where(dropped_file.c.object_id == product.object_id)
    return database().session.scalar(reason) != 'purged'


def content_now(product: 'ProcessTarget') -> str:
    """Return the digest of what the file of `product` and the database hold now; it should equal its `digest`."""
    values = {name: value for name in product.own_values() if (value := getattr(product, name)) is not None}
    if product.filename is None:
        return content_digest(None, values)
    return file_content_digest(server().open_path(product.filename), values)


def _dress(again: 'ProcessTarget', product: 'ProcessTarget', *more: str) -> None:
    """Copy name, stamps and what its plan knew of `product`, and its attributes `more`, to `again`, which replaces it."""
    again.__dict__['object_id'] = product.object_id
    for name in ('filename', 'creator', 'project', 'creation_date', 'DATE_OBS', 'setup', 'calibration_levels',
                 'reference_choices', 'members_left_out', *more):
        setattr(again, name, getattr(product, name))
