"""What tests share: an awlike of their own in a temporary folder, small files to read, and the real frames."""

import contextlib
import gc
import importlib
import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from astropy.io import fits

import awlike.assembly  # noqa: F401 -- who asks
from awlike import config
from awlike.context import context
from awlike.database import sessions
from awlike.pixels.kernels.kept import to_compile
from awlike.products import image_cache
from awlike.simulate import simulate
from awlike.store import use_server
from tests.databases import SQLite, databases, open_account

os.environ.setdefault('OMP_NUM_THREADS', '1')  # tests run side by side: threads of their own would only wait for each other
os.environ['MPLBACKEND'] = 'Agg'  # nor does a window open on the screen of who runs them
for _name in ('NO_COLOR', 'COLUMNS', 'LINES'):
    os.environ.pop(_name, None)
DATA = Path(__file__).resolve().parents[1].parent / 'shared' / 'data'
GOOD = {'LCAMMOD': 'nasa42', 'DETECTOR': 'E2V CCD-231 4096x4112', 'IMAGETYP': 'OBJECT', 'FILTNAME': 'VR',
        'DATE-OBS': '2019-03-26', 'UTC-OBS': '03:08:43.48', 'EXPTIME': 300.0, 'OBJECT': 'field', 'OBSERVER': 'somebody',
        'AIRMASS': 1.02, 'TRIMSEC': '[3:18,1:10]', 'BIASSEC': '[20:24,1:10]'}

hypothesis.settings.register_profile('awlike', deadline=None, max_examples=50)  # other work on the machine is no failure
hypothesis.settings.load_profile('awlike')


def pytest_addoption(parser):
    parser.addoption('--database', choices=['sqlite', 'postgresql'], default='sqlite', help='what tests keep objects in')


def pytest_collection_modifyitems(config, items):
    if config.getoption('--database') != 'sqlite':
        for item in items:
            if item.get_closest_marker('sqlite'):
                item.add_marker(pytest.mark.skip(reason='of SQLite alone'))


def pytest_collection_finish():
    frames = Path(awlike.assembly.__file__).parent / 'frames'
    for name in to_compile({f'awlike.frames.{path.stem}' for path in frames.glob('*.py')}):
        importlib.import_module(f'awlike.pixels.kernels.{name}')  # on a new machine: plans would say that it comes first
    gc.freeze()  # thousands of tests and modules stay to the end: nobody need go through them again and again


@pytest.fixture(scope='session')
def postgresql():
    """Databases of a PostgreSQL server, whatever the other tests run on; it starts with the first test that asks."""
    with databases() as found:
        yield found


@pytest.fixture(scope='session')
def on(request):
    """Where databases come from; see `tests.databases`."""
    kind = request.config.getoption('--database')
    return request.getfixturevalue('postgresql') if kind == 'postgresql' else SQLite()


@pytest.fixture(scope='session', autouse=True)
def nobodys_home(tmp_path_factory):
    """No test sees the awlike or the IPython of who runs it, nor writes into its history."""
    nobody = tmp_path_factory.mktemp('nobody')
    os.environ |= {'AWLIKE_HOME': str(nobody), 'IPYTHONDIR': str(nobody / 'ipython')}
    config.settings.cache_clear()


