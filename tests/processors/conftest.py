"""What the tests of processors share: frames with stars, as the archive of SDSS has them."""

import numpy as np
import pytest

from tests.ingest.conftest import write_corrected

SHAPE = 300, 280


def stars(seed=1, number=60):
    """An image with stars on a sky, the pedestal of the archive added; and the places of the stars, x and y from 0."""
    rng = np.random.default_rng(seed)
    x, y = rng.uniform(8, SHAPE[1] - 8, number), rng.uniform(8, SHAPE[0] - 8, number)
    rows, columns = np.indices(SHAPE)
    image = rng.normal(1100, 5, SHAPE)
    for one_x, one_y, flux in zip(x, y, 10 ** rng.uniform(3.5, 5, number), strict=True):
        image += flux / (2 * np.pi * 1.4 ** 2) * np.exp(-((columns - one_x) ** 2 + (rows - one_y) ** 2) / 2 / 1.4 ** 2)
    return image.clip(0, 65535).astype(np.uint16), x, y


@pytest.fixture(scope='session')
def sky():
    """Pixels of a frame with stars."""
    return stars()[0]


@pytest.fixture
def frame(tmp_path, sky):
    """Write a frame with stars at `name` below the folder of the test; `changes` are cards."""
    return lambda name='fpC-004192-r4-0300.fits', **changes: write_corrected(tmp_path / name, sky, **changes)
