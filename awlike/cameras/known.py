"""The cameras that awlike knows, by name and by the headers that they write.

A camera is a module of `awlike.instruments` with a `Camera` called CAMERA, or with several similar ones in CAMERAS; or a
TOML file in the user's folder of instruments (see `described`). Both are found by themselves: there is no list to edit.
"""

import importlib
import os
import pkgutil
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from awlike.cameras import described
from awlike.cameras.camera import Camera
from awlike.cameras.header_values import Cards
from awlike.config import settings
from awlike.errors import ConfigError, NotFound, UnknownCamera
from awlike.spelling import near


@cache
def _built_in() -> dict[str, Camera]:
    """Return the cameras of `awlike.instruments`, by name."""
    folder = importlib.import_module('awlike.instruments').__path__  # by name: that room lies above this one
    modules = [importlib.import_module(f'awlike.instruments.{info.name}') for info in pkgutil.iter_modules(folder)]
    found = [module.CAMERA for module in modules if hasattr(module, 'CAMERA')]
    found += [camera for module in modules for camera in getattr(module, 'CAMERAS', ())]
    return {camera.name: camera for camera in found}


def cameras() -> dict[str, Camera]:
    """Return all cameras by name, the built-in ones and the user's.

    Raises ConfigError if a description is wrong, or has the name of another camera.
    """
    known = dict(_built_in())
    for file in _descriptions(settings().instrument_folder):
        camera = described.load(file)
        if camera.name in known:
            raise ConfigError(f'{file}: entry name: there is already a camera {camera.name}; choose another name')
        _refuse_other_types(file, camera, known)
        known[camera.name] = camera
    return known


def _descriptions(folder: Path) -> list[Path]:
    """Return the TOML files in `folder`, in order of name; a plan asks so often that a glob takes too long."""
    try:
        return sorted(folder / name for name in os.listdir(folder) if name.endswith('.toml'))
    except (FileNotFoundError, NotADirectoryError):
        return []


def _refuse_other_types(file: Path, camera: Camera, known: Mapping[str, Camera]) -> None:
    """Refuse keys of data ids that have values of another type with another camera: one query can ask for all cameras."""
    for name, key in camera.data_id.items():
        for other in known.values():
            if name in other.data_id and other.data_id[name].kind is not key.kind:
                raise ConfigError(f'{file}: entry data_id.{name}.type: {name} is of type {other.data_id[name].kind.__name__} '
                                  f'with the camera {other.name}; choose this type, or another name')


def camera(name: str) -> Camera:
    """Return the camera called `name`. Raises NotFound with similar names if there is none."""
    known = cameras()
    if name not in known:
        raise NotFound(f'no camera is called {name!r}{near(name, known)}; known are {", ".join(sorted(known))}. '
                       'Describe yours in a small TOML file: see help(awlike.cameras.described)')
    return known[name]


def recognise(header: Cards) -> Camera:
    """Return the camera that wrote a file with this header. Raises UnknownCamera unless exactly one camera claims it."""
    claims = [camera for camera in cameras().values() if camera.recognises(header)]
    if len(claims) == 1:
        return claims[0]
    if claims:
        raise UnknownCamera(f'INSTRUME = {header.get("INSTRUME")!r}: several cameras claim this header '
                            f'({", ".join(camera.name for camera in claims)}); make recognised_by of yours narrower')
    raise UnknownCamera(f'unknown camera (INSTRUME = {header.get("INSTRUME")!r}, TELESCOP = {header.get("TELESCOP")!r}); '
                        f'known are {", ".join(cameras())}: describe yours in a small TOML file, see '
                        'help(awlike.cameras.described)')
