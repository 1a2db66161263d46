"""Raw files, read and checked."""

import os
from collections.abc import Mapping
from pathlib import Path

from awlike.cameras.amplifiers import Shape
from awlike.cameras.camera import Camera
from awlike.cameras.header_values import Cards
from awlike.cameras.known import recognise
from awlike.cameras.processed import refuse_processed
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.errors import HeaderError
from awlike.fits.hdus import Hdus
from awlike.fits.headers import common_header, merged_header
from awlike.fits.opening import check_unchanged, load, named, opened


def read_raw(path: str | os.PathLike[str], whole: bool = True, kind: str | None = None,
             camera: Camera | None = None) -> RawFile:
    """Return the `RawFile` of a raw file, with the `RawFacts` of each detector.

    `kind` says that the file is a calibrated image of that kind, whatever its header calls it. By default it is a raw file, and
    what is no raw frame is refused; the files of some cameras are science frames that were reduced elsewhere.
    `camera` wrote the file; by default the camera that claims its header.
    `whole` says whether the file is read through and checked to be complete; a stored file was checked when it was ingested.
    Raises HeaderError for a file that cannot be used, whatever it contains; the text names file, keyword and remedy.
    """
    with named(path):
        content = load(path)
        with opened(content, whole, sums=False) as hdus:
            try:
                headers = {index: merged_header(hdus[0].header, hdus[index].header) for index in _images(hdus)}
                camera = camera or recognise(next(iter(headers.values())))
            except HeaderError:  # nobody's file, or no image; that the file was changed is told first
                if whole:
                    check_unchanged(hdus, content)
                raise
            if whole and camera.checksums:
                check_unchanged(hdus, content)
            kind = 'science' if kind is None and camera.reduced else kind
            accepted = [index for index, header in headers.items() if camera.accepts(header)]
            detectors = camera.detectors({index: headers[index] for index in accepted})
            if kind is None and whole:
                refuse_processed(Path(path).name, headers[accepted[0]] if accepted else {})
            frames = [_facts(camera, {index: (headers[index], hdus[index].shape) for index in detector}, kind)
                      for detector in detectors]
            own = [common_header(headers[first], [hdus[other].header for other in others]) for first, *others in detectors]
        _refuse_twins(camera, frames)
        return RawFile(Path(path), camera, frames, own)


def _images(hdus: Hdus) -> list[int]:
    """Return the indices of the HDUs that can be detectors: the primary if it has an image, else all image extensions."""
    images = [index for index, hdu in enumerate(hdus) if hdu.is_image and (hdu.header.get('NAXIS') or 0) > 0]
    if not images:
        raise HeaderError('no HDU holds an image (NAXIS is 0, or there are only tables); this is no raw frame, '
                          'leave it out; awe refcat add takes tables of stars')
    return [0] if images[0] == 0 else images


def _facts(camera: Camera, hdus: Mapping[int, tuple[Cards, tuple[int, ...]]], kind: str | None) -> RawFacts:
    """Return the facts of one detector. Messages name its HDU."""
    images: dict[int, tuple[Cards, Shape]] = {}
    for index, (header, shape) in hdus.items():
        if len(shape) != 2 or 0 in shape:
            raise HeaderError(f'HDU {index}: NAXIS: the data are {" x ".join(map(str, reversed(shape)))} pixels, a raw '
                              'frame has two axes and at least one pixel; split the cube, or leave the file out')
        images[index] = header, (shape[0], shape[1])
    first, (header, shape) = next(iter(images.items()))
    try:
        return camera.read(header, first, shape, images, kind)
    except HeaderError as error:
        raise type(error)(f'HDU {first}: {error}') from None


def _refuse_twins(camera: Camera, frames: list[RawFacts]) -> None:
    """Refuse a file without frames, or with two frames of one chip."""
    chips = [frame.chip for frame in frames]
    twins = sorted({chip for chip in chips if chips.count(chip) > 1})
    if twins or not frames:
        raise HeaderError(f'chip {twins[0]} comes in several extensions; correct EXTNAME' if twins else
                          f'no extension is a detector of {camera.name}; see EXTNAME')
