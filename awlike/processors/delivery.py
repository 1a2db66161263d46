"""Delivery: a stack, or a release, and all that belongs to it in one folder, for an archive or another group."""

import logging
import shutil
from pathlib import Path
from typing import Any

from awlike.arguments import typed
from awlike.errors import ParameterError, StoreError
from awlike.frames.coadded import CoaddedRegriddedFrame
from awlike.persist.release import Release
from awlike.placing import place_folder
from awlike.processors.checksums import write_sums
from awlike.processors.release_delivery import check_name, deliver_release

log = logging.getLogger('awlike')

_PICTURE = 1024  # pixels along the longer side


@typed
def deliver(stack: Any, folder: str | Path) -> list[Path]:
    """Write a stack, or a release, and all that belongs to it into a new folder, whole or not at all.

    Of a release, the folder has the files of its members, ``lineage.json``, ``ro-crate-metadata.json`` (an RO-Crate 1.1) and
    ``SHA256SUMS``; see `awlike.processors.release_delivery`.

    Of a stack, NAME is that of the stack. The folder has ``NAME.fits``, the file of the stack: image, weight, exposures, mask,
    lineage; ``NAME.weight.fits``, the weight alone, as SWarp names and reads it; ``NAME.cat.fits``, its best source list, where
    one exists; ``NAME.xml``, how it was built, see `CoaddedRegriddedFrame.write_xml`; ``NAME.png``, a picture; and
    ``SHA256SUMS``.

    Parameters
    ----------
    stack : CoaddedRegriddedFrame or Release
        What is delivered.
    folder : path
        The folder; a new one, or an empty one.

    Returns
    -------
    list of pathlib.Path
        The files.

    Raises
    ------
    ParameterError
        When `stack` is neither a stack nor a release.
    StoreError
        When the stack is not committed, the folder is not empty, or the disk is full. No folder is left then.
    """
    if isinstance(stack, Release):
        return deliver_release(stack, Path(folder))
    if not isinstance(stack, CoaddedRegriddedFrame):
        raise ParameterError(f'{stack} is no stack and no release: a CoaddedRegriddedFrame or a Release is delivered; other '
                             'frames are exported')
    name = _stem(stack)
    if stack.is_valid == 0 or stack.quality_flags:
        missed = ', '.join(check.name for check in stack.missed_limits())
        log.warning('%s is delivered though %s', stack, f'it misses {missed}' if missed else 'it is invalid')
    return sorted(place_folder(Path(folder), lambda temporary: _fill(temporary, stack, name)).iterdir())


def _stem(stack: CoaddedRegriddedFrame) -> str:
    """Return what the names of the files begin with. The name of a stack in the database may be anybody's."""
    name = stack.filename
    if not stack.is_committed or name is None:
        raise StoreError(f'{stack} is not committed, and so it has no file: commit it, then deliver it')
    check_name(name)
    return name.removesuffix('.fits')


def _fill(folder: Path, stack: CoaddedRegriddedFrame, name: str) -> None:
    """Write all files. None is placed by itself, so that a full disk is told of the folder that people know."""
    from awlike.frames.source_list import SourceList
    from awlike.processors.previews.frames import preview
    from awlike.products.best_known import best_of
    from awlike.products.built import how_built
    from awlike.products.fits_files import write_product
    from awlike.tables.documents import write_document
    path = stack._path()  # a file out of a cache lasts as long as this
    shutil.copyfile(path, folder / f'{name}.fits')
    _write_weight(folder / f'{name}.weight.fits', stack)
    sources = best_of(SourceList, stack)
    if sources is not None:
        write_product(folder / f'{name}.cat.fits', sources)
    write_document(folder / f'{name}.xml', how_built(stack))
    (folder / f'{name}.png').write_bytes(preview(stack, _PICTURE, 'PNG'))
    write_sums(folder)


def _write_weight(path: Path, stack: CoaddedRegriddedFrame) -> None:
    """Write the weight as an image of its own, at its place on the sky."""
    from awlike.fits.writing import image_parts
    from awlike.nights import utcnow
    from awlike.products.fits_files import append_provenance
    now, weight = utcnow().isoformat(timespec='seconds'), stack.weight
    cards = [('WEIGHTOF', stack.filename, 'the image'), ('DATE', now, 'this file was written (UTC)'),
             ('BUNIT', weight.unit, 'inverse of the variance'), ('DIGEST', stack.digest, 'of the image'),
             *((key, value) for key, value in stack.astrom.items() if value is not None)]
    parts = image_parts(weight.data, cards, now)
    assert parts is not None  # weights are float32
    with open(path, 'wb') as file:
        file.writelines(parts)
    append_provenance(path, stack)
