"""Small files to read: one of the NASA42 with every card right, to be spoilt card by card, and the real ones."""

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from awlike import instruments

DATA = Path(__file__).resolve().parents[2].parent / 'shared' / 'data'
GOOD = {'LCAMMOD': 'nasa42', 'DETECTOR': 'E2V CCD-231 4096x4112', 'IMAGETYP': 'OBJECT', 'FILTNAME': 'VR',
        'DATE-OBS': '2019-03-26', 'UTC-OBS': '03:08:43.48', 'EXPTIME': 300.0, 'OBJECT': 'field', 'OBSERVER': 'somebody',
        'AIRMASS': 1.02, 'TRIMSEC': '[3:18,1:10]', 'BIASSEC': '[20:24,1:10]'}


@pytest.fixture
def data():
    """The folder of real frames; the test is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip('no ../shared/data')
    return DATA


@pytest.fixture
def write(tmp_path):
    """Write a NASA42 file with cards changed, or removed when None; gives its path."""

    def write(name='frame.fits', pixels=None, checksum=False, **changes):
        header = fits.Header()
        for keyword, value in {**GOOD, **{key.replace('_', '-'): value for key, value in changes.items()}}.items():
            if value is not None:
                header[keyword] = value
        pixels = np.arange(240, dtype=np.uint16).reshape(10, 24) if pixels is None else pixels
        path = tmp_path / name
        fits.PrimaryHDU(pixels, header).writeto(path, checksum=checksum)
        return path

    return write


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of described cameras, known to awlike during the test alone."""
    monkeypatch.setattr(instruments, '_folders', [])
    path = tmp_path / 'instruments'
    path.mkdir()
    instruments.add_folder(path)
    return path
