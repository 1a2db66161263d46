"""An awlike of the run's own: a home in a folder, in which this process and those that it starts work for a while."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

from awlike.config import FILE, PREFIX, settings
from awlike.context import context
from awlike.database import sessions
from awlike.errors import NotAllowed, ParameterError
from awlike.persist.references import Project
from awlike.store import use_server

PROJECT = 'process'
"""The project of such a home."""
OWN_HOME = '.awlike'
"""The folder within an output that is its home."""
_SIGNS = 'awlike.db', FILE
_KEPT = ('USER', 'LARGEST_UNPACKED', 'CALIBRATION_LEVEL')  # settings of the user that hold there, too
_RECIPES = 'recipes'
_OF_USER = ('instruments', _RECIPES)  # folders of the user's home that count there, too


@contextlib.contextmanager
def own_home(folder: Path | None = None) -> Generator[Path]:
    """Return a context: this process works in the home `folder`, which is made where it is absent, in project `PROJECT`.

    The home of the user stays as it is, and is not made where there is none; the user's cameras and recipes count. Without
    `folder` the home is a temporary folder, which is removed at the end.
    """
    user, former = settings(), settings().home
    with contextlib.ExitStack() as after:
        if folder is None:
            folder = Path(tempfile.mkdtemp(prefix='awlike-'))
            after.callback(shutil.rmtree, folder, ignore_errors=True)
        folder = folder.resolve()
        folder.mkdir(parents=True, exist_ok=True)
        for name in _OF_USER:
            if (former / name).is_dir() and former != folder:
                with contextlib.suppress(FileExistsError):
                    (folder / name).symlink_to(former / name)
        _check_recipes(folder, former)
        kept = {f'{PREFIX}{name}': str(getattr(user, name.lower())) for name in _KEPT}
        with working_in({**kept, f'{PREFIX}HOME': str(folder)}):
            if not (Project.name == PROJECT).exists():
                with contextlib.suppress(ParameterError):  # another process opened it just now
                    context.create_project(PROJECT, 'work on files in a folder')
            with in_project(PROJECT):
                yield folder


def home_in(folder: Path) -> Path | None:
    """Return the home that `folder` is, or that an earlier run made in it; None where there is none."""
    return next((one for one in (folder, folder / OWN_HOME) if any((one / sign).is_file() for sign in _SIGNS)), None)


@contextlib.contextmanager
def existing_home(folder: Path) -> Generator[None]:
    """Return a context: this process works in the home `folder`, as the settings there say.

    Raises
    ------
    NotAllowed
        When the home has recipes of its own: a folder of data must not run code.
    """
    _check_recipes(folder, settings().home)
    with contextlib.nullcontext() if settings().home == folder.resolve() else working_in(
            {f'{PREFIX}HOME': str(folder.resolve()), f'{PREFIX}USER': settings().user}):
        yield


def _check_recipes(folder: Path, users: Path) -> None:
    """Refuse recipes in the home `folder` that are not those of the home of the user: they are code of whoever wrote there."""
    recipes = folder / _RECIPES
    if recipes.resolve() != (users / _RECIPES).resolve() and any(recipes.glob('*.py')):
        raise NotAllowed(f'{recipes} has recipes, which are code, and they are not those of your home: look at them, then run '
                         f'awe with AWLIKE_HOME={folder}, or remove them')


@contextlib.contextmanager
def in_project(name: str) -> Generator[None]:
    """Return a context: this process, and those that it starts, work in project `name`; by default that of the settings.

    Raises
    ------
    NotFound
        When nothing names a project, and you are a member of none, or of several.
    """
    mine = [project.name for project in context.projects()]
    name = name or settings().project or (mine[0] if len(mine) == 1 else '')
    variable = f'{PREFIX}PROJECT'
    before = os.environ.get(variable)
    context.set_project(name) if name else context.project  # which says that none is set
    try:
        os.environ[variable] = name
        yield
    finally:
        os.environ.pop(variable)
        if before is not None:
            os.environ[variable] = before


@contextlib.contextmanager
def working_in(settings_there: dict[str, str]) -> Generator[None]:
    """Return a context: `settings_there`, environment variables, are all settings of this process and of those it starts."""
    before = {name: value for name, value in os.environ.items() if name.startswith(PREFIX)}
    try:
        _set(settings_there)
        yield
    finally:
        _set(before)


def _set(variables: dict[str, str]) -> None:
    for name in [name for name in os.environ if name.startswith(PREFIX)]:
        del os.environ[name]
    os.environ.update(variables)
    _begin_anew()


def _begin_anew() -> None:
    """Forget settings, database, data server and who asks: all are found anew."""
    sessions.use(None)
    use_server(None)
    settings.cache_clear()
    context.reset()
