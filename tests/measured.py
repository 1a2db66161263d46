"""A science frame of known stars, reduced elsewhere and measured: the products of SourceListTask, to be looked at."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table

from awlike.context import context
from awlike.frames.imported_science import ImportedScienceFrame
from awlike.ingest import ingest
from awlike.ingest.refcat import add
from awlike.recipes.source_list import SourceListTask
from awlike.sky.plate import Plate
from tests.conftest import home_in
from tests.ingest.conftest import SDSS_CARDS
from tests.pixels.fields import GAIN, READ_NOISE, make_field

SHAPE, ZERO_POINT, EXPTIME, SATURATION = (480, 400), 26.5, 53.907456, 60000.0
SCALE = 0.396 / 3600  # deg/pixel
TRUTH = Plate((351.65, 0.1), (200.5, 240.5), np.array([[-SCALE, 0], [0, SCALE]]))
OFF = (8 / 3600, -6 / 3600)  # deg: where the header has the frame less where it is


@pytest.fixture(scope='session')
def field():
    """What the frame shows."""
    return make_field(3, SHAPE, stars=160, faintest=8.0, brightest=1500.0)


@pytest.fixture(scope='session')
def measured_home(tmp_path_factory, field, on):
    """The folder of an awlike that has the frame and its source list, to be copied."""
    folder = tmp_path_factory.mktemp('measured')
    ra, dec = TRUTH.pixel_to_sky(field.x, field.y)
    magnitude = ZERO_POINT - 2.5 * np.log10(field.flux / EXPTIME)
    Table({'ra': ra, 'dec': dec, 'r': magnitude}).write(folder / 'stars.fits')
    image = np.array(field.image)
    image[100, 50] = np.nan
    cards = SDSS_CARDS | {'CRVAL1': TRUTH.CRVAL[0] + OFF[0], 'CRVAL2': TRUTH.CRVAL[1] + OFF[1], 'CRPIX1': TRUTH.CRPIX[0],
                          'CRPIX2': TRUTH.CRPIX[1], 'CD1_1': -SCALE, 'CD1_2': 0.0, 'CD2_1': 0.0, 'CD2_2': SCALE,
                          'GAIN': GAIN, 'RDNOISE': READ_NOISE, 'SOFTBIAS': 0, 'SATURATE': SATURATION}
    fits.writeto(folder / 'fpC-004192-r4-0300.fit', image, fits.Header(cards))
    with home_in(folder / 'awlike', on) as home:
        add('STARS', str(folder / 'stars.fits'), ra='ra', dec='dec', bands={'r': 'r'})
        report = ingest(folder / 'fpC-004192-r4-0300.fit')
        assert not report.refused, report
        solve()
    return home


@pytest.fixture
def measured(home, measured_home, on):
    """The frame, measured, in project TEST."""
    on.copy(measured_home, home)
    context.set_project('TEST')
    return ImportedScienceFrame.select_all()[0]


def solve(**pars):
    """Make the source list of the frame, with these parameters of classes; gives it."""
    task = SourceListTask('SDSS', frames=list(ImportedScienceFrame.select_all()), commit=True,
                          pars={name.replace('__', '.'): value for name, value in pars.items()})
    task.execute()
    made, = task.products
    return made
