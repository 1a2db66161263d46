"""Cameras: which there are, which one wrote a file, and what the file says.

A camera is a module of this package with a `Camera` called CAMERA (see `camera.py`), or several in CAMERAS that have much
in common; or a TOML file in the user's folder of instruments (see `described.py`). There is no list to edit.
"""

import importlib
import pkgutil
from functools import cache

from awlike.cameras import described
from awlike.config import settings
from awlike.errors import ConfigError, HeaderError, NotFound
from awlike.spelling import near


@cache
def _built_in():
    """The cameras of `awlike.instruments`, by name."""
    instruments = importlib.import_module('awlike.instruments')
    modules = [importlib.import_module(f'awlike.instruments.{info.name}') for info in pkgutil.iter_modules(instruments.__path__)]
    found = [module.CAMERA for module in modules if hasattr(module, 'CAMERA')]
    found += [camera for module in modules for camera in getattr(module, 'CAMERAS', ())]
    return {camera.name: camera for camera in found}


def cameras():
    """All cameras by name: the built-in ones and the user's.

    Raises ConfigError if a description is wrong, or takes a name that is taken.
    """
    known = dict(_built_in())
    for file in sorted(settings().instrument_folder.glob('*.toml')):
        camera = described.load(file)
        if camera.name in known:
            raise ConfigError(f'{file}: entry name: there is already a camera {camera.name}; choose another name')
        known[camera.name] = camera
    return known


def camera(name):
    """The camera of that name. Raises NotFound, naming those that are nearly called so."""
    known = cameras()
    if name not in known:
        raise NotFound(f'no camera is called {name!r}{near(name, known)}; known are {", ".join(sorted(known))}. '
                       'Another is described by a small TOML file: see help(awlike.cameras.described)')
    return known[name]


def recognise(header):
    """The camera that wrote a file with this header. Raises HeaderError if none, or more than one, claims it."""
    claims = [camera for camera in cameras().values() if camera.recognises(header)]
    if len(claims) == 1:
        return claims[0]
    if claims:
        raise HeaderError(f'INSTRUME = {header.get("INSTRUME")!r}: several cameras claim this header '
                          f'({", ".join(camera.name for camera in claims)}); make recognised_by of yours narrower')
    raise HeaderError(f'unknown camera (INSTRUME = {header.get("INSTRUME")!r}, TELESCOP = {header.get("TELESCOP")!r}); '
                      f'known are {", ".join(cameras())}: describe yours in a small TOML file, see '
                      'help(awlike.cameras.described)')
