"""File systems of fsspec: opened by their URL, asked again when a connection breaks, their errors told with what to do."""

import random
import time

from awlike.config import masked
from awlike.errors import ConfigError, MissingExtra, StoreError

PAUSES = (0.5, 2.0, 8.0)  # seconds between tries
OBJECT_STORES = {'s3', 's3a', 'gs', 'gcs', 'abfs', 'abfss', 'az'}  # an upload appears whole or not at all; no real folders

_CREDENTIALS = ('Put them into store_options (for S3 key and secret), or where that service looks for them '
                '(as ~/.aws/credentials)')
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


def open_filesystem(url: str, options: dict):
    """The fsspec file system of `url`, whose listings are never old, and the path there.

    Raises
    ------
    MissingExtra
        When fsspec, or the package that knows this kind of URL, is not installed.
    ConfigError
        When the URL or the options have no meaning.
    """
    protocol = url.partition('://')[0]
    try:
        import fsspec
        from fsspec.asyn import AsyncFileSystem
        options = dict(options)
        if issubclass(fsspec.get_filesystem_class(protocol), AsyncFileSystem):
            options.setdefault('use_listings_cache', False)
        if protocol in ('s3', 's3a'):  # we try again ourselves, and tell when that is in vain
            ours = {'retries': {'max_attempts': 0}, 'max_pool_connections': 32}
            options['config_kwargs'] = ours | options.get('config_kwargs', {})
        return fsspec.core.url_to_fs(url, **options)
    except ImportError as error:
        how = "pip install 'awlike[s3]'" if protocol in ('s3', 's3a') else str(error)
        raise MissingExtra(f'the data server {masked(url)} needs a package that is not installed: {how}') from None
    except (TypeError, ValueError) as error:
        raise ConfigError(f'the data server {masked(url)} cannot be used: {error}. Correct the settings store and '
                          'store_options') from None


def attempt(work, what: str, pauses=None):
    """The result of ``work(number)``, `number` counting the tries; after what may pass it is tried again.

    Parameters
    ----------
    what : str
        What cannot be done, as in ``'a.fits cannot be stored in s3://bucket'``.
    pauses : tuple of float, optional
        Seconds to wait between tries, about; default `PAUSES`.

    Raises
    ------
    FileNotFoundError
        When it is not there.
    StoreError
        For all else, with what to do.
    """
    for number, pause in enumerate((*(PAUSES if pauses is None else pauses), None)):
        try:
            return work(number)
        except Exception as error:  # each file system has errors of its own
            marks = _marks(error)
            if isinstance(error, FileNotFoundError) and 'NoSuchBucket' not in marks:
                raise
            if pause is None or isinstance(error, _LASTING) or marks & _REMEDIES.keys():
                raise _told(error, marks, what) from error
            time.sleep(pause * random.uniform(0.5, 1))  # so that many do not come back at the same moment


def _marks(error) -> set:
    """The names of an error and its causes, and the codes that a server gave."""
    marks = set()
    while error is not None:
        response = getattr(error, 'response', None)
        code = response.get('Error', {}).get('Code') if isinstance(response, dict) else None
        marks |= {type(error).__name__, *([code] if code else [])}
        error = error.__cause__
    return marks


def _told(error, marks, what) -> StoreError:
    if isinstance(error, StoreError):
        return error
    remedy = next((text for mark, text in _REMEDIES.items() if mark in marks), None)
    if remedy is None:
        remedy = ('See the credentials in store_options' if isinstance(error, PermissionError) else
                  'Correct the settings store and store_options' if isinstance(error, (TypeError, ValueError)) else
                  'See that the network works and that store and endpoint_url (in store_options) are right, and ask again')
    reason = ' '.join(str(error).split()).rstrip('.') or type(error).__name__
    return StoreError(f'{what}: {masked(reason)[:300]}. {remedy}')
