"""A frame of known stars, reduced elsewhere and measured: the products of SourceListTask, to be looked at."""

import numpy as np
import pytest

from awlike.context import context
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.recipes.source_list import SourceListTask
from tests import starfields
from tests.conftest import home_in
from tests.pixels.fields import make_field

SHAPE, SATURATION = (480, 400), 60000.0
INSTRUMENT = 'NASA42'
NO_DATA = 100, 50  # [y, x] of a pixel without a value


@pytest.fixture(scope='session')
def field():
    """What the frame shows."""
    return make_field(3, SHAPE, stars=160, faintest=8.0, brightest=1500.0)


@pytest.fixture(scope='session')
def measured_home(tmp_path_factory, field, on):
    """The folder of an awlike that has the frame and its source list, to be copied."""
    folder, image = tmp_path_factory.mktemp('measured'), np.array(field.image)
    image[NO_DATA] = np.nan
    with home_in(folder / 'awlike', on) as home:
        starfields.science_frame(folder / 'field.fits', image, SATURATE=SATURATION)
        starfields.reference(field, folder / 'reference.fits', name='STARS')
        solve()
    return home


@pytest.fixture
def measured(home, measured_home, on):
    """The frame, measured, in project TEST."""
    on.copy(measured_home, home)
    context.set_project('TEST')
    return ImportedScienceFrame.select_all()[0]


def solve(**pars):
    """Make the source list of the frame, with these parameters, CLASS__PARAMETER; gives it."""
    task = SourceListTask(INSTRUMENT, frames=list(ImportedScienceFrame.select_all()), commit=True,
                          pars={name.replace('__', '.'): value for name, value in pars.items()})
    task.execute()
    made, = task.products
    return made


def distance(wcs, truth=None):
    """The largest distance [arcsec] of pixels of the frame from where they are, or another WCS has them."""
    x, y = np.random.default_rng(1).uniform(0, SHAPE[1], (2, 50))
    ra, dec = wcs.all_pix2world(x, y, 0)
    there = (truth or starfields.true_wcs(SHAPE)).all_pix2world(x, y, 0)
    return 3600 * np.hypot((ra - there[0]) * np.cos(np.radians(dec)), dec - there[1]).max()
