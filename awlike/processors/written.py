"""The files that a run writes: images, products of frames, schemas of catalogues. Each file is whole or not there."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from awlike.placing import place
from awlike.products.content import ContentTable, parts
from awlike.products.product import ProcessTarget
from awlike.tables.binary import table_hdu


def write_product(product: ProcessTarget, path: Path) -> Path:
    """Write a copy of the file of a product, which holds its lineage, to `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.', suffix='.part', dir=path.parent) as folder:
        os.replace(product.retrieve(folder), path)
    return path


def write_image(frame: Any, path: Path, variance: bool, pars: Mapping[str, Any]) -> Path:
    """Write the calibrated exposure of a science frame, made with `pars`: image, mask and, if so wanted, variance."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return place(path, lambda temporary: _exported(frame, temporary, variance, pars))


def _exported(frame: Any, path: Path, variance: bool, pars: Mapping[str, Any]) -> None:
    frame.export(path, calexp=True, pars=pars)
    if not variance:
        from astropy.io import fits
        with fits.open(path, memmap=False) as hdus:
            kept = fits.HDUList([hdu for hdu in hdus if hdu.name != 'VARIANCE'])
            kept.writeto(path, overwrite=True, checksum=True)


def write_schema(cls: type[ProcessTarget], path: Path) -> Path | None:
    """Write the columns of the tables of class `cls`, with unit, UCD and text, as tables without rows; None without tables."""
    from astropy.io import fits
    tables = [part for part in parts(cls).values() if isinstance(part, ContentTable)]
    if not tables:
        return None
    path.parent.mkdir(parents=True, exist_ok=True)
    hdus = [table_hdu(part.extension, part.text, part.columns, np.zeros(0, part.columns.dtype)) for part in tables]
    return place(path, lambda temporary: fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(temporary, checksum=True))
