"""The import of science frames that were reduced elsewhere."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from awlike.cameras.header_values import Cards, distorted_astrometry, first
from awlike.cameras.raw_facts import RawFacts, RawFile
from awlike.cameras.reading import read_raw
from awlike.digests import file_digest
from awlike.errors import HeaderError
from awlike.fits.headers import frame_header
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.ingest.imports import COUNTS, Given, geometry_of, image_of, keep, placed
from awlike.ingest.objects import References
from awlike.products.making import take
from awlike.sky.linear_wcs import trimmed_astrometry

if TYPE_CHECKING:
    from awlike.ingest.take import Report


def import_science(path: Path, report: 'Report', references: References, given: Given) -> None:
    """Import one file as `ImportedScienceFrame`, one for each detector, and note them in `report`.

    What is `given` goes before its header.

    Raises
    ------
    HeaderError
        When header or pixels cannot belong to a science frame.
    """
    raw, digest = read_raw(path, kind='science', camera=given.camera), file_digest(path)
    for facts in raw.frames:
        frame = _frame(path, raw, facts, references, given)
        frame.imported = {'name': path.name, 'digest': digest}
        keep(frame, path, report, references)


def _frame(path: Path, raw: RawFile, facts: RawFacts, references: References, given: Given) -> ImportedScienceFrame:
    """Return the science frame of one detector, in memory."""
    header = frame_header(path, facts.extension)
    imported = dataclasses.replace(raw.camera.imported_facts(header, path), **given.facts)
    frame: Any = placed(ImportedScienceFrame, raw, facts, references)
    frame.quality_flags = 0
    frame.data_id = raw.camera.data_id_of(header, path)
    frame.process_params = ImportedScienceFrame.Parameters()
    image = _in_adu(image_of(path, facts), header) - np.float32(imported.pedestal)
    values: dict[str, Any] = {'EXPTIME': facts.EXPTIME, 'OBJECT': facts.OBJECT, 'AIRMASS': facts.AIRMASS,
                              'astrom': trimmed_astrometry(distorted_astrometry(header), geometry_of(facts)),
                              'GAIN': imported.gain, 'READ_NOISE': imported.read_noise,
                              'SATURATION': imported.saturation and imported.saturation - imported.pedestal}
    take(frame, {'data': image, 'good': np.isfinite(image).astype(np.uint8), **values})
    return frame


def _in_adu(image: np.ndarray, header: Cards) -> np.ndarray:
    """Return `image`, whose unit must be ADU. Raises HeaderError for another unit, or an image without a finite pixel."""
    if not np.isfinite(image).any():
        raise HeaderError('the image has no finite pixel; leave the file out')
    unit = str(first(header, ('BUNIT',))[1] or '').strip()
    if unit.lower().removesuffix('s') not in COUNTS:
        raise HeaderError(f'BUNIT = {unit!r}: an imported science frame is in adu; multiply the image by what one unit is in '
                          'adu, or correct the card')
    return image
