"""What the tests of ingest share."""

import shutil

import pytest
from astropy.io import fits

from awlike.simulate import simulate
from awlike.store import server


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
