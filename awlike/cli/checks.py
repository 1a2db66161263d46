"""What `awe doctor` looks at. Each check yields what it found; none makes or changes anything."""

import dataclasses
import datetime
import importlib
import os
import shutil
import sys
from pathlib import Path

OK, WARNING, PROBLEM = 'ok', 'warning', 'problem'
_LITTLE = 10e9        # bytes free on the disk of the store, below which it is told
_NETWORK = {'nfs', 'nfs4', 'cifs', 'smb3', 'smbfs', 'fuse.sshfs', 'afs', 'lustre', 'beegfs', '9p', 'ceph'}


@dataclasses.dataclass
class CheckResult:
    """What a check found: of what, whether it is well, in words, and what to do about it."""

    subject: str
    state: str
    text: str
    mend: str = ''

    def __str__(self):
        return f'{self.state:8} {self.subject:11} {self.text}' + (f'\n{"":21}{self.mend}' if self.mend else '')


def versions():
    """Python and the libraries, against what the installed distribution asks for."""
    from importlib.metadata import PackageNotFoundError, requires, version

    from packaging.requirements import Requirement
    try:
        wanted = [Requirement(text) for text in requires('awlike') or ()]
    except PackageNotFoundError:
        yield CheckResult('versions', WARNING, 'awlike is not installed, it is run from its folder', 'install it by pip install .')
        return
    bad = 0
    for one in wanted:
        if one.marker is not None and not one.marker.evaluate({'extra': ''}):
            continue
        try:
            there = version(one.name)
        except PackageNotFoundError:
            there = None
        if there is None or not one.specifier.contains(there, prereleases=True):
            bad += 1
            yield CheckResult('versions', PROBLEM, f'{one.name} {there or "is not here"}; awlike needs {one}',
                        f"pip install '{one}'")
    if not bad:
        from awlike import __version__
        yield CheckResult('versions', OK, f'awlike {__version__}, Python {sys.version.split()[0]}, and all that they need')


def kernels():
    """Whether compiled kernels can be kept from one process to the next."""
    import awlike
    try:
        importlib.import_module('numba')
    except Exception as error:  # whatever a broken compiler raises
        yield CheckResult('kernels', PROBLEM, f'numba does not work: {type(error).__name__}: {error}',
                    'pip install --force-reinstall numba')
        return
    beside = Path(awlike.__path__[0]) / 'pixels'
    folders = [os.environ['NUMBA_CACHE_DIR']] if os.environ.get('NUMBA_CACHE_DIR') else [
        beside / '__pycache__', beside, Path.home() / '.cache']
    if any(os.access(folder, os.W_OK) for folder in folders):
        yield CheckResult('kernels', OK, 'numba works, and what it compiles is kept')
    else:
        yield CheckResult('kernels', WARNING, f'{folders[0]} cannot be written to: kernels are compiled anew by each process',
                    'set NUMBA_CACHE_DIR to a folder of yours')


def configuration():
    """The settings: whether they can be read, and variables that are none."""
    from awlike.config import PREFIX, Settings, settings, settings_file
    from awlike.errors import ConfigError
    from awlike.spelling import near
    try:
        settings()
    except ConfigError as error:
        yield CheckResult('settings', PROBLEM, str(error), 'awe config shows what is in force, once it can be read')
        return
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    for name in sorted(one for one in os.environ if one.startswith(PREFIX) and one not in known):
        meant = near(name.removeprefix(PREFIX).lower(), Settings.model_fields)
        yield CheckResult('settings', WARNING, f'the environment has {name}, which is no setting{meant}',
                    f'unset {name}')
    file = settings_file()
    yield CheckResult('settings', OK, str(file) if file.exists() else 'the environment and the defaults; there is no awlike.toml')


def home():
    """The folder of everything."""
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


