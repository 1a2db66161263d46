"""The exceptions of awlike: one tree, each also the builtin that a caller would expect.

Every message names the thing, the rule that it breaks and what to do next.
"""

from typing_extensions import override

from awlike.characters import readable
from awlike.masking import without_secrets


class AwlikeError(Exception):
    """Root of all errors that awlike raises on purpose. Their text is safe to show, whatever names and URLs it quotes."""

    @override
    def __str__(self) -> str:
        return readable(without_secrets(super().__str__()))


class ConfigError(AwlikeError, ValueError):
    """A setting has no meaning."""


class Unreachable(ConfigError):
    """The database accepts no connection, or the connection was lost; the database may be back in a moment."""


class DpuUnreachable(ConfigError):
    """The Dask scheduler on which jobs run does not answer."""


class QueryError(AwlikeError, TypeError):
    """A query was written in a way that cannot mean what its writer intends."""


class UnknownAttribute(AwlikeError, AttributeError):
    """A class has no attribute or parameter of that name."""


class NotFound(AwlikeError, LookupError):
    """No visible object has that name or id, or answers that query."""


class NoSuchIndex(NotFound, IndexError):
    """A query has fewer objects than the index asks for."""


class NotAllowed(AwlikeError, PermissionError):
    """The rules of projects and privileges forbid it."""


class Immutable(AwlikeError, AttributeError):
    """A committed object does not change."""


class ParameterError(AwlikeError, ValueError):
    """A process parameter or an argument of a task is out of its range."""


class HeaderError(AwlikeError, ValueError):
    """A raw file, or a header keyword in it, cannot be used. `kind` says in a word what such files are, for a count."""

    kind = 'with a header that cannot be used'


class NotFits(HeaderError):
    """A file is no FITS file, or is packed in a way that awlike does not read."""

    kind = 'not FITS'


class Damaged(HeaderError):
    """A FITS file is not whole, or was changed after it was written."""

    kind = 'damaged'


class Processed(HeaderError):
    """A file is no raw frame: an image that a pipeline processed."""

    kind = 'processed'


class Master(Processed):
    """A file is no raw frame: a master calibration."""

    kind = 'master calibrations'


class UnknownCamera(HeaderError):
    """No camera claims a header, or several do."""

    kind = 'of an unknown camera'


class StoreError(AwlikeError, OSError):
    """A file is not in the place, or does not have the content, that the database says."""


class ServiceError(AwlikeError, OSError):
    """A service of others on the network does not answer, or refuses."""


class StoreUnreachable(StoreError):
    """The data server does not answer; it may be back in a moment."""


class NotStored(StoreError):
    """A file is not on the data server."""


class NoCalibration(AwlikeError, LookupError):
    """No calibration serves and there is nothing to make one from."""


class ProcessingError(AwlikeError, RuntimeError):
    """One or more targets of a task could not be made."""


class Cancelled(ProcessingError):
    """The user of a job cancelled the job."""


class WorkerDied(AwlikeError):
    """The worker of a job died again and again while making a product; all that needs the product is not made either."""


class DefinitionError(AwlikeError, TypeError):
    """A persistent class is declared in a way that cannot work."""


class MissingExtra(AwlikeError, ImportError):
    """A function needs an optional library that is not installed."""


def said(error: BaseException) -> str:
    """Return the message of `error`; for an error of another library, with its type."""
    return str(error) if isinstance(error, AwlikeError) else f'{type(error).__name__}: {readable(without_secrets(str(error)))}'
