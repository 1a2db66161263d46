"""File systems of fsspec: opened by their URL, asked again when a connection breaks, their errors explained with a remedy."""

import random
import time
from collections.abc import Callable
from typing import Any, TypeVar

from awlike.errors import ConfigError, MissingExtra, StoreError, StoreUnreachable
from awlike.masking import masked

T = TypeVar('T')
PAUSES = (0.5, 2.0, 8.0)  # seconds between tries
OBJECT_STORES = {'s3', 's3a', 'gs', 'gcs', 'abfs', 'abfss', 'az'}  # an upload appears whole or not at all; no real folders

_CREDENTIALS = ('Put them into store_options (for S3 key and secret), or where that service looks for them '
                '(such as ~/.aws/credentials)')
_REMEDIES = {
    'NoCredentialsError': _CREDENTIALS, 'PartialCredentialsError': _CREDENTIALS, 'DefaultCredentialsError': _CREDENTIALS,
    'InvalidAccessKeyId': f'The credentials are wrong. {_CREDENTIALS}',
    'SignatureDoesNotMatch': f'The credentials are wrong. {_CREDENTIALS}',
    'AuthenticationException': f'The credentials are wrong. {_CREDENTIALS}',
    'InvalidToken': 'The credentials are wrong or old: log in there again',
    'ExpiredToken': 'The credentials are old: log in there again',
    'RequestTimeTooSkewed': 'The clock of this machine is wrong: set it, best by NTP',
    'NoSuchBucket': 'Make the bucket, or correct the setting store',
    'InvalidBucketName': 'Correct the setting store',
    'AccessDenied': 'Ask the owner of the bucket for leave to list, read, write and delete there',
    '403': 'Ask the owner of the bucket for leave to list, read, write and delete there; or the credentials are wrong: '
           'see store_options',
    'PermanentRedirect': 'The bucket is in another region: put endpoint_url or region into store_options',
    'AuthorizationHeaderMalformed': 'The bucket is in another region: put endpoint_url or region into store_options',
}
_LASTING = (FileNotFoundError, FileExistsError, PermissionError, NotADirectoryError, IsADirectoryError, StoreError,
            NotImplementedError, TypeError, ValueError, ImportError)


def open_filesystem(url: str, options: dict[str, Any]) -> tuple[Any, str]:
    """Return the fsspec file system of `url`, whose listings are never old, and the path in it.

    Raises
    ------
    MissingExtra
        If fsspec, or the package that knows this kind of URL, is not installed.
    ConfigError
        If the URL or the options have no meaning.
    """
    protocol = url.partition('://')[0]
    try:
        import fsspec
        from fsspec.asyn import AsyncFileSystem
        options = dict(options)
        if issubclass(fsspec.get_filesystem_class(protocol), AsyncFileSystem):
            options.setdefault('use_listings_cache', False)
        if protocol in ('s3', 's3a'):  # `attempt` tries again, and says when that is in vain
            ours = {'retries': {'max_attempts': 0}, 'max_pool_connections': 32}
            options['config_kwargs'] = ours | options.get('config_kwargs', {})
        return fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        how = "pip install 'awlike[s3]'" if protocol in ('s3', 's3a') else str(error)
        raise MissingExtra(f'the data server {masked(url)} needs a package that is not installed: {how}') from None
    except (TypeError, ValueError) as error:
        raise ConfigError(f'the data server {masked(url)} cannot be used: {masked(error)}. Correct the settings store and '
                          'store_options') from None


def attempt(work: Callable[[int], T], what: str, pauses: tuple[float, ...] | None = None) -> T:
    """Return the result of ``work(number)``, `number` counting the tries; after an error that may pass, try again.

    Parameters
    ----------
    what : str
        The failure as errors tell it, for example ``'a.fits cannot be stored in s3://bucket'``.
    pauses : tuple of float, optional
        Approximate seconds to wait between tries; default `PAUSES`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    StoreError
        After any other error, with the remedy.
    """
    for number, pause in enumerate((*(PAUSES if pauses is None else pauses), None)):
        try:
            return work(number)
        except Exception as error:  # each file system has its own errors
            marks = _marks(error)
            if isinstance(error, FileNotFoundError) and 'NoSuchBucket' not in marks:
                raise
            if pause is None or isinstance(error, _LASTING) or marks & _REMEDIES.keys():
                raise _store_error(error, marks, what) from error
            time.sleep(pause * random.uniform(0.5, 1))  # so that many processes do not come back at the same moment
    raise AssertionError('the last try returns or raises')


def _marks(error: BaseException | None) -> set[str]:
    """Return the names of an error and of its causes, and the error codes of the server."""
    marks: set[str] = set()
    while error is not None:
        response = getattr(error, 'response', None)
        code = response.get('Error', {}).get('Code') if isinstance(response, dict) else None
        marks |= {type(error).__name__, *([code] if code else [])}
        error = error.__cause__
    return marks


def _store_error(error: Exception, marks: set[str], what: str) -> StoreError:
    """Return the error as a StoreError that says what to do."""
    if isinstance(error, StoreError):
        return error
    remedy = next((text for mark, text in _REMEDIES.items() if mark in marks), None)
    kind = StoreError
    if remedy is None:
        kind = StoreError if isinstance(error, PermissionError | TypeError | ValueError) else StoreUnreachable
        remedy = ('See the credentials in store_options' if isinstance(error, PermissionError) else
                  'Correct the settings store and store_options' if isinstance(error, (TypeError, ValueError)) else
                  'Check the network, and store and endpoint_url (in store_options), and try again')
    reason = ' '.join(str(error).split()).rstrip('.') or type(error).__name__
    return kind(f'{what}: {masked(reason)[:300]}. {remedy}')