def store():
    """The data server: there, writable, with space left."""
    from awlike.config import settings
    folder = settings().store_place
    if not isinstance(folder, Path):
        yield from _store_elsewhere(settings())
        return
    if not can_be_written_to(folder):
        yield CheckResult('store', PROBLEM, f'{folder} cannot be written to',
                    'ask who owns it, or set AWLIKE_STORE to another folder')
        return
    free = shutil.disk_usage(_there(folder)).free
    space = f'{free / 1e9:.0f} GB free' if free > 1e10 else f'{free / 1e9:.1f} GB free'
    if free < _LITTLE:
        yield CheckResult('store', WARNING, f'{folder}: only {space}',
                    'awe purge drops files that can be made again; or set AWLIKE_STORE to a larger disk')
    else:
        yield CheckResult('store', OK, f'{folder}, {space}' + ('' if folder.exists() else '; it is made at first use'))


def _store_elsewhere(found):
    """The data server behind a URL, and the cache of its files."""
    from awlike.errors import AwlikeError
    from awlike.store import server
    try:
        server().check()
        yield CheckResult('store', OK, f'{server().place}: a small file was written, read and removed')
    except AwlikeError as error:
        yield CheckResult('store', PROBLEM, str(error), 'awe config shows the settings store and store_options')
    folder = found.cache_folder
    if not can_be_written_to(folder):
        yield CheckResult('cache', PROBLEM, f'{folder} cannot be written to',
                    'ask its owner, or set AWLIKE_CACHE to another folder')
        return
    kept = sum(path.stat().st_size for path in folder.glob('[!.]*/*'))
    free = shutil.disk_usage(_there(folder)).free
    text = f'{folder}, {kept / 1e9:.1f} of {found.cache_size:g} GB, {free / 1e9:.0f} GB free on its disk'
    if kept + free < found.cache_bytes:
        yield CheckResult('cache', WARNING, text,
                    'set AWLIKE_CACHE_SIZE to what the disk has space for, or AWLIKE_CACHE to another disk')
    else:
        yield CheckResult('cache', OK, text)


def can_be_written_to(folder: Path) -> bool:
    """Whether `folder` is one that files can be put into, or can be made so."""
    there = _there(folder)
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _there(path):
    """What there is of `path`: itself, or the nearest above it."""
    return next(one for one in (path, *path.parents) if os.path.exists(one))


def file_system():
    """Whether the database lies on a disk whose locks can be trusted."""
    from awlike.config import settings
    file = settings().database_file
    if file is None or not os.path.exists('/proc/mounts'):
        return
    folder = file.resolve().parent
    mounts = [line.split()[1:3] for line in Path('/proc/mounts').read_text().splitlines()]
    within = [(where, kind) for where, kind in mounts if folder.is_relative_to(where.replace(r'\040', ' '))]
    where, kind = max(within, key=lambda mount: len(mount[0]), default=('', ''))
    if kind in _NETWORK:
        yield CheckResult('database', WARNING, f'its folder {folder} is on a network disk ({kind}), where SQLite cannot be shared '
                    'between machines', 'put it on a local disk by AWLIKE_DATABASE, or use PostgreSQL')


def clock(now=None):
    """The clock, against a date that has passed for certain, and time zones."""
    from zoneinfo import ZoneInfo
    now = now or datetime.datetime.now(datetime.UTC)
    if not 2025 <= now.year < 2100:
        yield CheckResult('clock', PROBLEM, f'it is {now:%Y-%m-%d %H:%M} by the clock of this machine', 'set the clock')
    try:
        ZoneInfo('America/Santiago')
        yield CheckResult('clock', OK, f'{now:%Y-%m-%d %H:%M} UTC; time zones are known')
    except (LookupError, OSError):
        yield CheckResult('clock', PROBLEM, 'time zones are not known here', 'pip install tzdata')


def own_files():
    """A user's own cameras and recipes."""
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
                import awlike.names  # noqa: F401 -- what recipes import
                from awlike.tasks.known import tasks
                tasks()
        except AwlikeError as error:
            yield CheckResult(what, PROBLEM, str(error), f'mend it, or move it out of {folder}')
        else:
            yield CheckResult(what, OK, f'{number} of your own in {folder}')
