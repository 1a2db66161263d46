"""Commit: one product and its file, whole or not at all."""

from concurrent.futures import Executor, wait
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from awlike.context import context
from awlike.current import in_this_context
from awlike.database.retry import is_there_after
from awlike.database.sessions import database
from awlike.errors import Unreachable
from awlike.products.content import is_kept
from awlike.products.file_names import stamp_name
from awlike.products.fits_files import ProductFile
from awlike.products.image_cache import remember
from awlike.store import server

if TYPE_CHECKING:
    from awlike.database.claims import Claims
    from awlike.planning.step import Step
    from awlike.products.product import ProcessTarget
    from awlike.tasks.job import Job


class NoClaim:
    """In place of a claim where nobody else can want the same."""

    released = True

    def will_store(self, filename: str) -> None:
        """A claim notes the file."""

    def release(self, connection: Connection, product: 'ProcessTarget') -> None:
        """A claim ends."""

    def give_up(self) -> None:
        """A claim on what is not committed ends."""


class Claim(NoClaim):
    """The claim on one product."""

    def __init__(self, claims: 'Claims', key: str, job: 'Job', step: 'Step') -> None:
        self._claims, self._key, self._job, self._step, self.released = claims, key, job, step, False

    def will_store(self, filename: str) -> None:
        self._claims.will_store(self._key, filename)

    def release(self, connection: Connection, product: 'ProcessTarget') -> None:
        self._claims.release(connection, self._key)
        self._job.committing(connection, self._step, product)

    def give_up(self) -> None:
        if not self.released:
            self._claims.give_up(self._key)


class Storing:
    """A product on its way into the archive: its file is being written, and `finish` commits the product.

    First comes the file, whole and on the disk, then one transaction with all facts about the product. A crash in between
    leaves a file that only the claim names; who takes the claim over removes it.

    Parameters
    ----------
    product : ProcessTarget
        The product; all its inputs are committed.
    claim : NoClaim, optional
        The claim on the product.
    writer : Executor, optional
        Writes the file, while this thread goes on. By default `finish` writes it.
    """

    def __init__(self, product: Any, claim: NoClaim | None = None, writer: Executor | None = None) -> None:
        self.product, self.claim = product, claim or NoClaim()
        context.stamp(product)
        context.check_inputs(product)
        self._data, self._file, self._is_stored = product.data, None, False
        if is_kept(product):
            product.filename = stamp_name(product)
            self._file = ProductFile(product)
        self._written = writer.submit(in_this_context(self._write)) if writer and self._file else None

    @property
    def is_written(self) -> bool:
        """True if `finish` need not wait for the file."""
        return self._written is None or self._written.done()

    def _write(self) -> int | None:
        """Write the file, whole and on the disk; return its size in bytes."""
        if self._file is None:
            return None
        self.claim.will_store(self.product.filename)
        with server().new_file(self.product.filename) as path:
            size = self._file.write(path)
        self._is_stored = True
        return size

    def finish(self) -> None:
        """Commit the product once its file is whole; after an error, neither is there.

        When the connection is lost while it commits, the database is asked, once it is back, which way it went.
        """
        product, db = self.product, database()
        try:
            product.size = self._write() if self._written is None else self._written.result()
        except BaseException:
            self.abandon()
            raise
        try:
            with db.transaction() as connection:
                context.hold_inputs(product, connection)
                db.insert(connection, [product])
                self.claim.release(connection, product)
        except BaseException as error:
            if not is_there_after(error, product):
                self.abandon()
                raise
            if not isinstance(error, Unreachable):  # it is there, and somebody else tells what interrupted
                raise
        self._adopt()

    def abandon(self) -> None:
        """Remove the file of a product that is not committed; a file that is just being written is waited for."""
        if self._written is not None:
            wait([self._written])
        if self._is_stored:
            server().remove(self.product.filename)

    def _adopt(self) -> None:
        """Register the committed product with the session; from now on its image is read from its file."""
        product = self.product
        self.claim.released = True
        database().adopt([product])
        product.__dict__.pop('_content', None)
        if self._data is not None:
            del product._data
            remember(product, self._data)


def commit_product(product: Any) -> None:
    """Store a product that nobody else can want; see `Storing`."""
    Storing(product).finish()
