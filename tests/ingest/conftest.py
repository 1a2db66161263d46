"""What the tests of ingest share."""

import shutil

import numpy as np
import pytest
from astropy.io import fits

from awlike.simulate import simulate
from awlike.store import server
from tests.tap import archive  # noqa: F401


@pytest.fixture
def stored(project):
    """Tells which files the data server has."""
    return lambda: sorted(path for path in server().folder.rglob('*') if not path.is_dir())


@pytest.fixture(scope='session')
def exposures(tmp_path_factory):
    """Three exposures of three chips each, as the camera writes them; not to be changed."""
    folder = tmp_path_factory.mktemp('exposures')
    return simulate(folder, chips=3, shape=(32, 32), seed=1)[9:12]


@pytest.fixture
def spoil(exposures, tmp_path):
    """A copy of an exposure of three chips whose last one has its header changed."""

    def spoil(name='spoilt.fits', **changes):
        path = tmp_path / name
        shutil.copyfile(exposures[0], path)
        with fits.open(path, mode='update') as hdus:
            hdus[3].header.update({f'HIERARCH {key.replace("_", " ")}': value for key, value in changes.items()})
            for card in ('CHECKSUM', 'DATASUM'):
                del hdus[3].header[card]
        return path

    return spoil


SDSS_CARDS = {
    'ORIGIN': 'SDSS', 'DATE-OBS': '2003-10-19', 'TAIHMS': '04:43:34.68', 'EXPTIME': '53.907456', 'FLAVOR': 'science',
    'OBJECT': '82 S', 'FILTER': 'r', 'CAMCOL': 4, 'CCDLOC': 14, 'RUN': 4192, 'FRAME': 300, 'SOFTBIAS': 1000, 'ALT': 57.085946,
    'BUNIT': 'DNs', 'CTYPE1': 'RA---TAN', 'CTYPE2': 'DEC--TAN', 'CRVAL1': 351.65, 'CRVAL2': 0.1, 'CRPIX1': 20.5, 'CRPIX2': 15.5,
    'CD1_1': 2e-8, 'CD1_2': 1.1e-4, 'CD2_1': 1.1e-4, 'CD2_2': 1e-8}
PIXELS = (1000 + np.arange(30 * 40).reshape(30, 40)).astype(np.uint16)


def write_corrected(path, data, **changes):
    """Write a frame as the archive of SDSS has it; `changes` are cards, removed when None."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = fits.Header({key: value for key, value in (SDSS_CARDS | changes).items() if value is not None})
    fits.writeto(path, data, header)
    return path


@pytest.fixture
def corrected(tmp_path):
    """Write a frame as the archive of SDSS has it, at `name` below the folder of the test; `changes` are cards."""
    return lambda name='fpC-004192-r4-0300.fit', data=PIXELS, **changes: write_corrected(tmp_path / name, data, **changes)