@pytest.fixture
def data():
    """The folder of real frames; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip('no ../shared/data')
    return DATA


def without_checksums(path, copy):
    """Copy a file whose pixels were zeroed and whose checksums were left."""
    with fits.open(path) as hdus:
        for hdu in hdus:
            for card in ('CHECKSUM', 'DATASUM'):
                hdu.header.remove(card, ignore_missing=True)
        hdus.writeto(copy, output_verify='silentfix')
    return copy


@pytest.fixture
def write(tmp_path):
    """Write a NASA42 file with cards changed, or removed when None; gives its path."""

    def write(name='frame.fits', pixels=None, checksum=False, **changes):
        header = fits.Header()
        for keyword, value in {**GOOD, **{key.replace('_', '-'): value for key, value in changes.items()}}.items():
            if value is not None:
                header[keyword] = value
        pixels = np.arange(240, dtype=np.uint16).reshape(10, 24) if pixels is None else pixels
        path = tmp_path / name
        fits.PrimaryHDU(pixels, header).writeto(path, checksum=checksum)
        return path

    return write


def become(monkeypatch, user: str) -> None:
    """Go on as another user, with the same database and files; no project is set."""
    monkeypatch.setenv('AWLIKE_USER', user)
    config.settings.cache_clear()
    context.reset()
    open_account(user)


def let_in(monkeypatch, user: str, project: str = 'TEST') -> None:
    """Make `user` a member of `project`, in which its owner works: the owner invites, and the user agrees."""
    owner, level = config.settings().user, context.privileges
    context.add_member(user)
    become(monkeypatch, user)
    assert context.join(project)
    become(monkeypatch, owner)
    context.set_project(project, level)


@pytest.fixture
def home(tmp_path, monkeypatch, on):
    """A fresh awlike of user 'ada', without any project; gives its folder, which is also the working directory."""
    for name in [name for name in os.environ if name.startswith('AWLIKE_')]:
        monkeypatch.delenv(name)
    folder = tmp_path / 'awlike'
    folder.mkdir()
    monkeypatch.setenv('AWLIKE_HOME', str(folder))
    monkeypatch.setenv('AWLIKE_DATABASE', on.new(folder))
    monkeypatch.chdir(folder)
    sessions.use(None)
    use_server(None)
    become(monkeypatch, 'ada')
    image_cache._cache.clear()
    yield folder
    sessions.use(None)
    use_server(None)
    on.drop(folder)
    config.settings.cache_clear()
    context.reset()


@pytest.fixture(scope='session')
def project_home(tmp_path_factory, on):
    """The folder of an awlike that has project TEST of ada and nothing else, to be copied."""
    with home_in(tmp_path_factory.mktemp('project') / 'awlike', on) as folder:
        return folder


@pytest.fixture
def project(home, project_home, on):
    """`home`, working in project TEST at privileges 2."""
    on.copy(project_home, home)
    context.set_project('TEST')
    return context.project


@contextlib.contextmanager
def home_in(folder, on):
    """A fresh awlike in `folder`, working in project TEST of user 'ada': to be filled once, and copied by tests."""
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('AWLIKE_HOME', str(folder))
        patch.setenv('AWLIKE_DATABASE', on.new(folder))
        sessions.use(None)
        use_server(None)
        become(patch, 'ada')
        context.create_project('TEST', 'for tests')
        context.set_project('TEST')
        yield folder
        sessions.use(None)
        use_server(None)


@pytest.fixture
def start(home):
    """Start a process that runs `code`; it ends with the test."""
    started = []

    def start(code, *arguments, user='ada'):
        process = subprocess.Popen([sys.executable, '-c', code, *map(str, arguments)], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
                                   env=os.environ | {'AWLIKE_USER': user})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture(scope='session')
def night_files(tmp_path_factory):
    """A simulated night of one chip, 256x128, with its truth."""
    folder = tmp_path_factory.mktemp('night')
    simulate(folder, chips=1, shape=(256, 128), seed=5)
    return folder


@pytest.fixture(scope='session')
def small_night(tmp_path_factory):
    """A simulated night of one chip, 128x64."""
    folder = tmp_path_factory.mktemp('small')
    simulate(folder, shape=(128, 64), seed=7)
    return folder


def ingested(files, tmp_path_factory, on):
    """The folder of an awlike that has `files` in project TEST of ada, to be copied."""
    from awlike.ingest import ingest
    with home_in(tmp_path_factory.mktemp('ingested') / 'awlike', on) as folder:
        assert not ingest(files, how='refer').refused
    return folder


@pytest.fixture(scope='session')
def small_home(tmp_path_factory, small_night, on):
    """The folder of an awlike that has the small night in project TEST of ada, to be copied."""
    return ingested(small_night, tmp_path_factory, on)


@pytest.fixture(scope='session')
def night_home(tmp_path_factory, night_files, on):
    """The folder of an awlike that has the simulated night in project TEST of ada, to be copied."""
    return ingested(night_files, tmp_path_factory, on)


@pytest.fixture
def night(home, night_home, night_files, on):
    """The simulated night, ingested into project TEST; gives its folder."""
    on.copy(night_home, home)
    context.set_project('TEST')
    return night_files
