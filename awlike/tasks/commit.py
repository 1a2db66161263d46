"""Commit: one product and its file, whole or not at all."""

from awlike.context import context
from awlike.database.retry import is_there_after
from awlike.database.sessions import database
from awlike.errors import (
    Unreachable,
)
from awlike.products.file_names import stamp_name
from awlike.products.fits_files import write_product
from awlike.products.image_cache import remember
from awlike.store import server


class NoClaim:
    """In place of a claim where nobody else can want the same."""

    released = True

    def will_store(self, filename) -> None:
        """Somebody with a claim notes the file."""

    def release(self, connection, product) -> None:
        """Somebody with a claim ends it."""


class _Claim(NoClaim):
    """The claim on one product."""

    def __init__(self, claims, key, job, step):
        self._claims, self._key, self._job, self._step, self.released = claims, key, job, step, False

    def will_store(self, filename) -> None:
        self._claims.will_store(self._key, filename)

    def release(self, connection, product) -> None:
        self._claims.release(connection, self._key)
        self._job.committing(connection, self._step, product)


def commit_product(product, claim: NoClaim = NoClaim()) -> None:
    """Store a product: first its file, whole and on the disk, then one transaction with all that is to be known of it.

    A crash in between leaves a file that only the claim names; who takes the claim over removes it. When the connection
    is lost while it commits, the database is asked, once it is back, which way it went.
    """
    context.stamp(product)
    context.check_inputs(product)
    data = product.data
    if data is not None:
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
            if data is not None:
                server().remove(product.filename)
            raise
        if not isinstance(error, Unreachable):  # it is there, and what interrupted is somebody else's to tell
            raise
    claim.released = True
    db.adopt([product])
    if data is not None:
        del product._data
        remember(product, data)
