"""The import of a pupil ghost that was found elsewhere."""

from pathlib import Path
from typing import Any

import numpy as np

from awlike.cameras.header_values import moment, number
from awlike.cameras.known import camera
from awlike.digests import file_digest
from awlike.errors import HeaderError
from awlike.fits.opening import load, named, opened
from awlike.fits.pixel_checks import image_data
from awlike.frames.pupil_ghost import PupilGhost
from awlike.ingest.imports import keep
from awlike.ingest.objects import References
from awlike.ingest.take import Report
from awlike.persist.references import Filter
from awlike.pixels.pupil_ghost import ghost_from_image
from awlike.planning.parameters_in_force import ParametersInForce
from awlike.products.making import take

_ALWAYS = '2000-01-01T00:00:00'  # of a template whose header has no date


def import_pupil_ghost(path: str | Path, instrument: str, filter: str | None = None) -> PupilGhost:
    """Import a pupil ghost; a `MosaicFrame` subtracts it where its parameter PUPIL_GHOST is the `filename` of the result.

    Parameters
    ----------
    path : path
        A FITS file whose first image is the ghost over the sky, around the optical axis, in pixels of the detectors. The axis
        is at CRPIX1, CRPIX2, by default the middle; the rotator was at the angle ROTSTART [deg], by default 0.
    instrument : str
        The camera.
    filter : str, optional
        The filter, as the header of raw frames names it. Default: none.

    Returns
    -------
    PupilGhost
        The ghost, which is known already where the same file was imported before.

    Raises
    ------
    HeaderError
        When the file has no image, or the image has no pixel above 0.
    """
    path, cls = Path(path), PupilGhost
    product, references, report = _placed(instrument, filter), References(), Report()
    product.instrument = references.instrument(camera(instrument))
    if filter is not None:
        product.filter = references.get(Filter, instrument=product.instrument, **camera(instrument).filter_facts(filter).kept)
    with named(path), opened(load(path)) as hdus:
        image = next((one for one in hdus if one.is_image and len(one.shape) == 2), None)
        if image is None:
            raise HeaderError('it has no image of two axes: a pupil ghost is one, around the optical axis')
        pixels, header = np.asarray(image_data(image), float), image.header
        if not (pixels > 0).any():
            raise HeaderError('no pixel of the pupil ghost is above 0: give the ghost over the sky, without the sky')
        middle = (pixels.shape[1] + 1) / 2, (pixels.shape[0] + 1) / 2
        axis = _number(header, 'CRPIX1', middle[0]), _number(header, 'CRPIX2', middle[1])
        product.DATE_OBS = moment('DATE-OBS', header.get('DATE-OBS', _ALWAYS))
        step = product.process_params.STEP
        made = ghost_from_image(pixels, axis, step, _number(header, 'ROTSTART', 0.0))
    product.imported = {'name': path.name, 'path': str(path.resolve()), 'digest': file_digest(path)}
    take(product, {'polar': made.polar.astype(np.float32), 'step': step})
    if keep(product, path, report, references):
        return product
    (_, known), = report.known
    assert isinstance(known, cls)
    return known


def _number(header: Any, keyword: str, default: float) -> float:
    return number(keyword, header[keyword]) if keyword in header else default


def _placed(instrument: str, filter: str | None) -> Any:
    """Return a ghost in memory, with its process parameters."""
    product: Any = PupilGhost()
    product.process_params, product.is_valid, product.quality_flags = (
        ParametersInForce().get(PupilGhost, instrument, None, filter), 1, 0)
    return product
