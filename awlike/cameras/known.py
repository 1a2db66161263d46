"""Cameras: which there are, which one wrote a file, and what the file says.

A camera is a module of this package with a `Camera` called CAMERA (see `camera.py`), or several in CAMERAS that have much
in common; or a TOML file in the user's folder of instruments (see `described.py`). There is no list to edit.
"""

import importlib
import pkgutil
from functools import cache
from pathlib import Path

from awlike.config import settings
from awlike.errors import ConfigError, HeaderError, NotFound
from awlike.cameras import described
from awlike.cameras.camera import Camera
from awlike.cameras.raw_facts import KINDS, SECTIONS, FilterFacts, RawFacts, RawFile
from awlike.cameras.header_values import ASTROMETRY
from awlike.fits.opening import (
    fits_files,
    frame_header,
    load,
    merged_header,
    named,
    opened,
    read_pixels,
    read_tiles,
)
from awlike.terminal import near



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


def read_raw(path):
    """Read what a raw file says, and refuse it if it cannot be used: a `RawFile` with one `RawFacts` a detector.

    Raises HeaderError, whatever the file contains, with file, keyword and remedy in its text.
    """
    with named(path):
        with opened(load(path)) as hdus:
            images = _images(hdus)
            headers = {index: merged_header(hdus[0].header, hdus[index].header) for index in images}
            camera = recognise(next(iter(headers.values())))
            accepted = [index for index in images if camera.accepts(headers[index])]
            detectors = camera.detectors({index: headers[index] for index in accepted})
            frames = [_facts(camera, {index: (headers[index], hdus[index].shape) for index in detector})
                      for detector in detectors]
        _refuse_twins(camera, frames)
        return RawFile(Path(path), camera, frames)


def _images(hdus):
    """Indices of the HDUs that can be detectors: the primary if it has an image, else all image extensions."""
    images = [index for index, hdu in enumerate(hdus) if hdu.is_image and hdu.header.get('NAXIS', 0) > 0]
    if not images:
        raise HeaderError('no HDU holds an image (NAXIS is 0, or there are only tables); this is no raw frame, '
                          'leave it out')
    return [0] if images[0] == 0 else images


def _facts(camera, hdus):
    """The facts of one detector, messages naming its HDU."""
    for index, (_, shape) in hdus.items():
        if len(shape) != 2 or 0 in shape:
            raise HeaderError(f'HDU {index}: NAXIS: the data are {" x ".join(map(str, reversed(shape)))} pixels, a raw '
                              'frame has two axes and at least one pixel; split the cube, or leave the file out')
    first = next(iter(hdus))
    try:
        return camera.read(hdus[first][0], first, hdus[first][1], hdus)
    except HeaderError as error:
        raise HeaderError(f'HDU {first}: {error}') from None


def _refuse_twins(camera, frames):
    """One exposure of one chip is one frame."""
    chips = [frame.chip for frame in frames]
    twins = sorted({chip for chip in chips if chips.count(chip) > 1})
    if twins or not frames:
        raise HeaderError(f'chip {twins[0]} comes in several extensions; correct EXTNAME' if twins else
                          f'no extension is a detector of {camera.name}; see EXTNAME')
