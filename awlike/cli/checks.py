"""The checks of `awe doctor`. Each yields its results, and makes or changes nothing."""

import dataclasses
import datetime
import importlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awlike.config import Settings

OK, WARNING, PROBLEM = 'ok', 'warning', 'problem'
_LITTLE = 10e9  # bytes: warn when the disk of the store has less free space
_NETWORK = {'nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'fuse.sshfs', 'afs', 'lustre', 'beegfs', '9p', 'ceph'}


@dataclasses.dataclass
class CheckResult:
    """The result of a check: its subject, its state, a description, and what to do about it."""

    subject: str
    state: str
    text: str
    mend: str = ''

    def __str__(self) -> str:
        return f'{self.state:8} {self.subject:11} {self.text}' + (f'\n{"":21}{self.mend}' if self.mend else '')


def versions() -> Iterator[CheckResult]:
    """Compare Python and the libraries with the requirements of the installed awlike."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement
    try:
        wanted = [Requirement(text) for text in requires('awlike') or ()]
    except PackageNotFoundError:
        yield CheckResult('versions', WARNING, 'awlike is not installed and runs from its folder',
                          'install it by pip install .')
        return
    bad = 0
    for requirement in wanted:
        if requirement.marker is not None and not requirement.marker.evaluate({'extra': ''}):
            continue
        try:
            installed = version(requirement.name)
        except PackageNotFoundError:
            installed = None
        if installed is None or not requirement.specifier.contains(installed, prereleases=True):
            bad += 1
            yield CheckResult('versions', PROBLEM,
                              f'{requirement.name} {installed or "is not installed"}; awlike needs {requirement}',
                              f"pip install '{requirement}'")
    if not bad:
        from awlike import __version__
        yield CheckResult('versions', OK, f'awlike {__version__}, Python {sys.version.split()[0]}, and all that they need')


def kernels() -> Iterator[CheckResult]:
    """Check that compiled kernels can be kept from one process to the next."""
    import awlike
    try:
        importlib.import_module('numba')
    except Exception as error:  # a broken compiler raises anything
        yield CheckResult('kernels', PROBLEM, f'numba does not work: {type(error).__name__}: {error}',
                          'pip install --force-reinstall numba')
        return
    beside = Path(awlike.__path__[0]) / 'pixels'
    folders = [os.environ['NUMBA_CACHE_DIR']] if os.environ.get('NUMBA_CACHE_DIR') else [
        beside / '__pycache__', beside, Path.home() / '.cache']
    if any(os.access(folder, os.W_OK) for folder in folders):
        yield CheckResult('kernels', OK, 'numba works and keeps what it compiles')
    else:
        yield CheckResult('kernels', WARNING, f'{folders[0]} cannot be written to: each process compiles the kernels anew',
                          'set NUMBA_CACHE_DIR to a folder of yours')


def configuration() -> Iterator[CheckResult]:
    """Check that the settings can be read, and find environment variables that are no setting."""
    from awlike.config import PREFIX, Settings, settings, settings_file
    from awlike.errors import ConfigError
    from awlike.spelling import near
    try:
        settings()
    except ConfigError as error:
        yield CheckResult('settings', PROBLEM, str(error), 'awe config shows what is in force, once it can be read')
        return
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(name for name in os.environ if name.startswith(PREFIX) and name not in known):
        meant = near(name.removeprefix(PREFIX).lower(), Settings.model_fields)
        yield CheckResult('settings', WARNING, f'the environment has {name}, which is no setting{meant}', f'unset {name}')
    file = settings_file()
    yield CheckResult('settings', OK,
                      str(file) if file.exists() else 'the environment and the defaults; there is no awlike.toml')


def home() -> Iterator[CheckResult]:
    """Check the folder AWLIKE_HOME."""
    from awlike.config import settings
    folder = settings().home
    if not can_be_written_to(folder):
        yield CheckResult('home', PROBLEM, f'{folder} cannot be written to',
                          'ask its owner, or set AWLIKE_HOME to a folder of yours')
    elif not folder.exists():
        yield CheckResult('home', OK, f'{folder} is not there yet: it is made at first use')
    elif folder.stat().st_mode & 0o002:
        yield CheckResult('home', WARNING, f'{folder} can be written to by everybody on this machine', f'chmod o-w {folder}')
    else:
        yield CheckResult('home', OK, str(folder))


def store() -> Iterator[CheckResult]:
    """Check that the data server is there, can be written to, and has space."""
    from awlike.config import settings
    folder = settings().store_place
    if not isinstance(folder, Path):
        yield from _store_elsewhere(settings())
        return
    if not can_be_written_to(folder):
        yield CheckResult('store', PROBLEM, f'{folder} cannot be written to',
                          'ask its owner, or set AWLIKE_STORE to another folder')
        return
    free = shutil.disk_usage(_nearest_existing(folder)).free
    space = f'{free / 1e9:.0f} GB free' if free > 1e10 else f'{free / 1e9:.1f} GB free'
    if free < _LITTLE:
        yield CheckResult('store', WARNING, f'{folder}: only {space}',
                          'awe purge drops files that can be made again; or set AWLIKE_STORE to a larger disk')
    else:
        yield CheckResult('store', OK, f'{folder}, {space}' + ('' if folder.exists() else '; it is made at first use'))


def _store_elsewhere(found: 'Settings') -> Iterator[CheckResult]:
    """Check the data server behind a URL, and the cache of its files."""
    from awlike.errors import AwlikeError
    from awlike.store import server
    try:
        remote: Any = server()  # a server behind a URL, and only such a server, has `check`
        remote.check()
        yield CheckResult('store', OK, f'{remote.place}: a small file was written, read and removed')
    except AwlikeError as error:
        yield CheckResult('store', PROBLEM, str(error), 'awe config shows the settings store and store_options')
    folder = found.cache_folder
    if not can_be_written_to(folder):
        yield CheckResult('cache', PROBLEM, f'{folder} cannot be written to',
                          'ask its owner, or set AWLIKE_CACHE to another folder')
        return
    kept = sum(path.stat().st_size for path in folder.glob('[!.]*/*'))
    free = shutil.disk_usage(_nearest_existing(folder)).free
    text = f'{folder}, {kept / 1e9:.1f} of {found.cache_size:g} GB, {free / 1e9:.0f} GB free on its disk'
    if kept + free < found.cache_bytes:
        yield CheckResult('cache', WARNING, text,
                          'set AWLIKE_CACHE_SIZE to a size that fits on the disk, or AWLIKE_CACHE to another disk')
    else:
        yield CheckResult('cache', OK, text)


def can_be_written_to(folder: Path) -> bool:
    """Return whether files can be written into `folder`, or the folder can be made."""
    existing = _nearest_existing(folder)
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _nearest_existing(path: Path) -> Path:
    """Return `path`, or the nearest folder above that exists."""
    return next(place for place in (path, *path.parents) if os.path.exists(place))


def file_system() -> Iterator[CheckResult]:
    """Check that the database is on a disk whose locks can be trusted."""
    from awlike.config import settings
    file = settings().database_file
    if file is None or not os.path.exists('/proc/mounts'):
        return
    folder = file.resolve().parent
    mounts = [line.split()[1:3] for line in Path('/proc/mounts').read_text().splitlines()]
    within = [(where, kind) for where, kind in mounts if folder.is_relative_to(where.replace(r'\040', ' '))]
    where, kind = max(within, key=lambda mount: len(mount[0]), default=('', ''))
    if kind in _NETWORK:
        yield CheckResult('database', WARNING,
                          f'its folder {folder} is on a network disk ({kind}), where machines cannot share an SQLite database',
                          'put it on a local disk by AWLIKE_DATABASE, or use PostgreSQL')


def clock(now: datetime.datetime | None = None) -> Iterator[CheckResult]:
    """Check that the clock shows no date in the past, and that time zones are known."""
    from zoneinfo import ZoneInfo
    now = now or datetime.datetime.now(datetime.UTC)
    if not 2025 <= now.year < 2100:
        yield CheckResult('clock', PROBLEM, f'the clock of this machine shows {now:%Y-%m-%d %H:%M}', 'set the clock')
    try:
        ZoneInfo('America/Santiago')
        yield CheckResult('clock', OK, f'{now:%Y-%m-%d %H:%M} UTC; time zones are known')
    except (LookupError, OSError):
        yield CheckResult('clock', PROBLEM, 'time zones are not known here', 'pip install tzdata')


def own_files() -> Iterator[CheckResult]:
    """Check that the user's own cameras and recipes can be read."""
    from awlike.cameras.known import cameras
    from awlike.config import settings
    from awlike.errors import AwlikeError
    for what, folder, pattern in (('cameras', settings().instrument_folder, '*.toml'),
                                  ('recipes', settings().recipe_folder, '*.py')):
        number = len(list(folder.glob(pattern)))
        if not number:
            continue
        try:
            if what == 'cameras':
                cameras()
            else:
                import awlike.names  # noqa: F401 -- declares what recipes import
                from awlike.tasks.known import tasks
                tasks()
        except AwlikeError as error:
            yield CheckResult(what, PROBLEM, str(error), f'mend it, or move it out of {folder}')
        else:
            yield CheckResult(what, OK, f'{number} of your own in {folder}')


def notices() -> Iterator[CheckResult]:
    """Check that the receivers of notices get them; nothing where the settings name no receiver."""
    from awlike.config import settings
    from awlike.notices import notices as kept
    from awlike.notices.outbox import receivers
    if not receivers(settings()):
        return
    waiting = [one for one in kept() if one.waiting]
    if waiting:
        yield CheckResult('notices', WARNING, f'{len(waiting)} wait; the last trial: {waiting[-1].error or "none yet"}',
                          'awe notices send tries again')
    else:
        yield CheckResult('notices', OK, f'{", ".join(receivers(settings()))}: nothing waits')
