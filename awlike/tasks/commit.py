"""Commit: one product and its file, whole or not at all."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from awlike.context import context
from awlike.database.retry import is_there_after
from awlike.database.sessions import database
from awlike.errors import Unreachable
from awlike.products.content import is_kept
from awlike.products.file_names import stamp_name
from awlike.products.fits_files import write_product
from awlike.products.image_cache import remember
from awlike.store import server

if TYPE_CHECKING:
    from awlike.database.claims import Claims
    from awlike.planning.step import Step
    from awlike.products.product import ProcessTarget
    from awlike.tasks.execute import Job


class NoClaim:
    """In place of a claim where nobody else can want the same."""

    released = True

    def will_store(self, filename: str) -> None:
        """A claim notes the file."""

    def release(self, connection: Connection, product: 'ProcessTarget') -> None:
        """A claim ends."""


class Claim(NoClaim):
    """The claim on one product."""

    def __init__(self, claims: 'Claims', key: str, job: 'Job', step: 'Step') -> None:
        self._claims, self._key, self._job, self._step, self.released = claims, key, job, step, False

    def will_store(self, filename: str) -> None:
        self._claims.will_store(self._key, filename)

    def release(self, connection: Connection, product: 'ProcessTarget') -> None:
        self._claims.release(connection, self._key)
        self._job.committing(connection, self._step, product)


def commit_product(product: Any, claim: NoClaim | None = None) -> None:
    """Store a product: first its file, whole and on the disk, then one transaction with all facts about it.

    A crash in between leaves a file that only the claim names; who takes the claim over removes it. When the connection
    is lost while it commits, the database is asked, once it is back, which way it went.
    """
    claim = claim or NoClaim()
    context.stamp(product)
    context.check_inputs(product)
    data, has_file = product.data, is_kept(product)
    if has_file:
        product.filename = stamp_name(product)
        claim.will_store(product.filename)
        with server().new_file(product.filename) as path:
            write_product(path, product)
            product.size = path.stat().st_size
    db = database()
    try:
        with db.transaction() as connection:
            context.hold_inputs(product, connection)
            db.insert(connection, [product])
            claim.release(connection, product)
    except BaseException as error:
        if not is_there_after(error, product):
            if has_file:
                server().remove(product.filename)
            raise
        if not isinstance(error, Unreachable):  # it is there, and somebody else tells what interrupted
            raise
    claim.released = True
    db.adopt([product])
    product.__dict__.pop('_content', None)
    if data is not None:
        del product._data
        remember(product, data)
