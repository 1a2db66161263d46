"""What a raw file says, read and checked."""

from pathlib import Path

from awlike.cameras.known import recognise
from awlike.cameras.raw_facts import RawFile
from awlike.errors import HeaderError
from awlike.fits.headers import merged_header
from awlike.fits.opening import load, named, opened


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
