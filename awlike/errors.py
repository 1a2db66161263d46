"""The exceptions of awlike: one tree, each also the builtin that a caller would expect.

Every message names the thing, the rule that it breaks and what to do next.
"""


class AwlikeError(Exception):
    """Root of everything that awlike raises on purpose."""


class ConfigError(AwlikeError, ValueError):
    """A setting has no meaning."""


class Unreachable(ConfigError):
    """The database gives no connection, or the connection was lost; it may be back in a moment."""


class QueryError(AwlikeError, TypeError):
    """A query was written in a way that cannot mean what its writer intends."""


class UnknownAttribute(AwlikeError, AttributeError):
    """A class has no attribute or parameter of that name."""


class NotFound(AwlikeError, LookupError):
    """Nothing (visible) answers to that name, id or query."""


class NoSuchIndex(NotFound, IndexError):
    """A query has fewer objects than that."""


class NotAllowed(AwlikeError, PermissionError):
    """The rules of projects and privileges forbid it."""


class Immutable(AwlikeError, AttributeError):
    """What is committed does not change."""


class ParameterError(AwlikeError, ValueError):
    """A process parameter or an argument of a task is out of its range."""


class HeaderError(AwlikeError, ValueError):
    """A raw file, or a header keyword in it, cannot be used."""


class StoreError(AwlikeError, OSError):
    """A file is not where, or not what, the database says."""


class NotStored(StoreError):
    """A file is not on the data server."""


class NoCalibration(AwlikeError, LookupError):
    """No calibration serves and there is nothing to make one from."""


class ProcessingError(AwlikeError, RuntimeError):
    """One or more targets of a task could not be made."""


class Cancelled(ProcessingError):
    """Its user called the job off."""


class WorkerDied(AwlikeError):
    """The worker of a job died while it made a product, again and again; nothing else is made without that product."""


class DefinitionError(AwlikeError, TypeError):
    """A persistent class is declared in a way that cannot work."""


class MissingExtra(AwlikeError, ImportError):
    """An optional library that this needs is not installed."""


def said(error: BaseException) -> str:
    """What `error` says; of one that is not awlike's own, with its type."""
    return str(error) if isinstance(error, AwlikeError) else f'{type(error).__name__}: {error}'
